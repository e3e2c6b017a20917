//! What a run shows besides its breaking load, as JSON.

use headroom_engine::cost::{LoadRule, Served, TokenCost};
use headroom_engine::goodput::Goodput;
use headroom_engine::usl::Usl;
use headroom_engine::what_if::Sensitivity;
use serde::Serialize;

use super::PriceJson;
use crate::analysis::Judged;

/// Requests of one level that met every latency limit.
#[derive(Serialize)]
pub(super) struct GoodputJson {
    good: u64,
    finished: u64,
    share: f64,
    share_interval: [f64; 2],
    per_second: Option<f64>,
}

impl From<&Goodput> for GoodputJson {
    fn from(goodput: &Goodput) -> Self {
        let Goodput { load: _, good, finished, share, interval, per_second } = *goodput;
        Self { good, finished, share, share_interval: interval, per_second }
    }
}

/// The shape of output throughput over load.
#[derive(Serialize)]
pub(super) struct ThroughputJson {
    peak: Option<AtLoad>,
    plateau: Option<AtLoad>,
    knee: Option<AtLoad>,
    usl: Option<UslJson>,
    first_not_kept_up: Option<f64>,
    best_goodput_load: Option<f64>,
}

#[derive(Serialize)]
struct AtLoad {
    load: f64,
    output_tokens_per_second: f64,
}

#[derive(Serialize)]
struct UslJson {
    lambda: f64,
    sigma: f64,
    kappa: f64,
    r_squared: f64,
    peak_concurrency: Option<f64>,
}

impl From<&Usl> for UslJson {
    fn from(usl: &Usl) -> Self {
        let Usl { lambda, sigma, kappa, r_squared } = *usl;
        Self { lambda, sigma, kappa, r_squared, peak_concurrency: usl.peak_concurrency() }
    }
}

/// What tokens of one basis cost at a load.
#[derive(Serialize)]
pub(crate) struct CostJson<'a> {
    basis: &'static str,
    load_rule: &'static str,
    load: f64,
    at_least: bool,
    tokens_per_second: f64,
    tokens_per_second_interval: [Option<f64>; 2],
    dollars_per_million_tokens: Option<f64>,
    dollars_per_million_tokens_interval: [Option<f64>; 2],
    tokens_per_dollar: Option<f64>,
    price: Option<PriceJson<'a>>,
}

impl<'a> CostJson<'a> {
    pub(crate) fn new(served: &Served, rule: LoadRule, cost: Option<&'a TokenCost>) -> Self {
        Self {
            basis: served.basis.id(),
            load_rule: rule.id(),
            load: served.load,
            at_least: served.at_least,
            tokens_per_second: served.tokens_per_second,
            tokens_per_second_interval: served.interval,
            dollars_per_million_tokens: cost.map(TokenCost::dollars_per_million),
            dollars_per_million_tokens_interval: cost.map_or([None, None], TokenCost::dollars_interval),
            tokens_per_dollar: cost.map(TokenCost::tokens_per_dollar),
            price: cost.map(|cost| PriceJson::from(&cost.price)),
        }
    }
}

/// What limits a deployment.
#[derive(Serialize)]
pub(super) struct BottleneckJson<'a> {
    kind: &'static str,
    from_shape_alone: bool,
    evidence: &'a [String],
    missing: &'a [&'static str],
    remedy: &'static str,
}

/// An assumption, and the loads that the limits allow if it changes.
#[derive(Serialize)]
pub(crate) struct SensitivityJson<'a> {
    assumption: &'a str,
    answers: &'a [Option<f64>],
    factor: Option<f64>,
}

impl<'a> From<&'a Sensitivity> for SensitivityJson<'a> {
    fn from(sensitivity: &'a Sensitivity) -> Self {
        let Sensitivity { assumption, answers, factor } = sensitivity;
        // JSON has no infinity: a change that leaves no answer has no factor.
        Self { assumption, answers, factor: Some(*factor).filter(|factor| factor.is_finite()) }
    }
}

pub(super) fn throughput(judged: &Judged) -> ThroughputJson {
    let insight = &judged.insight;
    let at = |load: f64, output_tokens_per_second: f64| AtLoad { load, output_tokens_per_second };
    ThroughputJson {
        peak: insight.peak.map(|peak| at(peak.load, peak.output_tokens_per_second)),
        plateau: insight.plateau.map(|plateau| at(plateau.load, plateau.output_tokens_per_second)),
        knee: insight.knee.map(|(load, rate)| at(load, rate)),
        usl: insight.usl.as_ref().map(UslJson::from),
        first_not_kept_up: insight.not_kept_up,
        best_goodput_load: insight.best_goodput.map(|best| best.load),
    }
}

pub(super) fn costs(judged: &Judged) -> Vec<CostJson<'_>> {
    let costs = judged.insight.served.iter();
    costs.map(|(served, cost)| CostJson::new(served, LoadRule::Interpolated, cost.as_ref())).collect()
}

pub(super) fn bottleneck(judged: &Judged) -> BottleneckJson<'_> {
    let found = &judged.insight.bottleneck;
    BottleneckJson {
        kind: found.kind.id(),
        from_shape_alone: found.from_shape_alone,
        evidence: &found.evidence,
        missing: &found.missing,
        remedy: found.kind.remedy(),
    }
}
