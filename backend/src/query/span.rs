//! The time that a query is about.

use std::time::Duration;

use headroom_contract::query::DEFAULTS;
use headroom_protocol::{Query, QueryError};

/// Anything beyond the year 5138 is no time that someone meant, and adding to it would not be safe.
const FARTHEST_MS: i64 = 100_000_000_000_000;

/// Ranges begin and end on whole multiples of this, so that people who look at the same at almost the same time ask the same.
/// That is how often anybody scrapes at most, and how often Grafana refreshes at most.
const WHOLE_MS: i64 = 5_000;
/// Shorter ranges are about something that was chosen by the second.
const SHORT_MS: u64 = 60_000;

/// A time range, from and to in milliseconds since the Unix epoch, for who is about to ask something about it.
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

/// A time range, milliseconds since the Unix epoch, and how densely it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where it begins.
    pub(crate) from_ms: i64,
    /// Where it ends.
    pub(crate) to_ms: i64,
    /// The suggested distance of two points.
    pub(crate) interval: Duration,
    /// How much of the end counts as now; no more than there is.
    pub(crate) now: Duration,
}

impl Span {
    /// The time of a query. `least` is the least distance of two points, `now` what counts as now, where the query says
    /// so.
    pub(crate) fn of(query: &Query, least: Option<Duration>, now: Option<Duration>) -> Self {
        let (from_ms, to_ms) = (query.time_range.from_ms, query.time_range.to_ms);
        let suggested = Duration::from_millis(query.interval_ms.max(0).unsigned_abs());
        let length = Duration::from_millis(to_ms.abs_diff(from_ms));
        let now = now.unwrap_or(DEFAULTS.window).min(length);
        Self { from_ms, to_ms, interval: suggested.max(least.unwrap_or_default()), now }
    }

    /// The same on whole multiples, where it is long enough for that not to matter: what is made of many expressions is then
    /// asked once for everybody who looks at almost the same time. Not for an expression of the user's own, which is asked for the
    /// times that were chosen.
    pub(crate) fn to_share(self) -> Self {
        let (from_ms, to_ms) = whole(self.from_ms, self.to_ms);
        Self { from_ms, to_ms, ..self }
    }

    /// The same, for who is about to use it.
    ///
    /// # Errors
    /// If the range is empty or reversed, or too far from today to be meant.
    pub(crate) fn checked(self) -> Result<Self, QueryError> {
        checked((self.from_ms, self.to_ms)).map(|_| self)
    }

    /// How long it is.
    pub(crate) fn length(self) -> Duration {
        Duration::from_millis(self.to_ms.abs_diff(self.from_ms))
    }

    /// Where what counts as now begins.
    pub(crate) fn now_from_ms(self) -> i64 {
        self.to_ms.saturating_sub(i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The range on whole multiples, where it is long enough for that not to matter.
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
