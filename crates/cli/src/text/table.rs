//! The levels of a run, one line each, with the place where it breaks.

use headroom_engine::bounded::{bounded, stand_ins};
use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::level::Level;
use headroom_engine::points::level_estimate;
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::{Latency, Limit, Statistic, Subject};

use super::is_counted;
use super::style::Style;
use crate::analysis::{Judged, Outcome, all_failed, outcome};

/// Columns that are aligned to the right, between the sign and the last one.
struct Row {
    outcome: Outcome,
    load: f64,
    cells: Vec<String>,
    deciding: String,
}

/// The table as lines, indented by two.
pub(super) fn lines(judged: &Judged, style: Style) -> Vec<String> {
    let Judged { run, verdict, .. } = judged;
    let latencies = latencies(run, &verdict.slo.limits);
    let errors = run.levels.iter().any(|level| level.requests.errored > 0);

    // In an open loop the offered and the achieved rate are shown side by side.
    let load = match run.load_model {
        LoadModel::Closed => run.load_model.unit().to_owned(),
        LoadModel::Open(_) => format!("offered {}", run.load_model.unit()),
    };
    let mut header = vec![load, "ok".to_owned()];
    header.extend(errors.then(|| "errors".to_owned()));
    header.extend(["cut off", "req/s", "out tok/s"].map(str::to_owned));
    header.extend(latencies.iter().map(|subject| subject.label()));
    let evidence: Vec<&Evidence> =
        EVIDENCE.iter().filter(|one| run.levels.iter().any(|level| (one.of)(level).is_some())).collect();
    header.extend(evidence.iter().map(|one| one.header.to_owned()));

    let rows: Vec<Row> = run
        .levels
        .iter()
        .map(|level| {
            let (outcome, limits) = outcome(level, run.load_model, &verdict.slo);
            Row {
                outcome,
                load: level.load,
                cells: cells(level, run.load_model, &latencies, errors, &evidence),
                deciding: deciding(level, outcome, &limits),
            }
        })
        .collect();

    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.cells[column].chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let align = |cells: &[String]| -> String {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        padded.join("  ")
    };

    let header = format!("    {}", align(&header));
    let mut lines = vec![style.dim(&header)];
    let mut broken = false;
    for row in &rows {
        if !broken && breaks_before(judged, row.load) {
            lines.push(rule(judged, header.chars().count(), style));
            broken = true;
        }
        let sign = match row.outcome {
            Outcome::Pass => style.good("✓"),
            Outcome::Fail => style.bad("✗"),
            Outcome::Unknown => style.careful("?"),
        };
        let line = format!("  {sign} {}  {}", align(&row.cells), row.deciding);
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The limited latencies, and two that everyone asks for. Instead of a percentile that the run lacks, those that stand
/// in for it.
fn latencies(run: &Run, limits: &[Limit]) -> Vec<Subject> {
    let mut subjects: Vec<Subject> =
        limits.iter().filter(|limit| limit.is_latency()).map(|limit| limit.subject).collect();
    for usual in [Subject::Latency(Latency::Ttft, Statistic::P95), Subject::Latency(Latency::E2e, Statistic::P95)] {
        if !subjects.contains(&usual) {
            subjects.push(usual);
        }
    }
    let mut subjects: Vec<Subject> = subjects
        .into_iter()
        .flat_map(|subject| {
            let there = stand_ins(run, subject);
            if there.is_empty() { vec![subject] } else { there }
        })
        .collect();
    subjects.sort_by_key(|subject| match subject {
        Subject::Latency(latency, statistic) => Some((*latency, *statistic)),
        _ => None,
    });
    subjects.dedup();
    subjects
}

/// A number from the server's metrics, with a column of its own if a level has it.
struct Evidence {
    header: &'static str,
    of: fn(&Level) -> Option<String>,
}

const EVIDENCE: &[Evidence] = &[
    Evidence { header: "queue", of: |level| level.server.queue_depth.map(display::rate) },
    Evidence { header: "KV use", of: |level| level.server.kv_cache_use.map(|share| Subject::KvCacheUse.format(share)) },
    // Per output token, like the column `out tok/s`.
    Evidence { header: "J/tok", of: |level| level.joules_per_output_token().map(display::rate) },
];

fn cells(level: &Level, model: LoadModel, latencies: &[Subject], errors: bool, evidence: &[&Evidence]) -> Vec<String> {
    let rate = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), display::rate);
    // A table without counts does not mean that there were no requests.
    let count = |of: u64| if is_counted(level) { of.to_string() } else { "–".to_owned() };
    let mut cells = vec![display::load(level.load), count(level.requests.ok)];
    cells.extend(errors.then(|| count(level.requests.errored)));
    cells.extend([count(level.requests.incomplete), rate(level.rates.requests), rate(level.rates.output_tokens)]);
    cells.extend(latencies.iter().map(|&subject| {
        level_estimate(level, model, subject).map_or_else(|| "–".to_owned(), |estimate| subject.format(estimate.value))
    }));
    cells.extend(evidence.iter().map(|one| (one.of)(level).unwrap_or_else(|| "–".to_owned())));
    cells
}

/// Width for the names of broken limits in the last column, so that the table fits a terminal, characters.
const NAMES: usize = 20;

/// As many names as fit, at least one, and how many more there are.
fn first_names(names: &[String]) -> String {
    let mut told = String::new();
    for (index, name) in names.iter().enumerate() {
        let longer = if told.is_empty() { name.clone() } else { format!("{told}, {name}") };
        if index > 0 && longer.chars().count() > NAMES {
            return format!("{told}, +{}", names.len() - index);
        }
        told = longer;
    }
    told
}

/// What the last column says about a level that does not pass.
fn deciding(level: &Level, outcome: Outcome, limits: &[Limit]) -> String {
    let names: Vec<String> = limits.iter().map(|limit| limit.subject.label()).collect();
    match outcome {
        Outcome::Pass => String::new(),
        Outcome::Fail if all_failed(level) => "every request failed".to_owned(),
        Outcome::Fail => first_names(&names),
        Outcome::Unknown => {
            let is_bounded = |limit: &Limit| bounded(level, limit.subject).is_some();
            let (open, missing): (Vec<&Limit>, Vec<&Limit>) = limits.iter().partition(|limit| is_bounded(limit));
            let list = |limits: Vec<&Limit>, what: &str| {
                let names: Vec<String> = limits.iter().map(|limit| limit.subject.label()).collect();
                (!names.is_empty()).then(|| format!("{} {what}", names.join(", ")))
            };
            let told = [list(missing, "not measured"), list(open, "not decided")];
            told.into_iter().flatten().collect::<Vec<String>>().join("; ")
        }
    }
}

/// Whether the breaking point lies below this load.
fn breaks_before(judged: &Judged, load: f64) -> bool {
    match (judged.verdict.state, judged.verdict.breaking_load) {
        (BreakingState::NeverMet, _) => true,
        (BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket, Some(breaking)) => load > breaking,
        _ => false,
    }
}

/// The line between the levels that pass and those that do not.
fn rule(judged: &Judged, width: usize, style: Style) -> String {
    let verdict = &judged.verdict;
    let what = match (verdict.state, verdict.breaking_load) {
        (BreakingState::Edge, Some(load)) => {
            format!("breaks at {}", display::load_with_unit(load, judged.run.load_model.unit()))
        }
        (BreakingState::Cliff | BreakingState::Bracket, _) => {
            format!("breaks between {}", display::interval([verdict.max_passing_load, verdict.first_failing_load]))
        }
        _ => "breaks below every level".to_owned(),
    };
    let label = format!("  ── {what} ");
    let dashes = width.saturating_sub(label.chars().count());
    style.bad(&format!("{label}{}", "─".repeat(dashes)))
}
