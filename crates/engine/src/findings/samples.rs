//! Findings about how much was measured at each level.

use super::{Case, Code, Finding, FindingSeverity, Judged};
use crate::bounded::{bounded, points_for_doubt};
use crate::display;
use crate::distributions::{CONFIDENCE, quantile_ranks};
use crate::level::Level;
use crate::points::level_estimate;
use crate::slo::Limit;
use crate::whole;

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    few_samples(case, findings);
    level_too_short(case, findings);
    incomplete(case, findings);
    dataset_exhausted(case, findings);
}

/// Fewest requests for which the slowest of them is an upper bound of the `q` quantile with 95 % two-sided confidence:
/// 36 for p90, 72 for p95, 368 for p99. With fewer, the interval has no upper end, so it cannot be excluded that the
/// limit is broken.
fn fewest_for_quantile(q: f64) -> u64 {
    // The largest of n values is below the quantile with probability qⁿ.
    let tail = 0.5 * (1.0 - CONFIDENCE);
    whole::count((libm::log(tail) / libm::log(q)).ceil())
}

/// Only levels that decide the answer get a warning. A level that fails beyond chance gets none either: more requests
/// would not make it pass.
fn few_samples(case: &Case<'_>, findings: &mut Vec<Finding>) {
    for level in case.run.levels.iter().filter(|level| case.decides(level.load) && !fails_for_certain(case, level)) {
        // If several limits have too few requests, name the one that needs most.
        let short = case
            .slo
            .limits
            .iter()
            .filter_map(|limit| {
                let q = limit.quantile()?;
                let measured = level_estimate(level, case.run.load_model, limit.subject).map(|estimate| estimate.count);
                let count = measured.or_else(|| Some(bounded(level, limit.subject)?.count))?;
                (count > 0 && quantile_ranks(count, q, CONFIDENCE).1.is_none()).then_some((limit, q, count))
            })
            .reduce(|most, other| if other.1 > most.1 { other } else { most });
        let Some((limit, q, count)) = short else { continue };
        findings.push(Finding {
            code: Code::FewSamples,
            severity: FindingSeverity::Warning,
            load: Some(level.load),
            message: few_samples_message(case, level, limit, q, count),
        });
    }
}

/// Whether the confidence interval of some limit's metric lies beyond the bound.
fn fails_for_certain(case: &Case<'_>, level: &Level) -> bool {
    let stand_in = |judged: &Judged| {
        let known = (!judged.bounded.is_empty()).then(|| points_for_doubt(case.run, judged.limit.subject))?;
        known.into_iter().find(|point| point.load.total_cmp(&level.load).is_eq())
    };
    case.judged.iter().any(|judged| {
        let point = judged.at(level.load).or_else(|| stand_in(judged));
        point.and_then(|point| point.lo).is_some_and(|lo| !judged.limit.holds(lo))
    })
}

fn few_samples_message(case: &Case<'_>, level: &Level, limit: &Limit, q: f64, count: u64) -> String {
    let needed = fewest_for_quantile(q);
    let meaning = if count as f64 * (1.0 - q) < 1.0 {
        format!("with so few, {} is little more than the slowest one", limit.subject.label())
    } else {
        "too few to say how high it may really be".to_owned()
    };
    let longer = level
        .duration_s
        .filter(|duration| duration.is_finite() && *duration > 0.0)
        .map(|duration| format!(", about {}", display::seconds((duration * needed as f64 / count as f64).ceil())))
        .unwrap_or_default();
    format!(
        "{} at {} rests on {}: {meaning}. Measure this level until it has {needed}{longer}.",
        limit.subject.label(),
        display::load_with_unit(level.load, case.unit()),
        display::count(count, "request"),
    )
}

/// Mean time from a request's start to its end, seconds, from the best source that the level has: the mean end-to-end
/// latency, else its median, else the sum of its parts.
fn request_seconds(level: &Level) -> Option<f64> {
    let typical = |distribution: &Option<crate::level::Distribution>| {
        let distribution = distribution.as_ref()?;
        let value = distribution.mean.or_else(|| distribution.quantile(0.5))?;
        (value.is_finite() && value > 0.0).then_some(value)
    };
    let from_parts = || {
        let tokens = level.output_tokens.filter(|tokens| tokens.is_finite() && *tokens >= 1.0)?;
        Some(typical(&level.ttft)? + (tokens - 1.0) * typical(&level.itl)?)
    };
    Some(typical(&level.e2e).or_else(from_parts)? / 1000.0)
}

/// Only levels that decide the answer get a warning.
fn level_too_short(case: &Case<'_>, findings: &mut Vec<Finding>) {
    // All streams start together, so the first request of each meets an empty server and then a burst, and the last one
    // is cut off by the clock. With fewer than four in a row, these two are more than half of what was measured.
    const REQUESTS_IN_A_ROW: f64 = 4.0;
    for level in case.run.levels.iter().filter(|level| case.decides(level.load)) {
        let (Some(duration), Some(request)) = (level.duration_s, request_seconds(level)) else { continue };
        let in_a_row = duration / request;
        if !(in_a_row > 0.0 && in_a_row < REQUESTS_IN_A_ROW) {
            continue;
        }
        let enough = (REQUESTS_IN_A_ROW * request).ceil();
        findings.push(Finding {
            code: Code::LevelTooShort,
            severity: FindingSeverity::Warning,
            load: Some(level.load),
            message: format!(
                "The level at {} lasted {}, only {} times one of its own requests ({}): most of it is start and end, not \
                 steady state. Let it run for at least {}.",
                display::load_with_unit(level.load, case.unit()),
                display::seconds(duration),
                display::number(in_a_row),
                display::seconds(request),
                display::seconds(enough)
            ),
        });
    }
}

/// Of the levels that pass and decide the answer, the one with the largest share of requests cut off. A failing level
/// would fail anyway, and a level whose percentile is far within the limit would pass anyway. An interval from single
/// requests leaves out those that the clock could cut off, so it needs no finding.
fn incomplete(case: &Case<'_>, findings: &mut Vec<Finding>) {
    // The missing slow requests make a percentile a little too low, but never this far.
    const FAR: f64 = 0.5;
    if case.binding.is_some_and(|judged| judged.replicates.is_some()) {
        return;
    }
    let fails = |level: &Level| case.breaking.first_failing_load.is_some_and(|failing| level.load >= failing);
    let near = |level: &&Level| {
        let mut latencies = case.judged.iter().filter(|judged| judged.limit.is_latency());
        latencies.any(|judged| judged.at(level.load).is_none_or(|point| point.value > FAR * judged.limit.bound))
    };
    let all = |level: &Level| level.requests.ok + level.requests.errored + level.requests.incomplete;
    let share = |level: &Level| level.requests.incomplete as f64 / all(level) as f64;
    let most = case
        .run
        .levels
        .iter()
        // The clock cuts off slow requests rather than fast ones. Once they are more than the
        // share beyond the percentile, they alone could have moved it.
        .filter(|level| case.decides(level.load) && !fails(level) && near(level))
        .filter(|level| all(level) > 0 && share(level) > case.tail_share())
        .reduce(|most, other| if share(other) > share(most) { other } else { most });
    let Some(level) = most else { return };
    findings.push(Finding {
        code: Code::IncompleteHigh,
        severity: FindingSeverity::Info,
        load: Some(level.load),
        message: format!(
            "When the level at {} ended, {} of {} ({}) were still running. They count neither as success nor as error, but \
             slow ones are cut off more often than fast ones, so the percentiles may be a little low. A longer level makes \
             the share smaller.",
            display::load_with_unit(level.load, case.unit()),
            display::number(level.requests.incomplete as f64),
            display::count(all(level), "request"),
            display::percent(share(level))
        ),
    });
}

/// Levels that all ended after the same number of requests, with none cut off, while others were ended by the clock:
/// the data set or a request limit ran out. Only if one of them decides the answer.
fn dataset_exhausted(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let run = case.run;
    let finished = |level: &Level| level.requests.ok + level.requests.errored;
    let Some(most) = run.levels.iter().map(finished).max().filter(|&most| most > 0) else { return };
    let ended: Vec<&Level> =
        run.levels.iter().filter(|level| finished(level) == most && level.requests.incomplete == 0).collect();
    // A single such level may be chance; if all levels are like that, the benchmark has a fixed number of requests.
    if ended.len() < 2 || ended.len() == run.levels.len() || !ended.iter().any(|level| case.decides(level.load)) {
        return;
    }
    let loads: Vec<f64> = ended.iter().map(|level| level.load).collect();
    findings.push(Finding {
        code: Code::DatasetExhausted,
        severity: FindingSeverity::Warning,
        load: ended.first().map(|level| level.load),
        message: format!(
            "The levels at {} all ended after exactly {}: the data set or a request limit ran out before the time \
             did, so they are shorter than the others. Give the benchmark more prompts, or let them repeat.",
            display::loads_with_unit(&loads, run.load_model.unit()),
            display::count(most, "request")
        ),
    });
}
