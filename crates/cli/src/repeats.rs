//! What repeated runs say together.

use headroom_engine::display;
use headroom_engine::repeats::Repeats;
use serde::Serialize;

use crate::analysis::Analysis;
use crate::text::style::Style;
use crate::text::wrap;

/// Runs that repeat each other.
#[derive(Serialize)]
pub(crate) struct RepeatsJson<'a> {
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

/// For programs.
pub(crate) fn json(analysis: &Analysis) -> Vec<RepeatsJson<'_>> {
    analysis.repeats.iter().map(|repeats| one(analysis, repeats)).collect()
}

fn one<'a>(analysis: &'a Analysis, repeats: &'a Repeats) -> RepeatsJson<'a> {
    let Repeats { deployment, group, runs, breaking_loads, mean, apart } = repeats;
    RepeatsJson {
        deployment,
        workload: &group.shape,
        load_model: group.load_model,
        load_unit: unit(analysis, repeats),
        runs: runs.iter().filter_map(|&index| Some(analysis.runs.get(index)?.run.id.as_str())).collect(),
        breaking_loads,
        mean_breaking_load: mean.map(|mean| mean.value),
        mean_interval: mean.map(|mean| mean.interval),
        apart: *apart,
    }
}

/// For people: a paragraph for each.
pub(crate) fn lines(analysis: &Analysis, style: Style) -> Vec<String> {
    if analysis.repeats.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![style.bold("Repeated runs")];
    for repeats in &analysis.repeats {
        lines.extend(wrap(&sentences(analysis, repeats), style.width(), "  ", "    "));
    }
    lines
}

fn sentences(analysis: &Analysis, repeats: &Repeats) -> String {
    let unit = unit(analysis, repeats);
    let loads: Vec<String> = repeats
        .breaking_loads
        .iter()
        .map(|load| load.map_or_else(|| "no breaking load".to_owned(), display::load))
        .collect();
    let (last, others) = loads.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    let each = format!("{} and {last} {unit}", others.join(", "));
    let together = match repeats.mean {
        Some(mean) => {
            let ends = mean.interval.map(Some);
            format!(
                "{} on average ({} with 95% confidence, Student's t over {} runs).",
                display::load_with_unit(mean.value, unit),
                display::interval(ends),
                mean.count
            )
        }
        None => "A run without a breaking load leaves the average unknown: measure it higher or lower.".to_owned(),
    };
    let why = match (repeats.apart, repeats.mean) {
        (true, _) => {
            " They differ by more than the noise within a run explains: something changed from one to the next, and the interval \
             of a single run is too narrow."
        }
        (false, Some(mean)) if mean.count == 2 => {
            " Two runs say little about their spread: a third one narrows this most."
        }
        _ => "",
    };
    format!(
        "{} ({}, {} loop): {each}. {together}{why}",
        repeats.deployment, repeats.group.shape, repeats.group.load_model
    )
}

fn unit(analysis: &Analysis, repeats: &Repeats) -> &'static str {
    let first = repeats.runs.first().and_then(|&index| analysis.runs.get(index));
    first.map_or("users", |judged| judged.run.load_model.unit())
}
