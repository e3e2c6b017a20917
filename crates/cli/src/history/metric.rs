//! The numbers of a run that are followed over time.

use headroom_engine::compare::{Difference, Mean, differences, mean_of_repeats};
use headroom_engine::display;
use headroom_engine::history::{ChangePoint, change_points};
use headroom_engine::points::level_estimate;
use headroom_engine::run::Run;
use headroom_engine::slo::{Slo, Subject};
use headroom_engine::throughput::peak;
use headroom_engine::verdict::Verdict;

/// One number per run.
pub(super) struct Metric {
    /// Its name, for example `breaking load` or `TTFT p95 at 8 users`.
    pub(super) name: String,
    /// Its name without the load, for a narrow column.
    pub(super) column: String,
    /// The subject, if it is a latency at a load; `None` for loads and rates.
    pub(super) subject: Option<Subject>,
    /// Whether more is better.
    pub(super) higher_is_better: bool,
    /// The value of each run, the oldest first; `None` if a run does not have it.
    pub(super) values: Vec<Option<f64>>,
    /// The changes found in the values.
    pub(super) changes: Vec<Change>,
    /// The mean since the last change, or over all runs.
    pub(super) mean: Option<Mean>,
}

/// A run from which on the number has changed.
pub(super) struct Change {
    /// The change; its `index` is that of the run in the series.
    pub(super) point: ChangePoint,
    /// What else differs from the run before.
    pub(super) differences: Vec<Difference>,
}

impl Metric {
    /// Whether a change is for the worse.
    pub(super) fn is_worse(&self, change: &ChangePoint) -> bool {
        (change.after < change.before) == self.higher_is_better
    }
}

/// Every number that at least one run has.
pub(super) fn of(runs: &[&Run], verdicts: &[Verdict], slo: &Slo) -> Vec<Metric> {
    let breaking = verdicts.iter().map(|verdict| verdict.breaking_load).collect();
    let peaks = runs.iter().map(|run| peak(run).map(|peak| peak.output_tokens_per_second)).collect();
    let mut metrics = vec![
        metric(["breaking load", "breaks at"].map(str::to_owned), None, true, breaking, runs),
        metric(["peak output tokens/s", "peak tok/s"].map(str::to_owned), None, true, peaks, runs),
    ];
    if let Some(load) = common_load(runs, verdicts) {
        let unit = runs.first().map_or("users", |run| run.load_model.unit());
        for subject in slo.limits.iter().map(|limit| limit.subject) {
            let at = |run: &&Run| {
                let level = run.levels.iter().find(|level| level.load.total_cmp(&load).is_eq())?;
                Some(level_estimate(level, run.load_model, subject)?.value)
            };
            let name = format!("{} at {}", subject.label(), display::load_with_unit(load, unit));
            metrics.push(metric([name, subject.label()], Some(subject), false, runs.iter().map(at).collect(), runs));
        }
    }
    metrics.retain(|metric| metric.values.iter().any(Option::is_some));
    metrics
}

fn metric(
    [name, column]: [String; 2],
    subject: Option<Subject>,
    higher_is_better: bool,
    values: Vec<Option<f64>>,
    runs: &[&Run],
) -> Metric {
    let series: Vec<f64> = values.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
    let changes: Vec<Change> = change_points(&series)
        .into_iter()
        .map(|point| Change { differences: before(runs, point.index), point })
        .collect();
    let since = changes.last().map_or(0, |change| change.point.index);
    // A run that never broke, or always did, has an unknown load. Leaving it out would bias the mean, so there is none.
    let latest: Option<Vec<f64>> = values.iter().skip(since).copied().collect();
    let mean = latest.and_then(|latest| mean_of_repeats(&latest));
    Metric { name, column, subject, higher_is_better, values, changes, mean }
}

/// The differences between a run and the one before it. The measured loads are not a property of a deployment.
fn before(runs: &[&Run], index: usize) -> Vec<Difference> {
    let pair = index.checked_sub(1).and_then(|before| Some((runs.get(before)?, runs.get(index)?)));
    let mut found = pair.map(|(a, b)| differences(a, b)).unwrap_or_default();
    found.retain(|difference| difference.factor != "levels");
    found
}

/// The highest load that every run measured and most runs passed: close to the limit, where a change shows first, but
/// still usable. If there is none, the lowest common load.
fn common_load(runs: &[&Run], verdicts: &[Verdict]) -> Option<f64> {
    let (first, others) = runs.split_first()?;
    let measured = |run: &Run, load: f64| run.levels.iter().any(|level| level.load.total_cmp(&load).is_eq());
    let common: Vec<f64> = first
        .levels
        .iter()
        .map(|level| level.load)
        .filter(|&load| others.iter().all(|run| measured(run, load)))
        .collect();
    let passes = |load: f64| {
        let passing = verdicts.iter().filter(|verdict| verdict.max_passing_load.is_some_and(|passing| load <= passing));
        2 * passing.count() > verdicts.len()
    };
    common.iter().rev().copied().find(|&load| passes(load)).or(common.first().copied())
}
