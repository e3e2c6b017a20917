//! Service levels: which limits a deployment must meet.

mod parse;
mod presets;

pub use parse::{LimitError, parse_limit, parse_subject};
pub use presets::{DEFAULT_SLO, preset, presets};

use crate::display;

/// A latency that a benchmark measures on the client side, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Latency {
    /// Time to first token.
    Ttft,
    /// Inter-token latency.
    Itl,
    /// Time per output token.
    Tpot,
    /// End-to-end latency.
    E2e,
}

/// How the requests of a level are summarised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Median.
    P50,
    /// 90th percentile.
    P90,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A latency at a statistic, milliseconds.
    Latency(Latency, Statistic),
    /// Share of errors among finished requests, 0 to 1.
    ErrorRate,
    /// Share of an offered rate that was not served, 0 to 1. A closed loop offers only what is served, so it has none.
    Unserved,
    /// Number of requests waiting in the server's queue, the mean of a level. Only tools that query the server's
    /// metrics report it.
    QueueDepth,
    /// Share of the KV cache in use, 0 to 1, the mean of a level. Only tools that query the server's metrics report it.
    KvCacheUse,
}

/// An upper bound. The limit holds if `value ≤ bound`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// What is bounded.
    pub subject: Subject,
    /// The largest value that still passes, in the subject's unit.
    pub bound: f64,
}

/// A named set of limits, all of which must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Stable identifier, for example `interactive`; `custom` for limits given by hand.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who defined it and where.
    pub source: String,
    /// The limits. An SLO without limits is met by everything and is refused by parsers.
    pub limits: Vec<Limit>,
}

impl Latency {
    /// Every latency, in the order in which they occur during a request.
    pub const ALL: [Self; 4] = [Self::Ttft, Self::Itl, Self::Tpot, Self::E2e];

    /// `ttft`, `itl`, `tpot` or `e2e`, as queries and limits spell it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Ttft => "ttft",
            Self::Itl => "itl",
            Self::Tpot => "tpot",
            Self::E2e => "e2e",
        }
    }

    /// Its usual abbreviation: `TTFT`, `ITL`, `TPOT` or `E2E`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Ttft => "TTFT",
            Self::Itl => "ITL",
            Self::Tpot => "TPOT",
            Self::E2e => "E2E",
        }
    }
}

impl Subject {
    /// `ttft_p95`, `e2e_mean`, `error_rate`, `unserved`, `queue_depth` or `kv_cache_use`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Latency(latency, statistic) => format!("{}_{}", latency.id(), statistic.id()),
            Self::ErrorRate => "error_rate".into(),
            Self::Unserved => "unserved".into(),
            Self::QueueDepth => "queue_depth".into(),
            Self::KvCacheUse => "kv_cache_use".into(),
        }
    }

    /// Its name for people, for example `TTFT p95` or `error rate`.
    #[must_use]
    pub fn label(self) -> String {
        match self {
            Self::Latency(latency, statistic) => format!("{} {}", latency.label(), statistic.id()),
            Self::ErrorRate => "error rate".into(),
            Self::Unserved => "unserved load".into(),
            Self::QueueDepth => "queue depth".into(),
            Self::KvCacheUse => "KV cache use".into(),
        }
    }

    /// The unit of its values: `ms`, `requests`, or `ratio` for shares from 0 to 1.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Latency(..) => "ms",
            Self::ErrorRate | Self::Unserved | Self::KvCacheUse => "ratio",
            Self::QueueDepth => "requests",
        }
    }

    /// A value of this subject as text with its unit, for example `1,000 ms` or `1%`.
    #[must_use]
    pub fn format(self, value: f64) -> String {
        display::value(value, self.unit())
    }
}

impl Limit {
    /// The id of its subject: two limits on one subject differ only in their bounds.
    #[must_use]
    pub fn id(&self) -> String {
        self.subject.id()
    }

    /// The limit as text, for example `TTFT p95 ≤ 1,000 ms`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ≤ {}", self.subject.label(), self.subject.format(self.bound))
    }

    /// The unit of [`bound`](Self::bound): `ms`, `requests` or `ratio`.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        self.subject.unit()
    }

    /// The limit as [`parse_limit`] reads it, without loss, for example `ttft_p95=1000ms`.
    #[must_use]
    pub fn expression(&self) -> String {
        let bound = self.bound;
        match self.subject {
            Subject::Latency(..) => format!("{}={bound}ms", self.id()),
            Subject::ErrorRate | Subject::Unserved | Subject::KvCacheUse if bound >= 1.0 => {
                format!("{}=100%", self.id())
            }
            _ => format!("{}={bound}", self.id()),
        }
    }

    /// The quantile that is limited, or `None` where the limit is not on a percentile.
    #[must_use]
    pub fn quantile(&self) -> Option<f64> {
        match self.subject {
            Subject::Latency(_, statistic) => statistic.quantile(),
            _ => None,
        }
    }

    /// Whether the limit is on a latency.
    #[must_use]
    pub fn is_latency(&self) -> bool {
        matches!(self.subject, Subject::Latency(..))
    }

    /// Whether a measured value passes. NaN never passes.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        value <= self.bound
    }
}

/// The id of limits that were given by hand.
const CUSTOM: &str = "custom";

impl Slo {
    /// Limits given by hand.
    #[must_use]
    pub fn custom(limits: Vec<Limit>) -> Self {
        Self { id: CUSTOM.into(), name: "Custom limits".into(), source: "given by hand".into(), limits }
    }

    /// Whether its limits were given by hand, so that each of them is wanted, and not as a bundle by name.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.id == CUSTOM
    }

    /// The share of errors that its limits tolerate, 0 to 1. If TTFT p95 must be at most a second, 95 of 100 requests
    /// must be answered in time, and a failed one was not. 5 % at most, whatever the limits are.
    #[must_use]
    pub fn bearable_errors(&self) -> f64 {
        const MOST: f64 = 0.05;
        let beyond = |limit: &Limit| match limit.subject {
            Subject::Latency(_, Statistic::P99) => 0.01,
            _ => MOST,
        };
        self.limits.iter().map(beyond).fold(MOST, f64::min)
    }

    /// The share of errors that it allows, 0 to 1: its own limit on errors, else
    /// [`bearable_errors`](Self::bearable_errors).
    #[must_use]
    pub fn allowed_errors(&self) -> f64 {
        let limits = self.limits.iter().filter(|limit| limit.subject == Subject::ErrorRate);
        limits.map(|limit| limit.bound).reduce(f64::min).unwrap_or_else(|| self.bearable_errors())
    }

    /// The limits that can be checked against a server's own metrics. Servers count neither client-side errors nor the
    /// offered rate, so a named service level's limits on these are left to benchmarks; limits given by hand are kept.
    #[must_use]
    pub fn of_servers(&self) -> Self {
        let mut limits = self.limits.clone();
        if !self.is_custom() {
            limits.retain(|limit| !matches!(limit.subject, Subject::ErrorRate | Subject::Unserved));
        }
        Self { limits, ..self.clone() }
    }

    /// The service level with another bound for `subject`. If no limit is on it, one is added.
    #[must_use]
    pub fn with_bound(&self, subject: Subject, bound: f64) -> Self {
        let mut changed = self.clone();
        let mut found = false;
        for limit in changed.limits.iter_mut().filter(|limit| limit.subject == subject) {
            limit.bound = bound;
            found = true;
        }
        if !found {
            changed.limits.push(Limit { subject, bound });
        }
        changed
    }
}

impl Statistic {
    /// Every statistic, mean first.
    pub const ALL: [Self; 5] = [Self::Mean, Self::P50, Self::P90, Self::P95, Self::P99];

    /// `mean`, `p50`, `p90`, `p95` or `p99`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// The quantile, or `None` for the mean.
    #[must_use]
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::Mean => None,
            Self::P50 => Some(0.5),
            Self::P90 => Some(0.9),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
        }
    }
}
