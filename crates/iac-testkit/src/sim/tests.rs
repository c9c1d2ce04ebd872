//! The kit from outside: a small cloud, a raw client, every fault.
use super::{
    Cloud, Exchange, Fault, FaultMatch, FaultScript, HeaderValue, Method, Params, PathTemplate, RateLimit,
    RouteMiss, Router, SimClock, SimOptions, SimRequest, SimResponse, SimServer, SimTime,
};
use serde_json::{Value, json};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A cloud that keeps names.
#[derive(Default)]
struct Names {
    names: Vec<String>,
}

type Answer = Result<SimResponse, SimResponse>;

fn list(cloud: &mut Names, request: &SimRequest, _: &Params) -> Answer {
    let now = request.received_at.unix_ms();
    Ok(SimResponse::json(200, json!({ "names": cloud.names, "now": now })))
}

fn create(cloud: &mut Names, request: &SimRequest, _: &Params) -> Answer {
    let refuse = |_| SimResponse::json(400, json!({ "error": "not JSON" }));
    let body = request.json().map_err(refuse)?;
    let name = body["name"].as_str().unwrap_or_default().to_owned();
    assert_ne!(name, "panic", "asked to");
    cloud.names.push(name);
    Ok(SimResponse::json(201, json!({ "count": cloud.names.len() })))
}

/// A read that has an effect, as a look at something that is under way.
fn look(cloud: &mut Names, _: &SimRequest, _: &Params) -> Answer {
    cloud.names.push("looked at".to_owned());
    Ok(SimResponse::empty(204))
}

fn echo(_: &mut Names, _: &SimRequest, params: &Params) -> Answer {
    Ok(SimResponse::json(200, json!(params.iter().collect::<Vec<_>>())))
}

static ROUTER: LazyLock<Router<Names>> = LazyLock::new(|| {
    Router::under("/v1")
        .route("GET /names", list)
        .route("POST /names", create)
        .route("GET /names/{id}/actions/{action}", echo)
        .route("POST /names/{id}/actions/stop", echo)
        .route("GET /names/actions", list)
        .route("GET /names/{id}", echo)
        .route("PUT /names/{id}:stop", echo)
        .route("GET /look", look)
        .route("GET /files/{*rest}", echo)
});

impl Cloud for Names {
    fn name(&self) -> &'static str {
        "names"
    }

    fn handle(&mut self, request: &SimRequest, _: SimTime) -> SimResponse {
        match ROUTER.dispatch(self, request) {
            Ok(response) => response,
            Err(RouteMiss::NoPath) => SimResponse::empty(404),
            Err(RouteMiss::NoMethod { .. }) => SimResponse::empty(405),
        }
    }

    fn save(&self) -> Value {
        json!(self.names)
    }

    fn load(&mut self, saved: Value) -> Result<(), String> {
        self.names = serde_json::from_value(saved).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// Sends one request on a connection of its own and reads until the server closes it.
async fn send(server: &SimServer, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer canary\r\n\
         x-auth-token: canary\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset counts as the end: the faults close connections hard.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

async fn create_name(server: &SimServer, name: &str) -> String {
    send(server, "POST", "/v1/names", &json!({ "name": name }).to_string()).await
}

fn names(server: &SimServer) -> Vec<String> {
    server.with_cloud(|cloud: &mut Names| cloud.names.clone()).unwrap().unwrap()
}

async fn start(options: SimOptions) -> SimServer {
    SimServer::start(Names::default(), options).await.unwrap()
}

/// A server whose first request meets `fault`.
async fn start_with(fault: Fault) -> SimServer {
    let script = FaultScript::default().rule(FaultMatch::any().nth(1), fault);
    start(SimOptions::new().faults(script)).await
}

fn only(server: &SimServer) -> Exchange {
    let exchanges = server.take_exchanges();
    assert_eq!(exchanges.len(), 1);
    exchanges.into_iter().next().unwrap()
}

#[tokio::test]
async fn requests_reach_their_routes() {
    let server = start(SimOptions::new()).await;
    for (method, path, code, body) in [
        ("GET", "/v1/names", 200, r#"{"names":[],"#),
        ("GET", "/v1/names/a%2Fb", 200, r#"[["id","a/b"]]"#),
        ("GET", "/v1/names/1/actions/stop", 200, r#"[["id","1"],["action","stop"]]"#),
        ("POST", "/v1/names/1/actions/stop", 200, r#"[["id","1"]]"#),
        ("PUT", "/v1/names/7:stop", 200, r#"[["id","7"]]"#),
        ("GET", "/v1/names/actions", 200, r#"{"names":[]"#),
        ("GET", "/v1/files/a/b", 200, r#"[["rest","a/b"]]"#),
        ("DELETE", "/v1/names", 405, ""),
        ("GET", "/v1/other", 404, ""),
        ("GET", "/v1x/names", 404, ""),
        ("POST", "/v1/names", 400, "not JSON"),
    ] {
        let answer = send(&server, method, path, "").await;
        assert_eq!(status(&answer), code, "{method} {path}: {answer}");
        assert!(answer.contains(body), "{method} {path}: {answer}");
    }
    let listed: Vec<String> = ROUTER.routes().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(listed[1], "POST /names");
    server.shutdown().await.unwrap();
}

#[test]
fn malformed_templates_are_refused() {
    for template in ["servers", "/{", "/}", "/{}", "/{a}{b}", "/{*a}/b", "/x{*a}"] {
        assert!(PathTemplate::parse(template).is_err(), "{template}");
    }
}

#[tokio::test]
async fn credentials_are_not_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.jsonl");
    let server = start(SimOptions::new().log_file(&log)).await;
    let body = r#"{"name":"a","access_token":"canary"}"#;
    send(&server, "POST", "/v1/names?access_token=canary", body).await;
    let exchange = only(&server);
    assert!(!format!("{exchange:?}").contains("canary"));
    assert_eq!(exchange.request_header("authorization"), Some("[redacted]"));
    assert_eq!(exchange.status, Some(201));
    send(&server, "POST", "/v1/names", r#"{"name":"a","root_password":"canary"}"#).await;
    let logged = std::fs::read_to_string(&log).unwrap();
    assert_eq!(logged.lines().count(), 2);
    assert!(!logged.contains("canary"));
}

#[test]
fn of_a_form_a_file_has_the_length_alone() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log.jsonl");
    let mut recorder = super::record::Recorder::open(1, Some(&log)).unwrap();
    let mut request = SimRequest::new(Method::PUT, "/v1/code");
    request.headers.insert("content-type", HeaderValue::from_static("multipart/form-data; boundary=b"));
    request.body = "--b\r\n\r\ncanary\r\n--b--".into();
    recorder.record(Exchange::new(1, &request, None, None)).unwrap();
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(logged.contains("[a form of 20 bytes]") && !logged.contains("canary"), "{logged}");
}

#[tokio::test]
async fn the_ring_of_exchanges_is_bounded() {
    let server = start(SimOptions::new().exchanges_max(2)).await;
    for _ in 0..3 {
        send(&server, "GET", "/v1/names", "").await;
    }
    let seqs: Vec<u64> = server.exchanges().iter().map(|exchange| exchange.seq).collect();
    assert_eq!(seqs, [2, 3]);
}

#[tokio::test]
async fn a_second_server_sees_what_the_first_built() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cloud.json");
    let options = || SimOptions::new().data(&path);
    let server = start(options()).await;
    create_name(&server, "a").await;
    // Written before the answer left, not only at shutdown.
    assert!(std::fs::read_to_string(&path).unwrap().contains(r#""state":["a"]"#));
    let busy = SimServer::start(Names::default(), options()).await.unwrap_err();
    assert!(busy.to_string().contains("in use"), "{busy}");
    server.with_cloud(|cloud: &mut Names| cloud.names.push("b".to_owned())).unwrap().unwrap();
    server.shutdown().await.unwrap();
    let server = start(options()).await;
    assert_eq!(names(&server), ["a", "b"]);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_reads_changed_is_kept_when_the_server_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let options = || SimOptions::new().data(directory.path().join("cloud.json"));
    let server = start(options()).await;
    create_name(&server, "a").await;
    assert_eq!(status(&send(&server, "GET", "/v1/look", "").await), 204);
    drop(server);
    assert_eq!(names(&start(options()).await), ["a", "looked at"]);
}

#[tokio::test]
async fn foreign_data_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cloud.json");
    for (content, expected) in [
        ("{}", "not a simulator's data file"),
        ("x", "not a simulator's data file"),
        (r#"{"format":"iac-simulated-cloud","format_version":2}"#, "format_version is 2"),
        (
            r#"{"format":"iac-simulated-cloud","format_version":1,"cloud":"other"}"#,
            r#"cloud is "other", this simulator reads "names""#,
        ),
    ] {
        std::fs::write(&path, content).unwrap();
        let error = SimServer::start(Names::default(), SimOptions::new().data(&path)).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn the_cloud_sees_the_manual_clock() {
    let clock = SimClock::manual(SimTime::from_unix_ms(1_000));
    let server = start(SimOptions::new().clock(clock.clone())).await;
    assert!(send(&server, "GET", "/v1/names", "").await.contains(r#""now":1000"#));
    clock.advance(Duration::from_millis(234));
    assert!(send(&server, "GET", "/v1/names", "").await.contains(r#""now":1234"#));
}

#[tokio::test]
async fn status_faults_have_no_effect() {
    let server = start_with(Fault::Status { code: 503, body: json!({ "error": "down" }) }).await;
    let answer = create_name(&server, "a").await;
    assert_eq!(status(&answer), 503);
    assert!(answer.contains("down"));
    assert!(names(&server).is_empty());
    assert_eq!(status(&create_name(&server, "a").await), 201);

    let server = start_with(Fault::RateLimited { retry_after_s: 3 }).await;
    let answer = create_name(&server, "a").await;
    assert_eq!(status(&answer), 429);
    assert!(answer.contains("retry-after: 3"));
    assert!(names(&server).is_empty());
}

#[tokio::test]
async fn drops_give_no_answer_before_or_after_the_effect() {
    let server = start_with(Fault::DropBefore).await;
    assert_eq!(create_name(&server, "a").await, "");
    assert!(names(&server).is_empty());
    assert_eq!(only(&server).status, None);

    let server = start_with(Fault::DropAfter).await;
    assert_eq!(create_name(&server, "a").await, "");
    assert_eq!(names(&server), ["a"]);
    let exchange = only(&server);
    assert_eq!((exchange.status, exchange.fault), (Some(201), Some(Fault::DropAfter)));
}

#[tokio::test]
async fn truncation_sends_half_the_announced_body() {
    let server = start_with(Fault::Truncate).await;
    let answer = create_name(&server, "a").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 11"), "{head}");
    assert_eq!(body, r#"{"cou"#);
    assert_eq!(names(&server), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn delays_pass_in_paused_time() {
    let hour = Duration::from_secs(3_600);
    let server = start_with(Fault::Delay(hour)).await;
    let before = tokio::time::Instant::now();
    assert_eq!(status(&create_name(&server, "a").await), 201);
    assert!(before.elapsed() >= hour);
}

#[tokio::test]
async fn half_open_never_answers_and_ends_with_the_client_or_the_server() {
    let server = start_with(Fault::HalfOpen).await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"POST /v1/names HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    while server.exchanges().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stream);
    assert_eq!(status(&create_name(&server, "a").await), 201);
    assert_eq!(names(&server), ["a"]);
    let script = FaultScript::default().rule(FaultMatch::any(), Fault::HalfOpen);
    server.set_faults(script);
    let address = server.address();
    let waiting = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /v1/names HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        answer
    });
    while server.exchanges().len() < 3 {
        tokio::task::yield_now().await;
    }
    server.shutdown().await.unwrap();
    assert!(waiting.await.unwrap().is_empty());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_interceptor_decides_before_the_script() {
    let server = start_with(Fault::DropBefore).await;
    server.set_interceptor(Box::new(|request, seq| {
        let create = request.method == Method::POST && seq == 1;
        create.then_some(Fault::Status { code: 418, body: Value::Null })
    }));
    assert_eq!(status(&create_name(&server, "a").await), 418);
    server.clear_interceptor();
    assert_eq!(status(&create_name(&server, "a").await), 201);
}

#[test]
fn scripts_repeat_and_choose() {
    let request = |path: &str| SimRequest::new(Method::GET, path);
    let run = |seed| {
        let rule = FaultMatch::any().path("/v1/*").probability(0.3);
        let mut script = FaultScript::seeded(seed).rule(rule, Fault::DropAfter);
        (0..100).map(|_| script.decide(&request("/v1/a")).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    let fired = run(1).into_iter().filter(|fired| *fired).count();
    assert!((15..45).contains(&fired), "{fired}");

    let mut script = FaultScript::default()
        .rule(FaultMatch::any().method(Method::POST), Fault::HalfOpen)
        .rule(FaultMatch::any().first(2), Fault::DropBefore);
    let decided: Vec<_> = (0..3).map(|_| script.decide(&request("/a")).is_some()).collect();
    assert_eq!(decided, [true, true, false]);
}

#[tokio::test]
async fn a_panic_in_the_cloud_is_an_answer() {
    let server = start(SimOptions::new()).await;
    let answer = create_name(&server, "panic").await;
    assert_eq!(status(&answer), 500);
    assert!(answer.contains("its cloud panicked"), "{answer}");
    assert_eq!(status(&create_name(&server, "a").await), 201);
}

#[tokio::test]
async fn bodies_and_connections_are_bounded() {
    let server = start(SimOptions::new().request_body_bytes_max(8).connections_max(1)).await;
    assert_eq!(status(&create_name(&server, "long name").await), 413);
    for _ in 0..3 {
        assert_eq!(status(&send(&server, "GET", "/v1/names", "").await), 200);
    }
}

#[test]
fn rate_limits_refill() {
    let start = SimTime::from_unix_seconds(1_000);
    let mut limit = RateLimit::new(2, 1, start);
    let first = limit.take(start);
    assert_eq!((first.limit, first.remaining, first.retry_after), (2, 1, Duration::ZERO));
    assert_eq!(first.reset_at, start + Duration::from_secs(1));
    assert!(limit.take(start).allowed);
    let refused = limit.take(start + Duration::from_millis(400));
    assert_eq!((refused.allowed, refused.retry_after), (false, Duration::from_millis(600)));
    assert!(limit.take(start + Duration::from_secs(1)).allowed);
    assert_eq!(limit.take(start + Duration::from_secs(100)).remaining, 1);
}

#[test]
fn times_are_written_as_dates() {
    for (seconds, expected) in [
        (0, "1970-01-01T00:00:00+00:00"),
        (951_827_696, "2000-02-29T12:34:56+00:00"),
        (4_107_542_399, "2100-02-28T23:59:59+00:00"),
        (-1, "1969-12-31T23:59:59+00:00"),
    ] {
        assert_eq!(SimTime::from_unix_seconds(seconds).to_rfc3339(), expected);
    }
    assert_eq!(SimTime::from_unix_ms(7).to_string(), "1970-01-01T00:00:00.007Z");
}
