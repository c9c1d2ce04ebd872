//! [`SimWorld`]: a cloud of the simulator kit, reached in memory. Owns the way of a request between
//! client and cloud, with everything that can happen on it. Knows no routes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use iac_core::{ProviderInstance, Result};
use iac_http::{ClientBuilder, Transport, TransportError, WireRequest, WireResponse};
use serde_json::Value;
use tokio::time::Instant;

use super::boundary::BoundaryKind;
use super::cut::Fate;
use super::trouble::Trouble;
use super::wire::Wire;
use super::world::{Item, Site, World};
use crate::sim::{Body, Cloud, HeaderValue, Method, SimRequest, SimResponse};

/// When a request that was under way takes effect after the death of its process: well within what
/// is left of the dead process's lease.
const LATE_EFFECT: Duration = Duration::from_secs(2);
/// How long listings stay behind.
pub(super) const LISTS_BEHIND: Duration = Duration::from_secs(3);
/// How long a slow answer takes.
const SLOW_ANSWER: Duration = Duration::from_secs(30);
/// What a rate limit asks to wait, in seconds.
const RETRY_AFTER_S: u32 = 2;
/// The answer of a proxy in front of an API.
const PROXY_PAGE: &str = "<html><body>the upstream server did not answer</body></html>";

/// A cloud of the simulator kit that can be explored.
///
/// See the [module](super) for how it is used, and `iac_hetzner::sim::world` for one.
pub trait SimWorld: Clone + Send + Sync + 'static {
    /// The cloud.
    type Cloud: Cloud;

    /// An empty cloud. Two of them MUST answer the same requests alike.
    fn cloud(&self) -> Self::Cloud;

    /// The provider, whose client is [attached](SimLink::attach) to `link`; more than one for
    /// several accounts.
    ///
    /// # Errors
    /// The client cannot be built.
    fn providers(&self, link: &SimLink) -> Result<Vec<ProviderInstance>>;

    /// Everything that exists and that a resource may own. What lives and dies with another object
    /// is left out.
    fn inventory(&self, cloud: &mut Self::Cloud) -> Vec<Item>;

    /// Whether a request asks for a listing, which may stay behind. By default a GET whose path
    /// does not end with a number.
    fn is_listing(&self, request: &SimRequest) -> bool {
        let last = request.path.rsplit('/').next().unwrap_or_default();
        request.method == Method::GET && last.parse::<u64>().is_err()
    }
}

impl<W: SimWorld> World for W {
    fn start(&self, wire: &Wire) -> Arc<dyn Site> {
        Arc::new(SimSite::new(self.clone(), self.cloud(), wire))
    }
}

/// The client's end of the way to a simulated cloud: a transport without sockets. Clones are the
/// same link.
#[derive(Clone)]
pub struct SimLink {
    carrier: Arc<dyn Transport>,
    wire: Wire,
}

impl SimLink {
    /// The client talks to the simulated cloud, has its time, and is random as the run's seed says.
    pub fn attach(&self, client: ClientBuilder) -> ClientBuilder {
        let clock = self.wire.clock();
        client.transport(self.clone()).clock(move || clock.system_time()).jitter_seed(self.wire.seed())
    }
}

#[async_trait]
impl Transport for SimLink {
    async fn send(&self, request: WireRequest) -> std::result::Result<WireResponse, TransportError> {
        self.carrier.send(request).await
    }
}

/// One cloud of one run.
struct SimSite<W: SimWorld>(Arc<Inner<W>>);

struct Inner<W: SimWorld> {
    world: W,
    wire: Wire,
    state: Mutex<State<W::Cloud>>,
}

struct State<C> {
    cloud: C,
    created: Vec<Item>,
    behind: Option<Behind>,
}

/// What listings show until a moment.
struct Behind {
    until: Instant,
    saved: Value,
}

impl<W: SimWorld> SimSite<W> {
    fn new(world: W, cloud: W::Cloud, wire: &Wire) -> Self {
        let state = State { cloud, created: Vec::new(), behind: None };
        Self(Arc::new(Inner { world, wire: wire.clone(), state: Mutex::new(state) }))
    }
}

impl<W: SimWorld> Site for SimSite<W> {
    fn fork(&self, wire: &Wire) -> Arc<dyn Site> {
        let saved = self.0.lock().cloud.save();
        let mut cloud = self.0.world.cloud();
        cloud.load(saved).expect("a cloud reads what it saved itself");
        Arc::new(Self::new(self.0.world.clone(), cloud, wire))
    }

    fn providers(&self) -> Result<Vec<ProviderInstance>> {
        let carrier: Arc<dyn Transport> = Arc::new(Carrier(Arc::clone(&self.0)));
        self.0.world.providers(&SimLink { carrier, wire: self.0.wire.clone() })
    }

    fn inventory(&self) -> Vec<Item> {
        self.0.world.inventory(&mut self.0.lock().cloud)
    }

    fn created(&self) -> Vec<Item> {
        self.0.lock().created.clone()
    }
}

struct Carrier<W: SimWorld>(Arc<Inner<W>>);

#[async_trait]
impl<W: SimWorld> Transport for Carrier<W> {
    async fn send(&self, request: WireRequest) -> std::result::Result<WireResponse, TransportError> {
        let request = read(request);
        let subject = describe(&request);
        let mutates = !matches!(request.method, Method::GET | Method::HEAD);
        let wire = &self.0.wire;
        wire.pass(BoundaryKind::RequestBefore, &subject).await;
        let trouble = wire.request(&subject, mutates, &Trouble::ALL);
        if mutates {
            match wire.fate_at(BoundaryKind::RequestUnderWay, &subject) {
                Fate::Lives => {}
                Fate::DiesHere => {
                    let inner = Arc::clone(&self.0);
                    // It belongs to the cloud and outlives the process; the run's runtime ends it.
                    tokio::spawn(async move {
                        tokio::time::sleep(LATE_EFFECT).await;
                        inner.handle(request);
                    });
                    std::future::pending::<()>().await;
                    unreachable!("a dead process waits for ever");
                }
                Fate::IsDead => std::future::pending::<()>().await,
            }
        }
        tokio::time::sleep(wire.latency()).await;
        let response = self.carry_out(request, trouble).await?;
        if mutates {
            wire.pass(BoundaryKind::RequestEffect, &subject).await;
        }
        match trouble {
            Some(Trouble::LostAnswer | Trouble::LostAnswerStaleLists) => {
                return Err(TransportError::Broken("the connection was reset".to_owned()));
            }
            Some(Trouble::HalfOpenAfter) => std::future::pending::<()>().await,
            _ => {}
        }
        tokio::time::sleep(wire.latency()).await;
        if mutates {
            wire.pass(BoundaryKind::RequestAnswered, &subject).await;
        }
        Ok(match trouble {
            Some(Trouble::BadGateway) => answer(SimResponse::bytes(502, "text/html", PROXY_PAGE)),
            _ => answer(response),
        })
    }
}

impl<W: SimWorld> Carrier<W> {
    /// The cloud's answer, or what comes in its place without an effect.
    async fn carry_out(
        &self,
        request: SimRequest,
        trouble: Option<Trouble>,
    ) -> std::result::Result<SimResponse, TransportError> {
        match trouble {
            Some(Trouble::RateLimited) => {
                return Ok(SimResponse::empty(429).with_header("retry-after", RETRY_AFTER_S));
            }
            Some(Trouble::ServerError) => return Ok(SimResponse::empty(500)),
            Some(Trouble::Unavailable) => return Ok(SimResponse::bytes(503, "text/html", PROXY_PAGE)),
            Some(Trouble::Refused) => {
                return Err(TransportError::Connect("the connection was refused".to_owned()));
            }
            Some(Trouble::CutBefore) => {
                return Err(TransportError::Broken("the connection was reset".to_owned()));
            }
            Some(Trouble::HalfOpen) => std::future::pending::<()>().await,
            Some(Trouble::Slow) => tokio::time::sleep(SLOW_ANSWER).await,
            Some(Trouble::StaleLists | Trouble::LostAnswerStaleLists) => self.0.fall_behind(),
            _ => {}
        }
        Ok(self.0.handle(request))
    }
}

impl<W: SimWorld> Inner<W> {
    /// From now on listings show, for a while, what is there at this moment.
    fn fall_behind(&self) {
        let mut state = self.lock();
        let saved = state.cloud.save();
        state.behind = Some(Behind { until: Instant::now() + LISTS_BEHIND, saved });
    }

    /// Asks the cloud, and keeps the log of creates.
    fn handle(&self, mut request: SimRequest) -> SimResponse {
        let now = self.wire.clock().sim_time();
        request.received_at = now;
        let mut guard = self.lock();
        let state = &mut *guard;
        if let Some(behind) = state.behind.take_if(|behind| behind.until <= Instant::now()) {
            drop(behind);
        }
        if let Some(behind) = state.behind.as_ref().filter(|_| self.world.is_listing(&request)) {
            let present = state.cloud.save();
            state.cloud.load(behind.saved.clone()).expect("a cloud reads what it saved itself");
            let response = state.cloud.handle(&request, now);
            state.cloud.load(present).expect("a cloud reads what it saved itself");
            return response;
        }
        if matches!(request.method, Method::GET | Method::HEAD) {
            return state.cloud.handle(&request, now);
        }
        let before = self.world.inventory(&mut state.cloud);
        let response = state.cloud.handle(&request, now);
        let known: BTreeSet<_> = before.iter().map(Item::key).collect();
        let after = self.world.inventory(&mut state.cloud);
        state.created.extend(after.into_iter().filter(|item| !known.contains(&item.key())));
        response
    }

    /// A panic elsewhere leaves the log whole; the run fails by the panic itself.
    fn lock(&self) -> MutexGuard<'_, State<W::Cloud>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The request as the cloud sees it.
fn read(wire: WireRequest) -> SimRequest {
    let query = wire.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = SimRequest::new(wire.method, &format!("{}{query}", wire.url.path()));
    request.headers = wire.headers;
    request.body = wire.body;
    request
}

/// Hexadecimal digits of a marker's token.
const TOKEN_LENGTH: usize = 32;

/// A name without the marker's token that it may carry, which is another one in each run.
fn without_token(name: &str) -> &str {
    let rest = name.trim_end_matches(|letter: char| letter.is_ascii_hexdigit());
    if name.len() - rest.len() == TOKEN_LENGTH { rest } else { name }
}

/// Method, path, and the name in the body, which tells creates apart.
fn describe(request: &SimRequest) -> String {
    let body = request.json().ok();
    let name = body.as_ref().and_then(|body| body.get("name")).and_then(Value::as_str);
    let name = name.map(|name| format!(" ({})", without_token(name))).unwrap_or_default();
    format!("{} {}{name}", request.method, request.path)
}

fn answer(response: SimResponse) -> WireResponse {
    let mut headers = *response.headers;
    if matches!(response.body, Body::Json(_)) {
        let json = HeaderValue::from_static("application/json");
        headers.entry(http::header::CONTENT_TYPE).or_insert(json);
    }
    WireResponse { status: response.status, headers, body: response.body.to_bytes() }
}
