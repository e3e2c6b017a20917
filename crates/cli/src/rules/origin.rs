//! Where a threshold comes from, in the words that every written object contains.

use headroom_base::calendar;
use headroom_engine::display;
use headroom_engine::findings::FindingSeverity;
use headroom_engine::slo::Limit;

use super::Ruled;

/// Facts by name, the most important first. The names are also valid label names in Prometheus.
pub(super) fn facts(ruled: &Ruled) -> Vec<(&'static str, String)> {
    let Ruled { run, verdict, threshold, .. } = ruled;
    let unit = run.load_model.unit();
    let load = |load: f64| format!("{} per replica", display::load_with_unit(load, unit));
    let origin = &run.provenance;
    let tool = origin
        .tool_version
        .as_ref()
        .map_or_else(|| format!("{}, version unknown", origin.tool), |version| format!("{} {version}", origin.tool));
    let limits: Vec<String> = verdict.slo.limits.iter().map(Limit::label).collect();
    let breaking = verdict.breaking_load.map_or_else(|| format!("above {}", load(threshold.breaking)), load);
    let mut facts = vec![("report", origin.source.clone()), ("sha256", origin.content_hash.clone()), ("tool", tool)];
    facts.extend(origin.started_ms.map(|at| ("measured", calendar::utc_second(at))));
    facts.extend([
        ("service_level", verdict.slo.id.clone()),
        ("limits", limits.join(", ")),
        ("breaking_load", breaking),
    ]);
    facts.extend(verdict.binding.map(|limit| ("breaks_first", limit.label())));
    facts.push(("interval", interval(ruled)));
    facts.extend(verdict.max_passing_load.map(|passed| ("last_level_that_passed", load(passed))));
    facts.extend(verdict.first_failing_load.map(|failed| ("first_level_that_failed", load(failed))));
    let mut weakened: Vec<&str> = verdict
        .findings
        .iter()
        .filter(|finding| finding.severity >= FindingSeverity::Warning)
        .map(|finding| finding.code.id())
        .collect();
    weakened.dedup();
    if !weakened.is_empty() {
        facts.push(("weakened_by", weakened.join(", ")));
    }
    facts.push(("threshold", format!("{}: {}", load(threshold.holds), threshold.basis.text())));
    facts
}

fn interval(ruled: &Ruled) -> String {
    let ends = ruled.verdict.interval;
    if ends == [None, None] {
        return "not known".to_owned();
    }
    format!(
        "{} {} ({})",
        display::interval(ends),
        ruled.run.load_model.unit(),
        ruled.verdict.interval_method.id().replace('_', " ")
    )
}

/// The facts as annotations of an alert. Braces in a file's name are escaped, because they would be a template.
pub(super) fn of_alert(ruled: &Ruled) -> Vec<(String, String)> {
    // The object carries the hash already.
    let of_alert = facts(ruled).into_iter().filter(|(name, _)| *name != "sha256");
    of_alert.map(|(name, value)| (format!("headroom_{name}"), literal(&value))).collect()
}

/// The facts as annotations of a Kubernetes object.
pub(super) fn of_object(ruled: &Ruled) -> Vec<(String, String)> {
    facts(ruled).into_iter().map(|(name, value)| (format!("headroom/{}", name.replace('_', "-")), value)).collect()
}

/// The comment above one document for all deployments.
pub(super) fn comment(all: &[Ruled], what: &str) -> String {
    let sources: Vec<&str> = all.iter().map(|ruled| ruled.run.provenance.source.as_str()).collect();
    format!(
        "{what} Written by `headroom rules` from {}. Do not edit: write it again after the next benchmark.",
        sources.join(", ")
    )
}

/// Text that Prometheus and Grafana do not interpret as a template.
pub(super) fn literal(text: &str) -> String {
    text.replace("{{", "{{`{{`}}")
}
