//! Which runs a query is about, and why there are none.

use std::collections::{BTreeMap, BTreeSet};

use headroom_base::calendar;
use headroom_engine::run::Run;
use headroom_protocol::frame::Notice;

use super::notices::{info, warning};
use super::parse::{LoadKind, Request, Select};
use crate::catalog::Header;

/// At most this many runs are in an answer. Nobody tells more than a few dozen lines apart, and
/// each is two frames of hundreds of rows.
const MOST_RUNS: usize = 200;

/// The runs of an answer.
pub(crate) struct Selection<'a> {
    /// The runs in the order of their deployments, each with a label that no other has.
    pub(crate) chosen: Vec<(&'a Header, String)>,
    /// What the user should know about the choice.
    pub(crate) notices: Vec<Notice>,
}

/// Chooses runs for a picture with one axis: all of them are of one load model, because users and requests per second are
/// two axes.
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

/// Chooses the runs that deployments are judged by, each in a load model of its own: the load of production is counted as
/// its benchmark was.
#[must_use]
pub(crate) fn select_each<'a>(headers: &'a [Header], request: &Request) -> Selection<'a> {
    let mut notices = Vec::new();
    let matching: Vec<&Header> = headers.iter().filter(|header| matches(header, request)).collect();
    let mut deployments: BTreeMap<&str, Vec<&Header>> = BTreeMap::new();
    for header in &matching {
        deployments.entry(header.run.deployment.label()).or_default().push(header);
    }
    let mut of_load = Vec::new();
    for runs in deployments.into_values() {
        let load = load_kind(&runs, request);
        of_load.extend(runs.into_iter().filter(|header| LoadKind::of(header.run.load_model) == load));
    }
    explain_absence(headers, request, &matching, &of_load, load_kind(&matching, request), &mut notices);
    chosen(of_load, request, notices)
}

/// The runs of these that `select` means, in the order of their deployments.
fn chosen<'a>(of_load: Vec<&'a Header>, request: &Request, mut notices: Vec<Notice>) -> Selection<'a> {
    let mut chosen: Vec<&Header> =
        if request.runs.is_empty() { one_per_deployment(of_load, request.select) } else { of_load };
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
    chosen.sort_by(|a, b| {
        let key = |header: &Header| (header.run.deployment.label().to_owned(), header.run.provenance.started_ms);
        key(a).cmp(&key(b)).then_with(|| a.run.id.cmp(&b.run.id))
    });
    let labels = labels(&chosen);
    Selection { chosen: chosen.into_iter().zip(labels).collect(), notices }
}

fn matches(header: &Header, request: &Request) -> bool {
    let run = &header.run;
    let has = |names: &[String], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
    };
    has(&request.runs, Some(&run.id))
        && has(&request.deployments, Some(run.deployment.label()))
        && has(&request.models, run.deployment.model.as_ref().map(|model| model.value.as_str()))
}

/// The load model of an answer about these runs: the one asked for, else closed, and open where there is nothing else.
/// Every query kind and alert rule follows this one rule.
fn load_kind(matching: &[&Header], request: &Request) -> LoadKind {
    let all_open = || matching.iter().all(|header| LoadKind::of(header.run.load_model) == LoadKind::Open);
    match request.load {
        Some(load) => load,
        None if !matching.is_empty() && all_open() => LoadKind::Open,
        None => LoadKind::Closed,
    }
}

fn one_per_deployment(headers: Vec<&Header>, select: Select) -> Vec<&Header> {
    if select == Select::All {
        return headers;
    }
    // Ties go to the newer run, then to the id, so that the choice is the same every time.
    let rank = |header: &Header| match select {
        Select::MostRequests => (header.ok_count, header.run.provenance.started_ms),
        Select::Latest | Select::All => (0, header.run.provenance.started_ms),
    };
    let mut best: BTreeMap<&str, &Header> = BTreeMap::new();
    for header in headers {
        let entry = best.entry(header.run.deployment.label()).or_insert(header);
        if (rank(header), &header.run.id) > (rank(entry), &entry.run.id) {
            *entry = header;
        }
    }
    best.into_values().collect()
}

/// What a filter compares with.
type NameOf = fn(&Header) -> Option<&str>;

/// Says why an answer has no runs, and which parts of the question matched nothing.
fn explain_absence(
    headers: &[Header],
    request: &Request,
    matching: &[&Header],
    of_load: &[&Header],
    load: LoadKind,
    notices: &mut Vec<Notice>,
) {
    if headers.is_empty() {
        notices.push(info(
            "the store holds no benchmark run that could be read: put a report there (GuideLLM's JSON, for example)",
        ));
        return;
    }
    let names: [(&str, &[String], NameOf); 3] = [
        ("deployment", &request.deployments, |header| Some(header.run.deployment.label())),
        ("model", &request.models, |header| Some(header.run.deployment.model.as_ref()?.value.as_str())),
        ("run", &request.runs, |header| Some(&header.run.id)),
    ];
    for (what, asked, name) in names {
        if asked.is_empty() {
            continue;
        }
        let known: BTreeSet<&str> = headers.iter().filter_map(name).collect();
        let missing: Vec<&str> = asked.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !missing.is_empty() {
            let offer = if what == "run" { String::new() } else { format!("; the store has {}", listed(&known)) };
            notices.push(warning(format!("no run of the {what} {}{offer}", missing.join(", "))));
        }
    }
    if matching.is_empty() && notices.is_empty() {
        notices.push(info(
            "no run matches all of the filters for deployments, models and runs together, though each matches some",
        ));
    }
    if of_load.is_empty() && !matching.is_empty() {
        let other = opposite(load).id();
        notices.push(info(format!(
            "{} asked for, but the {} runs that match are all {other} loop: set the load model to {other}",
            if load == LoadKind::Closed {
                "closed-loop runs (users) were"
            } else {
                "open-loop runs (request rate) were"
            },
            matching.len(),
        )));
    }
}

/// Up to ten names.
fn listed(names: &BTreeSet<&str>) -> String {
    const MOST: usize = 10;
    let mut text = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(", …");
    }
    text
}

/// The deployment's name, made unique where a deployment has several runs in the answer by what
/// tells them apart: the tool's version, else the start, else the id.
fn labels(chosen: &[&Header]) -> Vec<String> {
    let parts: [fn(&Run) -> Option<String>; 3] = [
        |run| run.provenance.tool_version.as_ref().map(|version| format!("{} {version}", run.provenance.tool)),
        |run| run.provenance.started_ms.map(calendar::utc_minute),
        |run| Some(run.id.chars().take(8).collect()),
    ];
    let mut labels: Vec<String> = chosen.iter().map(|header| header.run.deployment.label().to_owned()).collect();
    for part in parts {
        let repeated = repeated(&labels);
        if repeated.iter().all(|repeated| !repeated) {
            return labels;
        }
        // A part that all runs of a name share tells nothing.
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
    // Ids that agree in their first digits.
    let still = repeated(&labels);
    for (at, header) in chosen.iter().enumerate() {
        if still[at] {
            labels[at] = format!("{} · {}", labels[at], header.run.id);
        }
    }
    labels
}

fn repeated(labels: &[String]) -> Vec<bool> {
    labels.iter().map(|label| labels.iter().filter(|other| *other == label).count() > 1).collect()
}

fn opposite(kind: LoadKind) -> LoadKind {
    match kind {
        LoadKind::Closed => LoadKind::Open,
        LoadKind::Open => LoadKind::Closed,
    }
}

#[cfg(test)]
mod tests;
