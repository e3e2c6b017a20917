//! A rate over load.

use super::{Counted, Rate, level_rates};
use crate::monotone::MonotoneCubic;
use crate::order::by_load;
use crate::run::Run;

/// The rate of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedLevel {
    /// Index of the level in its source: among the levels of a run, or the rows of columns.
    pub index: usize,
    /// Offered load.
    pub load: f64,
    /// The rate.
    pub rate: Rate,
    /// Mean number of requests in flight; `None` if not measured.
    pub in_flight: Option<f64>,
}

/// A rate over load.
#[derive(Debug, Clone)]
pub struct RateCurve {
    /// What is counted.
    pub counted: Counted,
    /// The levels that measured it, ascending in load, one for each load.
    pub levels: Vec<RatedLevel>,
    /// The monotone cubic through them. Not isotonic: throughput may fall past its peak.
    curve: MonotoneCubic,
}

impl RateCurve {
    /// The curve through the levels that measured this quantity; only levels with a finite load and a rate above zero
    /// count. `None` if there are none.
    #[must_use]
    pub fn through(counted: Counted, mut levels: Vec<RatedLevel>) -> Option<Self> {
        levels.retain(|RatedLevel { load, rate, .. }| load.is_finite() && rate.value.is_finite() && rate.value > 0.0);
        let mut levels = by_load(&levels, |level| level.load);
        levels.dedup_by(|later, earlier| later.load <= earlier.load);
        let curve = MonotoneCubic::through(
            levels.iter().map(|level| level.load).collect(),
            levels.iter().map(|level| level.rate.value).collect(),
        )?;
        Some(Self { counted, levels, curve })
    }

    /// The curves of all rates of a run.
    #[must_use]
    pub fn all_of(run: &Run) -> Vec<Self> {
        let rates = level_rates(run);
        let of = |counted| {
            let levels = run.levels.iter().zip(&rates).enumerate().filter_map(move |(index, (level, rates))| {
                Some(RatedLevel { index, load: level.load, rate: rates.of(counted)?, in_flight: level.concurrency })
            });
            Self::through(counted, levels.collect())
        };
        Counted::ALL.into_iter().filter_map(of).collect()
    }

    /// The rate at a load, with the uncertainty of the levels around it; `None` outside the measured loads.
    #[must_use]
    pub fn at(&self, load: f64) -> Option<Rate> {
        let value = self.curve.eval(load)?;
        let after = self.levels.partition_point(|level| level.load < load).min(self.levels.len() - 1);
        let before = if self.levels[after].load > load { after.saturating_sub(1) } else { after };
        let (left, right) = (&self.levels[before], &self.levels[after]);
        let share = if before < after { (load - left.load) / (right.load - left.load) } else { 0.0 };
        // The errors of the two levels are independent; each level's error counts by its weight in the interpolation.
        let off = |level: &RatedLevel, end: usize| Some(libm::log(level.rate.interval[end]? / level.rate.value));
        let end = |end: usize| {
            let (left, right) = ((1.0 - share) * off(left, end)?, share * off(right, end)?);
            let sign = if end == 0 { -1.0 } else { 1.0 };
            Some(value * libm::exp(sign * (left * left + right * right).sqrt()))
        };
        Some(Rate { value, interval: [end(0), end(1)] })
    }

    /// The lowest and the highest measured load.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        self.curve.range()
    }
}
