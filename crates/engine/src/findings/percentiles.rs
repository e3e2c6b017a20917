//! Findings about percentiles that a report lacks although it has others.

use super::{Case, Code, Finding, FindingSeverity};
use crate::bounded::stand_ins;
use crate::display;
use crate::slo::{Limit, Statistic, Subject};

/// Only for limits that leave some level undecided below the first load that is known to fail. If the other percentiles
/// decide all of those levels, nothing is missing. A level that one limit leaves undecided is not listed again for
/// another limit.
pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let mut told: Vec<f64> = Vec::new();
    for judged in case.judged {
        let undecided = case.open_loads(judged);
        if undecided.iter().all(|load| told.contains(load)) {
            continue;
        }
        told.extend(&undecided);
        let (Some(&first), Subject::Latency(latency, statistic)) = (undecided.first(), judged.limit.subject) else {
            continue;
        };
        let there = stand_ins(case.run, judged.limit.subject);
        let names: Vec<&str> = there.iter().filter_map(|subject| statistic_of(*subject)).map(Statistic::id).collect();
        let has = if names.is_empty() { "less".to_owned() } else { names.join(" and ") };
        // Suggest a stricter percentile if there is one, because it promises at least as much. A weaker one would
        // promise less without saying so.
        let quantile = |subject: &Subject| statistic_of(*subject).and_then(Statistic::quantile);
        let mut stricter = there.iter().filter(|subject| quantile(subject) > statistic.quantile());
        let other = stricter.next_back().map(|&subject| Limit { subject, bound: judged.limit.bound }.expression());
        let judge =
            other.map_or_else(String::new, |limit| format!("Judge by what is there (--limit {limit}), or have "));
        findings.push(Finding {
            code: Code::PercentileMissing,
            severity: FindingSeverity::Warning,
            load: Some(first),
            message: format!(
                "The report has {has} of {} and not {}. So it is undecided at {} whether {} holds. {judge}{}.",
                latency.label(),
                statistic.id(),
                display::loads_with_unit(&undecided, case.unit()),
                judged.limit.label(),
                remedy(&case.run.provenance.tool, statistic, judge.is_empty()),
            ),
        });
    }
}

fn statistic_of(subject: Subject) -> Option<Statistic> {
    match subject {
        Subject::Latency(_, statistic) => Some(statistic),
        _ => None,
    }
}

/// How to make a tool write a percentile.
fn remedy(tool: &str, statistic: Statistic, is_all: bool) -> String {
    let percent = statistic.id().trim_start_matches('p');
    let have = if is_all { "Have " } else { "" };
    match tool {
        // Both tools write the percentiles given by one option, which is only 99 by default.
        "vllm bench" | "inferencex" => {
            let all = if percent == "99" { "50,99".to_owned() } else { format!("50,{percent},99") };
            format!("{have}the tool write {} too (--metric-percentiles {all})", statistic.id())
        }
        _ => format!("{have}the tool write {}, or keep every request in the report", statistic.id()),
    }
}
