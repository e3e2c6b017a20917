//! `levels`: one table of every level of every run.

use headroom_contract::frames::{Column as About, DocumentedFrame};
use headroom_contract::query::{Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::level::Level;
use headroom_engine::run::LoadModel;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Frame, FrameType};
use serde_json::json;

use super::alert;
use crate::query::axis::Axis;
use crate::query::columns;
use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::table::{Units, field_of};

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "levels",
    label: "Levels",
    about: "One row per run and load level, for a table",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: QuerySpec::no_fields,
    frames: &[DocumentedFrame {
        id: TABLE,
        rows: "One frame, one row per run and level; of the latencies those at the statistic of the query alone",
        columns: || [DEPLOYMENT, RUN, columns::LOAD].into_iter().chain(columns::documented_of_levels()).collect(),
    }],
    alert: Some(alert::ALERT),
};

/// The value of `meta.custom.headroom`: the panel draws only from frames with the levels of a single run.
const TABLE: &str = "table";
const DEPLOYMENT: About = About::of("deployment", Unit::None, "Deployment", "The deployment that was measured.");
const RUN: About = About::of("run", Unit::None, "Run", "The run, told from others of the same deployment.");

/// `levels`.
pub(super) struct LevelsQuery;

impl QueryKind for LevelsQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Runs
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let runs = found.runs.iter().map(|judged| &*judged.run);
        let (axis, notices) = question.axis.shown_of(runs, question.request.statistic);
        Ok(Answer::of(table(&found.runs, axis), notices))
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
    let text = |about: &About, value: fn(&JudgedRun) -> String| {
        let values: Vec<String> = rows().map(|(run, _)| value(run)).collect();
        field_of(about, values, Units::FIXED)
    };
    let mut frame = Frame::new(KIND.id);
    frame.fields = vec![
        text(&DEPLOYMENT, |run| run.run.deployment_label().to_owned()),
        text(&RUN, |run| run.label.clone()),
        columns::load(&levels, model),
    ];
    frame.fields.extend(columns::measured(&levels, &[axis.statistic]));
    frame.fields.push(columns::not_served(&levels, model));
    frame.meta.frame_type = Some(FrameType::Table);
    frame.meta.type_version = [0, 1];
    frame.meta.custom = json!({ "headroom": TABLE, "statistic": axis.statistic.id() });
    "table".clone_into(&mut frame.meta.preferred_visualisation);
    frame
}
