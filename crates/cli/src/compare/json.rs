//! A comparison for programs. Every ratio and change is B over A, every difference B less A.

use std::io::Write;

use anyhow::Result;
use headroom_engine::compare::{ALARM_LEVEL, Cell, Shift, Welch};
use headroom_engine::cost::{Fleet, Flip, Ratio};
use headroom_reports::Problem;
use serde::Serialize;

use super::money::{AtBound, Money, OverLimit, Tokens};
use super::{Comparison, Repeats, Side, summary};
use crate::json::{CostJson, DifferenceJson, ProblemJson, RunJson, SensitivityJson, difference, problem, run};

#[derive(Serialize)]
struct Document<'a> {
    slo: &'a str,
    load_rule: &'static str,
    a: SideJson<'a>,
    b: SideJson<'a>,
    summary: Vec<String>,
    factor: Option<&'a str>,
    differences: Vec<DifferenceJson<'a>>,
    unstated: &'a [&'static str],
    warnings: &'a [String],
    load_ratio: Option<RatioJson>,
    peak_ratio: Option<f64>,
    requests: RequestsJson,
    repeats: Vec<RepeatsJson<'a>>,
    money: Option<MoneyJson<'a>>,
    over_limit: Option<OverJson>,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct SideJson<'a> {
    path: &'a str,
    repeats: Vec<&'a str>,
    run: RunJson<'a>,
}

#[derive(Serialize)]
struct RatioJson {
    value: f64,
    interval: [Option<f64>; 2],
}

impl From<&Ratio> for RatioJson {
    fn from(ratio: &Ratio) -> Self {
        Self { value: ratio.value, interval: ratio.interval }
    }
}

impl From<&Shift> for RatioJson {
    fn from(shift: &Shift) -> Self {
        Self { value: shift.value, interval: [Some(shift.lo), Some(shift.hi)] }
    }
}

#[derive(Serialize)]
struct RequestsJson {
    alarm_level: f64,
    cells: Vec<CellJson>,
    unmatched_loads: Vec<f64>,
    loads_without_requests: Vec<f64>,
}

#[derive(Serialize)]
struct CellJson {
    load: f64,
    latency: &'static str,
    counts: [u64; 2],
    p: f64,
    adjusted_p: f64,
    real: bool,
    ratio: RatioJson,
    shift_ms: RatioJson,
}

impl From<&Cell> for CellJson {
    fn from(cell: &Cell) -> Self {
        Self {
            load: cell.load,
            latency: cell.latency.id(),
            counts: cell.counts,
            p: cell.p,
            adjusted_p: cell.adjusted_p,
            real: cell.is_real(),
            ratio: (&cell.ratio).into(),
            shift_ms: (&cell.shift_ms).into(),
        }
    }
}

#[derive(Serialize)]
struct RepeatsJson<'a> {
    metric: &'static str,
    a: &'a [Option<f64>],
    b: &'a [Option<f64>],
    difference: Option<f64>,
    difference_interval: Option<[f64; 2]>,
    p: Option<f64>,
}

impl<'a> From<&'a Repeats> for RepeatsJson<'a> {
    fn from(repeats: &'a Repeats) -> Self {
        let welch: Option<&Welch> = repeats.difference.as_ref();
        Self {
            metric: repeats.metric,
            a: &repeats.a,
            b: &repeats.b,
            difference: welch.map(|welch| welch.difference),
            difference_interval: welch.map(|welch| welch.interval),
            p: welch.map(|welch| welch.p),
        }
    }
}

#[derive(Serialize)]
struct MoneyJson<'a> {
    spent_per_hour: f64,
    tokens: Vec<TokensJson<'a>>,
    fleets: [FleetJson; 2],
    fleet_ratio: Option<RatioJson>,
    break_even_price_b: Option<f64>,
    sensitivity: Vec<SensitivityJson<'a>>,
}

#[derive(Serialize)]
struct TokensJson<'a> {
    a: CostJson<'a>,
    b: CostJson<'a>,
    per_dollar_ratio: RatioJson,
    b_cheaper: Option<bool>,
}

#[derive(Serialize)]
struct FleetJson {
    replicas: f64,
    load: f64,
    dollars_per_hour: f64,
}

impl From<&Fleet> for FleetJson {
    fn from(fleet: &Fleet) -> Self {
        Self { replicas: fleet.replicas, load: fleet.load, dollars_per_hour: fleet.per_hour.0 }
    }
}

#[derive(Serialize)]
struct OverJson {
    subject: String,
    unit: &'static str,
    bounds: Vec<AtBoundJson>,
    token_flips: Vec<FlipJson>,
    fleet_flips: Vec<FlipJson>,
    searched: [f64; 2],
}

#[derive(Serialize)]
struct AtBoundJson {
    bound: f64,
    load_a: Option<f64>,
    load_b: Option<f64>,
    tokens_per_dollar_ratio: Option<RatioJson>,
    fleets: Option<[FleetJson; 2]>,
    fleet_ratio: Option<RatioJson>,
}

impl From<&AtBound> for AtBoundJson {
    fn from(at: &AtBound) -> Self {
        Self {
            bound: at.bound,
            load_a: at.load_a,
            load_b: at.load_b,
            tokens_per_dollar_ratio: at.tokens.as_ref().map(RatioJson::from),
            fleets: at.fleets.as_ref().map(|fleets| fleets.each_ref().map(FleetJson::from)),
            fleet_ratio: at.fleet_ratio.as_ref().map(RatioJson::from),
        }
    }
}

/// A bound at which the cheaper side changes.
#[derive(Serialize)]
struct FlipJson {
    bound: f64,
    cheaper_below: &'static str,
}

impl From<&Flip> for FlipJson {
    fn from(flip: &Flip) -> Self {
        // B is the engine's first side here.
        Self { bound: flip.bound, cheaper_below: if flip.a_below { "b" } else { "a" } }
    }
}

/// Writes the comparison as one JSON document.
pub(super) fn write(found: &Comparison, problems: &[Problem], out: &mut impl Write) -> Result<()> {
    let document = Document {
        slo: &found.slo.id,
        load_rule: found.rule.id(),
        a: side(&found.a),
        b: side(&found.b),
        summary: summary::sentences(found),
        factor: found.factor.as_deref(),
        differences: found.differences.iter().map(difference).collect(),
        unstated: &found.unstated,
        warnings: &found.warnings,
        load_ratio: found.load_ratio.as_ref().map(RatioJson::from),
        peak_ratio: found.peak_ratio,
        requests: RequestsJson {
            alarm_level: ALARM_LEVEL,
            cells: found.requests.cells.iter().map(CellJson::from).collect(),
            unmatched_loads: found.requests.unmatched_loads.clone(),
            loads_without_requests: found.requests.without_requests.clone(),
        },
        repeats: found.repeats.iter().map(RepeatsJson::from).collect(),
        money: found.money.as_ref().map(|money| money_json(money, found)),
        over_limit: found.over.as_ref().map(over),
        problems: problems.iter().map(problem).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

fn side(side: &Side) -> SideJson<'_> {
    SideJson {
        path: &side.path,
        repeats: side.repeats.iter().map(|run| run.provenance.source.as_str()).collect(),
        run: run(&side.judged),
    }
}

fn money_json<'a>(money: &'a Money, found: &Comparison) -> MoneyJson<'a> {
    let tokens = |tokens: &'a Tokens| TokensJson {
        a: CostJson::new(&tokens.a.served, found.rule, Some(&tokens.a)),
        b: CostJson::new(&tokens.b.served, found.rule, Some(&tokens.b)),
        per_dollar_ratio: (&tokens.ratio).into(),
        b_cheaper: tokens.b_cheaper,
    };
    MoneyJson {
        spent_per_hour: money.spent.0,
        tokens: money.tokens.iter().map(tokens).collect(),
        fleets: money.fleets.each_ref().map(FleetJson::from),
        fleet_ratio: money.fleet_ratio.as_ref().map(RatioJson::from),
        break_even_price_b: money.break_even_b.map(|price| price.0),
        sensitivity: money.sensitivity.iter().map(SensitivityJson::from).collect(),
    }
}

fn over(over: &OverLimit) -> OverJson {
    OverJson {
        subject: over.subject.id(),
        unit: over.subject.unit(),
        bounds: over.bounds.iter().map(AtBoundJson::from).collect(),
        token_flips: over.token_flips.iter().map(FlipJson::from).collect(),
        fleet_flips: over.fleet_flips.iter().map(FlipJson::from).collect(),
        searched: over.searched,
    }
}
