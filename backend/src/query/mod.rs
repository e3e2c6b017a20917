//! Queries in, frames out, as `docs/frames.md` describes them.

mod alert;
mod axis;
mod columns;
mod curve;
pub mod json;
mod kinds;
mod levels;
mod notices;
pub mod panel;
mod parse;
pub mod production;
mod select;
mod text;
mod verdict;

use std::sync::Arc;

use headroom_contract::frames::Drawn;
use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::{Verdict, assess};
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, Notice};
use serde_json::json;

use crate::instance::Instance;
use crate::refresh::Fresh;

pub use axis::{Axis, Metric};
pub use kinds::KINDS;
pub use parse::{
    About, Annotation, Asked, Form, Frames, LoadKind, ProductionOptions, Request, Select, SloChoice, What,
};
pub use select::{Selection, select, select_each};

/// One run of the answer with everything that frames say about it.
pub struct Answered {
    /// The run with its levels.
    pub run: Arc<Run>,
    /// A name that no other run of the answer has.
    pub label: String,
    /// What it holds under the service level asked for.
    pub verdict: Verdict,
}

/// Answers a query about reports from what the library holds. Blocks on the disk. `reduced` asks for what alerting can
/// evaluate.
///
/// # Errors
/// When the query names a service level that does not exist, or the catalog fails.
pub fn answer(
    instance: &Instance,
    fresh: &Fresh,
    request: &Request,
    frames: Frames,
    reduced: bool,
) -> Result<Vec<Frame>, QueryError> {
    let slo = service_level(instance, &request.slo)?;
    let axis = Axis::of(request.metric, request.statistic, &slo);
    let mut notices = notices::of_library(instance, fresh);
    let (runs, remarks) = answered(instance, select(&fresh.snapshot.headers, request), &slo)?;
    notices.extend(remarks);
    let mut frames = match (reduced, frames) {
        (true, _) => vec![alert::frame(&runs, request)?],
        (false, _) if runs.is_empty() => vec![nothing()],
        (false, Frames::Curve) => runs.iter().flat_map(|run| curve::frames(run, axis)).collect(),
        (false, Frames::Levels) => vec![levels::frame(&runs, axis)],
        (false, Frames::Verdict) => vec![verdict::frame(&runs, axis)],
    };
    if let Some(first) = frames.first_mut() {
        first.meta.notices = notices;
    }
    Ok(frames)
}

/// The chosen runs, judged, and what the user should know about the choice. Blocks on the disk.
fn answered(
    instance: &Instance,
    selection: Selection<'_>,
    slo: &Slo,
) -> Result<(Vec<Answered>, Vec<Notice>), QueryError> {
    let mut notices = selection.notices;
    let library = instance.library()?;
    let mut runs = Vec::with_capacity(selection.chosen.len());
    for (header, label) in selection.chosen {
        let found = instance.runs.get(library.catalog(), header).map_err(|error| {
            if error.is_damage() {
                library.report_damage();
                return QueryError::plugin(format!("{error}. It is rebuilt from the reports: ask again"));
            }
            QueryError::plugin(error.to_string())
        })?;
        match found {
            Some(run) => runs.push(Answered { verdict: assess(&run, slo), label, run }),
            // Another process took it out of the shared catalog since the listing.
            None => notices.push(notices::warning(format!(
                "{} was removed from the store while the query ran",
                header.run.provenance.source
            ))),
        }
    }
    Ok((runs, notices))
}

/// The limits to judge by.
fn service_level(instance: &Instance, choice: &SloChoice) -> Result<Slo, QueryError> {
    let book = &instance.settings.slos;
    match choice {
        SloChoice::Default => book.default().cloned(),
        SloChoice::Named(id) => book.get(id).cloned(),
        SloChoice::Custom(limits) => Ok(Slo::custom(limits.clone())),
    }
    .map_err(QueryError::bad_request)
}

/// The answer without runs: a frame without fields, whose notices say why.
fn nothing() -> Frame {
    let mut frame = Frame::new("");
    frame.meta.custom = json!({ "headroom": Drawn::Nothing.id() });
    frame
}
