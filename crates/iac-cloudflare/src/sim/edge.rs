//! Owns the way of a visitor's request to what the account serves: which host, which path. Knows no
//! site; each kind of site adds one line to [`SITES`].
use super::cloud::CloudflareSim;
use super::{pages, r2};
use iac_testkit::sim::{SimRequest, SimResponse};

/// A visitor's request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit<'a> {
    /// The host, in lower case and without a port.
    pub(crate) host: &'a str,
    /// The path, which begins with `/`.
    pub(crate) path: &'a str,
    /// The whole request.
    pub(crate) request: &'a SimRequest,
}

/// A kind of site: its answer, or nothing if it has no site of this host and path.
type Site = fn(&mut CloudflareSim, &Visit<'_>) -> Option<SimResponse>;

/// All kinds of sites; an earlier one goes first, as workers go before pages.
const SITES: &[Site] = &[
    // Workers.
    super::worker_site::answer,
    // Storage and sites.
    r2::site,
    pages::site,
];

/// What begins a path that names its host.
const PREFIX: &str = "/edge/";

/// The answer to a visitor. 530 with error 1016 is what a host gets that nothing is behind.
pub(crate) fn answer(cloud: &mut CloudflareSim, request: &SimRequest) -> SimResponse {
    let named = request.path.strip_prefix(PREFIX);
    let (host, path) = match named {
        Some(rest) => match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/"),
        },
        None => (request.header("host").unwrap_or_default(), request.path.as_str()),
    };
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let visit = Visit { host: &host, path, request };
    SITES
        .iter()
        .find_map(|site| site(cloud, &visit))
        .unwrap_or_else(|| SimResponse::bytes(530, "text/plain; charset=utf-8", "error code: 1016"))
}
