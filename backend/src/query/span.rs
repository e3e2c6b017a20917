//! The time range of a query.

use std::time::Duration;

use headroom_contract::query::DEFAULTS;
use headroom_protocol::{Query, QueryError};

/// The latest accepted time, the year 5138, in milliseconds. Nobody means a later one, and adding to it could overflow.
const FARTHEST_MS: i64 = 100_000_000_000_000;

/// Ranges begin and end on whole multiples of this, so that people who look at almost the same time send the same
/// queries, milliseconds. It is the shortest usual scrape interval, and Grafana's shortest refresh interval.
const WHOLE_MS: i64 = 5_000;
/// Shorter ranges are kept as they are, because somebody chose them to the second, milliseconds.
const SHORT_MS: u64 = 60_000;

/// The time range, from and to in milliseconds since the Unix epoch, if it can be queried.
///
/// # Errors
/// If it is empty or reversed, or too far from today to be meant.
pub(crate) fn checked((from_ms, to_ms): (i64, i64)) -> Result<(i64, i64), QueryError> {
    if from_ms >= to_ms || from_ms < -FARTHEST_MS || to_ms > FARTHEST_MS {
        return Err(QueryError::bad_request(format!(
            "expected a time range that ends after it begins; found {from_ms} to {to_ms} ms"
        )));
    }
    Ok((from_ms, to_ms))
}

/// A time range in milliseconds since the Unix epoch, and its resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Start of the range, milliseconds since the Unix epoch.
    pub(crate) from_ms: i64,
    /// End of the range, milliseconds since the Unix epoch.
    pub(crate) to_ms: i64,
    /// The suggested distance of two points.
    pub(crate) interval: Duration,
    /// The length of the window at the end that counts as now; at most the length of the range.
    pub(crate) now: Duration,
}

impl Span {
    /// The time range of a query. `least` is the least distance of two points; `now` is the length of the window that
    /// counts as now, if the query gives one.
    pub(crate) fn of(query: &Query, least: Option<Duration>, now: Option<Duration>) -> Self {
        let (from_ms, to_ms) = (query.time_range.from_ms, query.time_range.to_ms);
        let suggested = Duration::from_millis(query.interval_ms.max(0).unsigned_abs());
        let length = Duration::from_millis(to_ms.abs_diff(from_ms));
        let now = now.unwrap_or(DEFAULTS.window).min(length);
        Self { from_ms, to_ms, interval: suggested.max(least.unwrap_or_default()), now }
    }

    /// The range moved to whole multiples, if it is long enough for that not to matter, so that answers from many
    /// expressions are requested once for everybody who looks at almost the same time. Not for the user's own
    /// expressions, which are queried for exactly the chosen range.
    pub(crate) fn to_share(self) -> Self {
        let (from_ms, to_ms) = whole(self.from_ms, self.to_ms);
        Self { from_ms, to_ms, ..self }
    }

    /// Checks that the range can be queried.
    ///
    /// # Errors
    /// If the range is empty or reversed, or too far from today to be meant.
    pub(crate) fn checked(self) -> Result<Self, QueryError> {
        checked((self.from_ms, self.to_ms)).map(|_| self)
    }

    /// The length of the range.
    pub(crate) fn length(self) -> Duration {
        Duration::from_millis(self.to_ms.abs_diff(self.from_ms))
    }

    /// Start of the window that counts as now, milliseconds since the Unix epoch.
    pub(crate) fn now_from_ms(self) -> i64 {
        self.to_ms.saturating_sub(i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The range moved to whole multiples, if it is long enough for that not to matter.
fn whole(from_ms: i64, to_ms: i64) -> (i64, i64) {
    if from_ms >= to_ms || to_ms.abs_diff(from_ms) < SHORT_MS {
        return (from_ms, to_ms);
    }
    let down = |ms: i64| ms.saturating_sub(ms.rem_euclid(WHOLE_MS));
    (down(from_ms), down(to_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_who_look_at_almost_the_same_time_ask_the_same() {
        let check = |range, expected| assert_eq!(whole(range, range + 3_600_000), expected);
        check(1_795_494_970_000, (1_795_494_970_000, 1_795_498_570_000));
        check(1_795_494_970_001, (1_795_494_970_000, 1_795_498_570_000));
        check(1_795_494_974_999, (1_795_494_970_000, 1_795_498_570_000));
        check(-1, (-5_000, 3_595_000));
        assert_eq!(whole(7, 9_001), (7, 9_001), "chosen by the second");
        assert_eq!(whole(9_001, 7), (9_001, 7), "refused elsewhere");
        assert_eq!(whole(i64::MIN, i64::MAX).0, i64::MIN);
    }
}
