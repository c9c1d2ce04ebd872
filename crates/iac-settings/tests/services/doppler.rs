//! What the source `doppler` answers, and what it says when it cannot.

use iac_settings::{Doppler, LoadOptions, Settings, Validate, Variables};
use iac_testkit::openapi::{Description, Deviation};
use iac_testkit::sim::{Fault, FaultMatch, FaultScript, SimServer};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::doppler_sim::{SECRET, TOKEN, start};
use crate::{TIMEOUT, fetch, retry, told};

fn source(server: &SimServer) -> Doppler {
    Doppler::new().endpoint(server.url()).timeout(TIMEOUT).retry(retry())
}

fn reference(name: &str) -> Value {
    json!({ "project": "shop", "config": "prd", "name": name })
}

const GOOD: &[(&str, &str)] = &[("DOPPLER_TOKEN", TOKEN)];

/// Compares what was sent and answered with the description. It describes no refusals, so of those
/// only the request is compared.
fn check_wire(server: &SimServer) {
    let description = Description::from_env("doppler/openapi.derived.json").unwrap();
    let Some(description) = description.or_skip() else { return };
    let no_refusals = Deviation::new("GET /v3/configs/config/secret", "/status", "it describes no refusals");
    let description = description.allow(no_refusals);
    let violations: Vec<String> = server
        .exchanges()
        .iter()
        .flat_map(|exchange| description.check(exchange, ""))
        .map(|violation| violation.to_string())
        .collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[tokio::test]
async fn a_secret_is_fetched_as_the_description_says() {
    let server = start().await;
    let secret = fetch(&source(&server), reference("API_TOKEN"), GOOD).await.unwrap();
    assert_eq!(secret.expose(), SECRET);
    let given = source(&server).token(TOKEN);
    assert_eq!(fetch(&given, reference("API_TOKEN"), &[]).await.unwrap().expose(), SECRET);
    assert_eq!(server.exchanges().len(), 2);
    assert!(!format!("{given:?}").contains("canary"));
    check_wire(&server);
}

#[tokio::test]
async fn what_is_refused_says_what_to_do() {
    let server = start().await;
    let wrong = [("DOPPLER_TOKEN", "dp.st.prd.wrong-canary")];
    for (name, variables, expected) in [
        (
            "API_TOKEN",
            &wrong[..],
            ["Unauthenticated", "Invalid Auth token [secret]", "make a new service token"],
        ),
        ("API_TOKEN", &[][..], ["Unauthenticated", "there is no token for Doppler", "set DOPPLER_TOKEN"]),
        ("NOWHERE", GOOD, ["NotFound", "Could not find requested secret: NOWHERE", "check the names"]),
        ("RESTRICTED", GOOD, ["NotFound", "has no value that this token may read", "use a token"]),
        ("LONG", GOOD, ["InvalidInput", "is longer than the 65536 bytes", ""]),
        ("HUGE", GOOD, ["Unavailable", "larger than the bound of 1048576 bytes", "check that the address"]),
    ] {
        let text = told(fetch(&source(&server), reference(name), variables).await, &["canary"]);
        assert!(expected.iter().all(|part| text.contains(part)), "{name}: {text}");
    }
    let no_url = Doppler::new().endpoint("api.doppler.com").timeout(TIMEOUT).retry(retry());
    let text = told(fetch(&no_url, reference("API_TOKEN"), GOOD).await, &["canary"]);
    assert!(text.contains("is not a URL") && text.contains("check DOPPLER_API_HOST"), "{text}");
    let elsewhere = json!({ "project": "other", "config": "prd", "name": "X" });
    let text = told(fetch(&source(&server), elsewhere, GOOD).await, &["canary"]);
    assert!(
        text.contains("PermissionDenied") && text.contains("a token that may read this project"),
        "{text}"
    );
    check_wire(&server);
}

#[tokio::test]
async fn a_service_in_trouble_is_asked_again_and_then_told_of() {
    let server = start().await;
    let once = Fault::Status { code: 503, body: json!({ "messages": ["busy"], "success": false }) };
    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any().first(2), once.clone()));
    assert_eq!(fetch(&source(&server), reference("API_TOKEN"), GOOD).await.unwrap().expose(), SECRET);

    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), once));
    let text = told(fetch(&source(&server), reference("API_TOKEN"), GOOD).await, &["canary"]);
    assert!(text.contains("Unavailable") && text.contains("busy (after 3 attempts)"), "{text}");

    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), Fault::HalfOpen));
    let text = told(fetch(&source(&server), reference("API_TOKEN"), GOOD).await, &["canary"]);
    assert!(
        text.contains("no answer from http://127.0.0.1") && text.contains("(after 3 attempts)"),
        "{text}"
    );

    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), Fault::Truncate));
    let text = told(fetch(&source(&server), reference("API_TOKEN"), GOOD).await, &["canary"]);
    assert!(text.contains("broke inside the answer"), "{text}");

    let page = Fault::Status { code: 200, body: json!("<html>canary: please log in</html>") };
    server.set_faults(FaultScript::seeded(1).rule(FaultMatch::any(), page));
    let text = told(fetch(&source(&server), reference("API_TOKEN"), GOOD).await, &["canary"]);
    assert!(text.contains("the answer is not what Doppler promises"), "{text}");
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Shop {
    token: iac_core::Secret<String>,
    same_token: iac_core::Secret<String>,
}
impl Validate for Shop {}

#[tokio::test]
async fn equal_references_are_fetched_once_for_each_loading() {
    let server = start().await;
    let form = "{ doppler = { project = \"shop\", config = \"prd\", name = \"API_TOKEN\" } }";
    let settings = Settings::<Shop>::new()
        .without_directory()
        .compiled_in("dev.toml", format!("token = {form}\nsame_token = {form}\n"))
        .secret_source(source(&server));
    let options = LoadOptions::new("shop", "dev").variables(Variables::of(GOOD.iter().copied()));
    let loaded = settings.load(&options).await.unwrap();
    assert_eq!((loaded.token.expose().as_str(), loaded.same_token.expose().as_str()), (SECRET, SECRET));
    assert_eq!(server.exchanges().len(), 1);
    settings.load(&options).await.unwrap();
    assert_eq!(server.exchanges().len(), 2, "nothing is kept between loadings");
    check_wire(&server);
}
