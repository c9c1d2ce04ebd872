//! Times for people: UTC, ages, durations. Knows no clock.

use iac_core::state::TimestampMs;

const SECOND_MS: i64 = 1000;
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;
/// Ages below are told in the smaller unit.
const AGE_FACTOR: i64 = 2;

/// `2026-11-21 12:38:08Z`.
pub(super) fn utc(at: TimestampMs) -> String {
    let seconds = at.div_euclid(SECOND_MS);
    let (days, rest) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (rest / HOUR_S, rest % HOUR_S / MINUTE_S, rest % MINUTE_S);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar. Years begin in March here,
/// so that the leap day is the last one.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA_DAYS: i64 = 146_097;
    const EPOCH_FROM_ERA: i64 = 719_468;
    let shifted = days + EPOCH_FROM_ERA;
    let era = shifted.div_euclid(ERA_DAYS);
    let day_of_era = shifted.rem_euclid(ERA_DAYS);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// `3 minutes ago`.
pub(super) fn ago(at: TimestampMs, now: TimestampMs) -> String {
    let seconds = now.saturating_sub(at).max(0) / SECOND_MS;
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
    fn times_read_as_people_write_them() {
        assert_eq!(utc(0), "1970-01-01 00:00:00Z");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00Z");
        assert_eq!(utc(1_795_264_688_999), "2026-11-21 12:38:08Z");
        assert_eq!(utc(-1), "1969-12-31 23:59:59Z");
        assert_eq!(ago(0, 60_000), "60 seconds ago");
        assert_eq!(ago(0, 3 * 86_400_000), "3 days ago");
        assert_eq!(ago(1, 0), "0 seconds ago");
        assert_eq!(
            (duration(850), duration(12_400), duration(185_000)),
            ("850 ms".into(), "12 s".into(), "3 min 5 s".into())
        );
    }
}
