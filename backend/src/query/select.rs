//! Selects the runs that a query is about, or says why there are none.

use std::collections::{BTreeMap, BTreeSet};

use headroom_base::calendar;
use headroom_engine::run::Run;
use headroom_protocol::frame::Notice;

use super::notices::{info, warning};
use super::parse::{LoadKind, Request, Select};
use crate::catalog::Header;

/// The most runs in an answer. Nobody can tell more than a few dozen lines apart, and each run is two frames with
/// hundreds of rows.
const MOST_RUNS: usize = 200;

/// The runs of an answer.
pub(crate) struct Selection<'a> {
    /// The runs in the order of their deployments, each with a unique label.
    pub(crate) chosen: Vec<(&'a Header, String)>,
    /// What the user should know about the selection.
    pub(crate) notices: Vec<Notice>,
}

/// Selects runs for a picture with one axis: all have the same load model, because users and requests per second need
/// different axes.
#[must_use]
pub(crate) fn select<'a>(headers: &'a [Header], request: &Request) -> Selection<'a> {
    let mut notices = Vec::new();
    let matching: Vec<&Header> = headers.iter().filter(|header| matches(header, request)).collect();
    let load = load_kind(&matching, request);
    let (of_load, other): (Vec<&Header>, Vec<&Header>) =
        matching.iter().partition(|header| LoadKind::of(header.run.load_model) == load);
    explain_absence(headers, request, &matching, &of_load, load, &mut notices);
    if !request.runs.is_empty() && !of_load.is_empty() && !other.is_empty() {
        notices.push(warning(format!(
            "{} of the runs asked for are {} loop and are left out: users and requests per second have no axis in common",
            other.len(),
            opposite(load).id()
        )));
    }
    chosen(of_load, request, notices)
}

/// The runs that deployments in production may be judged by, and what the user should know about them.
pub(crate) struct Candidates<'a> {
    /// The runs in the order of their deployments, each with its deployment's own load model, because the load of
    /// production is counted as in its benchmark. There may be many; production decides how many of them are used.
    pub(crate) runs: Vec<&'a Header>,
    /// Why there are fewer than the query asks for. A deployment or a model without a run is not mentioned, because it
    /// may be in production all the same.
    pub(crate) notices: Vec<Notice>,
}

/// Selects the runs that deployments in production may be judged by.
#[must_use]
pub(crate) fn select_each<'a>(headers: &'a [Header], request: &Request) -> Candidates<'a> {
    let matching: Vec<&Header> = headers.iter().filter(|header| matches(header, request)).collect();
    let mut deployments: BTreeMap<&str, Vec<&Header>> = BTreeMap::new();
    for header in &matching {
        deployments.entry(header.run.deployment_label()).or_default().push(header);
    }
    let mut of_load = Vec::new();
    for runs in deployments.into_values() {
        let load = load_kind(&runs, request);
        of_load.extend(runs.into_iter().filter(|header| LoadKind::of(header.run.load_model) == load));
    }
    let mut notices = Vec::new();
    if headers.is_empty() {
        notices.push(empty_store());
    } else {
        notices.extend(unknown_runs(headers, request));
        notices.extend(other_load_model(&matching, &of_load, load_kind(&matching, request)));
    }
    let mut runs = one_per_deployment(of_load, request);
    // All runs of a deployment are shown; the number of deployments is limited once production is known.
    if request.by_run() {
        newest(&mut runs, &mut notices);
    }
    in_order(&mut runs);
    Candidates { runs, notices }
}

/// The runs that `select` chooses among these, in the order of their deployments.
fn chosen<'a>(of_load: Vec<&'a Header>, request: &Request, mut notices: Vec<Notice>) -> Selection<'a> {
    let mut chosen = one_per_deployment(of_load, request);
    newest(&mut chosen, &mut notices);
    in_order(&mut chosen);
    Selection { chosen: labelled(chosen), notices }
}

/// Keeps the newest [`MOST_RUNS`] runs if there are more.
fn newest(chosen: &mut Vec<&Header>, notices: &mut Vec<Notice>) {
    if chosen.len() > MOST_RUNS {
        notices.push(warning(format!(
            "{} runs match; the newest {MOST_RUNS} are shown. Choose deployments or models to see others",
            chosen.len()
        )));
        chosen.sort_by(|a, b| {
            b.run.provenance.started_ms.cmp(&a.run.provenance.started_ms).then_with(|| a.run.id.cmp(&b.run.id))
        });
        chosen.truncate(MOST_RUNS);
    }
}

/// Sorts by deployment, then by time.
fn in_order(runs: &mut [&Header]) {
    let key = |header: &Header| (header.run.deployment_label().to_owned(), header.run.provenance.started_ms);
    runs.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.run.id.cmp(&b.run.id)));
}

/// Each run with a unique label.
pub(crate) fn labelled(runs: Vec<&Header>) -> Vec<(&Header, String)> {
    let labels = labels(&runs);
    runs.into_iter().zip(labels).collect()
}

fn matches(header: &Header, request: &Request) -> bool {
    let run = &header.run;
    let has = |names: &[String], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
    };
    has(&request.runs, Some(&run.id))
        && has(&request.deployments, Some(run.deployment_label()))
        && has(&request.models, Some(header.model()))
}

/// The load model of an answer about these runs: the requested one; else closed; open if there is nothing else. Every
/// query kind and alert rule follows this rule.
fn load_kind(matching: &[&Header], request: &Request) -> LoadKind {
    let all_open = || matching.iter().all(|header| LoadKind::of(header.run.load_model) == LoadKind::Open);
    match request.load {
        Some(load) => load,
        None if !matching.is_empty() && all_open() => LoadKind::Open,
        None => LoadKind::Closed,
    }
}

/// The runs named in `runs`; without any, the run that `select` chooses of each deployment.
fn one_per_deployment<'a>(headers: Vec<&'a Header>, request: &Request) -> Vec<&'a Header> {
    if request.by_run() {
        return headers;
    }
    let select = request.select;
    // Ties go to the newer run, then to the id, so that the choice is always the same.
    let rank = |header: &Header| match select {
        Select::MostRequests => (header.ok_count, header.run.provenance.started_ms),
        Select::Latest | Select::All => (0, header.run.provenance.started_ms),
    };
    let mut best: BTreeMap<&str, &'a Header> = BTreeMap::new();
    for header in headers {
        let entry = best.entry(header.run.deployment_label()).or_insert(header);
        if (rank(header), &header.run.id) > (rank(entry), &entry.run.id) {
            *entry = header;
        }
    }
    best.into_values().collect()
}

/// The property that a filter compares.
type NameOf = fn(&Header) -> Option<&str>;

/// Says why an answer has no runs, and which parts of the query matched nothing.
fn explain_absence(
    headers: &[Header],
    request: &Request,
    matching: &[&Header],
    of_load: &[&Header],
    load: LoadKind,
    notices: &mut Vec<Notice>,
) {
    if headers.is_empty() {
        notices.push(empty_store());
        return;
    }
    let names: [(&str, &[String], NameOf); 2] = [
        ("deployment", &request.deployments, |header| Some(header.run.deployment_label())),
        ("model", &request.models, |header| Some(header.model())),
    ];
    for (what, asked, name) in names {
        let known: BTreeSet<&str> = headers.iter().filter_map(name).collect();
        let missing: Vec<&str> = asked.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !missing.is_empty() {
            let (missing, known) = (missing.join(", "), listed(&known));
            notices.push(warning(format!("no run of the {what} {missing}; the store has {known}")));
        }
    }
    notices.extend(unknown_runs(headers, request));
    if matching.is_empty() && notices.is_empty() {
        notices.push(info(
            "no run matches all of the filters for deployments, models and runs together, though each matches some",
        ));
    }
    notices.extend(other_load_model(matching, of_load, load));
}

fn empty_store() -> Notice {
    info("the store holds no benchmark run that could be read: put a report there (GuideLLM's JSON, for example)")
}

/// The runs that the query names and that the store does not have.
fn unknown_runs(headers: &[Header], request: &Request) -> Option<Notice> {
    let known: BTreeSet<&str> = headers.iter().map(|header| header.run.id.as_str()).collect();
    let missing: Vec<&str> = request.runs.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    (!missing.is_empty()).then(|| {
        warning(format!("there is no run {}; its report may have been removed or changed", missing.join(", ")))
    })
}

/// A notice if the matching runs have the other load model.
fn other_load_model(matching: &[&Header], of_load: &[&Header], load: LoadKind) -> Option<Notice> {
    let other = opposite(load).id();
    let asked = match load {
        LoadKind::Closed => "closed-loop runs (users) were",
        LoadKind::Open => "open-loop runs (request rate) were",
    };
    (of_load.is_empty() && !matching.is_empty()).then(|| {
        info(format!(
            "{asked} asked for, but the {} runs that match are all {other} loop: set the load model to {other}",
            matching.len(),
        ))
    })
}

/// At most ten of the names.
fn listed(names: &BTreeSet<&str>) -> String {
    const MOST: usize = 10;
    let mut text = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", …");
    }
    text
}

/// The deployment's name. If a deployment has several runs in the answer, it is made unique by what distinguishes them:
/// the tool's version, else the start, else the id.
fn labels(chosen: &[&Header]) -> Vec<String> {
    let parts: [fn(&Run) -> Option<String>; 3] = [
        |run| run.provenance.tool_version.as_ref().map(|version| format!("{} {version}", run.provenance.tool)),
        |run| run.provenance.started_ms.map(calendar::utc_minute),
        |run| Some(run.id.chars().take(8).collect()),
    ];
    let mut labels: Vec<String> = chosen.iter().map(|header| header.run.deployment_label().to_owned()).collect();
    for part in parts {
        let repeated = repeated(&labels);
        if repeated.iter().all(|repeated| !repeated) {
            return labels;
        }
        // A part that all runs of a name have in common does not distinguish them.
        let said: Vec<Option<String>> = chosen.iter().map(|header| part(&header.run)).collect();
        let telling: Vec<bool> = (0..labels.len())
            .map(|at| {
                repeated[at] && (0..labels.len()).any(|other| labels[other] == labels[at] && said[other] != said[at])
            })
            .collect();
        for (at, text) in said.into_iter().enumerate() {
            if let (true, Some(text)) = (telling[at], text) {
                labels[at] = format!("{} · {text}", labels[at]);
            }
        }
    }
    // Their ids have the same first digits.
    let still = repeated(&labels);
    for (at, header) in chosen.iter().enumerate() {
        if still[at] {
            labels[at] = format!("{} · {}", labels[at], header.run.id);
        }
    }
    labels
}

fn repeated(labels: &[String]) -> Vec<bool> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    labels.iter().map(|label| counts.get(label.as_str()).is_some_and(|count| *count > 1)).collect()
}

fn opposite(kind: LoadKind) -> LoadKind {
    match kind {
        LoadKind::Closed => LoadKind::Open,
        LoadKind::Open => LoadKind::Closed,
    }
}

#[cfg(test)]
mod tests;
