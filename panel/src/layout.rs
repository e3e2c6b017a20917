//! Divides the canvas into plot, axes and titles.

use crate::geometry::Rect;
use crate::model::Model;
use crate::scale::Scale;
use crate::scene::{Font, Measure};
use crate::ticks::{self, Base, Ticks};

/// Below this height there are no titles, so that the plot has room, pixels.
const LEAST_HEIGHT_WITH_TITLES: f64 = 140.0;

/// A plot that is narrower or lower than this is small, pixels: its lines leave little room for labels.
const SMALL_PLOT: (f64, f64) = (280.0, 160.0);

/// Least distance between two labels of the horizontal axis, pixels: closer ones are hard to tell apart.
const LEAST_TICK_DISTANCE: f64 = 56.0;

/// Formats a tick's value with a number of decimals.
pub type TickText<'a> = &'a dyn Fn(f64, usize) -> String;

/// How texts are measured and ticks are formatted.
pub struct Texts<'a> {
    /// Measures texts.
    pub measure: &'a dyn Measure,
    /// Formats a tick of the horizontal axis.
    pub x: TickText<'a>,
    /// Formats a tick of the vertical axis.
    pub y: TickText<'a>,
}

/// The plot and its axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// The area of the data.
    pub plot: Rect,
    /// Scale of the horizontal axis.
    pub x: Scale,
    /// Scale of the vertical axis.
    pub y: Scale,
    /// Ticks of the horizontal axis with their labels (empty for minor ticks).
    pub x_ticks: Vec<(f64, String)>,
    /// Ticks of the vertical axis with their labels (empty for minor ticks).
    pub y_ticks: Vec<(f64, String)>,
    /// Whether there is room for axis titles.
    pub titles: bool,
}

impl Layout {
    /// Whether the plot is so small that labels must be short and cover nothing.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.plot.width() < SMALL_PLOT.0 || self.plot.height() < SMALL_PLOT.1
    }
}

/// The range that each axis shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Domains {
    /// Range of the horizontal axis.
    pub x: (f64, f64),
    /// Base of a logarithmic horizontal axis.
    pub x_base: Base,
    /// Range of the vertical axis.
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
    // Estimates the width of labels from a few ticks, then uses as many ticks as fit beside each other.
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
