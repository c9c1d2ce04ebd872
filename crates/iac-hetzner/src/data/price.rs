//! Prices as the API lists them, by location. Knows nothing of what they are the price of.

use iac_core::FieldType;
use serde::{Deserialize, Serialize};

/// What something costs in one location, in the currency of the account. Amounts are decimal
/// texts, so that nothing is rounded; `net` is without VAT, `gross` with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, FieldType)]
#[non_exhaustive]
pub struct LocationPrice {
    /// The location.
    pub location: String,
    /// For an hour, net.
    pub hourly_net: String,
    /// For an hour, gross.
    pub hourly_gross: String,
    /// For a month at most, net.
    pub monthly_net: String,
    /// For a month at most, gross.
    pub monthly_gross: String,
    /// Outgoing traffic of a month that costs nothing, in bytes.
    pub included_traffic_bytes: Option<u64>,
    /// For each further terabyte of outgoing traffic, net.
    pub traffic_tb_net: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PriceBody {
    location: String,
    price_hourly: Amount,
    price_monthly: Amount,
    included_traffic: Option<u64>,
    price_per_tb_traffic: Option<Amount>,
}

#[derive(Debug, Deserialize)]
struct Amount {
    net: String,
    gross: String,
}

impl PriceBody {
    pub(super) fn into_price(self) -> LocationPrice {
        LocationPrice {
            location: self.location,
            hourly_net: self.price_hourly.net,
            hourly_gross: self.price_hourly.gross,
            monthly_net: self.price_monthly.net,
            monthly_gross: self.price_monthly.gross,
            included_traffic_bytes: self.included_traffic,
            traffic_tb_net: self.price_per_tb_traffic.map(|price| price.net),
        }
    }
}
