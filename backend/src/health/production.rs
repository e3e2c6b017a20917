//! The Prometheus: whether it answers, what it is, and what it has of the dictionary.

use std::sync::Arc;
use std::time::Duration;

use headroom_base::calendar;
use headroom_prometheus::dictionary::{Quantity, Resolved, Server};
use headroom_protocol::QueryError;
use serde_json::{Value, json};

use super::counted;
use crate::instance::Instance;
use crate::production::{self, Production, Target, When};

/// What was scraped within this is there.
const RECENT: Duration = Duration::from_hours(24);
/// Without these there is a question that cannot be answered.
const NEEDED: [Quantity; 9] = [
    Quantity::Running,
    Quantity::Waiting,
    Quantity::OutputTokens,
    Quantity::PromptTokens,
    Quantity::Success,
    Quantity::Ttft,
    Quantity::Itl,
    Quantity::E2e,
    Quantity::KvUse,
];

/// What is known about the Prometheus.
pub(super) struct Checked {
    /// A few sentences; an error says what is wrong and what to do.
    pub(super) said: Result<String, String>,
    /// The same for programs.
    pub(super) details: Value,
}

/// Asks it. `None` when the settings have none.
pub(super) async fn check(instance: &Instance) -> Option<Checked> {
    let url = instance.settings.prometheus.url.as_deref()?;
    Some(match found(instance).await {
        Ok(found) => Checked { said: Ok(sentences(url, &found)), details: details(url, &found) },
        Err(error) => {
            let details = json!({ "url": url, "error": error.message });
            Checked { said: Err(error.message), details }
        }
    })
}

/// What it says about itself and about model servers.
struct Found {
    program: String,
    /// What it has of the dictionary.
    resolved: Arc<Resolved>,
    /// Targets with metrics of a model server, and those of them whose last scrape failed.
    targets: usize,
    failing: Vec<String>,
}

async fn found(instance: &Instance) -> Result<Found, QueryError> {
    let connection = instance.production()?;
    let now_ms = calendar::now_ms();
    let from_ms = now_ms.saturating_sub(i64::try_from(RECENT.as_millis()).unwrap_or(i64::MAX));
    // An expression first: a proxy may let lists through and not queries, and the address may be that of something else.
    connection.ask("vector(1)", When::At(now_ms)).await?;
    let resolved = connection.resolved(from_ms, now_ms).await?;
    let (targets, failing) = targets(connection, &resolved, (from_ms, now_ms)).await?;
    Ok(Found { program: program(connection).await, resolved, targets, failing })
}

/// Its name and version. Not every server has the page that says so.
async fn program(connection: &Production) -> String {
    let info = connection.client().buildinfo().await.map(|answer| answer.data).unwrap_or_default();
    match (info.application, info.version) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        (None, Some(version)) => format!("Prometheus {version}"),
        _ => "Prometheus or alike".to_owned(),
    }
}

/// How many model servers there are, and which of them cannot be scraped now.
async fn targets(
    connection: &Production,
    resolved: &Resolved,
    range: (i64, i64),
) -> Result<(usize, Vec<String>), QueryError> {
    let found = production::find(connection, resolved, &[], &[], range).await?;
    let mut failing = Vec::new();
    let mut instances: Vec<&str> = found.iter().flat_map(Target::instances).collect();
    instances.sort_unstable();
    instances.dedup();
    for target in &found {
        let query = format!("up{} == 0", target.scrape_selector());
        let answer = connection.ask(&query, When::At(range.1)).await?;
        failing.extend(answer.data.iter().filter_map(|series| series.label("instance").map(str::to_owned)));
    }
    failing.sort_unstable();
    failing.dedup();
    Ok((instances.len(), failing))
}

fn sentences(url: &str, found: &Found) -> String {
    let servers = servers(&found.resolved);
    if found.targets == 0 {
        return format!(
            "{} at {url} answers and has no metrics of a model server in the last day: is one scraped, and is this the \
             Prometheus that scrapes it?",
            found.program
        );
    }
    let mut said = vec![format!(
        "{} at {url} answers: {} ({}) in the last day.",
        found.program,
        counted(found.targets, "model server", "model servers"),
        servers.join(", ")
    )];
    if !found.failing.is_empty() {
        said.push(format!("Not scraped now: {}.", found.failing.join(", ")));
    }
    said.extend(
        NEEDED
            .iter()
            // Either of the two will do.
            .filter(|quantity| **quantity != Quantity::Itl || !found.resolved.has(Quantity::Tpot))
            .filter_map(|quantity| found.resolved.why_missing(*quantity))
            .map(|missing| missing.words.clone()),
    );
    if !found.resolved.seen().iter().any(|seen| seen.server == Server::Dcgm) {
        said.push("No DCGM exporter is scraped, so energy and GPU use are not known.".to_owned());
    }
    said.join(" ")
}

/// The kinds of servers with their versions, as far as names tell.
fn servers(resolved: &Resolved) -> Vec<String> {
    resolved
        .seen()
        .iter()
        .filter(|seen| seen.server.serves())
        .map(|seen| match seen.versions.to_string() {
            unknown if unknown.contains("unknown") => seen.server.title().to_owned(),
            versions => format!("{} {versions}", seen.server.title()),
        })
        .collect()
}

fn details(url: &str, found: &Found) -> Value {
    let missing = found.resolved.missing().iter().map(|missing| missing.words.as_str());
    json!({
        "url": url,
        "program": found.program,
        "servers": servers(&found.resolved),
        "targets": found.targets,
        "failing": found.failing,
        "missing": missing.collect::<Vec<_>>(),
    })
}
