//! Which requests of a level count.

use crate::level::{Level, Samples};
use crate::run::LoadModel;
use crate::slo::Latency;
use crate::whole;

/// The values of a latency in the order in which the requests started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    /// Milliseconds.
    pub(crate) values: Vec<f64>,
    /// Whether the order of start is known. If not, neighbours in `values` say nothing, because reports may sort their
    /// rows.
    pub(crate) ordered: bool,
}

/// The requests of `level` that show how the server behaves at this load.
///
/// Two groups are left out. First, in a closed loop, the first request of each user, because all of them meet an empty
/// server at once (at most a quarter of all requests). Second, requests that started so late that one as slow as the
/// slowest could not have ended: only quick ones ended in time (they stay if fewer than 85 % would remain).
pub(crate) fn window(level: &Level, model: LoadModel, samples: &Samples, latency: Latency) -> Window {
    const MOST_AT_START: f64 = 0.25;
    const LEAST_BEFORE_END: f64 = 0.85;
    let column = samples.column(latency);
    let Some(mut rows) = samples.in_order_of_start(latency) else {
        return Window { values: column.iter().copied().filter(|value| value.is_finite()).collect(), ordered: false };
    };
    if model == LoadModel::Closed {
        let most = whole::index((MOST_AT_START * rows.len() as f64).floor());
        rows.drain(..whole::index(level.load.max(0.0).ceil()).min(most));
    }
    let started = |row: usize| samples.start_s[row];
    let took = |row: usize| samples.e2e_ms.get(row).copied().filter(|ms| ms.is_finite()).map(|ms| ms / 1000.0);
    let end = rows.iter().filter_map(|&row| Some(started(row) + took(row)?)).fold(f64::NEG_INFINITY, f64::max);
    let longest = rows.iter().filter_map(|&row| took(row)).fold(0.0, f64::max);
    let kept = rows.partition_point(|&row| started(row) <= end - longest);
    if kept as f64 >= LEAST_BEFORE_END * rows.len() as f64 {
        rows.truncate(kept);
    }
    Window { values: rows.into_iter().map(|row| column[row]).collect(), ordered: true }
}
