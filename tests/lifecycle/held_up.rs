//! What holds calls up reaches the reporters: repeated requests and pauses, of steps and of reads.

use async_trait::async_trait;
use iac_core::provider::Delay;
use iac_core::{
    Change, Created, Cx, Event, Id, Inputs, Observed, Outputs, Page, PageToken, Provider, Recovery, Resource,
    Result, Secret, Stack, Types,
};
use serde::{Deserialize, Serialize};

use crate::world::{Declared, World};

const CANARY: &str = "canary-held-up";

/// A cloud whose every call is held up, and that quotes what it was sent.
struct Busy;

#[async_trait]
impl Provider for Busy {
    const NAME: &'static str = "busy";
    fn types() -> Types {
        Types::new().resource::<Upload>()
    }
    async fn account(&self) -> Result<String> {
        Ok("somewhere".into())
    }
}

#[derive(Debug)]
struct Upload;

#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = Upload)]
struct UploadInputs {
    name: String,
    password: Secret<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
struct UploadOutputs {
    url: String,
}

fn outputs() -> UploadOutputs {
    UploadOutputs { url: "u".into() }
}

fn paused(operation: &str) -> Delay {
    Delay::Paused { operation: operation.into(), reason: "the quota is used up".into(), for_ms: 4000 }
}

#[async_trait]
impl Resource for Upload {
    const TYPE: &'static str = "busy:upload";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    type Provider = Busy;
    type Inputs = UploadInputs;
    type Outputs = UploadOutputs;

    async fn create(cx: &Cx<'_, Busy>, inputs: UploadInputs) -> Result<Created<Self>> {
        cx.delays().tell(Delay::Retried {
            operation: "POST /uploads".into(),
            attempt: 1,
            reason: format!("the answer was 503: no place for {}", inputs.password.expose()),
            after_ms: 250,
        });
        cx.delays().tell(paused("POST /uploads"));
        Ok(Created::new(Id::new(inputs.name), outputs()))
    }
    async fn read(cx: &Cx<'_, Busy>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        cx.delays().tell(paused(&format!("GET /uploads/{{id}} {CANARY}")));
        let password = Secret::new(CANARY.to_owned());
        let inputs = UploadInputs { name: id.as_str().to_owned(), password };
        Ok(Some(Observed::new(id.clone(), inputs, outputs())))
    }
    async fn update(_: &Cx<'_, Busy>, _: &Id<Self>, _: Change<Self>) -> Result<UploadOutputs> {
        Ok(outputs())
    }
    async fn delete(_: &Cx<'_, Busy>, _: &Id<Self>) -> Result<()> {
        Ok(())
    }
    async fn list(_: &Cx<'_, Busy>, _: PageToken) -> Result<Page<Self>> {
        Err(iac_core::Error::new(iac_core::ErrorKind::Unsupported, "there is no listing"))
    }
    async fn find(_: &Cx<'_, Busy>, _: &UploadInputs) -> Result<Vec<Id<Self>>> {
        Ok(Vec::new())
    }
}

fn program(s: &Stack) -> Declared {
    s.provider(Busy)?;
    for name in ["a", "b"] {
        s.add(name, Upload::args().name(name).password(Secret::new(CANARY.to_owned())))?;
    }
    Ok(())
}

/// What held calls up, as `provider step path operation reason`.
fn told(events: &[Event]) -> Vec<String> {
    let told = events.iter().filter_map(|event| match event {
        Event::CallRetried { step, urn, provider, operation, attempt, reason, after_ms, .. } => {
            Some(format!(
                "{provider} {step:?} {}: {operation}, attempt {attempt}: {reason}; again after {after_ms} ms",
                urn.path()
            ))
        }
        Event::Paused { step, urn, provider, operation, reason, for_ms, .. } => {
            Some(format!("{provider} {step:?} {}: {operation}: {reason} for {for_ms} ms", urn.path()))
        }
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn repeated_requests_and_pauses_of_steps_are_told_without_secrets() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        world.events.clear();
        assert!(world.apply(program, &plan).await.succeeded());
        let mut told = told(&world.events);
        told.sort();
        assert_eq!(
            told,
            [
                "busy Some(0) a: POST /uploads, attempt 1: the answer was 503: no place for [secret]; again after \
                 250 ms",
                "busy Some(0) a: POST /uploads: the quota is used up for 4000 ms",
                "busy Some(1) b: POST /uploads, attempt 1: the answer was 503: no place for [secret]; again after \
                 250 ms",
                "busy Some(1) b: POST /uploads: the quota is used up for 4000 ms",
            ]
        );
        let json = serde_json::to_string(&world.events).unwrap();
        assert!(!json.contains(CANARY), "{json}");
        // Each comes between the begin and the end of its step.
        for step in 0..2 {
            let mut of_step = world.events.iter().filter_map(|event| match event {
                Event::StepStarted { step: of, .. } if *of == step => Some("start"),
                Event::CallRetried { step: of, .. } if *of == Some(step) => Some("retry"),
                Event::Paused { step: of, .. } if *of == Some(step) => Some("pause"),
                Event::StepFinished { step: of, .. } if *of == step => Some("end"),
                _ => None,
            });
            assert_eq!(of_step.by_ref().collect::<Vec<_>>(), ["start", "retry", "pause", "end"]);
        }
    }
}

#[tokio::test]
async fn pauses_of_a_comparison_with_the_cloud_are_told_too() {
    for mut world in World::both() {
        let plan = world.plan(program).await;
        assert!(world.apply(program, &plan).await.succeeded());
        world.events.clear();
        let _ = world.plan(program).await;
        let mut told = told(&world.events);
        told.sort();
        assert_eq!(
            told,
            [
                "busy None a: GET /uploads/{id} [secret]: the quota is used up for 4000 ms",
                "busy None b: GET /uploads/{id} [secret]: the quota is used up for 4000 ms",
            ]
        );
    }
}
