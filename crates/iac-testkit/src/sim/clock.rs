//! Owns simulated time. Knows nothing of requests or clouds.
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MS_PER_SECOND: i64 = 1_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use iac_testkit::sim::SimTime;
/// use std::time::Duration;
///
/// let start = SimTime::from_unix_seconds(1_767_225_600);
/// assert_eq!(start.to_rfc3339(), "2026-01-01T00:00:00+00:00");
/// assert_eq!((start + Duration::from_secs(2)).since(start), Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(i64);

impl SimTime {
    /// The moment `unix_ms` milliseconds after the epoch.
    pub const fn from_unix_ms(unix_ms: i64) -> Self {
        Self(unix_ms)
    }

    /// The moment `unix_seconds` seconds after the epoch.
    pub const fn from_unix_seconds(unix_seconds: i64) -> Self {
        Self(unix_seconds.saturating_mul(MS_PER_SECOND))
    }

    /// Milliseconds since the epoch.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MS_PER_SECOND)
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The moment in RFC 3339 with whole seconds and the offset `+00:00`.
    pub fn to_rfc3339(self) -> String {
        format!("{}+00:00", self.civil())
    }

    /// The moment in RFC 3339 with milliseconds and the offset `Z`.
    pub fn to_rfc3339_ms(self) -> String {
        format!("{}.{:03}Z", self.civil(), self.0.rem_euclid(MS_PER_SECOND))
    }

    fn civil(self) -> String {
        let seconds = self.unix_seconds();
        let (year, month, day) = civil_date(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Year, month and day of a day counted from 1970-01-01, by counting in 400-year eras that begin
/// in March, so that the leap day is the last day of a year.
fn civil_date(days_since_epoch: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    const DAYS_FROM_ERA_START_TO_EPOCH: i64 = 719_468;
    let days = days_since_epoch + DAYS_FROM_ERA_START_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

impl std::ops::Add<Duration> for SimTime {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(rhs.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_rfc3339_ms())
    }
}

/// Where a simulated cloud's time comes from. Clones share the same clock.
///
/// ```
/// use iac_testkit::sim::{SimClock, SimTime};
/// use std::time::Duration;
///
/// let clock = SimClock::manual(SimTime::from_unix_seconds(100));
/// let seen_by_the_cloud = clock.clone();
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(seen_by_the_cloud.now(), SimTime::from_unix_seconds(105));
/// ```
#[derive(Debug, Clone, Default)]
pub struct SimClock {
    /// The hands of a manual clock; none for the system's clock.
    manual_unix_ms: Option<Arc<AtomicI64>>,
}

impl SimClock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until [`advance`](Self::advance)d.
    pub fn manual(start: SimTime) -> Self {
        Self { manual_unix_ms: Some(Arc::new(AtomicI64::new(start.unix_ms()))) }
    }

    /// The current moment.
    pub fn now(&self) -> SimTime {
        match &self.manual_unix_ms {
            Some(hands) => SimTime::from_unix_ms(hands.load(Ordering::SeqCst)),
            None => {
                let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                SimTime::default() + elapsed
            }
        }
    }

    /// Moves a manual clock forward.
    ///
    /// # Panics
    /// On the system's clock, which nobody here can move.
    pub fn advance(&self, by: Duration) {
        let hands = self.manual_unix_ms.as_ref().expect("only a manual clock can be advanced");
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        hands.fetch_add(by_ms, Ordering::SeqCst);
    }
}
