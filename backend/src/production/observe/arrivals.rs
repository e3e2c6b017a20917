//! The requests that arrive at servers: those that finished, those in flight since, and those that were refused.

use std::time::Duration;

use headroom_prometheus::dictionary::{Missing, Over, Quantity, Resolved, Together};

use super::super::time::Grid;
use super::{About, Answers, Group, Part, Slot, Windows};

/// Queries for the finished requests, and for the growth of the number in flight over a step.
pub(super) fn arrivals(resolved: &Resolved, group: &Group, windows: Windows) -> [Result<Part, Missing>; 3] {
    let (selector, window) = (group.members.selector(), windows.rate);
    let part = |slot, quantity: Quantity, query: Result<String, Missing>| {
        Ok(Part { slot, query: query?, about: About::Members, aggregate: Some(quantity.row().across) })
    };
    // Over the same window as the rate to which it is added.
    let growth = |quantity| {
        let labels = group.members.labels_for(quantity);
        part(Slot::Growth(quantity), quantity, resolved.value_over(quantity, Over::Change, selector, window, &labels))
    };
    let finished = Quantity::Success;
    let labels = group.members.labels_for(finished);
    [
        part(Slot::Requests, finished, resolved.rate(finished, selector, window, &labels)),
        growth(Quantity::Running),
        growth(Quantity::Waiting),
    ]
}

/// Queries for the refused requests, from the servers' own counts and from their HTTP layer, which has no labels of the
/// model. A server that counts neither is not reported as lacking them, because most servers refuse nothing.
pub(super) fn refusals(resolved: &Resolved, group: &Group, windows: Windows) -> Vec<Part> {
    let counted = [
        (Quantity::AdmissionRejections, About::Members, &group.members),
        (Quantity::HttpRefusals, About::Scrapes, &group.scrapes),
        (Quantity::HttpAnswers, About::Scrapes, &group.scrapes),
    ];
    let part = |(quantity, about, together): (Quantity, About, &Together)| {
        let labels = together.labels_for(quantity);
        let query = resolved.rate(quantity, together.selector(), windows.rate, &labels).ok()?;
        Some(Part { slot: Slot::Refused(quantity), query, about, aggregate: Some(quantity.row().across) })
    };
    counted.into_iter().filter_map(part).collect()
}

/// The growth of the number of requests in flight over a step; `None` if the running ones are unknown.
pub(super) fn growth(grid: Grid, window: Duration, value: impl Fn(Slot) -> Option<f64>) -> Option<f64> {
    let change = |quantity| value(Slot::Growth(quantity));
    let whole = change(Quantity::Running)? + change(Quantity::Waiting).unwrap_or(0.0);
    Some(whole * grid.step.as_secs_f64() / window.as_secs_f64())
}

impl Answers {
    /// Refused requests per second: as the server counts them, else as its HTTP layer does. A status appears only after
    /// its first answer, so if each status is counted separately and none means a refusal, there was none. `None` if
    /// neither shows it: where answers are counted by class, a refusal cannot be told from a failure.
    pub(super) fn refused(&self, at_ms: i64) -> Option<f64> {
        let value = |quantity| self.value(Slot::Refused(quantity), at_ms);
        value(Quantity::AdmissionRejections)
            .or_else(|| value(Quantity::HttpRefusals))
            .or_else(|| value(Quantity::HttpAnswers).map(|_| 0.0))
    }

    /// Whether anything was refused at any time.
    pub(super) fn has_refusals(&self) -> bool {
        [Quantity::AdmissionRejections, Quantity::HttpRefusals].into_iter().any(|quantity| {
            self.series(Slot::Refused(quantity)).iter().any(|series| series.values.iter().any(|value| *value > 0.0))
        })
    }
}
