//! How much the requests of one level are worth: they queue behind each other, so each says less than an independent one.
//!
//! The variance of a mean of dependent values is `τ` times that of independent ones, with `τ = 1 + 2 Σ r_k` over their
//! autocorrelations. What is estimated from one level is uncertain itself, and that is what the degrees of freedom say.
//!
//! Sources: A. Sokal, *Monte Carlo Methods in Statistical Mechanics* (1997), for the window; U. Wolff, *Monte Carlo errors
//! with less errors*, Computer Physics Communications 156 (2004), for the bias; W. Whitt, *Planning queueing simulations*,
//! Management Science 35 (1989), for queues near saturation.

use crate::level::Level;
use crate::run::{LoadModel, Run};
use crate::slo::Latency;

/// What a series of values is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependence {
    /// How many values are worth one independent value; at least 1.
    pub tau: f64,
    /// Degrees of freedom of that estimate; infinite where the values look independent.
    pub degrees: f64,
    /// Whether the values show any sign of depending on each other, be it one that chance may have made.
    pub signs: bool,
}

/// Values of which none depends on another.
pub const INDEPENDENT: Dependence = Dependence { tau: 1.0, degrees: f64::INFINITY, signs: false };

impl Dependence {
    /// How many independent values `count` of these are worth.
    #[must_use]
    pub fn effective(&self, count: usize) -> f64 {
        count as f64 / self.tau
    }
}

/// How much `values`, in the order of their requests' starts, depend on each other.
#[must_use]
pub fn dependence(values: &[f64]) -> Dependence {
    Correlations::of(values).map_or(INDEPENDENT, |series| of_correlations(values.len(), |lag| series.at(lag)))
}

/// The autocorrelations of a series.
struct Correlations {
    /// Each value less their mean.
    off: Vec<f64>,
    /// The sum of their squares; above zero.
    spread: f64,
}

impl Correlations {
    /// `None` where all values are the same.
    fn of(values: &[f64]) -> Option<Self> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let off: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let spread = off.iter().map(|off| off * off).sum();
        (spread > 0.0).then_some(Self { off, spread })
    }

    fn at(&self, lag: usize) -> f64 {
        self.off[lag..].iter().zip(&self.off).map(|(a, b)| a * b).sum::<f64>() / self.spread
    }
}

/// How much whether a value exceeds `threshold` depends on whether the ones before did: what matters for a quantile at the
/// threshold. The same as [`dependence`] of ones and zeros, up to rounding, from counts alone: only those few that exceed
/// it are looked at.
#[must_use]
pub fn dependence_of_exceedances(values: &[f64], threshold: f64) -> Dependence {
    let above: Vec<bool> = values.iter().map(|&value| value > threshold).collect();
    let at: Vec<usize> = above.iter().enumerate().filter(|(_, above)| **above).map(|(index, _)| index).collect();
    let count = values.len() as f64;
    let share = at.len() as f64 / count;
    // The sum of squares about the mean.
    let spread = at.len() as f64 * (1.0 - share);
    if at.is_empty() || spread <= 0.0 {
        return INDEPENDENT;
    }
    let correlation = |lag: usize| {
        let both = at.iter().filter(|&&index| above.get(index + lag) == Some(&true)).count() as f64;
        // Of the pairs so far apart, those whose first one exceeds it, and those whose second one does.
        let first = at.partition_point(|&index| index + lag < values.len()) as f64;
        let second = (at.len() - at.partition_point(|&index| index < lag)) as f64;
        (both - share * (first + second) + share * share * (count - lag as f64)) / spread
    };
    of_correlations(values.len(), correlation)
}

/// What a series of `n` values is worth by its autocorrelations.
fn of_correlations(n: usize, correlation: impl Fn(usize) -> f64) -> Dependence {
    /// Lags whose sum decides whether there is any dependence.
    const FIRST: usize = 5;
    /// The window of the sum is this many times the estimate itself (Sokal).
    const WINDOW: f64 = 5.0;
    /// With fewer than two windows in a series its estimate says nothing about the next.
    const FEWEST_DEGREES: f64 = 1.5;
    /// Up to here each lag counts by itself. A series that still depends on itself so far back changes slowly, so beyond
    /// it one lag stands for those around it, ever more of them: the work grows with the series' length and not its square.
    const EVERY_LAG: usize = 256;
    let count = n as f64;
    if n < 4 * FIRST {
        return INDEPENDENT;
    }
    // Independent values have correlations of standard error 1/√n, so a sum of five has √(5/n).
    let first: f64 = (1..=FIRST).map(&correlation).sum();
    let error = (FIRST as f64 / count).sqrt();
    if first < 2.0 * error {
        return Dependence { signs: first >= error, ..INDEPENDENT };
    }
    // Beyond a quarter of the series too few pairs are left to estimate from.
    let (mut tau, mut window) = (1.0, 0);
    while window < n / 4 {
        let step = (window / EVERY_LAG).max(1).min(n / 4 - window);
        // The middle one of those that it stands for.
        tau += 2.0 * step as f64 * correlation(window + step.div_ceil(2));
        window += step;
        if window as f64 >= WINDOW * (0.5 * tau).max(0.5) {
            break;
        }
    }
    let width = (2 * window + 1) as f64;
    Dependence {
        tau: (tau * (1.0 + width / count)).max(1.0),
        degrees: (count / width).max(FEWEST_DEGREES),
        signs: true,
    }
}

/// What waiting behind others does to a level, whatever its own requests show of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Queue {
    /// The least that [`Dependence::tau`] can be.
    floor: f64,
    /// Whether that holds even where the requests show no sign of dependence.
    always: bool,
}

impl Queue {
    /// Nobody waits.
    pub(crate) const NONE: Self = Self { floor: 1.0, always: false };

    /// What the requests show, and at least what the queue makes of it.
    pub(crate) fn with(self, found: Dependence) -> Dependence {
        if found.signs || self.always { self.at_least(found) } else { found }
    }

    /// What the requests show, and at least what the queue makes of it even where they show nothing: for a question whose
    /// wrong answer costs more than one that is missed.
    pub(crate) fn at_least(self, found: Dependence) -> Dependence {
        Dependence { tau: found.tau.max(self.floor), ..found }
    }
}

/// The queue at each level of a run.
///
/// A request that waits behind `k` others shares its wait with them: in a closed loop `τ` is at least `1 + k/2`, unless the
/// requests show no sign of that. Near saturation the queue of an open loop remembers for longer than a level lasts, and a
/// level that saw only a quiet part of it cannot know: there `τ` is at least `ρ/(1 − ρ)²` of the utilisation `ρ`, a quarter
/// of what an M/M/1 has, with the highest rate served at any level for the capacity.
#[must_use]
pub(crate) fn queues(run: &Run) -> Vec<Queue> {
    /// Nearer to saturation nothing can be told from saturation itself.
    const NEAREST: f64 = 0.995;
    let unloaded_s = run.levels.iter().filter_map(|level| mean_s(level, Latency::Ttft)).fold(f64::INFINITY, f64::min);
    // Requests that wait, by Little's law, from how much later than without load the first token comes.
    let waiting = |level: &Level| {
        let wait_s = mean_s(level, Latency::Ttft)? - unloaded_s;
        Some(match run.load_model {
            LoadModel::Closed => level.load * wait_s / mean_s(level, Latency::E2e)?,
            LoadModel::Open(_) => level.load * wait_s,
        })
    };
    let served = |level: &Level| level.rates.requests.unwrap_or(level.load);
    let capacity = run.levels.iter().map(served).filter(|rate| rate.is_finite()).fold(0.0, f64::max);
    let queued = run.levels.iter().filter_map(waiting).fold(0.0, f64::max) > 1.0;
    run.levels
        .iter()
        .map(|level| match run.load_model {
            LoadModel::Closed => {
                let waiting = waiting(level).filter(|waiting| waiting.is_finite()).unwrap_or(0.0);
                Queue { floor: 1.0 + 0.5 * waiting.max(0.0), always: false }
            }
            LoadModel::Open(_) if queued && capacity > 0.0 => {
                let share = (level.load / capacity).clamp(0.0, NEAREST);
                Queue { floor: share / ((1.0 - share) * (1.0 - share)), always: true }
            }
            LoadModel::Open(_) => Queue::NONE,
        })
        .collect()
}

/// Mean of a latency over the requests of a level, seconds.
fn mean_s(level: &Level, latency: Latency) -> Option<f64> {
    let column = level.samples.as_ref()?.column(latency);
    let known = || column.iter().filter(|value| value.is_finite());
    let mean = known().sum::<f64>() / known().count() as f64;
    mean.is_finite().then_some(mean / 1000.0)
}
