//! From the API's server to inputs and outputs, and waiting until it is worth reading.
//! Changes nothing.

use std::net::Ipv6Addr;

use iac_core::{Cx, ErrorKind, Id, Observed, Result};
use iac_http::{Polled, WaitOptions, poll_until};

use super::{PublicNet, Server, ServerInputs, ServerNetwork, ServerOutputs};
use crate::client::Hetzner;
use crate::wire::ServerStatus;
use crate::{label, verb, wire};

/// Reads a server once it is in a state that lasts: after a crash it can still be under
/// construction.
pub(super) async fn settled(cx: &Cx<'_, Hetzner>, id: &str) -> Result<Option<wire::Server>> {
    let options = WaitOptions::new(format!("server {id}"))
        .interval(cx.client().poll_interval)
        .interval_max(cx.client().poll_interval_max)
        .wait_max(cx.deadline().saturating_duration_since(tokio::time::Instant::now()))
        .deadline(cx.deadline());
    poll_until(&options, || async {
        let Some(server) = verb::get::<wire::Server>(cx, id).await? else { return Ok(Polled::Ready(None)) };
        if !server.status.is_transient() {
            return Ok(Polled::Ready(Some(server)));
        }
        let status = server.status.as_str();
        cx.progress(format!("server {} is {status}", server.name), None);
        Ok(Polled::pending_in(status))
    })
    .await
}

/// Reads a server for the engine, after what runs on it.
pub(super) async fn read(cx: &Cx<'_, Hetzner>, id: &str) -> Result<Option<wire::Server>> {
    match settled(cx, id).await? {
        Some(server) if server.locked => {
            // Whether the action succeeds is not the reader's concern; the server is what it is.
            match verb::settle::<wire::Server>(cx, id).await {
                Err(error) if error.kind() == ErrorKind::Timeout => return Err(error),
                _ => {}
            }
            settled(cx, id).await
        }
        server => Ok(server),
    }
}

pub(super) fn outputs(server: &wire::Server) -> ServerOutputs {
    let public = &server.public_net;
    let address = |id: Option<u64>| id.map(wire::id);
    ServerOutputs {
        name: server.name.clone(),
        status: server.status.as_str().to_owned(),
        ipv4: public.ipv4.as_ref().map(|address| address.ip.clone()),
        ipv6: public.ipv6.as_ref().map(|network| first_address(&network.ip)),
        ipv6_network: public.ipv6.as_ref().map(|network| network.ip.clone()),
        private_ip: server.private_net.first().map(|net| net.ip.clone()),
        private_ips: server.private_net.iter().map(|net| (net.network.to_string(), net.ip.clone())).collect(),
        ipv4_id: address(public.ipv4.as_ref().and_then(|address| address.id)),
        ipv6_id: address(public.ipv6.as_ref().and_then(|network| network.id)),
        location: server.location.name.clone(),
    }
}

/// `2001:db8::/64` -> `2001:db8::1`, the address that the vendor's images configure.
fn first_address(network: &str) -> String {
    let address = network.split_once('/').map_or(network, |(address, _)| address);
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Ipv6Addr::from_bits(address.to_bits() | 1).to_string(),
        Err(_) => address.to_owned(),
    }
}

pub(super) fn observed(server: wire::Server) -> Observed<Server> {
    let outputs = outputs(&server);
    let public = &server.public_net;
    let image = image(&server);
    let inputs = ServerInputs {
        name: Some(server.name),
        server_type: server.server_type.name,
        image,
        location: Some(server.location.name),
        ssh_keys: Vec::new(),
        user_data: None,
        firewalls: Some(public.firewalls.iter().map(|firewall| wire::id(firewall.id)).collect()),
        placement_group: server.placement_group.map(|group| wire::id(group.id)),
        networks: Some(server.private_net.iter().map(network).collect()),
        public_net: Some(PublicNet {
            ipv4: public.ipv4.is_some(),
            ipv6: public.ipv6.is_some(),
            ipv4_address: outputs.ipv4_id.clone(),
            ipv6_address: outputs.ipv6_id.clone(),
        }),
        backups: server.backup_window.is_some(),
        delete_protection: server.protection.delete,
        start_after_create: server.status != ServerStatus::Off,
        keep_disk: false,
        labels: label::stripped(server.labels),
    };
    Observed::new(wire::id(server.id), inputs, outputs)
}

/// The image as the program named it; for a server of another origin its name, or its id.
fn image(server: &wire::Server) -> String {
    if let Some(image) = label::noted_image(&server.labels) {
        return image.to_owned();
    }
    let image = server.image.as_ref();
    image.map(|image| image.name.clone().unwrap_or_else(|| image.id.to_string())).unwrap_or_default()
}

fn network(net: &wire::PrivateNet) -> ServerNetwork {
    ServerNetwork {
        network: Id::new(net.network.to_string()),
        ip: Some(net.ip.clone()),
        alias_ips: net.alias_ips.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_a_network() {
        assert_eq!(first_address("2001:db8:1:2::/64"), "2001:db8:1:2::1");
        assert_eq!(first_address("nonsense/64"), "nonsense");
    }

    #[test]
    fn a_server_is_read_into_inputs_and_outputs() {
        let server: wire::Server = serde_json::from_value(serde_json::json!({
            "id": 42, "name": "web", "status": "running",
            "public_net": {
                "ipv4": {"id": 7, "ip": "1.2.3.4", "blocked": false, "dns_ptr": "x"},
                "ipv6": null, "floating_ips": [], "firewalls": [{"id": 3, "status": "applied"}],
            },
            "private_net": [{"network": 5, "ip": "10.0.1.2", "alias_ips": [], "mac_address": "86:00:ff"}],
            "server_type": {"id": 1, "name": "cx22"}, "location": {"id": 1, "name": "nbg1"},
            "image": {"id": 9, "name": null}, "backup_window": "22-02",
            "protection": {"delete": true, "rebuild": true},
            "labels": {"role": "web", "iac-token": "0"}, "placement_group": null,
        }))
        .unwrap();
        let observed = observed(server);
        assert_eq!(observed.id.as_str(), "42");
        assert_eq!(observed.outputs.private_ip.as_deref(), Some("10.0.1.2"));
        assert_eq!((observed.outputs.ipv4.as_deref(), observed.outputs.ipv6), (Some("1.2.3.4"), None));
        assert_eq!(observed.inputs.image, "9");
        assert!(observed.inputs.backups && observed.inputs.delete_protection);
        assert_eq!(observed.inputs.labels.len(), 1);
        let public_net = observed.inputs.public_net.unwrap();
        assert!(public_net.ipv4 && !public_net.ipv6);
        assert_eq!(public_net.ipv4_address, Some(Id::new("7")));
    }
}
