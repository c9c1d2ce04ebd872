//! Owns made-up metrics: of the right shape, the same at every call, telling nothing.
use super::object::Server;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, invalid_input};
use iac_testkit::sim::{Params, SimRequest, SimResponse};
use serde_json::{Map, Value, json};

const SERIES: [(&str, &[&str]); 3] = [
    ("cpu", &["cpu"]),
    ("disk", &["disk.0.iops.read", "disk.0.iops.write", "disk.0.bandwidth.read", "disk.0.bandwidth.write"]),
    (
        "network",
        &["network.0.pps.in", "network.0.pps.out", "network.0.bandwidth.in", "network.0.bandwidth.out"],
    ),
];
const STEP_S_DEFAULT: i64 = 60;
const SAMPLES: i64 = 10;

pub(super) fn metrics(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    sim.id_at::<Server>(params)?;
    let wanted: Vec<&str> = request.query_all("type").into_iter().flat_map(|list| list.split(',')).collect();
    if wanted.is_empty() {
        return Err(invalid_input("type", "Missing data for required field."));
    }
    let [start, end] = ["start", "end"].map(|field| {
        request.query(field).ok_or_else(|| invalid_input(field, "Missing data for required field."))
    });
    let (start, end) = (start?, end?);
    let step_s = match request.query("step") {
        None => STEP_S_DEFAULT,
        Some(text) => text.parse().map_err(|_| invalid_input("step", "Not a valid number."))?,
    };
    let now_s = sim.now.unix_seconds();
    let mut time_series = Map::new();
    for type_ in wanted {
        let known = SERIES.iter().find(|(name, _)| *name == type_);
        let (_, names) = known.ok_or_else(|| invalid_input("type", format!("'{type_}' is no type")))?;
        for name in *names {
            let sample = |number: i64| json!([now_s - (SAMPLES - number) * step_s, "42"]);
            let values: Vec<Value> = (0..SAMPLES).map(sample).collect();
            time_series.insert((*name).to_owned(), json!({ "values": values }));
        }
    }
    let metrics = json!({ "start": start, "end": end, "step": step_s, "time_series": time_series });
    Ok(SimResponse::json(200, json!({ "metrics": metrics })))
}
