//! A quantity over load: lines, limits and where they break.

use crate::axes;
use crate::breaks;
use crate::chart::Texts;
use crate::domain::{self, Extent, Values};
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::Placer;
use crate::layout::{self, Domains, Frame};
use crate::marks;
use crate::model::Model;
use crate::production;
use crate::scale::Kind;
use crate::scene::Scene;
use crate::ticks::Base;

/// Distance between the probes that keep labels off a fitted line, pixels.
const PROBE: f64 = 14.0;

/// Draws a model and notes in `placed` where its points are.
pub(crate) fn build(model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Frame {
    let domains = Domains { x: load_domain(model), x_base: Base::Two, y: value_domain(model) };
    let frame = layout::frame(model, &domains, texts.measure, texts.x, texts.y);
    place(model, &frame, placed);
    if model.options.limit {
        axes::beyond_limits(model, &frame, scene);
    }
    axes::axes(model, &frame, scene);
    let placer = Placer::new(frame.plot, to_keep_visible(model, &frame, placed));
    let mut placer = if frame.is_small() { placer.strict() } else { placer };
    if model.options.limit {
        axes::limit_lines(model, &frame, texts.measure, &mut placer, scene);
    }
    scene.clipped(frame.plot.grown(model.options.point_radius + 2.0), |scene| {
        production::clouds(model, &frame, scene);
        for (index, series) in model.visible() {
            marks::line(model, &frame, index, series, scene);
        }
        for (index, series) in model.visible() {
            marks::points(model, &frame, index, series, scene);
        }
    });
    if model.options.limit {
        breaks::breaks(model, &frame, texts.measure, &mut placer, scene);
    }
    production::operating_points(model, &frame, texts.measure, &mut placer, scene);
    frame
}

fn place(model: &Model, frame: &Frame, placed: &mut Vec<Placed>) {
    placed.clear();
    for (series, data) in model.visible() {
        for (point, level) in data.points.iter().enumerate().filter(|(_, level)| marks::placeable(frame, level)) {
            placed.push(Placed { series, point, at: marks::on(frame, level.load, level.value) });
        }
    }
}

/// Points and probes along the lines, which no label should cover.
fn to_keep_visible(model: &Model, frame: &Frame, placed: &[Placed]) -> Vec<Pixel> {
    let mut keep: Vec<Pixel> = placed.iter().map(|placed| placed.at).collect();
    for (index, series) in model.visible() {
        match series.curve.as_ref().filter(|_| model.options.fit) {
            Some(curve) => {
                let (first, last) = curve.range();
                let mut x = frame.x.position(first);
                let end = frame.x.position(last);
                while x <= end {
                    keep.extend(curve.value_at(frame.x.value(x)).map(|value| Pixel::new(x, frame.y.position(value))));
                    x += PROBE;
                }
            }
            None => along_strokes(placed, index, &mut keep),
        }
    }
    keep
}

/// Probes along the straight strokes between the points of a series.
fn along_strokes(placed: &[Placed], series: usize, keep: &mut Vec<Pixel>) {
    for pair in placed.windows(2).filter(|pair| pair.iter().all(|placed| placed.series == series)) {
        along_stroke(pair[0].at, pair[1].at, keep);
    }
}

/// Probes along one straight stroke.
pub(crate) fn along_stroke(from: Pixel, to: Pixel, keep: &mut Vec<Pixel>) {
    let length = from.distance(to);
    let mut gone = PROBE;
    while gone < length {
        let share = gone / length;
        keep.push(Pixel::new(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)));
        gone += PROBE;
    }
}

fn load_domain(model: &Model) -> (f64, f64) {
    let mut loads = Extent::default();
    for (_, series) in model.visible() {
        for point in &series.points {
            if model.options.x_kind == Kind::Linear || point.load > 0.0 {
                loads.add(point.load);
            }
        }
        let production = series.production.iter();
        let seen = production.flat_map(|one| one.cloud.iter().map(|at| at.0).chain(one.now));
        for load in seen.filter(|load| model.options.x_kind == Kind::Linear || *load > 0.0) {
            loads.add(load);
        }
    }
    domain::of_loads(model.options.x_kind, loads)
}

fn value_domain(model: &Model) -> (f64, f64) {
    let options = &model.options;
    let mut values = Values { min: options.y_min, max: options.y_max, ..Values::default() };
    for (_, series) in model.visible() {
        for point in &series.points {
            values.measured.add(point.value);
            if options.intervals {
                values.intervals.add(point.lo.unwrap_or(point.value));
                values.intervals.add(point.hi.unwrap_or(point.value));
            }
        }
        // One slow window must not squeeze the curve flat, so the cloud does not decide; its own curve does.
        for point in series.production.iter().flat_map(|production| &production.points) {
            values.measured.add(point.value);
        }
        if let (true, Some(curve)) = (options.fit, &series.curve) {
            // Monotone between levels, so the levels alone decide.
            for &(_, value) in curve.points() {
                values.measured.add(value);
            }
        }
        // Where the limit belongs: an axis that moves with a limit that is being moved could not be
        // read.
        if let (true, Some(limit)) = (options.limit, series.drawn.and_then(|drawn| series.limits.get(drawn))) {
            values.limits.push(limit.own_bound());
        }
    }
    domain::of_values(options.y_kind, &values)
}
