//! Findings about the curve, and about the answer that is read from it.

use super::{Case, Code, Finding, FindingSeverity};
use crate::bootstrap::Doubt;
use crate::breaking::BreakingState;
use crate::display;
use crate::points::LevelPoint;
use crate::run::LoadModel;
use crate::slo::Subject;

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    not_measured(case, findings);
    non_monotone(case, findings);
    few_levels(case, findings);
    levels_differ(case, findings);
    interval(case, findings);
    answer(case, findings);
}

fn not_measured(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for judged in case.judged {
        let label = judged.limit.subject.label();
        if judged.points.is_empty() && !judged.bounded.is_empty() {
            continue;
        }
        if judged.points.is_empty() {
            let remedy = match judged.limit.subject {
                Subject::QueueDepth | Subject::KvCacheUse => {
                    "The report does not carry it: benchmark with a tool that asks the server too (AIPerf does, inference-perf \
                     with a Prometheus), judge it from the server's metrics, or leave this limit out."
                        .to_owned()
                }
                Subject::Latency(..) => format!(
                    "Benchmark again with streaming responses and {label} among the reported statistics, or judge by \
                     a limit that was measured."
                ),
                Subject::Unserved => {
                    "The report does not say how many requests were served per second: leave this limit out.".to_owned()
                }
                Subject::ErrorRate => {
                    "The report does not say how many requests succeeded and failed: leave this limit out.".to_owned()
                }
            };
            findings.push(Finding {
                code: Code::MetricNotMeasured,
                severity: FindingSeverity::Error,
                load: None,
                message: format!(
                    "No level measured {label}, so whether {} holds is not known. {remedy}",
                    judged.limit.label()
                ),
            });
            continue;
        }
        // A limit that was measured only below the answer says nothing about the loads in between.
        let top = judged.points[judged.points.len() - 1].load;
        if let Some(load) = case.breaking.load
            && judged.breaking.state == BreakingState::Floor
            && top < load
        {
            findings.push(Finding {
                code: Code::MetricNotMeasured,
                severity: FindingSeverity::Warning,
                load: Some(top),
                message: format!(
                    "{label} was not measured above {}, so {} may break before the answer. Measure it there too.",
                    display::load_with_unit(top, case.unit()),
                    judged.limit.label()
                ),
            });
        }
    }
}

fn non_monotone(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for judged in case.judged {
        let label = judged.limit.subject.label();
        let format = |value| judged.limit.subject.format(value);
        if judged.breaking.non_monotone {
            let failing = judged.points.iter().find(|point| !judged.limit.holds(point.value));
            let passing = judged.points.iter().rfind(|point| judged.limit.holds(point.value));
            if let Some((failing, passing)) = failing.zip(passing).filter(|(high, low)| !noise_explains(high, low)) {
                findings.push(Finding {
                    code: Code::NonMonotone,
                    severity: FindingSeverity::Warning,
                    load: Some(failing.load),
                    message: format!(
                        "{label} was {} at {} but {} at {}, on the other side of the limit of {}. Load does not make a \
                         server faster, so one of the two is noise or warm-up; the curve pools them. Measure both again, \
                         longer and after a warm-up.",
                        format(failing.value),
                        display::load_with_unit(failing.load, case.unit()),
                        format(passing.value),
                        display::load_with_unit(passing.load, case.unit()),
                        format(judged.limit.bound)
                    ),
                });
            }
        } else if let Some((high, low)) = largest_real_dip(&judged.points)
            .filter(|(high, low)| judged.limit.is_latency() && (case.decides(high.load) || case.decides(low.load)))
        {
            findings.push(Finding {
                code: Code::NonMonotone,
                severity: FindingSeverity::Info,
                load: Some(high.load),
                message: format!(
                    "{label} fell from {} at {} to {} at {}, which more load cannot cause: a warm-up or too few requests \
                     can. It does not change which levels pass; measure the lower load again to see the true curve.",
                    format(high.value),
                    display::load_with_unit(high.load, case.unit()),
                    format(low.value),
                    display::load_with_unit(low.load, case.unit())
                ),
            });
        }
    }
}

/// Whether two levels, of which the lower load has the higher value, may have the same true value: their intervals
/// overlap. If an end is unknown, as in a table without counts, noise is not known to explain the difference.
fn noise_explains(high: &LevelPoint, low: &LevelPoint) -> bool {
    high.lo.zip(low.hi).is_some_and(|(lo, hi)| lo <= hi)
}

/// Loads less than 2 % apart count as one load measured twice; which of the two is higher means nothing.
const SAME_LOAD: f64 = 1.02;

/// The pair of levels with the largest fall of the value that noise does not explain: neither their intervals nor their
/// loads overlap.
fn largest_real_dip(points: &[LevelPoint]) -> Option<(LevelPoint, LevelPoint)> {
    let mut dip: Option<(LevelPoint, LevelPoint)> = None;
    for (index, high) in points.iter().enumerate() {
        for low in &points[index + 1..] {
            let fall = high.value - low.value;
            let apart = high.lo.zip(low.hi).is_some_and(|(lo, hi)| lo > hi) && low.load > high.load * SAME_LOAD;
            if fall > 0.0 && apart && dip.is_none_or(|(a, b)| fall > a.value - b.value) {
                dip = Some((*high, *low));
            }
        }
    }
    dip
}

fn few_levels(case: &Case<'_>, findings: &mut Vec<Finding>) {
    // A crossing lies between two levels, and one more level on either side shows how the curve bends there. If nothing
    // crosses the limit, nothing is read from a curve.
    const FEWEST: usize = 4;
    if case.breaking.state != BreakingState::Edge {
        return;
    }
    let measured =
        case.judged.iter().map(|judged| judged.points.len() + judged.bounded.len()).filter(|&levels| levels > 0).min();
    if let Some(levels) = measured.filter(|&levels| levels < FEWEST) {
        findings.push(Finding {
            code: Code::FewLevels,
            severity: FindingSeverity::Warning,
            load: None,
            message: format!(
                "Only {} measured what the limits are about; {FEWEST} are needed to know how the curve bends around the \
                 limit, that is two on either side. Measure more levels.",
                display::count(levels as u64, "level")
            ),
        });
    }
}

fn levels_differ(case: &Case<'_>, findings: &mut Vec<Finding>) {
    // Scatter in a limit that does not decide the answer is not reported.
    let Some((judged, scatter)) = case.binding.and_then(|judged| Some((judged, judged.scatter?))) else { return };
    findings.push(Finding {
        code: Code::LevelsDiffer,
        severity: FindingSeverity::Warning,
        load: None,
        message: format!(
            "{} of whole levels differs by about {} from one to the next, more than the requests within them explain: \
             something else changed between them. The interval allows for it. Longer levels do not help; measure each three \
             times, in another order.",
            judged.limit.subject.label(),
            display::percent(scatter.sigma)
        ),
    });
}

fn interval(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(binding) = case.binding.filter(|judged| judged.breaking.state == BreakingState::Edge) else { return };
    let breaking = &binding.breaking;
    let (Some(load), Some(passing), Some(failing)) =
        (breaking.load, breaking.max_passing_load, breaking.first_failing_load)
    else {
        return;
    };
    let label = binding.limit.subject.label();
    if binding.points.iter().all(|point| point.lo.is_none() && point.hi.is_none()) {
        findings.push(Finding {
            code: Code::IntervalUnknown,
            severity: FindingSeverity::Info,
            load: Some(load),
            message: format!(
                "How certain the breaking load is cannot be said: the report has {label} but neither every request nor \
                 enough of the distribution around it. Keep the per-request results of the next benchmark."
            ),
        });
        return;
    }
    match breaking.interval {
        [Some(low), Some(high)] => {
            // The interval is wider than the bracket: noise within levels, not the gap between them, limits the answer,
            // and a level in the gap would not help.
            let factor = (high - low) / (failing - passing);
            let more_helps = !matches!(binding.doubt, Some(Doubt::Gap | Doubt::Levels(_)));
            if factor > 1.0 && more_helps {
                findings.push(Finding {
                    code: Code::WideInterval,
                    severity: FindingSeverity::Warning,
                    load: Some(load),
                    message: format!(
                        "The breaking load is only known to lie within {} {}, wider than the gap between the levels \
                         around it. Measure {} and {} longer: about {} times as many requests make it as narrow as the gap.",
                        display::interval(breaking.interval),
                        case.unit(),
                        display::load(passing),
                        display::load_with_unit(failing, case.unit()),
                        // The width of an interval shrinks with the square root of the count.
                        display::number((factor * factor).ceil())
                    ),
                });
            }
        }
        ends => {
            let passing_unbounded =
                binding.points.iter().filter(|point| point.load <= passing).all(|point| point.hi.is_none());
            // A missing lower end has two causes: the passing levels have no upper bound at all, or even at the lowest
            // level that bound is above the limit.
            let (unsure, remedy) = match ends {
                [None, _] if passing_unbounded => (
                    format!("{label} has too few requests for an upper bound at every level that passes"),
                    "Measure the levels up to the answer longer.",
                ),
                [None, _] => (
                    "by 95% confidence bounds not even the lowest level is certain to pass".to_owned(),
                    "Measure the levels up to the answer longer.",
                ),
                _ => (
                    "by 95% confidence bounds not even the highest level is certain to fail".to_owned(),
                    "Measure the levels from the answer on longer, and add a higher one.",
                ),
            };
            findings.push(Finding {
                code: Code::WideInterval,
                severity: FindingSeverity::Warning,
                load: Some(load),
                message: format!("The interval of the breaking load is open: {unsure}. {remedy}"),
            });
        }
    }
}

/// What the verdict's sentence does not say about the load to measure next.
fn answer(case: &Case<'_>, findings: &mut Vec<Finding>) {
    match (case.breaking.state, case.breaking.max_passing_load, case.breaking.first_failing_load) {
        (BreakingState::Edge, Some(passing), Some(failing)) => {
            if let (Some(next), Some([before, after])) = (case.next_level, narrowed(case)) {
                findings.push(Finding {
                    code: Code::NextLevel,
                    severity: FindingSeverity::Info,
                    load: Some(next),
                    message: format!(
                        "Nothing was measured between {} and {}, where the answer lies. Measuring {} halves that gap and, with \
                         as many requests as the levels around it, narrows the 95% interval from {} to about {} {}.",
                        display::load_with_unit(passing, case.unit()),
                        display::load_with_unit(failing, case.unit()),
                        display::load_with_unit(next, case.unit()),
                        display::load(before),
                        display::load(after),
                        case.unit()
                    ),
                });
            }
        }
        (BreakingState::NeverMet, _, Some(lowest)) => {
            let is_latency = case.binding.is_some_and(|one| one.limit.is_latency());
            if case.run.load_model == LoadModel::Closed && lowest < 2.0 && is_latency {
                findings.push(Finding {
                    code: Code::LatencyFloor,
                    severity: FindingSeverity::Warning,
                    load: Some(lowest),
                    message:
                        "Even a single user is served too slowly, so no load will meet the limit. A single request \
                              must get faster (more tensor parallelism, a smaller or quantized model, shorter prompts) \
                              or the limit must be looser."
                            .into(),
                });
            }
        }
        _ => {}
    }
}

/// The width of the interval now and with the next level, if that is noticeably narrower.
fn narrowed(case: &Case<'_>) -> Option<[f64; 2]> {
    // A smaller change is within the error of a thousand replicates.
    const NOTICED: f64 = 0.95;
    case.narrowing?.interval.filter(|[before, after]| *after < NOTICED * before)
}
