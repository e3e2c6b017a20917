//! Findings about numbers that contradict each other.

use super::{Case, Code, Finding, FindingSeverity};
use crate::display;
use crate::level::{Distribution, Level};
use crate::run::{LoadModel, Run};

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    impossible_throughput(case, findings);
}

/// Whether a run reports more output than its latencies allow, so that its token rates must not be used.
pub(crate) fn has_impossible_rates(run: &Run) -> bool {
    run.levels.iter().any(|level| impossible(run, level).is_some())
}

/// A level that reports more output than its latencies allow.
struct Impossible<'a> {
    level: &'a Level,
    in_flight: f64,
    tokens: f64,
    request_s: f64,
    rate: f64,
    possible: f64,
}

/// Only one finding, for the level with the largest contradiction: the cause is the same at all levels.
fn impossible_throughput(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let found: Vec<Impossible<'_>> = case.run.levels.iter().filter_map(|level| impossible(case.run, level)).collect();
    let factor = |one: &Impossible<'_>| one.rate / one.possible;
    let Some(worst) = found.iter().reduce(|worst, other| if factor(other) > factor(worst) { other } else { worst })
    else {
        return;
    };
    let loads: Vec<f64> = found.iter().map(|one| one.level.load).collect();
    let elsewhere = if loads.len() > 1 {
        format!(" The same holds at {}.", display::loads_with_unit(&loads, case.unit()))
    } else {
        String::new()
    };
    findings.push(Finding {
        code: Code::ImpossibleThroughput,
        severity: FindingSeverity::Error,
        load: Some(worst.level.load),
        message: format!(
            "{} cannot produce {} output tok/s: an answer of {} tokens takes about {} at the reported latencies, so at most \
             about {} tok/s are possible (Little's law).{elsewhere} The rate probably counts prompt tokens too, or the \
             latencies leave out part of the answer, such as reasoning tokens. Find out which before computing a cost from it.",
            display::load_with_unit(worst.in_flight, "users"),
            display::rate(worst.rate),
            display::number(worst.tokens.round()),
            display::seconds(worst.request_s),
            display::rate(worst.possible)
        ),
    });
}

/// Little's law: a system with at most `in_flight` requests in flight, each taking R seconds,
/// completes at most `in_flight / R` of them per second.
fn impossible<'a>(run: &Run, level: &'a Level) -> Option<Impossible<'a>> {
    let in_flight = match run.load_model {
        LoadModel::Closed => level.load,
        LoadModel::Open(_) => level.concurrency?,
    };
    let tokens = level.output_tokens.or(run.workload.output_tokens)?;
    let rate = level.rates.output_tokens?;
    if !(in_flight > 0.0 && tokens >= 1.0 && rate.is_finite()) {
        return None;
    }
    let (request_s, slack) = shortest_request(level, tokens)?;
    let possible = in_flight * tokens / request_s;
    // Requests that were in flight when the window opened may complete inside it: up to one more per user than the law
    // allows.
    let head_start =
        level.duration_s.filter(|duration| *duration > 0.0).map_or(1.0, |duration| 1.0 + request_s / duration);
    (rate > possible * head_start * slack).then_some(Impossible { level, in_flight, tokens, request_s, rate, possible })
}

/// How long one request takes, seconds, and the factor by which that may be an overestimate.
///
/// If ITL is missing, TPOT is used and TTFT is left out, because some tools include the time of the first token in
/// TPOT. That makes the request too short rather than too long, so nothing possible is called impossible.
fn shortest_request(level: &Level, tokens: f64) -> Option<(f64, f64)> {
    // With means, the law is exact except for the correlation of lengths and latencies; AIPerf calls a residual above
    // 15 % inconsistent.
    const MEAN_SLACK: f64 = 1.15;
    // A 95th percentile is above the mean, so the possible rate is underestimated. In the published runs at hand, a
    // request at p95 is at most a fifth longer than the mean one.
    const PERCENTILE_SLACK: f64 = 1.2;
    let by = |read: &dyn Fn(&Distribution) -> Option<f64>| {
        let of = |distribution: &Option<Distribution>| {
            distribution.as_ref().and_then(read).filter(|value| value.is_finite() && *value > 0.0)
        };
        let parts = of(&level.ttft).zip(of(&level.itl)).map(|(ttft, itl)| ttft + (tokens - 1.0) * itl);
        of(&level.e2e).or(parts).or_else(|| Some((tokens - 1.0).max(1.0) * of(&level.tpot)?))
    };
    let mean = by(&|distribution| distribution.mean).map(|ms| (ms / 1000.0, MEAN_SLACK));
    let percentile = |q: f64| by(&|distribution| distribution.quantile(q)).map(|ms| (ms / 1000.0, PERCENTILE_SLACK));
    mean.or_else(|| percentile(0.5)).or_else(|| percentile(0.95))
}
