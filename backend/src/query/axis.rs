//! What is on the y axis.

use headroom_engine::level::Level;
use headroom_engine::points::{Estimate, level_estimate};
use headroom_engine::slo::{Latency, Slo, Statistic, Subject};

/// A quantity to draw over load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// A latency, at a statistic that is chosen apart.
    Latency(Latency),
    /// Successful requests per second.
    RequestRate,
    /// Output tokens per second.
    OutputTokensPerSecond,
}

/// A metric with its statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The metric.
    pub metric: Metric,
    /// The statistic that latencies are shown at, in a table also beside another metric.
    pub statistic: Statistic,
}

impl Metric {
    /// Every metric, in the order that editors offer them.
    pub const ALL: [Self; 6] = [
        Self::Latency(Latency::Ttft),
        Self::Latency(Latency::Itl),
        Self::Latency(Latency::Tpot),
        Self::Latency(Latency::E2e),
        Self::RequestRate,
        Self::OutputTokensPerSecond,
    ];

    /// The id that queries spell it by.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Latency(latency) => latency.id(),
            Self::RequestRate => "request_rate",
            Self::OutputTokensPerSecond => "output_tokens_per_second",
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Latency(latency) => latency.label(),
            Self::RequestRate => "Requests per second",
            Self::OutputTokensPerSecond => "Output tokens per second",
        }
    }

    /// What it measures, in a sentence.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Latency(Latency::Ttft) => "Time from sending a request to its first token.",
            Self::Latency(Latency::Itl) => "Time between two tokens of an answer: (last − first token) / (tokens − 1).",
            Self::Latency(Latency::Tpot) => {
                "Time per output token as the tool defines it; GuideLLM from 0.4 on includes the first token, so never \
                 compare it across tools."
            }
            Self::Latency(Latency::E2e) => "Time from sending a request to its last token.",
            Self::RequestRate => "Successful requests per second, recomputed from counts and duration.",
            Self::OutputTokensPerSecond => "Output tokens per second, recomputed from counts and duration.",
        }
    }

    /// The unit as people write it: `ms`, `req/s` or `tok/s`.
    #[must_use]
    pub fn plain_unit(self) -> &'static str {
        match self {
            Self::Latency(_) => "ms",
            Self::RequestRate => "req/s",
            Self::OutputTokensPerSecond => "tok/s",
        }
    }

    /// The unit as Grafana spells it in a field's configuration.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Latency(_) => "ms",
            Self::RequestRate => "reqps",
            Self::OutputTokensPerSecond => "tok/s",
        }
    }
}

impl Axis {
    /// The axis that a query asks for. What it leaves open follows the service level: its first
    /// latency limit, and the statistic of the first limit on the metric.
    #[must_use]
    pub fn of(metric: Option<Metric>, statistic: Option<Statistic>, slo: &Slo) -> Self {
        let limits = || {
            slo.limits.iter().filter_map(|limit| match limit.subject {
                Subject::Latency(latency, statistic) => Some((latency, statistic)),
                _ => None,
            })
        };
        let metric = metric.unwrap_or_else(|| Metric::Latency(limits().next().map_or(Latency::Ttft, |limit| limit.0)));
        let statistic = statistic.unwrap_or_else(|| {
            let of_metric = limits().find(|(latency, _)| metric == Metric::Latency(*latency));
            of_metric.or_else(|| limits().next()).map_or(Statistic::P95, |limit| limit.1)
        });
        Self { metric, statistic }
    }

    /// The statistic where the metric has one.
    #[must_use]
    pub fn shown_statistic(self) -> Option<Statistic> {
        matches!(self.metric, Metric::Latency(_)).then_some(self.statistic)
    }

    /// What the engine calls it; `None` for a rate.
    #[must_use]
    pub fn subject(self) -> Option<Subject> {
        match self.metric {
            Metric::Latency(latency) => Some(Subject::Latency(latency, self.statistic)),
            Metric::RequestRate | Metric::OutputTokensPerSecond => None,
        }
    }

    /// The value of a level. A rate has no interval: it is a count over a duration, and what
    /// varies between repetitions is not in one level.
    #[must_use]
    pub fn estimate(self, level: &Level) -> Option<Estimate> {
        let rate = |value: Option<f64>| {
            value.filter(|value| value.is_finite()).map(|value| Estimate {
                value,
                lo: None,
                hi: None,
                count: level.requests.ok,
            })
        };
        match self.metric {
            Metric::Latency(latency) => level_estimate(level, Subject::Latency(latency, self.statistic)),
            Metric::RequestRate => rate(level.rates.requests),
            Metric::OutputTokensPerSecond => rate(level.rates.output_tokens),
        }
    }
}
