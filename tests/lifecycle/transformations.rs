//! Changing what is declared in a scope, whoever declared it.

use iac_core::{Options, PlanOptions, Stack, StackError, Value};
use iac_testkit::fake::{Disk, Node};

use crate::world::{Declared, World, node, steps};

fn label(team: &'static str) -> impl Fn(&mut iac_core::Declaration<'_>) -> Declared {
    move |declaration| match declaration.has_input("labels") {
        true => declaration.add_entries("labels", [("team", team)]),
        false => Ok(()),
    }
}

#[tokio::test]
async fn labels_reach_everything_in_the_scope_before_and_after_and_the_programs_own_win() {
    for mut world in World::both() {
        let program = |s: &Stack| {
            let edge = s.scope("edge")?;
            edge.add("early", node!("a"))?;
            edge.transform(label("edge"));
            edge.add("late", node!("a").labels([("tier", "web")]))?;
            edge.add("own", node!("a").labels([("team", "own")]))?;
            edge.add("data", Disk::args().size(5u32))?;
            edge.scope("deep")?.add("down", node!("a"))?;
            s.add("outside", node!("a")).map(drop)
        };
        world.up(program).await;
        let mut labels = Vec::new();
        for path in ["edge/early", "edge/late", "edge/own", "edge/deep/down", "outside"] {
            let inputs = world.row(path).await.inputs.clone();
            labels.push(format!("{path}: {:?}", inputs.get("labels").to_redacted_json().to_string()));
        }
        let expected = [
            r#"edge/early: "{\"team\":\"edge\"}""#,
            r#"edge/late: "{\"team\":\"edge\",\"tier\":\"web\"}""#,
            r#"edge/own: "{\"team\":\"own\"}""#,
            r#"edge/deep/down: "{\"team\":\"edge\"}""#,
            r#"outside: "null""#,
        ];
        assert_eq!(labels.map_null(), expected);
    }
}

/// A type without a value shows an empty map or nothing.
trait MapNull {
    fn map_null(self) -> Vec<String>;
}
impl MapNull for Vec<String> {
    fn map_null(self) -> Vec<String> {
        self.into_iter().map(|line| line.replace("\"{}\"", "\"null\"")).collect()
    }
}

#[tokio::test]
async fn an_inner_scope_comes_first_and_entries_that_are_outputs_stay_outputs() {
    let mut world = World::new();
    let program = |s: &Stack| {
        s.transform(label("all"));
        let edge = s.scope("edge")?;
        edge.transform(label("edge"));
        let base = edge.add("base", node!("a"))?;
        edge.add("web", node!("a").labels([("at", &base.address)])).map(drop)
    };
    let planned = world.up(program).await;
    assert_eq!(planned, ["create edge/base", "create edge/web"]);
    let labels = world.row("edge/web").await.inputs.get("labels").clone();
    assert_eq!(labels, Value::map([("at", "10.0.0.1".into()), ("team", "edge".into())]));
}

#[tokio::test]
async fn fields_and_options_of_one_type_can_be_set() {
    let mut world = World::new();
    let program = |protected: bool| {
        move |s: &Stack| {
            s.transform(move |declaration| {
                if declaration.is::<Node>() {
                    if !declaration.sets("zone") {
                        declaration.set("zone", "zone-b")?;
                    }
                    if protected {
                        declaration.options(Options::protect);
                    }
                }
                Ok(())
            });
            s.add("web", node!("a"))?;
            s.add("far", node!("a").zone("zone-c")).map(drop)
        }
    };
    world.up(program(true)).await;
    assert_eq!(*world.row("web").await.inputs.get("zone"), "zone-b".into());
    assert_eq!(*world.row("far").await.inputs.get("zone"), "zone-c".into());
    let refused = world.try_plan(program(true), PlanOptions::new().destroy()).await.unwrap_err();
    assert!(refused.to_string().contains("it is protected"), "{refused}");
    assert_eq!(steps(&world.plan(program(false)).await), ["record web", "record far"]);
}

#[test]
fn an_input_that_the_type_does_not_have_is_named() {
    let stack = Stack::new("philotes", "dev").unwrap();
    stack.provider(iac_testkit::fake::FakeCloud::new().provider()).unwrap();
    stack.transform(|declaration| declaration.set("colour", "red"));
    stack.add("web", node!("a")).unwrap();
    let error = stack.freeze().unwrap_err();
    assert!(matches!(&error, StackError::NoSuchInput { field, .. } if field == "colour"), "{error}");
    assert!(error.to_string().contains("fake:node does not have"), "{error}");
}
