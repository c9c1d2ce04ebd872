//! Certificates of the simulated project.
#![cfg(feature = "sim")]
mod driver;

use driver::{Driver, id, names};
use iac_hetzner::sim::{Pace, SimConfig};
use iac_testkit::sim::Method;
use serde_json::{Value, json};

/// Made for this test; protects nothing.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBqzCCAVCgAwIBAgIUbdGRhMSAVMZPwNEvEdR/Red44d4wCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wHhcNMjYxMTIxMTI0ODA1WhcNMzYxMTE4
MTI0ODA1WjAWMRQwEgYDVQQDDAtleGFtcGxlLmNvbTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABMnIFR7ktb/ar52b9y+L/j1zLQkW+9hJl0Nc5O0fnRmnRiD6kox/
uJaDqQAk9uphgTjjCJzuRwayJCIArZ9ZQwqjfDB6MB0GA1UdDgQWBBTb89yEgGv0
7zRz+PtprHlnngeTLTAfBgNVHSMEGDAWgBTb89yEgGv07zRz+PtprHlnngeTLTAP
BgNVHRMBAf8EBTADAQH/MCcGA1UdEQQgMB6CC2V4YW1wbGUuY29tgg93d3cuZXhh
bXBsZS5jb20wCgYIKoZIzj0EAwIDSQAwRgIhAN0rg0Qxsczx4kIrZLfFmBwfk9pa
WAysxCjp2Pa+nraLAiEAnkCNxDD20+zEcl3MPLez8cuV1XIU6AljCm5NUsDCbao=
-----END CERTIFICATE-----
";
const PRIVATE_KEY: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIIu5INc4HfAAeUo2Qev4XlgSBFwXD+ZrkmCk94of0Kv7oAoGCCqGSM49
AwEHoUQDQgAEycgVHuS1v9qvnZv3L4v+PXMtCRb72EmXQ1zk7R+dGadGIPqSjH+4
loOpACT26mGBOOMInO5HBrIkIgCtn1lDCg==
-----END EC PRIVATE KEY-----
";
const PRIVATE_KEY_PKCS8: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi7kg1zgd8AB5SjZB
6/heWBIEXBcP5muSYKT3ih/Qq/uhRANCAATJyBUe5LW/2q+dm/cvi/49cy0JFvvY
SZdDXOTtH50Zp0Yg+pKMf7iWg6kAJPbqYYE44wic7kcGsiQiAK2fWUMK
-----END PRIVATE KEY-----
";
const OTHER_PRIVATE_KEY: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIECPrMobGb7hha5GsEPi8YyCi3Gh2b3gm2AH3gQGxFLFoAoGCCqGSM49
AwEHoUQDQgAEPmsrnUbUFLeksMkYkE8DdwPtt7XshwbGh0xxYGJmMuAzs/RZDTqd
cdzOIxz1r1TZjn4+Ou7SH6dNkLSAq6XgVQ==
-----END EC PRIVATE KEY-----
";
const RSA_CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIICLjCCAZegAwIBAgIUfBHefocDd98Cg+KPTM92yWO8748wDQYJKoZIhvcNAQEL
BQAwKTENMAsGA1UECgwEVGVzdDEYMBYGA1UEAwwPcnNhLmV4YW1wbGUuY29tMB4X
DTI2MTEyMTEyNDgwNVoXDTM2MTExODEyNDgwNVowKTENMAsGA1UECgwEVGVzdDEY
MBYGA1UEAwwPcnNhLmV4YW1wbGUuY29tMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB
iQKBgQC8AiS8t/iKLFnJILlq4gV3fa7hn2NAiMUPOaQi25XpblT57NrUOQSRi8WY
XBVTEUl9RLDel1gPLekmF/CO+IMDLl3I0bBO0NEgCaMzPUuJHSFVLgmQ58rhgcfi
D6h5vD5P32mIb+Ipul07ek6HJq4tMsL58ysILI6VEInYTLErIQIDAQABo1MwUTAd
BgNVHQ4EFgQUOlNhN+zYlmf5RKEIWgUk83Ld864wHwYDVR0jBBgwFoAUOlNhN+zY
lmf5RKEIWgUk83Ld864wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOB
gQA8tP3CBEZCElhG5N2e1edfIwWPz1E4MTwqZ0K7Je2rmB72epO1scOWGfK//FrF
vsG22XTZnw+HDv+lAWdAHalkQHu6J+1djqieRks6/GNmwMGziF36W15+m4YdIBMK
Z0qqqpUui+wMaGyr4sgM3QuvMeO9NxhCVNR+2vQI0gzeLw==
-----END CERTIFICATE-----
";
const RSA_PRIVATE_KEY: &str = "\
-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQC8AiS8t/iKLFnJILlq4gV3fa7hn2NAiMUPOaQi25XpblT57NrU
OQSRi8WYXBVTEUl9RLDel1gPLekmF/CO+IMDLl3I0bBO0NEgCaMzPUuJHSFVLgmQ
58rhgcfiD6h5vD5P32mIb+Ipul07ek6HJq4tMsL58ysILI6VEInYTLErIQIDAQAB
AoGAbTIRhEqV4CrCOz72ck20PyKQYBri2qiVS7J+0oAXIe0jDcWzk29KZ/52VXem
KwjvVgJ/d8kPLEHOGIHvBhrwe/g34JTQe5Ot5Fi+LUfDrkkqrekCQeEoss35vVtu
vHYhX71wlMtzyZbIeVO0rOVltbGNGA/GRoO7fUJqHxLKHcECQQD0CraQEVnvoaTj
XvwoZKUdVLWReyvL6abN+VPaLzn/tbUwI8tl+PyLuRQhqYynI9boRrTgzcS63TiY
Pr2MpxZDAkEAxTiKXo91Vfv9hqqeIWDFIwjWJOUN0M5DezppDJvYgebUXuML8TX5
kRbBd4qcRfPTf4R9sdnU3Pb6IUvZBbUsywJASVLqtXCxMAHGVBaW9t/+iEiKYVK7
vwHN/3cZTaYA7CbBcNxgYZwk7SpHtTGHNDTdfl64PA83O9n6BixbsWYGlwJAODFY
84JqizpGTUV10srQwJ+27EI7QoBSp9zHq6kH8lNDtVl5wJuBZT6XlyjuR9wmKdIl
QjRvuxm/wRbsWfz6KwJBAOmmwdRrkkRaEyowmmOiUmdXoYFoDJYGUWC/mF71H+af
b0jHfVIirgB55KV9ZH4nSST+I7v4xxI3N1yCpbFOj9c=
-----END RSA PRIVATE KEY-----
";

fn upload(certificate: &str, private_key: &str) -> Value {
    json!({ "name": "web", "certificate": certificate, "private_key": private_key })
}

#[test]
fn an_uploaded_certificate_is_read() {
    let mut driver = Driver::instant();
    let answer = driver.post("/certificates", upload(CERTIFICATE, PRIVATE_KEY));
    assert_eq!(answer["action"], Value::Null);
    let certificate = &answer["certificate"];
    assert_eq!(certificate["type"], "uploaded");
    assert_eq!(certificate["status"], Value::Null);
    assert_eq!(certificate["domain_names"], json!(["example.com", "www.example.com"]));
    assert_eq!(certificate["not_valid_before"], "2026-11-21T12:48:05+00:00");
    assert_eq!(certificate["not_valid_after"], "2036-11-18T12:48:05+00:00");
    assert_eq!(
        certificate["fingerprint"],
        "f2:e7:e7:25:b7:e1:22:6b:c1:c8:a6:b1:75:eb:2a:ac:ad:e3:7c:50:c2:36:7d:98:6d:5a:cb:dd:af:cb:65:be"
    );
    assert_eq!(certificate["certificate"], CERTIFICATE);
    let taken = upload(CERTIFICATE, PRIVATE_KEY_PKCS8);
    driver.refused_post("/certificates", taken.clone(), (409, "uniqueness_error"));
    let mut chain = taken;
    chain["name"] = json!("chain");
    chain["certificate"] = json!(format!("{CERTIFICATE}{RSA_CERTIFICATE}"));
    driver.post("/certificates", chain);
    let mut rsa = upload(RSA_CERTIFICATE, RSA_PRIVATE_KEY);
    rsa["name"] = json!("rsa");
    let answer = driver.post("/certificates", rsa);
    assert_eq!(answer["certificate"]["domain_names"], json!(["rsa.example.com"]));
}

#[test]
fn what_is_no_pair_is_refused() {
    let mut driver = Driver::instant();
    let path = "/certificates";
    driver.invalid(path, json!({ "name": "web" }), "certificate");
    driver.invalid(path, json!({ "name": "web", "certificate": CERTIFICATE }), "private_key");
    driver.invalid(path, upload("nonsense", PRIVATE_KEY), "certificate");
    driver.invalid(path, upload(&CERTIFICATE.replace("MIIB", "MIIC"), PRIVATE_KEY), "certificate");
    driver.invalid(path, upload(&CERTIFICATE.replace("END", "FIN"), PRIVATE_KEY), "certificate");
    driver.invalid(path, upload(PRIVATE_KEY, PRIVATE_KEY), "certificate");
    driver.invalid(path, upload(CERTIFICATE, CERTIFICATE), "private_key");
    driver.invalid(path, upload(CERTIFICATE, OTHER_PRIVATE_KEY), "private_key");
    driver.invalid(path, upload(CERTIFICATE, RSA_PRIVATE_KEY), "private_key");
    driver.invalid(path, upload(RSA_CERTIFICATE, PRIVATE_KEY), "private_key");
}

#[test]
fn a_managed_certificate_is_issued_later() {
    let mut driver = Driver::new(SimConfig::new().pace(Pace::Polls(1)));
    driver.post("/zones", json!({ "name": "example.com", "mode": "primary" }));
    driver.cloud.finish_actions();
    let wanted = ["example.com", "*.example.com"];
    let body = json!({ "name": "web", "type": "managed", "domain_names": wanted });
    let answer = driver.post("/certificates", body);
    assert_eq!(answer["action"]["command"], "create_certificate");
    assert_eq!(answer["certificate"]["status"]["issuance"], "pending");
    assert_eq!(answer["certificate"]["certificate"], Value::Null);
    let id = id(&answer["certificate"]);
    driver.cloud.finish_actions();
    let certificate = driver.get(&format!("/certificates/{id}"))["certificate"].clone();
    assert_eq!(certificate["status"]["issuance"], "completed");
    assert_eq!(certificate["domain_names"], json!(wanted));
    assert!(certificate["not_valid_after"].as_str() > certificate["not_valid_before"].as_str());
    assert!(certificate["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----\n"));
    driver.refused(
        Method::POST,
        &format!("/certificates/{id}/actions/retry"),
        None,
        (422, "unsupported_error"),
    );
}

#[test]
fn an_issuance_fails_without_a_zone_and_is_tried_again() {
    let mut driver = Driver::instant();
    let body = json!({ "name": "web", "type": "managed", "domain_names": ["www.example.com"] });
    let answer = driver.post("/certificates", body);
    assert_eq!(answer["action"]["status"], "error");
    assert_eq!(answer["action"]["error"]["code"], "dns_zone_not_found");
    assert_eq!(answer["certificate"]["status"]["issuance"], "failed");
    let id = id(&answer["certificate"]);
    let retry = format!("/certificates/{id}/actions/retry");
    let caa = json!([{ "name": "@", "type": "CAA", "records": [{ "value": "0 issue \"other.example\"" }] }]);
    driver.post("/zones", json!({ "name": "example.com", "mode": "primary", "rrsets": caa }));
    assert_eq!(driver.act(&retry)["action"]["error"]["code"], "caa_record_does_not_allow_ca");
    let records = json!({ "records": [{ "value": "0 issue \"letsencrypt.org\"" }] });
    driver.post("/zones/example.com/rrsets/@/CAA/actions/set_records", records);
    let action = driver.act(&retry)["action"].clone();
    assert_eq!((&action["command"], &action["status"]), (&json!("issue_certificate"), &json!("success")));
    let certificate = driver.get(&format!("/certificates/{id}"))["certificate"].clone();
    assert_eq!(certificate["status"]["issuance"], "completed");
}

#[test]
fn managed_requests_are_checked() {
    let mut driver = Driver::instant();
    let body = |names: Value| json!({ "name": "web", "type": "managed", "domain_names": names });
    driver.invalid("/certificates", json!({ "name": "web", "type": "managed" }), "domain_names");
    driver.invalid("/certificates", body(json!([])), "domain_names");
    driver.invalid("/certificates", body(json!(["a b"])), "domain_names.0");
    driver.invalid("/certificates", json!({ "name": "web", "type": "other" }), "type");
    let mut both = body(json!(["example.com"]));
    both["certificate"] = json!(CERTIFICATE);
    driver.invalid("/certificates", both, "certificate");
}

#[test]
fn a_used_certificate_stays() {
    let mut driver = Driver::instant();
    let certificate = id(&driver.post("/certificates", upload(CERTIFICATE, PRIVATE_KEY))["certificate"]);
    let path = format!("/certificates/{certificate}");
    let body = json!({ "name": "lb", "load_balancer_type": "lb11", "location": "fsn1" });
    let balancer = id(&driver.post("/load_balancers", body)["load_balancer"]);
    let service = json!({ "protocol": "https", "http": { "certificates": [certificate] } });
    driver.post(&format!("/load_balancers/{balancer}/actions/add_service"), service);
    let used_by = driver.get(&path)["certificate"]["used_by"].clone();
    assert_eq!(used_by, json!([{ "id": balancer, "type": "load_balancer" }]));
    driver.refused(Method::DELETE, &path, None, (422, "resource_in_use"));
    driver.delete(&format!("/load_balancers/{balancer}"));
    driver.delete(&path);
    driver.refused(Method::GET, &path, None, (404, "not_found"));
}

#[test]
fn certificates_are_listed_by_type_and_label() {
    let mut driver = Driver::instant();
    driver.post("/certificates", upload(CERTIFICATE, PRIVATE_KEY));
    let body =
        json!({ "name": "managed", "type": "managed", "domain_names": ["a.com"], "labels": { "a": "b" } });
    let managed = id(&driver.post("/certificates", body)["certificate"]);
    assert_eq!(names(&driver.get("/certificates?type=managed")["certificates"]), ["managed"]);
    assert_eq!(names(&driver.get("/certificates?label_selector=%21a")["certificates"]), ["web"]);
    driver.put(&format!("/certificates/{managed}"), json!({ "name": "renamed", "labels": {} }));
    assert_eq!(names(&driver.get("/certificates?sort=name")["certificates"]), ["renamed", "web"]);
    let taken = json!({ "name": "web" });
    driver.refused(Method::PUT, &format!("/certificates/{managed}"), Some(taken), (409, "uniqueness_error"));
}
