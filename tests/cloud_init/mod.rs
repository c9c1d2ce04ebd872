//! User data of servers by the tool that reads it on them: every one that a simulated Hetzner Cloud was sent
//! must pass `cloud-init schema`. Without the tool (Debian's package `cloud-init`) the check is skipped by
//! name; under `CI=true` that is a failure.

use std::collections::BTreeSet;
use std::process::Command;

use iac_testkit::sim::SimServer;

/// The user data of all servers that were asked for.
pub(crate) fn user_data(cloud: &SimServer) -> BTreeSet<String> {
    let exchanges = cloud.exchanges();
    let made = exchanges.iter().filter(|one| one.method == "POST" && one.path == "/v1/servers");
    let texts = made.map(|one| one.request_body.as_json().unwrap()["user_data"].as_str().unwrap().to_owned());
    texts.collect()
}

/// Checks each text. The texts hold secrets, so a failure shows the tool's words alone.
pub(crate) fn assert_valid(texts: &BTreeSet<String>) {
    assert!(!texts.is_empty(), "there is no user data");
    let tool = Command::new("cloud-init").arg("--version").output();
    if tool.is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the package cloud-init is missing");
        println!("skipped: cloud-init schema, which is not installed");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for text in texts {
        let path = directory.path().join("user-data");
        std::fs::write(&path, text).unwrap();
        let checked =
            Command::new("cloud-init").args(["schema", "--config-file"]).arg(&path).output().unwrap();
        let said = [checked.stdout, checked.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(checked.status.success() && !said.contains("Error"), "{said}");
    }
}
