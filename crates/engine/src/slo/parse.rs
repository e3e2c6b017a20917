//! Limits as people write them: `ttft_p95=1000ms`.

use core::fmt;

use super::{Latency, Limit, Statistic, Subject};

/// Why a text is not a limit, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitError {
    /// The text that was given.
    pub text: String,
    /// What is wrong with it and what was expected.
    pub reason: String,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "limit `{}`: {}", self.text, self.reason)
    }
}

impl core::error::Error for LimitError {}

/// Reads a limit: a subject, `=` or `<=`, a bound and its unit.
///
/// `ttft_p95=1000ms`, `ttft_p95<=1s`, `e2e_mean=7s`, `error_rate=1%`, `unserved=20%`, `kv_cache_use=0.9`,
/// `queue_depth=5`. A latency needs a unit, because 1 and 1000 are both plausible and differ by a factor of a thousand.
/// It needs a statistic, because a mean and a 99th percentile are different promises.
///
/// # Errors
///
/// [`LimitError`] says what was found and what was expected.
pub fn parse_limit(text: &str) -> Result<Limit, LimitError> {
    let fail = |reason: String| LimitError { text: text.trim().to_owned(), reason };
    let Some(at) = text.find(['=', '<', '≤', '>', '≥']) else {
        return Err(fail("expected `subject=bound`, for example `ttft_p95=1000ms`".into()));
    };
    let (name, rest) = text.split_at(at);
    if rest.starts_with(['>', '≥']) {
        return Err(fail("a limit is an upper bound: write `=` or `<=`".into()));
    }
    let Some(bound) = ["<=", "≤", "="].iter().find_map(|operator| rest.strip_prefix(operator)) else {
        return Err(fail("a limit holds up to and including its bound: write `<=` or `=` instead of `<`".into()));
    };
    let subject = parse_subject(name).map_err(|error| fail(error.reason))?;
    let bound = parse_bound(subject, bound.trim()).map_err(fail)?;
    Ok(Limit { subject, bound })
}

/// Reads the subject of a limit: `ttft_p95`, `error_rate`, `unserved`, `queue_depth`, `kv_cache_use`.
///
/// # Errors
///
/// [`LimitError`] names the subjects and statistics that exist.
pub fn parse_subject(text: &str) -> Result<Subject, LimitError> {
    let name = text.trim().to_ascii_lowercase();
    let fail = |reason: String| Err(LimitError { text: text.trim().to_owned(), reason });
    match name.as_str() {
        "error_rate" => return Ok(Subject::ErrorRate),
        "unserved" => return Ok(Subject::Unserved),
        "queue_depth" => return Ok(Subject::QueueDepth),
        "kv_cache_use" => return Ok(Subject::KvCacheUse),
        _ => {}
    }
    let (latency_name, statistic_name) = match name.split_once('_') {
        Some((latency, statistic)) => (latency, Some(statistic)),
        None => (name.as_str(), None),
    };
    let Some(latency) = Latency::ALL.into_iter().find(|latency| latency.id() == latency_name) else {
        return fail(format!(
            "`{name}` is not something that can be limited; expected ttft, itl, tpot or e2e with a statistic \
             (`ttft_p95`), or error_rate, unserved, queue_depth or kv_cache_use"
        ));
    };
    let Some(statistic_name) = statistic_name else {
        return fail(format!("say which statistic of {name}: {name}_mean, _p50, _p90, _p95 or _p99"));
    };
    match Statistic::ALL.into_iter().find(|statistic| statistic.id() == statistic_name) {
        Some(statistic) => Ok(Subject::Latency(latency, statistic)),
        None => fail(format!("`{statistic_name}` is not a statistic; expected mean, p50, p90, p95 or p99")),
    }
}

fn parse_bound(subject: Subject, text: &str) -> Result<f64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let example = match subject {
        Subject::Latency(..) => "1000ms or 1s",
        Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse => "1% or 0.01",
        Subject::QueueDepth => "5",
    };
    let Ok(number) = number.parse::<f64>() else {
        return Err(format!("the bound `{text}` is not a number; expected for example {example}"));
    };
    let unexpected = || format!("`{unit}` is not a unit of {}; expected for example {example}", subject.id());
    let bound = match (subject, unit) {
        (Subject::Latency(..), "s") => number * 1000.0,
        (Subject::Latency(..), "") => {
            return Err(format!("{number} of what? Write {number}ms or {number}s"));
        }
        (Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse, "%") => number / 100.0,
        (Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse, "") if number >= 1.0 => {
            return Err(format!("{number} without a unit is a share of all; write {number}% or a share below 1"));
        }
        (Subject::Latency(..), "ms")
        | (Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse | Subject::QueueDepth, "") => number,
        _ => return Err(unexpected()),
    };
    match subject {
        Subject::Latency(..) if bound <= 0.0 => Err("a latency is above zero, so the bound must be too".into()),
        Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse if bound > 1.0 => {
            Err("a share cannot be above 100%, so this would limit nothing".into())
        }
        _ => Ok(bound),
    }
}
