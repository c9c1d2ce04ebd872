//! Owns the list of what the published description does not say, or no longer says. Knows no
//! description and compares nothing.

const NO_DATACENTERS: &str = "datacenters are gone since 2026-10-01: `location` takes their place";
const DEFAULTS: &str = "the official client leaves these out, and the API fills them in";
const ADD_SERVICE: &str = "POST /load_balancers/{id}/actions/add_service";

const DEVIATIONS: [(&str, &str, &str); 17] = [
    ("GET /servers", "/response/servers/*/datacenter", NO_DATACENTERS),
    ("POST /servers", "/response/server/datacenter", NO_DATACENTERS),
    ("GET /servers/{id}", "/response/server/datacenter", NO_DATACENTERS),
    ("PUT /servers/{id}", "/response/server/datacenter", NO_DATACENTERS),
    ("GET /primary_ips", "/response/primary_ips/*/datacenter", NO_DATACENTERS),
    ("GET /primary_ips/{id}", "/response/primary_ip/datacenter", NO_DATACENTERS),
    ("PUT /primary_ips/{id}", "/response/primary_ip/datacenter", NO_DATACENTERS),
    (
        "POST /servers",
        "/request/ssh_keys/*",
        "the official client sends ids as integers: the description's text allows both, its schema only texts",
    ),
    ("POST /primary_ips", "/request/assignee_type", "no longer sent by the official client"),
    ("DELETE /load_balancers/{id}", "/status", "answers an action since autumn 2026"),
    ("POST /load_balancers", "/request/services/**", DEFAULTS),
    (ADD_SERVICE, "/request/listen_port", DEFAULTS),
    (ADD_SERVICE, "/request/destination_port", DEFAULTS),
    (ADD_SERVICE, "/request/proxyprotocol", DEFAULTS),
    (ADD_SERVICE, "/request/health_check", DEFAULTS),
    (ADD_SERVICE, "/request/health_check/**", DEFAULTS),
    ("POST /load_balancers/{id}/actions/update_service", "/request/health_check/**", DEFAULTS),
];

/// Where the simulator follows the API as it is today and the published description is older: the
/// operation, the pointer into its request or answer, and the reason.
///
/// Each entry is what a test that compares exchanges with the description must let pass, in the
/// notation of `Deviation` in `iac_testkit::openapi`. Those about datacenters do not apply to a
/// project [with datacenters](super::SimConfig::with_datacenters).
///
/// ```
/// use iac_hetzner::sim;
///
/// let mut operations = sim::deviations().iter().map(|(operation, ..)| *operation);
/// assert!(operations.any(|operation| operation == "DELETE /load_balancers/{id}"));
/// ```
pub fn deviations() -> &'static [(&'static str, &'static str, &'static str)] {
    &DEVIATIONS
}
