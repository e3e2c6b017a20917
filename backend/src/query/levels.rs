//! `levels`: one table of every level of every run.

use headroom_engine::level::Level;
use headroom_engine::run::LoadModel;
use headroom_engine::slo::Latency;
use headroom_protocol::frame::{Field, Frame, FrameType};
use serde_json::json;

use super::Answered;
use super::axis::Axis;
use super::columns::{self, described};

/// The table.
pub(super) fn frame(runs: &[Answered], axis: Axis) -> Frame {
    let rows = || runs.iter().flat_map(|run| run.run.levels.iter().map(move |level| (run, level)));
    let levels: Vec<&Level> = rows().map(|(_, level)| level).collect();
    // All runs of an answer share the load model.
    let model = runs.first().map_or(LoadModel::Closed, |run| run.run.load_model);
    let text = |name: &str, display: &str, description: &str, value: fn(&Answered) -> String| {
        let values: Vec<String> = rows().map(|(run, _)| value(run)).collect();
        described(Field::new(name, values), "", display, description)
    };
    let mut fields = vec![
        text("deployment", "Deployment", "The deployment that was measured.", |run| {
            run.run.deployment.label().to_owned()
        }),
        text("run", "Run", "The run, told from others of the same deployment.", |run| run.label.clone()),
        columns::load(&levels, model),
    ];
    fields.extend(columns::measured(&levels));
    for latency in Latency::ALL {
        fields.extend(columns::latency(&levels, latency, axis.statistic));
    }
    fields.push(columns::error_rate(&levels));
    let mut frame = Frame::new("levels");
    frame.fields = fields;
    frame.meta.frame_type = Some(FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": "table", "statistic": axis.statistic.id() });
    "table".clone_into(&mut frame.meta.preferred_visualisation);
    frame
}
