//! "Save & test": what works, what does not, and what to do.

mod production;

use std::sync::Arc;

use headroom_contract::health::HealthDetails;
use headroom_contract::resources::ProblemSeverity;
use headroom_protocol::{Context, Health, User};
use serde_json::json;

use crate::instance::Instance;
use crate::library::Snapshot;
use crate::resources;
use crate::settings::Settings;

/// How many bad reports, deployments and missing metrics the message names; the details name all.
const NAMED: usize = 3;

/// Checks a data source. It is an error if the store or the Prometheus is set and does not work at all; everything else
/// is part of the message.
///
/// Grafana lets everyone ask who may query. Only who may edit has the store listed for it, and is told what shows where
/// things are on the server: paths, and what the settings say.
pub(crate) async fn check(instance: &Arc<Instance>, context: &Context) -> Health {
    if context.user.as_ref().is_some_and(User::can_edit) {
        of_editor(instance).await
    } else {
        of_viewer(instance).await
    }
}

/// What a person may know who can look at dashboards.
async fn of_viewer(instance: &Arc<Instance>) -> Health {
    let reports = match instance.at_hand().await {
        Ok(fresh) => {
            let snapshot = &fresh.snapshot;
            let (reports, runs) = (snapshot.reports, snapshot.headers.len());
            let stale = if snapshot.store_error.is_some() {
                ", as they were read before: the store cannot be read now"
            } else {
                ""
            };
            Some(format!("{}, {}{stale}.", counted(reports, "report", "reports"), counted(runs, "run", "runs")))
        }
        Err(_) => None,
    };
    let production = match instance.production() {
        Ok(_) => Some("Production is read from a Prometheus."),
        Err(_) => None,
    };
    let works = reports.is_some() || production.is_some();
    let mut said: Vec<String> = reports.into_iter().chain(production.map(str::to_owned)).collect();
    if !works {
        said.push("Neither reports nor a Prometheus can be read.".to_owned());
    }
    said.push("Editors and administrators are told more.".to_owned());
    let message = said.join(" ");
    if works { Health::ok(message) } else { Health::error(message) }
}

async fn of_editor(instance: &Arc<Instance>) -> Health {
    let settings = &instance.settings;
    // This lists the store again, so that production is checked with the current benchmarks.
    let reports = reports(instance).await;
    let production = production::check(instance).await;
    let (mut sentences, mut works, mut details) = match reports {
        Ok((sentences, details)) => (sentences, true, details),
        Err(message) => {
            // Using only production, without a store, is a valid choice.
            let chosen = settings.store.is_none() && production.is_some() && !settings.is_wrong_about_store();
            let said = if chosen {
                "No store of reports is set: production is shown without benchmarks.".to_owned()
            } else {
                message
            };
            (vec![said], chosen, HealthDetails { settings: problems(settings), ..HealthDetails::default() })
        }
    };
    if let Some(checked) = production {
        details.prometheus = Some(checked.details);
        match checked.said {
            Ok(said) => sentences.push(said),
            Err(message) => {
                works = false;
                // The problem comes first, because the user must do something about it.
                sentences.insert(0, sentence(message));
            }
        }
    }
    let message = sentences.join(" ");
    if works { Health::ok(message) } else { Health::error(message) }.with_details(json!(details))
}

/// The content of the store, in sentences and for programs.
async fn reports(instance: &Instance) -> Result<(Vec<String>, HealthDetails), String> {
    let settings = &instance.settings;
    let fresh = instance.refresh_now().await.map_err(|error| error.message)?;
    let snapshot = &fresh.snapshot;
    let mut sentences = vec![summary(settings, snapshot)];
    if fresh.behind {
        sentences.push("The store is still being read; this is what was known before.".to_owned());
    }
    sentences.extend(snapshot.store_error.as_ref().map(|error| format!("{error}. What was read before is shown.")));
    sentences.extend(bad_reports(snapshot));
    if settings.allow_upload
        && let Ok(library) = instance.library()
        && let Err(reason) = library.store().writable()
    {
        sentences.push(format!("Uploads are allowed, and cannot be taken: {reason}."));
    }
    if !snapshot.pending.is_empty() {
        sentences.push(format!("{} still being written.", counted(snapshot.pending.len(), "report is", "reports are")));
    }
    let wrong: Vec<String> = settings
        .problems
        .iter()
        // Problems with the Prometheus are reported by its own check.
        .filter(|problem| !problem.is_of_prometheus() || instance.production().is_ok())
        .chain(&snapshot.deployment_problems)
        .map(ToString::to_string)
        .collect();
    if let Some(first) = wrong.first() {
        let more = if wrong.len() > 1 { format!(" (and {} more)", wrong.len() - 1) } else { String::new() };
        sentences.push(format!("Settings: {first}{more}."));
    }
    sentences.extend(instance.catalog_notices.iter().chain(&snapshot.notices).map(|notice| format!("{notice}.")));
    Ok((sentences, details(instance, snapshot)))
}

fn sentence(text: String) -> String {
    if text.ends_with(['.', '?', '!']) { text } else { format!("{text}.") }
}

fn summary(settings: &Settings, snapshot: &Snapshot) -> String {
    let store = settings.store.as_ref().map_or_else(String::new, |store| format!(" in {}", store.describe()));
    let reports = counted(snapshot.reports, "report", "reports");
    let runs = counted(snapshot.headers.len(), "run", "runs");
    let slo = settings.slos.default().map_or_else(
        |_| String::new(),
        |slo| {
            let limits: Vec<String> = slo.limits.iter().map(headroom_engine::slo::Limit::label).collect();
            format!(" Judged by \"{}\" unless a query says otherwise: {}.", slo.name, limits.join(", "))
        },
    );
    if snapshot.reports == 0 && snapshot.headers.is_empty() {
        return format!(
            "The store{store} is readable and has no reports yet: put a benchmark report there, for example GuideLLM's \
             JSON.{slo}"
        );
    }
    format!("{reports}{store}, {runs}.{slo}")
}

/// The reports that could not be read in full; the first few are named.
fn bad_reports(snapshot: &Snapshot) -> Option<String> {
    let mut bad: Vec<(&str, &str)> = Vec::new();
    for (path, problem) in snapshot.problems.iter().filter(|(_, problem)| problem.severity == ProblemSeverity::Error) {
        if bad.last().is_none_or(|(last, _)| last != path) {
            bad.push((path, &problem.message));
        }
    }
    if bad.is_empty() {
        return None;
    }
    let named = bad.iter().map(|(path, message)| format!("{path} ({message})")).collect();
    Some(format!("{} not be read in full: {}.", counted(bad.len(), "report could", "reports could"), first_few(named)))
}

fn details(instance: &Instance, snapshot: &Snapshot) -> HealthDetails {
    HealthDetails {
        reports: Some(snapshot.reports),
        runs: Some(snapshot.headers.len()),
        catalog: instance.library().ok().map(|library| library.catalog().location().to_string()),
        default_slo: Some(instance.settings.slos.default_id().to_owned()),
        pending: Some(snapshot.pending.clone()),
        settings: problems(&instance.settings),
        deployments: Some(snapshot.deployment_problems.iter().map(ToString::to_string).collect()),
        problems: Some(resources::problems(snapshot, None)),
        prometheus: None,
    }
}

fn problems(settings: &Settings) -> Vec<String> {
    settings.problems.iter().map(ToString::to_string).collect()
}

/// The first few texts, and how many more there are.
fn first_few(mut texts: Vec<String>) -> String {
    let more = texts.len().saturating_sub(NAMED);
    texts.truncate(NAMED);
    let named = texts.join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
