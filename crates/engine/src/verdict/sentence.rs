//! The verdict in words.

use super::undecided;
use crate::bootstrap::{Doubt, Worth};
use crate::breaking::BreakingState;
use crate::display;
use crate::findings::{Case, Code, Finding, FindingSeverity, Judged};
use crate::slo::Subject;

/// One sentence for the answer, then a short one for each of the main things that weaken it.
pub(super) fn compose(case: &Case<'_>, findings: &[Finding]) -> String {
    let mut text = answer(case);
    for clause in [
        doubt_clause(case, findings),
        chance_clause(case),
        unmeasured_clause(case),
        undecided::clause(case, case.binding),
        non_monotone_clause(case, findings),
        errors_clause(findings),
        unsteady_clause(case, findings),
        samples_clause(case, findings),
        next_clause(case),
    ]
    .into_iter()
    .flatten()
    {
        text.push(' ');
        text.push_str(&clause);
    }
    text
}

fn answer(case: &Case<'_>) -> String {
    let unit = case.run.load_model.unit();
    let with_unit = |load: f64| display::load_with_unit(load, unit);
    let breaking = case.breaking;
    let bracket = || {
        let failed = breaking.first_failing_load.map(|load| format!("the first that failed {}", display::load(load)));
        let passed =
            breaking.max_passing_load.map(|load| format!("the last level that passed was {}", display::load(load)));
        match (passed, failed) {
            (Some(passed), Some(failed)) => format!("; {passed}, {failed}"),
            (Some(passed), None) => format!("; {passed}"),
            (None, _) => String::new(),
        }
    };
    match (breaking.state, breaking.load, case.binding) {
        (BreakingState::Edge, Some(load), Some(binding)) => format!(
            "Holds {}{} before {}{}.",
            with_unit(load),
            match breaking.interval {
                [None, None] => String::new(),
                ends => format!(" ({})", display::interval(ends)),
            },
            exceeds(binding),
            bracket()
        ),
        (BreakingState::Cliff, Some(load), Some(binding)) => {
            let failing = binding.breaking.first_failing_load.map_or_else(|| "the next level".into(), with_unit);
            if let Some(served) = served(case, binding, binding.breaking.first_failing_load) {
                return format!("Holds {}. Of {failing} {served}.", with_unit(load));
            }
            let collapsed = binding.points.last().is_some_and(|point| point.load <= load);
            if collapsed {
                format!("Holds {} and collapses by {failing}, where every request failed.", with_unit(load))
            } else {
                format!(
                    "Holds {} and breaks at or before {failing}: {} jumps past {} somewhere between, where nothing was \
                     measured.",
                    with_unit(load),
                    binding.limit.subject.label(),
                    binding.limit.subject.format(binding.limit.bound)
                )
            }
        }
        (BreakingState::Bracket, _, Some(binding)) => {
            undecided::bracket(case, binding).unwrap_or_else(|| "Cannot be judged.".into())
        }
        (BreakingState::Floor, _, _) if case.judged.iter().any(|judged| !case.open_loads(judged).is_empty()) => {
            let top = breaking.max_passing_load.map_or_else(|| display::UNKNOWN.into(), with_unit);
            format!("Holds at least {top}, and may hold more.")
        }
        (BreakingState::Floor, _, _) => {
            let top = breaking.max_passing_load.map_or_else(|| display::UNKNOWN.into(), with_unit);
            format!("Holds at least {top}: the sweep ended there with {} still met.", limits(case.judged.iter()))
        }
        (BreakingState::NeverMet, _, Some(binding)) => {
            let lowest = binding.points.first();
            let load = lowest.map(|point| point.load);
            if let Some(served) = served(case, binding, load) {
                let lowest = load.map_or_else(|| display::UNKNOWN.into(), with_unit);
                return format!("Fails already at the lowest measured load: of {lowest} {served}.");
            }
            if let Some((load, found)) = undecided::at_lowest(case, binding).filter(|_| lowest.is_none()) {
                return format!(
                    "Fails already at the lowest measured load, {}: {found} there, above {}.",
                    with_unit(load),
                    binding.limit.subject.format(binding.limit.bound)
                );
            }
            format!(
                "Fails already at the lowest measured load, {}: {} is {} there, above {}.",
                lowest.map_or_else(|| display::UNKNOWN.into(), |point| with_unit(point.load)),
                binding.limit.subject.label(),
                lowest.map_or_else(|| display::UNKNOWN.into(), |point| binding.limit.subject.format(point.value)),
                binding.limit.subject.format(binding.limit.bound)
            )
        }
        _ => breaking.first_failing_load.map_or_else(
            || "Cannot be judged.".into(),
            |failing| {
                format!("Breaks at or before {}; whether a load below passes cannot be judged.", with_unit(failing))
            },
        ),
    }
}

/// How much of a rate was served, if the limit is on the unserved share; `None` for any other limit.
fn served(case: &Case<'_>, binding: &Judged, load: Option<f64>) -> Option<String> {
    if binding.limit.subject != Subject::Unserved {
        return None;
    }
    let level = case.run.levels.iter().find(|level| Some(level.load) == load)?;
    let point = binding.points.iter().find(|point| Some(point.load) == load)?;
    let share = 1.0 - point.value;
    Some(format!(
        "only {} were served ({}), so a queue grows for as long as that load lasts",
        display::load(share * level.load),
        display::percent(share)
    ))
}

fn exceeds(judged: &Judged) -> String {
    if judged.limit.subject == Subject::Unserved {
        return format!("less than {} of it is served", display::percent(1.0 - judged.limit.bound));
    }
    format!("{} exceeds {}", judged.limit.subject.label(), judged.limit.subject.format(judged.limit.bound))
}

fn limits<'a>(judged: impl Iterator<Item = &'a Judged>) -> String {
    let labels: Vec<String> = judged.map(|judged| judged.limit.label()).collect();
    match labels.as_slice() {
        [] => "no limit".into(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// What makes the interval of an edge wide, and what would narrow it.
fn doubt_clause(case: &Case<'_>, findings: &[Finding]) -> Option<String> {
    let unit = case.run.load_model.unit();
    let next = case.next_level.filter(|_| case.breaking.state == BreakingState::Edge);
    let next = next.map(|next| display::load_with_unit(next, unit));
    let narrows = |next: String| format!("Measuring {next} narrows this most.");
    let is_told = |code: Code| findings.iter().any(|finding| finding.code == code);
    match case.binding?.doubt {
        Some(Doubt::Gap) => next.map(narrows),
        Some(Doubt::Requests(Worth { load, requests, independent })) => {
            // A smaller effect is within the error of the estimate.
            const NOTICED: f64 = 0.8;
            let worth = if independent < NOTICED * requests as f64 {
                format!(
                    ": the {} at {} wait for each other and are worth about {} independent ones",
                    display::count(requests as u64, "request"),
                    display::load_with_unit(load, unit),
                    display::number(independent.round().max(1.0))
                )
            } else {
                String::new()
            };
            let around = [case.breaking.max_passing_load?, case.breaking.first_failing_load?];
            let around = display::loads_with_unit(&around, unit);
            Some(format!("Longer levels at {around} narrow this most{worth}."))
        }
        Some(Doubt::Levels(scatter)) => Some(format!(
            "Repeating each level three times narrows this most: levels differ by about {}, more than their requests explain.",
            display::percent(scatter.sigma)
        )),
        // Without replicates, a finding says by how much the level narrows the interval from the levels' bounds.
        None if is_told(Code::NextLevel) => next.map(narrows),
        None if is_told(Code::IntervalUnknown) && !is_told(Code::FewSamples) => {
            next.map(|next| format!("Measure {next} next."))
        }
        None => None,
    }
}

/// What to measure next, for answers without an interval.
fn next_clause(case: &Case<'_>) -> Option<String> {
    let next = display::load_with_unit(case.next_level?, case.run.load_model.unit());
    match case.breaking.state {
        // A client that could not send more is not asked to send more.
        BreakingState::Floor if case.ended_by_client() => None,
        BreakingState::Floor | BreakingState::NeverMet | BreakingState::Cliff | BreakingState::Bracket => {
            Some(format!("Measure {next} next."))
        }
        BreakingState::Edge | BreakingState::NotMeasured => None,
    }
}

/// How certain the answers without an interval are: at the loads that they name, a few requests may pass or fail by
/// chance. Only if the interval of a level contains the limit; a finding says if there are too few requests for an
/// interval.
fn chance_clause(case: &Case<'_>) -> Option<String> {
    let is_latency = |judged: &&Judged| judged.limit.is_latency() && judged.bounded.is_empty();
    match case.breaking.state {
        BreakingState::Floor | BreakingState::Cliff => {
            let top = case.breaking.max_passing_load?;
            let may_fail = |judged: &&Judged| {
                let end = judged.at(top).and_then(|point| point.hi);
                end.is_some_and(|end| !judged.limit.holds(end))
            };
            let unsure = case.judged.iter().filter(is_latency).filter(may_fail);
            let certain =
                |judged: &Judged| judged.breaking.certain(&judged.points, judged.limit.bound)[0].unwrap_or(0.0);
            let sure = unsure.map(certain).min_by(f64::total_cmp)?;
            Some(if sure > 0.0 {
                let sure = display::load_with_unit(sure, case.run.load_model.unit());
                format!("With 95% confidence it holds at least {sure}.")
            } else {
                "With 95% confidence no load is certain to hold: measure longer levels.".to_owned()
            })
        }
        BreakingState::NeverMet => {
            let judged = case.binding.filter(is_latency)?;
            let end = judged.points.first()?.lo.filter(|&end| judged.limit.holds(end))?;
            let end = judged.limit.subject.format(end);
            Some(format!("That may be chance: with 95% confidence it is at least {end}. A longer level tells."))
        }
        BreakingState::Edge | BreakingState::Bracket | BreakingState::NotMeasured => None,
    }
}

fn unmeasured_clause(case: &Case<'_>) -> Option<String> {
    let missing: Vec<&Judged> = case
        .judged
        .iter()
        .filter(|judged| judged.breaking.state == BreakingState::NotMeasured && judged.bounded.is_empty())
        .collect();
    let left_out = case.left_out.iter().map(|limit| limit.subject.label());
    let labels: Vec<String> = missing.iter().map(|judged| judged.limit.subject.label()).chain(left_out).collect();
    if labels.is_empty() {
        return None;
    }
    let (what, verb) = (labels.join(" and "), if labels.len() == 1 { "was" } else { "were" });
    Some(match case.breaking.state {
        BreakingState::NotMeasured | BreakingState::NeverMet => format!("{what} {verb} not measured."),
        _ => format!("{what} {verb} not measured and may break earlier."),
    })
}

/// For the finding that levels contradict each other by more than noise.
fn non_monotone_clause(case: &Case<'_>, findings: &[Finding]) -> Option<String> {
    findings
        .iter()
        .find(|finding| finding.code == Code::NonMonotone && finding.severity == FindingSeverity::Warning)?;
    let judged = case.judged.iter().find(|judged| judged.breaking.non_monotone)?;
    let failing = judged.points.iter().find(|point| !judged.limit.holds(point.value))?;
    let passing = judged.points.iter().rfind(|point| judged.limit.holds(point.value))?;
    Some(format!(
        "Not monotone: {} failed while {} passed.",
        display::load_with_unit(failing.load, case.run.load_model.unit()),
        display::load_with_unit(passing.load, case.run.load_model.unit())
    ))
}

fn errors_clause(findings: &[Finding]) -> Option<String> {
    findings
        .iter()
        .any(|finding| finding.code == Code::ErrorsHigh && finding.severity == FindingSeverity::Error)
        .then(|| "Requests failed at loads that count as passing.".into())
}

fn unsteady_clause(case: &Case<'_>, findings: &[Finding]) -> Option<String> {
    let loads: Vec<f64> = findings
        .iter()
        .filter(|finding| finding.code == Code::NotSteady)
        .filter_map(|finding| finding.load)
        .filter(|load| case.breaking.max_passing_load.is_some_and(|passing| *load <= passing))
        .collect();
    if loads.is_empty() {
        return None;
    }
    let at = display::loads_with_unit(&loads, case.run.load_model.unit());
    Some(format!("TTFT was still climbing at the end of {at}: longer levels may fail."))
}

fn samples_clause(case: &Case<'_>, findings: &[Finding]) -> Option<String> {
    let loads: Vec<f64> = findings
        .iter()
        .filter(|finding| finding.code == Code::FewSamples && finding.severity >= FindingSeverity::Warning)
        .filter_map(|finding| finding.load)
        .collect();
    if loads.is_empty() {
        return None;
    }
    Some(format!("Too few requests to be sure at {}.", display::loads_with_unit(&loads, case.run.load_model.unit())))
}
