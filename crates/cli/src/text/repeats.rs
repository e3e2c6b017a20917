//! The combined answer of repeated runs, as text.

use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::repeats::Repeats;
use headroom_engine::verdict::Verdict;

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
    let each = each(&repeats.runs.iter().map(|&index| &analysis.runs[index].verdict).collect::<Vec<_>>(), unit);
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
        None => "Without a breaking load of each run there is no average.".to_owned(),
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

/// What each run holds: `10.4 and 11.7 users`, `5 users and at least 16 users`, `at least 5.5 req/s in each of 3 runs`.
fn each(verdicts: &[&Verdict], unit: &str) -> String {
    // One unit for all of them, unless one of them is no single load.
    let all_known = verdicts.iter().all(|verdict| verdict.breaking_load.is_some());
    let told = |load: f64| if all_known { display::load(load) } else { display::load_with_unit(load, unit) };
    let answer = |verdict: &&Verdict| match (verdict.state, verdict.breaking_load) {
        (_, Some(load)) => told(load),
        (BreakingState::Floor, _) => {
            verdict.max_passing_load.map_or_else(none, |load| format!("at least {}", told(load)))
        }
        (BreakingState::NeverMet, _) => {
            verdict.first_failing_load.map_or_else(none, |load| format!("less than {}", told(load)))
        }
        _ => none(),
    };
    let answers: Vec<String> = verdicts.iter().map(answer).collect();
    let (last, others) = answers.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    if !all_known && others.iter().all(|other| other == last) {
        return format!("{last} in each of {} runs", answers.len());
    }
    format!("{} and {last}{}", others.join(", "), if all_known { format!(" {unit}") } else { String::new() })
}

fn none() -> String {
    "no breaking load".to_owned()
}
