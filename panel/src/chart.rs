//! The whole picture: from the model to a scene, and to the places of its points.

use crate::axes;
use crate::breaks;
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::Placer;
use crate::layout::{self, Frame, TickText};
use crate::marks;
use crate::model::Model;
use crate::scene::{Dash, Ink, Measure, Pen, Scene, Shape};

/// Distance between the probes that keep labels off a fitted line, pixels.
const PROBE: f64 = 14.0;

/// How texts are measured and how ticks are written.
pub struct Texts<'a> {
    /// Measures texts.
    pub measure: &'a dyn Measure,
    /// Writes a load tick.
    pub x: TickText<'a>,
    /// Writes a value tick.
    pub y: TickText<'a>,
}

/// Draws a model into `scene`, notes in `placed` where its points are (grouped by series,
/// ascending in load), and returns the axes.
pub fn build(model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Frame {
    scene.clear();
    let frame = layout::frame(model, texts.measure, texts.x, texts.y);
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
    frame
}

/// What the pointer or the keyboard has found: a hairline through the point, a ring around it
/// and the fitted line's own value at that load.
pub fn build_focus(model: &Model, frame: &Frame, at: Placed, scene: &mut Scene) {
    scene.clear();
    let Some(series) = model.series.get(at.series) else { return };
    let Some(point) = series.points.get(at.point) else { return };
    let hair = Pen::new(Ink::Muted, 1.0).dashed(Dash::Short).faded(0.6);
    scene.line(Pixel::new(at.at.x, frame.plot.top), Pixel::new(at.at.x, frame.plot.bottom), hair);
    let ink = Ink::Series(at.series);
    let fitted = series.curve.as_ref().filter(|_| model.options.fit).and_then(|curve| curve.value_at(point.load));
    if let Some(value) = fitted.filter(|value| frame.y.contains(*value)) {
        scene.marker(Pixel::new(at.at.x, frame.y.position(value)), Shape::Circle, 2.0, Ink::Text, 1.0);
    }
    scene.marker(at.at, Shape::of_series(at.series), model.options.point_radius + 1.5, ink, 1.0);
    scene.ring(at.at, Shape::Circle, model.options.point_radius + 6.0, Ink::Text, 1.0);
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
    for pair in placed.windows(2) {
        let (from, to) = (pair[0].at, pair[1].at);
        let length = from.distance(to);
        if pair[0].series != series || pair[1].series != series {
            continue;
        }
        let mut gone = PROBE;
        while gone < length {
            let share = gone / length;
            keep.push(Pixel::new(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)));
            gone += PROBE;
        }
    }
}
