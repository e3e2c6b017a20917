//! What a run gives at another load, and which assumption an answer depends on.
//!
//! For another limit see [`Sheet::breaking_at`] and [`Sheet::move_limit`].

use crate::cost::{LoadRule, Measure, ratio_of, served};
use crate::curve::Curve;
use crate::display;
use crate::points::level_points;
use crate::run::{DollarsPerHour, Run};
use crate::sheet::{Sheet, SheetLimit};
use crate::slo::{Limit, Slo, Statistic, Subject};

/// A limit at a given load of one replica, for example twice today's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AtLoad {
    /// Nothing was measured of its quantity.
    NotMeasured,
    /// The load is higher than any measured one: the value is unknown, and unknown never passes.
    Beyond,
    /// Within the measured loads: read from the fitted curve.
    Value {
        /// The value, in the quantity's unit.
        value: f64,
        /// Whether the limit holds.
        holds: bool,
    },
    /// Below the measured loads: the value is at most that of the lowest one.
    AtMost {
        /// The value at the lowest measured load.
        value: f64,
        /// Whether the limit holds at the lowest measured load, and so here too. If not, it may or may not hold here.
        holds: bool,
    },
}

/// What a limit's quantity is at `load` per replica.
#[must_use]
pub fn at_load(limit: &SheetLimit, load: f64) -> AtLoad {
    let Some(curve) = Curve::fit(&limit.points) else { return AtLoad::NotMeasured };
    let (lowest, highest) = curve.range();
    if load > highest {
        return AtLoad::Beyond;
    }
    match curve.value_at(load.max(lowest)) {
        Some(value) if load < lowest => AtLoad::AtMost { value, holds: limit.holds(value) },
        Some(value) => AtLoad::Value { value, holds: limit.holds(value) },
        None => AtLoad::NotMeasured,
    }
}

/// An assumption, and how far the answer moves with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// What was changed, for example `TTFT p95 bound ±20%`.
    pub assumption: String,
    /// The answer under each change; `None` if there is none then.
    pub answers: Vec<Option<f64>>,
    /// The largest factor between an answer and the unchanged one, at least 1; infinite if a change leaves no answer at
    /// all.
    pub factor: f64,
}

/// How far the allowed load of `run` moves if each bound moves by `share` (0.2 for ±20 %) and if each percentile is
/// replaced by its neighbour; the largest effect first. Empty if there is no answer.
#[must_use]
pub fn load_sensitivity(run: &Run, slo: &Slo, rule: LoadRule, share: f64) -> Vec<Sensitivity> {
    let answer = |slo: &Slo| rule.load(&Sheet::of(run, slo).breaking());
    let Some(now) = answer(slo) else { return Vec::new() };
    let changes = slo_changes(slo, share, &[run]).into_iter();
    ranked(changes.map(|(assumption, slos)| sensitivity(assumption, now, slos.iter().map(answer).collect())))
}

/// How far the ratio of the first side to the second moves with each bound, percentile and price. Each side comes with
/// the name for its price. Empty if there is no ratio.
#[must_use]
pub fn ratio_sensitivity(
    (name_a, a): (&str, &Run),
    (name_b, b): (&str, &Run),
    slo: &Slo,
    measure: Measure,
    rule: LoadRule,
    share: f64,
) -> Vec<Sensitivity> {
    let price = |run: &Run| run.deployment.price.as_ref().map(|price| price.per_hour);
    let answer = |slo: &Slo, price_a: DollarsPerHour, price_b: DollarsPerHour| {
        let side = |run: &Run| {
            let sheet = Sheet::of(run, slo);
            served(&sheet, &sheet.breaking(), measure.basis(), rule)
        };
        Some(ratio_of(measure, (&side(a)?, price_a), (&side(b)?, price_b))?.value)
    };
    let (Some(price_a), Some(price_b)) = (price(a), price(b)) else { return Vec::new() };
    let Some(now) = answer(slo, price_a, price_b) else { return Vec::new() };
    let mut found: Vec<Sensitivity> = slo_changes(slo, share, &[a, b])
        .into_iter()
        .map(|(assumption, slos)| {
            sensitivity(assumption, now, slos.iter().map(|slo| answer(slo, price_a, price_b)).collect())
        })
        .collect();
    let scaled = |price: DollarsPerHour| [1.0 - share, 1.0 + share].map(|factor| DollarsPerHour(price.0 * factor));
    let name = |side: &str| format!("price of {side} ±{}", display::percent(share));
    found.push(sensitivity(name(name_a), now, scaled(price_a).map(|price| answer(slo, price, price_b)).to_vec()));
    found.push(sensitivity(name(name_b), now, scaled(price_b).map(|price| answer(slo, price_a, price)).to_vec()));
    ranked(found.into_iter())
}

fn ranked(found: impl Iterator<Item = Sensitivity>) -> Vec<Sensitivity> {
    let mut found: Vec<Sensitivity> = found.collect();
    found.sort_by(|a, b| b.factor.total_cmp(&a.factor));
    found
}

fn sensitivity(assumption: String, now: f64, answers: Vec<Option<f64>>) -> Sensitivity {
    let factor = answers
        .iter()
        .map(|answer| answer.map_or(f64::INFINITY, |answer| (answer / now).max(now / answer)))
        .fold(1.0, f64::max);
    Sensitivity { assumption, answers, factor }
}

/// Each bound moved down and up, and each percentile replaced by each of its neighbours.
fn slo_changes(slo: &Slo, share: f64, runs: &[&Run]) -> Vec<(String, Vec<Slo>)> {
    let mut changes = Vec::new();
    for (index, limit) in slo.limits.iter().enumerate() {
        let changed = |to: Limit| {
            let mut slo = slo.clone();
            slo.limits[index] = to;
            slo
        };
        changes.push((
            format!("{} bound ±{}", limit.subject.label(), display::percent(share)),
            [1.0 - share, 1.0 + share].map(|factor| changed(Limit { bound: limit.bound * factor, ..*limit })).to_vec(),
        ));
        let Subject::Latency(latency, statistic) = limit.subject else { continue };
        let neighbours = match statistic {
            Statistic::Mean => continue,
            Statistic::P50 => [None, Some(Statistic::P90)],
            Statistic::P90 => [Some(Statistic::P50), Some(Statistic::P95)],
            Statistic::P95 => [Some(Statistic::P90), Some(Statistic::P99)],
            Statistic::P99 => [Some(Statistic::P95), None],
        };
        // A percentile that a report lacks says nothing about how the answer moves.
        for statistic in neighbours.into_iter().flatten() {
            let subject = Subject::Latency(latency, statistic);
            if runs.iter().all(|run| !level_points(run, subject).is_empty()) {
                let slo = changed(Limit { subject, ..*limit });
                changes.push((format!("{} judged at {}", limit.subject.label(), statistic.id()), vec![slo]));
            }
        }
    }
    changes
}
