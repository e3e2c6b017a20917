//! A quantity over load: lines, limits and breaking points.

use crate::axes;
use crate::breaks;
use crate::domain::{self, Extent, Values};
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::{self, PROBE, Placer};
use crate::layout::{self, Domains, Layout, Texts};
use crate::marks;
use crate::model::{Break, Model};
use crate::production;
use crate::scene::Scene;

use crate::ticks::Base;
use crate::views::View;
use headroom_contract::panel as contract;
use headroom_contract::panel::ScaleKind;
use headroom_engine::listed::{joined, listed};

/// The view of a quantity over load.
pub(super) struct Saturation;

impl View for Saturation {
    fn id(&self) -> contract::View {
        contract::View::Saturation
    }

    fn build(&self, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout {
        let domains = Domains { x: load_domain(model), x_base: Base::Two, y: value_domain(model) };
        let layout = layout::divide(model, &domains, texts);
        place(model, &layout, placed);
        if model.options.limit {
            axes::beyond_limits(model, &layout, scene);
        }
        axes::axes(model, &layout, scene);
        let placer = Placer::new(layout.plot, to_keep_visible(model, &layout, placed));
        let mut placer = if layout.is_small() { placer.strict() } else { placer };
        if model.options.limit {
            axes::limit_lines(model, &layout, texts.measure, &mut placer, scene);
        }
        scene.clipped(layout.plot.grown(model.options.point_radius + 2.0), |scene| {
            production::clouds(model, &layout, scene);
            for (index, series) in model.visible() {
                marks::line(model, &layout, index, series, scene);
            }
            for (index, series) in model.visible() {
                marks::points(model, &layout, index, series, scene);
            }
        });
        if model.options.limit {
            breaks::breaks(model, &layout, texts.measure, &mut placer, scene);
        }
        production::operating_points(model, &layout, texts.measure, &mut placer, scene);
        layout
    }

    fn row(&self, model: &Model, found: Placed) -> Option<usize> {
        model.series.get(found.series)?.rows.get(found.point).copied()
    }

    fn fitted(&self, model: &Model, found: Placed) -> Option<f64> {
        let series = model.series.get(found.series)?;
        let curve = series.curve.as_ref().filter(|_| model.options.fit)?;
        curve.value_at(series.points.get(found.point)?.load)
    }

    /// For example `10.6 users · 52% left`.
    fn legend(&self, model: &Model, series: usize) -> String {
        let Some(series) = model.series.get(series).filter(|_| model.options.limit) else { return String::new() };
        let answer = series.breaks.last().map(|mark| mark.answer.as_str());
        let left = production::headroom(series).and_then(|left| left.words());
        joined(&listed(answer.into_iter().chain(left.as_deref())), " · ")
    }
}

fn place(model: &Model, layout: &Layout, placed: &mut Vec<Placed>) {
    placed.clear();
    for (series, data) in model.visible() {
        for (point, level) in data.points.iter().enumerate().filter(|(_, level)| marks::placeable(layout, level)) {
            placed.push(Placed { series, point, at: marks::on(layout, level.load, level.value) });
        }
    }
}

/// The points, and probe positions along the lines, that labels should not cover.
fn to_keep_visible(model: &Model, layout: &Layout, placed: &[Placed]) -> Vec<Pixel> {
    let mut keep: Vec<Pixel> = placed.iter().map(|placed| placed.at).collect();
    for (index, series) in model.visible() {
        match series.curve.as_ref().filter(|_| model.options.fit) {
            Some(curve) => {
                let (first, last) = curve.range();
                let mut x = layout.x.position(first);
                let end = layout.x.position(last);
                while x <= end {
                    keep.extend(curve.value_at(layout.x.value(x)).map(|value| Pixel::new(x, layout.y.position(value))));
                    x += PROBE;
                }
            }
            None => along_strokes(placed, index, &mut keep),
        }
    }
    keep
}

/// Probe positions along the straight lines between the points of a series.
fn along_strokes(placed: &[Placed], series: usize, keep: &mut Vec<Pixel>) {
    for pair in placed.windows(2).filter(|pair| pair.iter().all(|placed| placed.series == series)) {
        labels::along_stroke(pair[0].at, pair[1].at, keep);
    }
}

fn load_domain(model: &Model) -> (f64, f64) {
    let mut loads = Extent::default();
    for (_, series) in model.visible() {
        for point in &series.points {
            if model.options.x_kind == ScaleKind::Linear || point.load > 0.0 {
                loads.add(point.load);
            }
        }
        // A bracket ends at measured loads at which the drawn quantity may have no value.
        for mark in series.breaks.iter().filter(|_| model.options.limit) {
            if let Break::Cliff { lo, hi } = mark.at {
                for load in [lo, hi].into_iter().filter(|load| model.options.x_kind == ScaleKind::Linear || *load > 0.0)
                {
                    loads.add(load);
                }
            }
        }
        let production = series.production.iter();
        let seen = production.flat_map(|one| one.cloud.iter().map(|at| at.0).chain(one.now));
        for load in seen.filter(|load| model.options.x_kind == ScaleKind::Linear || *load > 0.0) {
            loads.add(load);
        }
    }
    domain::of_loads(model.options.x_kind, loads)
}

fn value_domain(model: &Model) -> (f64, f64) {
    let options = &model.options;
    let mut values = Values { min: options.y_min, max: options.y_max, ..Values::default() };
    for (_, series) in model.visible() {
        for point in &series.points {
            values.measured.add(point.value);
            if options.intervals {
                values.intervals.add(point.lo.unwrap_or(point.value));
                values.intervals.add(point.hi.unwrap_or(point.value));
            }
        }
        // The cloud does not affect the axis, because one slow window would squeeze the curve flat; production's own
        // curve does.
        for point in series.production.iter().flat_map(|production| &production.points) {
            values.measured.add(point.value);
        }
        if let (true, Some(curve)) = (options.fit, &series.curve) {
            // The curve is monotone between levels, so its values at the levels are enough.
            for &(_, value) in curve.points() {
                values.measured.add(value);
            }
        }
        // The service level's own bound is used: an axis that changes while a limit is being moved would be hard to
        // read.
        if let (true, Some(limit)) = (options.limit, series.limit()) {
            values.limits.push(limit.own_bound());
        }
    }
    domain::of_values(options.y_kind, &values)
}
