//! A canary in every place where a secret could come back, and none in any error.

use iac_core::{Error, ErrorKind};
use iac_http::{Answer, Bearer, Client, ErrorDecoder, ErrorParts, REDACTED, Request, TransportError};
use serde::Deserialize;

use crate::fake::{Act, Fake, answer, answer_with};

const TOKEN: &str = "canary-token-/+é\"7";
const PASSWORD: &str = "canary pass&word";

#[derive(Debug, Deserialize)]
struct Number {
    #[expect(dead_code, reason = "only decoded")]
    id: u64,
}

fn everything(error: &Error) -> String {
    format!("{error} {error:?} {:?} {}", error.way_out(), serde_json::to_string(error).unwrap())
}

fn assert_clean(text: &str, context: &str) {
    for part in ["canary", "pass&word", "pass%26word", "Y2FuYXJ5"] {
        assert!(!text.contains(part), "{context}: {text}");
    }
}

fn client(fake: &Fake) -> Client {
    fake.builder().auth(Bearer::new(TOKEN)).build().unwrap()
}

fn request(client: &Client) -> Request {
    client.put("/x").sensitive(PASSWORD).json_body(&serde_json::json!({"password": PASSWORD}))
}

#[tokio::test(start_paused = true)]
async fn no_error_path_shows_a_secret() {
    let json = serde_json::json!({"error": {"code": TOKEN, "message": PASSWORD}}).to_string();
    let echo = format!("Bearer {TOKEN} {PASSWORD}");
    let form = "password=canary+pass%26word&p=canary%20pass%26word";
    let base64 = "dXNlcjpjYW5hcnkgcGFzcyZ3b3Jk"; // user:canary pass&word
    let fail = |error: fn(String) -> TransportError| Act::Fail(error(echo.clone()));
    let acts = [
        fail(TransportError::Connect),
        fail(TransportError::Tls),
        fail(TransportError::Broken),
        fail(TransportError::Invalid),
        fail(|reason| TransportError::Truncated { status: 200, reason }),
        answer(400, &json),
        answer(401, &echo),
        answer(422, form),
        answer(422, base64),
        answer(500, &serde_json::json!({"unknown": [PASSWORD, {"x": TOKEN}]}).to_string()),
        answer_with(404, &[("x-request-id", "id-canary pass&word")], ""),
        answer(200, &echo),
        answer(200, &serde_json::json!({"id": PASSWORD}).to_string()),
        answer(200, &serde_json::json!({"id": null, "root_password": "canary-generated"}).to_string()),
    ];
    for act in acts {
        let fake = Fake::new(std::iter::repeat_n(act.clone(), 9));
        let client = client(&fake);
        let error = request(&client).send::<Number>().await.unwrap_err();
        assert_clean(&everything(&error), &format!("{act:?}"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_secret_stays() {
    let fake = Fake::new([answer(422, &format!("name {PASSWORD} is bad"))]);
    let error = request(&client(&fake)).send_empty().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("PUT /x failed: the vendor refuses the request: name {REDACTED} is bad (422)")
    );
    let fake = Fake::new([answer(200, r#"{"id":"text","name":"a"}"#)]);
    let error = request(&client(&fake)).send::<Number>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().contains(r#"it begins with: {"id":"text","name":"a"}"#), "{error}");

    // A request that is not idempotent was carried out; only its result cannot be read.
    let fake = Fake::new([answer(201, "<html>")]);
    let error = client(&fake).post("/x").send::<Number>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
}

#[tokio::test(start_paused = true)]
async fn decoder_path_and_response_secrets() {
    fn decode(_: &Answer<'_>) -> Option<ErrorParts> {
        Some(ErrorParts::new().message(TOKEN).code(TOKEN).field(TOKEN).hint(TOKEN).request_id(TOKEN))
    }
    let fake = Fake::new([answer(409, "")]);
    let client = fake.builder().auth(Bearer::new(TOKEN)).decoder(decode).build().unwrap();
    let error = client.post("/x").send_empty().await.unwrap_err();
    assert_clean(&everything(&error), "decoder");
    assert_eq!(error.api_code(), Some(REDACTED));

    let fake = Fake::new([]);
    let client = fake.builder().redact(PASSWORD).build().unwrap();
    let request = client.get("/x/{id}").segment("other", PASSWORD);
    assert_clean(&format!("{client:?} {request:?} {:?}", Bearer::new(TOKEN)), "Debug");
    let error = request.send_empty().await.unwrap_err();
    assert_clean(&everything(&error), "placeholder");
    let error = client.get(format!("/{PASSWORD}/../")).send_empty().await.unwrap_err();
    assert_clean(&everything(&error), "path");

    let fake = Fake::new([answer(200, "generated canary"), answer(400, "generated canary")]);
    for _ in 0..2 {
        let request = fake.client().post("/keys").sensitive_response();
        let error = request.send::<Number>().await.unwrap_err();
        assert_clean(&everything(&error), "secret response");
    }
}

/// Answers of this API are refusals where they say so, whatever their status.
struct Envelope;

impl ErrorDecoder for Envelope {
    fn decode(&self, answer: &Answer<'_>) -> Option<ErrorParts> {
        Some(ErrorParts::new().message(String::from_utf8_lossy(answer.body)))
    }

    fn refuses(&self, answer: &Answer<'_>) -> bool {
        answer.body.starts_with(b"{\"success\":false")
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_is_a_refusal_is_an_error_without_secrets() {
    let refusal = serde_json::json!({"success": false, "why": PASSWORD}).to_string();
    let fake = Fake::new([answer(200, &refusal), answer(200, "{\"success\":true}")]);
    let client = fake.builder().auth(Bearer::new(TOKEN)).decoder(Envelope).build().unwrap();
    let error = request(&client).send_empty().await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::InvalidInput, Some(200)));
    assert!(error.to_string().starts_with("PUT /x failed"), "{error}");
    assert_clean(&everything(&error), "a refusal with status 200");
    assert!(request(&client).send_empty().await.is_ok());
    assert_eq!(fake.count(), 2);
}
