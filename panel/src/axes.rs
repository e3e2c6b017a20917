//! Grid, ticks, titles and limit lines.

use crate::geometry::{Pixel, Rect, between};
use crate::labels::Placer;
use crate::layout::Layout;
use crate::model::Model;
use crate::scene::{Align, Dash, Font, Ink, Line, Measure, Pen, Scene, Shape, Style};
use headroom_engine::listed::listed;
use headroom_engine::sheet::Bound;

/// Length of the mark of a labelled tick, pixels.
const MAJOR: f64 = 5.0;
/// Length of the mark of a tick without label, pixels.
const MINOR: f64 = 3.0;

/// A plain text in the regular weight.
pub(crate) fn text(ink: Ink, align: Align, line: Line) -> Style {
    Style { font: Font::Regular, ink, align, line, alpha: 1.0 }
}

/// Grid lines, tick marks, tick labels and titles.
pub(crate) fn axes(model: &Model, layout: &Layout, scene: &mut Scene) {
    let plot = layout.plot;
    let grid = Pen::new(Ink::Grid, 1.0);
    let axis = Pen::new(Ink::Axis, 1.0);
    let quarter = model.spacing * 0.25;
    for (value, label) in &layout.y_ticks {
        let y = layout.y.position(*value);
        if label.is_empty() {
            scene.line(Pixel::new(plot.left - MINOR, y), Pixel::new(plot.left, y), axis);
        } else {
            scene.line(Pixel::new(plot.left, y), Pixel::new(plot.right, y), grid);
            scene.write(Pixel::new(plot.left - model.spacing, y), label, text(Ink::Muted, Align::End, Line::Centred));
        }
    }
    for (value, label) in &layout.x_ticks {
        let x = layout.x.position(*value);
        let mark = if label.is_empty() { MINOR } else { MAJOR };
        if !label.is_empty() {
            scene.line(Pixel::new(x, plot.top), Pixel::new(x, plot.bottom), grid);
            scene.write(
                Pixel::new(x, plot.bottom + MAJOR + quarter),
                label,
                text(Ink::Muted, Align::Middle, Line::Below),
            );
        }
        scene.line(Pixel::new(x, plot.bottom), Pixel::new(x, plot.bottom + mark), axis);
    }
    scene.line(Pixel::new(plot.left, plot.bottom), Pixel::new(plot.right, plot.bottom), axis);
    if layout.titles {
        let top = Pixel::new(model.spacing * 0.5, model.spacing * 0.5);
        scene.write(top, &model.options.y_title, text(Ink::Text, Align::Start, Line::Below));
        let below = Pixel::new((plot.left + plot.right) * 0.5, model.height - quarter);
        scene.write(below, &model.options.x_title, text(Ink::Text, Align::Middle, Line::Above));
    }
}

/// The distinct limits of the visible series, in the order of the series.
fn limits(model: &Model) -> Vec<&Bound> {
    let mut distinct: Vec<&Bound> = Vec::new();
    for limit in model.visible().filter_map(|(_, series)| Some(&series.limit()?.bound)) {
        if distinct.iter().all(|seen| seen.value.total_cmp(&limit.value).is_ne()) {
            distinct.push(limit);
        }
    }
    distinct
}

/// Fills the region beyond the strictest limit with a faint colour.
pub(crate) fn beyond_limits(model: &Model, layout: &Layout, scene: &mut Scene) {
    let strictest = limits(model).into_iter().map(|limit| limit.value).min_by(f64::total_cmp);
    if let Some(bound) = strictest {
        let y = between(layout.y.position(bound), layout.plot.top, layout.plot.bottom);
        if y > layout.plot.top {
            scene.area(Rect { bottom: y, ..layout.plot }, Ink::Limit, 0.04);
        }
    }
}

/// Limit lines, with their labels at the end where they cover least. A limit outside the axis is named at the edge
/// beyond which it lies.
pub(crate) fn limit_lines(
    model: &Model,
    layout: &Layout,
    measure: &dyn Measure,
    placer: &mut Placer,
    scene: &mut Scene,
) {
    let plot = layout.plot;
    let height = measure.height();
    let pad = model.spacing * 0.5;
    for limit in limits(model) {
        let y = layout.y.position(limit.value);
        let inside = layout.y.contains(limit.value);
        if inside {
            let pen = Pen::new(Ink::Limit, 1.5).dashed(Dash::Long);
            scene.line(Pixel::new(plot.left, y), Pixel::new(plot.right, y), pen);
        }
        let arrow = if inside { 0.0 } else { height };
        let width = measure.width(&limit.label, Font::Regular) + arrow;
        let lowest = (plot.bottom - height - pad).max(plot.top + pad);
        // A label pushed back into the plot would lie on a line that is close to the edge.
        let beside = [y - pad * 0.5 - height, y + pad * 0.5];
        let fits = |top: &f64| !inside || (*top >= plot.top && *top <= lowest);
        let mut places: Vec<f64> =
            listed(beside.into_iter().filter(fits).map(|top| top.max(plot.top + pad * 0.5).min(lowest)));
        if places.is_empty() {
            places.push(lowest);
        }
        let rect = placer.choose(places.into_iter().flat_map(|top| {
            [plot.right - pad - width, plot.left + pad].map(|left| Rect::new(left, top, left + width, top + height))
        }));
        let middle = (rect.top + rect.bottom) * 0.5;
        scene.area(rect.grown(1.0), Ink::Surface, 0.7);
        if !inside {
            let shape = if y < plot.top { Shape::Triangle } else { Shape::Down };
            scene.marker(Pixel::new(rect.left + height * 0.3, middle), shape, height * 0.3, Ink::Limit, 1.0);
        }
        scene.write(Pixel::new(rect.right, middle), &limit.label, text(Ink::Limit, Align::End, Line::Centred));
    }
}
