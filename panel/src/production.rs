//! Live traffic on the measured curve: every window of time as a speck, the curve that production
//! draws itself, where it is now and how much is left.

use crate::geometry::{Pixel, Rect};
use crate::judged;
use crate::labels::Placer;
use crate::layout::Frame;
use crate::marks;
use crate::model::{Model, Production, Series};
use crate::plate;
use crate::scene::{Dash, Ink, Measure, Pen, Scene, Shape};
use headroom_engine::display;
use headroom_engine::live::headroom::{Headroom, headroom_under};

/// Half the extent of a speck of the cloud, pixels.
const SPECK: f64 = 1.75;
/// Opacity of a speck: where many lie on each other it is dark.
const FAINT: f64 = 0.55;
/// Half the extent of a point of production's own curve, pixels.
const BIN: f64 = 3.0;
/// Height of the band that shows what is left, pixels.
const BAND: f64 = 6.0;
/// Distance between the bands of two deployments, pixels.
const LANE: f64 = 10.0;

/// How much is left of what a run holds; `None` where production's load or the breaking point is
/// not known.
#[must_use]
pub fn headroom(series: &Series) -> Option<Headroom> {
    let production = series.production.as_ref()?;
    let (breaking, _) = judged::verdict(&series.limits);
    // How much one replica has left is the same however many there are.
    let left = headroom_under(production.now?, 1.0, &breaking);
    left.value.map(|_| left)
}

/// What is left, for example `52% left`, `at least 52% left`, `12% beyond` or, where the sweep never broke it, `at most
/// 12% beyond`.
#[must_use]
pub fn words(left: &Headroom) -> Option<String> {
    let value = left.value?;
    let floor = |words| if left.at_least { words } else { "" };
    Some(if value < 0.0 {
        format!("{}{} beyond", floor("at most "), display::percent(-value))
    } else {
        format!("{}{} left", floor("at least "), display::percent(value))
    })
}

/// The cloud and production's own curve of every visible run.
pub(crate) fn clouds(model: &Model, frame: &Frame, scene: &mut Scene) {
    for (index, production) in visible(model) {
        let (ink, alpha) = (Ink::Series(index), model.alpha(index));
        for &(load, value) in &production.cloud {
            if frame.x.contains(load) && frame.y.contains(value) {
                scene.marker(marks::on(frame, load, value), Shape::Square, SPECK, ink, alpha * FAINT);
            }
        }
    }
    for (index, production) in visible(model) {
        let pen = Pen::new(Ink::Series(index), 1.5).dashed(Dash::Dotted).faded(model.alpha(index));
        let shown = || production.points.iter().filter(|point| marks::placeable(frame, point));
        match &production.curve {
            Some(curve) if model.options.fit => {
                let at = |load: f64| curve.value_at(load).map(|value| marks::on(frame, load, value));
                scene.path(marks::fitted_loads(frame, curve).filter_map(at), pen);
            }
            _ => scene.path(shown().map(|point| marks::on(frame, point.load, point.value)), pen),
        }
        for point in shown() {
            let at = marks::on(frame, point.load, point.value);
            scene.marker(at, Shape::Circle, BIN, Ink::Surface, model.alpha(index));
            scene.ring(at, Shape::Circle, BIN, Ink::Series(index), model.alpha(index));
        }
    }
}

/// Where each deployment is now, and the way from there to where it breaks.
pub(crate) fn operating_points(
    model: &Model,
    frame: &Frame,
    measure: &dyn Measure,
    placer: &mut Placer,
    scene: &mut Scene,
) {
    let mut lane = frame.plot.top + LANE;
    for (index, production) in visible(model) {
        let Some(now) = production.now.filter(|now| frame.x.contains(*now)) else { continue };
        let Some(series) = model.series.get(index) else { continue };
        let (ink, alpha) = (Ink::Series(index), model.alpha(index));
        let x = frame.x.position(now);
        let pen = Pen::new(ink, 1.5).faded(alpha);
        scene.line(Pixel::new(x, lane - BAND * 0.5), Pixel::new(x, frame.plot.bottom), pen.dashed(Dash::Short));
        let left = headroom(series);
        if let Some(holds) = left.and_then(|left| left.holds) {
            let end = frame.x.position(holds.min(frame.x.domain().1));
            let short = holds < now;
            let ink = if short { Ink::Limit } else { ink };
            let band = Rect::new(x.min(end), lane - BAND * 0.5, x.max(end), lane + BAND * 0.5);
            scene.area(band, ink, alpha * 0.35);
            scene.line(Pixel::new(end, lane - BAND), Pixel::new(end, lane + BAND), Pen::new(ink, 1.5).faded(alpha));
        }
        scene.marker(Pixel::new(x, lane), Shape::Down, 5.0, ink, alpha);
        let told = left.as_ref().and_then(words).unwrap_or_default();
        let at = format!("now {}", display::load_with_unit(now, &series.load_unit));
        let at = if frame.is_small() { "" } else { at.as_str() };
        plate::beside(model, measure, Pixel::new(x, lane), (&told, at, Ink::Muted), alpha, placer, scene);
        lane += LANE;
    }
}

fn visible(model: &Model) -> impl Iterator<Item = (usize, &Production)> {
    model.visible().filter_map(|(index, series)| Some((index, series.production.as_ref()?)))
}
