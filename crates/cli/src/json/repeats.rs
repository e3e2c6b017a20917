//! The combined answer of repeated runs, as JSON.

use headroom_engine::repeats::Repeats;
use serde::Serialize;

use crate::analysis::Analysis;

/// Runs that repeat each other.
#[derive(Serialize)]
pub(super) struct RepeatsJson<'a> {
    deployment: &'a str,
    workload: &'a str,
    load_model: &'a str,
    load_unit: &'a str,
    runs: Vec<&'a str>,
    breaking_loads: &'a [Option<f64>],
    mean_breaking_load: Option<f64>,
    mean_interval: Option<[f64; 2]>,
    apart: bool,
}

/// The repeated runs of an analysis.
pub(super) fn json(analysis: &Analysis) -> Vec<RepeatsJson<'_>> {
    analysis.repeats.iter().map(|repeats| one(analysis, repeats)).collect()
}

fn one<'a>(analysis: &'a Analysis, repeats: &'a Repeats) -> RepeatsJson<'a> {
    let Repeats { deployment, workload, load_model, runs, breaking_loads, mean, apart } = repeats;
    RepeatsJson {
        deployment,
        workload,
        load_model,
        load_unit: analysis.unit_of(repeats),
        runs: runs.iter().filter_map(|&index| Some(analysis.runs.get(index)?.run.id.as_str())).collect(),
        breaking_loads,
        mean_breaking_load: mean.map(|mean| mean.value),
        mean_interval: mean.map(|mean| mean.interval),
        apart: *apart,
    }
}
