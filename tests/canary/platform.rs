//! The compiled example on the simulated Hetzner Cloud, with a settings file that holds a sealed token:
//! refused, cut off, killed, and brought to its end, at the most verbose log level.
#![cfg(unix)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use iac_hetzner::sim::{self, Pace, SimConfig};
use iac_testkit::sim::{Fault, SimOptions, SimServer};
use serde_json::json;

use crate::examples::program;
use crate::spelling::{Hunt, quoted};

/// Ordinary letters: a header must take it.
const TOKEN: &str = "hcloudCANARYtokenOfTheProject51c0ffee93";
const SERVER_PATH: &str = "/v1/servers";

struct Site {
    cloud: SimServer,
    directory: tempfile::TempDir,
    hunt: Hunt,
    victim: Arc<Mutex<Option<u32>>>,
}

impl Site {
    async fn run(&mut self, line: &str, stdin: &str) -> Output {
        let output = self.unsearched(line, stdin).await;
        self.hunt.search(&format!("standard output of {line}"), &output.stdout);
        self.hunt.search(&format!("standard error of {line}"), &output.stderr);
        output
    }

    async fn done(&mut self, line: &str) -> Output {
        let output = self.run(line, "").await;
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    async fn unsearched(&mut self, line: &str, stdin: &str) -> Output {
        let mut command = Command::new(program("philotes-hetzner"));
        command
            .args(line.split_whitespace())
            .args(["--state", "state.sqlite", "--lease", "1", "--lease-wait", "20", "--log", "trace"])
            .current_dir(self.directory.path())
            .env("HCLOUD_ENDPOINT", format!("{}{}", self.cloud.url(), sim::BASE_PATH))
            .env_remove("HCLOUD_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = {
            let mut slot = self.victim.lock().unwrap();
            let child = command.spawn().unwrap();
            *slot = Some(child.id());
            child
        };
        let stdin = stdin.to_owned();
        let ended = tokio::task::spawn_blocking(move || {
            // It may have ended without reading.
            let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
            child.wait_with_output().unwrap()
        });
        let output = ended.await.unwrap();
        // Left out: the key file, which is the key.
        self.hunt.search_files(self.directory.path(), &["state.sqlite.key"]);
        let exchanges = self.cloud.exchanges();
        // Left out of memory: bodies to and from the cloud, which gets the secrets.
        let heads: Vec<String> = exchanges
            .iter()
            .map(|one| {
                format!(
                    "{} {} {:?} {:?} {:?}",
                    one.method, one.path, one.query, one.request_headers, one.response_headers
                )
            })
            .collect();
        self.hunt.search("the cloud's memory of requests", heads.join("\n"));
        output
    }

    /// From now on: the first create of a server is refused with a text that quotes all it was sent,
    /// another loses its answer, and at one request the process is killed.
    fn trouble(&self, kill_at: Option<u64>) {
        let victim = Arc::clone(&self.victim);
        let (mut seen, mut servers) = (0, 0);
        self.cloud.set_interceptor(Box::new(move |request, _| {
            seen += 1;
            if Some(seen) == kill_at {
                let pid = victim.lock().unwrap().unwrap();
                assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
                return Some(Fault::DropAfter);
            }
            if seen == 2 {
                return Some(Fault::Truncate);
            }
            if request.method.as_str() != "POST" || request.path != SERVER_PATH {
                return None;
            }
            servers += 1;
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let sent = request
                .json()
                .ok()
                .and_then(|json| json["user_data"].as_str().map(quoted))
                .unwrap_or_default();
            let header = request.header("authorization").unwrap_or_default().to_owned();
            match servers {
                1 => Some(Fault::Status {
                    code: 422,
                    body: json!({"error": {
                        "code": format!("invalid_input {}", quoted(TOKEN)),
                        "message": format!("{header}: {} {sent} {body}", quoted(TOKEN)),
                        "details": {"fields": [{"name": sent, "messages": [header, body]}]},
                    }}),
                }),
                2 => Some(Fault::Status {
                    code: 500,
                    body: json!(format!("{header} {body} {sent} {}", quoted(TOKEN))),
                }),
                3 => Some(Fault::DropAfter),
                _ => None,
            }
        }));
    }
}

async fn site() -> Site {
    let directory = tempfile::tempdir().unwrap();
    let options = SimOptions::new()
        .data(directory.path().join("cloud.json"))
        .log_file(directory.path().join("cloud.log"));
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit().token(TOKEN);
    let cloud = sim::start(options, config).await.unwrap();
    let mut hunt = Hunt::default();
    hunt.plant("the provider's token", TOKEN);
    Site { cloud, directory, hunt, victim: Arc::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn nothing_of_the_platform_holds_a_secret() {
    let mut site = site().await;
    let sealed = site.run("config set --secret hcloud_token", TOKEN).await;
    assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
    for line in ["config show", "config show --json", "config check", "plan --json"] {
        site.done(line).await;
    }
    site.trouble(None);
    let refused = site.run("up --yes", "").await;
    assert!(!refused.status.success(), "nothing was refused");
    site.trouble(Some(9));
    let killed = site.run("up --yes --json", "").await;
    assert_eq!(killed.status.code(), None, "it was not killed");
    site.cloud.clear_interceptor();
    site.done("up --yes").await;
    for output in ["join_token", "admin_private_key"] {
        // Left out: standard output, where it is asked for.
        let shown = site.unsearched(&format!("outputs {output} --show-secrets"), "").await;
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.len() > 30, "{output} is missing");
        site.hunt.plant(output, shown.trim());
    }
    for line in [
        "outputs",
        "outputs --json",
        "state export",
        "refresh --json",
        "history show 2",
        "state show control-plane",
    ] {
        site.done(line).await;
    }
    site.trouble(None);
    site.run("up --yes --image debian-13", "").await;
    site.cloud.clear_interceptor();
    site.done("plan --image debian-13 --out web.plan").await;
    site.done("show web.plan --json").await;
    site.run("import --print hetzner:server 1", "").await;
    site.done("keys rotate").await;
    site.done("destroy --yes --destroy-data dev --image debian-13").await;
    println!("{}", site.hunt.tally());
}
