//! Owns one HTTP connection: reads requests, asks for faults, carries them out, asks the cloud.
//! Knows no routes and no state.
use super::server::{Shared, lock};
use super::{Body, Exchange, Fault, SimRequest, SimResponse, SimTime};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpStream;

/// Why a connection closes without an answer.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("closed by an injected fault")]
    Injected,
    #[error("the client's request could not be read: {0}")]
    Unreadable(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// Serves requests until the client or a fault closes the connection.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Small answers must not wait for the client's acknowledgements; failing that they are late.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { answer(request, &shared).await }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The error says that the connection ended early: a fault did it, or the client.
    let _ = connection.await;
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> Result<Response<WireBody>, Closed> {
    let Some(request) = read(request, shared).await? else {
        return Ok(to_wire(SimResponse::empty(413), false));
    };
    let head = request.method == Method::HEAD;
    let (seq, fault) = shared.decide_fault(&request);
    if let Some(Fault::Delay(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    let response = match &fault {
        None => Some(handle(request.clone(), shared)),
        Some(fault) if fault.has_effect() => Some(handle(request.clone(), shared)),
        Some(Fault::Status { code, body }) => Some(injected_status(*code, body)),
        Some(Fault::RateLimited { retry_after_s }) => {
            Some(SimResponse::empty(429).with_header("retry-after", retry_after_s))
        }
        Some(_) => None,
    };
    let exchange = Exchange::new(seq, &request, response.as_ref(), fault.clone());
    let response = match (shared.record(exchange), response) {
        (Err(error), Some(_)) => Some(broken("its log file could not be written", &error)),
        (_, response) => response,
    };
    match (fault, response) {
        (Some(Fault::HalfOpen), _) => future::pending().await,
        (Some(Fault::DropBefore | Fault::DropAfter), _) | (_, None) => Err(Closed::Injected),
        (Some(Fault::Truncate), Some(response)) if head || response.body.is_empty() => Err(Closed::Injected),
        (Some(Fault::Truncate), Some(response)) => Ok(to_wire(response, true)),
        (_, Some(response)) => Ok(to_wire(response, false)),
    }
}

/// The request with its whole body; none when the body is too large.
async fn read(request: Request<Incoming>, shared: &Shared) -> Result<Option<SimRequest>, Closed> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, shared.request_body_bytes_max).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return Ok(None),
        Err(error) => return Err(Closed::Unreadable(error)),
    };
    let path_and_query = parts.uri.path_and_query().map_or("/", |both| both.as_str());
    let mut request = SimRequest::new(parts.method, path_and_query);
    request.headers = parts.headers;
    request.body = body;
    request.received_at = shared.clock.now();
    Ok(Some(request))
}

/// Asks the cloud and stores its state before the answer may leave.
fn handle(mut request: SimRequest, shared: &Shared) -> SimResponse {
    let now: SimTime = shared.clock.now();
    request.received_at = now;
    let mut cell = lock(&shared.cell);
    let asked = catch_unwind(AssertUnwindSafe(|| cell.cloud.handle(&request, now)));
    let response = match asked {
        Ok(response) => response,
        Err(panic) => return broken("its cloud panicked", &panic_message(panic.as_ref())),
    };
    if request.method == Method::GET || request.method == Method::HEAD {
        return response;
    }
    match cell.store() {
        Ok(()) => response,
        Err(error) => broken("its data file could not be written", &error),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn broken(what: &str, why: &dyn std::fmt::Display) -> SimResponse {
    SimResponse::json(500, json!({ "simulator": format!("the simulator failed: {what}: {why}") }))
}

fn injected_status(code: u16, body: &Value) -> SimResponse {
    let mut response = SimResponse::empty(500);
    response.status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !body.is_null() {
        response.body = Body::Json(body.clone());
    }
    response
}

fn to_wire(response: SimResponse, truncated: bool) -> Response<WireBody> {
    let bytes = response.body.to_bytes();
    let mut wire = Response::new(WireBody::new(bytes, truncated));
    *wire.status_mut() = response.status;
    *wire.headers_mut() = *response.headers;
    if matches!(response.body, Body::Json(_)) {
        let json = HeaderValue::from_static("application/json");
        wire.headers_mut().entry(http::header::CONTENT_TYPE).or_insert(json);
    }
    wire
}

/// A body that is sent whole, or announced whole and broken off half-way.
struct WireBody {
    announced_bytes: u64,
    next: Option<Bytes>,
    break_off: BreakOff,
}

enum BreakOff {
    Never,
    /// Lets the connection flush the half before it breaks.
    AfterFlush,
    Now,
}

impl WireBody {
    fn new(mut bytes: Bytes, truncated: bool) -> Self {
        let announced_bytes = bytes.len() as u64;
        if truncated {
            bytes.truncate(bytes.len() / 2);
        }
        let break_off = if truncated { BreakOff::AfterFlush } else { BreakOff::Never };
        Self { announced_bytes, next: Some(bytes).filter(|bytes| !bytes.is_empty()), break_off }
    }
}

impl hyper::body::Body for WireBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.break_off {
            BreakOff::Never => Poll::Ready(None),
            BreakOff::AfterFlush => {
                self.break_off = BreakOff::Now;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            BreakOff::Now => Poll::Ready(Some(Err(io::Error::other("broken off by a fault")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && matches!(self.break_off, BreakOff::Never)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced_bytes)
    }
}
