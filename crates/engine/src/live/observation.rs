//! What was seen of a deployment in one time window.

use super::histogram::Histogram;
use crate::run::LoadModel;
use crate::slo::Latency;

/// On average one request waiting throughout the window is a queue; fewer are requests that waited briefly.
pub const QUEUE: f64 = 1.0;

/// Latencies of the requests of a window, milliseconds, measured by the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latencies {
    /// Time to first token.
    pub ttft: Option<Histogram>,
    /// Time between tokens: per request if the server measures that, else per token.
    pub itl: Option<Histogram>,
    /// End-to-end latency of a request.
    pub e2e: Option<Histogram>,
}

impl Latencies {
    /// The histogram of one latency. Servers do not measure time per output token as benchmarks define it.
    #[must_use]
    pub fn get(&self, latency: Latency) -> Option<&Histogram> {
        match latency {
            Latency::Ttft => self.ttft.as_ref(),
            Latency::Itl => self.itl.as_ref(),
            Latency::Tpot => None,
            Latency::E2e => self.e2e.as_ref(),
        }
    }

    /// Adds the latencies of another window. `false` if bounds differed and something was left out.
    #[must_use]
    pub fn add(&mut self, other: &Self) -> bool {
        let mut whole = true;
        for (own, more) in [(&mut self.ttft, &other.ttft), (&mut self.itl, &other.itl), (&mut self.e2e, &other.e2e)] {
            if let Some(more) = more {
                whole &= own.get_or_insert_default().add(more);
            }
        }
        whole
    }
}

/// One deployment in one time window, all its replicas together. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// End of the window, milliseconds since the Unix epoch, UTC.
    pub at_ms: i64,
    /// Length of the window, seconds.
    pub seconds: f64,
    /// Whether the last scrape of it worked; `None` if unknown.
    pub up: Option<bool>,
    /// Mean number of replicas that were up.
    pub replicas: Option<f64>,
    /// Mean number of requests being processed.
    pub running: Option<f64>,
    /// Mean number of requests waiting to be admitted.
    pub waiting: Option<f64>,
    /// Highest share of a replica's KV cache in use, 0 to 1.
    pub kv_cache_use: Option<f64>,
    /// Mean use of the accelerators, 0 to 1.
    pub gpu_utilization: Option<f64>,
    /// Number of requests put back to free space in the KV cache (preempted).
    pub preemptions: Option<f64>,
    /// Number of requests that finished.
    pub requests: Option<f64>,
    /// How many more requests were in flight at the end than at the beginning; negative when there were fewer.
    pub growth: Option<f64>,
    /// Requests that were refused for lack of capacity; they are not part of the load. `None` if the server does not
    /// count them, which is not zero.
    pub refused: Option<f64>,
    /// Number of output tokens.
    pub output_tokens: Option<f64>,
    /// Number of prompt tokens.
    pub prompt_tokens: Option<f64>,
    /// Whether a counter of a server was reset, which means that the server restarted.
    pub restarted: bool,
    /// Latencies of the requests.
    pub latencies: Latencies,
}

impl Observation {
    /// Mean number of requests in flight, running or waiting. If a server does not report how many wait (a fresh one
    /// sets that gauge late), none is assumed to wait.
    #[must_use]
    pub fn concurrency(&self) -> Option<f64> {
        self.running.map(|running| running + self.waiting.unwrap_or(0.0))
    }

    /// The load of one replica, in the unit of the benchmark's loads: requests in flight for a closed loop, arriving
    /// requests per second for an open one. Arriving requests are those that finished plus the growth of the number in
    /// flight: an overloaded server finishes only what it can, and the rest shows in its queue. `None` if load or
    /// replicas are unknown.
    #[must_use]
    pub fn load(&self, model: LoadModel) -> Option<f64> {
        let replicas = self.replicas.filter(|replicas| *replicas > 0.0)?;
        let total = match model {
            LoadModel::Closed => self.concurrency()?,
            LoadModel::Open(_) => {
                let finished = self.requests.filter(|_| self.seconds > 0.0)?;
                (finished + self.growth.unwrap_or(0.0)).max(0.0) / self.seconds
            }
        };
        Some(total / replicas).filter(|load| load.is_finite())
    }

    /// Whether requests were refused for lack of capacity; `None` if the server does not count them.
    #[must_use]
    pub fn sheds(&self) -> Option<bool> {
        self.refused.map(|refused| refused > 0.0)
    }

    /// The share of arriving requests that was refused, 0 to 1; `None` if unknown.
    #[must_use]
    pub fn refused_share(&self) -> Option<f64> {
        refused_share([self])
    }

    /// Whether anything was in flight or finished; `None` if neither is known.
    #[must_use]
    pub fn is_active(&self) -> Option<bool> {
        let signs = [self.concurrency(), self.requests, self.output_tokens];
        let known: Vec<f64> = signs.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.iter().any(|sign| *sign > 0.0))
    }
}

/// The share of the requests arriving in these windows that was refused, 0 to 1. Arriving requests are the refused
/// ones, the finished ones and the growth of the number in flight. `None` if it is unknown how many were refused, or
/// how many were not.
#[must_use]
pub fn refused_share<'o>(windows: impl IntoIterator<Item = &'o Observation>) -> Option<f64> {
    let counted: Vec<(f64, &Observation)> =
        windows.into_iter().filter_map(|one| Some((one.refused?.max(0.0), one))).collect();
    let refused = counted.iter().map(|one| one.0).reduce(|all, more| all + more)?;
    if refused <= 0.0 {
        return Some(0.0);
    }
    let admitted: Option<f64> =
        counted.iter().map(|(_, one)| Some((one.requests? + one.growth.unwrap_or(0.0)).max(0.0))).sum();
    admitted.map(|admitted| refused / (refused + admitted))
}
