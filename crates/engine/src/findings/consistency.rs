//! Findings about numbers of one level that contradict each other: percentiles, units and tokens.

use super::{Case, Code, Finding, FindingSeverity, once};
use crate::display;
use crate::level::{Distribution, Level};
use crate::run::LoadModel;
use crate::slo::Latency;

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    percentiles(case, findings);
    latencies(case, findings);
    tokens(case, findings);
}

/// An impossible distribution: a higher percentile is never below a lower one.
fn percentiles(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let told = |level: &Level| {
        let (latency, [low, high]) = Latency::ALL
            .into_iter()
            .find_map(|latency| Some((latency, out_of_order(level.distribution(latency)?)?)))?;
        let statistic = |(q, value): (f64, f64)| format!("{} {}", rank(q), display::milliseconds(value));
        Some(format!(
            "Of {} at {} {} is above {}, which no set of requests can give: the report was put together by hand or from \
             several measurements. Take the numbers from the tool's own file.",
            latency.label(),
            display::load_with_unit(level.load, case.unit()),
            statistic(low),
            statistic(high),
        ))
    };
    once(case, Code::PercentilesOutOfOrder, FindingSeverity::Error, told, findings);
}

/// Two ranks whose values are in the wrong order by more than rounding. The minimum has rank 0 and the maximum rank 1.
fn out_of_order(distribution: &Distribution) -> Option<[(f64, f64); 2]> {
    // Tools round to whole milliseconds or to three digits.
    const SHARE: f64 = 1.002;
    const ROUNDED_MS: f64 = 1.0;
    let mut ranks: Vec<(f64, f64)> = distribution.quantiles.clone();
    ranks.extend(distribution.min.map(|min| (0.0, min)));
    ranks.extend(distribution.max.map(|max| (1.0, max)));
    // Tools write zero for what they have not measured.
    ranks.retain(|(_, value)| value.is_finite() && *value > 0.0);
    ranks.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranks.windows(2).find(|pair| pair[0].1 > SHARE * pair[1].1 + ROUNDED_MS).map(|pair| [pair[0], pair[1]])
}

fn rank(q: f64) -> String {
    match q {
        q if q <= 0.0 => "the minimum".to_owned(),
        q if q >= 1.0 => "the maximum".to_owned(),
        q => format!("p{}", display::number(100.0 * q)),
    }
}

/// A contradiction between latencies, as text.
enum Contradiction {
    /// They differ by a factor of about a thousand.
    Units(String),
    /// They differ by another factor.
    Meaning(String),
}

/// A request cannot end before its first token, takes as long as its parts together, and by Little's law accounts for the
/// requests in flight.
fn latencies(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let units = |level: &Level| match contradiction(case, level)? {
        Contradiction::Units(text) => Some(format!(
            "{text} That is about a thousand apart: a latency is in seconds where milliseconds are expected, or the other way \
             around. Correct the unit in the report."
        )),
        Contradiction::Meaning(_) => None,
    };
    let meaning = |level: &Level| match contradiction(case, level)? {
        Contradiction::Units(_) => None,
        Contradiction::Meaning(text) => Some(format!(
            "{text} The two are of different requests, or one counts something else: find out what before judging by either."
        )),
    };
    once(case, Code::ImpossibleUnits, FindingSeverity::Error, units, findings);
    once(case, Code::LatenciesDisagree, FindingSeverity::Warning, meaning, findings);
}

fn contradiction(case: &Case<'_>, level: &Level) -> Option<Contradiction> {
    // Varying lengths, and means weighted by tokens, change a mean by far less than a factor of two.
    const APART: f64 = 2.0;
    // Histograms and rounding change a percentile by less than a tenth.
    const SOONER: f64 = 1.1;
    let at = display::load_with_unit(level.load, case.unit());
    let e2e = level.e2e.as_ref()?;
    let whole = positive(e2e.mean);
    let parts = whole.and_then(|whole| {
        let parts = sum_of_parts(level)?;
        let [parts_text, whole_text] = [parts, whole].map(display::milliseconds);
        let text =
            format!("At {at} the first token and the time between tokens add up to {parts_text}, but a request takes {whole_text}.");
        Some((text, parts / whole))
    });
    // The sum shows a wrong unit best, because it covers the whole request.
    if let Some((text, _)) = parts.as_ref().filter(|(_, factor)| is_a_thousand(*factor)) {
        return Some(Contradiction::Units(text.clone()));
    }
    if let Some((name, ttft, whole)) = level.ttft.as_ref().and_then(|ttft| first_after_last(ttft, e2e, SOONER)) {
        let [first, last] = [ttft, whole].map(display::milliseconds);
        let text = format!("At {at} TTFT {name} is {first}, after the end of the request (E2E {name} {last}).");
        let thousand = is_a_thousand(ttft / whole);
        return Some(if thousand { Contradiction::Units(text) } else { Contradiction::Meaning(text) });
    }
    if let Some((text, _)) = parts.filter(|(_, factor)| *factor > APART) {
        return Some(Contradiction::Meaning(text));
    }
    // Little's law: requests in flight are requests per second times seconds per request.
    let whole = whole?;
    let users = positive(match case.run.load_model {
        LoadModel::Closed => Some(level.load),
        LoadModel::Open(_) => level.concurrency,
    })?;
    let rate = positive(level.rates.requests)?;
    let in_flight = rate * whole / 1000.0;
    is_a_thousand(in_flight / users).then(|| {
        Contradiction::Units(format!(
            "{} requests per second of {} each are {} in flight (Little's law), but at {at} there were {}.",
            display::rate(rate),
            display::milliseconds(whole),
            display::number(in_flight),
            display::number(users)
        ))
    })
}

/// Whether a factor is about a thousand or a thousandth, within what two latencies of the same unit differ by.
fn is_a_thousand(factor: f64) -> bool {
    const RANGE: core::ops::Range<f64> = 500.0..2000.0;
    RANGE.contains(&factor) || RANGE.contains(&factor.recip())
}

/// The first statistic whose first token comes later than the end of the request, with both values.
fn first_after_last(ttft: &Distribution, e2e: &Distribution, slack: f64) -> Option<(String, f64, f64)> {
    let mean = Some(("mean".to_owned(), ttft.mean, e2e.mean));
    let quantiles = ttft.quantiles.iter().map(|&(q, value)| (rank(q), Some(value), e2e.quantile(q)));
    mean.into_iter()
        .chain(quantiles)
        .filter_map(|(name, first, last)| Some((name, positive(first)?, positive(last)?)))
        .find(|(_, first, last)| *first > slack * last)
}

/// The sum of the mean time to the first token and the mean time from there to the last one.
fn sum_of_parts(level: &Level) -> Option<f64> {
    let mean = |distribution: &Option<Distribution>| positive(distribution.as_ref()?.mean);
    let tokens = level.output_tokens.filter(|tokens| *tokens >= 2.0)?;
    Some(mean(&level.ttft)? + (tokens - 1.0) * mean(&level.itl)?)
}

fn positive(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite() && *value > 0.0)
}

/// Tokens per second must equal tokens per request times requests per second, and prompt and output tokens must add up
/// to the total.
fn tokens(case: &Case<'_>, findings: &mut Vec<Finding>) {
    const ADVICE: &str = "One of the three counts something else, such as unfinished requests or the other kind of tokens: \
                          find out which before computing a cost from it.";
    // AIPerf calls a residual above 15 % inconsistent.
    const APART: f64 = 1.15;
    let told = |level: &Level| {
        // Tools may count the tokens of requests that were cut off: up to one for each user.
        let unfinished = match case.run.load_model {
            LoadModel::Closed => level.load,
            LoadModel::Open(_) => level.requests.incomplete as f64,
        };
        let room = APART + if level.requests.ok > 0 { unfinished / level.requests.ok as f64 } else { 0.0 };
        let apart = |a: f64, b: f64| a > room * b || b > room * a;
        let rates = &level.rates;
        let at = display::load_with_unit(level.load, case.unit());
        let kinds = [
            ("output", rates.output_tokens, level.output_tokens),
            ("prompt", rates.prompt_tokens, level.prompt_tokens),
        ];
        for (kind, rate, each) in kinds {
            let (Some(requests), Some(rate), Some(each)) = (positive(rates.requests), positive(rate), positive(each))
            else {
                continue;
            };
            if apart(rate, requests * each) {
                return Some(format!(
                    "At {at} {} requests per second with {} {kind} tokens each make {} tok/s, but the report has {}. {ADVICE}",
                    display::rate(requests),
                    display::number(each.round()),
                    display::rate(requests * each),
                    display::rate(rate)
                ));
            }
        }
        let (output, prompt) = (positive(rates.output_tokens)?, positive(rates.prompt_tokens)?);
        let total = positive(rates.total_tokens)?;
        apart(total, prompt + output).then(|| {
            format!(
                "At {at} {} prompt and {} output tok/s make {}, but the report has a total of {}. {ADVICE}",
                display::rate(prompt),
                display::rate(output),
                display::rate(prompt + output),
                display::rate(total)
            )
        })
    };
    once(case, Code::TokenArithmetic, FindingSeverity::Warning, told, findings);
}
