//! Owns the paths of load balancers. Knows no handler's inside.
use super::balancer::LoadBalancer;
use super::{create, metrics, operation};
use crate::sim::resource;
use crate::sim::routes::Routes;

/// The routes of load balancers.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .route("GET /load_balancers", resource::list::<LoadBalancer>)
        .route("POST /load_balancers", create::create)
        .route("GET /load_balancers/{id}", resource::get::<LoadBalancer>)
        .route("PUT /load_balancers/{id}", resource::update::<LoadBalancer>)
        .route("DELETE /load_balancers/{id}", create::delete)
        .route("GET /load_balancers/{id}/metrics", metrics::metrics);
    routes
        .route("POST /load_balancers/{id}/actions/add_service", operation::add_a_service)
        .route("POST /load_balancers/{id}/actions/update_service", operation::update_service)
        .route("POST /load_balancers/{id}/actions/delete_service", operation::delete_service)
        .route("POST /load_balancers/{id}/actions/add_target", operation::add_target)
        .route("POST /load_balancers/{id}/actions/remove_target", operation::remove_target)
        .route("POST /load_balancers/{id}/actions/attach_to_network", operation::attach_to_network)
        .route("POST /load_balancers/{id}/actions/detach_from_network", operation::detach_from_network)
        .route(
            "POST /load_balancers/{id}/actions/enable_public_interface",
            operation::enable_public_interface,
        )
        .route(
            "POST /load_balancers/{id}/actions/disable_public_interface",
            operation::disable_public_interface,
        )
        .route("POST /load_balancers/{id}/actions/change_algorithm", operation::change_algorithm)
        .route("POST /load_balancers/{id}/actions/change_type", operation::change_type)
        .route("POST /load_balancers/{id}/actions/change_dns_ptr", operation::change_dns_ptr)
        .route("POST /load_balancers/{id}/actions/change_protection", operation::change_protection)
}
