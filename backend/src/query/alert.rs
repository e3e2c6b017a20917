//! What an alert rule can evaluate: one number per run.

use headroom_engine::breaking::State;
use headroom_engine::verdict::Verdict;
use headroom_protocol::frame::{Field, Frame, FrameType};

use super::Answered;
use super::columns::{described, load_unit};

/// One number field per run, told apart by labels.
pub(super) fn frame(runs: &[Answered]) -> Frame {
    let mut frame = Frame::new("verdict");
    frame.fields = runs
        .iter()
        .map(|run| {
            let deployment = &run.run.deployment;
            described(
                Field::new("breaking_load", vec![known_to_hold(&run.verdict)]),
                load_unit(run.run.load_model),
                &run.label,
                "The load that the deployment is known to hold.",
            )
            .with_label("deployment", deployment.label())
            .with_label("model", deployment.model.as_ref().map_or("unknown", |model| model.value.as_str()))
            .with_label("slo", run.verdict.slo.id.as_str())
            .with_label("run", run.run.id.as_str())
        })
        .collect();
    frame.meta.frame_type = Some(FrameType::NumericWide);
    frame.meta.type_version = [0, 1];
    frame
}

/// The number to compare with a load: the breaking load, the highest load that passed where the
/// sweep never reached it, and zero where even the lowest load fails. Not measured stays
/// unknown, so that the rule's "no data" applies.
fn known_to_hold(verdict: &Verdict) -> Option<f64> {
    match verdict.state {
        State::Edge | State::Cliff => verdict.breaking_load,
        State::Floor => verdict.max_passing_load,
        State::NeverMet => Some(0.0),
        State::NotMeasured => None,
    }
}
