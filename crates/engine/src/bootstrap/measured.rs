//! What the requests of one level say about a statistic.

use super::draws::{Normals, between_ranks, mean_column, quantile_column};
use super::scatter::LogLevel;
use super::window::window;
use crate::dependence::{Dependence, INDEPENDENT, Queue, dependence, dependence_of_exceedances};
use crate::level::Level;
use crate::points::are_complete;
use crate::random::Random;
use crate::run::LoadModel;
use crate::slo::{Latency, Statistic};

/// Fewest requests for an interval of a mean.
const FEWEST_FOR_MEAN: usize = 20;

/// Fewest requests that an interval of a percentile needs on either side of it: 72 in all for p95, 360 for p99.
const FEWEST_BEYOND: f64 = 3.6;

/// The requests of a level that count, and what they are worth.
pub(super) struct Measured {
    /// In order of start, if that order is known.
    values: Vec<f64>,
    ordered: bool,
    /// Ascending.
    sorted: Vec<f64>,
    /// How much they depend on each other.
    pub(super) dependence: Dependence,
    statistic: Statistic,
    /// The statistic of these requests.
    pub(super) value: f64,
}

impl Measured {
    /// `None` if the level lacks some of its requests or has too few.
    pub(super) fn of(
        level: &Level,
        model: LoadModel,
        latency: Latency,
        statistic: Statistic,
        queue: Queue,
    ) -> Option<Self> {
        // So that a rounding error does not make 5 % of 72 requests too few.
        const ROUNDING: f64 = 1e-9;
        let samples = level.samples.as_ref()?;
        let all = samples.column(latency).iter().filter(|value| value.is_finite()).count();
        let enough = match statistic.quantile() {
            Some(q) => all as f64 * q.min(1.0 - q) >= FEWEST_BEYOND - ROUNDING,
            None => all >= FEWEST_FOR_MEAN,
        };
        if !enough || !are_complete(all, level, latency) {
            return None;
        }
        let window = window(level, model, samples, latency);
        let n = window.values.len() as f64;
        let mut sorted = window.values.clone();
        sorted.sort_by(f64::total_cmp);
        let value = match statistic.quantile() {
            Some(q) => between_ranks(&sorted, n * q + 0.5),
            None => window.values.iter().sum::<f64>() / n,
        };
        let dependence = match statistic.quantile() {
            _ if !window.ordered => INDEPENDENT,
            Some(_) => queue.with(dependence_of_exceedances(&window.values, value)),
            None => queue.with(dependence(&window.values)),
        };
        Some(Self { values: window.values, ordered: window.ordered, sorted, dependence, statistic, value })
    }

    /// How many requests there are.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// Replicates of the statistic, in random order.
    pub(super) fn column(&self, normals: &Normals, random: &mut Random) -> Vec<f64> {
        match self.statistic.quantile() {
            Some(q) => quantile_column(&self.sorted, self.dependence, q, normals, random),
            None => mean_column(&self.values, self.dependence, normals, random),
        }
    }

    /// The mean logarithm of the requests and its variance; `None` if a value has no logarithm. A level that is slower
    /// as a whole moves this mean as much as it moves the statistic, and the mean is known several times better than a
    /// percentile.
    pub(super) fn mean_log(&self, load: f64) -> Option<LogLevel> {
        let logs: Vec<f64> = self.values.iter().map(|&value| libm::log(value)).collect();
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let spread = logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>() / (n - 1.0);
        let own = if self.ordered { dependence(&logs) } else { INDEPENDENT };
        let variance = spread * own.tau.max(self.dependence.tau) / n;
        (mean.is_finite() && variance.is_finite() && variance > 0.0).then_some(LogLevel { load, log: mean, variance })
    }

    /// The logarithm of the statistic and its variance; `None` if there is none.
    pub(super) fn log_level(&self, load: f64) -> Option<LogLevel> {
        let n = self.count() as f64;
        let worth = self.dependence.effective(self.count());
        let (low, high) = if let Some(q) = self.statistic.quantile() {
            // The values one standard error of the quantile's share below and above it.
            let error = (q * (1.0 - q) / worth).sqrt();
            let at = |share: f64| between_ranks(&self.sorted, n * share.clamp(0.0, 1.0) + 0.5);
            (at(q - error), at(q + error))
        } else {
            let spread = self.values.iter().map(|value| (value - self.value) * (value - self.value)).sum::<f64>();
            let error = (spread / (n - 1.0) / worth).sqrt();
            (self.value - error, self.value + error)
        };
        let half = 0.5 * (libm::log(high) - libm::log(low));
        let log = libm::log(self.value);
        (half.is_finite() && log.is_finite()).then_some(LogLevel { load, log, variance: half * half })
    }
}
