//! What is on the y axis.

pub(crate) use headroom_contract::choices::Metric;
use headroom_engine::level::Level;
use headroom_engine::points::{Estimate, level_estimate};
use headroom_engine::slo::{Latency, Slo, Statistic, Subject};

/// A metric with its statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The metric.
    pub(crate) metric: Metric,
    /// The statistic that latencies are shown at, in a table also beside another metric.
    pub(crate) statistic: Statistic,
}

impl Axis {
    /// The axis that a query asks for. What it leaves open follows the service level: its first
    /// latency limit, and the statistic of the first limit on the metric.
    #[must_use]
    pub(crate) fn of(metric: Option<Metric>, statistic: Option<Statistic>, slo: &Slo) -> Self {
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
    pub(crate) fn shown_statistic(self) -> Option<Statistic> {
        matches!(self.metric, Metric::Latency(_)).then_some(self.statistic)
    }

    /// What the engine calls it; `None` for a rate.
    #[must_use]
    pub(crate) fn subject(self) -> Option<Subject> {
        match self.metric {
            Metric::Latency(latency) => Some(Subject::Latency(latency, self.statistic)),
            Metric::RequestRate | Metric::OutputTokensPerSecond => None,
        }
    }

    /// The value of a level. A rate has no interval: it is a count over a duration, and what
    /// varies between repetitions is not in one level.
    #[must_use]
    pub(crate) fn estimate(self, level: &Level) -> Option<Estimate> {
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
