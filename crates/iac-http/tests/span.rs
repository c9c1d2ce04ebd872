//! What the span of a request holds. A test program of its own: threads that run other tests would
//! disable the span's call site for this one.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use iac_http::http::{HeaderMap, StatusCode};
use iac_http::{Bearer, Client, Transport, TransportError, WireRequest, WireResponse};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

/// Answers every request with 404 and a secret body.
struct NotFound;

#[async_trait::async_trait]
impl Transport for NotFound {
    async fn send(&self, _: WireRequest) -> Result<WireResponse, TransportError> {
        let body = "canary-body".into();
        Ok(WireResponse { status: StatusCode::NOT_FOUND, headers: HeaderMap::new(), body })
    }
}

/// Writes down every span field.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<String>>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0.lock().expect("no test panics with it"), "{}={value:?} ", field.name())
            .expect("a String takes everything");
    }
}

impl tracing::Subscriber for Fields {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("iac_http")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        write!(self.0.lock().expect("no test panics with it"), "{}: ", span.metadata().name())
            .expect("a String takes everything");
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test(start_paused = true)]
async fn a_span_holds_the_template_and_numbers_only() {
    let fields = Fields::default();
    let _guard = tracing::subscriber::set_default(fields.clone());
    let client = Client::builder("https://api.example.com")
        .auth(Bearer::new("canary-token"))
        .transport(NotFound)
        .build()
        .unwrap();
    let request = client.get("/servers/{id}").segment("id", "canary-id");
    request.query(&[("q", "canary-query")]).send_empty().await.unwrap_err();
    assert_eq!(
        *fields.0.lock().unwrap(),
        "http.request: method=GET path=/servers/{id} attempt=1 duration_ms=0 status=404 "
    );
}
