//! Which cause makes an interval wide, and so what would narrow it.

use super::measured::Measured;
use super::scatter::Scatter;
use super::{Replicates, central};
use crate::gap::crossing_range;
use crate::isotonic::isotonic_fit;
use crate::points::LevelPoint;

/// The main cause of the width of a breaking load's interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The unknown course of the curve between the two levels around the answer: measure one between them.
    Gap,
    /// Too few independent requests in a level: measure longer.
    Requests(Worth),
    /// Levels that differ by more than their requests explain: repeat them.
    Levels(Scatter),
}

/// How much the requests are worth at the one of the two levels around the answer where they are worth least.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// The level's load.
    pub load: f64,
    /// The level's requests that count.
    pub requests: usize,
    /// How many independent requests they are worth.
    pub independent: f64,
}

impl Doubt {
    /// The main cause. It is the scatter between levels if that is larger than the noise within the two levels around
    /// the answer; else the gap, if the crossing range of the measured values in it is at least as wide as the interval
    /// that the requests alone would give; else the requests. `failing` is the index of the level above the answer,
    /// `failing − 1` that of the level below. `None` if neither level has its requests.
    pub(super) fn of(
        replicates: &Replicates,
        bound: f64,
        points: &[LevelPoint],
        measured: &[Option<Measured>],
        scatter: Option<Scatter>,
        failing: usize,
    ) -> Option<Self> {
        let around = failing.checked_sub(1)?..=failing;
        let known: Vec<(f64, &Measured)> = points
            .get(around.clone())?
            .iter()
            .zip(measured.get(around)?)
            .filter_map(|(point, measured)| Some((point.load, measured.as_ref()?)))
            .collect();
        if let Some(scatter) = scatter {
            let noise = known.iter().filter_map(|(load, one)| Some(one.log_level(*load)?.variance)).fold(0.0, f64::max);
            if scatter.sigma * scatter.sigma > noise {
                return Some(Self::Levels(scatter));
            }
        }
        let (loads, values): (Vec<f64>, Vec<f64>) = points.iter().map(|point| (point.load, point.value)).unzip();
        let weights: Vec<f64> = points.iter().map(|point| point.count as f64).collect();
        let [low, high] = crossing_range(&loads, &isotonic_fit(&values, &weights), bound);
        let mut middles: Vec<f64> =
            replicates.ranges(bound).into_iter().map(|[low, high]| 0.5 * low + 0.5 * high).collect();
        let [least, most] = central(&mut middles);
        // 95 % of the gap's range, to compare with an interval that also leaves out 2.5 % on either side.
        if 0.95 * (high - low) >= most - least {
            return Some(Self::Gap);
        }
        known
            .into_iter()
            .map(|(load, one)| Worth {
                load,
                requests: one.count(),
                independent: one.dependence.effective(one.count()),
            })
            .min_by(|a, b| a.independent.total_cmp(&b.independent))
            .map(Self::Requests)
    }
}
