//! Credentials: what a signature sees, and the refresh after 401.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iac_core::{Error, ErrorKind, Result};
use iac_http::http::header::AUTHORIZATION;
use iac_http::http::{HeaderMap, HeaderName, HeaderValue};
use iac_http::{Auth, Bearer, HeaderToken, Multipart, SecretString, SignedParts};

use crate::fake::{Fake, WALL_CLOCK_SECONDS, answer, cut};

type Signed = (String, String, Vec<u8>, SystemTime);

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Signed>>>);

#[async_trait::async_trait]
impl Auth for Recorder {
    async fn headers(&self, parts: &SignedParts<'_>) -> Result<HeaderMap> {
        let mut log = self.0.lock().unwrap();
        let body = parts.body.to_vec();
        log.push((parts.method.to_string(), parts.url.to_string(), body, parts.now));
        let number = HeaderValue::from(log.len());
        Ok(HeaderMap::from_iter([(HeaderName::from_static("x-signature"), number)]))
    }
    fn secrets(&self) -> Vec<SecretString> {
        Vec::new()
    }
}

#[tokio::test(start_paused = true)]
async fn a_signature_sees_the_exact_bytes_of_every_attempt() {
    let recorder = Recorder::default();
    let fake = Fake::new([cut()]);
    let ticks = AtomicU32::new(0);
    let clock = move || {
        let tick = ticks.fetch_add(1, Ordering::Relaxed);
        UNIX_EPOCH + Duration::from_secs(WALL_CLOCK_SECONDS + u64::from(tick))
    };
    let client = fake.builder().auth(recorder.clone()).clock(clock).build().unwrap();
    client
        .put("/zone/{name}/record")
        .segment("name", "a b.example")
        .query(&[("q", "ü/=&"), ("n", "+ ")])
        .json_body(&serde_json::json!({"ü": [1, "x"]}))
        .send_empty()
        .await
        .unwrap();
    let signed = recorder.0.lock().unwrap();
    let seen = fake.seen();
    assert_eq!((signed.len(), seen.len()), (2, 2));
    for (index, (signed, seen)) in signed.iter().zip(&seen).enumerate() {
        let url = "https://api.example.com/v1/zone/a%20b.example/record?q=%C3%BC%2F%3D%26&n=%2B+";
        assert_eq!((signed.0.as_str(), signed.1.as_str()), ("PUT", url));
        assert_eq!(signed.2, "{\"ü\":[1,\"x\"]}".as_bytes());
        let sent = (&seen.method, &seen.url, &seen.body);
        assert_eq!(sent, (&signed.0, &signed.1, &signed.2));
        assert_eq!(seen.headers["x-signature"], HeaderValue::from(index + 1));
    }
    assert!(signed[0].3 < signed[1].3, "each attempt is signed anew");
}

#[tokio::test(start_paused = true)]
async fn other_bodies_are_signed_as_sent() {
    let recorder = Recorder::default();
    let fake = Fake::new([]);
    let client = fake.builder().auth(recorder.clone()).build().unwrap();
    client.post("/token").form_body(&[("grant", "a b&c")]).send_empty().await.unwrap();
    let form = Multipart::new().text("a", "b");
    client.put("/script").multipart_body(&form).send_empty().await.unwrap();
    client.put("/blob").bytes_body("text/plain", "x").send_empty().await.unwrap();
    let seen = fake.seen();
    let bodies: Vec<_> = recorder.0.lock().unwrap().iter().map(|s| s.2.clone()).collect();
    assert_eq!(bodies, seen.iter().map(|s| s.body.clone()).collect::<Vec<_>>());
    assert_eq!(bodies[0], b"grant=a+b%26c");
    assert_eq!(seen[0].headers["content-type"], "application/x-www-form-urlencoded");
    let content_type = seen[1].headers["content-type"].to_str().unwrap();
    assert!(content_type.starts_with("multipart/form-data; boundary="), "{content_type}");
    assert_eq!(seen[2].headers["content-type"], "text/plain");
}

#[tokio::test(start_paused = true)]
async fn plain_tokens() {
    let fake = Fake::new([]);
    let client = fake.builder().auth(Bearer::new("tok")).build().unwrap();
    client.get("/x").send_empty().await.unwrap();
    let name = HeaderName::from_static("x-auth-token");
    let client = fake.builder().auth(HeaderToken::new(name, "tok")).build().unwrap();
    client.get("/x").send_empty().await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].headers[AUTHORIZATION], "Bearer tok");
    assert!(seen[0].headers[AUTHORIZATION].is_sensitive());
    assert_eq!(seen[1].headers["x-auth-token"], "tok");

    let client = fake.builder().auth(Bearer::new("tok\n")).build().unwrap();
    let error = client.get("/x").send_empty().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(fake.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_can_have_other_credentials_for_a_part_of_the_api() {
    let fake = Fake::new([answer(403, "no access for short-lived-9")]);
    let client = fake.builder().auth(Bearer::new("account")).build().unwrap();
    let upload = client.with_auth(Bearer::new("short-lived-9"));
    let error = upload.post("/assets").send_empty().await.unwrap_err();
    assert!(!format!("{error:?}").contains("short-lived-9"), "{error:?}");
    client.get("/x").send_empty().await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].headers[AUTHORIZATION], "Bearer short-lived-9");
    assert_eq!(seen[1].headers[AUTHORIZATION], "Bearer account");
}

/// A token that is renewed: its number goes up.
#[derive(Clone, Default)]
struct Renewed(Arc<AtomicU32>);

#[async_trait::async_trait]
impl Auth for Renewed {
    async fn headers(&self, _: &SignedParts<'_>) -> Result<HeaderMap> {
        let number = HeaderValue::from(self.0.load(Ordering::Relaxed));
        Ok(HeaderMap::from_iter([(AUTHORIZATION, number)]))
    }
    fn secrets(&self) -> Vec<SecretString> {
        Vec::new()
    }
    async fn refresh(&self) -> Result<bool> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if self.0.fetch_add(1, Ordering::Relaxed) == 5 {
            return Err(Error::new(ErrorKind::Unauthenticated, "the refresh token is used up"));
        }
        Ok(true)
    }
}

#[tokio::test(start_paused = true)]
async fn a_401_renews_once_for_all_and_a_second_one_is_final() {
    let renewed = Renewed::default();
    let fake = Fake::new([answer(401, ""), answer(401, "")]);
    let client = fake.builder().auth(renewed.clone()).build().unwrap();
    let (a, b) = tokio::join!(client.post("/a").send_empty(), client.get("/b").send_empty());
    a.unwrap();
    b.unwrap();
    assert_eq!((fake.count(), renewed.0.load(Ordering::Relaxed)), (4, 1));
    assert_eq!(fake.seen()[3].headers[AUTHORIZATION], "1");

    let fake = Fake::new([answer(401, ""), answer(401, "")]);
    let client = fake.builder().auth(renewed.clone()).build().unwrap();
    let error = client.get("/b").send_empty().await.unwrap_err();
    assert_eq!((fake.count(), error.kind()), (2, ErrorKind::Unauthenticated));

    renewed.0.store(5, Ordering::Relaxed);
    let fake = Fake::new([answer(401, "")]);
    let client = fake.builder().auth(renewed).build().unwrap();
    let error = client.get("/b").send_empty().await.unwrap_err();
    assert_eq!((fake.count(), error.message()), (1, "the refresh token is used up"));
}
