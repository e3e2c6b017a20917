//! What a benchmark tool sees of a level: requests with their times, some of them cut off at its end.

use headroom_engine::level::{Level, Rates, Requests, Samples};

/// One request, times in seconds of the simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Request {
    pub(crate) start: f64,
    pub(crate) first: f64,
    pub(crate) end: f64,
    pub(crate) tokens: f64,
}

impl Request {
    /// Time to first token, milliseconds.
    pub(crate) fn ttft_ms(&self) -> f64 {
        1000.0 * (self.first - self.start)
    }
}

/// Requests in order of start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trace {
    pub(crate) requests: Vec<Request>,
}

/// When a level ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Until {
    /// Once so many requests were answered; those still running are lost.
    Answered(usize),
    /// After so many seconds; those still running are lost.
    Seconds(f64),
}

impl Trace {
    /// The same on a server that takes this many times as long for everything.
    pub(crate) fn slowed(mut self, factor: f64) -> Self {
        for request in &mut self.requests {
            request.start *= factor;
            request.first *= factor;
            request.end *= factor;
        }
        self
    }

    /// The level that a tool reports: latencies times `factor`, rows in order of completion as tools write them.
    pub(crate) fn level(&self, load: f64, until: Until, factor: f64) -> Level {
        let begin = self.requests.iter().map(|request| request.start).fold(f64::INFINITY, f64::min);
        let mut answered = self.requests.clone();
        answered.sort_by(|a, b| a.end.total_cmp(&b.end));
        let end = match until {
            Until::Answered(count) => answered[count.min(answered.len()) - 1].end,
            Until::Seconds(seconds) => begin + seconds,
        };
        let incomplete = self.requests.iter().filter(|request| request.start <= end && request.end > end).count();
        answered.retain(|request| request.end <= end);
        let mut samples = Samples::default();
        for request in &answered {
            let ttft_ms = factor * request.ttft_ms();
            let e2e_ms = factor * 1000.0 * (request.end - request.start);
            samples.start_s.push(request.start - begin);
            samples.ttft_ms.push(ttft_ms);
            samples.itl_ms.push((e2e_ms - ttft_ms) / (request.tokens - 1.0).max(1.0));
            samples.tpot_ms.push(e2e_ms / request.tokens);
            samples.e2e_ms.push(e2e_ms);
            samples.output_tokens.push(request.tokens);
        }
        let duration = end - begin;
        let tokens: f64 = samples.output_tokens.iter().sum();
        Level {
            load,
            duration_s: Some(duration),
            requests: Requests { ok: answered.len() as u64, errored: 0, incomplete: incomplete as u64 },
            rates: Rates {
                requests: Some(answered.len() as f64 / duration),
                output_tokens: Some(tokens / duration),
                ..Rates::default()
            },
            output_tokens: Some(tokens / answered.len() as f64),
            samples: Some(samples),
            ..Level::default()
        }
    }
}
