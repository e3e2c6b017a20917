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
    /// Replicates of a level with this scatter on top.
    pub(super) fn apply(self, column: &mut [f64], normals: &Normals, random: &mut Random) {
        let (factors, draws) = (normals.shuffled(random), normals.shuffled(random));
        for ((value, factor), draw) in column.iter_mut().zip(factors).zip(draws) {
            *value *= libm::exp(self.sigma * variance_factor(self.degrees, factor).sqrt() * draw);
        }
    }
}

/// One level: its load, a logarithm of its values, and the variance of that from its requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogLevel {
    pub(super) load: f64,
    pub(super) log: f64,
    pub(super) variance: f64,
}

/// The scatter between levels; `None` where they lie on a curve, and below six levels, where nothing tells the two apart.
///
/// Each level is held against the line through its neighbours, in the logarithm of both and as they are: a smooth curve
/// runs between the two, and what lies beyond both counts, in standard errors of the requests. A curve that bends upwards
/// leaves them to one side only, a knee or a jump at one level on either side; scatter puts levels on both sides and
/// everywhere. So the farthest one of each side is left out, and the side with less must still be more than noise. How far
/// levels scatter is read from all of them by the median, which a knee does not move.
///
/// `MOST` was set on the simulated servers of `docs/validation.md` so that of sweeps whose levels do not scatter at most one
/// in twenty is told that they do, cliffs included, which come nearest to it.
pub(super) fn scatter(levels: &[LogLevel]) -> Option<Scatter> {
    const FEWEST_LEVELS: usize = 6;
    /// The sum of squares on one side beyond which levels scatter, in standard errors, for each level that may lie there.
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

/// How far a level lies off the line through its neighbours, in the logarithm of its value.
struct Departure {
    /// From the nearer of the two lines, as they are and in the logarithm of both.
    nearest: f64,
    /// Above both of them, or below as a negative number; zero between.
    beyond: f64,
    /// Variance of that from the requests of all three.
    noise: f64,
    /// The same in units of the variance of one level, where all have the same.
    parts: f64,
}

impl Departure {
    /// Of the middle one of three levels.
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
