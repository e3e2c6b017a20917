//! What tokens cost over the limit: one line a deployment, and the limits at which another one
//! becomes the cheapest.

use crate::axes;
use crate::chart::Texts;
use crate::domain::{self, Extent, Values};
use crate::figures::{figures, in_unit};
use crate::format;
use crate::geometry::Pixel;
use crate::hit::Placed;
use crate::labels::Placer;
use crate::layout::{self, Domains, Frame};
use crate::model::{CostUnit, Model, Series};
use crate::plate;
use crate::scale::Scale;
use crate::scene::{Dash, Ink, Pen, Scene, Shape};
use crate::ticks::Base;
use headroom_engine::cost::flips_by;
use headroom_engine::display;

/// Bounds at which the lines are computed.
const SAMPLES: u32 = 240;

/// Two costs that differ by less than this share are equal.
const TIE: f64 = 1e-12;

/// A point of a line.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Which of the bounds along the axis.
    index: usize,
    bound: f64,
    value: f64,
    interval: [Option<f64>; 2],
    /// The sweep ended while passing: the cost is at best a lower bound of the yield.
    at_least: bool,
}

/// A limit at which another deployment becomes the cheapest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flip {
    /// The bound.
    pub bound: f64,
    /// The cheapest just below it, a series.
    pub below: usize,
    /// The cheapest from there on, a series.
    pub above: usize,
}

/// Draws a model and notes in `placed` every point of its lines, by the index of its bound.
pub(crate) fn build(model: &Model, texts: &Texts<'_>, scene: &mut Scene, placed: &mut Vec<Placed>) -> Frame {
    let x = bounds(model);
    let samples = sample_bounds(model, x);
    let lines: Vec<(usize, Vec<Sample>)> =
        model.visible().map(|(index, series)| (index, line(model, series, &samples))).collect();
    let domains = Domains { x, x_base: Base::Ten, y: costs(model, &lines) };
    let frame = layout::frame(model, &domains, texts.measure, texts.x, texts.y);
    axes::axes(model, &frame, scene);
    for (series, line) in &lines {
        let visible = line.iter().filter(|sample| frame.y.contains(sample.value));
        placed.extend(visible.map(|sample| Placed { series: *series, point: sample.index, at: on(&frame, sample) }));
    }
    if lines.iter().all(|(_, line)| line.is_empty()) {
        let priced = model.visible().any(|(_, series)| series.replica.price > 0.0);
        let lacking = if priced {
            "No run has a token rate, a limit on a latency and a load that passes"
        } else {
            "No run has a price"
        };
        plate::instead(&frame, lacking, scene);
    }
    let keep = lines.iter().flat_map(|(_, line)| line.iter().step_by(4)).map(|sample| on(&frame, sample)).collect();
    let mut placer = Placer::new(frame.plot, keep);
    if frame.is_small() {
        placer = placer.strict();
    }
    scene.clipped(frame.plot, |scene| {
        for (index, line) in &lines {
            draw(model, &frame, *index, line, scene);
        }
    });
    if model.options.limit {
        own_bounds(model, &frame, texts, &mut placer, scene);
    }
    for flip in flips(model, &samples) {
        mark(model, &frame, texts, flip, &mut placer, scene);
    }
    frame
}

/// What the pointer or the keyboard asks about: a line at a bound, and where it meets the costs.
pub(crate) fn build_cursor(model: &Model, frame: &Frame, x: f64, scene: &mut Scene) {
    let bound = frame.x.value(x);
    let hair = Pen::new(Ink::Muted, 1.0).dashed(Dash::Short).faded(0.6);
    scene.line(Pixel::new(x, frame.plot.top), Pixel::new(x, frame.plot.bottom), hair);
    for (index, series) in model.visible() {
        if let Some(sample) = sample(model, series, bound).filter(|sample| frame.y.contains(sample.value)) {
            let at = on(frame, &sample);
            scene.marker(at, Shape::of_series(index), model.options.point_radius + 1.5, Ink::Series(index), 1.0);
        }
    }
}

/// What every visible run costs at the bound of a point: pairs of a name and a text.
pub(crate) fn facts(model: &Model, point: usize) -> Vec<(String, String)> {
    let bounds = sample_bounds(model, bounds(model));
    let Some(&bound) = bounds.get(point) else { return Vec::new() };
    let limit = model.visible().find_map(|(_, series)| series.limits.get(series.swept()?));
    let mut facts: Vec<(String, String)> = limit
        .map(|limit| ("Limit".into(), format!("{} ≤ {}", limit.subject, format::value(bound, &limit.unit))))
        .into_iter()
        .collect();
    for (_, series) in model.visible() {
        let told = match figures(series, &model.options, Some(bound)).cost {
            Some(cost) => {
                let (value, [low, high]) = in_unit(&cost, model.options.cost_unit);
                let text = |value: f64| match model.options.cost_unit {
                    CostUnit::DollarsPerMillion => display::dollars(value),
                    CostUnit::TokensPerDollar => display::number(value),
                };
                let interval = match (low, high) {
                    (Some(low), Some(high)) => format!(" ({} – {})", text(low), text(high)),
                    _ => String::new(),
                };
                let load = display::load_with_unit(cost.served.load, &series.load_unit);
                let at_least = if cost.served.at_least { "at least " } else { "" };
                format!("{}{interval} at {at_least}{load}", text(value))
            }
            None if series.replica.price > 0.0 => "no load passes, or not measured".into(),
            None => "price unknown".into(),
        };
        facts.push((series.name.clone(), told));
    }
    facts
}

/// Titles of both axes.
pub(crate) fn titles(model: &Model) -> (String, String) {
    let limit = model.visible().find_map(|(_, series)| series.limits.get(series.swept()?));
    let x = limit.map_or_else(String::new, |limit| format!("Limit on {} ({})", limit.subject, limit.unit));
    let tokens = model.options.basis.label();
    let y = match model.options.cost_unit {
        CostUnit::DollarsPerMillion => format!("Dollars per million {tokens}"),
        CostUnit::TokensPerDollar => format!("Million {tokens} per dollar"),
    };
    (x, y)
}

/// Every bound at which another visible deployment becomes the cheapest, ascending.
#[must_use]
pub fn all_flips(model: &Model) -> Vec<Flip> {
    flips(model, &sample_bounds(model, bounds(model)))
}

/// The stretch of bounds that decides anything: from the lowest value that was measured of the
/// limit's subject to the highest, with the service level's own bound.
fn bounds(model: &Model) -> (f64, f64) {
    let mut seen = Extent::default();
    for limit in model.visible().filter_map(|(_, series)| series.limits.get(series.swept()?)) {
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
    bounds.iter().enumerate().filter_map(at).collect()
}

/// What a deployment costs at a bound; `None` where it holds no load, or a rate or a price is not
/// known.
fn sample(model: &Model, series: &Series, bound: f64) -> Option<Sample> {
    series.swept()?;
    let cost = figures(series, &model.options, Some(bound)).cost?;
    let (value, interval) = in_unit(&cost, model.options.cost_unit);
    Some(Sample { index: 0, bound, value, interval, at_least: cost.served.at_least })
}

fn costs(model: &Model, lines: &[(usize, Vec<Sample>)]) -> (f64, f64) {
    let mut values = Values { min: model.options.y_min, max: model.options.y_max, ..Values::default() };
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

/// The band of a line's interval, the line, and the part of it that only says "at least".
fn draw(model: &Model, frame: &Frame, index: usize, line: &[Sample], scene: &mut Scene) {
    let ink = Ink::Series(index);
    let alpha = model.alpha(index);
    if model.options.intervals {
        let known = || line.iter().filter(|sample| sample.interval.iter().all(Option::is_some));
        let end = |sample: &Sample, end: usize| {
            Pixel::new(frame.x.position(sample.bound), frame.y.position(sample.interval[end].unwrap_or(sample.value)))
        };
        scene.band(known().map(|sample| end(sample, 1)), known().rev().map(|sample| end(sample, 0)), ink, alpha * 0.15);
    }
    let pen = Pen::new(ink, 2.0).faded(alpha);
    let ended = line.partition_point(|sample| !sample.at_least);
    let measured = &line[..line.len().min(ended + 1)];
    scene.path(measured.iter().map(|sample| on(frame, sample)), pen.dashed(Dash::of_series(index)));
    scene.path(line[ended..].iter().map(|sample| on(frame, sample)), Pen { width: 1.5, ..pen.dashed(Dash::Dotted) });
}

fn on(frame: &Frame, sample: &Sample) -> Pixel {
    Pixel::new(frame.x.position(sample.bound), frame.y.position(sample.value))
}

/// The service level's bound, with a mark on every line.
fn own_bounds(model: &Model, frame: &Frame, texts: &Texts<'_>, placer: &mut Placer, scene: &mut Scene) {
    let plot = frame.plot;
    let mut named = false;
    for (index, series) in model.visible() {
        let Some(limit) = series.swept().and_then(|swept| series.limits.get(swept)) else { continue };
        let bound = limit.own_bound();
        if !frame.x.contains(bound) {
            continue;
        }
        let x = frame.x.position(bound);
        if !named {
            let pen = Pen::new(Ink::Limit, 1.5).dashed(Dash::Long);
            scene.line(Pixel::new(x, plot.top), Pixel::new(x, plot.bottom), pen);
            let told = ("", limit.line.label.as_str(), Ink::Limit);
            plate::beside(model, texts.measure, Pixel::new(x, plot.top), told, 1.0, placer, scene);
            named = true;
        }
        if let Some(sample) = sample(model, series, bound).filter(|sample| frame.y.contains(sample.value)) {
            let shape = Shape::of_series(index);
            let at = on(frame, &sample);
            scene.marker(at, shape, model.options.point_radius + 1.0, Ink::Surface, 1.0);
            scene.marker(at, shape, model.options.point_radius, Ink::Series(index), model.alpha(index));
        }
    }
}

fn flips(model: &Model, bounds: &[f64]) -> Vec<Flip> {
    let mut found = Vec::new();
    let mut before: Option<(f64, usize)> = None;
    for &bound in bounds {
        let Some(leader) = cheapest(model, bound) else { continue };
        if let Some((from, below)) = before.filter(|(_, below)| *below != leader) {
            let still = |bound: f64| Some(cheapest(model, bound)? == below);
            found.extend(flips_by(&[from, bound], still).first().map(|flip| Flip {
                bound: flip.bound,
                below,
                above: leader,
            }));
        }
        before = Some((bound, leader));
    }
    found
}

/// The series whose tokens cost least; `None` with fewer than two to compare, and in a tie.
fn cheapest(model: &Model, bound: f64) -> Option<usize> {
    let mut least: Option<(usize, f64)> = None;
    let mut second = f64::INFINITY;
    for (index, series) in model.visible() {
        let Some(cost) = figures(series, &model.options, Some(bound)).cost else { continue };
        let dollars = cost.dollars_per_million();
        match least {
            Some((_, cheaper)) if dollars >= cheaper => second = second.min(dollars),
            _ => {
                second = least.map_or(second, |(_, dollars)| dollars);
                least = Some((index, dollars));
            }
        }
    }
    let (index, dollars) = least?;
    (second.is_finite() && second / dollars - 1.0 > TIE).then_some(index)
}

/// Where the cheapest changes, in words that name both.
fn mark(model: &Model, frame: &Frame, texts: &Texts<'_>, flip: Flip, placer: &mut Placer, scene: &mut Scene) {
    let x = frame.x.position(flip.bound);
    let pen = Pen::new(Ink::Text, 1.0).dashed(Dash::Short).faded(0.7);
    scene.line(Pixel::new(x, frame.plot.top), Pixel::new(x, frame.plot.bottom), pen);
    let Some(above) = model.series.get(flip.above) else { return };
    let unit = above.swept().and_then(|swept| above.limits.get(swept)).map_or("", |limit| limit.unit.as_str());
    let answer = format::value(flip.bound, unit);
    let detail = format!("{} is cheaper from here", above.name);
    let detail = if frame.is_small() { "" } else { detail.as_str() };
    let y = frame.plot.top + frame.plot.height() * 0.5;
    plate::beside(model, texts.measure, Pixel::new(x, y), (&answer, detail, Ink::Muted), 1.0, placer, scene);
}
