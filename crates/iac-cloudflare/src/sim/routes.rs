//! Owns the table of routes: every noun adds its own. Knows no handler's inside.
use super::cloud::{BASE_PATH, CloudflareSim};
use super::{account, dns, dnssec, ips, setting, zone};
use super::{api_token, list, origin_certificate, ruleset, turnstile};
use super::{pages, r2};
use iac_testkit::sim::{Params, Router, SimRequest, SimResponse};
use std::sync::LazyLock;

/// A table under construction.
pub(crate) type Routes = Router<CloudflareSim>;

/// All routes with their handlers.
pub(crate) static ROUTER: LazyLock<Routes> = LazyLock::new(|| {
    let nouns: &[fn(Routes) -> Routes] = &[
        account::routes,
        zone::routes,
        dns::routes,
        dnssec::routes,
        setting::routes,
        ips::routes,
        // Rules and credentials.
        ruleset::routes,
        list::routes,
        origin_certificate::routes,
        turnstile::routes,
        api_token::routes,
        // Workers.
        super::worker::routes,
        super::worker_secret::routes,
        super::worker_route::routes,
        super::worker_domain::routes,
        super::kv::routes,
        // Storage and sites.
        r2::routes,
        pages::routes,
    ];
    nouns.iter().fold(Router::under(BASE_PATH), |routes, noun| noun(routes))
});

/// The same paths without handlers: asks whether a path exists without any effect.
pub(crate) static PATHS: LazyLock<Router<()>> = LazyLock::new(|| {
    ROUTER.routes().fold(Router::under(BASE_PATH), |paths, (method, template)| {
        paths.route(&format!("{method} {template}"), known)
    })
});

fn known(_: &mut (), _: &SimRequest, _: &Params) -> Result<SimResponse, SimResponse> {
    Ok(SimResponse::empty(204))
}
