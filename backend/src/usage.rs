//! The resources that this process uses: its own metrics, in Prometheus' text format. Grafana serves them at
//! `/metrics/plugins/headroom-llm-datasource`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use headroom_prometheus::{Traffic, held_bytes, traffic};

/// Upper bounds of the histogram of query times, in seconds: from what nobody notices, over what a dashboard waits for,
/// to when Grafana aborts a query.
const BOUNDS_S: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// A metric: its name, its type and its description.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name. Histograms and summaries also have names with the usual endings.
    pub name: &'static str,
    /// Its type in Prometheus.
    pub kind: &'static str,
    /// Its description.
    pub about: &'static str,
}

const REQUESTS: Metric = Metric {
    name: "headroom_prometheus_requests_total",
    kind: "counter",
    about: "HTTP requests sent to Prometheus, by how they ended.",
};
const RECEIVED: Metric = Metric {
    name: "headroom_prometheus_received_bytes_total",
    kind: "counter",
    about: "Bytes of Prometheus' answers, unpacked.",
};
const OPEN: Metric = Metric {
    name: "headroom_prometheus_open_requests",
    kind: "gauge",
    about: "Requests to Prometheus that are under way.",
};
const ANSWERS: Metric = Metric {
    name: "headroom_prometheus_answers_total",
    kind: "counter",
    about: "Answers that queries needed: from a request of their own, or shared with another query.",
};
const HELD: Metric = Metric {
    name: "headroom_prometheus_held_bytes",
    kind: "gauge",
    about: "Bytes of Prometheus' answers that are held now.",
};
const QUERY_SECONDS: Metric =
    Metric { name: "headroom_query_seconds", kind: "histogram", about: "Time that queries took, by their kind." };
const QUERY_ERRORS: Metric = Metric {
    name: "headroom_query_errors_total",
    kind: "counter",
    about: "Queries that ended with an error, by their kind.",
};
const REFRESHES: Metric = Metric {
    name: "headroom_store_refreshes_total",
    kind: "counter",
    about: "Times that a store of reports was listed and what is new was read, by how it ended.",
};
const REFRESH_SECONDS: Metric =
    Metric { name: "headroom_store_refresh_seconds", kind: "summary", about: "Time that this took." };
const MEMORY: Metric = Metric {
    name: "headroom_resident_memory_bytes",
    kind: "gauge",
    about: "Memory of the process that the system has given it; absent where the system does not say.",
};

/// Every metric of the process, in the order in which they are written.
pub const METRICS: &[Metric] =
    &[REQUESTS, RECEIVED, OPEN, ANSWERS, HELD, QUERY_SECONDS, QUERY_ERRORS, REFRESHES, REFRESH_SECONDS, MEMORY];

/// The counts, updated while the process runs.
#[derive(Debug, Default)]
pub struct Usage {
    queries: Mutex<BTreeMap<&'static str, Queries>>,
    sent: AtomicU64,
    shared: AtomicU64,
    refreshed: AtomicU64,
    not_refreshed: AtomicU64,
    refresh_micros: AtomicU64,
}

/// The queries of one kind.
#[derive(Debug, Default)]
struct Queries {
    /// The number of queries up to each bound (and above the previous one), and above the last bound.
    by_bound: [u64; BOUNDS_S.len() + 1],
    errors: u64,
    seconds: f64,
}

impl Usage {
    /// Counts a query that was answered.
    pub(crate) fn query(&self, kind: &'static str, took: Duration, failed: bool) {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = queries.entry(kind).or_default();
        let seconds = took.as_secs_f64();
        let bound = BOUNDS_S.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS_S.len());
        of_kind.by_bound[bound] += 1;
        of_kind.errors += u64::from(failed);
        of_kind.seconds += seconds;
    }

    /// Counts the requests to Prometheus that a query caused.
    pub(crate) fn asked(&self, sent: u64, shared: u64) {
        self.sent.fetch_add(sent, Ordering::Relaxed);
        self.shared.fetch_add(shared, Ordering::Relaxed);
    }

    /// Counts a listing of a store.
    pub(crate) fn refreshed(&self, took: Duration, failed: bool) {
        let count = if failed { &self.not_refreshed } else { &self.refreshed };
        count.fetch_add(1, Ordering::Relaxed);
        self.refresh_micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// All metrics in Prometheus' text format.
    pub(crate) fn to_prometheus(&self) -> String {
        self.written(traffic(), held_bytes(), resident_bytes()).unwrap_or_default()
    }

    /// Writing to a string does not fail.
    fn written(&self, traffic: Traffic, held: usize, resident: Option<u64>) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        head(&mut text, REQUESTS)?;
        for (outcome, count) in [("ok", traffic.answered), ("error", traffic.failed)] {
            writeln!(text, "{}{{outcome=\"{outcome}\"}} {count}", REQUESTS.name)?;
        }
        for (metric, value) in [(RECEIVED, traffic.bytes), (OPEN, traffic.open)] {
            head(&mut text, metric)?;
            writeln!(text, "{} {value}", metric.name)?;
        }
        head(&mut text, ANSWERS)?;
        for (from, count) in [("request", count(&self.sent)), ("shared", count(&self.shared))] {
            writeln!(text, "{}{{from=\"{from}\"}} {count}", ANSWERS.name)?;
        }
        head(&mut text, HELD)?;
        writeln!(text, "{} {held}", HELD.name)?;
        let queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        head(&mut text, QUERY_SECONDS)?;
        for (kind, queries) in queries.iter() {
            let mut below = 0;
            let bounds = BOUNDS_S.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
            for (bound, count) in bounds.zip(queries.by_bound) {
                below += count;
                writeln!(text, "{}_bucket{{kind=\"{kind}\",le=\"{bound}\"}} {below}", QUERY_SECONDS.name)?;
            }
            writeln!(text, "{}_sum{{kind=\"{kind}\"}} {}", QUERY_SECONDS.name, queries.seconds)?;
            writeln!(text, "{}_count{{kind=\"{kind}\"}} {below}", QUERY_SECONDS.name)?;
        }
        head(&mut text, QUERY_ERRORS)?;
        for (kind, queries) in queries.iter() {
            writeln!(text, "{}{{kind=\"{kind}\"}} {}", QUERY_ERRORS.name, queries.errors)?;
        }
        drop(queries);
        head(&mut text, REFRESHES)?;
        let (refreshed, failed) = (count(&self.refreshed), count(&self.not_refreshed));
        for (outcome, count) in [("ok", refreshed), ("error", failed)] {
            writeln!(text, "{}{{outcome=\"{outcome}\"}} {count}", REFRESHES.name)?;
        }
        head(&mut text, REFRESH_SECONDS)?;
        let seconds = Duration::from_micros(count(&self.refresh_micros)).as_secs_f64();
        writeln!(text, "{}_sum {seconds}", REFRESH_SECONDS.name)?;
        writeln!(text, "{}_count {}", REFRESH_SECONDS.name, refreshed + failed)?;
        if let Some(resident) = resident {
            head(&mut text, MEMORY)?;
            writeln!(text, "{} {resident}", MEMORY.name)?;
        }
        Ok(text)
    }
}

fn head(text: &mut String, metric: Metric) -> std::fmt::Result {
    writeln!(text, "# HELP {} {}\n# TYPE {} {}", metric.name, metric.about, metric.name, metric.kind)
}

/// The memory that the system has given this process, bytes; `None` if the system does not report it as Linux does.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_written_as_it_was_counted() {
        let usage = Usage::default();
        usage.query("live", Duration::from_millis(200), false);
        usage.query("live", Duration::from_secs(40), true);
        usage.asked(3, 17);
        usage.refreshed(Duration::from_millis(1_500), false);
        usage.refreshed(Duration::from_millis(500), true);
        let traffic = Traffic { answered: 5, failed: 1, bytes: 4_096, open: 2 };
        let text = usage.written(traffic, 7, Some(1_024)).unwrap();
        for line in [
            "headroom_prometheus_requests_total{outcome=\"ok\"} 5",
            "headroom_prometheus_requests_total{outcome=\"error\"} 1",
            "headroom_prometheus_received_bytes_total 4096",
            "headroom_prometheus_open_requests 2",
            "headroom_prometheus_answers_total{from=\"request\"} 3",
            "headroom_prometheus_answers_total{from=\"shared\"} 17",
            "headroom_prometheus_held_bytes 7",
            "headroom_query_seconds_bucket{kind=\"live\",le=\"0.1\"} 0",
            "headroom_query_seconds_bucket{kind=\"live\",le=\"0.25\"} 1",
            "headroom_query_seconds_bucket{kind=\"live\",le=\"30\"} 1",
            "headroom_query_seconds_bucket{kind=\"live\",le=\"+Inf\"} 2",
            "headroom_query_seconds_sum{kind=\"live\"} 40.2",
            "headroom_query_seconds_count{kind=\"live\"} 2",
            "headroom_query_errors_total{kind=\"live\"} 1",
            "headroom_store_refreshes_total{outcome=\"ok\"} 1",
            "headroom_store_refreshes_total{outcome=\"error\"} 1",
            "headroom_store_refresh_seconds_sum 2",
            "headroom_store_refresh_seconds_count 2",
            "headroom_resident_memory_bytes 1024",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is missing from\n{text}");
        }
        for metric in METRICS {
            let head = format!("# TYPE {} {}", metric.name, metric.kind);
            assert!(text.lines().any(|written| written == head), "{head} is missing from\n{text}");
        }
        assert!(!usage.written(traffic, 7, None).unwrap().contains("resident"), "not known is absent");
    }
}
