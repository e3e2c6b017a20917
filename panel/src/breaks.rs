//! Breaking points: a marker and an interval on the load axis, a vertical line from the crossing, and a label.

use crate::axes::text;
use crate::geometry::{Pixel, Rect, between};
use crate::labels::Placer;
use crate::layout::Layout;
use crate::model::{Break, BreakMark, Model, Series};
use crate::scene::{Align, Dash, Font, Ink, Line, Measure, Pen, Scene, Shape, Style};

/// Height of an interval band, pixels.
const BAND: f64 = 5.0;
/// Distance between the lanes of two runs, pixels.
const LANE: f64 = 8.0;
/// Number of lanes above the load axis; further runs share them.
const LANES: usize = 6;
/// Distance between two strokes of a hatching, pixels.
const HATCH: f64 = 6.0;
/// Length of an arrow that means "more than this" or "less than this", pixels.
const ARROW: f64 = 22.0;
/// A label farther away than this from its breaking point is connected to it by a line, pixels.
const LEADER: f64 = 20.0;

/// One breaking point and where it is drawn.
struct PlacedBreak<'a> {
    series: usize,
    mark: &'a BreakMark,
    /// Vertical middle of its lane.
    lane: f64,
    /// Vertical position where its drop line starts.
    top: f64,
    alpha: f64,
}

/// Draws the breaking points of all visible series. `placer` knows what labels must not cover. A label without a free
/// place is left out, because the legend contains the same text. In a small plot, labels contain only the load.
pub(crate) fn breaks(model: &Model, layout: &Layout, measure: &dyn Measure, placer: &mut Placer, scene: &mut Scene) {
    let mut drawn: Vec<PlacedBreak<'_>> = Vec::new();
    for (index, series) in model.visible() {
        for mark in &series.breaks {
            let lane = layout.plot.bottom - LANE * (0.75 + (drawn.len() % LANES) as f64);
            let top = between(crossing(layout, series, mark), layout.plot.top, layout.plot.bottom);
            drawn.push(PlacedBreak { series: index, mark, lane, top, alpha: model.alpha(index) });
        }
    }
    for one in &drawn {
        keep_clear(layout, one, placer);
    }
    scene.clipped(layout.plot, |scene| {
        for one in &drawn {
            shape(model, layout, one, scene);
        }
    });
    for one in &drawn {
        let anchor = anchor(layout, one);
        let detail = if layout.is_small() { "" } else { one.mark.detail.as_str() };
        let Some(rect) = label(model, measure, (&one.mark.answer, detail), anchor, placer) else { continue };
        let from = tied_to(one, anchor, rect);
        let end = rect.nearest(from);
        if from.distance(end) > LEADER {
            scene.line(from, end, Pen::new(Ink::Series(one.series), 1.0).faded(one.alpha * 0.5));
        }
        write(model, one, detail, rect, measure, scene);
    }
}

/// Keeps labels off the mark on the load axis and, if possible, off the drop line.
fn keep_clear(layout: &Layout, one: &PlacedBreak<'_>, placer: &mut Placer) {
    let x = |load: f64| layout.x.position(load);
    let (left, right) = match one.mark.at {
        Break::Edge { load, lo, hi } => {
            let mut y = one.top + LANE;
            while y < one.lane {
                placer.avoid(Pixel::new(x(load), y));
                y += LANE;
            }
            (lo.map_or(x(load) - ARROW, x), hi.map_or(x(load) + ARROW, x))
        }
        Break::Cliff { lo, hi } => (x(lo), x(hi)),
        Break::Floor { load } => (x(load), x(load) + ARROW),
        Break::NeverMet { load } => (x(load) - ARROW, x(load)),
    };
    placer.reserve(Rect::new(left - BAND, one.lane - BAND, right + BAND, one.lane + BAND));
}

/// The vertical position of a breaking point: on its limit, or on the fitted line if another limit breaks.
fn crossing(layout: &Layout, series: &Series, mark: &BreakMark) -> f64 {
    let load = match mark.at {
        Break::Edge { load, .. } => load,
        Break::Cliff { hi, .. } => hi,
        Break::Floor { .. } | Break::NeverMet { .. } => return layout.plot.bottom,
    };
    let value = if mark.on_line {
        series.limit().map(|limit| limit.bound.value)
    } else {
        series.curve.as_ref().and_then(|curve| curve.value_at(load))
    };
    value.map_or(layout.plot.top, |value| layout.y.position(value))
}

fn shape(model: &Model, layout: &Layout, one: &PlacedBreak<'_>, scene: &mut Scene) {
    let ink = Ink::Series(one.series);
    let bottom = layout.plot.bottom;
    let x = |load: f64| layout.x.position(load);
    match one.mark.at {
        Break::Edge { load, lo, hi } => {
            let at = x(load);
            if model.options.intervals {
                band(one, at, lo.map(x), hi.map(x), scene);
            }
            let drop = Pen::new(ink, 1.0).dashed(Dash::Dotted).faded(one.alpha);
            scene.line(Pixel::new(at, one.top), Pixel::new(at, bottom), drop);
            if one.mark.on_line {
                scene.ring(Pixel::new(at, one.top), Shape::Circle, 5.0, ink, one.alpha);
            }
            scene.marker(Pixel::new(at, one.lane), Shape::Diamond, 4.5, ink, one.alpha);
        }
        Break::Cliff { lo, hi } => {
            let rect = Rect::new(x(lo), one.top, x(hi), bottom);
            hatching(rect, Pen::new(ink, 1.0).faded(one.alpha * 0.6), scene);
            let side = Pen::new(ink, 1.0).faded(one.alpha * 0.8);
            for edge in [rect.left, rect.right] {
                scene.line(Pixel::new(edge, rect.top), Pixel::new(edge, rect.bottom), side);
            }
        }
        Break::Floor { load } => arrow(one, x(load), ARROW.min(layout.plot.right - x(load) - 1.0), scene),
        Break::NeverMet { load } => arrow(one, x(load), -ARROW.min(x(load) - layout.plot.left - 1.0), scene),
    }
}

/// The interval on the load axis. An unknown end fades out in dots.
fn band(one: &PlacedBreak<'_>, at: f64, lo: Option<f64>, hi: Option<f64>, scene: &mut Scene) {
    if lo.is_none() && hi.is_none() {
        return;
    }
    let ink = Ink::Series(one.series);
    let pen = Pen::new(ink, 1.5).faded(one.alpha);
    let half = BAND * 0.5;
    scene.area(Rect::new(lo.unwrap_or(at), one.lane - half, hi.unwrap_or(at), one.lane + half), ink, one.alpha * 0.4);
    for (end, outwards) in [(lo, -1.0), (hi, 1.0)] {
        match end {
            Some(end) => scene.line(Pixel::new(end, one.lane - half), Pixel::new(end, one.lane + half), pen),
            None => scene.line(
                Pixel::new(at, one.lane),
                Pixel::new(at + outwards * ARROW, one.lane),
                pen.dashed(Dash::Dotted),
            ),
        }
    }
}

/// An arrow from the last known load towards the answer: to the right if `length` is positive.
fn arrow(one: &PlacedBreak<'_>, at: f64, length: f64, scene: &mut Scene) {
    let ink = Ink::Series(one.series);
    let pen = Pen::new(ink, 2.0).faded(one.alpha);
    let tip = at + length;
    let half = BAND * 0.5 + 1.0;
    scene.line(Pixel::new(at, one.lane - half), Pixel::new(at, one.lane + half), pen);
    scene.line(Pixel::new(at, one.lane), Pixel::new(tip, one.lane), pen);
    let barb = |side: f64| Pixel::new(tip - 5f64.copysign(length), one.lane + side * 4.0);
    scene.path([barb(-1.0), Pixel::new(tip, one.lane), barb(1.0)], pen);
}

/// Parallel strokes from lower left to upper right inside a rectangle.
fn hatching(rect: Rect, pen: Pen, scene: &mut Scene) {
    let (width, height) = (rect.width(), rect.height());
    scene.segments(pen, |add| {
        let mut offset = HATCH;
        while offset < width + height {
            // On this stroke, the distances from the left and from the top edge sum to `offset`.
            let from = Pixel::new(rect.left + (offset - height).max(0.0), rect.top + offset.min(height));
            let to = Pixel::new(rect.left + offset.min(width), rect.top + (offset - width).max(0.0));
            add(from, to);
            offset += HATCH;
        }
    });
}

/// Width of the symbol that shows which series a label belongs to.
fn glyph(measure: &dyn Measure) -> f64 {
    measure.height() * 0.9
}

/// The position that a label belongs to.
fn anchor(layout: &Layout, one: &PlacedBreak<'_>) -> Pixel {
    let x = |load: f64| layout.x.position(load);
    match one.mark.at {
        Break::Edge { load, .. } => Pixel::new(x(load), one.top),
        Break::Cliff { hi, .. } => Pixel::new(x(hi), one.top),
        Break::Floor { load } | Break::NeverMet { load } => Pixel::new(x(load), one.lane),
    }
}

/// The start of the line that connects a label to its breaking point: for an edge the nearest position on the drop
/// line.
fn tied_to(one: &PlacedBreak<'_>, anchor: Pixel, label: Rect) -> Pixel {
    match one.mark.at {
        Break::Edge { .. } => Pixel::new(anchor.x, label.nearest(anchor).y.max(one.top).min(one.lane)),
        Break::Cliff { .. } | Break::Floor { .. } | Break::NeverMet { .. } => anchor,
    }
}

/// The rectangle of a label with an answer and a detail, which may be empty.
fn label(
    model: &Model,
    measure: &dyn Measure,
    (answer, detail): (&str, &str),
    anchor: Pixel,
    placer: &mut Placer,
) -> Option<Rect> {
    let pad = model.spacing * 0.5;
    let mut width = glyph(measure) + measure.width(answer, Font::Strong) + 2.0 * pad;
    if !detail.is_empty() {
        width += measure.width(detail, Font::Regular) + pad;
    }
    placer.place(anchor, width, measure.height() + pad, model.spacing)
}

fn write(model: &Model, one: &PlacedBreak<'_>, detail: &str, rect: Rect, measure: &dyn Measure, scene: &mut Scene) {
    let pad = model.spacing * 0.5;
    let middle = (rect.top + rect.bottom) * 0.5;
    scene.area(rect, Ink::Surface, 0.85);
    let glyph = glyph(measure);
    let sign = Pixel::new(rect.left + pad + glyph * 0.35, middle);
    scene.marker(sign, Shape::of_series(one.series), 3.5, Ink::Series(one.series), one.alpha);
    let style = |font, ink| Style { font, alpha: one.alpha, ..text(ink, Align::Start, Line::Centred) };
    let answer = rect.left + pad + glyph;
    scene.write(Pixel::new(answer, middle), &one.mark.answer, style(Font::Strong, Ink::Text));
    if !detail.is_empty() {
        let after = answer + measure.width(&one.mark.answer, Font::Strong) + pad;
        scene.write(Pixel::new(after, middle), detail, style(Font::Regular, Ink::Muted));
    }
}
