//! The reports in a real browser: `tests/clients/report_browser.py` drives Chromium over the
//! WebDriver protocol. Where Chromium or Python is missing it says so and is skipped, unless `CI` is
//! set.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{
    report_of_failed_run, report_of_nothing, report_of_plan, report_of_run, reports_of_platform,
};

/// Resources of the large report, without the one that all need.
const TEAMS: usize = 40;
const MEMBERS: usize = 50;

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

#[tokio::test]
async fn reports_work_in_a_browser_from_disk() {
    if let Some(missing) = missing() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{missing} is missing: install chromium, chromium-driver, python3"
        );
        eprintln!("skipped reports_work_in_a_browser_from_disk: {missing} is missing");
        return;
    }
    let (run, steps) = report_of_run().await;
    let (large_plan, large_run) = reports_of_platform(TEAMS, MEMBERS).await;
    let plan = write("report-plan.html", &report_of_plan().await.to_html());
    let run = write("report-run.html", &run.to_html());
    let large_plan = write("report-large-plan.html", &large_plan.to_html());
    let large_run = write("report-large-run.html", &large_run.to_html());
    let failed = write("report-failed-run.html", &report_of_failed_run().await.to_html());
    let nothing = write("report-nothing.html", &report_of_nothing().await.to_html());
    let resources = TEAMS * MEMBERS + 1;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/report_browser.py");
    let output = Command::new("python3")
        .arg(script)
        .args([&plan, &run, &failed, &nothing, &large_plan, &large_run])
        .args([steps.to_string(), resources.to_string()])
        .output()
        .expect("python3 was found above");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    println!("{out}");
}
