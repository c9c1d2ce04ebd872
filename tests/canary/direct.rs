//! The drivers of both providers without an engine around them, which would clean their errors once more:
//! clouds that refuse and repeat all they were sent, and clouds whose answers nobody can read.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use iac_cloudflare::Cloudflare;
use iac_cloudflare::sim as flare;
use iac_core::provider::{Context, Driver, DriverChange, Progress, StepPort};
use iac_core::{Error, PageToken, Path, Provider, ProviderInstance, Result, Urn, Value};
use iac_hetzner::Hetzner;
use iac_hetzner::sim as hetzner;
use iac_http::RetryPolicy;
use iac_testkit::sim::{Fault, SimOptions, SimServer};
use serde_json::{Value as Json, json};

use crate::log::log;
use crate::spelling::{Hunt, canary, carried, quoted};

pub(crate) const TOKEN: &str = "dirCANARYtokenOfTheProvider5d20f1";
/// What the cloud makes: nobody can register it.
const GENERATED: &str = "genCANARYofAnAnswer77c1e0";
/// In base64, as a zone's key has to be: "tsig CANARY of a zone 41".
const TSIG: &str = "dHNpZyBDQU5BUlkgb2YgYSB6b25lIDQx";
/// A Worker's code, and its SHA-256.
const CODE: &str = "export default {}";
const CODE_DIGEST: &str = "9aeb8d59b4d483ca6298e9a450fbf37dfd2b4c63990135ab1d040d76314087ec";
pub(crate) const MARKER: &str = "0000000000000000000000000000000a";

/// Longest time of one call; it only ends what hangs.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// What becomes of the requests that are meant.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    /// Refused, with every secret that was sent in every spelling.
    Quotes,
    /// Refused in a form that no decoder knows.
    Strange,
    /// Accepted with something that is not what was asked for.
    Other,
    /// The same inside of what all answers are wrapped in.
    OtherResult,
}

pub(crate) struct NoPort;

#[async_trait]
impl StepPort for NoPort {
    async fn checkpoint(&self, _: &str) -> Result<()> {
        Ok(())
    }
    fn progress(&self, _: Progress) {}
}

/// The method of a request, and a part of its path.
pub(crate) type At = (&'static str, &'static str);

type Trouble = Arc<Mutex<Option<(At, Answer)>>>;

/// For what was sent, and for what the cloud answers.
pub(crate) const QUOTED: &[Answer] = &[Answer::Quotes];
pub(crate) const ANSWERED: &[Answer] = &[Answer::Strange, Answer::Other, Answer::OtherResult];

pub(crate) struct Bench {
    pub(crate) provider: ProviderInstance,
    hunt: Hunt,
    trouble: Trouble,
    _cloud: SimServer,
}

fn secrets() -> Vec<String> {
    let mut secrets: Vec<String> = ["WORKER", "BINDING", "PRODUCTION", "PREVIEW", "DATA"].map(canary).into();
    secrets.extend([TOKEN, TSIG].map(str::to_owned));
    secrets.push(certificate().1);
    secrets
}

fn fault(answer: Answer, sent: &[u8]) -> Fault {
    let known = [carried(&secrets(), sent), vec![TOKEN.to_owned()]].concat();
    let text = known.iter().map(|secret| quoted(secret)).collect::<Vec<_>>().join(" ");
    let (code, body) = match answer {
        Answer::Quotes => (
            422,
            json!({"success": false, "errors": [{"code": 7003, "message": text}], "messages": [text], "result": null,
                "error": {"code": "invalid_input", "message": text}}),
        ),
        Answer::Strange => (400, json!([GENERATED])),
        Answer::Other => (200, json!(GENERATED)),
        Answer::OtherResult => {
            (200, json!({"success": true, "errors": [], "messages": [], "result": GENERATED}))
        }
    };
    Fault::Status { code, body }
}

impl Bench {
    pub(crate) fn new<P: Provider>(provider: P, cloud: SimServer) -> Self {
        log();
        let mut hunt = Hunt::default();
        secrets().iter().for_each(|secret| hunt.plant("a secret", secret));
        hunt.plant("what the cloud made", GENERATED);
        let trouble = Trouble::default();
        let now = Arc::clone(&trouble);
        cloud.set_interceptor(Box::new(move |request, _| {
            let ((method, path), answer) = (*now.lock().unwrap())?;
            let is_meant = request.method.as_str() == method && request.path.contains(path);
            is_meant.then(|| fault(answer, &request.body))
        }));
        Self { provider: ProviderInstance::new(provider), hunt, trouble, _cloud: cloud }
    }

    pub(crate) fn driver(&self, kind: &str) -> (Arc<dyn Driver>, Context) {
        let driver = self.provider.types().drivers().find(|one| one.spec().type_token == kind);
        let urn = Urn::new("canary", "dev", kind, &[], "one").unwrap();
        let cx = self.provider.context(&urn, MARKER, Arc::new(NoPort), CALL_TIMEOUT).unwrap();
        (driver.expect("the type is registered").clone(), cx)
    }

    pub(crate) async fn create(&self, kind: &str, inputs: &Value) -> Result<String> {
        let (driver, cx) = self.driver(kind);
        assert_eq!(driver.check(inputs), [], "{kind}");
        driver.create(&cx, inputs).await.map(|made| made.id)
    }

    pub(crate) fn answer_with(&self, at: At, answer: Answer) {
        *self.trouble.lock().unwrap() = Some((at, answer));
    }

    fn heal(&self) {
        *self.trouble.lock().unwrap() = None;
    }

    /// The error of a call has no secret in it, and shows that one was there.
    pub(crate) fn judge<T>(&mut self, what: &str, answer: Answer, called: Result<T>) {
        self.heal();
        let Err(error) = called else { panic!("{what}: nothing failed") };
        let text = shown(&error);
        if answer == Answer::Quotes {
            assert!(text.contains("raw [secret]"), "{what} quotes nothing: {text}");
        }
        self.hunt.search(what, text);
        self.hunt.search("the log", log().bytes());
    }

    /// A create that is answered in each of these ways, and then takes place.
    pub(crate) async fn troubled(
        &mut self,
        kind: &str,
        inputs: &Value,
        at: At,
        answers: &[Answer],
    ) -> String {
        for answer in answers {
            self.answer_with(at, *answer);
            let called = self.create(kind, inputs).await;
            self.judge(&format!("the create of {kind}"), *answer, called);
        }
        self.create(kind, inputs).await.unwrap()
    }
}

fn shown(error: &Error) -> String {
    let more = (error.way_out(), error.api_code(), error.input_field(), error.vendor_request_id());
    format!("{error} {error:?} {more:?}")
}

pub(crate) fn secret(text: &str) -> Value {
    Value::secret(text.into())
}

/// A certificate and its private key.
fn certificate() -> (String, String) {
    static PAIR: LazyLock<(String, String)> = LazyLock::new(|| {
        let pair = ProviderInstance::new(iac_core::random::Random);
        let kind = "random:self_signed_certificate";
        let driver = pair.types().drivers().find(|one| one.spec().type_token == kind).unwrap().clone();
        let urn = Urn::new("canary", "dev", kind, &[], "one").unwrap();
        let cx = pair.context(&urn, MARKER, Arc::new(NoPort), CALL_TIMEOUT).unwrap();
        let inputs = json!({"common_name": "shop.example", "dns_names": ["shop.example"], "days": 30});
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(driver.create(&cx, &iac_core::to_value(&inputs).unwrap())).unwrap()
        });
        let made = made.join().unwrap().outputs;
        let key = iac_core::from_value::<iac_core::Secret<String>>(made.get("private_key")).unwrap();
        (made.get("certificate").as_str().unwrap().to_owned(), key.into_exposed())
    });
    PAIR.clone()
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::map(fields)
}

pub(crate) fn plain(json: Json) -> Value {
    iac_core::to_value(&json).unwrap()
}

#[tokio::test]
async fn no_driver_of_cloudflare_says_a_secret() {
    let config = flare::SimConfig::new().token(TOKEN).pace(flare::Pace::Instant).without_rate_limit().paid();
    let cloud = flare::start(SimOptions::new(), config).await.unwrap();
    let provider = Cloudflare::builder()
        .endpoint(format!("{}{}", cloud.url(), flare::BASE_PATH))
        .token(TOKEN)
        .account(flare::ACCOUNT_ID)
        .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
        .http(|http| http.retry(RetryPolicy::never()));
    let mut bench = Bench::new(provider.build().unwrap(), cloud);
    let zone = bench.create("cloudflare:zone", &plain(json!({"name": "example.com"}))).await.unwrap();

    let worker =
        plain(json!({"name": "mailer", "main_module": "worker.js", "modules": {"worker.js": CODE_DIGEST},
        "sources": {"worker.js": format!("text:{CODE}")}}));
    let worker = worker.with("secrets", map([("KEY", secret(&canary("WORKER")))]));
    bench.troubled("cloudflare:worker_script", &worker, ("PUT", "/workers/scripts/"), QUOTED).await;
    let binding =
        map([("script", "mailer".into()), ("name", "MAIL".into()), ("value", secret(&canary("BINDING")))]);
    bench.troubled("cloudflare:worker_secret", &binding, ("PUT", "/secrets"), QUOTED).await;
    let project = map([
        ("name", "shop".into()),
        ("production_secrets", map([("KEY", secret(&canary("PRODUCTION")))])),
        ("preview_secrets", map([("KEY", secret(&canary("PREVIEW")))])),
    ]);
    bench.troubled("cloudflare:pages_project", &project, ("POST", "/pages/projects"), QUOTED).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "hello").unwrap();
    let files = iac_cloudflare::PagesFiles::read(folder.path()).unwrap();
    let content = plain(json!({"project": "shop", "directory": files.directory(), "digest": files.digest()}));
    bench.troubled("cloudflare:pages_deployment", &content, ("GET", "/upload-token"), ANSWERED).await;
    let certificate =
        map([("hostnames", plain(json!(["example.com"]))), ("private_key", secret(&certificate().1))]);
    bench.create("cloudflare:origin_certificate", &certificate).await.unwrap();

    let token = plain(json!({"name": "acme", "policies": [{"permissions": ["DNS Write"], "zones": [zone]}]}));
    bench.troubled("cloudflare:api_token", &token, ("POST", "/tokens"), ANSWERED).await;
    let (driver, cx) = bench.driver("cloudflare:api_token");
    for answer in ANSWERED.iter().copied() {
        bench.answer_with(("PUT", "/value"), answer);
        let found = driver.find(&cx, &token).await;
        match answer {
            // That is what a new value looks like.
            Answer::OtherResult => assert!(found.is_ok()),
            _ => bench.judge("the find of a token", answer, found),
        }
    }
    widget(&mut bench).await;
}

async fn widget(bench: &mut Bench) {
    let inputs = plain(json!({"name": "form", "domains": ["example.com"], "mode": "managed"}));
    let id = bench
        .troubled("cloudflare:turnstile_widget", &inputs, ("POST", "/challenges/widgets"), ANSWERED)
        .await;
    let (driver, cx) = bench.driver("cloudflare:turnstile_widget");
    let made = driver.read(&cx, &id).await.unwrap().unwrap();
    let own: iac_core::Secret<String> = iac_core::from_value(made.outputs.get("secret")).unwrap();
    bench.hunt.plant("the widget's secret", own.expose());
    for answer in ANSWERED.iter().copied() {
        bench.answer_with(("GET", "/challenges/widgets/"), answer);
        let read = driver.read(&cx, &id).await;
        bench.judge("the read of a widget", answer, read);
        bench.answer_with(("GET", "/challenges/widgets/"), answer);
        let listed = driver.list(&cx, PageToken::default()).await;
        bench.judge("the list of widgets", answer, listed);
        bench.answer_with(("PUT", "/challenges/widgets/"), answer);
        let new = inputs.with("mode", "invisible".into());
        let change = DriverChange::new(inputs.clone(), new, made.outputs.clone(), vec![Path::field("mode")]);
        let updated = driver.update(&cx, &id, change).await;
        bench.judge("the update of a widget", answer, updated);
    }
    bench.answer_with(("DELETE", "/challenges/widgets/"), Answer::Strange);
    let deleted = driver.delete(&cx, &id).await;
    bench.judge("the delete of a widget", Answer::Strange, deleted);
    driver.delete(&cx, &id).await.unwrap();
}

#[tokio::test]
async fn no_driver_of_hetzner_says_a_secret() {
    let config = hetzner::SimConfig::new().pace(hetzner::Pace::Instant).without_rate_limit().token(TOKEN);
    let cloud = hetzner::start(SimOptions::new(), config).await.unwrap();
    let provider = Hetzner::builder()
        .endpoint(format!("{}{}", cloud.url(), hetzner::BASE_PATH))
        .token(TOKEN)
        .project("test")
        .poll_interval(Duration::from_millis(1), Duration::from_millis(5))
        .http(|http| http.retry(RetryPolicy::never()));
    let mut bench = Bench::new(provider.build().unwrap(), cloud);
    let server =
        plain(json!({"name": "web", "server_type": "cx22", "image": "debian-12", "location": "nbg1"}));
    let server = server.with("user_data", secret(&canary("DATA")));
    bench.troubled("hetzner:server", &server, ("POST", "/servers"), QUOTED).await;
    let other = server.with("name", "other".into());
    bench.troubled("hetzner:server", &other, ("POST", "/servers"), &[Answer::Strange, Answer::Other]).await;
    let (text, key) = certificate();
    let certificate =
        map([("name", "tls".into()), ("certificate", text.as_str().into()), ("private_key", secret(&key))]);
    bench.troubled("hetzner:certificate", &certificate, ("POST", "/certificates"), QUOTED).await;
    let nameserver = |port: i64| {
        let fields =
            [("address", "203.0.113.53".into()), ("port", Value::Int(port)), ("tsig_key", secret(TSIG))];
        Value::list([Value::map(fields).with("tsig_algorithm", "hmac-sha256".into())])
    };
    let zone = plain(json!({"name": "example.com", "mode": "secondary"}));
    let zone = zone.with("primary_nameservers", nameserver(53));
    let id = bench.troubled("hetzner:zone", &zone, ("POST", "/zones"), QUOTED).await;
    let (driver, cx) = bench.driver("hetzner:zone");
    let made = driver.read(&cx, &id).await.unwrap().unwrap();
    let new = zone.with("primary_nameservers", nameserver(5353));
    let changed = vec![Path::field("primary_nameservers")];
    bench.answer_with(("POST", "/change_primary_nameservers"), Answer::Quotes);
    let updated = driver.update(&cx, &id, DriverChange::new(zone, new, made.outputs, changed)).await;
    bench.judge("the update of a zone", Answer::Quotes, updated);
}
