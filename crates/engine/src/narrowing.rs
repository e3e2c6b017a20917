//! By how much the level to measure next would narrow the answer.
//!
//! The gap between the levels around the answer shrinks for certain. The interval holds two doubts: what the curve does in
//! that gap, which such a level takes away, and the noise within the levels, which it shares. How much narrower it would be is
//! computed by judging the measured levels once more together with a made-up one, which lies on the fitted curve and is as
//! noisy as its two neighbours.

use crate::bootstrap::Replicates;
use crate::breaking::{Breaking, BreakingState, breaking_point};
use crate::curve::Curve;
use crate::points::LevelPoint;
use crate::random::Random;
use crate::slo::Limit;

/// How much the next level narrows the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Narrowing {
    /// Width of the gap between the measured loads around the answer, in the unit of the load:
    /// now, and at most after the next level.
    pub gap: [f64; 2],
    /// Width of the 95 % interval of the limit that breaks first: now, and expected after a
    /// next level with as many requests as its neighbours. `None` where the interval is open,
    /// unknown, or no statistic.
    pub interval: Option<[f64; 2]>,
}

/// The measured loads around the answer and the one to measure next, which lies between them.
pub(crate) fn gap(passing: Option<f64>, failing: Option<f64>, next: f64) -> Option<[f64; 2]> {
    let (low, high) = (passing.unwrap_or(0.0), failing?);
    (low < next && next < high).then(|| [high - low, (next - low).max(high - next)])
}

/// The width of the interval of an edge now and with a level at `next`.
pub(crate) fn interval(
    limit: Limit,
    points: &[LevelPoint],
    breaking: Breaking,
    replicates: Option<&Replicates>,
    next: f64,
) -> Option<[f64; 2]> {
    let (BreakingState::Edge, [Some(low), Some(high)]) = (breaking.state, breaking.interval) else { return None };
    let after = points.partition_point(|point| point.load <= next);
    let (below, above) = (after.checked_sub(1)?, points.get(after).map(|_| after)?);
    let value = Curve::fit_clean(points)?.value_at(next)?;
    let [new_low, new_high] = if let Some(replicates) = replicates {
        replicates.with_level_between(below, next, value)?.interval(limit.bound)
    } else {
        let mut with = points.to_vec();
        with.insert(after, on_the_curve(next, value, [below, above].map(|index| points[index])));
        breaking_point(&with, limit.bound).interval
    };
    Some([high - low, new_high? - new_low?])
}

/// A level on the curve whose bounds are as far away, in proportion, as its neighbours' are.
fn on_the_curve(load: f64, value: f64, neighbours: [LevelPoint; 2]) -> LevelPoint {
    let proportion = |end: fn(&LevelPoint) -> Option<f64>| {
        let [below, above] = neighbours.map(|point| Some(end(&point)? / point.value).filter(|share| share.is_finite()));
        Some(0.5 * value * (below? + above?))
    };
    let [below, above] = neighbours.map(|point| point.count);
    LevelPoint {
        load,
        value,
        lo: proportion(|point| point.lo),
        hi: proportion(|point| point.hi),
        count: below.midpoint(above),
    }
}

impl Replicates {
    /// The same with a level at `load`, just above level `below`: around `value`, with the
    /// deviations of the two levels around it, half of each, from their own medians. The measured value is no centre: few
    /// requests know little of how far above it the true one may be.
    fn with_level_between(&self, below: usize, load: f64, value: f64) -> Option<Self> {
        const SEED: u64 = 0x6e61_7272_6f77;
        let [left, right] = [self.column(below)?, self.column(below + 1)?];
        let centres = [left, right].map(median);
        let share = |replicate: usize| {
            let (column, centre) = if replicate.is_multiple_of(2) { (left, centres[0]) } else { (right, centres[1]) };
            column[replicate] / centre
        };
        let mut column: Vec<f64> = (0..self.count()).map(|replicate| value * share(replicate)).collect();
        // Requests of another level are independent of those of its neighbours.
        Random::seeded(SEED).shuffle(&mut column);
        self.with_column(below + 1, load, column)
    }
}

/// The median; NaN for an empty column.
fn median(column: &[f64]) -> f64 {
    let mut values = column.to_vec();
    let middle = values.len() / 2;
    if middle < values.len() { *values.select_nth_unstable_by(middle, f64::total_cmp).1 } else { f64::NAN }
}
