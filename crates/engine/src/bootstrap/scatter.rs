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

/// One level: its load, the logarithm of its value, and the variance of that from its requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogLevel {
    pub(super) load: f64,
    pub(super) log: f64,
    pub(super) variance: f64,
}

/// The scatter between levels, where they contradict each other; `None` where they do not.
///
/// Load does not make a server faster, so a level that is clearly slower than a higher one shows that levels differ by more
/// than their requests explain. How much is read from how far levels lie from the line through their neighbours, in the
/// logarithm of both and as they are, whichever is less. It is looked for only where there is a contradiction: a knee lies
/// off that line as well.
pub(super) fn scatter(levels: &[LogLevel]) -> Option<Scatter> {
    /// Standard errors by which a level must exceed a higher one.
    const CONTRADICTS: f64 = 1.6;
    /// The median of a squared standard normal variable.
    const MEDIAN_SQUARE: f64 = 0.454_936;
    let contradicts = levels.iter().enumerate().any(|(index, low)| {
        levels[index + 1..].iter().any(|high| low.log - high.log > CONTRADICTS * (low.variance + high.variance).sqrt())
    });
    if levels.len() < 3 || !contradicts {
        return None;
    }
    let mut squares = Vec::new();
    let mut noises = Vec::new();
    for three in levels.windows(3) {
        let [before, here, after] = three else { continue };
        let straight = (after.load - here.load) / (after.load - before.load);
        let in_logs = if before.load > 0.0 {
            libm::log(after.load / here.load) / libm::log(after.load / before.load)
        } else {
            straight
        };
        let line = straight * libm::exp(before.log) + (1.0 - straight) * libm::exp(after.log);
        let off_line = here.log - libm::log(line);
        let off_power = here.log - (in_logs * before.log + (1.0 - in_logs) * after.log);
        let off = off_line.abs().min(off_power.abs());
        let parts = 1.0 + straight * straight + (1.0 - straight) * (1.0 - straight);
        squares.push(off * off / parts);
        let noise = here.variance
            + straight * straight * before.variance
            + (1.0 - straight) * (1.0 - straight) * after.variance;
        noises.push(noise / parts);
    }
    let variance = median(&mut squares) / MEDIAN_SQUARE - median(&mut noises);
    (variance > 0.0).then(|| Scatter { sigma: variance.sqrt(), degrees: (levels.len() - 2) as f64 })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { 0.5 * (values[half - 1] + values[half]) } else { values[half] }
}
