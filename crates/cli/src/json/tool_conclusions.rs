//! What the benchmark tool itself concluded, as JSON.

use headroom_engine::run::Run;
use serde::Serialize;

/// A conclusion of the tool.
#[derive(Serialize)]
pub(super) struct ToolConclusionJson<'a> {
    kind: &'a str,
    status: Option<&'a str>,
    load: Option<f64>,
    message: &'a str,
}

/// What the tool of a run concluded.
pub(super) fn json(run: &Run) -> Vec<ToolConclusionJson<'_>> {
    run.provenance
        .conclusions
        .iter()
        .map(|told| ToolConclusionJson {
            kind: &told.kind,
            status: told.status.as_deref(),
            load: told.load,
            message: &told.message,
        })
        .collect()
}
