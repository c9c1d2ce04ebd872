//! Owns addresses: public ones in the order of their giving, private ones inside networks. Knows
//! no objects.
use super::error::invalid_input;
use iac_testkit::sim::SimResponse;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// RFC 2544's range for benchmarks: never a real machine's, and larger than any test.
const PUBLIC_IPV4_FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The ranges in which private networks must lie (RFC 1918).
const PRIVATE_RANGES: [(Ipv4Addr, u8); 3] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// Reserved by Hetzner for the gateway of public interfaces.
pub(crate) const RESERVED_GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 31, 1, 1);

/// The public IPv4 address of this number.
pub(crate) fn public_ipv4(number: u64) -> Ipv4Addr {
    let offset = u32::try_from(number).unwrap_or(u32::MAX);
    Ipv4Addr::from_bits(PUBLIC_IPV4_FIRST.to_bits().saturating_add(offset))
}

/// The public IPv6 network (a /64 of the documentation range) of this number.
pub(crate) fn public_ipv6(number: u64) -> String {
    let [high, low] = [number >> 16, number].map(|part| u16::try_from(part & 0xFFFF).unwrap_or(0));
    format!("{}/64", Ipv6Addr::new(0x2001, 0xDB8, high, low.wrapping_add(1), 0, 0, 0, 0))
}

/// The name that a public IPv4 address has until it gets another.
pub(crate) fn default_dns_ptr(address: Ipv4Addr) -> String {
    let [a, b, c, d] = address.octets();
    format!("static.{d}.{c}.{b}.{a}.clients.your-server.de")
}

/// The hardware address of a private interface.
pub(crate) fn mac_address(number: u64) -> String {
    let [.., a, b, c] = number.to_be_bytes();
    format!("86:00:00:{a:02x}:{b:02x}:{c:02x}")
}

/// A network in CIDR notation without host bits.
pub(crate) fn network(field: &str, text: &str) -> Result<IpNet, SimResponse> {
    let network: IpNet =
        text.parse().map_err(|_| invalid_input(field, format!("'{text}' is not a valid CIDR network")))?;
    if network.trunc() != network {
        return Err(invalid_input(field, format!("'{text}' has host bits set")));
    }
    Ok(network)
}

/// An IPv4 network in CIDR notation without host bits.
pub(crate) fn ipv4_network(field: &str, text: &str) -> Result<Ipv4Net, SimResponse> {
    match network(field, text)? {
        IpNet::V4(network) => Ok(network),
        IpNet::V6(_) => Err(invalid_input(field, "must be an IPv4 network")),
    }
}

/// An IPv4 address.
pub(crate) fn ipv4(field: &str, text: &str) -> Result<Ipv4Addr, SimResponse> {
    text.parse().map_err(|_| invalid_input(field, format!("'{text}' is not a valid IPv4 address")))
}

/// Any address.
pub(crate) fn ip(field: &str, text: &str) -> Result<IpAddr, SimResponse> {
    text.parse().map_err(|_| invalid_input(field, format!("'{text}' is not a valid IP address")))
}

/// Whether a network lies in a range for private use.
pub(crate) fn is_private(network: Ipv4Net) -> bool {
    PRIVATE_RANGES
        .iter()
        .any(|(address, prefix)| Ipv4Net::new(*address, *prefix).is_ok_and(|range| range.contains(&network)))
}

/// Whether two networks share addresses.
pub(crate) fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// The gateway of a network: its first host.
pub(crate) fn gateway(ip_range: Ipv4Net) -> Ipv4Addr {
    Ipv4Addr::from_bits(ip_range.network().to_bits().saturating_add(1))
}

/// Whether an address of a subnet can be a host's.
pub(crate) fn is_usable(address: Ipv4Addr, subnet: Ipv4Net, ip_range: Ipv4Net) -> bool {
    subnet.contains(&address)
        && address != subnet.network()
        && address != subnet.broadcast()
        && address != gateway(ip_range)
        && address != RESERVED_GATEWAY
}

/// The lowest usable address of a subnet that nobody has.
pub(crate) fn first_free(subnet: Ipv4Net, ip_range: Ipv4Net, taken: &[Ipv4Addr]) -> Option<Ipv4Addr> {
    subnet.hosts().find(|address| is_usable(*address, subnet, ip_range) && !taken.contains(address))
}

/// The first free /24 of a network (or the whole network when it is smaller).
pub(crate) fn first_free_subnet(ip_range: Ipv4Net, taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    const SUBNET_PREFIX_DEFAULT: u8 = 24;
    let prefix = SUBNET_PREFIX_DEFAULT.max(ip_range.prefix_len());
    let mut subnets = ip_range.subnets(prefix).ok()?;
    subnets.find(|subnet| !taken.iter().any(|other| overlap(*subnet, *other)))
}
