//! Repeated runs of one thing as one answer.
//!
//! The interval of a single run knows the noise within it. What differs from one run to the next (another start, another
//! neighbour, another day) is seen only by repeating, and there the run is the unit.

use std::collections::BTreeMap;

use crate::compare::{Mean, mean_of_repeats};
use crate::pareto::{Group, group_of};
use crate::run::Run;
use crate::verdict::Verdict;

/// Runs of one deployment under one workload and load model by one version of one tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// The deployment's name.
    pub deployment: String,
    /// Workload and load model.
    pub group: Group,
    /// Where the runs stand among those given; at least two.
    pub runs: Vec<usize>,
    /// The breaking load of each. `None` where a run has none.
    pub breaking_loads: Vec<Option<f64>>,
    /// Their mean with Student's 95 % interval, neither below zero. `None` where a run has no breaking load: leaving it out
    /// would make the mean too low or too high.
    pub mean: Option<Mean>,
    /// Whether two of the runs differ by more than their own intervals explain.
    pub apart: bool,
}

/// Which runs repeat each other, in the order of the first of each. Runs whose workload is not known repeat none.
#[must_use]
pub fn repeats(judged: &[(&Run, &Verdict)]) -> Vec<Repeats> {
    let mut all: BTreeMap<(&str, Group, &str, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (index, (run, _)) in judged.iter().enumerate() {
        let tool = &run.provenance;
        let key = (run.deployment.label(), group_of(run), tool.tool.as_str(), tool.tool_version.as_deref());
        all.entry(key).or_default().push(index);
    }
    let mut found: Vec<Repeats> = all
        .into_iter()
        .filter(|(_, runs)| runs.len() > 1)
        .map(|((deployment, group, ..), runs)| {
            let verdicts: Vec<&Verdict> = runs.iter().map(|&index| judged[index].1).collect();
            let breaking_loads: Vec<Option<f64>> = verdicts.iter().map(|verdict| verdict.breaking_load).collect();
            let known: Option<Vec<f64>> = breaking_loads.iter().copied().collect();
            let mean = known
                .and_then(|loads| mean_of_repeats(&loads))
                .map(|mean| Mean { interval: mean.interval.map(|end| end.max(0.0)), ..mean });
            Repeats { deployment: deployment.to_owned(), group, apart: apart(&verdicts), runs, breaking_loads, mean }
        })
        .collect();
    found.sort_by_key(|repeats| repeats.runs.first().copied());
    found
}

/// Whether the intervals of two verdicts have no load in common.
fn apart(verdicts: &[&Verdict]) -> bool {
    let highest_low = verdicts.iter().filter_map(|verdict| verdict.interval[0]).fold(f64::NEG_INFINITY, f64::max);
    let lowest_high = verdicts.iter().filter_map(|verdict| verdict.interval[1]).fold(f64::INFINITY, f64::min);
    highest_low > lowest_high
}
