//! Owns the measurements of load balancers: made up, the same for the same question. Knows no
//! traffic.
use super::balancer::LoadBalancer;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, invalid_input};
use crate::sim::reach;
use iac_testkit::sim::{Params, SimRequest, SimResponse, SplitMix64};
use serde_json::{Map, Value, json};

const SAMPLES_DEFAULT: i64 = 200;
const SAMPLES_MAX: i64 = 500;
const VALUE_BOUND: u64 = 1_000;

/// The series of each type.
const SERIES: [(&str, &[&str]); 4] = [
    ("open_connections", &["open_connections"]),
    ("connections_per_second", &["connections_per_second"]),
    ("requests_per_second", &["requests_per_second"]),
    ("bandwidth", &["bandwidth.in", "bandwidth.out"]),
];

/// `GET /load_balancers/{id}/metrics`
pub(super) fn metrics(sim: &mut HetznerSim, request: &SimRequest, params: &Params) -> Answer {
    let id = sim.id_at::<LoadBalancer>(params)?;
    let types: Vec<&str> = request.query_all("type").into_iter().flat_map(|types| types.split(',')).collect();
    if types.is_empty() {
        return Err(invalid_input("type", "Missing data for required field."));
    }
    let moment = |name: &str| -> Result<(String, i64), SimResponse> {
        let text =
            request.query(name).ok_or_else(|| invalid_input(name, "Missing data for required field."))?;
        let seconds = reach::unix_seconds(text).ok_or_else(|| invalid_input(name, "Not a valid datetime."))?;
        Ok((text.to_owned(), seconds))
    };
    let (start, start_seconds) = moment("start")?;
    let (end, end_seconds) = moment("end")?;
    if end_seconds <= start_seconds {
        return Err(invalid_input("end", "must be after start"));
    }
    let span = end_seconds - start_seconds;
    let step = match request.query("step") {
        None => (span / SAMPLES_DEFAULT).max(1),
        Some(step) => {
            let step = step.parse().ok().filter(|step: &i64| *step > 0);
            step.ok_or_else(|| invalid_input("step", "Not a valid number."))?
        }
    };
    let step = step.max(span.div_euclid(SAMPLES_MAX)).max(1);
    let mut time_series = Map::new();
    for wanted in types {
        let series = SERIES.iter().find(|(name, _)| *name == wanted);
        let (_, series) =
            series.ok_or_else(|| invalid_input("type", format!("'{wanted}' is not a type of metrics")))?;
        for name in *series {
            let values = values(id, name, start_seconds, span, step);
            time_series.insert((*name).to_owned(), json!({ "values": values }));
        }
    }
    let metrics = json!({ "start": start, "end": end, "step": step, "time_series": time_series });
    Ok(SimResponse::json(200, json!({ "metrics": metrics })))
}

fn values(id: u64, series: &str, start_seconds: i64, span: i64, step: i64) -> Vec<Value> {
    let seed = series.bytes().fold(id, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let samples = (span / step).clamp(1, SAMPLES_MAX);
    (0..samples)
        .map(|sample| {
            let at = start_seconds + sample * step;
            let value = SplitMix64::new(seed.wrapping_add(at.unsigned_abs())).below(VALUE_BOUND);
            json!([at, value.to_string()])
        })
        .collect()
}
