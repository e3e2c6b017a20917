//! The same run under another limit, price, number of replicas or load.

use crate::cost::{Fleet, LoadRule, Measure, fleet_for, ratio_of, served};
use crate::curve::Curve;
use crate::display;
use crate::points::level_points;
use crate::run::{DollarsPerHour, Price, Run};
use crate::slo::{Limit, Slo, Statistic, Subject};
use crate::tokens::TokenBasis;
use crate::verdict::breaking_of;

/// `slo` with another bound for `subject`; a limit is added where it has none on it.
#[must_use]
pub fn with_bound(slo: &Slo, subject: Subject, bound: f64) -> Slo {
    let mut changed = slo.clone();
    let mut found = false;
    for limit in changed.limits.iter_mut().filter(|limit| limit.subject == subject) {
        limit.bound = bound;
        found = true;
    }
    if !found {
        changed.limits.push(Limit { subject, bound });
    }
    changed
}

/// `run` at another price per replica and hour, said to come from `source`.
#[must_use]
pub fn with_price(run: &Run, per_hour: DollarsPerHour, source: &str) -> Run {
    let mut changed = run.clone();
    changed.deployment.price = Some(Price { per_hour, source: Some(source.to_owned()), region: None, date: None });
    changed
}

/// `replicas` of this deployment under `slo`. `None` where no load passes or no price is known.
#[must_use]
pub fn with_replicas(run: &Run, slo: &Slo, rule: LoadRule, replicas: u32) -> Option<Fleet> {
    let load = rule.load(&breaking_of(run, slo))?;
    fleet_for(f64::from(replicas), load, run.deployment.price.as_ref()?.per_hour)
}

/// One limit at a given load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtLoad {
    /// The limit.
    pub limit: Limit,
    /// The fitted value there; `None` outside the measured loads or when not measured.
    pub value: Option<f64>,
    /// Whether the limit holds; `None` when the value is not known, which never passes.
    pub holds: Option<bool>,
}

/// Every limit of `slo` at `load` per replica, for example twice today's.
#[must_use]
pub fn at_load(run: &Run, slo: &Slo, load: f64) -> Vec<AtLoad> {
    slo.limits
        .iter()
        .map(|&limit| {
            let value = Curve::fit(&level_points(run, limit.subject)).and_then(|curve| curve.value_at(load));
            AtLoad { limit, value, holds: value.map(|value| limit.holds(value)) }
        })
        .collect()
}

/// An assumption, and how far the answer moves with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sensitivity {
    /// What was changed, for example `TTFT p95 bound ±20%`.
    pub assumption: String,
    /// The answer under each change; `None` where it then has none.
    pub answers: Vec<Option<f64>>,
    /// The largest factor between an answer and the unchanged one, at least 1; infinite where a
    /// change leaves no answer at all.
    pub factor: f64,
}

/// How far the allowed load of `run` moves when each bound moves by `share` (0.2 for ±20 %) and
/// when each percentile moves to its neighbour, the largest first. Empty where there is no
/// answer to move.
#[must_use]
pub fn load_sensitivity(run: &Run, slo: &Slo, rule: LoadRule, share: f64) -> Vec<Sensitivity> {
    let answer = |slo: &Slo| rule.load(&breaking_of(run, slo));
    let Some(now) = answer(slo) else { return Vec::new() };
    let changes = slo_changes(slo, share, &[run]).into_iter();
    ranked(changes.map(|(assumption, slos)| sensitivity(assumption, now, slos.iter().map(answer).collect())))
}

/// How far the ratio of the first side to the second moves with each bound, percentile and price, each
/// side by the name that its price goes by. Empty where there is no ratio to move.
#[must_use]
pub fn ratio_sensitivity(
    (name_a, a): (&str, &Run),
    (name_b, b): (&str, &Run),
    slo: &Slo,
    measure: Measure,
    rule: LoadRule,
    share: f64,
) -> Vec<Sensitivity> {
    let basis = match measure {
        Measure::Tokens(basis) => basis,
        Measure::Load | Measure::WholeReplicas => TokenBasis::Output,
    };
    let price = |run: &Run| run.deployment.price.as_ref().map(|price| price.per_hour);
    let answer = |slo: &Slo, price_a: DollarsPerHour, price_b: DollarsPerHour| {
        let side = |run: &Run| served(run, &breaking_of(run, slo), basis, rule);
        let open = [None, None];
        Some(ratio_of(measure, (&side(a)?, open, price_a), (&side(b)?, open, price_b))?.value)
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

/// Each bound moved down and up, and each percentile moved to each of its neighbours.
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
        // A percentile that a report does not have says nothing about how the answer moves.
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
