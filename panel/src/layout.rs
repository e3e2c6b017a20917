//! How the canvas is divided: plot, axes, titles.

use crate::geometry::Rect;
use crate::model::Model;
use crate::scale::Scale;
use crate::scene::{Font, Measure};
use crate::ticks::{self, Base, Ticks};

/// Below this height titles give way to the plot.
const LEAST_HEIGHT_WITH_TITLES: f64 = 140.0;

/// A plot less wide or less high than this is small: its lines leave little room for labels.
const SMALL_PLOT: (f64, f64) = (280.0, 160.0);

/// Least distance between two labels of the axis from left to right, pixels: closer ones are hard to tell apart.
const LEAST_TICK_DISTANCE: f64 = 56.0;

/// Writes a tick's value with a number of decimals.
pub type TickText<'a> = &'a dyn Fn(f64, usize) -> String;

/// How texts are measured and how ticks are written.
pub struct Texts<'a> {
    /// Measures texts.
    pub measure: &'a dyn Measure,
    /// Writes a tick of the axis from left to right.
    pub x: TickText<'a>,
    /// Writes a tick of the axis from bottom to top.
    pub y: TickText<'a>,
}

/// The plot and its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Where data is drawn.
    pub plot: Rect,
    /// Left to right.
    pub x: Scale,
    /// Bottom to top.
    pub y: Scale,
    /// Ticks of the axis from left to right with their labels (empty for minor ticks).
    pub x_ticks: Vec<(f64, String)>,
    /// Ticks of the axis from bottom to top with their labels (empty for minor ticks).
    pub y_ticks: Vec<(f64, String)>,
    /// Whether there is room for axis titles.
    pub titles: bool,
}

impl Layout {
    /// Whether the plot has so little room that labels must be short and cover nothing.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.plot.width() < SMALL_PLOT.0 || self.plot.height() < SMALL_PLOT.1
    }
}

/// Which stretch of each axis is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Domains {
    /// Left to right.
    pub x: (f64, f64),
    /// How a logarithmic axis from left to right counts.
    pub x_base: Base,
    /// Bottom to top.
    pub y: (f64, f64),
}

/// Divides the canvas of a model.
#[must_use]
pub fn divide(model: &Model, domains: &Domains, texts: &Texts<'_>) -> Layout {
    let Texts { measure, x: x_text, y: y_text } = *texts;
    let line = measure.height();
    let gap = model.spacing;
    let options = &model.options;
    let titles = model.height >= LEAST_HEIGHT_WITH_TITLES;
    let title_room = |title: &str| if titles && !title.is_empty() { line + gap } else { 0.0 };
    let top = gap + title_room(&options.y_title);
    let bottom = (model.height - gap - line - title_room(&options.x_title)).max(top + 1.0);

    let y = Scale::new(options.y_kind, domains.y, (bottom, top));
    let y_ticks = labelled(ticks::of(&y, Base::Ten, room((bottom - top) / (line * 2.6))), y_text);
    let widest =
        |ticks: &[(f64, String)]| ticks.iter().map(|(_, text)| measure.width(text, Font::Regular)).fold(0.0, f64::max);
    let left = gap * 1.5 + widest(&y_ticks);
    let right = (model.width - 2.0 * gap).max(left + 1.0);

    let x_at = |room| {
        let x = Scale::new(options.x_kind, domains.x, (left, right));
        (x, labelled(ticks::of(&x, domains.x_base, room), x_text))
    };
    // A first guess of the label width from few ticks, then as many as fit beside each other.
    let (_, guess) = x_at(4);
    let apart = (widest(&guess) + 3.0 * gap).max(LEAST_TICK_DISTANCE);
    let (x, x_ticks) = x_at(room((right - left) / apart));
    Layout { plot: Rect::new(left, top, right, bottom), x, y, x_ticks, y_ticks, titles }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to a small positive range before
fn room(labels: f64) -> usize {
    labels.clamp(2.0, 40.0) as usize
}

fn labelled(ticks: Ticks, text: TickText<'_>) -> Vec<(f64, String)> {
    let decimals = ticks.decimals;
    ticks
        .ticks
        .into_iter()
        .map(|tick| (tick.value, if tick.major { text(tick.value, decimals) } else { String::new() }))
        .collect()
}
