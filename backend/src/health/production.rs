//! The check of the Prometheus: whether it answers, which program it is, which deployments the dashboards find in it,
//! and what these lack.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use headroom_base::calendar;
use headroom_contract::health::PrometheusHealth;
use headroom_prometheus::dictionary::{Missing, Quantity, Resolved, Server};
use headroom_prometheus::shown_address;
use headroom_protocol::QueryError;

use super::{NAMED, counted, first_few};
use crate::instance::Instance;
use crate::production::{Production, Target, When};
use crate::query;

/// Metrics that were scraped within this time count as present.
const RECENT: Duration = Duration::from_hours(24);
/// The quantities of a model server that queries and the shipped dashboards show.
const SHOWN: [Quantity; 18] = [
    Quantity::Running,
    Quantity::Waiting,
    Quantity::OutputTokens,
    Quantity::PromptTokens,
    Quantity::Success,
    Quantity::Ttft,
    Quantity::Itl,
    Quantity::E2e,
    Quantity::KvUse,
    Quantity::QueueTime,
    Quantity::Preemptions,
    Quantity::PrefixCacheHits,
    Quantity::WaitingByReason,
    Quantity::PrefillTime,
    Quantity::DecodeTime,
    Quantity::PromptLength,
    Quantity::OutputLength,
    Quantity::HttpRequests,
];

/// The result of the check.
pub(super) struct Checked {
    /// A few sentences; an error says what is wrong and what to do.
    pub(super) said: Result<String, String>,
    /// The result for programs.
    pub(super) details: PrometheusHealth,
}

/// Checks the Prometheus; `None` if none is set.
pub(super) async fn check(instance: &Arc<Instance>) -> Option<Checked> {
    // People put passwords into addresses, and every viewer may request the health check.
    let url = shown_address(instance.settings.prometheus.url.as_deref()?);
    let url = url.as_str();
    Some(match found(instance).await {
        Ok(found) => Checked { said: Ok(sentences(url, &found)), details: details(url, &found) },
        Err(error) => {
            let (url, error) = (url.to_owned(), error.message);
            let details = PrometheusHealth { url, error: Some(error.clone()), ..PrometheusHealth::default() };
            Checked { said: Err(error), details }
        }
    })
}

/// What the Prometheus says about itself and about model servers.
struct Found {
    program: String,
    /// The part of the dictionary that it has.
    resolved: Arc<Resolved>,
    /// The deployments for which the dashboards have a row, by name.
    deployments: Vec<Target>,
    /// Number of targets with metrics of a model server.
    targets: usize,
    /// The targets among them whose last scrape failed, in alphabetical order.
    failing: Vec<String>,
    /// What deployments lack, in the order of [`SHOWN`], each with the deployments that lack it.
    missing: Vec<Lack>,
}

/// A quantity that servers do not export.
struct Lack {
    missing: Missing,
    /// The deployments of these servers.
    deployments: Vec<String>,
}

impl Lack {
    fn words(&self, all: usize) -> String {
        if self.deployments.len() >= all {
            self.missing.words.clone()
        } else {
            format!("{}: {}", self.deployments.join(", "), self.missing.words)
        }
    }
}

async fn found(instance: &Arc<Instance>) -> Result<Found, QueryError> {
    let connection = instance.production()?;
    let now_ms = calendar::now_ms();
    let from_ms = now_ms.saturating_sub(i64::try_from(RECENT.as_millis()).unwrap_or(i64::MAX));
    // An expression first: a proxy may allow lists but not queries, and the address may be that of something else.
    connection.ask("vector(1)", When::At(now_ms)).await?;
    let resolved = connection.resolved(from_ms, now_ms).await?;
    let deployments = query::deployments(instance, Some((from_ms, now_ms))).await?;
    let served: Vec<&Target> = deployments.iter().filter(|target| !target.members.is_empty()).collect();
    let mut instances: Vec<&str> = served.iter().flat_map(|target| target.instances()).collect();
    instances.sort_unstable();
    instances.dedup();
    let targets = instances.len();
    let failing = failing(connection, &served, now_ms).await?;
    let missing = missing(connection, &served, (from_ms, now_ms)).await?;
    let program = program(connection).await;
    Ok(Found { program, resolved, deployments, targets, failing, missing })
}

/// Its name and version. Not every server provides them.
async fn program(connection: &Production) -> String {
    let info = connection.client().buildinfo().await.map(|answer| answer.data).unwrap_or_default();
    match (info.application, info.version) {
        (Some(name), Some(version)) => format!("{name} {version}"),
        (None, Some(version)) => format!("Prometheus {version}"),
        _ => "Prometheus or alike".to_owned(),
    }
}

/// The servers whose last scrape failed. One query covers all targets, because a long list of names would be more than
/// a proxy allows.
async fn failing(connection: &Production, served: &[&Target], now_ms: i64) -> Result<Vec<String>, QueryError> {
    let answer = connection.ask("up == 0", When::At(now_ms)).await?;
    let servers = || served.iter().flat_map(|target| &target.members);
    let known: HashSet<(&str, &str)> =
        servers().map(|member| (member.job.as_str(), member.instance.as_str())).collect();
    let failing: BTreeSet<&str> = answer
        .data
        .iter()
        .filter_map(|series| Some((series.label("job").unwrap_or_default(), series.label("instance")?)))
        .filter(|server| known.contains(server))
        .map(|(_, instance)| instance)
        .collect();
    Ok(failing.into_iter().map(str::to_owned).collect())
}

/// The shown quantities that the servers of each deployment lack; another deployment's servers may have them.
async fn missing(
    connection: &Production,
    served: &[&Target],
    (from_ms, to_ms): (i64, i64),
) -> Result<Vec<Lack>, QueryError> {
    let mut found: Vec<Lack> = Vec::new();
    for target in served {
        let own = connection.resolved_of(&target.instances(), from_ms, to_ms).await?;
        for quantity in SHOWN {
            // Either of the two is enough.
            let other = match quantity {
                Quantity::Itl => Some(Quantity::Tpot),
                Quantity::PrefixCacheHits => Some(Quantity::PrefixCacheHitRatio),
                _ => None,
            };
            let Some(why) = own.why_missing(quantity).filter(|_| !other.is_some_and(|other| own.has(other))) else {
                continue;
            };
            match found.iter_mut().find(|lack| lack.missing == *why) {
                Some(lack) => lack.deployments.push(target.name.clone()),
                None => found.push(Lack { missing: why.clone(), deployments: vec![target.name.clone()] }),
            }
        }
    }
    // Two deployments may lack the same for different reasons; then the first one's reason is shown first.
    found.sort_by_key(|lack| SHOWN.iter().position(|quantity| *quantity == lack.missing.quantity));
    Ok(found)
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
    let (there, gone): (Vec<&Target>, Vec<&Target>) =
        found.deployments.iter().partition(|target| !target.members.is_empty());
    let shown = there.iter().map(|target| match (target.instances().len(), target.candidate.is_some()) {
        (1, true) => target.name.clone(),
        (1, false) => format!("{} (no benchmark)", target.name),
        (servers, true) => format!("{} ({servers} servers)", target.name),
        (servers, false) => format!("{} ({servers} servers, no benchmark)", target.name),
    });
    said.push(format!("Dashboards show {}.", first_few(shown.collect())));
    if !gone.is_empty() {
        let names = gone.iter().map(|target| target.name.clone()).collect();
        said.push(format!("Benchmarked and not found in production: {}.", first_few(names)));
    }
    if !found.failing.is_empty() {
        said.push(format!("Not scraped now: {}.", first_few(found.failing.clone())));
    }
    match found.missing.as_slice() {
        few if few.len() <= NAMED => said.extend(few.iter().map(|lack| lack.words(there.len()))),
        many => {
            let titles: Vec<&str> = many.iter().map(|lack| lack.missing.quantity.row().title).collect();
            said.push(format!("Not counted by every server: {}; the details say why.", titles.join(", ")));
        }
    }
    if !found.resolved.seen().iter().any(|seen| seen.server == Server::Dcgm) {
        said.push("No DCGM exporter is scraped, so energy and GPU use are not known.".to_owned());
    }
    said.join(" ")
}

/// The kinds of servers, with their versions as far as metric names show them.
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

fn details(url: &str, found: &Found) -> PrometheusHealth {
    let there = found.deployments.iter().filter(|target| !target.members.is_empty()).count();
    PrometheusHealth {
        url: url.to_owned(),
        error: None,
        program: Some(found.program.clone()),
        servers: Some(servers(&found.resolved)),
        targets: Some(found.targets),
        deployments: Some(found.deployments.iter().map(query::in_production).collect()),
        failing: Some(found.failing.clone()),
        missing: Some(found.missing.iter().map(|lack| lack.words(there)).collect()),
    }
}
