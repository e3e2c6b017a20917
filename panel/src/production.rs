//! Production traffic on the measured curve: a dot for each time window, a second curve from production's own
//! measurements, the present load of a replica, and the headroom.

use crate::geometry::{Pixel, Rect};
use crate::labels::Placer;
use crate::layout::Layout;
use crate::marks;
use crate::model::{Model, Production, Series};
use crate::plate;
use crate::scene::{Dash, Ink, Measure, Pen, Scene, Shape};
use headroom_engine::display;
use headroom_engine::live::headroom::{Headroom, headroom as headroom_of};

/// Radius of a dot of the cloud, pixels.
const SPECK: f64 = 1.75;
/// Opacity of a dot: where many overlap, the cloud is dark.
const FAINT: f64 = 0.55;
/// Radius of a point of production's own curve, pixels.
const BIN: f64 = 3.0;
/// Height of the headroom's band, pixels.
const BAND: f64 = 6.0;
/// Distance between the bands of two deployments, pixels.
const LANE: f64 = 10.0;

/// The headroom of a run; `None` if production's load or the breaking point is unknown.
#[must_use]
pub fn headroom(series: &Series) -> Option<Headroom> {
    // The headroom of one replica does not depend on the number of replicas.
    let production = series.production.as_ref()?;
    let left = headroom_of(production.now?, 1.0, series.sheet.breaking());
    let left = if production.shedding { left.while_shedding() } else { left };
    left.value.map(|_| left)
}

/// The cloud and production's own curve of every visible run.
pub(crate) fn clouds(model: &Model, layout: &Layout, scene: &mut Scene) {
    for (index, production) in visible(model) {
        let (ink, alpha) = (Ink::Series(index), model.alpha(index));
        for &(load, value) in &production.cloud {
            if layout.x.contains(load) && layout.y.contains(value) {
                scene.marker(marks::on(layout, load, value), Shape::Square, SPECK, ink, alpha * FAINT);
            }
        }
    }
    for (index, production) in visible(model) {
        let pen = Pen::new(Ink::Series(index), 1.5).dashed(Dash::Dotted).faded(model.alpha(index));
        let curve = production.curve.as_ref().filter(|_| model.options.fit);
        marks::fit_or_strokes(layout, curve, &production.points, [pen, pen], scene);
        for point in production.points.iter().filter(|point| marks::placeable(layout, point)) {
            let at = marks::on(layout, point.load, point.value);
            scene.marker(at, Shape::Circle, BIN, Ink::Surface, model.alpha(index));
            scene.ring(at, Shape::Circle, BIN, Ink::Series(index), model.alpha(index));
        }
    }
}

/// The present load of each deployment, and the way from there to its breaking load.
pub(crate) fn operating_points(
    model: &Model,
    layout: &Layout,
    measure: &dyn Measure,
    placer: &mut Placer,
    scene: &mut Scene,
) {
    let mut lane = layout.plot.top + LANE;
    for (index, production) in visible(model) {
        let Some(now) = production.now.filter(|now| layout.x.contains(*now)) else { continue };
        let Some(series) = model.series.get(index) else { continue };
        let (ink, alpha) = (Ink::Series(index), model.alpha(index));
        let x = layout.x.position(now);
        let pen = Pen::new(ink, 1.5).faded(alpha);
        scene.line(Pixel::new(x, lane - BAND * 0.5), Pixel::new(x, layout.plot.bottom), pen.dashed(Dash::Short));
        let left = headroom(series);
        // No band while requests are refused: the way to the breaking load is not headroom then.
        let room = left.filter(|left| !left.shedding || left.holds.is_some_and(|holds| holds < now));
        if let Some(holds) = room.and_then(|left| left.holds) {
            let end = layout.x.position(holds.min(layout.x.domain().1));
            let short = holds < now;
            let ink = if short { Ink::Limit } else { ink };
            let band = Rect::new(x.min(end), lane - BAND * 0.5, x.max(end), lane + BAND * 0.5);
            scene.area(band, ink, alpha * 0.35);
            scene.line(Pixel::new(end, lane - BAND), Pixel::new(end, lane + BAND), Pen::new(ink, 1.5).faded(alpha));
        }
        scene.marker(Pixel::new(x, lane), Shape::Down, 5.0, ink, alpha);
        let told = left.as_ref().and_then(Headroom::words).unwrap_or_default();
        let at = format!("now {}", display::load_with_unit(now, &series.sheet.load_unit));
        let at = if layout.is_small() { "" } else { at.as_str() };
        plate::beside(model, measure, Pixel::new(x, lane), (&told, at, Ink::Muted), alpha, placer, scene);
        lane += LANE;
    }
}

fn visible(model: &Model) -> impl Iterator<Item = (usize, &Production)> {
    model.visible().filter_map(|(index, series)| Some((index, series.production.as_ref()?)))
}
