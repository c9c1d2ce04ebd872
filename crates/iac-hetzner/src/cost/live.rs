//! The prices of `GET /pricing`. Knows nothing of who pays them.

use iac_core::cost::{Currency, Money, MoneyError, PriceList, Vat};
use iac_core::{Error, Result};
use iac_http::Client;
use serde::Deserialize;

use super::key;

/// The path of the price list.
const PATH: &str = "/pricing";
/// Bytes in the unit that the API counts included traffic in.
const TEBIBYTE: u64 = 1 << 40;

#[derive(Debug, Deserialize)]
struct Answer {
    pricing: Pricing,
}

#[derive(Debug, Deserialize)]
struct Pricing {
    currency: String,
    primary_ips: Vec<Family>,
    floating_ips: Vec<Family>,
    image: PerGb,
    volume: PerGb,
    server_backup: Backup,
    server_types: Vec<Kind>,
    load_balancer_types: Vec<Kind>,
}

#[derive(Debug, Deserialize)]
struct Family {
    #[serde(rename = "type")]
    family: String,
    prices: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    name: String,
    prices: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Place {
    location: String,
    price_monthly: Amount,
    included_traffic: Option<u64>,
    price_per_tb_traffic: Option<Amount>,
}

#[derive(Debug, Deserialize)]
struct PerGb {
    price_per_gb_month: Amount,
}

#[derive(Debug, Deserialize)]
struct Backup {
    percentage: String,
}

#[derive(Debug, Deserialize)]
struct Amount {
    net: String,
}

/// Asks for the net prices of today.
pub(crate) async fn read(http: &Client, today: &str) -> Result<PriceList> {
    let answer = http.get(PATH).send::<Answer>().await?.into_body();
    let source = format!("{}{PATH}", http.base_url());
    list(&answer.pricing, source, today).map_err(|error| {
        Error::internal(format!("the price list cannot be read: {error}"))
            .operation(format!("GET {PATH}"))
            .hint("leave out the live prices, and report this as a defect of the provider crate")
    })
}

fn list(pricing: &Pricing, source: String, today: &str) -> std::result::Result<PriceList, MoneyError> {
    let currency: Currency = pricing.currency.parse()?;
    let mut list = PriceList::new(currency, Vat::Net, source, today);
    list.insert(key::VOLUME_GB, &pricing.volume.price_per_gb_month.net)?;
    list.insert(key::IMAGE_GB, &pricing.image.price_per_gb_month.net)?;
    for (families, key) in [
        (&pricing.primary_ips, key::primary_ip as fn(&str, &str) -> String),
        (&pricing.floating_ips, key::floating_ip),
    ] {
        for family in families {
            for place in &family.prices {
                list.insert(key(&family.family, &place.location), &place.price_monthly.net)?;
            }
        }
    }
    for kind in &pricing.load_balancer_types {
        for place in &kind.prices {
            let key = key::load_balancer(&kind.name, &place.location);
            list.insert(&*key, &place.price_monthly.net)?;
            list = noted(list, key, place, currency)?;
        }
    }
    for kind in &pricing.server_types {
        for place in &kind.prices {
            let at = (kind.name.as_str(), place.location.as_str());
            list = with_server(list, at, &place.price_monthly.net, &pricing.server_backup.percentage)?;
            list = noted(list, key::server(&kind.name, &place.location), place, currency)?;
        }
    }
    Ok(list)
}

/// Adds the price of a server type in a place, and of its backups.
pub(super) fn with_server(
    mut list: PriceList,
    (name, place): (&str, &str),
    amount: &str,
    backups_per_cent: &str,
) -> std::result::Result<PriceList, MoneyError> {
    let backups = Money::parse(amount, list.currency())?.per_cent(backups_per_cent)?;
    list.insert(key::server(name, place), amount)?;
    list.insert(key::backups(name, place), &backups.exact())?;
    Ok(list)
}

fn noted(
    list: PriceList,
    key: String,
    place: &Place,
    currency: Currency,
) -> std::result::Result<PriceList, MoneyError> {
    let (Some(bytes), Some(further)) = (place.included_traffic, &place.price_per_tb_traffic) else {
        return Ok(list);
    };
    let further = Money::parse(&further.net, currency)?;
    let included = bytes / TEBIBYTE;
    Ok(list.note(key, format!("{included} TiB of traffic included, then {further} for each TB")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(currency: &str, net: &str) -> Pricing {
        let amount = serde_json::json!({ "net": net, "gross": "9.0000" });
        let gb = serde_json::json!({ "price_per_gb_month": amount });
        let place = serde_json::json!([{ "location": "nbg1", "price_hourly": amount, "price_monthly": amount,
            "included_traffic": 21_990_232_555_520_u64, "price_per_tb_traffic": amount }]);
        let body = serde_json::json!({
            "currency": currency, "vat_rate": "19.00", "image": gb, "volume": gb,
            "server_backup": { "percentage": "20.0000000000" },
            "primary_ips": [{ "type": "ipv4", "prices": place }],
            "floating_ips": [{ "type": "ipv6", "prices": place }],
            "server_types": [{ "id": 1, "name": "cx23", "prices": place }],
            "load_balancer_types": [{ "id": 1, "name": "lb11", "prices": place }],
            "floating_ip": { "price_monthly": amount },
        });
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn every_price_is_read_exactly() {
        let list = list(&answer("USD", "3.9900000000"), "the API".into(), "2026-11-21").unwrap();
        for key in ["server/cx23/nbg1", "load_balancer/lb11/nbg1", "primary_ip/ipv4/nbg1", "volume/gb"] {
            assert_eq!(list.get(key).unwrap().amount, "3.99 USD".parse().unwrap(), "{key}");
        }
        assert_eq!(list.get("backups/cx23/nbg1").unwrap().amount.exact(), "0.798");
        assert_eq!(list.get("floating_ip/ipv6/nbg1").unwrap().amount.exact(), "3.99");
        let note = list.get("server/cx23/nbg1").unwrap().note.unwrap();
        assert_eq!(&*note, "20 TiB of traffic included, then 3.99 USD for each TB");
        assert_eq!((list.date(), list.vat()), ("2026-11-21", Vat::Net));
    }

    #[test]
    fn an_amount_that_is_none_is_refused() {
        assert!(list(&answer("EUR", "-1"), String::new(), "").is_err());
        assert!(list(&answer("Euro", "1"), String::new(), "").is_err());
    }
}
