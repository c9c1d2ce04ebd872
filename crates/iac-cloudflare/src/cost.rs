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
    // Rules and credentials.
    // Workers.
    ("worker_script", "on the free plan: 100,000 requests a day"),
    ("worker_route", "included in Workers"),
    ("worker_domain", "included in Workers, with its certificate"),
    ("worker_secret", "included in Workers"),
    ("kv_namespace", "on the free plan: 1 GB, 100,000 reads and 1,000 writes a day for the account"),
    ("kv_entry", "on the free plan: counts to the account's 1 GB"),
    // Storage and sites.
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

/// A zone is made on the free plan. Other kinds of zones need a plan whose price depends on the
/// contract.
pub(crate) fn zone(inputs: &Value, prices: &PriceList) -> Cost {
    match inputs.get("zone_type").as_str() {
        None | Some("full") => of(prices, "zone"),
        Some(other) => {
            Cost::unpriced(format!("a `{other}` zone needs a Business or Enterprise plan, sold by contract"))
        }
    }
}

/// A Worker is on the free plan. What only the paid one has costs a fee that the whole account shares,
/// and more by use.
pub(crate) fn worker(inputs: &Value, prices: &PriceList) -> Cost {
    let given = |field: &str| !matches!(inputs.get(field), Value::Null | Value::Bool(false));
    match ["cpu_ms_max", "logpush", "tail_consumers"].into_iter().find(|field| given(field)) {
        None => of(prices, "worker_script"),
        Some(field) => Cost::unpriced(format!(
            "`{field}` needs the Workers Paid plan, whose fee is one for all Workers of the account"
        )),
    }
}
