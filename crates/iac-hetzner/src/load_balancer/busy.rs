//! What services and targets share with their load balancer: one change at a time, what is missing
//! while a change runs, and what the API's refusals mean. Knows nothing of what is changed.

use iac_core::{Cx, Error, ErrorKind, Id, Result};
use tokio::sync::OwnedMutexGuard;

use super::balancer::LoadBalancer;
use super::wire::LoadBalancerBody;
use crate::client::Hetzner;
use crate::verb;

/// Waits until no other call changes the load balancer: the API refuses a second action as
/// `locked`.
pub(super) async fn lock(cx: &Cx<'_, Hetzner>, id: &Id<LoadBalancer>) -> Result<OwnedMutexGuard<()>> {
    // The locks are kept by text, so that the prefix keeps it apart from a server of this number.
    cx.client().servers.lock(&format!("load_balancer:{id}"), cx.deadline()).await
}

/// What `pick` finds in the load balancer. If that is nothing, it is asked again when no action runs
/// any more: after a crash the one that adds it may still do.
pub(super) async fn settled<T>(
    cx: &Cx<'_, Hetzner>,
    id: &Id<LoadBalancer>,
    pick: impl Fn(&LoadBalancerBody) -> Option<T>,
) -> Result<Option<T>> {
    let Some(object) = verb::get::<LoadBalancerBody>(cx, id.as_str()).await? else { return Ok(None) };
    if let Some(found) = pick(&object) {
        return Ok(Some(found));
    }
    match verb::settle::<LoadBalancerBody>(cx, id.as_str()).await {
        Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
        // Whether an action failed is seen by what is there.
        _ => {}
    }
    Ok(verb::get::<LoadBalancerBody>(cx, id.as_str()).await?.as_ref().and_then(pick))
}

/// The error of a request that adds something. A `not_found` is about what it refers to, never
/// about what it adds.
pub(super) fn refused(error: Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => error
            .with_kind(ErrorKind::InvalidInput)
            .hint("the load balancer, or what is added to it, does not exist in this project"),
        _ => explained(error),
    }
}

/// The error with the kind and the hint that its code stands for.
pub(super) fn explained(error: Error) -> Error {
    let Some(code) = error.api_code() else { return error };
    match code {
        "source_port_already_used" => error
            .with_kind(ErrorKind::AlreadyExists)
            .field("listen_port")
            .hint("the load balancer has a service on this port; choose another, or import the service"),
        "target_already_defined" => error
            .with_kind(ErrorKind::AlreadyExists)
            .hint("the load balancer has this target already; import it"),
        "load_balancer_not_attached_to_network" => error.with_kind(ErrorKind::InvalidInput).hint(
            "give the load balancer a `network`; without one it needs its public interface, and its targets \
             are reached by their public addresses",
        ),
        "load_balancer_public_interface_disabled" => error
            .with_kind(ErrorKind::InvalidInput)
            .hint("set `use_private_ip` of the target, or enable the load balancer's public interface"),
        "resolve_cloud_private_targets_error" => {
            error.with_kind(ErrorKind::InvalidInput).field("use_private_ip").hint(
                "the server is not in the load balancer's network: attach it there, and let the target depend \
                 on the attachment",
            )
        }
        "resolve_cloud_public_targets_error" => error
            .with_kind(ErrorKind::InvalidInput)
            .hint("the server has no public IPv4 address: set `use_private_ip`, or give it one"),
        "targets_without_use_private_ip" => error
            .with_kind(ErrorKind::Conflict)
            .field("public_interface")
            .hint("set `use_private_ip` of all targets first"),
        "ip_not_owned" => error.with_kind(ErrorKind::InvalidInput).field("ip").hint(
            "an address of a target belongs to a dedicated server of the same customer; for a cloud server use \
             `server`",
        ),
        "ip_not_in_vswitch_subnet" | "network_has_no_vswitch_subnet" => error
            .with_kind(ErrorKind::InvalidInput)
            .field("ip")
            .hint("a private address of a target is in a vSwitch subnet of the load balancer's network"),
        "invalid_load_balancer_type" => error.with_kind(ErrorKind::InvalidInput).field("load_balancer_type").hint(
            "the load balancer has more services or targets than the smaller type can have: remove some first",
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_kinds_with_a_way_out() {
        for (code, kind) in [
            ("source_port_already_used", ErrorKind::AlreadyExists),
            ("target_already_defined", ErrorKind::AlreadyExists),
            ("resolve_cloud_private_targets_error", ErrorKind::InvalidInput),
            ("targets_without_use_private_ip", ErrorKind::Conflict),
        ] {
            let error = explained(Error::new(ErrorKind::Internal, "no").code(code));
            assert_eq!(error.kind(), kind, "{code}");
            assert!(error.way_out().is_some(), "{code}");
        }
        let missing = refused(Error::new(ErrorKind::NotFound, "no").code("not_found"));
        assert_eq!(missing.kind(), ErrorKind::InvalidInput);
        let other = explained(Error::new(ErrorKind::Timeout, "no").code("other"));
        assert_eq!((other.kind(), other.way_out()), (ErrorKind::Timeout, None));
    }
}
