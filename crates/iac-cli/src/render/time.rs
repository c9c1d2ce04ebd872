//! Times for people: UTC, ages, durations. Knows no clock.

use iac_core::state::TimestampMs;

const SECOND_MS: i64 = 1000;
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;
/// Ages below are told in the smaller unit.
const AGE_FACTOR: i64 = 2;

/// `3 minutes ago`, `just now`.
pub(super) fn ago(at: TimestampMs, now: TimestampMs) -> String {
    let seconds = now.saturating_sub(at).max(0) / SECOND_MS;
    if seconds == 0 {
        return "just now".to_owned();
    }
    let (count, unit) = if seconds < AGE_FACTOR * MINUTE_S {
        (seconds, "second")
    } else if seconds < AGE_FACTOR * HOUR_S {
        (seconds / MINUTE_S, "minute")
    } else if seconds < AGE_FACTOR * DAY_S {
        (seconds / HOUR_S, "hour")
    } else {
        (seconds / DAY_S, "day")
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

/// `850 ms`, `12 s`, `3 min 5 s`.
pub(crate) fn duration(ms: u64) -> String {
    let seconds = ms / SECOND_MS.unsigned_abs();
    let minute = MINUTE_S.unsigned_abs();
    match seconds {
        0 => format!("{ms} ms"),
        seconds if seconds < minute => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / minute, seconds % minute),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(duration(850), "850 ms");
        assert_eq!(duration(12_400), "12 s");
        assert_eq!(duration(185_000), "3 min 5 s");
        assert_eq!(ago(0, 5_000), "5 seconds ago");
        assert_eq!(ago(5_000, 5_999), "just now");
    }
}
