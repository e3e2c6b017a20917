//! How many independent requests the requests of one level are worth: they queue behind each other, so each says less.
//!
//! The variance of a mean of dependent values is `τ` times that of independent ones, with `τ = 1 + 2 Σ r_k` over their
//! autocorrelations. An estimate of `τ` from one level is uncertain itself; its degrees of freedom say how uncertain.
//!
//! Sources: A. Sokal, *Monte Carlo Methods in Statistical Mechanics* (1997), for the window; U. Wolff, *Monte Carlo errors
//! with less errors*, Computer Physics Communications 156 (2004), for the bias; W. Whitt, *Planning queueing simulations*,
//! Management Science 35 (1989), for queues near saturation.

use crate::level::Level;
use crate::run::{LoadModel, Run};
use crate::slo::Latency;

/// How much the values of a series depend on each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dependence {
    /// How many values carry as much information as one independent value; at least 1.
    pub tau: f64,
    /// Degrees of freedom of that estimate; infinite where the values look independent.
    pub degrees: f64,
    /// Whether the values show any sign of dependence, even one that may be chance.
    pub signs: bool,
}

/// The dependence of independent values.
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
    /// `None` if all values are equal.
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

/// How much it depends on earlier values whether a value exceeds `threshold`: this is what matters for a quantile at
/// the threshold. Equal, up to rounding, to [`dependence`] of ones and zeros, but computed from counts: it visits only
/// the few values above the threshold.
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
        // Of the pairs at this lag: how many exceed the threshold with their first value, and how many with their
        // second.
        let first = at.partition_point(|&index| index + lag < values.len()) as f64;
        let second = (at.len() - at.partition_point(|&index| index < lag)) as f64;
        (both - share * (first + second) + share * share * (count - lag as f64)) / spread
    };
    of_correlations(values.len(), correlation)
}

/// The dependence of a series of `n` values, from its autocorrelations.
fn of_correlations(n: usize, correlation: impl Fn(usize) -> f64) -> Dependence {
    /// The lags whose sum decides whether there is any dependence.
    const FIRST: usize = 5;
    /// The sum runs over a window of this many times the estimate itself (Sokal).
    const WINDOW: f64 = 5.0;
    /// The least degrees of freedom: a series with fewer than two windows says almost nothing about the next one.
    const FEWEST_DEGREES: f64 = 1.5;
    /// Up to here each lag is computed. A series that still depends on itself at this lag changes slowly, so beyond it
    /// one lag stands for its neighbours, and for ever more of them: the work does not grow with the square of the
    /// series' length.
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
    // Beyond a quarter of the series, too few pairs are left to estimate from.
    let (mut tau, mut window) = (1.0, 0);
    while window < n / 4 {
        let step = (window / EVERY_LAG).max(1).min(n / 4 - window);
        // The middle one of the lags that it stands for.
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

/// The least dependence that queueing causes at a level, whatever its requests show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Queue {
    /// Lower bound of [`Dependence::tau`].
    floor: f64,
    /// Whether the bound holds even if the requests show no sign of dependence.
    always: bool,
}

impl Queue {
    /// No request waits.
    pub(crate) const NONE: Self = Self { floor: 1.0, always: false };

    /// The dependence that the requests show, but at least that of the queue.
    pub(crate) fn with(self, found: Dependence) -> Dependence {
        if found.signs || self.always { self.at_least(found) } else { found }
    }

    /// The dependence that the requests show, but at least that of the queue, even if they show none: for questions
    /// where a wrong answer costs more than a missed one.
    pub(crate) fn at_least(self, found: Dependence) -> Dependence {
        Dependence { tau: found.tau.max(self.floor), ..found }
    }
}

/// The queue at each level of a run.
///
/// A request that waits behind `k` others shares its wait with them: in a closed loop `τ` is at least `1 + k/2`, unless
/// the requests show no sign of it. Near saturation, the queue of an open loop has a memory longer than a level, and a
/// level that saw only a quiet part of it cannot show that. There `τ` is at least `ρ/(1 − ρ)²` at utilization `ρ`, a
/// quarter of the value of an M/M/1 queue; the highest rate served at any level is taken as the capacity.
#[must_use]
pub(crate) fn queues(run: &Run) -> Vec<Queue> {
    /// The highest utilization that is told apart from saturation.
    const NEAREST: f64 = 0.995;
    let unloaded_s = run.levels.iter().filter_map(|level| mean_s(level, Latency::Ttft)).fold(f64::INFINITY, f64::min);
    // The number of waiting requests by Little's law: the wait is the mean TTFT beyond the lowest mean TTFT of any
    // level.
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
