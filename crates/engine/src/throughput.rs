//! Output tokens per second over load.

use crate::monotone::MonotoneCubic;
use crate::run::Run;

/// The highest measured throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The load it was measured at; the lowest where several tie.
    pub load: f64,
    /// Output tokens per second.
    pub output_tokens_per_second: f64,
}

/// `(load, output tokens per second)` of every level that measured it, ascending.
#[must_use]
pub fn throughput_points(run: &Run) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = run
        .levels
        .iter()
        .filter_map(|level| Some((level.load, level.rates.output_tokens?)))
        .filter(|(load, rate)| load.is_finite() && rate.is_finite() && *rate > 0.0)
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|later, earlier| later.0 <= earlier.0);
    points
}

/// Output tokens per second at a load, read from the monotone cubic through the measured
/// levels. Not isotonic: throughput may fall past its peak. `None` outside the measured range.
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
