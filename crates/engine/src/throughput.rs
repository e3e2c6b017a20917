//! Tokens per second over load.

use crate::monotone::MonotoneCubic;
use crate::run::Run;
use crate::tokens::TokenBasis;

/// The highest measured throughput.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The load it was measured at; the lowest where several tie.
    pub load: f64,
    /// Output tokens per second.
    pub output_tokens_per_second: f64,
}

/// Where throughput stops growing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// The lowest measured load from which on no higher level gains more than
    /// [`PLATEAU_GAIN`].
    pub load: f64,
    /// Output tokens per second there.
    pub output_tokens_per_second: f64,
}

/// A gain in throughput that is no longer worth more load: 5 %, the band that GPUStack's
/// analysis uses and about the scatter between two runs of the same level.
pub const PLATEAU_GAIN: f64 = 0.05;

/// `(load, output tokens per second)` of every level that measured it, ascending.
#[must_use]
pub fn throughput_points(run: &Run) -> Vec<(f64, f64)> {
    token_points(run, TokenBasis::Output)
}

/// Output tokens per second at a load; see [`token_rate_at`].
#[must_use]
pub fn throughput_at(run: &Run, load: f64) -> Option<f64> {
    token_rate_at(run, TokenBasis::Output, load)
}

/// `(load, tokens per second)` of every level that measured this basis, ascending.
#[must_use]
pub fn token_points(run: &Run, basis: TokenBasis) -> Vec<(f64, f64)> {
    rated(run, basis).iter().map(|level| (level.load, level.rate)).collect()
}

fn rated(run: &Run, basis: TokenBasis) -> Vec<RatedLevel> {
    let levels = run.levels.iter().enumerate();
    ascending(levels.filter_map(|(index, level)| {
        let rate = basis.of(&level.rates)?;
        Some(RatedLevel { index, load: level.load, rate, in_flight: level.concurrency })
    }))
}

/// One level's token rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatedLevel {
    /// Where the level stands among those it came from: the levels of a run, the rows of columns.
    pub index: usize,
    /// Offered load.
    pub load: f64,
    /// Tokens per second.
    pub rate: f64,
    /// Mean requests in flight; `None` where not measured.
    pub in_flight: Option<f64>,
}

/// Tokens per second over load.
#[derive(Debug, Clone)]
pub struct TokenRates {
    /// What is counted.
    pub basis: TokenBasis,
    /// The levels that measured it, ascending in load and one for each load.
    pub levels: Vec<RatedLevel>,
    /// The monotone cubic through them. Not isotonic: throughput may fall past its peak.
    pub curve: MonotoneCubic,
}

impl TokenRates {
    /// The rates of the levels that measured this basis: of those with a finite load and a rate above
    /// zero. `None` when there are none.
    #[must_use]
    pub fn through(basis: TokenBasis, levels: impl Iterator<Item = RatedLevel>) -> Option<Self> {
        let levels = ascending(levels);
        let curve = MonotoneCubic::through(
            levels.iter().map(|level| level.load).collect(),
            levels.iter().map(|level| level.rate).collect(),
        )?;
        Some(Self { basis, levels, curve })
    }

    /// The rates of a run; `None` when no level measured this basis.
    #[must_use]
    pub fn of(run: &Run, basis: TokenBasis) -> Option<Self> {
        Self::through(basis, rated(run, basis).into_iter())
    }
}

/// The levels with a finite load and a rate above zero, ascending; of several at one load the first.
fn ascending(levels: impl Iterator<Item = RatedLevel>) -> Vec<RatedLevel> {
    let measured = |level: &RatedLevel| level.load.is_finite() && level.rate.is_finite() && level.rate > 0.0;
    let mut levels: Vec<RatedLevel> = levels.filter(measured).collect();
    levels.sort_by(|a, b| a.load.total_cmp(&b.load));
    levels.dedup_by(|later, earlier| later.load <= earlier.load);
    levels
}

/// Tokens per second at a load, read from the curve of [`TokenRates`]. `None` outside the measured range.
#[must_use]
pub fn token_rate_at(run: &Run, basis: TokenBasis, load: f64) -> Option<f64> {
    TokenRates::of(run, basis)?.curve.eval(load)
}

/// The level with the highest measured output tokens per second.
#[must_use]
pub fn peak(run: &Run) -> Option<Peak> {
    let best = throughput_points(run).into_iter().reduce(|best, point| if point.1 > best.1 { point } else { best });
    best.map(|(load, output_tokens_per_second)| Peak { load, output_tokens_per_second })
}

/// Where output throughput stops growing. `None` when the highest level still gained more than
/// [`PLATEAU_GAIN`] over every lower one: then no plateau was measured.
#[must_use]
pub fn plateau(run: &Run) -> Option<Plateau> {
    let points = throughput_points(run);
    let peak = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let first = points.iter().position(|point| point.1 * (1.0 + PLATEAU_GAIN) >= peak)?;
    (first + 1 < points.len()).then(|| Plateau { load: points[first].0, output_tokens_per_second: points[first].1 })
}
