//! The pictures that the chart can show. Each is one file that implements [`View`]; the rest of the panel knows them by
//! that trait alone.

mod cost;
mod pareto;
mod saturation;

use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::layout::{Layout, Texts};
use crate::model::Model;
use crate::scene::{Dash, Ink, Pen, Scene, Shape};
use headroom_contract::panel as contract;

/// Every view, the usual one first.
pub const ALL: [&dyn View; 3] = [&saturation::Saturation, &cost::Cost, &pareto::Pareto];

/// One picture of the runs. Only [`id`](Self::id) and [`build`](Self::build) must be written; the other methods have answers
/// that fit a quantity drawn over load, whose points are measured levels.
pub trait View: Sync {
    /// What options and dashboards call it.
    fn id(&self) -> contract::View;

    /// Draws a model and notes in `placed` where its points are, grouped by series and from left to right within each.
    fn build(&self, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout;

    /// Draws what the pointer or the keyboard has found: a hairline through the point, a ring around it and the
    /// [fitted](Self::fitted) value.
    fn focus(&self, model: &Model, layout: &Layout, found: Placed, scene: &mut Scene) {
        let Placed { series, at, .. } = found;
        let hair = Pen::new(Ink::Muted, 1.0).dashed(Dash::Short).faded(0.6);
        scene.line(Pixel::new(at.x, layout.plot.top), Pixel::new(at.x, layout.plot.bottom), hair);
        let radius = model.options.point_radius;
        if let Some(value) = self.fitted(model, found).filter(|value| layout.y.contains(*value)) {
            scene.marker(Pixel::new(at.x, layout.y.position(value)), Shape::Circle, 2.0, Ink::Text, 1.0);
        }
        scene.marker(at, Shape::of_series(series), radius + 1.5, Ink::Series(series), 1.0);
        scene.ring(at, Shape::Circle, radius + 6.0, Ink::Text, 1.0);
    }

    /// Titles of the axis from left to right and of that from bottom to top. `None` for a picture of the caller's own
    /// quantity, to which the caller gives titles, ends of the axis and a way to write ticks; other pictures use none of
    /// these.
    fn titles(&self, _model: &Model) -> Option<(String, String)> {
        None
    }

    /// What is known of a point beside the caller's columns: names and texts.
    fn facts(&self, _model: &Model, _found: Placed) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What a point is called where it is no level of a series, for example `Under this limit`.
    fn heading(&self) -> Option<&'static str> {
        None
    }

    /// The number that finds a point again after a redraw: the row of the caller's columns where the point is a level.
    fn row(&self, _model: &Model, found: Placed) -> Option<usize> {
        Some(found.point)
    }

    /// The fitted line's value at the load of a point; `None` without a line.
    fn fitted(&self, _model: &Model, _found: Placed) -> Option<f64> {
        None
    }

    /// What the legend says of a series beside its name; may be empty.
    fn legend(&self, _model: &Model, _series: usize) -> String {
        String::new()
    }
}

/// The view that options and dashboards call so; `None` for one that is no picture, such as a table.
#[must_use]
pub fn named(id: contract::View) -> Option<&'static dyn View> {
    ALL.into_iter().find(|view| view.id() == id)
}

/// Draws a model as a view into `scene`, notes in `placed` where its points are, and returns the axes.
pub fn draw(view: &dyn View, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout {
    scene.clear();
    placed.clear();
    view.build(model, texts, scene, placed)
}
