//! Speed for a user against yield of the hardware: every level a point, and the front of the
//! levels that no other beats in both.

use crate::axes;
use crate::chart::Texts;
use crate::domain::{self, Extent, Values};
use crate::figures::MILLION;
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::Placer;
use crate::layout::{self, Domains, Frame};
use crate::model::{Model, Series, Yield};
use crate::plate;
use crate::saturation;
use crate::scene::{Align, Dash, Font, Ink, Line, Pen, Scene, Shape};
use crate::ticks::Base;
use crate::workload;
use headroom_engine::display;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::pareto::{Better, Tradeoff, front};

/// Opacity of a level that another one beats.
const BEATEN: f64 = 0.5;

/// One level as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Which series.
    pub series: usize,
    /// Which workload: only points of the same one beat each other.
    pub group: usize,
    /// Which of the points of its [`Replica::tokens`](crate::model::Replica::tokens).
    pub level: usize,
    /// Offered load.
    pub load: f64,
    /// Output tokens per second and user.
    pub per_user: f64,
    /// Yield of the hardware, in the unit of [`Yield`].
    pub yielded: f64,
    /// Whether no other level of its group beats it in both.
    pub on_front: bool,
}

/// Draws a model and notes in `placed` where its points are.
pub(crate) fn build(model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Frame {
    let points = points(model);
    let frame = layout::frame(model, &domains(model, &points), texts.measure, texts.x, texts.y);
    axes::axes(model, &frame, scene);
    // The keys go from left to right through a series.
    for (series, _) in model.visible() {
        let own = along(&points, |point| point.series == series && placeable(&frame, point));
        placed.extend(own.into_iter().map(|point| Placed { series, point: point.level, at: on(&frame, point) }));
    }
    scene.clipped(frame.plot.grown(model.options.point_radius + 2.0), |scene| {
        for group in 0..group_count(&points) {
            let pen = Pen::new(Ink::Text, 1.5).dashed(Dash::of_series(group)).faded(0.6);
            let front = along(&points, |point| point.on_front && point.group == group);
            scene.path(front.iter().filter(|point| placeable(&frame, point)).map(|point| on(&frame, point)), pen);
        }
        for point in points.iter().filter(|point| placeable(&frame, point)) {
            let (at, shape) = (on(&frame, point), Shape::of_series(point.series));
            let alpha = model.alpha(point.series) * if point.on_front { 1.0 } else { BEATEN };
            if point.on_front {
                scene.marker(at, shape, model.options.point_radius + 1.0, Ink::Surface, 1.0);
            }
            scene.marker(at, shape, model.options.point_radius, Ink::Series(point.series), alpha);
        }
    });
    if points.is_empty() {
        let lacking = match model.options.yield_per {
            Yield::PerGpu => "No level has a token rate, users in flight and a number of GPUs",
            Yield::PerDollar => "No level has a token rate, users in flight and a price",
        };
        plate::instead(&frame, lacking, scene);
    }
    loads(model, &frame, texts, &points, placed, scene);
    frame
}

/// What a point is: pairs of a name and a text.
pub(crate) fn facts(model: &Model, series: usize, level: usize) -> Vec<(String, String)> {
    let points = points(model);
    let Some(point) = points.iter().find(|point| point.series == series && point.level == level) else {
        return Vec::new();
    };
    let unit = model.series.get(series).map_or("", |series| series.load_unit.as_str());
    let (_, title) = titles(model);
    let front = if point.on_front { "no other level beats it in both" } else { "beaten by another level" };
    vec![
        ("Load".into(), display::load_with_unit(point.load, unit)),
        ("Speed for a user".into(), format!("{} tok/s", display::rate(point.per_user))),
        (title, display::number(point.yielded)),
        ("Front".into(), front.into()),
    ]
}

/// Titles of both axes.
pub(crate) fn titles(model: &Model) -> (String, String) {
    let y = match model.options.yield_per {
        Yield::PerGpu => "Output tokens per second and GPU",
        Yield::PerDollar => "Million output tokens per dollar",
    };
    ("Output tokens per second and user".into(), y.into())
}

/// Every level of every visible series that has both figures.
#[must_use]
pub fn points(model: &Model) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let groups = workload::groups(model.visible().map(|(_, series)| series));
    for ((index, series), group) in model.visible().zip(groups) {
        points.extend(levels(model, index, series, group));
    }
    for group in 0..group_count(&points) {
        let members: Vec<usize> = (0..points.len()).filter(|&at| points[at].group == group).collect();
        let rows: Vec<Vec<f64>> = members.iter().map(|&at| vec![points[at].per_user, points[at].yielded]).collect();
        for kept in front(&rows, &[Better::Higher, Better::Higher]) {
            points[members[kept]].on_front = true;
        }
    }
    points
}

fn group_count(points: &[Point]) -> usize {
    points.iter().map(|point| point.group + 1).max().unwrap_or(0)
}

fn levels<'a>(model: &'a Model, index: usize, series: &'a Series, group: usize) -> impl Iterator<Item = Point> + 'a {
    let replica = &series.replica;
    let rates = replica.tokens.iter().flat_map(MonotoneCubic::points);
    rates.zip(&replica.in_flight).enumerate().filter_map(move |(level, ((load, rate), &in_flight))| {
        let tradeoff = Tradeoff::of(load, rate, in_flight, replica.gpus, replica.price);
        let yielded = match model.options.yield_per {
            Yield::PerGpu => tradeoff.per_gpu,
            Yield::PerDollar => tradeoff.per_dollar / MILLION,
        };
        let known = tradeoff.per_user.is_finite() && yielded.is_finite();
        known.then_some(Point {
            series: index,
            group,
            level,
            load,
            per_user: tradeoff.per_user,
            yielded,
            on_front: false,
        })
    })
}

fn domains(model: &Model, points: &[Point]) -> Domains {
    let mut users = Extent::default();
    let mut values = Values { min: model.options.y_min, max: model.options.y_max, ..Values::default() };
    for point in points {
        users.add(point.per_user);
        values.measured.add(point.yielded);
    }
    Domains {
        x: domain::of_loads(model.options.x_kind, users),
        x_base: Base::Ten,
        y: domain::of_values(model.options.y_kind, &values),
    }
}

/// The chosen points from left to right.
fn along(points: &[Point], chosen: impl Fn(&Point) -> bool) -> Vec<&Point> {
    let mut along: Vec<&Point> = Vec::new();
    for point in points.iter().filter(|point| chosen(point)) {
        let at = along.iter().position(|other| other.per_user > point.per_user).unwrap_or(along.len());
        along.insert(at, point);
    }
    along
}

fn on(frame: &Frame, point: &Point) -> Pixel {
    Pixel::new(frame.x.position(point.per_user), frame.y.position(point.yielded))
}

fn placeable(frame: &Frame, point: &Point) -> bool {
    frame.x.contains(point.per_user) && frame.y.contains(point.yielded)
}

/// The load beside each point of a front, where there is room.
fn loads(model: &Model, frame: &Frame, texts: &Texts<'_>, points: &[Point], placed: &[Placed], scene: &mut Scene) {
    let mut keep: Vec<Pixel> = placed.iter().map(|placed| placed.at).collect();
    for group in 0..group_count(points) {
        let front = along(points, |point| point.on_front && point.group == group && placeable(frame, point));
        for pair in front.windows(2) {
            saturation::along_stroke(on(frame, pair[0]), on(frame, pair[1]), &mut keep);
        }
    }
    let mut placer = Placer::new(frame.plot, keep).strict();
    for point in points.iter().filter(|point| point.on_front && placeable(frame, point)) {
        let unit = model.series.get(point.series).map_or("", |series| series.load_unit.as_str());
        let text = display::load_with_unit(point.load, unit);
        let width = texts.measure.width(&text, Font::Regular);
        let gap = model.options.point_radius;
        if let Some(rect) = placer.place(on(frame, point), width, texts.measure.height(), gap) {
            let at = Pixel::new(rect.left, (rect.top + rect.bottom) * 0.5);
            let style = axes::text(Ink::Muted, Align::Start, Line::Centred);
            scene.write(at, &text, crate::scene::Style { alpha: model.alpha(point.series), ..style });
        }
    }
}
