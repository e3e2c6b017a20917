//! Quantiles from bucket counts, with the bounds that they lie between.
//!
//! A histogram knows only how many observations fell below each of its bounds. A quantile is therefore known to lie in
//! one bucket, and anything finer is interpolation: an empty queue whose first bucket ends at 0.3 s reads as a 95th
//! percentile of 0.285 s on every server. So the bounds are part of the answer, and so is that nothing was observed.

use std::collections::BTreeMap;

use crate::answer::{Labels, Series};

/// The largest decrease from one bucket to the next, as a share of all observations, that extrapolation of rates
/// explains; more means that servers with different bounds were added up.
const UNEVEN_SHARE: f64 = 0.05;

/// What is known about a quantile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantile {
    /// There are no buckets: the server was not there, or not scraped.
    NoData,
    /// There are buckets and nothing fell into them: no requests.
    Idle,
    /// It lies in a bucket.
    Between(Estimate),
}

/// A quantile and the bucket that it lies in. `lo < hi`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// By linear interpolation within the bucket, as `histogram_quantile` has it. In the last bucket it is `lo`.
    pub value: f64,
    /// The lower bound of the bucket; 0 for the first one, unless its upper bound is not above 0.
    pub lo: f64,
    /// The upper bound of the bucket; infinite for the last one.
    pub hi: f64,
}

impl Quantile {
    /// The estimate; `None` when there is none.
    #[must_use]
    pub fn estimate(self) -> Option<Estimate> {
        match self {
            Self::Between(estimate) => Some(estimate),
            Self::NoData | Self::Idle => None,
        }
    }
}

/// A cumulative bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Its upper bound, inclusive; the last one is infinite.
    pub le: f64,
    /// How many observations, or observations per second, were at most that.
    pub count: f64,
}

/// The quantile `phi` (0 to 1) of buckets in ascending order.
///
/// The rank is found as Prometheus finds it: counts are made to ascend first, because rates of single buckets are
/// extrapolated each for itself. `phi` outside of its range is taken as the nearest end.
#[must_use]
pub fn quantile(phi: f64, buckets: &[Bucket]) -> Quantile {
    let Some((last, finite)) = buckets.split_last() else { return Quantile::NoData };
    if last.le != f64::INFINITY || last.count.is_nan() {
        return Quantile::NoData;
    }
    let total = buckets.iter().fold(0.0_f64, |most, bucket| most.max(bucket.count));
    // `NaN` is not above zero either.
    if total.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
        return Quantile::Idle;
    }
    let rank = phi.clamp(0.0, 1.0) * total;
    let mut below = 0.0_f64;
    let mut lo = None;
    for bucket in finite {
        let count = bucket.count.max(below);
        if count >= rank && count > 0.0 {
            let lo = lo.unwrap_or(if bucket.le > 0.0 { 0.0 } else { f64::NEG_INFINITY });
            let inside = count - below;
            let value = if lo.is_infinite() {
                bucket.le
            } else if inside > 0.0 {
                lo + (bucket.le - lo) * ((rank - below) / inside)
            } else {
                lo
            };
            return Quantile::Between(Estimate { value, lo, hi: bucket.le });
        }
        below = count;
        lo = Some(bucket.le);
    }
    let lo = lo.unwrap_or(0.0);
    Quantile::Between(Estimate { value: lo, lo, hi: f64::INFINITY })
}

/// A histogram over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The labels of its series, without `le`.
    pub labels: Labels,
    /// The upper bounds, ascending.
    pub bounds: Vec<f64>,
    /// When, in milliseconds since 1970-01-01 UTC, ascending.
    pub timestamps_ms: Vec<i64>,
    /// The cumulative counts, all bounds of a time one after the other. `NaN` where the server gave none.
    counts: Vec<f64>,
}

impl Histogram {
    /// The histograms in the answer to a query for buckets: series that differ only in `le` are one. Series without a
    /// readable `le` are none of a histogram and left out.
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
                    // `1` and `1.0` are one bound written in two ways.
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
            // A bound that one server lacks holds what the one below holds; the last one must be there.
            if !count.is_nan() || *le == f64::INFINITY {
                below = *count;
            }
            buckets.push(Bucket { le: *le, count: below });
        }
        buckets
    }

    /// A quantile at each of its times.
    #[must_use]
    pub fn quantiles(&self, phi: f64) -> Vec<Quantile> {
        (0..self.timestamps_ms.len()).map(|index| quantile(phi, &self.buckets(index))).collect()
    }

    /// Whether servers with different bounds were added up: some bucket holds clearly less than a narrower one. Its
    /// quantiles are then not to be trusted; group by what tells the servers apart.
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

    #[test]
    fn a_quantile_says_what_it_lies_between() {
        let check = |phi: f64, pairs: &[(f64, f64)], expected: (f64, f64, f64)| {
            let (value, lo, hi) = expected;
            let found = quantile(phi, &buckets(pairs)).estimate().unwrap();
            assert!((found.value - value).abs() < 1e-12, "{phi} of {pairs:?}: {found:?}");
            assert_eq!(
                (found.lo.to_bits(), found.hi.to_bits()),
                (lo.to_bits(), hi.to_bits()),
                "{phi} of {pairs:?}: {found:?}"
            );
        };
        // An empty queue: everything in the first bucket.
        check(0.95, &[(0.3, 7.0), (0.5, 7.0), (INF, 7.0)], (0.285, 0.0, 0.3));
        check(0.5, &[(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (INF, 8.0)], (2.0, 1.0, 2.0));
        check(0.75, &[(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (INF, 8.0)], (3.0, 2.0, 4.0));
        check(0.0, &[(1.0, 0.0), (2.0, 4.0), (INF, 4.0)], (1.0, 1.0, 2.0));
        check(1.0, &[(1.0, 0.0), (2.0, 4.0), (INF, 4.0)], (2.0, 1.0, 2.0));
        check(7.0, &[(1.0, 0.0), (2.0, 4.0), (INF, 4.0)], (2.0, 1.0, 2.0));
        // Beyond the last bound only that it is beyond is known.
        check(0.99, &[(1.0, 2.0), (2.0, 4.0), (INF, 8.0)], (2.0, 2.0, INF));
        // A rate that was extrapolated less than its neighbour's.
        check(0.5, &[(1.0, 4.0), (2.0, 3.99), (4.0, 8.0), (INF, 8.0)], (1.0, 0.0, 1.0));
        check(0.9, &[(-1.0, 1.0), (1.0, 2.0), (INF, 2.0)], (0.6, -1.0, 1.0));
        check(0.1, &[(-1.0, 1.0), (1.0, 2.0), (INF, 2.0)], (-1.0, f64::NEG_INFINITY, -1.0));
    }

    #[test]
    fn idle_and_absent_are_two_things() {
        let check = |pairs: &[(f64, f64)], expected: Quantile| {
            assert_eq!(quantile(0.95, &buckets(pairs)), expected, "{pairs:?}");
        };
        check(&[], Quantile::NoData);
        check(&[(0.3, 0.0), (INF, 0.0)], Quantile::Idle);
        check(&[(0.3, f64::NAN), (INF, f64::NAN)], Quantile::NoData);
        check(&[(0.3, 1.0), (0.5, 1.0)], Quantile::NoData);
        check(&[(INF, 0.0)], Quantile::Idle);
    }

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
        // A bound that is absent at a time holds what the one below holds.
        assert_eq!(a.buckets(0), buckets(&[(0.3, 4.0), (0.5, 4.0), (INF, 4.0)]));
        assert_eq!(a.quantiles(0.5)[1], Quantile::Idle);
        assert_eq!(a.quantiles(0.5)[0].estimate().map(|e| e.hi), Some(0.3));
        assert_eq!(b.quantiles(0.9), [Quantile::Between(Estimate { value: 0.3, lo: 0.3, hi: INF })]);
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
