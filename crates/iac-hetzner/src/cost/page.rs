//! The prices of Hetzner's public page as it was on one day. Knows nothing of later ones.
//!
//! Read from a copy of the page that was taken that day, shown in EUR for "all other" countries, which
//! is without tax: commit `2974b7a` of <https://github.com/fernandobandeira/djinn>, in its folder
//! `harvested/research`. With German tax its 3.29 for a `cx22` is the 3.92 that customers paid.

use std::sync::{Arc, LazyLock};

use iac_core::cost::{Currency, MoneyError, PriceList, Vat};

use super::key;

/// Where the prices of [`prices`] were published.
pub const PRICES_SOURCE: &str = "https://www.hetzner.com/cloud/";
/// The day they were read there.
pub const PRICES_DATE: &str = "2025-08-19";

/// The locations that share a price.
const EUROPE: [&str; 3] = ["fsn1", "nbg1", "hel1"];
const UNITED_STATES: [&str; 2] = ["ash", "hil"];
const SINGAPORE: [&str; 1] = ["sin"];

/// Backups cost so many per cent of the server's price.
const BACKUPS_PER_CENT: &str = "20";
/// An IPv4 address of a server; an IPv6 network costs nothing.
const PRIMARY_IPV4: &str = "0.50";
const VOLUME_GB: &str = "0.044";
const IMAGE_GB: &str = "0.011";
/// The page says "from 5.39", which is the smallest type in Europe. It has no other type.
const LB11_EUROPE: &str = "5.39";
/// Each further TB of outgoing traffic.
const TRAFFIC_TB: &str = "1.00";
const TRAFFIC_TB_SINGAPORE: &str = "7.40";

/// A server type: its price of a month, EUR net, without IPv4, in Europe, the United States and
/// Singapore, and how much outgoing traffic is included there.
struct Row(&'static str, [Option<&'static str>; 3], [u32; 2]);

const fn europe(name: &'static str, price: &'static str) -> Row {
    Row(name, [Some(price), None, None], [20, 0])
}

const fn everywhere(name: &'static str, prices: [&'static str; 3], traffic_tb: [u32; 2]) -> Row {
    let [europe, states, singapore] = prices;
    Row(name, [Some(europe), Some(states), Some(singapore)], traffic_tb)
}

const SERVERS: [Row; 19] = [
    europe("cx22", "3.29"),
    europe("cx32", "6.30"),
    europe("cx42", "15.90"),
    europe("cx52", "31.90"),
    everywhere("cpx11", ["3.85", "4.49", "7.40"], [20, 1]),
    everywhere("cpx21", ["7.05", "8.99", "14.10"], [20, 2]),
    everywhere("cpx31", ["13.10", "15.99", "24.80"], [20, 3]),
    everywhere("cpx41", ["24.70", "29.99", "42.60"], [20, 4]),
    everywhere("cpx51", ["54.40", "59.99", "76.90"], [20, 5]),
    europe("cax11", "3.29"),
    europe("cax21", "5.99"),
    europe("cax31", "11.99"),
    europe("cax41", "23.99"),
    everywhere("ccx13", ["11.99", "12.99", "21.00"], [20, 1]),
    everywhere("ccx23", ["23.99", "25.99", "39.40"], [20, 2]),
    everywhere("ccx33", ["47.99", "49.99", "74.40"], [30, 3]),
    everywhere("ccx43", ["95.99", "99.99", "137.00"], [40, 4]),
    everywhere("ccx53", ["191.99", "199.99", "294.00"], [50, 6]),
    everywhere("ccx63", ["287.99", "299.99", "482.00"], [60, 8]),
];

/// What Hetzner's page said on [`PRICES_DATE`], in EUR without tax. What it did not say (floating IPs,
/// larger load balancers, types that came later) is not in it.
///
/// ```
/// let list = iac_hetzner::prices();
/// let cx22 = list.get("server/cx22/nbg1").expect("it was sold then");
/// assert_eq!((cx22.amount.to_string(), &*cx22.date), ("3.29 EUR".to_owned(), "2025-08-19"));
/// assert!(list.get("server/cx23/nbg1").is_none());
/// ```
pub fn prices() -> Arc<PriceList> {
    static LIST: LazyLock<Arc<PriceList>> =
        LazyLock::new(|| Arc::new(list().expect("the amounts are written here")));
    Arc::clone(&LIST)
}

fn list() -> Result<PriceList, MoneyError> {
    let mut list = PriceList::new(Currency::EUR, Vat::Net, PRICES_SOURCE, PRICES_DATE);
    list.insert(key::VOLUME_GB, VOLUME_GB)?;
    list.insert(key::IMAGE_GB, IMAGE_GB)?;
    for location in EUROPE {
        list.insert(key::load_balancer("lb11", location), LB11_EUROPE)?;
    }
    for location in EUROPE.iter().chain(&UNITED_STATES).chain(&SINGAPORE) {
        list.insert(key::primary_ip("ipv4", location), PRIMARY_IPV4)?;
        list.insert(key::primary_ip("ipv6", location), "0")?;
    }
    for Row(name, [europe, states, singapore], [near_tb, far_tb]) in &SERVERS {
        let places = [
            (EUROPE.as_slice(), europe, near_tb, TRAFFIC_TB),
            (&UNITED_STATES, states, far_tb, TRAFFIC_TB),
            (&SINGAPORE, singapore, far_tb, TRAFFIC_TB_SINGAPORE),
        ];
        for (locations, amount, traffic_tb, further_tb) in places {
            let Some(amount) = amount else { continue };
            for location in locations {
                list = with_server(list, (name, location), amount)?.note(
                    key::server(name, location),
                    format!("{traffic_tb} TB of traffic included, then {further_tb} EUR for each TB"),
                );
            }
        }
    }
    Ok(list)
}

fn with_server(list: PriceList, (name, place): (&str, &str), amount: &str) -> Result<PriceList, MoneyError> {
    super::live::with_server(list, (name, place), amount, BACKUPS_PER_CENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_the_price_of_its_place() {
        let list = prices();
        let amount = |key: &str| list.get(key).map(|price| price.amount.exact());
        assert_eq!(amount("server/cpx41/fsn1").as_deref(), Some("24.70"));
        assert_eq!(amount("server/cpx41/hil").as_deref(), Some("29.99"));
        assert_eq!(amount("server/cpx41/sin").as_deref(), Some("42.60"));
        assert_eq!(amount("server/cx22/ash"), None);
        assert_eq!(amount("backups/cx22/nbg1").as_deref(), Some("0.658"));
        assert_eq!(amount("load_balancer/lb21/nbg1"), None);
        assert_eq!(amount("floating_ip/ipv4/nbg1"), None);
        let note = list.get("server/ccx53/sin").unwrap().note.unwrap();
        assert_eq!(&*note, "6 TB of traffic included, then 7.40 EUR for each TB");
    }
}
