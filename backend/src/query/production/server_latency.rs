//! Latencies as servers measure them, which differs from what clients measure.

use headroom_engine::live::{Bucketed, Histogram};
use headroom_engine::slo::Statistic;
use headroom_protocol::frame::Notice;

use crate::query::notices::warning;
use crate::query::seen::Seen;

/// A statistic of a histogram, with the bounds of the bucket that it lies in. A mean is exact.
pub(super) fn at_statistic(histogram: &Histogram, statistic: Statistic) -> Option<Bucketed> {
    match statistic.quantile() {
        Some(q) => histogram.quantile(q),
        None => histogram.mean().map(|mean| Bucketed { value: Some(mean), lo: mean, hi: Some(mean) }),
    }
}

/// A warning if a server measures every gap between tokens, and not the mean time between tokens of each request.
pub(super) fn per_gap(seen: &[Seen]) -> Option<Notice> {
    let names: Vec<&str> = seen.iter().filter(|seen| seen.observed.itl_per_gap).map(Seen::name).collect();
    (!names.is_empty()).then(|| {
        warning(format!(
            "ITL of {} is that of single gaps between tokens: its server does not count it per request, as benchmarks do, \
             and percentiles of the two differ",
            names.join(", ")
        ))
    })
}
