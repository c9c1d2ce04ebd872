//! Every secret of every type on the simulated Cloudflare, which refuses each request once with all it was
//! sent, and loses answers that held a secret.

use std::path::Path;
use std::time::Duration;

use iac_cloudflare::sim::{self, ACCOUNT_ID, Pace, SimConfig};
use iac_cloudflare::{
    ApiToken, Cloudflare, OriginCertificate, PagesDeployment, PagesFiles, PagesProject, TokenPolicy,
    TurnstileMode, TurnstileWidget, WorkerCode, WorkerScript, WorkerSecret, Zone,
};
use iac_core::random::TlsKeyPair;
use iac_core::state::StackId;
use iac_core::{Provider as _, Secret, Stack, StackError};
use iac_http::{Bearer, Client, Multipart, RetryPolicy};
use iac_testkit::sim::{Fault, SimOptions, SimServer};
use serde_json::json;

use crate::desk::Desk;
use crate::fields::{all_are_planted, secrets, snapshot};
use crate::spelling::{Hunt, canary, carried, quoted};

/// Ordinary letters: a header must take it.
const TOKEN: &str = "cfCANARYtokenOfTheAccount83b0e2";
/// What is written in the program.
const WRITTEN: [&str; 5] = ["SCRIPT", "BOUND", "PRODUCTION", "PREVIEW", "CHANGED"];
/// Applies until nothing is refused any more.
const ROUNDS_MAX: usize = 12;

fn provider(url: &str) -> Cloudflare {
    let builder = Cloudflare::builder()
        .endpoint(format!("{url}{}", sim::BASE_PATH))
        .token(TOKEN)
        .account(ACCOUNT_ID)
        .http(|http| http.retry(RetryPolicy::never()));
    builder.poll_interval(Duration::from_millis(1), Duration::from_millis(5)).build().unwrap()
}

fn secret(name: &str) -> Secret<String> {
    Secret::new(canary(name))
}

fn program(url: &str, folder: &Path, changed: bool, stack: &Stack) -> Result<(), StackError> {
    stack.provider(provider(url))?;
    let zone = stack.add("zone", Zone::args().name("example.com"))?;
    let pair = stack.add("pair", TlsKeyPair::args())?;
    let origin = OriginCertificate::args().hostnames([zone.name.clone()]).private_key(&pair.private_key);
    stack.add("origin", origin)?;
    let mode = if changed { TurnstileMode::Invisible } else { TurnstileMode::Managed };
    let widget = stack.add("widget", TurnstileWidget::args().domains(["example.com"]).mode(mode))?;
    let token = stack.add("acme", ApiToken::args().policies([TokenPolicy::dns_challenge(&zone)]))?;
    let script = WorkerScript::args().name("mailer").code(WorkerCode::text("worker.js", "export default {}"));
    let script = stack.add("mailer", script.secrets([("KEY", secret("SCRIPT"))]))?;
    let bound = secret(if changed { "CHANGED" } else { "BOUND" });
    stack.add("bound", WorkerSecret::args().script(&script).name("MAIL_KEY").value(bound))?;
    let project = PagesProject::args().name("shop").production_secrets([("KEY", secret("PRODUCTION"))]);
    let project = stack.add("shop", project.preview_secrets([("KEY", secret("PREVIEW"))]))?;
    let files = PagesFiles::read(folder).expect("the folder is there");
    let content = PagesDeployment::args().project(&project).directory(files.directory());
    stack.add("content", content.digest(files.digest()))?;
    stack.export("token", &token.value)?;
    stack.export("widget", &widget.secret)
}

/// Each request that changes something is refused once, with every secret that it carried, and the first answer
/// to the create of a token is lost.
fn refuse(cloud: &SimServer, planted: Vec<String>) {
    let mut refused: Vec<String> = Vec::new();
    let mut lost = false;
    cloud.set_interceptor(Box::new(move |request, _| {
        if request.method.as_str() == "GET" {
            return None;
        }
        let key = format!("{} {}", request.method, request.path);
        if refused.contains(&key) {
            let is_token = request.method.as_str() == "POST" && request.path.ends_with("/tokens");
            return (is_token && !std::mem::replace(&mut lost, true)).then_some(Fault::DropAfter);
        }
        refused.push(key);
        let sent = String::from_utf8_lossy(&request.body).into_owned();
        let text: String =
            carried(&planted, &request.body).iter().map(|secret| quoted(secret) + " ").collect();
        let header = request.header("authorization").unwrap_or_default().to_owned();
        let credential = header.rsplit(' ').next().map(quoted);
        let errors = json!([{"code": 7003, "message": format!("{text} {credential:?} {header} {sent}")}]);
        let body = json!({"success": false, "errors": errors, "messages": [], "result": null});
        Some(Fault::Status { code: 422, body })
    }));
}

fn start(directory: &Path) -> (tokio::runtime::Runtime, SimServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Without a file for its data: what a cloud keeps are the secrets themselves.
    let options = SimOptions::new().log_file(directory.join("cloud.log"));
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit().paid().token(TOKEN);
    let cloud = runtime.block_on(sim::start(options, config)).unwrap();
    (runtime, cloud)
}

/// Every secret that the stack has by now is searched for.
fn plant_what_is_recorded(hunt: &mut Hunt, state: &Path) -> Vec<String> {
    let recorded = secrets(&snapshot(state, &StackId::new("shop", "dev")));
    recorded.iter().for_each(|secret| hunt.plant("a recorded secret", secret));
    recorded
}

#[test]
fn every_secret_of_every_type_of_cloudflare() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "hello").unwrap();
    let mut desk = Desk::new();
    desk.hunt.plant("the token", TOKEN);
    WRITTEN.iter().for_each(|name| desk.hunt.plant(name, &canary(name)));
    desk.hunt.plant("a key in PEM", "-----BEGIN PRIVATE KEY-----");
    let (_runtime, cloud) = start(&desk.path(""));
    let url = cloud.url();
    let declared = |stack: &Stack| program(&url, folder.path(), false, stack);
    let planted: Vec<String> = WRITTEN[..4].iter().map(|name| canary(name)).collect();
    refuse(&cloud, planted.clone());
    let mut rounds = 0;
    while desk.with(["up --yes --json", "up --yes"][rounds % 2], &declared).code != 0 {
        rounds += 1;
        assert!(rounds < ROUNDS_MAX, "{}", desk.said);
    }
    assert!(rounds > 1 && desk.said.contains("raw [secret]"), "{rounds}: {}", desk.said);
    let state = desk.path("state.sqlite");
    all_are_planted(&Cloudflare::types(), &snapshot(&state, &StackId::new("shop", "dev")));
    let recorded = plant_what_is_recorded(&mut desk.hunt, &state);
    assert!(recorded.len() > WRITTEN.len(), "{}", recorded.len());
    desk.search_rest();
    desk.hunt.search("what was said", desk.said.clone());

    let changed = |stack: &Stack| program(&url, folder.path(), true, stack);
    refuse(&cloud, [recorded, planted, vec![canary("CHANGED")]].concat());
    for line in ["plan --json", "up --yes", "refresh --json", "import --all --dry-run --json", "state export"]
    {
        desk.with(line, &changed);
    }
    while desk.with("up --yes --json", &changed).code != 0 {
        rounds += 1;
        assert!(rounds < 2 * ROUNDS_MAX, "{}", desk.said);
    }
    for path in ["widget", "acme", "mailer", "bound", "shop", "origin"] {
        desk.with(&format!("state show {path} --json"), &changed);
    }
    for line in ["outputs --json", "history show 1", "history show 2 --json", "report --out @/plan.html"] {
        desk.with(line, &changed);
    }
    for (kind, path) in
        [("turnstile_widget", "widget"), ("worker_script", "mailer"), ("pages_project", "shop")]
    {
        let shown = desk.with(&format!("state show {path} --json"), &changed).stdout;
        let id = crate::hetzner::find_id(&serde_json::from_str(shown.lines().last().unwrap()).unwrap());
        desk.with(&format!("import --print cloudflare:{kind} {}", id.unwrap()), &changed);
    }
    while desk.with("destroy --yes --destroy-data dev", &changed).code != 0 {
        rounds += 1;
        assert!(rounds < 3 * ROUNDS_MAX, "{}", desk.said);
    }
    println!("{}", desk.hunt.tally());
}

/// Too short to be searched for elsewhere in a line, and shown in its own place by nothing.
const SHORT: [&str; 2] = ["~;~5", "~;~6"];

#[test]
fn what_a_request_carries_is_in_no_log() {
    let directory = tempfile::tempdir().unwrap();
    let (runtime, cloud) = start(directory.path());
    let client =
        Client::builder(cloud.url()).auth(Bearer::new(TOKEN)).retry(RetryPolicy::never()).build().unwrap();
    let form = Multipart::new().text("metadata", "{}").file("code", "code", "text/plain", canary("SCRIPT"));
    runtime.block_on(async {
        let named = client.post("/named").json_body(&json!({"password": SHORT[0], "name": "shop",
            "vars": {"KEY": {"type": "secret_text", "name": "KEY", "text": SHORT[1]}}}));
        let _ = named.send_empty().await;
        let _ = client.post("/form").multipart_body(&form).send_empty().await;
    });
    let log = std::fs::read_to_string(directory.path().join("cloud.log")).unwrap();
    assert!(log.contains("shop") && log.contains("[redacted]") && log.contains("a form of"), "{log}");
    SHORT.iter().for_each(|short| assert!(!log.contains(short), "{log}"));
    let mut hunt = Hunt::default();
    hunt.plant("a part of a form", &canary("SCRIPT"));
    hunt.search("the log", log);
}
