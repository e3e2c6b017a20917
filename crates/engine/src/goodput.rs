//! Goodput: requests that meet every latency limit, instead of one percentile per limit.
//!
//! If a p95 meets each of two limits, up to a tenth of the requests may still miss one or the other. Source: Zhong et
//! al., *Disaggregating prefill and decoding for goodput-optimized large language model serving*, OSDI 2024.

use crate::distributions::{CONFIDENCE, wilson_interval};
use crate::level::Level;
use crate::points::are_complete;
use crate::run::Run;
use crate::slo::{Latency, Slo, Subject};

/// The requests of one level that met every latency limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goodput {
    /// Offered load, as [`Level::load`].
    pub load: f64,
    /// Requests that met all limits.
    pub good: u64,
    /// Finished requests: answered or failed. A failed request is not good.
    pub finished: u64,
    /// `good / finished`, 0 to 1.
    pub share: f64,
    /// 95 % interval of the share (Wilson).
    pub interval: [f64; 2],
    /// Good requests per second; `None` where the request rate was not measured.
    pub per_second: Option<f64>,
}

/// The goodput of `level` under `slo`. `None` if the report lacks single requests or some of them are missing, if `slo`
/// has no latency limit, or if a limited latency was not measured at all.
///
/// Each request is compared with every latency limit, whatever the limit's percentile. A request that lacks a limited
/// latency misses the limit, except that a request with a single output token has no time between tokens to limit.
#[must_use]
pub fn goodput(level: &Level, slo: &Slo) -> Option<Goodput> {
    let samples = level.samples.as_ref()?;
    let limits: Vec<(Latency, &[f64], f64)> = slo
        .limits
        .iter()
        .filter_map(|limit| match limit.subject {
            Subject::Latency(latency, _) => Some((latency, samples.column(latency), limit.bound)),
            _ => None,
        })
        .collect();
    let rows = samples.len();
    let measured = |latency: Latency, column: &[f64]| {
        column.len() == rows
            && column.iter().any(|value| value.is_finite())
            && (latency == Latency::Itl || are_complete(rows, level, latency))
    };
    if limits.is_empty() || rows == 0 || !limits.iter().all(|&(latency, column, _)| measured(latency, column)) {
        return None;
    }
    let single_token = |row: usize| samples.output_tokens.get(row).is_some_and(|&tokens| tokens <= 1.0);
    let meets = |row: usize| {
        limits.iter().all(|&(latency, column, bound)| {
            column[row] <= bound || (latency == Latency::Itl && column[row].is_nan() && single_token(row))
        })
    };
    let good = (0..rows).filter(|&row| meets(row)).count() as u64;
    let finished = rows as u64 + level.requests.errored;
    let (low, high) = wilson_interval(good, finished, CONFIDENCE)?;
    let share = good as f64 / finished as f64;
    // The rate counts successful requests, so it is scaled by the share of good ones among them.
    let per_second = level.rates.requests.map(|rate| rate * (good as f64 / rows as f64));
    Some(Goodput { load: level.load, good, finished, share, interval: [low, high], per_second })
}

/// The goodput of every level for which it is known, ascending by load.
#[must_use]
pub fn goodput_points(run: &Run, slo: &Slo) -> Vec<Goodput> {
    run.levels.iter().filter_map(|level| goodput(level, slo)).collect()
}

/// The level with the most good requests per second; of several, the one with the lowest load.
#[must_use]
pub fn best_goodput(run: &Run, slo: &Slo) -> Option<Goodput> {
    goodput_points(run, slo)
        .into_iter()
        .filter(|point| point.per_second.is_some_and(f64::is_finite))
        .reduce(|best, point| if point.per_second > best.per_second { point } else { best })
}
