//! Verdicts in words if the report lacks a percentile and others stand in for it.

use crate::bounded::{neighbours, stand_ins};
use crate::breaking::BreakingState;
use crate::display;
use crate::findings::{Case, Judged};
use crate::slo::Subject;

/// The answer if the loads around it were decided by other statistics than the limited one.
pub(super) fn bracket(case: &Case<'_>, binding: &Judged) -> Option<String> {
    let unit = case.run.load_model.unit();
    if binding.breaking.state != BreakingState::Bracket {
        // It breaks above a load at which all limits are known to hold.
        return Some(format!(
            "Holds {} and breaks at or before {}, where {} exceeds {}.",
            display::load_with_unit(case.breaking.load?, unit),
            display::load_with_unit(case.breaking.first_failing_load?, unit),
            binding.limit.subject.label(),
            binding.limit.subject.format(binding.limit.bound)
        ));
    }
    let (passing, failing) = (binding.breaking.max_passing_load?, binding.breaking.first_failing_load?);
    Some(format!(
        "Holds {} and breaks at or before {}: {} at {} and {} at {}, on either side of {}.{}",
        display::load_with_unit(passing, unit),
        display::load_with_unit(failing, unit),
        evidence(case, binding, passing, Side::AtMost)?,
        display::load(passing),
        evidence(case, binding, failing, Side::AtLeast)?,
        display::load(failing),
        binding.limit.subject.format(binding.limit.bound),
        open(case, binding).map_or_else(String::new, |open| format!(" {open}")),
    ))
}

/// What was measured at the lowest load and makes it fail.
pub(super) fn at_lowest(case: &Case<'_>, binding: &Judged) -> Option<(f64, String)> {
    let load = binding.bounded.first().map(|level| level.load)?;
    Some((load, evidence(case, binding, load, Side::AtLeast)?))
}

/// What the report leaves open about a limit; `None` if it decides all that matters.
pub(super) fn open(case: &Case<'_>, judged: &Judged) -> Option<String> {
    let loads = case.open_loads(judged);
    let Subject::Latency(latency, statistic) = judged.limit.subject else { return None };
    if loads.is_empty() {
        return None;
    }
    let names: Vec<String> = stand_ins(case.run, judged.limit.subject)
        .into_iter()
        .map(|subject| subject.label().replace(latency.label(), "").trim().to_owned())
        .collect();
    let bound = judged.limit.subject.format(judged.limit.bound);
    let why = match names.as_slice() {
        [one] => format!("its {one} alone does not decide {bound}"),
        [one, other] => format!("{bound} lies between its {one} and {other}"),
        _ => format!("its other statistics do not decide {bound}"),
    };
    Some(format!(
        "Not decided at {}: the report lacks {} {}, and {why}.",
        display::loads_with_unit(&loads, case.run.load_model.unit()),
        latency.label(),
        statistic.id(),
    ))
}

/// What the answer leaves open for every limit but `told`, which the answer itself covers.
pub(super) fn clause(case: &Case<'_>, told: Option<&Judged>) -> Option<String> {
    let is_told = |judged: &Judged| {
        told.is_some_and(|told| told.limit == judged.limit && judged.breaking.state == BreakingState::Bracket)
    };
    let matters = |judged: &&Judged| !is_told(judged);
    // If one limit leaves a load open, it does not matter that another one does too.
    let mut told: Vec<f64> = Vec::new();
    let mut clauses = Vec::new();
    for judged in case.judged.iter().filter(matters) {
        let loads = case.open_loads(judged);
        if loads.iter().any(|load| !told.contains(load)) {
            clauses.extend(open(case, judged));
            told.extend(loads);
        }
    }
    (!clauses.is_empty()).then(|| clauses.join(" "))
}

#[derive(Clone, Copy)]
enum Side {
    AtLeast,
    AtMost,
}

/// What decided a load, for example `TTFT p99 is 640 ms`.
fn evidence(case: &Case<'_>, judged: &Judged, load: f64, side: Side) -> Option<String> {
    let measured = judged.points.iter().find(|point| point.load.total_cmp(&load).is_eq());
    let (name, value) = if let Some(point) = measured {
        (judged.limit.subject.label(), point.value)
    } else {
        let level = case.run.levels.iter().find(|level| level.load.total_cmp(&load).is_eq())?;
        let [below, above] = neighbours(level, judged.limit.subject);
        match side {
            Side::AtLeast => below?,
            Side::AtMost => above?,
        }
    };
    Some(format!("{name} is {}", judged.limit.subject.format(value)))
}
