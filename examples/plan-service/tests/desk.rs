//! A service on a free port with a simulated cloud, and a caller who remembers every answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iac::Value;
use iac::hetzner::Hetzner;
use iac::state::{EphemeralKeyring, MemoryBackend, StackId};
use iac_hetzner::sim::{self, Pace, SimConfig};
use iac_testkit::sim::{SimClock, SimOptions, SimServer, SimTime};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::access::Token;
use crate::cloud::Connector;
use crate::routes::router;
use crate::service::{Place, Service};

pub(super) const TOKEN: &str = "a-token-for-every-test";
/// A secret that a caller gives; it must be in no answer.
pub(super) const PASSWORD: &str = "canary-of-the-caller";
/// How long an action of the cloud takes on a clock that stands still.
const ACTION: Duration = Duration::from_secs(10);
/// How often the cloud's time goes on while it passes by itself.
const TICK: Duration = Duration::from_millis(1);
/// Looks at a run until it must have ended.
const LOOKS_MAX: usize = 20_000;

/// A service, its cloud and its caller.
pub(super) struct Desk {
    pub(super) service: Arc<Service>,
    address: SocketAddr,
    /// The cloud's time; actions take ten seconds of it in a slow one.
    clock: SimClock,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    /// Everything that was ever answered.
    answers: Mutex<String>,
    _cloud: SimServer,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no {field}: {self:?}")).to_owned()
    }

    /// The kind of a problem, which every refusal has.
    pub(super) fn problem(&self) -> String {
        assert!(self.head.contains("content-type: application/problem+json"), "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status, "{self:?}");
        assert!(json["title"].is_string() && json["detail"].is_string(), "{self:?}");
        let kind = json["type"].as_str().and_then(|kind| kind.rsplit(':').next());
        kind.expect("a problem has a type").to_owned()
    }
}

impl Desk {
    /// One whose cloud does everything at once.
    pub(super) async fn quick() -> Self {
        Self::new(SimConfig::new().pace(Pace::Instant)).await
    }

    /// One whose cloud waits until [`end_of`](Self::end_of) lets time pass.
    pub(super) async fn slow() -> Self {
        Self::new(SimConfig::new().pace(Pace::Takes(ACTION))).await
    }

    async fn new(config: SimConfig) -> Self {
        let clock = SimClock::manual(SimTime::from_unix_seconds(1_795_264_688));
        let options = SimOptions::new().clock(clock.clone());
        let cloud = sim::start(options, config.without_rate_limit()).await.unwrap();
        let endpoint = format!("{}{}", cloud.url(), sim::BASE_PATH);
        let connect: Connector = Arc::new(move || {
            let builder = Hetzner::builder().endpoint(endpoint.as_str()).project("test");
            let builder = builder.poll_interval(Duration::from_millis(1), Duration::from_millis(5));
            builder.token(String::from("any")).build()
        });
        let place =
            Place { backend: Arc::new(MemoryBackend::new()), keyring: Arc::new(EphemeralKeyring::new()) };
        let service = Service::new(place, connect, Token::new(TOKEN.to_owned()).unwrap());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, router(Arc::clone(&service))).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let server = tokio::spawn(async move { serving.await.unwrap() });
        let answers = Mutex::default();
        Self { service, address, clock, stop: Some(stop), server, answers, _cloud: cloud }
    }

    /// Sends a request without anything but what is given. HTTP/1.0, so that an answer ends with its
    /// connection and is not cut into chunks.
    async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: test\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        BufReader::new(stream)
    }

    pub(super) async fn raw(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut text = String::new();
        self.send(method, path, headers, body).await.read_to_string(&mut text).await.unwrap();
        self.answers.lock().unwrap().push_str(&text);
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.raw("GET", path, &bearer(TOKEN), "").await
    }

    pub(super) async fn post(&self, path: &str, body: &Json) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw("POST", path, &bearer(TOKEN), &body).await
    }

    /// Makes a plan of so many workers and answers its id.
    pub(super) async fn plan(&self, stack: &str, workers: u32) -> String {
        let settings = json!({ "workers": workers, "admin_password": PASSWORD });
        let planned = self.post("/plans", &json!({ "stack": stack, "settings": settings })).await;
        assert_eq!(planned.status, 201, "{planned:?}");
        planned.text("id")
    }

    pub(super) async fn apply(&self, plan: &str) -> Answer {
        self.post(&format!("/plans/{plan}/apply"), &Json::Null).await
    }

    /// Starts to apply a plan and answers the run's id.
    pub(super) async fn start(&self, plan: &str) -> String {
        let started = self.apply(plan).await;
        assert_eq!(started.status, 202, "{started:?}");
        started.text("id")
    }

    /// The events of a run up to its end, or up to one of the kind `until`: kind and data of each.
    pub(super) async fn events(&self, run: &str, after: usize, until: &str) -> Vec<(String, Json)> {
        let headers = format!("{}Last-Event-ID: {after}\r\n", bearer(TOKEN));
        let reader = self.send("GET", &format!("/runs/{run}/events"), &headers, "").await;
        let mut lines = reader.lines();
        let (mut events, mut number, mut kind) = (Vec::new(), after, String::new());
        while let Some(line) = lines.next_line().await.unwrap() {
            self.answers.lock().unwrap().push_str(&line);
            if let Some(id) = line.strip_prefix("id: ") {
                number += 1;
                assert_eq!(id, number.to_string(), "entries come in order, none is missing");
            } else if let Some(name) = line.strip_prefix("event: ") {
                kind = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                events.push((kind.clone(), serde_json::from_str(data).unwrap()));
                if kind == until {
                    break;
                }
            }
        }
        events
    }

    /// Lets time pass in the cloud until the run has ended; answers how.
    pub(super) async fn end_of(&self, run: &str) -> Json {
        for _ in 0..LOOKS_MAX {
            self.clock.advance(ACTION);
            let shown = self.get(&format!("/runs/{run}")).await.json();
            if !shown["end"].is_null() {
                return shown["end"].clone();
            }
            tokio::task::yield_now().await;
        }
        panic!("run {run} does not end");
    }

    /// Lets time pass in the cloud as long as the answer is kept.
    pub(super) fn time_passes(&self) -> JoinSet<()> {
        let clock = self.clock.clone();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                clock.advance(ACTION);
            }
        });
        tasks
    }

    /// Asks the server to stop and waits for it and for everything that the service does.
    pub(super) async fn stopped(&mut self) {
        let _ = self.stop.take().expect("it is stopped once").send(());
        self.service.finished().await;
        (&mut self.server).await.unwrap();
    }

    /// Nothing secret was ever answered.
    pub(super) async fn no_secret_was_told(&self, stack: &str) {
        let outputs = self.service.engine("the test").outputs(&StackId::new("workers", stack)).await.unwrap();
        let Some(Value::Secret(token)) = outputs.get("join_token") else { panic!("{outputs:?}") };
        let token = token.as_str().expect("the token is a text").to_owned();
        assert!(token.len() >= 32);
        let answers = self.answers.lock().unwrap();
        assert!(answers.contains("$secret"), "the caller has seen no secret at all");
        for secret in [PASSWORD, TOKEN, &token] {
            assert!(!answers.contains(secret), "{secret} was answered");
        }
    }
}

pub(super) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}
