//! The messages that the user sees beside the data.

use headroom_contract::resources::ProblemSeverity;
use headroom_prometheus::RemarkSeverity;
use headroom_protocol::frame::{Notice, NoticeSeverity};

use crate::instance::Instance;
use crate::refresh::Fresh;

/// How many bad reports are named one by one; a panel's corner has no room for more.
const NAMED: usize = 8;

/// Worth knowing.
pub(super) fn info(text: impl Into<String>) -> Notice {
    Notice::new(NoticeSeverity::Info, text)
}

/// The data may mislead.
pub(super) fn warning(text: impl Into<String>) -> Notice {
    Notice::new(NoticeSeverity::Warning, text)
}

/// A remark of Prometheus, in its own words.
pub(super) fn remark(severity: RemarkSeverity, text: &str) -> Notice {
    match severity {
        RemarkSeverity::Info => info(text),
        RemarkSeverity::Warning => warning(text),
    }
}

/// A remark of Prometheus, for a list that also has notices of others.
pub(super) fn of_prometheus(severity: RemarkSeverity, text: &str) -> Notice {
    remark(severity, &format!("Prometheus: {text}"))
}

/// What is wrong with the store, its reports and the facts about deployments.
pub(super) fn of_library(instance: &Instance, fresh: &Fresh) -> Vec<Notice> {
    let snapshot = &fresh.snapshot;
    let mut notices = Vec::new();
    if let Some(error) = &snapshot.store_error {
        notices.push(warning(format!("{error}. What was read before is shown")));
    }
    if fresh.behind {
        let which = instance.library().ok().and_then(|library| library.progress());
        let which = which.map_or_else(String::new, |progress| format!(" ({progress})"));
        notices.push(info(format!("newer reports are still being read{which}; refresh in a moment")));
    }
    if !snapshot.pending.is_empty() {
        notices.push(info(format!("still being written, read later: {}", named(&snapshot.pending))));
    }
    notices.extend(instance.catalog_notices.iter().chain(&snapshot.notices).map(|notice| info(notice.as_str())));
    let mut bad: Vec<(&str, Notice)> = Vec::new();
    for (path, problem) in snapshot.problems.iter().filter(|(_, problem)| problem.severity == ProblemSeverity::Error) {
        // One notice per report: its first error, which usually causes the others.
        if bad.last().is_none_or(|(last, _)| last != path) {
            let place = problem.place.as_ref().map_or_else(String::new, |place| format!(" {place}:"));
            bad.push((path, warning(format!("{path}:{place} {}", problem.message))));
        }
    }
    let more = bad.len().saturating_sub(NAMED);
    notices.extend(bad.into_iter().take(NAMED).map(|(_, notice)| notice));
    if more > 0 {
        notices.push(warning(format!(
            "{more} more reports could not be read in full: \"Save & test\" in the data source's settings lists them"
        )));
    }
    notices.extend(snapshot.deployment_problems.iter().map(|problem| warning(problem.to_string())));
    notices
}

fn named(paths: &[String]) -> String {
    let mut text = paths.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if paths.len() > NAMED {
        text.push_str(", …");
    }
    text
}
