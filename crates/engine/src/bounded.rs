//! Percentiles that a report lacks, judged by those that it has.
//!
//! Tools write some percentiles and leave out others. If a level has its median and p99, its p95 is unknown but lies
//! between the two. If the median exceeds a limit on p95, the level fails; if p99 meets the limit, the level passes;
//! otherwise the level is undecided. Nothing is interpolated: the answer is the bracket of measured loads.

use crate::breaking::{Breaking, BreakingState};
use crate::display;
use crate::interval::quantile_from_summary;
use crate::isotonic::isotonic_fit;
use crate::level::{Distribution, Level};
use crate::order::by_load;
use crate::points::{LevelPoint, level_points, level_statistic};
use crate::run::Run;
use crate::slo::{Statistic, Subject};

/// What a level says about a percentile that its report lacks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundedLevel {
    /// Offered load, as [`Level::load`].
    pub load: f64,
    /// The value of the nearest statistic below it; `None` if there is none.
    pub at_least: Option<f64>,
    /// The value of the nearest statistic above it; `None` if there is none.
    pub at_most: Option<f64>,
    /// Requests that were answered; 0 when the report does not say.
    pub count: u64,
}

/// The levels of `run` that lack `subject` but have a statistic below it, above it or both, ascending in load.
#[must_use]
pub fn bounded_levels(run: &Run, subject: Subject) -> Vec<BoundedLevel> {
    let levels: Vec<BoundedLevel> = run.levels.iter().filter_map(|level| bounded(level, subject)).collect();
    by_load(&levels, |level| level.load)
}

/// What a level says about a percentile that it lacks; `None` if it has the percentile, or has nothing around it.
#[must_use]
pub fn bounded(level: &Level, subject: Subject) -> Option<BoundedLevel> {
    let Subject::Latency(latency, statistic) = subject else { return None };
    let q = statistic.quantile()?;
    if !level.load.is_finite() || level_statistic(level, latency, statistic).is_some() {
        return None;
    }
    if level.requests.ok == 0 && level.requests.errored > 0 {
        return None;
    }
    let summary = level.distribution(latency)?;
    let [at_least, at_most] = nearest(summary, q);
    let [at_least, at_most] = [at_least.map(|(_, value)| value), at_most.map(|(_, value)| value)];
    let contradict = at_least.zip(at_most).is_some_and(|(low, high)| low > high);
    if contradict || (at_least.is_none() && at_most.is_none()) {
        return None;
    }
    Some(BoundedLevel { load: level.load, at_least, at_most, count: level.requests.ok })
}

/// The reported quantiles next below and next above `q`, as (rank, value).
fn nearest(summary: &Distribution, q: f64) -> [Option<(f64, f64)>; 2] {
    let known = || summary.quantiles.iter().copied().filter(|(_, value)| value.is_finite() && *value > 0.0);
    let below = known().filter(|(at, _)| *at < q).max_by(|a, b| a.0.total_cmp(&b.0));
    let above = known().filter(|(at, _)| *at > q).min_by(|a, b| a.0.total_cmp(&b.0));
    let end = |value: Option<f64>, rank: f64| {
        value.filter(|value| value.is_finite() && *value > 0.0).map(|value| (rank, value))
    };
    [below.or_else(|| end(summary.min, 0.0)), above.or_else(|| end(summary.max, 1.0))]
}

/// The statistics on either side of a percentile that a level lacks: the name of each, for example `TTFT p50`, and its
/// value.
#[must_use]
pub fn neighbours(level: &Level, subject: Subject) -> [Option<(String, f64)>; 2] {
    let Subject::Latency(latency, statistic) = subject else { return [None, None] };
    let summary = level.distribution(latency).zip(statistic.quantile());
    summary.map_or([None, None], |(summary, q)| nearest(summary, q)).map(|found| {
        found.map(|(rank, value)| {
            let rank = match rank {
                rank if rank <= 0.0 => "minimum".to_owned(),
                rank if rank >= 1.0 => "maximum".to_owned(),
                rank => format!("p{}", display::number(100.0 * rank)),
            };
            (format!("{} {rank}", latency.label()), value)
        })
    })
}

/// The statistics that stand in for `subject` in `run`: the nearest one below it and the nearest one above it. Empty if
/// the run measured `subject` itself at some level.
#[must_use]
pub fn stand_ins(run: &Run, subject: Subject) -> Vec<Subject> {
    let Subject::Latency(latency, statistic) = subject else { return Vec::new() };
    let has =
        |statistic: Statistic| run.levels.iter().any(|level| level_statistic(level, latency, statistic).is_some());
    let Some(q) = statistic.quantile().filter(|_| !has(statistic)) else { return Vec::new() };
    let ranked =
        || Statistic::ALL.into_iter().filter_map(|one| Some((one.quantile()?, one))).filter(|(_, one)| has(*one));
    let below = ranked().filter(|(at, _)| *at < q).max_by(|a, b| a.0.total_cmp(&b.0));
    let above = ranked().filter(|(at, _)| *at > q).min_by(|a, b| a.0.total_cmp(&b.0));
    [below, above].into_iter().flatten().map(|(_, one)| Subject::Latency(latency, one)).collect()
}

/// The breaking point of a limit from `points`, the levels that measured it, and `bounded`, the levels that did not.
/// `exact` is the breaking point of `points` alone; it is returned if no level in `bounded` could change it.
#[must_use]
pub(crate) fn breaking_point(points: &[LevelPoint], bounded: &[BoundedLevel], bound: f64, exact: Breaking) -> Breaking {
    if bounded.is_empty() {
        return exact;
    }
    let measured = points.iter().map(|point| (point.load, point.value, point.value, point.count));
    // A latency is above zero and has no upper limit.
    let between = bounded
        .iter()
        .map(|level| (level.load, level.at_least.unwrap_or(0.0), level.at_most.unwrap_or(f64::INFINITY), level.count));
    let rows: Vec<(f64, f64, f64, u64)> = measured.chain(between).collect();
    let rows = by_load(&rows, |row| row.0);
    let weights: Vec<f64> = rows.iter().map(|row| row.3 as f64).collect();
    let fitted =
        |end: fn(&(f64, f64, f64, u64)) -> f64| isotonic_fit(&rows.iter().map(end).collect::<Vec<f64>>(), &weights);
    let (low, high) = (fitted(|row| row.1), fitted(|row| row.2));
    // Levels from the first undecided one on do not count as known to pass, even if a higher one passes.
    let open = rows.iter().position(|row| row.1 <= bound && row.2 > bound).unwrap_or(rows.len());
    let passing = high[..open].iter().rposition(|&value| value <= bound).map(|index| rows[index].0);
    let failing = low.iter().position(|&value| value > bound).map(|index| rows[index].0);
    if exact.state != BreakingState::NotMeasured
        && (exact.max_passing_load, exact.first_failing_load) == (passing, failing)
    {
        return exact;
    }
    let first_failing = rows.iter().position(|row| row.1 > bound);
    let last_passing = rows.iter().rposition(|row| row.2 <= bound);
    let non_monotone = first_failing.zip(last_passing).is_some_and(|(failing, passing)| failing < passing);
    let lowest = rows[0].0;
    let (state, load) = match (passing, failing) {
        (Some(passing), Some(_)) => (BreakingState::Bracket, Some(passing)),
        (Some(_), None) => (BreakingState::Floor, None),
        (None, Some(failing)) if failing <= lowest => (BreakingState::NeverMet, None),
        (None, _) => (BreakingState::NotMeasured, None),
    };
    let interval = [passing, failing];
    Breaking { state, load, interval, max_passing_load: passing, first_failing_load: failing, non_monotone }
}

/// The points of `subject` for telling a real difference from chance: the measured ones, and for levels that lack the
/// percentile the interval from the statistics around it.
#[must_use]
pub fn points_for_doubt(run: &Run, subject: Subject) -> Vec<LevelPoint> {
    let mut all = level_points(run, subject);
    let Subject::Latency(latency, statistic) = subject else { return all };
    let between = run.levels.iter().filter_map(|level| {
        let BoundedLevel { load, at_least, at_most, count } = bounded(level, subject)?;
        let (lo, hi) = quantile_from_summary(level.distribution(latency)?, statistic.quantile()?);
        Some(LevelPoint { load, value: at_most.or(at_least)?, lo, hi, count })
    });
    all.extend(between);
    by_load(&all, |point| point.load)
}

impl BoundedLevel {
    /// Whether it passes `value ≤ bound`; `None` if the bound lies between its statistics.
    #[must_use]
    pub fn holds(&self, bound: f64) -> Option<bool> {
        if self.at_most.is_some_and(|high| high <= bound) {
            Some(true)
        } else if self.at_least.is_some_and(|low| low > bound) {
            Some(false)
        } else {
            None
        }
    }
}
