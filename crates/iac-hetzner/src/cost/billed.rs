//! Which prices a resource pays, by its inputs. Knows no prices.

use iac_core::Value;
use iac_core::cost::{Cost, PriceList};

use super::key;

/// A text input that a price depends on, or why there is no price.
fn text<'a>(inputs: &'a Value, field: &str) -> Result<&'a str, Cost> {
    match inputs.get(field) {
        Value::Unknown => Err(Cost::undecided(field)),
        value => value
            .as_str()
            .ok_or_else(|| Cost::unpriced(format!("`{field}` is not given, and the price may depend on it"))),
    }
}

/// Either a price or the reason for none.
fn settled(cost: Result<Cost, Cost>) -> Cost {
    cost.unwrap_or_else(|unpriced| unpriced)
}

/// What has one price for a kind in a place.
fn by_location(
    inputs: &Value,
    prices: &PriceList,
    (kind, place): (&str, &str),
    key: fn(&str, &str) -> String,
) -> Cost {
    settled((|| {
        let (kind, place) = (text(inputs, kind)?, text(inputs, place)?);
        Ok(prices.cost(&key(kind, place), &format!("`{kind}` in {place}")))
    })())
}

/// A server, with its backups and the IPv4 address that comes with it.
pub(crate) fn server(inputs: &Value, prices: &PriceList) -> Cost {
    settled(server_cost(inputs, prices))
}

fn server_cost(inputs: &Value, prices: &PriceList) -> Result<Cost, Cost> {
    let (kind, place) = (text(inputs, "server_type")?, text(inputs, "location")?);
    let mut parts = Vec::new();
    match inputs.get("backups") {
        Value::Unknown => return Err(Cost::undecided("backups")),
        Value::Bool(true) => {
            parts.push((key::backups(kind, place), format!("backups of `{kind}` in {place}")))
        }
        _ => {}
    }
    if brings_ipv4(inputs)? {
        parts.push((key::primary_ip("ipv4", place), format!("an IPv4 address in {place}")));
    }
    let what = format!("`{kind}` in {place}");
    let mut price = prices.get(&key::server(kind, place)).ok_or_else(|| prices.unpriced(&what))?;
    for (key, what) in parts {
        let part = prices.get(&key).ok_or_else(|| prices.unpriced(&what))?;
        price = price.plus(&part).expect("a list has one currency and tax");
    }
    Ok(Cost::monthly(price))
}

/// Whether a server pays for an IPv4 address. One that is a primary IP of its own pays for itself.
fn brings_ipv4(inputs: &Value) -> Result<bool, Cost> {
    let public_net = inputs.get("public_net");
    match (public_net, public_net.get("ipv4")) {
        (Value::Unknown, _) | (_, Value::Unknown) => Err(Cost::undecided("public_net")),
        (_, Value::Bool(false)) => Ok(false),
        _ => Ok(*public_net.get("ipv4_address") == Value::Null),
    }
}

/// A volume, by its size.
pub(crate) fn volume(inputs: &Value, prices: &PriceList) -> Cost {
    let size = match inputs.get("size") {
        Value::Unknown => return Cost::undecided("size"),
        size => size.as_int().and_then(|size| u32::try_from(size).ok()),
    };
    match (size, prices.get(key::VOLUME_GB)) {
        (Some(size), Some(price)) => Cost::monthly(price.times(size)),
        (None, _) => Cost::unpriced("`size` is not given"),
        (_, None) => prices.unpriced("a GB of volume"),
    }
}

/// A load balancer, by its type.
pub(crate) fn load_balancer(inputs: &Value, prices: &PriceList) -> Cost {
    by_location(inputs, prices, ("load_balancer_type", "location"), key::load_balancer)
}

/// A primary IP, by its family.
pub(crate) fn primary_ip(inputs: &Value, prices: &PriceList) -> Cost {
    by_location(inputs, prices, ("ip_type", "location"), key::primary_ip)
}

/// A floating IP, by its family.
pub(crate) fn floating_ip(inputs: &Value, prices: &PriceList) -> Cost {
    by_location(inputs, prices, ("ip_type", "home_location"), key::floating_ip)
}

#[cfg(test)]
mod tests {
    use super::super::prices;
    use super::*;

    fn exact(cost: Cost) -> String {
        match (cost.open(), cost.price()) {
            (Some(why), _) => why,
            (None, Some(price)) => price.amount.exact(),
            (None, None) => "free".into(),
        }
    }

    fn server_with(fields: Vec<(&str, Value)>) -> String {
        let inputs = Value::map([("server_type", Value::from("cx22")), ("location", "nbg1".into())]);
        let inputs = fields.into_iter().fold(inputs, |inputs, (name, value)| inputs.with(name, value));
        exact(server(&inputs, &prices()))
    }

    #[test]
    fn a_server_pays_for_its_backups_and_its_address() {
        assert_eq!(server_with(vec![]), "3.79");
        assert_eq!(server_with(vec![("backups", Value::Bool(true))]), "4.448");
        let net = |name: &'static str, value: Value| vec![("public_net", Value::map([(name, value)]))];
        assert_eq!(server_with(net("ipv4", Value::Bool(false))), "3.29");
        assert_eq!(server_with(net("ipv4_address", "7".into())), "3.29");
        assert_eq!(server_with(net("ipv4_address", Value::Unknown)), "3.29");
    }

    #[test]
    fn what_is_not_known_is_unpriced_with_the_reason() {
        let cases = [
            (vec![("server_type", Value::Unknown)], "`server_type` is only known during the apply"),
            (vec![("backups", Value::Unknown)], "`backups` is only known during the apply"),
            (vec![("location", Value::Null)], "`location` is not given, and the price may depend on it"),
            (vec![("server_type", "cx23".into())], "`cx23` in nbg1 is not in the price list of 2025-08-19"),
        ];
        for (fields, why) in cases {
            assert_eq!(server_with(fields), why);
        }
        let address = Value::map([("ip_type", Value::from("ipv4")), ("home_location", "nbg1".into())]);
        let why = "`ipv4` in nbg1 is not in the price list of 2025-08-19";
        assert_eq!(exact(floating_ip(&address, &prices())), why);
    }

    #[test]
    fn addresses_volumes_and_balancers_go_by_their_own_inputs() {
        let address =
            |family: &str| Value::map([("ip_type", Value::from(family)), ("location", "hel1".into())]);
        assert_eq!(exact(primary_ip(&address("ipv4"), &prices())), "0.50");
        assert_eq!(exact(primary_ip(&address("ipv6"), &prices())), "free");
        let disk = Value::map([("size", Value::Int(50))]);
        assert_eq!(exact(volume(&disk, &prices())), "2.20");
        let balancer = |place: &str| {
            Value::map([("load_balancer_type", Value::from("lb11")), ("location", place.into())])
        };
        assert_eq!(exact(load_balancer(&balancer("fsn1"), &prices())), "5.39");
        assert_eq!(
            exact(load_balancer(&balancer("ash"), &prices())),
            "`lb11` in ash is not in the price list of 2025-08-19"
        );
    }
}
