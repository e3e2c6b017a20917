//! What tokens cost as a function of the limit: one line per deployment, and the limits at which the cheapest one
//! changes.

use crate::axes;
use crate::domain::{self, Extent, Values};
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::Placer;
use crate::layout::{self, Domains, Layout, Texts};
use crate::model::{Model, Series};
use crate::plate;
use crate::scale::Scale;
use crate::scene::{Dash, Ink, Pen, Scene, Shape};
use crate::ticks::Base;
use crate::views::View;
use headroom_contract::panel as contract;
use headroom_engine::cost::{CostUnit, Figures, Reach, TokenCost, successions};
use headroom_engine::display;
use headroom_engine::listed::listed;
use headroom_engine::sheet::{Quantity, Sheet, SheetLimit};

/// Number of bounds at which the lines are computed.
const SAMPLES: u32 = 240;

/// A point of a line.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Index of its bound on the axis.
    index: usize,
    bound: f64,
    value: f64,
    interval: [Option<f64>; 2],
    /// Whether the limit holds up to the highest measured load, so that tokens cost at most this.
    at_least: bool,
}

/// The view of token cost over the limit.
pub(super) struct Cost;

impl View for Cost {
    fn id(&self) -> contract::View {
        contract::View::Cost
    }

    /// The points are those of the lines, by the index of their bound.
    fn build(&self, model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Layout {
        let x = bounds(model);
        let samples = sample_bounds(model, x);
        let lines: Vec<(usize, Vec<Sample>)> =
            listed(model.visible().map(|(index, series)| (index, line(model, series, &samples))));
        let domains = Domains { x, x_base: Base::Ten, y: costs(model, &lines) };
        let layout = layout::divide(model, &domains, texts);
        axes::axes(model, &layout, scene);
        for (series, line) in &lines {
            let visible = line.iter().filter(|sample| layout.y.contains(sample.value));
            let place = |sample: &Sample| Placed { series: *series, point: sample.index, at: on(&layout, sample) };
            visible.for_each(|sample| placed.push(place(sample)));
        }
        if lines.iter().all(|(_, line)| line.is_empty()) {
            let priced = model.visible().any(|(_, series)| series.sheet.known_price().is_some());
            let lacking = if priced {
                "No run has a token rate, a limit on a latency and a load that passes"
            } else {
                "No run has a price"
            };
            plate::instead(&layout, lacking, scene);
        }
        let keep = lines.iter().flat_map(|(_, line)| line.iter().step_by(4)).map(|sample| on(&layout, sample));
        let mut placer = Placer::new(layout.plot, listed(keep));
        if layout.is_small() {
            placer = placer.strict();
        }
        scene.clipped(layout.plot, |scene| {
            for (index, line) in &lines {
                draw(model, &layout, *index, line, scene);
            }
        });
        if model.options.limit {
            own_bounds(model, &layout, texts, &mut placer, scene);
        }
        let (series, sheets) = model.visible_sheets();
        for change in successions(&sheets, &samples, model.options.basis, model.options.rule) {
            mark(model, &layout, texts, (change.bound, series[change.above]), &mut placer, scene);
        }
        layout
    }

    /// Draws a line at a bound, and marks where it meets the cost lines.
    fn focus(&self, model: &Model, layout: &Layout, found: Placed, scene: &mut Scene) {
        let x = found.at.x;
        let bound = layout.x.value(x);
        let hair = Pen::new(Ink::Muted, 1.0).dashed(Dash::Short).faded(0.6);
        scene.line(Pixel::new(x, layout.plot.top), Pixel::new(x, layout.plot.bottom), hair);
        for (index, series) in model.visible() {
            if let Some(sample) = sample(model, series, bound).filter(|sample| layout.y.contains(sample.value)) {
                let at = on(layout, &sample);
                scene.marker(at, Shape::of_series(index), model.options.point_radius + 1.5, Ink::Series(index), 1.0);
            }
        }
    }

    fn titles(&self, model: &Model) -> Option<(String, String)> {
        let x = limit_in_question(model)
            .map_or_else(String::new, |limit| format!("Limit on {} ({})", limit.quantity.label, limit.quantity.unit));
        let tokens = model.options.basis.label();
        let y = match model.options.cost_unit {
            CostUnit::DollarsPerMillion => format!("Dollars per million {tokens}"),
            CostUnit::TokensPerDollar => format!("Million {tokens} per dollar"),
        };
        Some((x, y))
    }

    /// The cost of every visible run at the bound of the point.
    fn facts(&self, model: &Model, found: Placed) -> Vec<(String, String)> {
        let bounds = sample_bounds(model, bounds(model));
        let Some(&bound) = bounds.get(found.point) else { return Vec::new() };
        let limit = limit_in_question(model).map(|limit| {
            let Quantity { label, unit, .. } = &limit.quantity;
            ("Limit".to_owned(), format!("{label} ≤ {}", display::value(bound, unit)))
        });
        let costs = model.visible().map(|(_, series)| (series.sheet.name.clone(), cost_text(model, series, bound)));
        listed(limit.into_iter().chain(costs))
    }

    fn heading(&self) -> Option<&'static str> {
        Some("Under this limit")
    }
}

/// The limit on the horizontal axis.
fn limit_in_question(model: &Model) -> Option<&SheetLimit> {
    model.visible().find_map(|(_, series)| series.sheet.limit_in_question())
}

/// For example `$0.95 ($0.91 – $0.99) at 11.9 users`.
fn cost_text(model: &Model, series: &Series, bound: f64) -> String {
    let sheet = &series.sheet;
    let Some(cost) = cost_at(model, sheet, bound) else {
        let told = if sheet.known_price().is_some() { "no load passes, or not measured" } else { "price unknown" };
        return told.to_owned();
    };
    let (value, [low, high]) = cost.in_unit(model.options.cost_unit);
    let text = |value: f64| match model.options.cost_unit {
        CostUnit::DollarsPerMillion => display::dollars(value),
        CostUnit::TokensPerDollar => display::number(value),
    };
    let interval = match (low, high) {
        (Some(low), Some(high)) => format!(" ({} – {})", text(low), text(high)),
        _ => String::new(),
    };
    let load = display::load_with_unit(cost.served.load, &sheet.load_unit);
    let load_reach = Reach::of([cost.served.at_least, false]);
    let reach = match model.options.cost_unit {
        CostUnit::DollarsPerMillion => load_reach.inverse(),
        CostUnit::TokensPerDollar => load_reach,
    };
    format!("{}{}{interval} at {}{load}", reach.words(), text(value), load_reach.words())
}

/// The cost of tokens with the limit in question at `bound`; `None` if no load passes, or a rate or a price is unknown.
fn cost_at(model: &Model, sheet: &Sheet, bound: f64) -> Option<TokenCost> {
    Figures::at(sheet, bound, model.options.basis, model.options.rule).cost
}

/// The ends of the axis of bounds: the lowest and the highest measured value of the limit's subject, and the service
/// level's own bound if it is close to them. At other bounds every level passes, or none does.
fn bounds(model: &Model) -> (f64, f64) {
    let mut seen = Extent::default();
    for limit in model.visible().filter_map(|(_, series)| series.sheet.limit_in_question()) {
        let mut values = Extent::default();
        for point in &limit.points {
            values.add(point.value);
        }
        seen.add(values.lo);
        seen.add(values.hi);
        if limit.own_bound() <= values.hi * 2.0 {
            seen.add(limit.own_bound());
        }
    }
    domain::of_loads(model.options.x_kind, seen)
}

/// Bounds evenly spaced along the axis.
fn sample_bounds(model: &Model, domain: (f64, f64)) -> Vec<f64> {
    let scale = Scale::new(model.options.x_kind, domain, (0.0, f64::from(SAMPLES)));
    (0..=SAMPLES).map(|step| scale.value(f64::from(step))).collect()
}

fn line(model: &Model, series: &Series, bounds: &[f64]) -> Vec<Sample> {
    let at = |(index, bound): (usize, &f64)| Some(Sample { index, ..sample(model, series, *bound)? });
    listed(bounds.iter().enumerate().filter_map(at))
}

/// The cost of a deployment at a bound; `None` if it holds no load, if a rate or a price is unknown, or if no limit can
/// be moved.
fn sample(model: &Model, series: &Series, bound: f64) -> Option<Sample> {
    series.sheet.in_question?;
    let cost = cost_at(model, &series.sheet, bound)?;
    let (value, interval) = cost.in_unit(model.options.cost_unit);
    Some(Sample { index: 0, bound, value, interval, at_least: cost.served.at_least })
}

fn costs(model: &Model, lines: &[(usize, Vec<Sample>)]) -> (f64, f64) {
    let mut values = Values::default();
    for sample in lines.iter().flat_map(|(_, line)| line) {
        values.measured.add(sample.value);
        if model.options.intervals {
            for end in sample.interval.into_iter().flatten() {
                values.intervals.add(end);
            }
        }
    }
    domain::of_values(model.options.y_kind, &values)
}

/// Draws the band of a line's interval, the line, and differently the part of it where the cost is only an upper bound.
fn draw(model: &Model, layout: &Layout, index: usize, line: &[Sample], scene: &mut Scene) {
    let ink = Ink::Series(index);
    let alpha = model.alpha(index);
    if model.options.intervals {
        let known = || line.iter().filter(|sample| sample.interval.iter().all(Option::is_some));
        let end = |sample: &Sample, end: usize| {
            Pixel::new(layout.x.position(sample.bound), layout.y.position(sample.interval[end].unwrap_or(sample.value)))
        };
        scene.band(known().map(|sample| end(sample, 1)), known().rev().map(|sample| end(sample, 0)), ink, alpha * 0.15);
    }
    let pen = Pen::new(ink, 2.0).faded(alpha);
    let ended = line.partition_point(|sample| !sample.at_least);
    let measured = &line[..line.len().min(ended + 1)];
    scene.path(measured.iter().map(|sample| on(layout, sample)), pen.dashed(Dash::of_series(index)));
    scene.path(line[ended..].iter().map(|sample| on(layout, sample)), Pen { width: 1.5, ..pen.dashed(Dash::Dotted) });
}

fn on(layout: &Layout, sample: &Sample) -> Pixel {
    Pixel::new(layout.x.position(sample.bound), layout.y.position(sample.value))
}

/// The service level's own bound, with a mark on every line.
fn own_bounds(model: &Model, layout: &Layout, texts: &Texts<'_>, placer: &mut Placer, scene: &mut Scene) {
    let plot = layout.plot;
    let mut named = false;
    for (index, series) in model.visible() {
        let Some(limit) = series.sheet.limit_in_question() else { continue };
        let bound = limit.own_bound();
        if !layout.x.contains(bound) {
            continue;
        }
        let x = layout.x.position(bound);
        if !named {
            let pen = Pen::new(Ink::Limit, 1.5).dashed(Dash::Long);
            scene.line(Pixel::new(x, plot.top), Pixel::new(x, plot.bottom), pen);
            let told = ("", limit.bound.label.as_str(), Ink::Limit);
            plate::beside(model, texts.measure, Pixel::new(x, plot.top), told, 1.0, placer, scene);
            named = true;
        }
        if let Some(sample) = sample(model, series, bound).filter(|sample| layout.y.contains(sample.value)) {
            let shape = Shape::of_series(index);
            let at = on(layout, &sample);
            scene.marker(at, shape, model.options.point_radius + 1.0, Ink::Surface, 1.0);
            scene.marker(at, shape, model.options.point_radius, Ink::Series(index), model.alpha(index));
        }
    }
}

/// Marks where the cheapest one changes, with a text that names both.
fn mark(
    model: &Model,
    layout: &Layout,
    texts: &Texts<'_>,
    (bound, cheaper): (f64, usize),
    placer: &mut Placer,
    scene: &mut Scene,
) {
    let x = layout.x.position(bound);
    let pen = Pen::new(Ink::Text, 1.0).dashed(Dash::Short).faded(0.7);
    scene.line(Pixel::new(x, layout.plot.top), Pixel::new(x, layout.plot.bottom), pen);
    let Some(Series { sheet, .. }) = model.series.get(cheaper) else { return };
    let unit = sheet.limit_in_question().map_or("", |limit| limit.quantity.unit.as_str());
    let answer = display::value(bound, unit);
    let detail = if layout.is_small() { String::new() } else { format!("{} is cheaper from here", sheet.name) };
    let y = layout.plot.top + layout.plot.height() * 0.5;
    plate::beside(model, texts.measure, Pixel::new(x, y), (&answer, &detail, Ink::Muted), 1.0, placer, scene);
}
