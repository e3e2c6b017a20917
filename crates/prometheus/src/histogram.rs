//! Histograms from the series of their buckets.
//!
//! A histogram knows only how many observations fell below each of its bounds. The engine decides what can be said
//! about its quantiles.

use std::collections::BTreeMap;

use crate::answer::{Labels, Series};

/// The largest decrease from one bucket to the next that the extrapolation of rates explains, as a share of all
/// observations. A larger one means that servers with different bounds were added up.
const UNEVEN_SHARE: f64 = 0.05;

/// A cumulative bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Its upper bound, inclusive; the last one is infinite.
    pub le: f64,
    /// Number of observations, or observations per second, that were at most the bound.
    pub count: f64,
}

/// A histogram over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The labels of its series, without `le`.
    pub labels: Labels,
    /// The upper bounds, ascending.
    pub bounds: Vec<f64>,
    /// The times of the counts, in milliseconds since 1970-01-01 UTC, ascending.
    pub timestamps_ms: Vec<i64>,
    /// The cumulative counts: all bounds of the first time, then those of the next. `NaN` if the server gave none.
    counts: Vec<f64>,
}

impl Histogram {
    /// The histograms in the answer to a query for buckets. Series that differ only in `le` form one histogram. Series
    /// without a readable `le` are left out.
    #[must_use]
    pub fn from_series(series: &[Series]) -> Vec<Self> {
        let mut groups: BTreeMap<Labels, Vec<(f64, &Series)>> = BTreeMap::new();
        for one in series {
            let Some(le) = one.label("le").and_then(|le| le.parse::<f64>().ok()).filter(|le| !le.is_nan()) else {
                continue;
            };
            let mut labels: Labels = one.labels.iter().filter(|(name, _)| name != "le").cloned().collect();
            labels.sort_unstable();
            groups.entry(labels).or_default().push((le, one));
        }
        groups.into_iter().map(|(labels, buckets)| Self::of(labels, buckets)).collect()
    }

    fn of(labels: Labels, mut buckets: Vec<(f64, &Series)>) -> Self {
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut timestamps_ms: Vec<i64> =
            buckets.iter().flat_map(|(_, series)| series.timestamps_ms.iter().copied()).collect();
        timestamps_ms.sort_unstable();
        timestamps_ms.dedup();
        let mut bounds: Vec<f64> = buckets.iter().map(|(le, _)| *le).collect();
        bounds.dedup();
        let width = bounds.len();
        let mut counts = vec![f64::NAN; width * timestamps_ms.len()];
        for (le, series) in &buckets {
            let Ok(column) = bounds.binary_search_by(|bound| bound.total_cmp(le)) else { continue };
            let mut row = 0;
            for (at_ms, value) in series.timestamps_ms.iter().zip(&series.values) {
                while timestamps_ms.get(row).is_some_and(|known| known < at_ms) {
                    row += 1;
                }
                if let Some(count) = counts.get_mut(row * width + column) {
                    // `1` and `1.0` are the same bound, so their counts are added.
                    *count = if count.is_nan() { *value } else { *count + *value };
                }
            }
        }
        Self { labels, bounds, timestamps_ms, counts }
    }

    /// The buckets at one of its times.
    #[must_use]
    pub fn buckets(&self, index: usize) -> Vec<Bucket> {
        let width = self.bounds.len();
        let counts = self.counts.get(index * width..(index + 1) * width).unwrap_or_default();
        let mut below = 0.0;
        let mut buckets: Vec<Bucket> = Vec::with_capacity(width);
        for (le, count) in self.bounds.iter().zip(counts) {
            // A bound that one server lacks has the count of the bound below; but the last bound must exist.
            if !count.is_nan() || *le == f64::INFINITY {
                below = *count;
            }
            buckets.push(Bucket { le: *le, count: below });
        }
        buckets
    }

    /// Whether servers with different bounds were added up: some bucket has a clearly lower count than a narrower one.
    /// The quantiles are unreliable then; group by a label that separates the servers.
    #[must_use]
    pub fn uneven(&self) -> bool {
        (0..self.timestamps_ms.len()).any(|index| {
            let buckets = self.buckets(index);
            let total = buckets.iter().fold(0.0_f64, |most, bucket| most.max(bucket.count));
            buckets.windows(2).any(|pair| pair[0].count - pair[1].count > UNEVEN_SHARE * total)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs.iter().map(|(le, count)| Bucket { le: *le, count: *count }).collect()
    }

    const INF: f64 = f64::INFINITY;

    fn series(labels: &[(&str, &str)], samples: &[(i64, f64)]) -> Series {
        Series {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            timestamps_ms: samples.iter().map(|(at_ms, _)| *at_ms).collect(),
            values: samples.iter().map(|(_, value)| *value).collect(),
        }
    }

    #[test]
    fn series_become_histograms_by_what_they_share() {
        let found = Histogram::from_series(&[
            series(&[("le", "+Inf"), ("m", "a")], &[(0, 4.0), (60, 0.0)]),
            series(&[("le", "0.3"), ("m", "a")], &[(0, 4.0), (60, 0.0)]),
            series(&[("m", "a"), ("le", "0.5")], &[(60, 0.0)]),
            series(&[("le", "0.3"), ("m", "b")], &[(60, 1.0)]),
            series(&[("le", "+Inf"), ("m", "b")], &[(60, 2.0)]),
            series(&[("le", "x"), ("m", "b")], &[(60, 2.0)]),
            series(&[("m", "c")], &[(60, 2.0)]),
        ]);
        let [a, b] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((a.labels[0].1.as_str(), a.bounds.as_slice()), ("a", [0.3, 0.5, INF].as_slice()));
        assert_eq!(a.timestamps_ms, [0, 60]);
        // A bound that is absent at a time has the count of the bound below.
        assert_eq!(a.buckets(0), buckets(&[(0.3, 4.0), (0.5, 4.0), (INF, 4.0)]));
        assert_eq!(b.buckets(0), buckets(&[(0.3, 1.0), (INF, 2.0)]));
        assert!(!a.uneven() && !b.uneven());
    }

    #[test]
    fn adding_up_servers_with_different_bounds_is_noticed() {
        let check = |wide: f64, expected: bool| {
            let found = Histogram::from_series(&[
                series(&[("le", "0.3")], &[(0, 10.0)]),
                series(&[("le", "0.5")], &[(0, wide)]),
                series(&[("le", "+Inf")], &[(0, 20.0)]),
            ]);
            assert_eq!(found[0].uneven(), expected, "{wide}");
        };
        check(10.0, false);
        check(9.5, false);
        check(5.0, true);
    }
}
