//! What Terraform's and Pulumi's providers `hcloud` call the types of this one, and how their ids
//! become ids here. Knows nothing of files or of requests.
//!
//! The forms of the ids are those of `hetznercloud/terraform-provider-hcloud` (`internal/*/resource*.go`);
//! Pulumi's provider is made from it and has the same ids.

use iac_core::provider::{ForeignClaim, ForeignObject, ForeignType};
use iac_core::{Resource, Value};

use crate::{
    Certificate, Firewall, FirewallAttachment, FloatingIp, LoadBalancer, LoadBalancerService,
    LoadBalancerTarget, Network, PlacementGroup, PrimaryIp, RecordSet, Route, Server,
    ServerNetworkAttachment, SshKey, Subnet, Volume, Zone,
};

type Claims = Vec<ForeignClaim>;

/// Every type of `hcloud` that is something here.
pub(crate) const FOREIGN_TYPES: &[ForeignType] = &[
    ForeignType::new("hcloud_server", "hcloud:index/server:Server", named::<Server>),
    ForeignType::new("hcloud_network", "hcloud:index/network:Network", named::<Network>),
    ForeignType::new("hcloud_network_subnet", "hcloud:index/networkSubnet:NetworkSubnet", subnet),
    ForeignType::new("hcloud_network_route", "hcloud:index/networkRoute:NetworkRoute", route),
    ForeignType::new("hcloud_server_network", "hcloud:index/serverNetwork:ServerNetwork", server_network),
    ForeignType::new("hcloud_volume", "hcloud:index/volume:Volume", named::<Volume>),
    ForeignType::new(
        "hcloud_volume_attachment",
        "hcloud:index/volumeAttachment:VolumeAttachment",
        |object| field::<Volume>(object, "volume_id", "server"),
    ),
    ForeignType::new("hcloud_load_balancer", "hcloud:index/loadBalancer:LoadBalancer", named::<LoadBalancer>),
    ForeignType::new(
        "hcloud_load_balancer_network",
        "hcloud:index/loadBalancerNetwork:LoadBalancerNetwork",
        |object| field::<LoadBalancer>(object, "load_balancer_id", "network"),
    ),
    ForeignType::new(
        "hcloud_load_balancer_service",
        "hcloud:index/loadBalancerService:LoadBalancerService",
        service,
    ),
    ForeignType::new(
        "hcloud_load_balancer_target",
        "hcloud:index/loadBalancerTarget:LoadBalancerTarget",
        target,
    ),
    ForeignType::new("hcloud_floating_ip", "hcloud:index/floatingIp:FloatingIp", named::<FloatingIp>),
    ForeignType::new(
        "hcloud_floating_ip_assignment",
        "hcloud:index/floatingIpAssignment:FloatingIpAssignment",
        |object| field::<FloatingIp>(object, "floating_ip_id", "server"),
    ),
    ForeignType::new("hcloud_primary_ip", "hcloud:index/primaryIp:PrimaryIp", named::<PrimaryIp>),
    ForeignType::new("hcloud_firewall", "hcloud:index/firewall:Firewall", named::<Firewall>),
    ForeignType::new(
        "hcloud_firewall_attachment",
        "hcloud:index/firewallAttachment:FirewallAttachment",
        firewall_attachment,
    ),
    ForeignType::new("hcloud_ssh_key", "hcloud:index/sshKey:SshKey", named::<SshKey>),
    ForeignType::new(
        "hcloud_placement_group",
        "hcloud:index/placementGroup:PlacementGroup",
        named::<PlacementGroup>,
    ),
    ForeignType::new(
        "hcloud_managed_certificate",
        "hcloud:index/managedCertificate:ManagedCertificate",
        named::<Certificate>,
    ),
    ForeignType::new(
        "hcloud_uploaded_certificate",
        "hcloud:index/uploadedCertificate:UploadedCertificate",
        named::<Certificate>,
    ),
    ForeignType::new("hcloud_certificate", "hcloud:index/certificate:Certificate", named::<Certificate>),
    ForeignType::new("hcloud_rdns", "hcloud:index/rdns:Rdns", rdns),
    ForeignType::new("hcloud_zone", "hcloud:index/zone:Zone", named::<Zone>),
    ForeignType::new("hcloud_zone_rrset", "hcloud:index/zoneRrset:ZoneRrset", record_set),
    ForeignType::new("hcloud_zone_record", "hcloud:index/zoneRecord:ZoneRecord", record_set),
];

/// An object with a number of its own and a name.
fn named<R: Resource>(object: &ForeignObject<'_>) -> Claims {
    if object.id.is_empty() {
        return Vec::new();
    }
    let name = object.text("name").map(|name| ("name", name.into()));
    vec![ForeignClaim::object(R::TYPE, object.id, name.into_iter().collect())]
}

/// A field of the `R` whose id is in the attribute `id`.
fn field<R: Resource>(object: &ForeignObject<'_>, id: &str, field: &'static str) -> Claims {
    object.text(id).map(|id| ForeignClaim::field(R::TYPE, id, field)).into_iter().collect()
}

/// `<network>-<range>`.
fn subnet(object: &ForeignObject<'_>) -> Claims {
    let Some((network, range)) = object.id.split_once('-') else { return Vec::new() };
    let keys = vec![("network", network.into()), ("ip_range", range.into())];
    vec![ForeignClaim::object(Subnet::TYPE, format!("{network}/{range}"), keys)]
}

/// `<network>-<destination>`; the gateway is an attribute.
fn route(object: &ForeignObject<'_>) -> Claims {
    let (Some((network, destination)), Some(gateway)) = (object.id.split_once('-'), object.text("gateway"))
    else {
        return Vec::new();
    };
    let id = format!("{network}/{destination}/{gateway}");
    let keys =
        vec![("network", network.into()), ("destination", destination.into()), ("gateway", gateway.into())];
    vec![ForeignClaim::object(Route::TYPE, id, keys)]
}

/// `<server>-<network>`. A program may say it in the server's `networks`.
fn server_network(object: &ForeignObject<'_>) -> Claims {
    let Some((server, network)) = object.id.split_once('-') else { return Vec::new() };
    let keys = vec![("server", server.into()), ("network", network.into())];
    let claim = ForeignClaim::object(ServerNetworkAttachment::TYPE, format!("{server}/{network}"), keys);
    vec![claim.or(Server::TYPE, server, "networks")]
}

/// `<load balancer>__<port>`.
fn service(object: &ForeignObject<'_>) -> Claims {
    let parts = object.id.split_once("__").and_then(|(balancer, port)| Some((balancer, port.parse().ok()?)));
    let Some((balancer, port)) = parts else { return Vec::new() };
    let keys = vec![("load_balancer", balancer.into()), ("listen_port", Value::Int(port))];
    vec![ForeignClaim::object(LoadBalancerService::TYPE, format!("{balancer}/{port}"), keys)]
}

/// The id is a digest for some kinds; the attributes say what it is.
fn target(object: &ForeignObject<'_>) -> Claims {
    let Some(balancer) = object.text("load_balancer_id") else { return Vec::new() };
    let named = [("server", "server_id"), ("label_selector", "label_selector"), ("ip", "ip")];
    let kind = object.text("type");
    let mut given = named.into_iter().filter(|(field, _)| kind.as_deref().is_none_or(|kind| kind == *field));
    let Some((field, value)) = given.find_map(|(field, name)| Some((field, object.text(name)?))) else {
        return Vec::new();
    };
    let id = format!("{balancer}/{field}/{value}");
    let keys = vec![("load_balancer", balancer.into()), (field, value.into())];
    vec![ForeignClaim::object(LoadBalancerTarget::TYPE, id, keys)]
}

/// One resource there for all servers of a firewall, one for each server here.
fn firewall_attachment(object: &ForeignObject<'_>) -> Claims {
    let Some(firewall) = object.text("firewall_id") else { return Vec::new() };
    let mut claims: Claims = object
        .list("server_ids")
        .into_iter()
        .map(|server| {
            let keys = vec![("firewall", firewall.as_str().into()), ("server", server.as_str().into())];
            let id = format!("{firewall}/{server}");
            ForeignClaim::object(FirewallAttachment::TYPE, id, keys).or(Server::TYPE, server, "firewalls")
        })
        .collect();
    if !object.list("label_selectors").is_empty() {
        claims.push(ForeignClaim::field(Firewall::TYPE, firewall, "apply_to"));
    }
    claims
}

/// A reverse name is a field of the address here. A server's or load balancer's own has no place,
/// unless the address is a primary IP of the same state.
fn rdns(object: &ForeignObject<'_>) -> Claims {
    if object.text("primary_ip_id").is_some() {
        return field::<PrimaryIp>(object, "primary_ip_id", "dns_ptr");
    }
    if object.text("floating_ip_id").is_some() {
        return field::<FloatingIp>(object, "floating_ip_id", "dns_ptr");
    }
    let address = object.text("ip_address");
    let owner = address.and_then(|address| object.other("hcloud_primary_ip", "ip_address", &address));
    owner.map(|id| ForeignClaim::field(PrimaryIp::TYPE, id, "dns_ptr")).into_iter().collect()
}

/// The zone is given by its number or its name; a record is part of a set.
fn record_set(object: &ForeignObject<'_>) -> Claims {
    let parts = (object.text("zone"), object.text("name"), object.text("type"));
    let (Some(zone), Some(name), Some(kind)) = parts else { return Vec::new() };
    let zone = match object.other("hcloud_zone", "name", &zone) {
        Some(id) => id.to_owned(),
        // Only the number is an id here.
        None if zone.parse::<u64>().is_err() => return Vec::new(),
        None => zone,
    };
    let id = format!("{zone}/{name}/{kind}");
    let keys = vec![("zone", zone.into()), ("name", name.into()), ("record_type", kind.into())];
    vec![ForeignClaim::object(RecordSet::TYPE, id, keys)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The ids, or `type id field`, that a foreign resource is here.
    fn claims(terraform: &str, id: &str, attributes: serde_json::Value) -> Vec<String> {
        let zone = json!({"id": 9, "name": "example.org"});
        let ip = json!({"id": 8, "ip_address": "192.0.2.8"});
        let others = [("hcloud_zone", "9", &zone), ("hcloud_primary_ip", "8", &ip)];
        let kind = FOREIGN_TYPES.iter().find(|kind| kind.terraform == terraform).unwrap();
        let claims = (kind.claims)(&ForeignObject::new(id, &attributes, &others));
        let shown = claims.into_iter().map(|claim| match claim {
            ForeignClaim::Object { id, .. } => id,
            ForeignClaim::Field { type_token, id, field } => format!("{type_token} {id} {field}"),
            other => panic!("{other:?}"),
        });
        shown.collect()
    }

    #[test]
    fn every_id_becomes_one_of_this_provider() {
        let cases = [
            ("hcloud_server", "42", json!({"name": "web"}), vec!["42"]),
            ("hcloud_network_subnet", "7-10.0.1.0/24", json!({}), vec!["7/10.0.1.0/24"]),
            (
                "hcloud_network_route",
                "7-0.0.0.0/0",
                json!({"gateway": "10.0.1.2"}),
                vec!["7/0.0.0.0/0/10.0.1.2"],
            ),
            ("hcloud_server_network", "42-7", json!({"subnet_id": "7-10.0.1.0/24"}), vec!["42/7"]),
            (
                "hcloud_volume_attachment",
                "5",
                json!({"volume_id": 5, "server_id": 42}),
                vec!["hetzner:volume 5 server"],
            ),
            ("hcloud_load_balancer_service", "3__443", json!({}), vec!["3/443"]),
            (
                "hcloud_load_balancer_target",
                "lb-srv-tgt-42-3",
                json!({"type": "server", "load_balancer_id": 3, "server_id": 42}),
                vec!["3/server/42"],
            ),
            (
                "hcloud_load_balancer_target",
                "lb-label-selector-tgt-aa-3",
                json!({"type": "label_selector", "load_balancer_id": 3, "server_id": 0, "label_selector": "a=b"}),
                vec!["3/label_selector/a=b"],
            ),
            (
                "hcloud_firewall_attachment",
                "6",
                json!({"firewall_id": 6, "server_ids": [42, 43], "label_selectors": ["a"]}),
                vec!["6/42", "6/43", "hetzner:firewall 6 apply_to"],
            ),
            (
                "hcloud_rdns",
                "p-8-192.0.2.8",
                json!({"primary_ip_id": 8}),
                vec!["hetzner:primary_ip 8 dns_ptr"],
            ),
            (
                "hcloud_rdns",
                "s-42-192.0.2.8",
                json!({"server_id": 42, "ip_address": "192.0.2.8"}),
                vec!["hetzner:primary_ip 8 dns_ptr"],
            ),
            ("hcloud_rdns", "s-42-192.0.2.9", json!({"server_id": 42, "ip_address": "192.0.2.9"}), vec![]),
            (
                "hcloud_zone_rrset",
                "@/MX",
                json!({"zone": "example.org", "name": "@", "type": "MX"}),
                vec!["9/@/MX"],
            ),
            ("hcloud_zone_record", "", json!({"zone": "9", "name": "www", "type": "A"}), vec!["9/www/A"]),
            ("hcloud_zone_rrset", "@/MX", json!({"zone": "other.org", "name": "@", "type": "MX"}), vec![]),
            ("hcloud_network_subnet", "7", json!({}), vec![]),
        ];
        for (kind, id, attributes, wanted) in cases {
            assert_eq!(claims(kind, id, attributes), wanted, "{kind} {id}");
        }
    }

    #[test]
    fn keys_name_fields_that_the_types_have() {
        let types = crate::Hetzner::types();
        let attributes = json!({
            "name": "n", "gateway": "g", "load_balancer_id": 1, "server_id": 2, "firewall_id": 3,
            "server_ids": [2], "zone": "9", "type": "server",
        });
        for kind in FOREIGN_TYPES {
            let id = if kind.terraform == "hcloud_load_balancer_service" { "1__80" } else { "1-2" };
            for claim in (kind.claims)(&ForeignObject::new(id, &attributes, &[])) {
                let (token, names) = match &claim {
                    ForeignClaim::Object { type_token, keys, .. } => {
                        (*type_token, keys.iter().map(|(name, _)| *name).collect::<Vec<_>>())
                    }
                    ForeignClaim::Field { type_token, field, .. } => (*type_token, vec![*field]),
                    other => panic!("{other:?}"),
                };
                let mut drivers = types.drivers();
                let driver = drivers.find(|driver| driver.spec().type_token == token).unwrap();
                for name in names {
                    assert!(driver.spec().input(name).is_some(), "{}: {token} has no {name}", kind.terraform);
                }
            }
        }
    }

    use iac_core::Provider as _;
}
