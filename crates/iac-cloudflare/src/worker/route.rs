//! Routes: which requests to a zone a Worker answers. Knows nothing of scripts but their names.

use async_trait::async_trait;
use iac_core::cost::{Cost, PriceList};
use iac_core::{
    Change, Created, Cx, Error, ErrorKind, Fault, FieldChange, Id, Inputs, Observed, OnChange, Outputs, Page,
    PageToken, Recovery, ReplaceOrder, Resource, Result, Value,
};
use iac_http::{Client, Request};
use serde::{Deserialize, Serialize};

use super::await_script::known;
use super::script::WorkerScript;
use crate::check::Checker;
use crate::client::Cloudflare;
use crate::{Zone, change, cost, envelope, zone};

/// A route: requests to a zone that fit a pattern go to a Worker, or past all of them.
///
/// The host needs a DNS record that is proxied. Where the Worker is all there is behind a host name, a
/// [`WorkerDomain`](crate::WorkerDomain) is simpler: it brings the record and the certificate along.
///
/// ```
/// use iac_cloudflare::{WorkerCode, WorkerRoute, WorkerScript, Zone};
/// use iac_core::Stack;
///
/// let stack = Stack::new("shop", "dev")?;
/// # stack.provider(iac_cloudflare::Cloudflare::builder().token("t").build()?)?;
/// let zone = stack.add("zone", Zone::args().name("example.com"))?;
/// let script = stack.add("intake", WorkerScript::args().code(WorkerCode::text("worker.js", "export default {}")))?;
/// stack.add("api", WorkerRoute::args().zone(&zone).pattern("example.com/api/*").script(&script))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WorkerRoute;

/// Inputs of a [`WorkerRoute`].
#[derive(Debug, Clone, Serialize, Deserialize, Inputs)]
#[inputs(resource = WorkerRoute)]
pub struct WorkerRouteInputs {
    /// The zone.
    #[field(replace)]
    pub zone: Id<Zone>,
    /// Host and path, such as `example.com/api/*` or `*.example.com/*`: a `*` at the start of the host
    /// and at the end of the path alone. Unique in the zone; of several that fit the most specific
    /// one counts.
    pub pattern: String,
    /// The Worker. Without one, requests that fit go past all Workers.
    pub script: Option<Id<WorkerScript>>,
}

/// Outputs of a [`WorkerRoute`].
#[derive(Debug, Clone, Serialize, Deserialize, Outputs)]
pub struct WorkerRouteOutputs {
    /// The pattern.
    pub pattern: String,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    script: Option<String>,
}

#[derive(Serialize)]
struct Put<'a> {
    pattern: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<&'a str>,
}

impl<'a> Put<'a> {
    fn of(inputs: &'a WorkerRouteInputs) -> Self {
        Self { pattern: &inputs.pattern, script: inputs.script.as_ref().map(Id::as_str) }
    }
}

/// What identifies a route: its zone and its number there.
struct Key {
    zone: String,
    route: String,
}

impl Key {
    fn parse(id: &Id<WorkerRoute>) -> Result<Self> {
        match id.as_str().split_once('/') {
            Some((zone, route)) if !zone.is_empty() && !route.is_empty() && !route.contains('/') => {
                Ok(Self { zone: zone.to_owned(), route: route.to_owned() })
            }
            _ => {
                let text =
                    format!("`{}` is no id of a route; it has the form `<zone id>/<route id>`", id.as_str());
                Err(Error::invalid("id", text))
            }
        }
    }

    fn id(zone: &str, route: &str) -> Id<WorkerRoute> {
        Id::new(format!("{zone}/{route}"))
    }

    fn request(&self, cx: &Cx<'_, Cloudflare>, method: impl FnOnce(&Client, &str) -> Request) -> Request {
        method(&cx.client().http(cx), "/zones/{zone}/workers/routes/{route}")
            .segment("zone", &self.zone)
            .segment("route", &self.route)
    }
}

#[async_trait]
impl Resource for WorkerRoute {
    const TYPE: &'static str = "cloudflare:worker_route";
    const RECOVERY: Recovery = Recovery::NaturalKey;
    const REPLACE: ReplaceOrder = ReplaceOrder::DeleteFirst;
    type Provider = Cloudflare;
    type Inputs = WorkerRouteInputs;
    type Outputs = WorkerRouteOutputs;

    async fn create(cx: &Cx<'_, Cloudflare>, inputs: WorkerRouteInputs) -> Result<Created<Self>> {
        let attempt = || async {
            let request = all(cx, |http, path| http.post(path), inputs.zone.as_str());
            envelope::create::<Body>(request.json_body(&Put::of(&inputs))).await.map_err(explained)
        };
        let made = match &inputs.script {
            Some(script) => known(cx, script, is_script_unknown, attempt).await?,
            None => attempt().await?,
        };
        let id = Key::id(inputs.zone.as_str(), &made.id);
        cx.checkpoint(&id).await?;
        Ok(Created::new(id, WorkerRouteOutputs { pattern: inputs.pattern }))
    }

    async fn read(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<Option<Observed<Self>>> {
        let key = Key::parse(id)?;
        let found: Option<Body> = envelope::get(key.request(cx, |http, path| http.get(path))).await?;
        Ok(found.map(|body| observed(&key.zone, body)))
    }

    async fn update(
        cx: &Cx<'_, Cloudflare>,
        id: &Id<Self>,
        change: Change<Self>,
    ) -> Result<WorkerRouteOutputs> {
        let (key, new) = (Key::parse(id)?, &change.new);
        let attempt = || async {
            let request = key.request(cx, |http, path| http.put(path)).json_body(&Put::of(new));
            envelope::send_empty(request).await.map_err(explained)
        };
        match &new.script {
            Some(script) => known(cx, script, is_script_unknown, attempt).await?,
            None => attempt().await?,
        }
        Ok(WorkerRouteOutputs { pattern: new.pattern.clone() })
    }

    async fn delete(cx: &Cx<'_, Cloudflare>, id: &Id<Self>) -> Result<()> {
        let request = Key::parse(id)?.request(cx, |http, path| http.delete(path));
        envelope::delete(request).await
    }

    async fn list(cx: &Cx<'_, Cloudflare>, page: PageToken) -> Result<Page<Self>> {
        let Some(stop) = zone::stop(cx, &page).await? else { return Ok(Page::new(Vec::new(), None)) };
        let routes = listed(cx, &stop.zone).await;
        stop.page(
            routes.map(|routes| (routes.into_iter().map(|body| observed(&stop.zone, body)).collect(), None)),
        )
    }

    /// The pattern is unique in the zone; with another script it is somebody else's.
    async fn find(cx: &Cx<'_, Cloudflare>, inputs: &WorkerRouteInputs) -> Result<Vec<Id<Self>>> {
        let zone = inputs.zone.as_str();
        let routes = envelope::absent(listed(cx, zone).await)?.unwrap_or_default();
        let wanted = inputs.script.as_ref().map(Id::as_str);
        let same = |body: &Body| {
            body.pattern.as_deref() == Some(inputs.pattern.as_str()) && script_of(body) == wanted
        };
        Ok(routes.into_iter().filter(same).map(|body| Key::id(zone, &body.id)).collect())
    }

    fn on_change(change: &FieldChange<'_>) -> OnChange {
        change::declared(change)
    }

    fn check(inputs: &Value) -> Vec<Fault> {
        Checker::new(inputs).text("pattern", pattern).finish()
    }

    fn cost(_: &Value, prices: &PriceList) -> Cost {
        cost::of(prices, "Worker route")
    }
}

fn all(cx: &Cx<'_, Cloudflare>, method: impl FnOnce(&Client, &str) -> Request, zone: &str) -> Request {
    method(&cx.client().http(cx), "/zones/{zone}/workers/routes").segment("zone", zone)
}

async fn listed(cx: &Cx<'_, Cloudflare>, zone: &str) -> Result<Vec<Body>> {
    Ok(envelope::list(all(cx, |http, path| http.get(path), zone)).await?.0)
}

fn script_of(body: &Body) -> Option<&str> {
    body.script.as_deref().filter(|script| !script.is_empty())
}

fn observed(zone: &str, body: Body) -> Observed<WorkerRoute> {
    let script = script_of(&body).map(Id::new);
    let pattern = body.pattern.unwrap_or_default();
    let inputs = WorkerRouteInputs { zone: Id::new(zone), pattern: pattern.clone(), script };
    Observed::new(Key::id(zone, &body.id), inputs, WorkerRouteOutputs { pattern })
}

/// Also a script that was uploaded a moment ago.
fn is_script_unknown(error: &Error) -> bool {
    error.api_code() == Some("10019")
}

fn explained(error: Error) -> Error {
    match error.api_code() {
        Some("10020") => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("pattern")
            .hint("the zone has a route with this pattern already: import it, or change it there"),
        Some("10022") => error
            .with_kind(ErrorKind::InvalidInput)
            .field("pattern")
            .hint("the host of the pattern is the zone's name or ends with it"),
        _ => error,
    }
}

/// A rule for patterns.
fn pattern(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
    let host = host.strip_prefix('*').unwrap_or(host);
    if text.contains('?') {
        return Some(format!("`{text}` has a query; a pattern ends with the path"));
    }
    if host.is_empty() || text.contains([' ', '#']) {
        return Some(format!("`{text}` has no host; a pattern is like `example.com/api/*`"));
    }
    let inside = path.map(|path| path.strip_suffix('*').unwrap_or(path)).unwrap_or_default();
    (host.contains('*') || inside.contains('*')).then(|| {
        format!("`{text}` has a `*` elsewhere than at the start of the host and at the end of the path")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for good in [
            "example.com/*",
            "*.example.com/*",
            "*example.com/images/*",
            "https://example.com/",
            "example.com",
        ] {
            assert_eq!(pattern(good), None, "{good}");
        }
        for bad in ["", "/x", "example.com/*/x", "a.*.example.com/", "example.com/?a=b", "*/"] {
            assert!(pattern(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn ids_have_two_parts() {
        assert_eq!(Key::parse(&Id::new("z/r")).unwrap().route, "r");
        for bad in ["z", "z/", "/r", "z/r/s"] {
            assert!(Key::parse(&Id::new(bad)).is_err(), "{bad}");
        }
    }
}
