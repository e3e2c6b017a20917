//! Repeated runs of the same benchmark, combined into one answer.
//!
//! The interval of a single run covers the noise within that run. Differences between runs (another start, another
//! neighbour, another day) show only in repeated runs, and there the run is the unit.

use crate::bootstrap::repeated;
use crate::compare::{Mean, mean_of_repeats};
use crate::run::Run;
use crate::verdict::Verdict;
use crate::workload;

/// Runs of one deployment with one workload and load model, by one version of one tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// The deployment's name.
    pub deployment: String,
    /// The workload of the first run; see [`workload::label`].
    pub workload: String,
    /// `closed` or `open`.
    pub load_model: &'static str,
    /// Indices of the runs among those given; at least two.
    pub runs: Vec<usize>,
    /// The breaking load of each run; `None` if a run has none.
    pub breaking_loads: Vec<Option<f64>>,
    /// Their mean with its 95 % interval, not below zero. The interval comes from the scatter of each level between the
    /// runs ([`repeated`]), or is Student's if whole runs differ or do not share their loads. `None` if a run has no
    /// breaking load, because leaving that run out would bias the mean.
    pub mean: Option<Mean>,
    /// Whether two of the runs differ by more than their own intervals explain.
    pub apart: bool,
}

/// The groups of runs that repeat each other, in the order of each group's first run. Runs whose deployment or workload
/// is unknown belong to no group.
#[must_use]
pub fn repeats(judged: &[(&Run, &Verdict)]) -> Vec<Repeats> {
    let runs: Vec<&Run> = judged.iter().map(|(run, _)| *run).collect();
    let groups = workload::groups(&runs, |a, b| is_repeat(a, b));
    let members = |group: usize| (0..runs.len()).filter(|&index| groups[index] == group).collect::<Vec<usize>>();
    (0..runs.len())
        .map(members)
        .filter(|members| members.len() > 1)
        .map(|runs| {
            let (first, _) = judged[runs[0]];
            let verdicts: Vec<&Verdict> = runs.iter().map(|&index| judged[index].1).collect();
            let breaking_loads: Vec<Option<f64>> = verdicts.iter().map(|verdict| verdict.breaking_load).collect();
            let known: Option<Vec<f64>> = breaking_loads.iter().copied().collect();
            let mean = known
                .and_then(|loads| mean_of_repeats(&loads))
                .map(|mean| Mean { interval: mean.interval.map(|end| end.max(0.0)), ..mean })
                .map(|mean| {
                    let of: Vec<&Run> = runs.iter().map(|&index| judged[index].0).collect();
                    by_levels(&of, &verdicts, mean)
                });
            Repeats {
                deployment: first.deployment_label().to_owned(),
                workload: workload::label(first),
                load_model: first.load_model.name(),
                apart: apart(&verdicts),
                runs,
                breaking_loads,
                mean,
            }
        })
        .collect()
}

/// Whether two runs are of one deployment, with one workload and load model, by one version of one tool.
///
/// Two deployments are the same if they agree in every known fact ([`is_alike`](crate::run::Deployment::is_alike)). If
/// they have no name, their reports must also lie in the same folder, because people keep separate measurements in
/// separate folders. A deployment with neither name nor model matches no other.
#[must_use]
pub fn is_repeat(a: &Run, b: &Run) -> bool {
    let (of_a, of_b) = (&a.deployment, &b.deployment);
    let (tool_a, tool_b) = (&a.provenance, &b.provenance);
    let named = of_a.name.is_some();
    (named || of_a.model.is_some())
        && of_a.is_alike(of_b)
        && (named || tool_a.folder() == tool_b.folder())
        && workload::is_same_question(a, b)
        && tool_a.tool == tool_b.tool
        && tool_a.tool_version == tool_b.tool_version
}

/// The mean with the interval from [`repeated`] for the limit that breaks first, if that limit is the same in all runs
/// and the interval has both ends.
fn by_levels(runs: &[&Run], verdicts: &[&Verdict], mean: Mean) -> Mean {
    let mut binding = verdicts.iter().map(|verdict| verdict.binding);
    let Some(Some(limit)) = binding.next() else { return mean };
    if binding.any(|other| other != Some(limit)) {
        return mean;
    }
    match repeated(runs, limit) {
        Some([Some(low), Some(high)]) => Mean { interval: [low.min(mean.value), high.max(mean.value)], ..mean },
        _ => mean,
    }
}

/// Whether the intervals of two verdicts do not overlap.
fn apart(verdicts: &[&Verdict]) -> bool {
    let highest_low = verdicts.iter().filter_map(|verdict| verdict.interval[0]).fold(f64::NEG_INFINITY, f64::max);
    let lowest_high = verdicts.iter().filter_map(|verdict| verdict.interval[1]).fold(f64::INFINITY, f64::min);
    highest_low > lowest_high
}
