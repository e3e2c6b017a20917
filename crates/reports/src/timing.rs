//! The duration of a level, if the report and its requests disagree about it.

use headroom_engine::level::{Level, Rates};

use crate::format::Report;
use crate::problem::{Code, Problem};
use crate::summary::MS_PER_S;

/// How much longer than its requests a level's stated duration may be, as a factor: the tool starts before the first
/// request and ends after the last.
const SLACK: f64 = 1.05;

/// The stated duration may also be longer by this many mean gaps between requests, because nothing is sent in the gap
/// after the last one.
const GAPS: f64 = 2.0;

/// Replaces a level's duration by the time from the first start to the last end, if all requests are known, none failed
/// or was cut off, and the report states a much longer time. A tool that stops after a number of requests may write its
/// time limit instead, which makes the rates too low.
pub(crate) fn settle(level: &mut Level, path: Option<&str>, report: &mut Report<'_>) {
    let (Some(said), Some(span)) = (level.duration_s, span(level)) else { return };
    let Span { last_end_s, length_s, requests } = span;
    if said <= length_s * SLACK || said - length_s <= GAPS * length_s / requests {
        return;
    }
    let factor = said / length_s;
    let faster = |rate: Option<f64>| rate.map(|rate| rate * factor);
    let Rates { requests, output_tokens, prompt_tokens, total_tokens } = level.rates;
    level.rates = Rates {
        requests: faster(requests),
        output_tokens: faster(output_tokens),
        prompt_tokens: faster(prompt_tokens),
        total_tokens: faster(total_tokens),
    };
    level.duration_s = Some(length_s);
    // A level's milliseconds are far inside the range of i64.
    #[allow(clippy::cast_possible_truncation)]
    let after_start = (last_end_s * MS_PER_S).round() as i64;
    level.ended_ms = level.started_ms.map(|started| started + after_start).or(level.ended_ms);
    report.problems.push(Problem {
        source: report.source.to_owned(),
        code: Code::Contradiction,
        path: Some(path.map_or_else(|| "duration".to_owned(), |path| format!("{path}.duration"))),
        message: format!(
            "expected about the {length_s:.1} s from the first start to the last end of the requests; found {said:.1} s, \
             which may be the time limit of a run that stopped after its last request. Rates are computed from the \
             requests."
        ),
    });
}

/// The time from the first start to the last end.
struct Span {
    /// Seconds after the start of the level.
    last_end_s: f64,
    length_s: f64,
    requests: f64,
}

/// `None` if a request is missing, has no times, failed or was cut off.
fn span(level: &Level) -> Option<Span> {
    let samples = level.samples.as_ref()?;
    let whole =
        level.requests.errored == 0 && level.requests.incomplete == 0 && samples.len() as u64 == level.requests.ok;
    if !whole || samples.len() < 2 {
        return None;
    }
    let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
    for (start, e2e) in samples.start_s.iter().zip(&samples.e2e_ms) {
        let end = start + e2e / MS_PER_S;
        if !end.is_finite() {
            return None;
        }
        first = first.min(*start);
        last = last.max(end);
    }
    (last > first).then_some(Span { last_end_s: last, length_s: last - first, requests: samples.len() as f64 })
}
