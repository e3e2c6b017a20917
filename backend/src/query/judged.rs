//! The runs of an answer, with their verdicts.

use std::sync::Arc;

use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::{Verdict, assess};
use headroom_protocol::QueryError;
use headroom_protocol::frame::Notice;

use super::computing::computing;
use super::notices::{self, warning};
use super::parse::{LoadKind, Request, Select, SloChoice};
use super::select::{Selection, select};
use crate::catalog::Header;
use crate::instance::Instance;

/// A run that answers a query, judged by the limits that the query asks for.
pub(crate) struct JudgedRun {
    /// The run with its levels.
    pub(crate) run: Arc<Run>,
    /// The deployment's name, and what distinguishes the run from its others; unique in the answer.
    pub(crate) label: String,
    /// How much load it holds within the limits.
    pub(crate) verdict: Verdict,
}

/// The selected runs, judged, and what the user should know about the selection. Blocks on the disk.
///
/// # Errors
/// If the catalog cannot be read.
pub(crate) fn judged(
    instance: &Instance,
    selection: Selection<'_>,
    slo: &Slo,
) -> Result<(Vec<JudgedRun>, Vec<Notice>), QueryError> {
    let (runs, removed) = judge(instance, selection.chosen, slo)?;
    Ok((runs, selection.notices.into_iter().chain(removed).collect()))
}

/// Judges runs with their labels, and adds a notice about each that no longer exists. Blocks on the disk.
///
/// # Errors
/// If the catalog cannot be read.
pub(crate) fn judge(
    instance: &Instance,
    chosen: Vec<(&Header, String)>,
    slo: &Slo,
) -> Result<(Vec<JudgedRun>, Vec<Notice>), QueryError> {
    let mut notices = Vec::new();
    let library = instance.library()?;
    let mut runs = Vec::with_capacity(chosen.len());
    for (header, label) in chosen {
        let found = instance.runs.get(library.catalog(), header).map_err(|error| {
            if error.is_damage() {
                library.report_damage();
                return QueryError::plugin(format!("{error}. It is rebuilt from the reports: ask again"));
            }
            QueryError::plugin(error.to_string())
        })?;
        match found {
            Some(run) => runs.push(JudgedRun { verdict: assess(&run, slo), label, run }),
            // Another process has removed it from the shared catalog since the listing.
            None => notices.push(warning(format!(
                "{} was removed from the store while the query ran",
                header.run.provenance.source
            ))),
        }
    }
    Ok((runs, notices))
}

/// The limits to judge by.
///
/// # Errors
/// If there is no such service level, or its limits cannot be used.
pub(crate) fn service_level(instance: &Instance, choice: &SloChoice) -> Result<Slo, QueryError> {
    let book = &instance.settings.slos;
    match choice {
        SloChoice::Default => book.default().cloned(),
        SloChoice::Named(id) => book.get(id).cloned(),
        SloChoice::Custom(limits) => Ok(Slo::custom(limits.clone())),
    }
    .map_err(QueryError::bad_request)
}

/// Every run that passes the filters of a query, of both load models, oldest first. If the store cannot be read that is
/// a notice, because the other annotations of a panel are still available.
///
/// # Errors
/// If the catalog cannot be read.
pub(crate) async fn every_run(
    instance: &Arc<Instance>,
    request: &Request,
    slo: &Slo,
) -> Result<(Vec<JudgedRun>, Vec<Notice>), QueryError> {
    let fresh = match instance.at_hand().await {
        Ok(fresh) => fresh,
        Err(error) => return Ok((Vec::new(), vec![warning(format!("no benchmark runs: {}", error.message))])),
    };
    let notices = notices::of_library(instance, &fresh);
    let (instance, request, slo) = (Arc::clone(instance), request.clone(), slo.clone());
    let mut runs = computing(move || {
        let mut runs = Vec::new();
        for load in [LoadKind::Closed, LoadKind::Open] {
            if request.load.is_none_or(|asked| asked == load) {
                let all = Request { load: Some(load), select: Select::All, ..request.clone() };
                runs.extend(judged(&instance, select(&fresh.snapshot.headers, &all), &slo)?.0);
            }
        }
        Ok::<_, QueryError>(runs)
    })
    .await?;
    runs.sort_by_key(|judged| judged.run.provenance.started_ms);
    Ok((runs, notices))
}
