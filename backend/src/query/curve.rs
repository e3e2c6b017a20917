//! `curve`: the levels of a run and the line through them.

use headroom_engine::curve::Curve;
use headroom_engine::level::Level;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::points::level_points;
use headroom_engine::run::Run;
use headroom_engine::slo::{Latency, Statistic};
use headroom_protocol::frame::{Field, Frame};

use super::axis::Axis;
use super::columns::{self, described};
use super::{Answered, json};

/// Loads at which the line is sampled, besides those of the levels: a pixel or two apart on a
/// dashboard panel.
const SAMPLES: usize = 200;

/// The two frames of a run.
pub(super) fn frames(answered: &Answered, axis: Axis) -> [Frame; 2] {
    [levels(answered, axis), fit(answered, axis)]
}

fn levels(answered: &Answered, axis: Axis) -> Frame {
    let run = &answered.run;
    let levels: Vec<&Level> = run.levels.iter().collect();
    let estimates: Vec<_> = levels.iter().map(|level| axis.estimate(level)).collect();
    let mut fields = vec![columns::load(&levels, run.load_model)];
    fields.extend(columns::interval("value", &name(axis), axis.metric.unit(), axis.metric.description(), &estimates));
    // The legend's name: it is unique in the answer, so overrides by name and hiding work.
    fields[1].config.display_name_from_ds.clone_from(&answered.label);
    let counts: Vec<Option<u64>> = estimates.iter().map(|estimate| estimate.map(|estimate| estimate.count)).collect();
    fields.push(described(
        Field::new("value_count", counts),
        "",
        "Requests behind the value",
        "Requests behind the value: its weight in the fit.",
    ));
    fields.extend(columns::measured(&levels));
    for latency in Latency::ALL {
        for statistic in Statistic::ALL {
            fields.extend(columns::latency(&levels, latency, statistic));
        }
    }
    fields.push(columns::error_rate(&levels));
    frame(answered, axis, "levels", fields)
}

fn fit(answered: &Answered, axis: Axis) -> Frame {
    let (loads, values): (Vec<f64>, Vec<f64>) = line(&answered.run, axis).into_iter().unzip();
    let fields = vec![
        described(Field::new("load", loads), columns::load_unit(answered.run.load_model), "Load", "Offered load."),
        described(
            Field::new("value", values),
            axis.metric.unit(),
            &format!("{} (fit)", answered.label),
            "The fitted line that the verdict is read from.",
        ),
    ];
    frame(answered, axis, "fit", fields)
}

/// The line. For a latency it is the curve that the verdict is read from; throughput may fall
/// past its peak, so its line goes through the measurements as they are.
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

fn frame(answered: &Answered, axis: Axis, headroom: &str, fields: Vec<Field>) -> Frame {
    let mut frame = Frame::new(answered.label.clone());
    frame.fields = fields;
    frame.meta.custom = json::custom(headroom, &json::judged(answered, axis));
    frame
}

fn name(axis: Axis) -> String {
    match axis.shown_statistic() {
        Some(statistic) => format!("{} {}", axis.metric.label(), statistic.id()),
        None => axis.metric.label().to_owned(),
    }
}
