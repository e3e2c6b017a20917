//! `levels`: one table of every level of every run.

use headroom_contract::query::{Group, Kind, Part};
use headroom_engine::level::Level;
use headroom_engine::run::LoadModel;
use headroom_engine::slo::Latency;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame, FrameType};
use serde_json::json;

use super::alert;
use crate::query::axis::Axis;
use crate::query::columns;
use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::table::described;

/// What the query kind is to editors and documents.
const KIND: Kind = Kind {
    id: "levels",
    label: "Levels",
    about: "One row per run and load level, for a table",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: Kind::no_fields,
    frames: &[],
    alert: None,
};

/// `levels`.
pub(super) struct LevelsQuery;

impl QueryKind for LevelsQuery {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Runs
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        Ok(table(&found.runs, question.axis).into())
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        alert::numbers(question, &found.runs)
    }
}

fn table(runs: &[JudgedRun], axis: Axis) -> Frame {
    let rows = || runs.iter().flat_map(|run| run.run.levels.iter().map(move |level| (run, level)));
    let levels: Vec<&Level> = rows().map(|(_, level)| level).collect();
    // All runs of an answer share the load model.
    let model = runs.first().map_or(LoadModel::Closed, |run| run.run.load_model);
    let text = |name: &str, display: &str, description: &str, value: fn(&JudgedRun) -> String| {
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
