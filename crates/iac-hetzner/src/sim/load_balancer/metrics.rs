//! Owns the measurements of load balancers: made up, the same for the same question. Knows no
//! traffic.
use super::balancer::LoadBalancer;
use crate::sim::cloud::HetznerSim;
use crate::sim::error::{Answer, invalid_input};
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
        let seconds = unix_seconds(text).ok_or_else(|| invalid_input(name, "Not a valid datetime."))?;
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

/// The moment of an RFC 3339 text, in whole seconds since 1970.
fn unix_seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let sign_at = |at: usize, sign: &str| text.get(at..=at).is_some_and(|found| sign.contains(found));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let signs = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
    let in_range =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !in_range || !signs.into_iter().all(|(at, sign)| sign_at(at, sign)) {
        return None;
    }
    let zone = text.get(19..)?.trim_start_matches(|at: char| at == '.' || at.is_ascii_digit());
    let offset_seconds = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => 0,
        (sign @ ("+" | "-" | " "), offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        _ => return None,
    };
    // Days by eras of 400 years that begin in March, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second - offset_seconds)
}

#[cfg(test)]
mod tests {
    use super::unix_seconds;

    #[test]
    fn moments() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-01-01T00:00:00+00:00", Some(1_767_225_600)),
            ("2024-02-29T12:30:15.25+01:00", Some(1_709_206_215)),
            ("2024-13-01T00:00:00Z", None),
            ("2024-01-01", None),
            ("yesterday", None),
            ("2024-01-01T00:00:00", None),
        ];
        for (text, expected) in cases {
            assert_eq!(unix_seconds(text), expected, "{text}");
        }
    }
}
