//! Tokens per second over load.

use crate::monotone::MonotoneCubic;
use crate::run::Run;

/// The highest measured throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The load at which it was measured; of several, the lowest.
    pub load: f64,
    /// Output tokens per second.
    pub output_tokens_per_second: f64,
}

/// Where throughput stops growing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// The lowest measured load above which no level gains more than [`PLATEAU_GAIN`].
    pub load: f64,
    /// Output tokens per second there.
    pub output_tokens_per_second: f64,
}

/// The gain in throughput up to which more load is no longer worth it: 5 %, as in GPUStack's analysis, and about the
/// scatter between two runs of the same level.
pub const PLATEAU_GAIN: f64 = 0.05;

/// `(load, output tokens per second)` of every level that measured it, ascending: counts over duration, as in tables of
/// levels. Costs use [`rates`](crate::rates) instead, which leave out the start and the end of a level.
#[must_use]
pub fn throughput_points(run: &Run) -> Vec<(f64, f64)> {
    let measured = run.levels.iter().filter_map(|level| Some((level.load, level.rates.output_tokens?)));
    let mut points: Vec<(f64, f64)> =
        measured.filter(|(load, rate)| load.is_finite() && rate.is_finite() && *rate > 0.0).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|later, earlier| later.0 <= earlier.0);
    points
}

/// Output tokens per second at a load, by the monotone cubic through [`throughput_points`]. `None` outside the measured range.
#[must_use]
pub fn throughput_at(run: &Run, load: f64) -> Option<f64> {
    let (loads, rates) = throughput_points(run).into_iter().unzip();
    MonotoneCubic::through(loads, rates)?.eval(load)
}

/// The level with the highest measured output tokens per second.
#[must_use]
pub fn peak(run: &Run) -> Option<Peak> {
    let best = throughput_points(run).into_iter().reduce(|best, point| if point.1 > best.1 { point } else { best });
    best.map(|(load, output_tokens_per_second)| Peak { load, output_tokens_per_second })
}

/// Where output throughput stops growing. `None` if the highest level still gained more than [`PLATEAU_GAIN`] over
/// every lower one: then no plateau was measured.
#[must_use]
pub fn plateau(run: &Run) -> Option<Plateau> {
    let points = throughput_points(run);
    let peak = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let first = points.iter().position(|point| point.1 * (1.0 + PLATEAU_GAIN) >= peak)?;
    (first + 1 < points.len()).then(|| Plateau { load: points[first].0, output_tokens_per_second: points[first].1 })
}
