//! Owns the price list of everything. The products' own prices are the catalogue's.
use super::catalogue::{LOAD_BALANCER_TYPES, LOCATIONS, LoadBalancerType, Money, SERVER_TYPES};
use super::cloud::HetznerSim;
use super::error::Answer;
use super::routes::Routes;
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Value, json};

/// Approximate, from Hetzner's price list of November 2025; a month in Germany, net.
const PRIMARY_IPV4: Money = Money::cents(50);
const PRIMARY_IPV6: Money = Money::cents(0);
const FLOATING_IPV4: Money = Money::cents(300);
const FLOATING_IPV6: Money = Money::cents(100);
/// In ten-thousandths of a euro for a gigabyte.
const IMAGE_GB: Money = Money(110);
const VOLUME_GB: Money = Money(440);

/// The route of the price list.
pub(crate) fn routes(routes: Routes) -> Routes {
    routes.route("GET /pricing", pricing)
}

fn pricing(sim: &mut HetznerSim, _: &SimRequest, _: &Params) -> Answer {
    let of_type = |view: Value| json!({ "id": view["id"], "name": view["name"], "prices": view["prices"] });
    let server_types: Vec<Value> =
        SERVER_TYPES.iter().map(|server_type| of_type(server_type.view(&sim.config.sold_out))).collect();
    let balancer_types: Vec<Value> =
        LOAD_BALANCER_TYPES.iter().map(LoadBalancerType::view).map(of_type).collect();
    let pricing = json!({
        "currency": "EUR",
        "vat_rate": "19.000000",
        "image": { "price_per_gb_month": IMAGE_GB.view() },
        "volume": { "price_per_gb_month": VOLUME_GB.view() },
        "server_backup": { "percentage": "20.0000000000" },
        "floating_ip": { "price_monthly": FLOATING_IPV4.view() },
        "floating_ips": [
            { "type": "ipv4", "prices": by_location(FLOATING_IPV4, false) },
            { "type": "ipv6", "prices": by_location(FLOATING_IPV6, false) },
        ],
        "primary_ips": [
            { "type": "ipv4", "prices": by_location(PRIMARY_IPV4, true) },
            { "type": "ipv6", "prices": by_location(PRIMARY_IPV6, true) },
        ],
        "server_types": server_types,
        "load_balancer_types": balancer_types,
    });
    Ok(SimResponse::json(200, json!({ "pricing": pricing })))
}

fn by_location(monthly: Money, with_hourly: bool) -> Vec<Value> {
    let price = |location: &str| {
        let mut price = json!({ "location": location, "price_monthly": monthly.view() });
        if with_hourly {
            price["price_hourly"] = monthly.hourly().view();
        }
        price
    };
    LOCATIONS.iter().map(|location| price(location.name)).collect()
}
