//! Counts and durations of the requests that the server has answered, in Prometheus' text format.

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The kind of request.
#[derive(Clone, Copy)]
pub(crate) enum Endpoint {
    Query,
    Health,
    Resource,
    Stream,
}

const ENDPOINTS: [(Endpoint, &str); 4] = [
    (Endpoint::Query, "query"),
    (Endpoint::Health, "health"),
    (Endpoint::Resource, "resource"),
    (Endpoint::Stream, "stream"),
];

/// How the request ended.
#[derive(Clone, Copy)]
pub(crate) enum Outcome {
    Ok,
    Error,
    Panic,
}

const OUTCOMES: [(Outcome, &str); 3] = [(Outcome::Ok, "ok"), (Outcome::Error, "error"), (Outcome::Panic, "panic")];

/// One counter per endpoint and outcome, and one sum of durations per endpoint.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: [[AtomicU64; OUTCOMES.len()]; ENDPOINTS.len()],
    micros: [AtomicU64; ENDPOINTS.len()],
}

impl Metrics {
    pub(crate) fn record(&self, endpoint: Endpoint, outcome: Outcome, took: Duration) {
        self.requests[endpoint as usize][outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.micros[endpoint as usize]
            .fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn to_prometheus(&self) -> String {
        let mut text = String::from(
            "# HELP headroom_plugin_requests_total Requests answered.\n# TYPE headroom_plugin_requests_total counter\n",
        );
        // Writing to a string cannot fail.
        let mut put = |line: std::fmt::Arguments<'_>| text.write_fmt(line).unwrap_or_default();
        for (endpoint, name) in ENDPOINTS {
            for (outcome, result) in OUTCOMES {
                let count = self.requests[endpoint as usize][outcome as usize].load(Ordering::Relaxed);
                put(format_args!(
                    "headroom_plugin_requests_total{{endpoint=\"{name}\",outcome=\"{result}\"}} {count}\n"
                ));
            }
        }
        put(format_args!(
            "# HELP headroom_plugin_request_seconds Time that requests took.\n# TYPE headroom_plugin_request_seconds summary\n"
        ));
        for (endpoint, name) in ENDPOINTS {
            let count: u64 = self.requests[endpoint as usize].iter().map(|count| count.load(Ordering::Relaxed)).sum();
            let seconds = Duration::from_micros(self.micros[endpoint as usize].load(Ordering::Relaxed)).as_secs_f64();
            put(format_args!("headroom_plugin_request_seconds_sum{{endpoint=\"{name}\"}} {seconds}\n"));
            put(format_args!("headroom_plugin_request_seconds_count{{endpoint=\"{name}\"}} {count}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_durations_are_written_for_prometheus() {
        let metrics = Metrics::default();
        metrics.record(Endpoint::Query, Outcome::Ok, Duration::from_millis(1500));
        metrics.record(Endpoint::Query, Outcome::Panic, Duration::from_millis(500));
        let text = metrics.to_prometheus();
        for line in [
            "headroom_plugin_requests_total{endpoint=\"query\",outcome=\"ok\"} 1",
            "headroom_plugin_requests_total{endpoint=\"query\",outcome=\"panic\"} 1",
            "headroom_plugin_requests_total{endpoint=\"health\",outcome=\"ok\"} 0",
            "headroom_plugin_request_seconds_sum{endpoint=\"query\"} 2",
            "headroom_plugin_request_seconds_count{endpoint=\"query\"} 2",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is missing from\n{text}");
        }
    }
}
