//! What the resources cost, and where that stands. Asks nobody.
//!
//! Cloudflare sells plans: most objects cost nothing by themselves, and usage above a plan's share is
//! charged. The API gives no prices. What the free plans include was read from a list of
//! [`PRICES_DATE`] that quotes the vendor's pages,
//! <https://eastondev.com/blog/en/posts/dev/20260526-cloudflare-free-limits-en/>.

use std::sync::{Arc, LazyLock};

use iac_core::Value;
use iac_core::cost::{Cost, Currency, PriceList, Vat};

/// Where the shares of the free plans stand.
pub const PRICES_SOURCE: &str = "https://www.cloudflare.com/plans/";
/// The day of that page.
pub const PRICES_DATE: &str = "2026-05-26";

/// What costs nothing by itself: the key in the list, and what is included or comes on top by use.
const FREE: &[(&str, &str)] = &[
    ("zone", "on the free plan"),
    ("DNS record", "within the number of records that the zone's plan has"),
    ("zone setting", "where the zone's plan lets it be changed"),
    ("DNSSEC", "on every plan"),
    // Rules and credentials.
    ("ruleset", "within the number of rules that the plan has"),
    ("list", "within the number of lists and items that the plan has"),
    ("origin certificate", "on every plan"),
    ("Turnstile widget", "within the number of widgets that the plan has"),
    ("API token", "on every plan"),
    // Workers.
    ("Worker", "on the free plan: 100,000 requests a day"),
    ("Worker route", "included in Workers"),
    ("Worker domain", "included in Workers, with its certificate"),
    ("Worker secret", "included in Workers"),
    ("KV namespace", "on the free plan: 1 GB, 100,000 reads and 1,000 writes a day for the account"),
    ("KV entry", "on the free plan: counts to the account's 1 GB"),
    // Storage and sites.
    ("R2 custom domain", "included in R2, with its certificate"),
    ("Pages project", "on the free plan: 500 builds a month for the account"),
    ("Pages domain", "included in Pages, with its certificate"),
    ("Pages deployment", "on the free plan: 20,000 files; visits to static files are not counted"),
];

/// The vendor's list: what costs nothing, each with what is included. What is sold by contract is not
/// in it.
///
/// ```
/// let list = iac_cloudflare::prices();
/// let zone = list.get("zone").expect("zones are on the free plan");
/// assert_eq!((zone.amount.to_string(), &*zone.source), ("0.00 USD".to_owned(), iac_cloudflare::PRICES_SOURCE));
/// ```
pub fn prices() -> Arc<PriceList> {
    static LIST: LazyLock<Arc<PriceList>> = LazyLock::new(|| {
        let empty = PriceList::new(Currency::USD, Vat::Net, PRICES_SOURCE, PRICES_DATE);
        let with = |list: PriceList, (key, note): &(&str, &str)| {
            list.price(*key, "0").expect("zero is an amount").note(*key, *note)
        };
        Arc::new(FREE.iter().fold(empty, with))
    });
    Arc::clone(&LIST)
}

/// What `key` costs: nothing, if the list says so.
pub(crate) fn of(prices: &PriceList, key: &str) -> Cost {
    prices.cost(key, &format!("a {key}"))
}

/// A bucket costs nothing by itself; 10 GB of objects a month are free, and then each GB and many
/// operations cost (<https://developers.cloudflare.com/r2/pricing/>).
pub(crate) fn r2_bucket() -> Cost {
    Cost::unpriced("objects beyond 10 GB, and operations beyond the free share, are charged by use")
}

/// A zone is made on the free plan. Other kinds of zones need a plan whose price depends on the
/// contract.
pub(crate) fn zone(inputs: &Value, prices: &PriceList) -> Cost {
    if *inputs.get("zone_type") == Value::Unknown {
        return Cost::undecided("zone_type");
    }
    match inputs.get("zone_type").as_str() {
        None | Some("full") => of(prices, "zone"),
        Some(other) => {
            Cost::unpriced(format!("a `{other}` zone needs a Business or Enterprise plan, sold by contract"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DnsRecord, Zone};
    use iac_core::Resource as _;

    #[test]
    fn what_is_free_says_so_and_what_is_sold_by_contract_has_no_price() {
        let list = prices();
        assert_eq!(Zone::cost(&Value::map([("zone_type", "full".into())]), &list), Cost::Free);
        assert_eq!(DnsRecord::cost(&Value::Unknown, &list), Cost::Free);
        let undecided = Zone::cost(&Value::map([("zone_type", Value::Unknown)]), &list);
        assert_eq!(undecided, Cost::undecided("zone_type"));
        let partial = Zone::cost(&Value::map([("zone_type", "partial".into())]), &list);
        assert!(partial.open().unwrap().contains("sold by contract"), "{partial:?}");
        // A list that does not know it gives no price, not zero.
        let empty = PriceList::new(Currency::USD, Vat::Net, PRICES_SOURCE, PRICES_DATE);
        assert!(DnsRecord::cost(&Value::Unknown, &empty).open().is_some());
    }
}
