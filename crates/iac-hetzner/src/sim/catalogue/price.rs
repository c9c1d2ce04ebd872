//! Owns how prices are shown. Knows no product.
use serde_json::{Value, json};

const TEN_THOUSANDTHS: u64 = 10_000;
/// German value added tax, which an account without a VAT id pays.
const GROSS_PER_CENT: u64 = 119;
/// A month is billed as at most this many hours.
const HOURS_PER_MONTH: u64 = 624;
const TERABYTE: u64 = 1 << 40;

/// An amount of euros, in ten-thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money(pub(crate) u64);

impl Money {
    /// Whole cents.
    pub(crate) const fn cents(cents: u64) -> Self {
        Self(cents * 100)
    }

    /// The same in per cent of it.
    pub(crate) const fn per_cent(self, per_cent: u64) -> Self {
        Self(self.0 * per_cent / 100)
    }

    /// What an hour costs when this is the price of a month.
    pub(crate) const fn hourly(self) -> Self {
        Self(self.0.div_ceil(HOURS_PER_MONTH))
    }

    /// `{"net": "3.7900", "gross": "4.5101"}`.
    pub(crate) fn view(self) -> Value {
        let text = |amount: u64| format!("{}.{:04}", amount / TEN_THOUSANDTHS, amount % TEN_THOUSANDTHS);
        json!({ "net": text(self.0), "gross": text(self.0 * GROSS_PER_CENT / 100) })
    }
}

/// The prices of a product in one location, from its price of a month in Germany.
///
/// Approximate: the surcharges and volumes of traffic are those of Hetzner's price list of
/// November 2025, rounded.
pub(crate) fn place_prices(location: &str, monthly_in_germany: Money) -> Value {
    let (per_cent, terabytes, traffic) = match location {
        "ash" | "hil" => (120, 1, Money::cents(100)),
        "sin" => (170, 1, Money::cents(740)),
        _ => (100, 20, Money::cents(100)),
    };
    let monthly = monthly_in_germany.per_cent(per_cent);
    json!({
        "location": location,
        "price_hourly": monthly.hourly().view(),
        "price_monthly": monthly.view(),
        "included_traffic": terabytes * TERABYTE,
        "price_per_tb_traffic": traffic.view(),
    })
}
