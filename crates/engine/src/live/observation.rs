//! What was seen of a deployment over one window of time.

use super::histogram::Histogram;
use crate::run::LoadModel;
use crate::slo::Latency;

/// A request that waits on average through a whole window is a queue; less is one that came and went.
pub const QUEUE: f64 = 1.0;

/// Latencies of the requests of a window, milliseconds, measured by the server.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latencies {
    /// Time to first token.
    pub ttft: Option<Histogram>,
    /// Time between tokens, per request where the server has that, else per token.
    pub itl: Option<Histogram>,
    /// End-to-end latency of a request.
    pub e2e: Option<Histogram>,
}

impl Latencies {
    /// One of them. A server does not know time per output token as benchmarks define it.
    #[must_use]
    pub fn get(&self, latency: Latency) -> Option<&Histogram> {
        match latency {
            Latency::Ttft => self.ttft.as_ref(),
            Latency::Itl => self.itl.as_ref(),
            Latency::Tpot => None,
            Latency::E2e => self.e2e.as_ref(),
        }
    }

    /// Adds those of another window. `false` where bounds differed and something was left out.
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

/// One deployment over one window, all its replicas together. `None` is not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// End of the window, milliseconds since the Unix epoch, UTC.
    pub at_ms: i64,
    /// Length of the window, seconds.
    pub seconds: f64,
    /// Whether the last scrape of it worked; `None` where that is not known.
    pub up: Option<bool>,
    /// Mean number of replicas that were up.
    pub replicas: Option<f64>,
    /// Mean number of requests that were being computed.
    pub running: Option<f64>,
    /// Mean number of requests that waited to be admitted.
    pub waiting: Option<f64>,
    /// Highest share of a replica's KV cache in use, 0 to 1.
    pub kv_cache_use: Option<f64>,
    /// Mean use of the accelerators, 0 to 1.
    pub gpu_utilization: Option<f64>,
    /// Requests put back to make room in the KV cache.
    pub preemptions: Option<f64>,
    /// Requests that finished.
    pub requests: Option<f64>,
    /// How many more requests were in flight at the end than at the beginning; negative when there were fewer.
    pub growth: Option<f64>,
    /// Requests that were refused for want of capacity: they are no part of the load. `None` where the server does not
    /// count them, which is not zero.
    pub refused: Option<f64>,
    /// Output tokens.
    pub output_tokens: Option<f64>,
    /// Prompt tokens.
    pub prompt_tokens: Option<f64>,
    /// Whether a server's counters began anew, which means that it restarted.
    pub restarted: bool,
    /// Latencies of the requests.
    pub latencies: Latencies,
}

impl Observation {
    /// Mean number of requests in flight, waiting or running. A server that does not say how many wait (a fresh one
    /// sets that gauge late) is taken to have none waiting.
    #[must_use]
    pub fn concurrency(&self) -> Option<f64> {
        self.running.map(|running| running + self.waiting.unwrap_or(0.0))
    }

    /// The load of one replica in the unit of a benchmark: requests in flight for a closed loop, arriving requests
    /// per second for an open one. Arriving are those that finished and those by which the number in flight grew: a server
    /// that is asked for more than it can do finishes what it can, and only its queue shows the rest. `None` where load or
    /// replicas are not known.
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

    /// Whether requests were refused for want of capacity; `None` where the server does not count them.
    #[must_use]
    pub fn sheds(&self) -> Option<bool> {
        self.refused.map(|refused| refused > 0.0)
    }

    /// The share of the requests that arrived that was refused, 0 to 1; `None` where that is not known.
    #[must_use]
    pub fn refused_share(&self) -> Option<f64> {
        refused_share([self])
    }

    /// Whether anything was in flight or finished; `None` when neither is known.
    #[must_use]
    pub fn is_active(&self) -> Option<bool> {
        let signs = [self.concurrency(), self.requests, self.output_tokens];
        let known: Vec<f64> = signs.into_iter().flatten().collect();
        (!known.is_empty()).then(|| known.iter().any(|sign| *sign > 0.0))
    }
}

/// The share of the requests that arrived in these windows that was refused, 0 to 1: 0 where none was. Those that arrived are
/// the refused ones, those that finished and those by which the number in flight grew. `None` where it is not known how many
/// were refused, or how many were not.
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
