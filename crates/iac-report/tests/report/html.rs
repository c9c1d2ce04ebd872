//! The page as a file: one file, a strict policy, safe data, no secrets, the same bytes again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use iac_core::PlanOptions;
use iac_report::Report;
use iac_testkit::fake::Disk;
use sha2::{Digest, Sha256};

use crate::world::{
    CANARY, World, first, report_of_failed_run, report_of_plan, report_of_run, second, stack_id,
};

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    page.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(inner, _)| inner).expect(start)
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

#[tokio::test]
async fn the_policy_admits_the_style_and_the_script_of_the_page_and_nothing_else() {
    let page = report_of_plan().await.to_html();
    let policy =
        between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
    let (style, script) = (between(&page, "<style>", "</style>"), between(&page, "\n<script>", "</script>"));
    let expected = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    );
    assert_eq!(policy, expected);
    // What the policy would refuse is not there to begin with.
    let markup = page.replace(style, "").replace(script, "");
    for refused in [" style=", " onclick=", " src=", "href=\"http", "@import", "url("] {
        assert!(!markup.contains(refused) && !style.contains(refused), "{refused}");
    }
    for dangerous in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "</script", "<!--"] {
        assert!(!script.contains(dangerous), "{dangerous}");
    }
}

#[tokio::test]
async fn the_data_cannot_leave_its_script_and_shows_no_secret() {
    for page in [report_of_plan().await.to_html(), report_of_run().await.0.to_html()] {
        assert!(!page.contains(CANARY));
        // The data and the script, and no third one from a hostile text.
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script>").count(), 2);
        let data = between(&page, "id=\"data\">", "</script>");
        assert!(!data.contains('<'));
        let data: serde_json::Value = serde_json::from_str(data).expect("the data is JSON");
        assert!(!data["resources"].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_same_data_gives_the_same_bytes() {
    assert_eq!(report_of_plan().await.to_html(), report_of_plan().await.to_html());
    assert_eq!(report_of_run().await.0.to_html(), report_of_run().await.0.to_html());
}

#[tokio::test]
async fn a_plan_tells_what_changes_and_apart_what_changed_outside() {
    let page = report_of_plan().await.to_html();
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    let resource = |path: &str| {
        data["resources"].as_array().unwrap().iter().find(|one| one["path"] == path).unwrap().clone()
    };
    let web = resource("edge/web");
    let field = |fields: &serde_json::Value, path: &str| {
        fields.as_array().unwrap().iter().find(|one| one["path"] == path).unwrap().clone()
    };
    assert_eq!(field(&web["drift"], "size")["new"], "64");
    assert_eq!(field(&web["fields"], "size")["old"], "64");
    assert_eq!(field(&web["fields"], "size")["new"], "4");
    assert_eq!(field(&web["fields"], "password")["new"], "[secret]");
    let lines = field(&web["fields"], "note")["lines"].clone();
    assert!(lines.as_array().unwrap().contains(&"+apt-get install -y caddy".into()), "{lines}");
    assert_eq!(field(&resource("data/database")["fields"], "image")["replaces"], true);
    assert!(!resource("data/database")["reasons"].as_array().unwrap().is_empty());
    assert_eq!(field(&data["outputs"], "password")["new"], "[secret]");
    assert_eq!(data["timeline"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_run_has_a_bar_for_each_step_and_a_critical_path() {
    let (report, steps) = report_of_run().await;
    let page = report.to_html();
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    let chart = &data["timeline"];
    assert_eq!(chart["bars"].as_array().unwrap().len(), steps);
    let critical = chart["critical"].as_array().unwrap();
    let path = |at: &serde_json::Value| {
        let bar = &chart["bars"][usize::try_from(at.as_u64().unwrap()).unwrap()];
        data["resources"][usize::try_from(bar["resource"].as_u64().unwrap()).unwrap()]["path"].clone()
    };
    assert_eq!(critical.iter().map(path).collect::<Vec<_>>(), ["network", "edge/web", "data/old"]);
}

#[tokio::test]
async fn a_failed_run_tells_its_errors() {
    let page = report_of_failed_run().await.to_html();
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    let notes = data["notes"].as_array().unwrap();
    assert_eq!(notes[0]["kind"], "error");
    let text = notes[0]["text"].as_str().unwrap();
    assert!(text.starts_with("create replacement failed: ") && text.contains("the test asked"), "{text}");
    let at = usize::try_from(notes[0]["resource"].as_u64().unwrap()).unwrap();
    assert_eq!(data["resources"][at]["path"], "data/database");
    let bars = data["timeline"]["bars"].as_array().unwrap();
    assert_eq!(bars.iter().filter(|bar| bar["failed"] == true).count(), 1);
    // The page says it without its script as well.
    assert!(page.contains("<li class=\"error\""));
}

#[tokio::test]
async fn a_replacement_is_told_once() {
    let world = World::new();
    for program in [first, second] {
        let graph = world.graph(program);
        let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
        world.apply(&graph, &plan).await;
    }
    let graph = world.graph(second);
    let (snapshot, run, steps) = world.run(&graph).await;
    let page = Report::of_run(&stack_id(), &snapshot, &run, &steps, None).to_html();
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    let resource = |path: &str| {
        data["resources"].as_array().unwrap().iter().find(|one| one["path"] == path).unwrap().clone()
    };
    let database = resource("data/database");
    let paths: Vec<&str> =
        database["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect();
    assert_eq!((&database["action"], paths), (&"replace".into(), vec!["image", "name"]));
    // What is gone tells what it was.
    let old = resource("data/old");
    assert_eq!(old["action"], "delete");
    assert!(old["fields"].as_array().unwrap().iter().all(|field| field["new"].is_null()));
}

#[tokio::test]
async fn warnings_stand_on_the_page_with_their_resource() {
    let world = World::new();
    let graph = world.graph(|stack| {
        stack.scope("data")?.add("disk", Disk::args().size(10u32))?;
        Ok(())
    });
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let (snapshot, plan) = world.plan(&graph, &PlanOptions::new().destroy()).await;
    let page = Report::of_plan(&graph, &snapshot, &plan).to_html();
    assert!(page.contains("<title>Plan to destroy shop/dev</title>"));
    assert!(page.contains("<li class=\"warning\"") && page.contains("(loses data)"));
    let data: serde_json::Value = serde_json::from_str(between(&page, "id=\"data\">", "</script>")).unwrap();
    assert_eq!(data["notes"][0]["kind"], "warning");
    let at = usize::try_from(data["notes"][0]["resource"].as_u64().unwrap()).unwrap();
    assert_eq!(data["resources"][at]["path"], "data/disk");
    assert_eq!(data["resources"][at]["action"], "delete");
}

#[tokio::test]
async fn the_critical_path_of_a_destroy_is_known_although_nothing_is_left() {
    let world = World::new();
    let graph = world.graph(first);
    let (_, plan) = world.plan(&graph, &PlanOptions::new()).await;
    world.apply(&graph, &plan).await;
    let (_, plan) = world.plan(&graph, &PlanOptions::new().destroy()).await;
    world.apply(&graph, &plan).await;
    let (snapshot, run, mut steps) = world.run(&graph).await;
    assert!(snapshot.resources.is_empty());
    let order = world.engine.step_order(&stack_id(), run.run).await.unwrap();
    // Each takes 10 ms, and begins when what it waited for has ended.
    let mut ends = Vec::new();
    for (step, after) in steps.iter_mut().zip(order.iter().flatten()) {
        step.started_at = after.iter().map(|number| ends[*number as usize]).max().unwrap_or(run.started_at);
        step.ended_at = step.started_at + 10;
        ends.push(step.ended_at);
    }
    for (order, is_known) in [(order.as_deref(), true), (None, false)] {
        let page = Report::of_run(&stack_id(), &snapshot, &run, &steps, order).to_html();
        let data = between(&page, "id=\"data\">", "</script>");
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["timeline"]["forgotten"], !is_known);
        let critical = data["timeline"]["critical"].as_array().unwrap().len();
        assert_eq!(critical > 1, is_known, "{critical}");
    }
}
