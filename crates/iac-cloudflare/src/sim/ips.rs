//! Owns the list of networks that origins are reached from. Knows no account.
use super::answer::{Answer, ok};
use super::cloud::CloudflareSim;
use super::routes::Routes;
use iac_testkit::sim::{Params, SimRequest};
use serde_json::json;

/// The list as it was published on <https://www.cloudflare.com/ips/>.
const IPV4: [&str; 15] = [
    "173.245.48.0/20",
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "141.101.64.0/18",
    "108.162.192.0/18",
    "190.93.240.0/20",
    "188.114.96.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
    "162.158.0.0/15",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "172.64.0.0/13",
    "131.0.72.0/22",
];
const IPV6: [&str; 7] = [
    "2400:cb00::/32",
    "2606:4700::/32",
    "2803:f800::/32",
    "2405:b500::/32",
    "2405:8100::/32",
    "2a06:98c0::/29",
    "2c0f:f248::/32",
];
/// Stands for the partner's networks, which are of no use to a simulator.
const JD_CLOUD: [&str; 1] = ["198.51.100.0/24"];

pub(super) fn routes(router: Routes) -> Routes {
    router.route("GET /ips", list)
}

fn list(_: &mut CloudflareSim, request: &SimRequest, _: &Params) -> Answer {
    let mut result =
        json!({ "ipv4_cidrs": IPV4, "ipv6_cidrs": IPV6, "etag": "38f79d050aa027e3be3865e495dcc9bc" });
    if request.query("networks") == Some("jdcloud") {
        result["jdcloud_cidrs"] = json!(JD_CLOUD);
    }
    ok(result)
}
