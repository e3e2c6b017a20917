//! The metric on the y axis.

pub(crate) use headroom_contract::choices::Metric;
use headroom_engine::bounded::stand_ins;
use headroom_engine::level::Level;
use headroom_engine::points::{Estimate, level_statistic};
use headroom_engine::run::Run;
use headroom_engine::slo::{Latency, Slo, Statistic, Subject};
use headroom_protocol::frame::Notice;

use super::notices::info;

/// A metric with its statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// The metric.
    pub(crate) metric: Metric,
    /// The statistic for latencies; tables use it for latencies beside another metric, too.
    pub(crate) statistic: Statistic,
}

impl Axis {
    /// The axis that a query asks for. What it leaves open comes from the service level: the latency of its first
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

    /// The statistic, if the metric has one.
    #[must_use]
    pub(crate) fn shown_statistic(self) -> Option<Statistic> {
        matches!(self.metric, Metric::Latency(_)).then_some(self.statistic)
    }

    /// The axis on which these runs can be shown, and what the user should know about it. If the query did not ask for
    /// a statistic and no run has it, the nearest one that they have above it is used, because a picture without a line
    /// says nothing.
    #[must_use]
    pub(crate) fn shown_of<'r>(
        self,
        runs: impl Iterator<Item = &'r Run>,
        asked: Option<Statistic>,
    ) -> (Self, Vec<Notice>) {
        let Some(subject) = self.subject().filter(|_| asked.is_none()) else { return (self, Vec::new()) };
        let there: Vec<Vec<Subject>> = runs.map(|run| stand_ins(run, subject)).collect();
        let Some(Subject::Latency(latency, statistic)) = there.first().and_then(|first| first.last().copied()) else {
            return (self, Vec::new());
        };
        if !there.iter().all(|one| one.contains(&Subject::Latency(latency, statistic))) {
            return (self, Vec::new());
        }
        let said = info(format!(
            "no run has {}, so {} is shown instead; verdicts use the neighbouring percentiles",
            subject.label(),
            Subject::Latency(latency, statistic).label()
        ));
        (Self { statistic, ..self }, vec![said])
    }

    /// The engine's name for it; `None` for a rate.
    #[must_use]
    pub(crate) fn subject(self) -> Option<Subject> {
        match self.metric {
            Metric::Latency(latency) => Some(Subject::Latency(latency, self.statistic)),
            Metric::RequestRate | Metric::OutputTokensPerSecond => None,
        }
    }

    /// The value of a level. A rate has no interval: it is a count over a duration, and one level does not show how it
    /// varies between repetitions.
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
            Metric::Latency(latency) => level_statistic(level, latency, self.statistic),
            Metric::RequestRate => rate(level.rates.requests),
            Metric::OutputTokensPerSecond => rate(level.rates.output_tokens),
        }
    }
}
