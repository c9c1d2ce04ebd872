//! What the simulated Neon reads from requests and writes into answers. Keeps nothing.

use iac_testkit::sim::{Params, SimRequest, SimResponse, SplitMix64};
use serde_json::{Value, json};

use super::fake::Project;

pub(super) fn refusal(status: u16, code: &str, message: &str) -> SimResponse {
    SimResponse::json(status, json!({ "code": code, "message": message, "request_id": "simulated" }))
}

/// The object in the body, with exactly these fields; `beside` may stand beside it.
pub(super) fn body(
    request: &SimRequest,
    name: &str,
    fields: &[&str],
    beside: &[&str],
) -> Result<Value, SimResponse> {
    let bad = |message: &str| refusal(400, "", message);
    let whole = request.json().map_err(|_| bad("the body is not JSON"))?;
    let outer = whole.as_object().ok_or_else(|| bad("the body is no object"))?;
    if let Some(unknown) = outer.keys().find(|key| *key != name && !beside.contains(&key.as_str())) {
        return Err(bad(&format!("{unknown}: unknown field")));
    }
    let inner =
        outer.get(name).and_then(Value::as_object).ok_or_else(|| bad(&format!("{name}: is missing")))?;
    if let Some(unknown) = inner.keys().find(|key| !fields.contains(&key.as_str())) {
        return Err(bad(&format!("{unknown}: unknown field")));
    }
    Ok(Value::Object(inner.clone()))
}

pub(super) fn text(body: &Value, field: &str) -> Result<String, SimResponse> {
    let text = body[field].as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| refusal(400, "", &format!("{field}: is missing")))
}

pub(super) fn name(body: &Value) -> Result<String, SimResponse> {
    let name = text(body, "name")?;
    if name.chars().count() > 64 {
        Err(refusal(400, "", "name: is longer than 64 characters"))
    } else {
        Ok(name)
    }
}

pub(super) fn shown(id: &str, project: &Project) -> Value {
    json!({ "id": id, "name": project.name, "region_id": project.region, "pg_version": project.pg_version })
}

pub(super) fn host(branch: &str) -> String {
    format!("{}.us-west-2.aws.neon.tech", branch.replacen("br-", "ep-", 1))
}

/// Made from where the role is, so that no file has it.
pub(super) fn password(params: &Params, role: &str) -> String {
    let place = format!("{}/{role}", params.get("branch").unwrap_or_default());
    let seed = place.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(131).wrapping_add(u64::from(byte)));
    let mut random = SplitMix64::new(seed);
    format!("npg_{:016x}{:016x}", random.next_u64(), random.next_u64())
}
