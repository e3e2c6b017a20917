//! Speed for a user against yield of the hardware: every level is a point, with the front of the levels that no other
//! level dominates.

use crate::axes;
use crate::domain::{self, Extent, Values};
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::{self, Placer};
use crate::layout::{self, Domains, Layout, Texts};
use crate::model::Model;
use crate::plate;
use crate::scene::{Align, Dash, Font, Ink, Line, Pen, Scene, Shape};
use crate::ticks::Base;
use crate::views::View;
use headroom_contract::panel as contract;
use headroom_engine::display;
use headroom_engine::pareto::{self, Candidate, Yield};

/// Opacity of a level that is certainly dominated by another one.
const BEATEN: f64 = 0.5;

/// The view of speed for a user against yield of the hardware.
pub(super) struct Pareto;

impl View for Pareto {
    fn id(&self) -> contract::View {
        contract::View::Pareto
    }

    fn build(&self, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout {
        let points = points(model);
        let layout = layout::divide(model, &domains(model, &points), texts);
        axes::axes(model, &layout, scene);
        // Keys move from left to right through a series.
        for (series, _) in model.visible() {
            let own = along(&points, |point| point.sheet == series && placeable(&layout, point));
            let place = |point: &Candidate| Placed { series, point: point.level, at: on(&layout, point) };
            placed.extend(own.into_iter().map(place));
        }
        scene.clipped(layout.plot.grown(model.options.point_radius + 2.0), |scene| {
            for group in 0..group_count(&points) {
                let pen = Pen::new(Ink::Text, 1.5).dashed(Dash::of_series(group)).faded(0.6);
                let front = along(&points, |point| point.on_front && point.group == group);
                scene.path(front.iter().filter(|point| placeable(&layout, point)).map(|point| on(&layout, point)), pen);
            }
            for point in points.iter().filter(|point| placeable(&layout, point)) {
                let (at, shape) = (on(&layout, point), Shape::of_series(point.sheet));
                let alpha = model.alpha(point.sheet) * if point.beaten { BEATEN } else { 1.0 };
                if point.on_front {
                    scene.marker(at, shape, model.options.point_radius + 1.0, Ink::Surface, 1.0);
                }
                scene.marker(at, shape, model.options.point_radius, Ink::Series(point.sheet), alpha);
            }
        });
        if points.is_empty() {
            let lacking = match model.options.yield_per {
                Yield::PerGpu => "No level has a token rate, users in flight and a number of GPUs",
                Yield::PerDollar => "No level has a token rate, users in flight and a price",
            };
            plate::instead(&layout, lacking, scene);
        }
        loads(model, &layout, texts, &points, placed, scene);
        layout
    }

    fn titles(&self, model: &Model) -> Option<(String, String)> {
        Some(("Output tokens per second and user".into(), yield_title(model).into()))
    }

    fn facts(&self, model: &Model, found: Placed) -> Vec<(String, String)> {
        let points = points(model);
        let of_found = |point: &&Candidate| point.sheet == found.series && point.level == found.point;
        let Some(point) = points.iter().find(of_found) else { return Vec::new() };
        let front = match (point.on_front, point.beaten) {
            (true, _) => "no other level beats it in both",
            (false, true) => "beaten by another level",
            (false, false) => "another level has better figures, which may be chance",
        };
        vec![
            ("Load".into(), load_text(model, point)),
            ("Speed for a user".into(), format!("{} tok/s", display::rate(point.per_user))),
            (yield_title(model).into(), display::number(point.yielded)),
            ("Front".into(), front.into()),
        ]
    }
}

fn yield_title(model: &Model) -> &'static str {
    match model.options.yield_per {
        Yield::PerGpu => "Output tokens per second and GPU",
        Yield::PerDollar => "Million output tokens per dollar",
    }
}

fn load_text(model: &Model, point: &Candidate) -> String {
    let unit = model.series.get(point.sheet).map_or("", |series| series.sheet.load_unit.as_str());
    display::load_with_unit(point.load, unit)
}

/// Every level of every visible series with both figures. [`Candidate::sheet`] is the index of the series, and
/// [`Candidate::level`] the row in its columns.
fn points(model: &Model) -> Vec<Candidate> {
    let (series, sheets) = model.visible_sheets();
    let mut points = pareto::levels(&sheets, model.options.yield_per);
    for point in &mut points {
        point.sheet = series[point.sheet];
    }
    points
}

fn group_count(points: &[Candidate]) -> usize {
    points.iter().map(|point| point.group + 1).max().unwrap_or(0)
}

fn domains(model: &Model, points: &[Candidate]) -> Domains {
    let mut users = Extent::default();
    let mut values = Values::default();
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

/// The chosen points, from left to right.
fn along(points: &[Candidate], chosen: impl Fn(&Candidate) -> bool) -> Vec<&Candidate> {
    let mut along: Vec<&Candidate> = Vec::new();
    for point in points.iter().filter(|point| chosen(point)) {
        let at = along.iter().position(|other| other.per_user > point.per_user).unwrap_or(along.len());
        along.insert(at, point);
    }
    along
}

fn on(layout: &Layout, point: &Candidate) -> Pixel {
    Pixel::new(layout.x.position(point.per_user), layout.y.position(point.yielded))
}

fn placeable(layout: &Layout, point: &Candidate) -> bool {
    layout.x.contains(point.per_user) && layout.y.contains(point.yielded)
}

/// Writes the load beside each point of a front if there is room.
fn loads(
    model: &Model,
    layout: &Layout,
    texts: &Texts<'_>,
    points: &[Candidate],
    placed: &[Placed],
    scene: &mut Scene,
) {
    let mut keep: Vec<Pixel> = placed.iter().map(|placed| placed.at).collect();
    for group in 0..group_count(points) {
        let front = along(points, |point| point.on_front && point.group == group && placeable(layout, point));
        for pair in front.windows(2) {
            labels::along_stroke(on(layout, pair[0]), on(layout, pair[1]), &mut keep);
        }
    }
    let mut placer = Placer::new(layout.plot, keep).strict();
    for point in points.iter().filter(|point| point.on_front && placeable(layout, point)) {
        let text = load_text(model, point);
        let width = texts.measure.width(&text, Font::Regular);
        let gap = model.options.point_radius;
        if let Some(rect) = placer.place(on(layout, point), width, texts.measure.height(), gap) {
            let at = Pixel::new(rect.left, (rect.top + rect.bottom) * 0.5);
            let style = axes::text(Ink::Muted, Align::Start, Line::Centred);
            scene.write(at, &text, crate::scene::Style { alpha: model.alpha(point.sheet), ..style });
        }
    }
}
