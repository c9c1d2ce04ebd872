//! Owns the table from method and path to a cloud's handler functions. Decides no status:
//! a cloud answers a miss in its own words.
use super::request::segments;
use super::{Params, PathTemplate, SimRequest, SimResponse};
use http::Method;

/// A cloud's function for one route; `Err` is an answer too, so that `?` ends a refused request.
pub type Handler<C> = fn(&mut C, &SimRequest, &Params) -> Result<SimResponse, SimResponse>;

/// Routes of a cloud `C`; the most specific template of the request's method wins.
///
/// Keep it in a `static ROUTER: LazyLock<Router<C>>`, since [`dispatch`](Self::dispatch) borrows
/// the cloud.
#[must_use]
pub struct Router<C> {
    prefix: String,
    routes: Vec<Route<C>>,
}

struct Route<C> {
    method: Method,
    template: PathTemplate,
    handler: Handler<C>,
}

/// Why no handler was called.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteMiss {
    /// No route has this path.
    NoPath,
    /// Routes have this path, but not this method.
    NoMethod {
        /// The methods that the path has.
        allowed: Vec<Method>,
    },
}

impl<C> Default for Router<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> Router<C> {
    /// No routes, at the root.
    pub fn new() -> Self {
        Self::under("")
    }

    /// No routes, all to be below `prefix` such as `/v1`; routes are written and listed without it.
    pub fn under(prefix: &str) -> Self {
        Self { prefix: prefix.trim_end_matches('/').to_owned(), routes: Vec::new() }
    }

    /// Adds a route written as method, space, path template: `GET /servers/{id}`.
    ///
    /// # Panics
    /// When the pattern is malformed or already there: both are mistakes in the cloud's source.
    pub fn route(mut self, pattern: &str, handler: Handler<C>) -> Self {
        let (method, path) = pattern
            .split_once(' ')
            .unwrap_or_else(|| panic!("route {pattern:?} is not a method, a space and a path"));
        let method = Method::from_bytes(method.as_bytes())
            .unwrap_or_else(|error| panic!("route {pattern:?}: {error}"));
        let template = PathTemplate::parse(path.trim()).unwrap_or_else(|error| panic!("{error}"));
        let twin = self
            .routes
            .iter()
            .find(|route| route.method == method && route.template.as_str() == template.as_str());
        assert!(twin.is_none(), "route {pattern:?} is registered twice");
        self.routes.push(Route { method, template, handler });
        self
    }

    /// All routes as method and path template without the prefix, in the order of registration.
    pub fn routes(&self) -> impl Iterator<Item = (&Method, &str)> {
        self.routes.iter().map(|route| (&route.method, route.template.as_str()))
    }

    /// Calls the handler of the request's route. A handler's `Err` answer is an answer: it comes
    /// back as `Ok`.
    ///
    /// # Errors
    /// Says whether the path or only the method is unknown.
    pub fn dispatch(&self, cloud: &mut C, request: &SimRequest) -> Result<SimResponse, RouteMiss> {
        let path = request.path.strip_prefix(&self.prefix).ok_or(RouteMiss::NoPath)?;
        if !self.prefix.is_empty() && !path.is_empty() && !path.starts_with('/') {
            return Err(RouteMiss::NoPath);
        }
        let segments = segments(path);
        let mut allowed = Vec::new();
        let mut best: Option<(&Route<C>, Params)> = None;
        for route in &self.routes {
            let Some(params) = route.template.matches_segments(&segments) else {
                continue;
            };
            if route.method != request.method {
                if !allowed.contains(&route.method) {
                    allowed.push(route.method.clone());
                }
                continue;
            }
            let better = best
                .as_ref()
                .is_none_or(|(other, _)| route.template.compare_specificity(&other.template).is_lt());
            if better {
                best = Some((route, params));
            }
        }
        match best {
            Some((route, params)) => {
                Ok((route.handler)(cloud, request, &params).unwrap_or_else(|refusal| refusal))
            }
            None if allowed.is_empty() => Err(RouteMiss::NoPath),
            None => Err(RouteMiss::NoMethod { allowed }),
        }
    }
}
