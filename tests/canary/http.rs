//! The HTTP client against a vendor that repeats all it was sent, and what it never was sent, wherever an
//! answer has room for text; and the `Debug` of everything that a request passes through.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use iac_core::{Error, Result};
use iac_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use iac_http::{
    Answer, Auth, Bearer, Client, ErrorParts, HeaderToken, HttpEvent, Multipart, RetryPolicy, SecretString,
    SignedParts, Transport, TransportError, WireRequest, WireResponse, secret_header,
};
use serde::Deserialize;

use crate::log::log;
use crate::spelling::{Hunt, quoted};

/// Ordinary letters: a header must take them.
const TOKEN: &str = "tokCANARYofTheHttpClient81f0d";
const ROTATED: &str = "rotCANARYofTheHttpClient6ab93";
const REGISTERED: &str = "regCANARYofTheHttpClient2cd07";
const SENSITIVE: &str = "senCANARYofTheHttpClient9e415";
/// Made by the vendor: nobody can register it.
const GENERATED: &str = "genCANARYofTheHttpClient07b6c";
/// Too short to be searched for in a text, which is left out as a whole.
const SHORT: &str = "~;~";
/// How much of a text is looked at, and how much of a secret stands before that ends.
const WINDOW: usize = 64 * 1024;
const BEFORE_THE_END: usize = 24;
const SENT: &str = "bodCANARYofTheHttpClient5f2e8";

/// The `Debug` of what was met on the way.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn note(&self, thing: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{thing:?} {thing:#?}\n"));
    }
}

/// A token that changes while a request is on its way.
#[derive(Clone)]
struct Rotating {
    now: Arc<Mutex<&'static str>>,
    seen: Seen,
}

#[async_trait]
impl Auth for Rotating {
    async fn headers(&self, parts: &SignedParts<'_>) -> Result<HeaderMap> {
        self.seen.note(parts);
        let name = HeaderName::from_static("x-token");
        let header = secret_header(*self.now.lock().unwrap())?;
        self.seen.note(&header);
        Ok(HeaderMap::from_iter([(name, header)]))
    }
    fn secrets(&self) -> Vec<SecretString> {
        vec![SecretString::from(*self.now.lock().unwrap())]
    }
}

/// Answers by the path, and rotates the token meanwhile.
struct Vendor(Rotating);

#[async_trait]
impl Transport for Vendor {
    async fn send(&self, request: WireRequest) -> std::result::Result<WireResponse, TransportError> {
        self.0.seen.note(&request);
        *self.0.now.lock().unwrap() = ROTATED;
        let known = [TOKEN, ROTATED, REGISTERED, SENSITIVE].map(quoted).join(" ");
        let body = match request.url.path() {
            "/told" => serde_json::json!({ "error": { "message": known, "code": known } }).to_string(),
            "/unread" | "/shape" => {
                serde_json::json!({ "root_password": GENERATED, "user_token": [GENERATED] }).to_string()
            }
            "/private-text" => serde_json::json!(GENERATED).to_string(),
            "/private" | "/private-shape" => format!("[\"{GENERATED}\"]"),
            "/short" => format!("raw {SHORT} is wrong"),
            "/cut" => format!("raw {}{TOKEN}", " ".repeat(WINDOW - "raw ".len() - BEFORE_THE_END)),
            "/broken" => return Err(TransportError::Broken(known)),
            _ => known.clone(),
        };
        let fails = !matches!(request.url.path(), "/shape" | "/private-text" | "/private-shape" | "/good");
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::try_from(format!("{TOKEN} {SENSITIVE}")).unwrap());
        let status = if fails { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let response = WireResponse { status, headers, body: body.into() };
        self.0.seen.note(&response);
        Ok(response)
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "the vendor's answers are never of this shape")]
struct Shape {
    number: u32,
}

fn client(seen: &Seen) -> Result<Client> {
    let auth = Rotating { now: Arc::new(Mutex::new(TOKEN)), seen: seen.clone() };
    let (decoding, observing) = (seen.clone(), seen.clone());
    let builder = Client::builder("https://vendor.example")
        .auth(auth.clone())
        .redact(REGISTERED)
        .redact(SHORT)
        .retry(RetryPolicy::never())
        .transport(Vendor(auth))
        .observer(move |event: &HttpEvent| observing.note(event))
        .decoder(move |answer: &Answer<'_>| {
            decoding.note(answer);
            let text = String::from_utf8_lossy(answer.body).into_owned();
            let told = text.starts_with("raw ");
            let parts = ErrorParts::new().message(&*text).code(&*text).field(&*text).hint(text.clone());
            decoding.note(&parts);
            told.then(|| parts.request_id(text))
        });
    seen.note(&builder);
    let built = builder.build()?;
    seen.note(&built);
    Ok(built)
}

fn shown(error: &Error) -> String {
    format!(
        "{error} {error:?} {:?} {:?} {:?} {:?}",
        error.way_out(),
        error.api_code(),
        error.input_field(),
        error.vendor_request_id()
    )
}

#[tokio::test]
async fn no_error_of_the_http_client_and_no_debug_shows_a_secret() {
    log();
    let mut hunt = Hunt::default();
    for (name, secret) in [
        ("the token", TOKEN),
        ("the next token", ROTATED),
        ("the registered secret", REGISTERED),
        ("the sensitive secret", SENSITIVE),
        ("the generated secret", GENERATED),
        ("the secret in the body", SENT),
        ("the beginning of the token", &TOKEN[..BEFORE_THE_END - 2]),
    ] {
        hunt.plant(name, secret);
    }
    let seen = Seen::default();
    for path in [
        "/decoded",
        "/told",
        "/unread",
        "/shape",
        "/private-text",
        "/private",
        "/private-shape",
        "/broken",
        "/short",
        "/cut",
        "/good",
    ] {
        let private = path.starts_with("/private");
        let request = || {
            let client = client(&seen).unwrap();
            let body = serde_json::json!({ "secret": SENT });
            let request = match path {
                "/decoded" => client.post("/decoded/{key}").segment("key", SENSITIVE),
                _ => client.post(path),
            };
            let request = request.query(&[("key", SENT)]).json_body(&body).sensitive(SENSITIVE);
            if private { request.sensitive_response() } else { request }
        };
        seen.note(&request());
        match request().send::<Shape>().await {
            Ok(shape) => panic!("{path}: {shape:?}"),
            Err(error) => hunt.search(path, shown(&error)),
        }
        match request().send_bytes().await {
            Ok(response) => seen.note(&response),
            Err(error) => {
                let text = shown(&error);
                assert!(!text.contains(SHORT), "{text}");
                if !private && !["/unread", "/short"].contains(&path) {
                    assert!(text.contains("[secret]"), "{path} quotes nothing: {text}");
                }
                hunt.search(path, text);
            }
        }
    }
    seen.note(&Bearer::new(TOKEN));
    seen.note(&HeaderToken::new(HeaderName::from_static("x-token"), TOKEN));
    seen.note(&Multipart::new().text("name", SENT));
    seen.note(&iac_hetzner::Hetzner::builder().token(TOKEN));
    seen.note(&iac_cloudflare::Cloudflare::builder().token(TOKEN));
    seen.note(&iac_hetzner::Hetzner::new("https://vendor.example", TOKEN).map_err(|error| error.to_string()));
    hunt.search("a Debug", &*seen.0.lock().unwrap());
    hunt.search("the log", log().bytes());
}
