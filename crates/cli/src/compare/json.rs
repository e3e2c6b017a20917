//! A comparison as JSON. Every ratio and change is B over A, every difference B less A.

use std::io::Write;

use anyhow::Result;
use headroom_engine::compare::{ALARM_LEVEL, Cell, Shift, Welch};
use headroom_engine::cost::{Contest, Fleet, Ratio, Reach, Stretch};
use headroom_engine::run::RUN_SCATTER;
use headroom_engine::workload::Work;
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
    load_ratio: Option<YieldJson>,
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

/// The ratio of what both sides hold or yield.
#[derive(Serialize)]
struct YieldJson {
    value: f64,
    interval: [Option<f64>; 2],
    /// `at_least`, `at_most` or `open` if a sweep ended while passing.
    reach: &'static str,
    /// Assumed scatter between runs of one deployment (standard deviation of the logarithm); `null` if repeated runs
    /// showed it.
    assumed_run_scatter: Option<f64>,
}

impl From<&Ratio> for YieldJson {
    fn from(ratio: &Ratio) -> Self {
        Self {
            value: ratio.value,
            interval: ratio.interval,
            reach: reach(ratio.reach()),
            assumed_run_scatter: (!ratio.by_repeats).then_some(RUN_SCATTER),
        }
    }
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Exact => "exact",
        Reach::AtLeast => "at_least",
        Reach::AtMost => "at_most",
        Reach::Open => "open",
    }
}

/// Whether both sides did the same work; `null` if unknown.
fn same_work(contest: &Contest) -> Option<bool> {
    match contest.work {
        Work::Same => Some(true),
        Work::Differs => Some(false),
        Work::Unknown => None,
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
    fleet_ratio: Option<YieldJson>,
    break_even_price_b: Option<f64>,
    sensitivity: Vec<SensitivityJson<'a>>,
}

#[derive(Serialize)]
struct TokensJson<'a> {
    a: CostJson<'a>,
    b: CostJson<'a>,
    per_dollar_ratio: YieldJson,
    requests_per_dollar_ratio: Option<YieldJson>,
    same_work: Option<bool>,
    b_cheaper: Option<bool>,
}

#[derive(Serialize)]
struct FleetJson {
    replicas: f64,
    load: f64,
    at_least: bool,
    dollars_per_hour: f64,
}

impl From<&(Reach, Fleet)> for FleetJson {
    fn from((reach, fleet): &(Reach, Fleet)) -> Self {
        let at_least = *reach == Reach::AtLeast;
        Self { replicas: fleet.replicas, load: fleet.load, at_least, dollars_per_hour: fleet.per_hour.0 }
    }
}

#[derive(Serialize)]
struct OverJson {
    subject: String,
    unit: &'static str,
    bounds: Vec<AtBoundJson>,
    tokens: Vec<StretchJson>,
    fleets: Vec<StretchJson>,
    searched: [f64; 2],
}

#[derive(Serialize)]
struct AtBoundJson {
    bound: f64,
    load_a: Option<f64>,
    load_b: Option<f64>,
    at_least: [bool; 2],
    tokens_per_dollar_ratio: Option<YieldJson>,
    b_cheaper: Option<bool>,
    fleets: Option<[FleetJson; 2]>,
    fleet_ratio: Option<YieldJson>,
}

impl From<&AtBound> for AtBoundJson {
    fn from(at: &AtBound) -> Self {
        let sides = [&at.a, &at.b];
        let [load_a, load_b] = sides.map(|served| served.map(|served| served.load));
        let ratio = |contest: &Option<Contest>| contest.as_ref().map(|contest| YieldJson::from(&contest.ratio));
        Self {
            bound: at.bound,
            load_a,
            load_b,
            at_least: sides.map(|served| served.is_some_and(|served| served.at_least)),
            tokens_per_dollar_ratio: ratio(&at.tokens),
            b_cheaper: at.tokens.as_ref().and_then(Contest::cheaper),
            fleets: at.fleets.as_ref().map(|fleets| fleets.each_ref().map(FleetJson::from)),
            fleet_ratio: ratio(&at.fleet),
        }
    }
}

/// Bounds at which both sides have an answer, and who is ahead there by the figures; `null` for a tie.
#[derive(Serialize)]
struct StretchJson {
    from: f64,
    to: f64,
    ahead: Option<&'static str>,
    beyond_doubt: bool,
}

impl From<&Stretch> for StretchJson {
    fn from(stretch: &Stretch) -> Self {
        // The engine compares with B as its first side here.
        let ahead = stretch.a_ahead.map(|b| if b { "b" } else { "a" });
        Self { from: stretch.from, to: stretch.to, ahead, beyond_doubt: stretch.certain }
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
        load_ratio: found.load_ratio.as_ref().map(YieldJson::from),
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
        per_dollar_ratio: (&tokens.contest.ratio).into(),
        requests_per_dollar_ratio: tokens.contest.requests.as_ref().map(YieldJson::from),
        same_work: same_work(&tokens.contest),
        b_cheaper: tokens.contest.cheaper(),
    };
    MoneyJson {
        spent_per_hour: money.spent.0,
        tokens: money.tokens.iter().map(tokens).collect(),
        fleets: money.fleets.each_ref().map(FleetJson::from),
        fleet_ratio: money.fleet.as_ref().map(|contest| YieldJson::from(&contest.ratio)),
        break_even_price_b: money.break_even_b.map(|(_, price)| price.0),
        sensitivity: money.sensitivity.iter().map(SensitivityJson::from).collect(),
    }
}

fn over(over: &OverLimit) -> OverJson {
    OverJson {
        subject: over.subject.id(),
        unit: over.subject.unit(),
        bounds: over.bounds.iter().map(AtBoundJson::from).collect(),
        tokens: over.tokens.iter().map(StretchJson::from).collect(),
        fleets: over.fleets.iter().map(StretchJson::from).collect(),
        searched: over.searched,
    }
}
