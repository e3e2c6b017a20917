//! The whole picture: from the model to a scene, and to the places of its points.

use crate::cost;
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::layout::{Frame, TickText};
use crate::model::{Model, View};
use crate::pareto;
use crate::saturation;
use crate::scene::{Dash, Ink, Measure, Pen, Scene, Shape};

/// How texts are measured and how ticks are written.
pub struct Texts<'a> {
    /// Measures texts.
    pub measure: &'a dyn Measure,
    /// Writes a tick of the axis from left to right.
    pub x: TickText<'a>,
    /// Writes a tick of the axis from bottom to top.
    pub y: TickText<'a>,
}

/// Draws a model into `scene`, notes in `placed` where its points are (grouped by series,
/// ascending in load), and returns the axes.
pub fn build(model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Frame {
    scene.clear();
    placed.clear();
    match model.options.view {
        View::Saturation => saturation::build(model, texts, scene, placed),
        View::Cost => cost::build(model, texts, scene, placed),
        View::Pareto => pareto::build(model, texts, scene, placed),
    }
}

/// What the pointer or the keyboard has found. In a curve a hairline through the point, a ring
/// around it and the fitted line's own value at that load; in a cost every line at that bound.
pub fn build_focus(model: &Model, frame: &Frame, at: Placed, scene: &mut Scene) {
    scene.clear();
    let Some(series) = model.series.get(at.series) else { return };
    let fitted = match model.options.view {
        View::Cost => return cost::build_cursor(model, frame, at.at.x, scene),
        View::Pareto => None,
        View::Saturation => {
            let curve = series.curve.as_ref().filter(|_| model.options.fit);
            series.points.get(at.point).and_then(|point| curve?.value_at(point.load))
        }
    };
    let hair = Pen::new(Ink::Muted, 1.0).dashed(Dash::Short).faded(0.6);
    scene.line(Pixel::new(at.at.x, frame.plot.top), Pixel::new(at.at.x, frame.plot.bottom), hair);
    let ink = Ink::Series(at.series);
    if let Some(value) = fitted.filter(|value| frame.y.contains(*value)) {
        scene.marker(Pixel::new(at.at.x, frame.y.position(value)), Shape::Circle, 2.0, Ink::Text, 1.0);
    }
    scene.marker(at.at, Shape::of_series(at.series), model.options.point_radius + 1.5, ink, 1.0);
    scene.ring(at.at, Shape::Circle, model.options.point_radius + 6.0, Ink::Text, 1.0);
}

/// What is known of a point beside its columns: pairs of a name and a text.
#[must_use]
pub fn facts(model: &Model, series: usize, point: usize) -> Vec<(String, String)> {
    match model.options.view {
        View::Saturation => Vec::new(),
        View::Cost => cost::facts(model, point),
        View::Pareto => pareto::facts(model, series, point),
    }
}

/// Titles of both axes, where the view and not the caller knows them.
#[must_use]
pub fn titles(model: &Model) -> Option<(String, String)> {
    match model.options.view {
        View::Saturation => None,
        View::Cost => Some(cost::titles(model)),
        View::Pareto => Some(pareto::titles(model)),
    }
}
