//! Owns the table of routes: every noun adds its own. Knows no handler's inside.
use super::cloud::{BASE_PATH, HetznerSim};
use super::{
    action, catalogue, certificate, firewall, floating_ip, image, load_balancer, network, placement_group,
    pricing, primary_ip_routes, rrset, server, ssh_key, volume, zone,
};
use iac_testkit::sim::{Params, Router, SimRequest, SimResponse};
use std::sync::LazyLock;

/// A table under construction.
pub(crate) type Routes = Router<HetznerSim>;

/// All routes with their handlers.
pub(crate) static ROUTER: LazyLock<Routes> = LazyLock::new(|| {
    let nouns: &[fn(Routes) -> Routes] = &[
        action::routes,
        catalogue::routes,
        certificate::routes,
        firewall::routes,
        floating_ip::routes,
        image::routes,
        load_balancer::routes,
        network::routes,
        placement_group::routes,
        pricing::routes,
        primary_ip_routes::routes,
        rrset::routes,
        server::routes,
        ssh_key::routes,
        volume::routes,
        zone::routes,
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
