//! Measured points with their intervals, and the lines through them.

use crate::geometry::{Pixel, between};
use crate::layout::Layout;
use crate::model::{Model, Series};
use crate::scene::{Dash, Ink, Pen, Scene, Shape};
use headroom_engine::curve::Curve;
use headroom_engine::points::LevelPoint;

/// Distance between two drawn points of a fitted line, pixels.
const STEP: f64 = 5.0;
/// Half the width of a whisker's end, pixels.
const CAP: f64 = 3.0;
/// Length of the dotted stub for an unknown end, pixels.
const STUB: f64 = 14.0;

/// The fitted line; if there is none, thin straight lines between the measured points.
pub(crate) fn line(model: &Model, layout: &Layout, index: usize, series: &Series, scene: &mut Scene) {
    let alpha = model.alpha(index);
    let pen = Pen::new(Ink::Series(index), 2.0).dashed(Dash::of_series(index)).faded(alpha);
    let thin = Pen { width: 1.0, alpha: alpha * 0.6, ..pen };
    fit_or_strokes(layout, series.curve.as_ref().filter(|_| model.options.fit), &series.points, [pen, thin], scene);
}

/// A curve with the first pen; without a curve, straight lines between the points with the second.
pub(crate) fn fit_or_strokes(
    layout: &Layout,
    curve: Option<&Curve>,
    points: &[LevelPoint],
    [fit, strokes]: [Pen; 2],
    scene: &mut Scene,
) {
    if let Some(curve) = curve {
        let at = |load: f64| curve.value_at(load).map(|value| on(layout, load, value));
        scene.path(fitted_loads(layout, curve).filter_map(at), fit);
    } else {
        let shown = points.iter().filter(|point| placeable(layout, point));
        scene.path(shown.map(|point| on(layout, point.load, point.value)), strokes);
    }
}

/// Draws whiskers first and then points, so that no whisker crosses a neighbour's point.
pub(crate) fn points(model: &Model, layout: &Layout, index: usize, series: &Series, scene: &mut Scene) {
    let ink = Ink::Series(index);
    let alpha = model.alpha(index);
    let shown = || series.points.iter().filter(|point| placeable(layout, point));
    if model.options.intervals {
        let pen = Pen::new(ink, 1.0).faded(alpha * 0.7);
        scene.segments(pen, |add| {
            for point in shown() {
                whiskers(layout, point, add);
            }
        });
        scene.segments(pen.dashed(Dash::Dotted), |add| {
            for point in shown() {
                stubs(layout, point, add);
            }
        });
    }
    let radius = model.options.point_radius;
    let shape = Shape::of_series(index);
    if model.in_front(index) {
        // Halos in the background's colour separate the points of one run from those of others.
        for point in shown() {
            scene.marker(on(layout, point.load, point.value), shape, radius + 1.0, Ink::Surface, 1.0);
        }
    }
    for point in shown() {
        scene.marker(on(layout, point.load, point.value), shape, radius, ink, alpha);
    }
}

/// Lines from a point to each known end of its interval, with a cap there. If an end equals the value, it has no
/// whisker.
fn whiskers(layout: &Layout, point: &LevelPoint, add: &mut dyn FnMut(Pixel, Pixel)) {
    let from = on(layout, point.load, point.value);
    for end in [point.hi, point.lo].into_iter().flatten() {
        let to = on(layout, point.load, end);
        if from.y.total_cmp(&to.y).is_ne() {
            add(from, to);
            add(Pixel::new(to.x - CAP, to.y), Pixel::new(to.x + CAP, to.y));
        }
    }
}

/// Dotted stubs, where one end of an interval is known and the other is not. A point without either end has no stubs,
/// because its source has no intervals.
fn stubs(layout: &Layout, point: &LevelPoint, add: &mut dyn FnMut(Pixel, Pixel)) {
    let from = on(layout, point.load, point.value);
    match (point.lo, point.hi) {
        (Some(_), None) => add(from, Pixel::new(from.x, from.y - STUB)),
        (None, Some(_)) => add(from, Pixel::new(from.x, from.y + STUB)),
        _ => {}
    }
}

/// The position of a load and a value.
pub(crate) fn on(layout: &Layout, load: f64, value: f64) -> Pixel {
    Pixel::new(layout.x.position(load), layout.y.position(value))
}

/// Whether a point has a position: zero has none on a logarithmic axis.
pub(crate) fn placeable(layout: &Layout, point: &LevelPoint) -> bool {
    layout.x.contains(point.load) && layout.y.contains(point.value)
}

/// The loads at which a fitted line is drawn: every measured one, so that corners are sharp, and evenly spaced ones in
/// between.
fn fitted_loads<'a>(layout: &'a Layout, curve: &'a Curve) -> impl Iterator<Item = f64> + 'a {
    let knots = curve.points();
    let lowest = layout.x.domain().0;
    let between = move |pair: &'a [(f64, f64)]| {
        let (a, b) = (pair[0].0.max(lowest), pair[1].0.max(lowest));
        let (from, to) = (layout.x.position(a), layout.x.position(b));
        let steps = ((to - from) / STEP).ceil().clamp(1.0, 4096.0);
        let mut step = 0.0;
        std::iter::from_fn(move || {
            let here = step;
            step += 1.0;
            let load = if here == 0.0 { a } else { between(layout.x.value(from + (to - from) * here / steps), a, b) };
            (here < steps).then_some(load)
        })
    };
    knots.windows(2).flat_map(between).chain(knots.last().map(|knot| knot.0))
}
