//! From a run to the points of one curve.

use crate::dependence::{INDEPENDENT, dependence, dependence_of_exceedances};
use crate::distributions::{CONFIDENCE, wilson_interval};
use crate::interval::{mean_interval, mean_of_dependent, quantile_from_dependent, quantile_from_summary};
use crate::level::{Distribution, Level, Samples};
use crate::listed::listed;
use crate::order::by_load;
use crate::run::{LoadModel, Run};
use crate::slo::{Latency, Statistic, Subject};
use crate::steady;
use crate::whole;

/// One measured point of a curve, in the metric's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelPoint {
    /// Offered load, as [`Level::load`].
    pub load: f64,
    /// The measured value.
    pub value: f64,
    /// Lower end of its 95 % confidence interval; `None` if unknown.
    pub lo: Option<f64>,
    /// Upper end of its 95 % confidence interval; `None` if unknown.
    pub hi: Option<f64>,
    /// Requests behind the value; 0 if the report does not say.
    pub count: u64,
}

/// A statistic of one level with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value as the tool reported it; else from single requests.
    pub value: f64,
    /// Lower end; `None` if unknown.
    pub lo: Option<f64>,
    /// Upper end; `None` if unknown.
    pub hi: Option<f64>,
    /// Requests behind the value; 0 if the report does not say.
    pub count: u64,
}

/// The points of `subject` over load, ascending. Levels that did not measure it are left out.
#[must_use]
pub fn level_points(run: &Run, subject: Subject) -> Vec<LevelPoint> {
    let points: Vec<LevelPoint> = run
        .levels
        .iter()
        .filter_map(|level| {
            let Estimate { value, lo, hi, count } = level_estimate(level, run.load_model, subject)?;
            Some(LevelPoint { load: level.load, value, lo, hi, count })
        })
        .collect();
    clean(&points)
}

/// What `level`, of a run with this load model, measured of `subject`; `None` if it did not.
#[must_use]
pub fn level_estimate(level: &Level, model: LoadModel, subject: Subject) -> Option<Estimate> {
    match subject {
        Subject::Latency(latency, statistic) => level_statistic(level, latency, statistic),
        Subject::ErrorRate => {
            let value = level.requests.error_rate()?;
            let count = level.requests.ok + level.requests.errored;
            let (lo, hi) = wilson_interval(level.requests.errored, count, CONFIDENCE)?;
            Some(Estimate { value, lo: Some(lo), hi: Some(hi), count })
        }
        Subject::Unserved => {
            let steady::Unserved { share, lo, hi, count } = steady::unserved(level, model)?;
            Some(Estimate { value: share, lo: Some(lo), hi: Some(hi), count })
        }
        Subject::QueueDepth => of_server(level.server.queue_depth),
        Subject::KvCacheUse => of_server(level.server.kv_cache_use),
    }
}

/// A mean from the server's own metrics. Reports do not contain its scatter, so it has no interval.
fn of_server(value: Option<f64>) -> Option<Estimate> {
    let value = value.filter(|value| value.is_finite() && *value >= 0.0)?;
    Some(Estimate { value, lo: None, hi: None, count: 0 })
}

/// A latency of `level` at a statistic, milliseconds. Zero, negative or NaN means not measured: tools write zero if
/// nothing succeeded.
#[must_use]
pub fn level_statistic(level: &Level, latency: Latency, statistic: Statistic) -> Option<Estimate> {
    if level.requests.ok == 0 && level.requests.errored > 0 {
        return None;
    }
    let summary = level.distribution(latency);
    let sorted = level
        .samples
        .as_ref()
        .map(|samples| sorted_samples(samples, latency))
        .filter(|sorted| !sorted.is_empty() && are_complete(sorted.len(), level, latency));
    let measured = |value: &f64| value.is_finite() && *value > 0.0;
    let reported = summary
        .and_then(|summary| match statistic.quantile() {
            None => summary.mean,
            Some(q) => summary.quantile(q),
        })
        .filter(measured);
    let value =
        reported.or_else(|| sorted.as_deref().map(|sorted| statistic_of(sorted, statistic)).filter(measured))?;
    let (lo, hi) = match (statistic.quantile(), sorted.as_deref(), summary) {
        (Some(q), Some(sorted), _) => {
            let quantile = statistic_of(sorted, statistic);
            let dependence =
                in_order(level, latency).map_or(INDEPENDENT, |values| dependence_of_exceedances(&values, quantile));
            quantile_from_dependent(sorted, q, dependence)
        }
        (Some(q), None, Some(summary)) => quantile_from_summary(summary, q),
        (None, Some(sorted), _) => {
            let dependence = in_order(level, latency).map_or(INDEPENDENT, |values| dependence(&values));
            let mean = statistic_of(sorted, statistic);
            mean_of_dependent(mean, Some(population_std(sorted)), sorted.len() as u64, dependence)
        }
        (None, None, Some(Distribution { std, count, .. })) => mean_interval(value, *std, *count),
        (_, None, None) => (None, None),
    };
    let count = sorted.as_deref().map(|sorted| sorted.len() as u64).or(summary.map(|summary| summary.count));
    // Tools may weight by tokens while the samples are per request. So the interval is stretched to include the
    // reported value.
    Some(Estimate {
        value,
        lo: lo.filter(|lo| lo.is_finite()).map(|lo| lo.min(value)),
        hi: hi.filter(|hi| hi.is_finite()).map(|hi| hi.max(value)),
        count: count.unwrap_or(0),
    })
}

/// The values of a latency in the order in which their requests started; `None` if that order is unknown.
fn in_order(level: &Level, latency: Latency) -> Option<Vec<f64>> {
    let samples = level.samples.as_ref()?;
    let column = samples.column(latency);
    Some(samples.in_order_of_start(latency)?.into_iter().map(|row| column[row]).collect())
}

impl Level {
    /// The distribution of a latency as the report summarises it.
    #[must_use]
    pub fn distribution(&self, latency: Latency) -> Option<&Distribution> {
        match latency {
            Latency::Ttft => self.ttft.as_ref(),
            Latency::Itl => self.itl.as_ref(),
            Latency::Tpot => self.tpot.as_ref(),
            Latency::E2e => self.e2e.as_ref(),
        }
    }
}

impl Samples {
    /// The column of a latency, milliseconds; `NaN` if a request lacks it.
    #[must_use]
    pub fn column(&self, latency: Latency) -> &[f64] {
        match latency {
            Latency::Ttft => &self.ttft_ms,
            Latency::Itl => &self.itl_ms,
            Latency::Tpot => &self.tpot_ms,
            Latency::E2e => &self.e2e_ms,
        }
    }

    /// The rows that have a latency, in the order in which their requests started. `None` if there are none, or if one
    /// of them has no start time: reports may sort their rows, and then neighbours say nothing.
    pub(crate) fn in_order_of_start(&self, latency: Latency) -> Option<Vec<usize>> {
        let column = self.column(latency);
        let started = |row: usize| self.start_s.get(row).copied().filter(|start| start.is_finite());
        let mut rows = Vec::with_capacity(column.len());
        for row in (0..column.len()).filter(|&row| column[row].is_finite()) {
            started(row)?;
            rows.push(row);
        }
        if !rows.is_sorted_by_key(|&row| started(row)) {
            rows.sort_by(|&a, &b| self.start_s[a].total_cmp(&self.start_s[b]));
        }
        Some(rows).filter(|rows| !rows.is_empty())
    }
}

/// Whether `rows` values are those of the whole level. Fewer rows than requests would be a selection.
pub(crate) fn are_complete(rows: usize, level: &Level, latency: Latency) -> bool {
    level.distribution(latency).is_none_or(|summary| rows as u64 >= summary.count)
}

pub(crate) fn sorted_samples(samples: &Samples, latency: Latency) -> Vec<f64> {
    let mut sorted: Vec<f64> = samples.column(latency).iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The statistic of `sorted`, which must not be empty. Quantiles interpolate between order statistics at `(n − 1)·q`,
/// as numpy and so most benchmark tools do.
pub(crate) fn statistic_of(sorted: &[f64], statistic: Statistic) -> f64 {
    let Some(q) = statistic.quantile() else {
        return sorted.iter().sum::<f64>() / sorted.len() as f64;
    };
    let position = (sorted.len() - 1) as f64 * q;
    let below = sorted[whole::index(position.floor())];
    let above = sorted[whole::index(position.ceil())];
    below + (above - below) * (position - position.floor())
}

fn population_std(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / n).sqrt()
}

/// Finite points, ascending, one per load. Points of equal load are merged into their mean, weighted by requests, with
/// the union of their intervals.
pub(crate) fn clean(points: &[LevelPoint]) -> Vec<LevelPoint> {
    let finite = points.iter().filter(|point| point.load.is_finite() && point.value.is_finite());
    let finite: Vec<LevelPoint> = listed(finite.map(|point| LevelPoint {
        lo: point.lo.filter(|lo| lo.is_finite()).map(|lo| lo.min(point.value)),
        hi: point.hi.filter(|hi| hi.is_finite()).map(|hi| hi.max(point.value)),
        ..*point
    }));
    let mut merged: Vec<LevelPoint> = Vec::with_capacity(finite.len());
    for point in by_load(&finite, |point| point.load) {
        match merged.last_mut() {
            Some(last) if last.load >= point.load => {
                let (old, new) = (last.count.max(1) as f64, point.count.max(1) as f64);
                last.value = (last.value * old + point.value * new) / (old + new);
                last.lo = last.lo.zip(point.lo).map(|(a, b)| a.min(b));
                last.hi = last.hi.zip(point.hi).map(|(a, b)| a.max(b));
                last.count += point.count;
            }
            _ => merged.push(point),
        }
    }
    merged
}
