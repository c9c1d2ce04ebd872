//! Every secret of every type on the simulated Hetzner Cloud, which refuses each of them and repeats it; and
//! the state of another tool, in which they stand in the open.

use std::path::PathBuf;
use std::time::Duration;

use iac_core::random::SelfSignedCertificate;
use iac_core::state::StackId;
use iac_core::{Provider as _, Secret, Stack, StackError};
use iac_hetzner::sim::{self, Pace, SimConfig};
use iac_hetzner::{Certificate, Hetzner, PrimaryNameserver, Server, TsigAlgorithm, Zone, ZoneMode};
use iac_testkit::sim::{Fault, SimOptions, SimServer};
use serde_json::json;

use crate::desk::Desk;
use crate::fields::{all_are_planted, snapshot};
use crate::spelling::{canary, quoted};

/// Ordinary letters: a header must take it.
const TOKEN: &str = "hetCANARYtokenOfTheProject71ae05";
/// The key of a zone's transfers, in base64 as it has to be: "CANARY in a TSIG key 90c3".
const TSIG: &str = "Q0FOQVJZIGluIGEgVFNJRyBrZXkgOTBjMw==";

fn provider(url: &str) -> Hetzner {
    let builder =
        Hetzner::builder().endpoint(format!("{url}{}", sim::BASE_PATH)).token(TOKEN).project("test");
    builder.poll_interval(Duration::from_millis(1), Duration::from_millis(5)).build().unwrap()
}

fn user_data() -> String {
    format!("#cloud-config\npassword: {}\n", canary("USERDATA"))
}

fn program(url: &str, stack: &Stack) -> Result<(), StackError> {
    stack.provider(provider(url))?;
    let made = stack.add(
        "made",
        SelfSignedCertificate::args().common_name("shop.example").dns_names(["shop.example"]).days(30u32),
    )?;
    let certificate = Certificate::args().certificate(&made.certificate).private_key(&made.private_key);
    stack.add("tls", certificate)?;
    stack.export("private_key", &made.private_key)?;
    let server = Server::args().server_type("cx22").image("debian-12").location("nbg1");
    stack.add("web", server.user_data(Secret::new(user_data())))?;
    let primary = PrimaryNameserver::args().address("203.0.113.53").tsig_key(Secret::from(TSIG));
    let primary = primary.tsig_algorithm(TsigAlgorithm::HmacSha256);
    let zone = Zone::args().name("shop.example").mode(ZoneMode::Secondary).primary_nameservers([primary]);
    stack.add("zone", zone)?;
    Ok(())
}

/// From now on the first create of each kind is refused with all it carried.
fn refuse(cloud: &SimServer) {
    let mut refused: Vec<String> = Vec::new();
    cloud.set_interceptor(Box::new(move |request, _| {
        if request.method.as_str() != "POST" || refused.contains(&request.path) {
            return None;
        }
        refused.push(request.path.clone());
        let sent = request.json().ok()?;
        let at = ["/private_key", "/user_data", "/primary_nameservers/0/tsig_key"];
        let secret = at.iter().find_map(|at| sent.pointer(at)?.as_str())?.to_owned();
        let lines: String = secret.lines().map(|line| format!("{} ", quoted(line))).collect();
        let text = format!("{} {lines} {}", quoted(&secret), quoted(TOKEN));
        Some(Fault::Status { code: 422, body: json!({"error": {"code": "invalid_input", "message": text}}) })
    }));
}

fn start(directory: PathBuf) -> (tokio::runtime::Runtime, SimServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // Without a file for its data: what a cloud keeps are the secrets themselves.
    let options = SimOptions::new().log_file(directory.join("cloud.log"));
    let config = SimConfig::new().pace(Pace::Instant).without_rate_limit().token(TOKEN);
    let cloud = runtime.block_on(sim::start(options, config)).unwrap();
    (runtime, cloud)
}

/// What another tool wrote of the same objects.
fn foreign(server: &str) -> String {
    let instance = json!({"attributes": {"id": server, "name": "web", "user_data": user_data(),
        "server_type": "cx22", "image": "debian-12", "location": "nbg1"}});
    json!({"version": 4, "terraform_version": "1.9.8", "serial": 7, "lineage": "x", "outputs": {
        "token": {"value": TOKEN, "type": "string", "sensitive": true}}, "resources": [
        {"mode": "managed", "type": "hcloud_server", "name": "web", "provider": "p", "instances": [instance]},
        {"mode": "managed", "type": "hcloud_uploaded_certificate", "name": "tls", "provider": "p", "instances": [
            {"attributes": {"id": "77", "name": "tls", "certificate": "c", "private_key": canary("USERDATA")}}]}]})
    .to_string()
}

/// A server without keys gets a password, which stands in one answer and nowhere else.
fn plant_root_passwords(cloud: &SimServer, desk: &mut Desk) {
    let exchanges = cloud.exchanges();
    let answers = exchanges.iter().filter_map(|one| one.response_body.as_json());
    let passwords: Vec<&str> = answers.filter_map(|body| body["root_password"].as_str()).collect();
    assert!(!passwords.is_empty(), "no answer had a password");
    passwords.iter().for_each(|password| desk.hunt.plant("a root password", password));
}

#[test]
fn every_secret_of_every_type_of_hetzner() {
    let mut desk = Desk::new();
    desk.hunt.plant("the token", TOKEN);
    desk.hunt.plant("the user data", &canary("USERDATA"));
    desk.hunt.plant("the zone's key", TSIG);
    desk.hunt.plant("a key in PEM", "-----BEGIN PRIVATE KEY-----");
    let (_runtime, cloud) = start(desk.path(""));
    let url = cloud.url();
    let declared = |stack: &Stack| program(&url, stack);
    refuse(&cloud);
    let refused = desk.with("up --yes", &declared);
    let said = refused.stdout + &refused.stderr;
    assert!(refused.code != 0 && said.contains("raw [secret]"), "{said}");
    cloud.clear_interceptor();
    assert_eq!(desk.with("up --yes --json", &declared).code, 0);
    let state = snapshot(&desk.path("state.sqlite"), &StackId::new("shop", "dev"));
    all_are_planted(&Hetzner::types(), &state);
    plant_root_passwords(&cloud, &mut desk);
    // Left out: standard output, where it is asked for.
    let key = desk.process("outputs private_key --show-secrets", &declared).stdout;
    assert!(key.contains("PRIVATE KEY"), "there is no key");
    desk.hunt.plant("the private key", key.trim());
    desk.search_rest();
    desk.hunt.search("what was said", desk.said.clone());
    for line in ["plan --json", "state show tls", "state show made --json", "state export", "history show 1"]
    {
        assert_eq!(desk.with(line, &declared).code, 0, "{line}");
    }
    // Written anew: the same objects, from the files of another tool.
    let shown = desk.with("state show web --json", &declared).stdout;
    let id: serde_json::Value = serde_json::from_str(shown.lines().last().unwrap()).unwrap();
    let id = find_id(&id).expect("the server has an id");
    desk.with("state rm web --yes", &declared);
    for flag in ["--dry-run", "--json --dry-run", "--print", ""] {
        // It is gone before a search: it holds its secrets in the open.
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(outside.path(), foreign(&id)).unwrap();
        desk.with(&format!("adopt {} {flag}", outside.path().display()), &declared);
    }
    desk.with("plan", &declared);
    desk.with(&format!("import --print hetzner:server {id}"), &declared);
    assert_eq!(desk.with("up --yes", &declared).code, 0);
    assert_eq!(desk.with("destroy --yes", &declared).code, 0);
}

pub(crate) fn find_id(shown: &serde_json::Value) -> Option<String> {
    match shown {
        serde_json::Value::Object(fields) => {
            let own = fields.get("id").and_then(|id| id.as_str()).map(str::to_owned);
            own.or_else(|| fields.values().find_map(find_id))
        }
        _ => None,
    }
}
