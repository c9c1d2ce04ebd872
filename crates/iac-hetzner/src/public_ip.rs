//! What primary and floating IPs share: the address family and the reverse DNS name.
//! Knows nothing of how either is assigned.

use std::net::Ipv6Addr;

use iac_core::{Cx, FieldType, Result};
use serde::{Deserialize, Serialize};

use crate::client::Hetzner;
use crate::dns_name;
use crate::verb::{self, Noun};

/// The family of an IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, FieldType)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum IpType {
    /// One IPv4 address.
    Ipv4,
    /// A /64 network of IPv6 addresses.
    Ipv6,
}

/// One reverse DNS entry as the API writes it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct DnsPtr {
    pub(crate) ip: String,
    pub(crate) dns_ptr: String,
}

/// The address whose reverse name a resource manages: the address itself, or the first host (`::1`)
/// of an IPv6 network.
pub(crate) fn pointer_address(ip: &str) -> String {
    let address = ip.split_once('/').map_or(ip, |(address, _)| address);
    match address.parse::<Ipv6Addr>() {
        Ok(network) => Ipv6Addr::from_bits(network.to_bits() | 1).to_string(),
        Err(_) => address.to_owned(),
    }
}

/// The reverse name that the API has for [`pointer_address`].
pub(crate) fn pointer(ip: &str, entries: &[DnsPtr]) -> Option<String> {
    let wanted = pointer_address(ip);
    entries.iter().find(|entry| pointer_address(&entry.ip) == wanted).map(|entry| entry.dns_ptr.clone())
}

#[derive(Serialize)]
struct ChangeDnsPtr<'a> {
    ip: String,
    dns_ptr: Option<&'a str>,
}

/// Sets the reverse name of [`pointer_address`]; `None` resets it to the vendor's.
pub(crate) async fn set_pointer<T: Noun>(
    cx: &Cx<'_, Hetzner>,
    id: &str,
    ip: &str,
    name: Option<&str>,
) -> Result<()> {
    let body = ChangeDnsPtr { ip: pointer_address(ip), dns_ptr: name };
    verb::command::<T>(cx, id, "change_dns_ptr", &body).await
}

/// A rule for the field `dns_ptr`.
pub(crate) fn pointer_rule(name: &str) -> Option<String> {
    dns_name::fault_of(name).map(|fault| format!("the reverse name {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_named_by_its_first_host() {
        assert_eq!(pointer_address("203.0.113.7"), "203.0.113.7");
        assert_eq!(pointer_address("2001:db8:1:2::/64"), "2001:db8:1:2::1");
        assert_eq!(pointer_address("2001:DB8::1"), "2001:db8::1");
    }

    #[test]
    fn the_entry_of_the_managed_address_is_found() {
        let entries = [("2001:db8::9", "nine.example.org"), ("2001:db8::1", "one.example.org")]
            .map(|(ip, dns_ptr)| DnsPtr { ip: ip.into(), dns_ptr: dns_ptr.into() });
        assert_eq!(pointer("2001:db8::/64", &entries).as_deref(), Some("one.example.org"));
        assert_eq!(pointer("2001:db9::/64", &entries), None);
    }
}
