//! Whether levels differ by more than their requests explain.

use super::draws::{Normals, variance_factor};
use crate::random::Random;

/// How far whole levels scatter about the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scatter {
    /// Standard deviation of the logarithm of a level's value beyond what its requests explain.
    pub sigma: f64,
    /// Degrees of freedom of that estimate.
    pub degrees: f64,
}

impl Scatter {
    /// Adds this scatter to the replicates of a level.
    pub(super) fn apply(self, column: &mut [f64], normals: &Normals, random: &mut Random) {
        let (factors, draws) = (normals.shuffled(random), normals.shuffled(random));
        for ((value, factor), draw) in column.iter_mut().zip(factors).zip(draws) {
            *value *= libm::exp(self.sigma * variance_factor(self.degrees, factor).sqrt() * draw);
        }
    }
}

/// One level: its load, the logarithm of its value, and the variance of that logarithm from its requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogLevel {
    pub(super) load: f64,
    pub(super) log: f64,
    pub(super) variance: f64,
}

/// The scatter between levels. `None` if the levels lie on a smooth curve, and below six levels, where scatter and a
/// curve cannot be told apart.
///
/// Each level is compared with two lines through its neighbours: a straight one, and one that is straight in the
/// logarithms of load and value. A smooth curve runs between the two, so only what lies beyond both counts, in standard
/// errors of the requests. A curve that bends upwards leaves levels on one side only; a knee or a jump leaves one level
/// on either side; scatter leaves levels on both sides everywhere. So the farthest level of each side is left out, and
/// the side with less must still be more than noise. The size of the scatter is the median over all levels, which a
/// knee does not move.
///
/// `MOST` was set on the simulated servers of `docs/validation.md`: of sweeps whose levels do not scatter, at most one
/// in twenty is said to. That includes sweeps with a cliff, which look most like scatter.
pub(super) fn scatter(levels: &[LogLevel]) -> Option<Scatter> {
    const FEWEST_LEVELS: usize = 6;
    /// The largest sum of squares on one side without scatter, in squared standard errors per level that may lie there.
    const MOST: f64 = 0.8;
    /// The median of a squared standard normal variable.
    const MEDIAN_SQUARE: f64 = 0.454_936;
    if levels.len() < FEWEST_LEVELS {
        return None;
    }
    let off: Vec<Departure> = levels.windows(3).filter_map(Departure::of).collect();
    let side = |sign: f64| {
        let squares = || off.iter().map(|one| (sign * one.beyond).max(0.0)).map(|beyond| beyond * beyond);
        let errors = || squares().zip(&off).map(|(square, one)| square / one.noise);
        errors().sum::<f64>() - errors().fold(0.0, f64::max)
    };
    if side(1.0).min(side(-1.0)) <= MOST * (off.len() - 1) as f64 {
        return None;
    }
    let mut squares: Vec<f64> = off.iter().map(|one| one.nearest * one.nearest / one.parts).collect();
    let mut noises: Vec<f64> = off.iter().map(|one| one.noise / one.parts).collect();
    let variance = median(&mut squares) / MEDIAN_SQUARE - median(&mut noises);
    (variance > 0.0).then(|| Scatter { sigma: variance.sqrt(), degrees: (levels.len() - 2) as f64 })
}

/// How far a level lies off the lines through its neighbours, in the logarithm of its value.
struct Departure {
    /// Distance from the nearer of the two lines.
    nearest: f64,
    /// Distance above both lines (positive) or below both (negative); zero between them.
    beyond: f64,
    /// Variance of `nearest` from the requests of all three levels.
    noise: f64,
    /// That variance as a multiple of one level's variance, if all three have the same.
    parts: f64,
}

impl Departure {
    /// The departure of the middle one of three levels.
    fn of(three: &[LogLevel]) -> Option<Self> {
        let [before, here, after] = three else { return None };
        let straight = (after.load - here.load) / (after.load - before.load);
        let in_logs = if before.load > 0.0 {
            libm::log(after.load / here.load) / libm::log(after.load / before.load)
        } else {
            straight
        };
        let line = libm::log(straight * libm::exp(before.log) + (1.0 - straight) * libm::exp(after.log));
        let power = in_logs * before.log + (1.0 - in_logs) * after.log;
        let (off_line, off_power) = (here.log - line, here.log - power);
        let beyond = off_line.min(off_power).max(0.0) + off_line.max(off_power).min(0.0);
        let nearest = off_line.abs().min(off_power.abs());
        let weights = [straight * straight, 1.0, (1.0 - straight) * (1.0 - straight)];
        let variances = [before, here, after].map(|level| level.variance);
        Some(Self {
            nearest,
            beyond,
            noise: weights.iter().zip(variances).map(|(weight, variance)| weight * variance).sum(),
            parts: weights.iter().sum(),
        })
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { 0.5 * (values[half - 1] + values[half]) } else { values[half] }
}
