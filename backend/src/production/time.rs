//! Steps and windows of time.

use std::time::Duration;

/// The number of scrapes in the window of a rate: if one is lost, two are still left on either side of it.
const SCRAPES: u32 = 4;
/// The assumed scrape interval if neither settings nor data show it: Grafana's default for Prometheus.
pub(crate) const SCRAPE: Duration = Duration::from_secs(15);
/// The most points: a panel does not have more pixels.
const MOST_POINTS: i64 = 2_000;

/// The window of a rate: at least four scrapes, and at least a step plus a scrape, so that no increase between two
/// steps is lost.
#[must_use]
pub(crate) fn rate_window(step: Duration, scrape: Duration) -> Duration {
    (step + scrape).max(scrape * SCRAPES)
}

/// Evenly spaced times in a time range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    /// The first time, milliseconds since the Unix epoch.
    pub(crate) start_ms: i64,
    /// The last time, milliseconds since the Unix epoch.
    pub(crate) end_ms: i64,
    /// The time between two of them.
    pub(crate) step: Duration,
    /// The end of the time range, milliseconds since the Unix epoch.
    pub(crate) to_ms: i64,
}

impl Grid {
    /// A single time, at the end of a range.
    pub(crate) fn one(from_ms: i64, to_ms: i64) -> Self {
        let step = Duration::from_millis(to_ms.abs_diff(from_ms).max(1));
        Self { start_ms: to_ms, end_ms: to_ms, step, to_ms }
    }

    /// The rest of the range after the last time, from and to, if it is long enough for four scrapes. A server that has
    /// been running for less than a step may exist only in this rest, and Prometheus would have no value for it at any
    /// time of the grid.
    #[must_use]
    pub(crate) fn rest(&self, scrape: Duration) -> Option<(i64, i64)> {
        let long_enough = Duration::from_millis(self.to_ms.abs_diff(self.end_ms)) > scrape * SCRAPES;
        (self.to_ms > self.end_ms && long_enough).then_some((self.end_ms, self.to_ms))
    }

    /// The ends of windows of one step each within `from..=to`. They are multiples of the step, so that a dashboard
    /// does not flicker when it is refreshed. `step` is increased until there are not too many.
    #[must_use]
    pub(crate) fn within(from_ms: i64, to_ms: i64, step: Duration) -> Option<Self> {
        let wanted = i64::try_from(step.as_millis()).unwrap_or(i64::MAX).max(1_000);
        let length = to_ms.checked_sub(from_ms).filter(|length| *length > 0)?;
        let least = length / MOST_POINTS;
        // Whole seconds, and no step longer than the range.
        let step = wanted.max(least).min(length).div_euclid(1_000).max(1) * 1_000;
        let end_ms = to_ms.div_euclid(step) * step;
        let start_ms = from_ms.div_euclid(step) * step + step;
        let step = Duration::from_millis(step.unsigned_abs());
        Some(if start_ms <= end_ms {
            Self { start_ms, end_ms, step, to_ms }
        } else {
            Self { start_ms: to_ms, end_ms: to_ms, step, to_ms }
        })
    }

    /// The times.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + use<> {
        let step = self.step_ms();
        let (start, end) = (self.start_ms, self.end_ms);
        (0..=(end - start) / step).map(move |at| start + at * step)
    }

    /// The step in milliseconds, above zero.
    #[must_use]
    pub(crate) fn step_ms(&self) -> i64 {
        i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_spans_four_scrapes_and_more_than_a_step() {
        let window = |step, scrape| rate_window(Duration::from_secs(step), Duration::from_secs(scrape)).as_secs();
        assert_eq!((window(15, 15), window(60, 15), window(5, 30)), (60, 75, 120));
    }

    #[test]
    fn grids_lie_within_and_on_multiples_of_their_step() {
        let check = |from, to, step, expected: Option<(i64, i64, u64)>| {
            let grid = Grid::within(from, to, Duration::from_secs(step));
            assert_eq!(
                grid.map(|grid| (grid.start_ms, grid.end_ms, grid.step.as_secs())),
                expected,
                "{from} {to} {step}"
            );
        };
        check(0, 60_000, 15, Some((15_000, 60_000, 15)));
        check(7_000, 66_000, 15, Some((15_000, 60_000, 15)));
        check(7_000, 14_000, 15, Some((14_000, 14_000, 7)));
        check(0, 10_000_000, 1, Some((5_000, 10_000_000, 5)));
        check(10, 10, 15, None);
        check(20, 10, 15, None);
        check(i64::MIN, i64::MAX, 15, None);
        let grid = Grid::within(0, 60_000, Duration::from_secs(15)).unwrap();
        assert_eq!(grid.times().collect::<Vec<_>>(), [15_000, 30_000, 45_000, 60_000]);
    }

    #[test]
    fn what_a_grid_leaves_out_is_known_where_four_scrapes_fit_in() {
        let check = |to, step, scrape, expected| {
            let grid = Grid::within(0, to, Duration::from_secs(step)).unwrap();
            assert_eq!(grid.rest(Duration::from_secs(scrape)), expected, "{to} {step} {scrape}");
        };
        check(60_000, 15, 15, None);
        check(74_000, 15, 15, None);
        check(7_100_000, 3_600, 15, Some((3_600_000, 7_100_000)));
        check(3_660_000, 3_600, 15, None);
        check(3_661_000, 3_600, 15, Some((3_600_000, 3_661_000)));
        check(3_661_000, 3_600, 30, None);
        assert_eq!(Grid::one(5, 1_000_000).rest(Duration::from_secs(1)), None);
    }
}
