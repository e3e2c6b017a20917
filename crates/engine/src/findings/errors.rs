//! Findings about failed requests and what the tool itself reported.

use super::{Case, Code, Finding, FindingSeverity};
use crate::display;
use crate::slo::Subject;

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    errors_high(case, findings);
    not_counted(case, findings);
    tool_warnings(case, findings);
}

fn errors_high(case: &Case<'_>, findings: &mut Vec<Finding>) {
    // Failed requests have no latency. If their share is larger than the share beyond the percentile, the percentile of
    // all requests is a failure, whatever that of the successful ones is.
    let tolerated = case.tail_share();
    let (passing, above): (Vec<_>, Vec<_>) = case
        .run
        .levels
        .iter()
        .filter_map(|level| Some((level, level.requests.error_rate().filter(|&rate| rate > tolerated)?)))
        .partition(|(level, _)| case.breaking.max_passing_load.is_some_and(|passing| level.load <= passing));
    for (level, rate) in passing {
        findings.push(Finding {
            code: Code::ErrorsHigh,
            severity: FindingSeverity::Error,
            load: Some(level.load),
            message: format!(
                "{} of the requests at {} failed, a load that counts as passing. Latencies are of the others only and look \
                 better than what users got. Look at the server's log.",
                display::percent(rate),
                display::load_with_unit(level.load, case.unit())
            ),
        });
    }
    // Above the answer, errors are normal: the server is overloaded. At the first failing level they make its latency
    // look better than it was, and the answer is read from that latency. If the errors themselves fail that level, the
    // answer says so already.
    let by_errors = case.binding.is_some_and(|judged| judged.limit.subject == Subject::ErrorRate);
    let first = above.first().filter(|(level, _)| case.decides(level.load) && !by_errors);
    if let Some(&(level, rate)) = first {
        findings.push(Finding {
            code: Code::ErrorsHigh,
            severity: FindingSeverity::Warning,
            load: Some(level.load),
            message: format!(
                "{} of the requests at {} failed, the first load that does not pass. Latencies are of the others only and look \
                 better than what users got, so the true breaking load may be lower. Look at the server's log.",
                display::percent(rate),
                display::load_with_unit(level.load, case.unit())
            ),
        });
    }
}

/// A limit of a named service level on a quantity that the report does not count.
fn not_counted(case: &Case<'_>, findings: &mut Vec<Finding>) {
    findings.extend(case.left_out.iter().map(|limit| Finding {
        code: Code::MetricNotMeasured,
        severity: FindingSeverity::Warning,
        load: None,
        message: format!(
            "The report does not say how many requests failed, so whether {} holds is not known, and the answer leaves it out. \
             Keep the counts in the report, or look at the server's log.",
            limit.label()
        ),
    }));
}

/// For levels that can change the answer. Warnings of several levels that differ only in their numbers are shown once.
fn tool_warnings(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let mut told: Vec<(&str, Vec<f64>, Vec<f64>)> = Vec::new();
    for level in case.run.levels.iter().filter(|level| case.matters(level.load)) {
        for warning in &level.tool_warnings {
            match told.iter_mut().find(|(text, ..)| words(text) == words(warning)) {
                Some((text, same, _)) if text == warning => same.push(level.load),
                Some((_, _, alike)) => alike.push(level.load),
                None => told.push((warning, vec![level.load], Vec::new())),
            }
        }
    }
    let at = |loads: &[f64]| display::loads_with_unit(loads, case.unit());
    for (text, same, alike) in told {
        let also = if alike.is_empty() {
            String::new()
        } else {
            let stop = if text.ends_with('.') { "" } else { "." };
            format!("{stop} With other figures it says the same about {}.", at(&alike))
        };
        findings.push(Finding {
            code: Code::ToolWarning,
            severity: FindingSeverity::Info,
            load: same.first().copied(),
            message: format!("{} says about {}: {text}{also}", case.run.provenance.tool, at(&same)),
        });
    }
}

/// A text without its numbers.
fn words(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_digit()).collect()
}
