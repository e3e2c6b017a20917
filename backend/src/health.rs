//! "Save & test": what works, what does not, and what to do.

mod production;

use std::sync::Arc;

use headroom_contract::health::HealthDetails;
use headroom_contract::resources::ProblemSeverity;
use headroom_protocol::{Context, Health, User};
use serde_json::json;

use crate::instance::Instance;
use crate::library::Snapshot;
use crate::refresh::Fresh;
use crate::resources;
use crate::settings::Settings;

/// How many bad reports, deployments and missing metrics the message names; the details name all.
const NAMED: usize = 3;

/// Checks a data source. It is an error if the store or the Prometheus is set and does not work at all; everything else
/// is part of the message.
///
/// Grafana lets everyone ask who may query. Only who may edit has the store listed for it, and is told where things are
/// on the server: paths, and what the settings say.
pub(crate) async fn check(instance: &Arc<Instance>, context: &Context) -> Health {
    let may_edit = context.user.as_ref().is_some_and(User::can_edit);
    let settings = &instance.settings;
    // For an editor this lists the store again, so that production is checked with the current benchmarks.
    let fresh = if may_edit { instance.refresh_now().await } else { instance.at_hand().await };
    let production = production::check(instance).await;
    let wrong = if may_edit { problems(settings) } else { Vec::new() };
    let (mut sentences, mut works, mut details) = match fresh {
        Ok(fresh) => {
            let said = if may_edit { of_editor(instance, &fresh) } else { of_viewer(settings, &fresh) };
            (said, true, details(instance, &fresh.snapshot, may_edit))
        }
        Err(error) => {
            // Using only production, without a store, is a valid choice.
            let chosen = settings.store.is_none() && production.is_some() && !settings.is_wrong_about_store();
            let said = match (chosen, may_edit) {
                (true, _) => "No store of reports is set: production is shown without benchmarks.".to_owned(),
                (false, true) => error.message,
                (false, false) => "The reports cannot be read; editors and administrators are told why.".to_owned(),
            };
            (vec![said], chosen, HealthDetails { settings: wrong, ..HealthDetails::default() })
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

/// What everybody may know of the store.
fn of_viewer(settings: &Settings, fresh: &Fresh) -> Vec<String> {
    let snapshot = &fresh.snapshot;
    let mut sentences = vec![summary(settings, snapshot, "")];
    sentences.extend(behind(fresh));
    if snapshot.store_error.is_some() {
        sentences.push("The store cannot be read now. What was read before is shown.".to_owned());
    }
    sentences
}

/// What is known of the store, in sentences.
fn of_editor(instance: &Instance, fresh: &Fresh) -> Vec<String> {
    let settings = &instance.settings;
    let snapshot = &fresh.snapshot;
    let place = settings.store.as_ref().map_or_else(String::new, |store| format!(" in {}", store.describe()));
    let mut sentences = vec![summary(settings, snapshot, &place)];
    sentences.extend(behind(fresh));
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
    sentences
}

fn behind(fresh: &Fresh) -> Option<String> {
    fresh.behind.then(|| "The store is still being read; this is what was known before.".to_owned())
}

fn sentence(text: String) -> String {
    if text.ends_with(['.', '?', '!']) { text } else { format!("{text}.") }
}

/// How much there is. `store` is where, with a word before it; empty for who must not know.
fn summary(settings: &Settings, snapshot: &Snapshot, store: &str) -> String {
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

fn details(instance: &Instance, snapshot: &Snapshot, may_edit: bool) -> HealthDetails {
    let mut details = HealthDetails {
        reports: Some(snapshot.reports),
        runs: Some(snapshot.headers.len()),
        default_slo: Some(instance.settings.slos.default_id().to_owned()),
        ..HealthDetails::default()
    };
    if may_edit {
        details.catalog = instance.library().ok().map(|library| library.catalog().location().to_string());
        details.pending = Some(snapshot.pending.clone());
        details.settings = problems(&instance.settings);
        details.deployments = Some(snapshot.deployment_problems.iter().map(ToString::to_string).collect());
        details.problems = Some(resources::problems(snapshot, None));
    }
    details
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
