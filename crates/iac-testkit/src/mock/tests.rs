//! Mocked runs: what is made up, what is said, what fails.

use iac_core::{Error, ErrorKind, Options, Secret, Stack, StackError, Value, interpolate};

use super::{MockEngine, MockError, Mocks, run};
use crate::fake::{Disk, Fake, Lookup, LookupData, Node, NodeOutputs, Singleton};

fn program(stack: &Stack) -> Result<(), StackError> {
    let edge = stack.scope("edge")?;
    let web = edge.add("web", Node::args().size(2u32).image("a").labels([("role", "web")]))?;
    edge.add("data", Disk::args().size(5u32).attached(&web))?;
    stack.add("one", Singleton::args().slot("s").version(1u32))?;
    stack.export("url", interpolate!("https://{}", &web.address))
}

#[tokio::test]
async fn outputs_are_made_up_from_names_and_inputs() {
    let report = run::<Fake>(program).await.unwrap();
    assert_eq!(report.output("edge/web", "address"), &Value::from("web-address"));
    assert_eq!(report.output("edge/web", "size"), &Value::Int(2));
    assert!(report.output("edge/web", "token").has_secret());
    assert_eq!(report.export("url"), "https://web-address".into());
    assert_eq!(report.input("edge/web", "labels.role").as_str(), Some("web"));
    assert_eq!(report.input("edge/data", "attached").as_str(), report.id("edge/web"));
    assert_eq!(report.input("edge/web", "name").as_str(), Some("mock-test-edge-web"));
    assert_eq!(report.plan.summary.create, 3);
}

#[tokio::test]
async fn a_second_run_has_nothing_to_do_and_destroy_leaves_nothing() {
    let engine = MockEngine::new(Mocks::new()).provider::<Fake>();
    engine.up(program).await.unwrap();
    let plan = engine.plan(program).await.unwrap();
    assert!(!plan.has_changes(), "{plan:?}");
    engine.destroy(program).await.unwrap();
    assert_eq!(engine.mocks().objects(), 0);
    assert_eq!(engine.mocks().calls().len(), 6);
}

#[tokio::test]
async fn changes_keep_the_rules_of_the_type() {
    let disk = |size: u32| move |s: &Stack| s.add("data", Disk::args().size(size)).map(drop);
    let engine = MockEngine::new(Mocks::new()).provider::<Fake>();
    engine.up(disk(5)).await.unwrap();
    assert_eq!(engine.up(disk(6)).await.unwrap().plan.summary.update, 1);
    assert_eq!(engine.up(disk(4)).await.unwrap().plan.summary.replace, 1);
    let invalid = |s: &Stack| s.add("web", Node::args().size(0u32).image("a")).map(drop);
    let error = engine.plan(invalid).await.unwrap_err().to_string();
    assert!(error.contains("0 is outside 1 to 1000"), "{error}");
}

#[tokio::test]
async fn typed_answers_are_used_by_functions_of_outputs() {
    let mocks = Mocks::new().resource::<Node>(|urn, inputs| NodeOutputs {
        address: format!("192.0.2.{}", urn.name().len()),
        image: inputs.image,
        revision: 7,
        echo: None,
        size: inputs.size,
        token: Secret::new("t".into()),
    });
    let engine = MockEngine::new(mocks).provider::<Fake>().stack("philotes", "prod");
    let report = engine
        .up(|s| {
            let web = s.add("web", Node::args().size(1u32).image("a"))?;
            s.add("next", Node::args().size(web.revision.map(|n| n + 1)).image(&web.address)).map(drop)
        })
        .await
        .unwrap();
    assert_eq!(report.input("next", "size"), &Value::Int(8));
    assert_eq!(report.input("next", "image").as_str(), Some("192.0.2.3"));
    assert_eq!(report.input("web", "name").as_str(), Some("philotes-prod-web"));
}

#[tokio::test]
async fn a_fallback_is_laid_over_what_is_made_up() {
    let mocks = Mocks::new().outputs(|type_token, urn, _| {
        (type_token == "fake:node" && urn.name() == "web").then(|| Value::map([("revision", Value::Int(3))]))
    });
    let engine = MockEngine::new(mocks).provider::<Fake>();
    let report = engine.up(|s| s.add("web", Node::args().size(1u32).image("a")).map(drop)).await.unwrap();
    assert_eq!(report.output("web", "revision"), &Value::Int(3));
    assert_eq!(report.output("web", "image"), &Value::from("a"));
}

#[tokio::test]
async fn data_must_be_said() {
    let program = |s: &Stack| {
        let image = s.read("image", Lookup::args().name("ubuntu"))?;
        s.add("web", Node::args().size(1u32).image(&image.value)).map(drop)
    };
    let error = run::<Fake>(program).await.unwrap_err().to_string();
    assert!(error.contains("no mock answers for data source fake:lookup"), "{error}");
    assert!(error.contains("Mocks::data"), "{error}");
    let mocks = Mocks::new().data::<Lookup>(|_, query| LookupData { value: format!("{}-24.04", query.name) });
    let report = MockEngine::new(mocks).provider::<Fake>().up(program).await.unwrap();
    assert_eq!(report.input("web", "image").as_str(), Some("ubuntu-24.04"));
}

#[tokio::test]
async fn failures_are_errors_of_their_resource_and_can_be_taken_back() {
    let mocks = Mocks::new().fail("edge/web", Error::new(ErrorKind::QuotaExceeded, "no more"));
    let engine = MockEngine::new(mocks).provider::<Fake>();
    let error = engine.up(program).await.unwrap_err();
    let MockError::Failed(outcome) = &error else { panic!("{error}") };
    assert_eq!((outcome.done, outcome.failures.len(), outcome.skipped.len()), (1, 1, 1));
    assert!(error.to_string().contains("no more"), "{error}");
    engine.mocks().heal();
    engine.up(program).await.unwrap();
}

#[tokio::test]
async fn a_second_instance_has_its_own_name() {
    let engine = MockEngine::new(Mocks::new()).provider::<Fake>().provider_named::<Fake>("second");
    let error = engine.up(|s| s.add("web", Node::args().size(1u32).image("a")).map(drop)).await;
    assert!(error.is_ok());
    let unknown = engine.up(|s| {
        let other = super::instance::<Fake>(&Mocks::new()).named("third");
        s.add_with("web", Node::args().size(1u32).image("a"), Options::new().provider(&other)).map(drop)
    });
    assert!(matches!(unknown.await, Err(MockError::Stack(StackError::NoProvider { .. }))));
}
