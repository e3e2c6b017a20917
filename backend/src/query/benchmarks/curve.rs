//! `curve`: the levels of a run and the line through them.

use headroom_contract::frames::{Column as About, DocumentedFrame, Drawn, Read};
use headroom_contract::query::{Group, Part, QuerySpec};
use headroom_contract::units::Unit;
use headroom_engine::curve::Curve;
use headroom_engine::level::Level;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::points::level_points;
use headroom_engine::run::Run;
use headroom_engine::slo::Statistic;
use headroom_protocol::QueryError;
use headroom_protocol::frame::{Field, Frame};

use super::alert;
use crate::query::axis::Axis;
use crate::query::columns;
use crate::query::json;
use crate::query::judged::JudgedRun;
use crate::query::kind::{Answer, Found, QueryKind, Question, Source};
use crate::query::parse::Request;
use crate::query::table::{Units, field_of, load_unit};

/// Number of loads at which the line is sampled, besides those of the levels: a pixel or two apart on a dashboard
/// panel.
const SAMPLES: usize = 200;

/// Describes the query kind for editors and documents.
const KIND: QuerySpec = QuerySpec {
    id: "curve",
    label: "Curve",
    about: "Measured levels and the fitted line, for the Headroom panel",
    group: Group::Benchmarks,
    needs_prometheus: false,
    takes: &[Part::Deployments, Part::Runs, Part::Limits, Part::Load, Part::Metric, Part::Statistic],
    fields: QuerySpec::no_fields,
    frames: &[
        DocumentedFrame {
            id: Drawn::Levels.id(),
            rows: "One frame per run, one row per level in the order of their loads",
            columns: || {
                let own = [columns::LOAD].into_iter().chain(VALUE.with_ends()).chain([VALUE_COUNT]);
                own.chain(columns::documented_of_levels())
                    .chain(columns::documented_of_judged())
                    .chain(columns::documented_of_steady_rates())
                    .chain(columns::documented_of_bounds())
                    .collect()
            },
        },
        DocumentedFrame {
            id: Drawn::Fit.id(),
            rows: "One frame per run, behind that of its levels: the line, sampled at 200 loads and at every level",
            columns: || vec![columns::LOAD, FITTED],
        },
    ],
    alert: Some(alert::ALERT),
};

/// The column of the requested metric.
const VALUE: About = About::of(
    Read::Value.id(),
    Unit::Value,
    "Value",
    "The metric asked for, at the statistic asked for, with the ends of its 95 % confidence interval; empty where it was not \
     measured.",
);

const VALUE_COUNT: About = About::of(
    Read::ValueCount.id(),
    Unit::Requests,
    "Requests behind the value",
    "Requests behind the value: its weight in the fit.",
);

/// The column of the fitted line.
const FITTED: About = About::of(Read::Value.id(), Unit::Value, "Fit", "The fitted line that the verdict is read from.");

/// `curve`.
pub(super) struct CurveQuery;

impl QueryKind for CurveQuery {
    fn kind(&self) -> &'static QuerySpec {
        &KIND
    }

    fn source(&self, _: &Request) -> Source {
        Source::Runs
    }

    fn drawn_by_panel(&self) -> bool {
        true
    }

    fn frames(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        let runs = found.runs.iter().map(|judged| &*judged.run);
        let (axis, notices) = question.axis.shown_of(runs, question.request.statistic);
        let frames = found.runs.iter().flat_map(|run| [levels(run, axis), fit(run, axis)]).collect();
        Ok(Answer { frames, notices })
    }

    fn alert(&self, question: &Question, found: &Found) -> Result<Answer, QueryError> {
        alert::numbers(question, &found.runs)
    }
}

fn levels(judged: &JudgedRun, axis: Axis) -> Frame {
    let run = &judged.run;
    let levels: Vec<&Level> = run.levels.iter().collect();
    let estimates: Vec<_> = levels.iter().map(|level| axis.estimate(level)).collect();
    let mut fields = vec![columns::load(&levels, run.load_model)];
    let value =
        About { unit: axis.metric.unit(), title: name(axis).into(), about: axis.metric.description().into(), ..VALUE };
    fields.extend(columns::interval(value, &estimates));
    // The name in the legend is unique in the answer, so that overrides by name and hiding series work.
    fields[1].config.display_name_from_ds.clone_from(&judged.label);
    let counts: Vec<Option<u64>> = estimates.iter().map(|estimate| estimate.map(|estimate| estimate.count)).collect();
    fields.push(field_of(&VALUE_COUNT, counts, Units::FIXED));
    fields.extend(columns::measured(&levels, &Statistic::ALL));
    fields.push(columns::not_served(&levels, run.load_model));
    fields.extend(columns::judged_by(&levels, run.load_model));
    fields.extend(columns::steady_rates(run));
    fields.extend(judged.verdict.slo.limits.iter().flat_map(|limit| columns::bounded(run, limit)));
    frame(judged, axis, Drawn::Levels.id(), fields)
}

fn fit(judged: &JudgedRun, axis: Axis) -> Frame {
    let (loads, values): (Vec<f64>, Vec<f64>) = line(&judged.run, axis).into_iter().unzip();
    let units = Units { load: load_unit(judged.run.load_model), value: axis.metric.unit() };
    let fitted = About { title: format!("{} (fit)", judged.label).into(), ..FITTED };
    let fields = vec![field_of(&columns::LOAD, loads, units), field_of(&fitted, values, units)];
    frame(judged, axis, Drawn::Fit.id(), fields)
}

/// The line. For a latency it is the curve that the verdict is read from. Throughput may fall beyond its peak, so its
/// line goes through the measured values.
fn line(run: &Run, axis: Axis) -> Vec<(f64, f64)> {
    if let Some(subject) = axis.subject() {
        return Curve::fit(&level_points(run, subject)).map_or_else(Vec::new, |curve| curve.sample(SAMPLES));
    }
    let mut points: Vec<(f64, f64)> = run
        .levels
        .iter()
        .filter_map(|level| Some((level.load, axis.estimate(level)?.value)))
        .filter(|(load, value)| load.is_finite() && *value > 0.0)
        .collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.dedup_by(|later, earlier| later.0 <= earlier.0);
    let (loads, values): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    let (Some(&first), Some(&last)) = (loads.first(), loads.last()) else { return Vec::new() };
    let mut at: Vec<f64> =
        (0..SAMPLES).map(|step| first + (last - first) * (step as f64 / (SAMPLES - 1) as f64)).collect();
    at.extend(&loads);
    at.sort_by(f64::total_cmp);
    at.dedup();
    let Some(cubic) = MonotoneCubic::through(loads, values) else { return Vec::new() };
    at.into_iter().filter_map(|load| Some((load, cubic.eval(load)?))).collect()
}

fn frame(judged: &JudgedRun, axis: Axis, headroom: &str, fields: Vec<Field>) -> Frame {
    let mut frame = Frame::new(judged.label.clone());
    frame.fields = fields;
    frame.meta.custom = json::custom(headroom, &json::judged(judged, axis));
    frame
}

fn name(axis: Axis) -> String {
    match axis.shown_statistic() {
        Some(statistic) => format!("{} {}", axis.metric.label(), statistic.id()),
        None => axis.metric.label().to_owned(),
    }
}
