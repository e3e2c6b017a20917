//! What arrives at servers: the requests that finished, those that are in flight since, and those that were refused.

use std::time::Duration;

use headroom_prometheus::dictionary::{Missing, Over, Quantity, Resolved, Together};

use super::super::time::Grid;
use super::{About, Answers, Group, Part, Slot, Windows};

/// The requests that finished, and by how many more were in flight after a step than before it.
pub(super) fn arrivals(resolved: &Resolved, group: &Group, windows: Windows) -> [Result<Part, Missing>; 3] {
    let (selector, window) = (group.members.selector(), windows.rate);
    let part = |slot, quantity: Quantity, query: Result<String, Missing>| {
        Ok(Part { slot, query: query?, about: About::Members, aggregate: Some(quantity.row().across) })
    };
    // Over the same time as the rate that it adds to.
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

/// The requests that servers refused, by what they count themselves and by what their HTTP layer answers. That one has no labels
/// of the model. A server that counts neither is no news: most refuse nothing.
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

/// How many more requests were in flight after a step than before it. `None` where the running ones are not known.
pub(super) fn growth(grid: Grid, window: Duration, value: impl Fn(Slot) -> Option<f64>) -> Option<f64> {
    let change = |quantity| value(Slot::Growth(quantity));
    let whole = change(Quantity::Running)? + change(Quantity::Waiting).unwrap_or(0.0);
    Some(whole * grid.step.as_secs_f64() / window.as_secs_f64())
}

impl Answers {
    /// Requests that were refused, per second: as the server counts them, else as its HTTP layer does. A status is counted from
    /// its first answer on, so where each is counted by itself and none refuses, that is none. `None` where neither tells: where
    /// answers are counted by class, a refusal cannot be told from a failure.
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
