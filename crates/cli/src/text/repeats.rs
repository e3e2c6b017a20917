//! What repeated runs say together, for people.

use headroom_engine::display;
use headroom_engine::repeats::Repeats;

use super::style::Style;
use super::wrap;
use crate::analysis::Analysis;

/// A paragraph for each group of repeated runs.
pub(super) fn lines(analysis: &Analysis, style: Style) -> Vec<String> {
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
    let unit = analysis.unit_of(repeats);
    // One unit for all of them, unless one of them is no load.
    let all_known = repeats.breaking_loads.iter().all(Option::is_some);
    let told = |load: f64| if all_known { display::load(load) } else { display::load_with_unit(load, unit) };
    let loads: Vec<String> =
        repeats.breaking_loads.iter().map(|load| load.map_or_else(|| "no breaking load".to_owned(), told)).collect();
    let (last, others) = loads.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    let each =
        format!("{} and {last}{}", others.join(", "), if all_known { format!(" {unit}") } else { String::new() });
    let together = match repeats.mean {
        Some(mean) => {
            let ends = mean.interval.map(Some);
            format!(
                "{} on average ({} with 95% confidence, over {} runs).",
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
    format!("{} ({}, {} loop): {each}. {together}{why}", repeats.deployment, repeats.workload, repeats.load_model)
}
