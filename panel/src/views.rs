//! The pictures that the chart can show. Each is one file that implements [`View`]; the rest of the panel knows them
//! only through that trait.

mod cost;
mod pareto;
mod saturation;

use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::layout::{Layout, Texts};
use crate::model::Model;
use crate::scene::{Dash, Ink, Pen, Scene, Shape};
use headroom_contract::panel as contract;

/// Every view, the default first.
pub const ALL: [&dyn View; 3] = [&saturation::Saturation, &cost::Cost, &pareto::Pareto];

/// One picture of the runs. Only [`id`](Self::id) and [`build`](Self::build) are required; the other methods have
/// defaults for a quantity over load whose points are measured levels.
pub trait View: Sync {
    /// Its id in options and dashboards.
    fn id(&self) -> contract::View;

    /// Draws a model, and adds the positions of its points to `placed`, grouped by series and from left to right within
    /// each.
    fn build(&self, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout;

    /// Draws the marked point: a vertical line through it, a ring around it and the [fitted](Self::fitted) value.
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

    /// Titles of the horizontal and of the vertical axis. `None` for a picture of the caller's own quantity, for which
    /// the caller sets titles, ends of the axis and the format of ticks; other pictures use none of these.
    fn titles(&self, _model: &Model) -> Option<(String, String)> {
        None
    }

    /// What is known about a point besides the caller's columns: names with values.
    fn facts(&self, _model: &Model, _found: Placed) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Heading for points that are not levels of a series, for example `Under this limit`.
    fn heading(&self) -> Option<&'static str> {
        None
    }

    /// The number by which a point is found again after a redraw: the row in the caller's columns if the point is a
    /// level.
    fn row(&self, _model: &Model, found: Placed) -> Option<usize> {
        Some(found.point)
    }

    /// The value of the fitted line at the load of a point; `None` if there is no line.
    fn fitted(&self, _model: &Model, _found: Placed) -> Option<f64> {
        None
    }

    /// The text in the legend after the name of a series; may be empty.
    fn legend(&self, _model: &Model, _series: usize) -> String {
        String::new()
    }
}

/// The view with this id; `None` if it is not a picture, such as a table.
#[must_use]
pub fn named(id: contract::View) -> Option<&'static dyn View> {
    ALL.into_iter().find(|view| view.id() == id)
}

/// Draws a model as a view into `scene`, adds the positions of its points to `placed`, and returns the axes.
pub fn draw(view: &dyn View, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout {
    scene.clear();
    placed.clear();
    view.build(model, texts, scene, placed)
}
