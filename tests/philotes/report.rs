//! The platform's plan and its run as HTML reports, in a real browser: `tests/clients/report_browser.py`
//! drives Chromium. Where Chromium or Python is missing it says so and is skipped, unless `CI` is set.

use std::path::{Path, PathBuf};
use std::process::Command;

use iac::{NoReporter, PlanOptions};
use iac_report::Report;

use crate::world::World;

fn missing() -> Option<&'static str> {
    let runs =
        |program: &str| Command::new(program).arg("--version").output().is_ok_and(|out| out.status.success());
    ["chromium", "chromedriver", "python3"].into_iter().find(|program| !runs(program))
}

fn write(name: &str, page: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, page).expect("the target directory is writable");
    path
}

/// The page of a plan, the page of the run that applies it, and the numbers of resources and of steps.
async fn pages() -> (String, String, usize, usize) {
    let world = World::busy().await;
    let graph = world.platform(|_| {});
    let plan = world.engine.plan(&graph, &PlanOptions::new(), true, &mut NoReporter).await.unwrap();
    let snapshot = world.engine.snapshot(&world.stack_id()).await.unwrap();
    let of_plan = Report::of_plan(&graph, &snapshot, &plan).made_at(world.engine.now_ms()).to_html();
    let (outcome, _) = world.apply(&graph, &plan).await;
    assert!(outcome.succeeded(), "{:#?}", outcome.failures);
    let number = outcome.run.expect("there was something to do");
    let run = world.engine.run(&world.stack_id(), number).await.unwrap().expect("it is in the history");
    let steps = world.engine.steps(&world.stack_id(), number).await.unwrap();
    let order = world.engine.step_order(&world.stack_id(), number).await.unwrap();
    let snapshot = world.engine.snapshot(&world.stack_id()).await.unwrap();
    let of_run = Report::of_run(&world.stack_id(), &snapshot, &run, &steps, order.as_deref());
    (of_plan, of_run.to_html(), snapshot.resources.len(), steps.len())
}

#[tokio::test]
async fn the_platforms_reports_work_in_a_browser_from_disk() {
    if let Some(missing) = missing() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{missing} is missing: install chromium, chromium-driver, python3"
        );
        eprintln!("skipped the_platforms_reports_work_in_a_browser_from_disk: {missing} is missing");
        return;
    }
    let (of_plan, of_run, resources, steps) = pages().await;
    assert_eq!(steps, resources, "everything was created in one step each");
    for page in [&of_plan, &of_run] {
        assert!(!page.contains(crate::world::TOKEN), "the cloud's token is in a report");
    }
    let (plan, run) = (write("philotes-plan.html", &of_plan), write("philotes-run.html", &of_run));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/report_browser.py");
    let output = Command::new("python3")
        .arg(script)
        .arg("--pages")
        .arg(format!("philotes-plan,{},{resources},0,control-plane,control-plane", plan.display()))
        .arg(format!("philotes-run,{},{resources},{steps},control-plane,control-plane", run.display()))
        .output()
        .expect("python3 was found above");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    println!("{out}");
}
