//! Latencies as a server counts them: in the buckets of a histogram.

use crate::distributions::{CONFIDENCE, quantile_ranks};
use crate::level::Distribution;
use crate::whole;

/// A statistic that is known to lie in a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucketed {
    /// The best estimate inside the range; `None` if nothing but the range is known.
    pub value: Option<f64>,
    /// The statistic is at least this.
    pub lo: f64,
    /// The statistic is at most this; `None` if it lies above the last bound of the histogram.
    pub hi: Option<f64>,
}

/// How many observations fell between neighbouring bounds.
///
/// Counts may be fractions: they are rates over a window, which Prometheus extrapolates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Upper bounds, ascending. The last one is infinity if the server has that bucket.
    bounds: Vec<f64>,
    /// Number of observations above the previous bound and at most this one.
    counts: Vec<f64>,
    /// The sum of all observations; `None` if unknown.
    sum: Option<f64>,
}

impl Histogram {
    /// From pairs `(upper bound, number of observations at most that)` in any order, and the sum of all observations.
    /// Pairs that are not numbers are left out. If a cumulative count falls, which rounding causes, the count before it
    /// is kept.
    #[must_use]
    pub fn from_cumulative(pairs: &[(f64, f64)], sum: Option<f64>) -> Self {
        let mut pairs: Vec<(f64, f64)> =
            pairs.iter().copied().filter(|(bound, count)| !bound.is_nan() && count.is_finite()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs.dedup_by(|later, earlier| later.0 <= earlier.0);
        let mut below = 0.0_f64;
        let counts = pairs
            .iter()
            .map(|&(_, cumulative)| {
                let own = (cumulative - below).max(0.0);
                below = below.max(cumulative);
                own
            })
            .collect();
        Self {
            bounds: pairs.into_iter().map(|(bound, _)| bound).collect(),
            counts,
            sum: sum.filter(|sum| sum.is_finite() && *sum >= 0.0),
        }
    }

    /// Number of observations.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// The mean; `None` without observations or without their sum.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        self.sum.filter(|_| count > 0.0).map(|sum| sum / count)
    }

    /// The histogram with every bound and the sum multiplied by `factor`: 1,000 turns seconds into milliseconds.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            bounds: self.bounds.iter().map(|bound| bound * factor).collect(),
            counts: self.counts.clone(),
            sum: self.sum.map(|sum| sum * factor),
        }
    }

    /// Adds the observations of another histogram. If the bounds differ, adds nothing and returns `false`: observations
    /// between other bounds cannot be told apart any more.
    #[must_use]
    pub fn add(&mut self, other: &Self) -> bool {
        if self.bounds.is_empty() {
            self.clone_from(other);
            return true;
        }
        if other.bounds.is_empty() {
            return true;
        }
        if self.bounds != other.bounds {
            return false;
        }
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own += more;
        }
        self.sum = self.sum.zip(other.sum).map(|(own, more)| own + more);
        true
    }

    /// The `q` quantile of the observations. `None` when there are none.
    /// The range is the bucket that holds the quantile, cut off at `mean / (1 − q)` (Markov's inequality). For example,
    /// a queue in which nobody waited has all of its observations in a first bucket that ends at 300 ms, and a mean of
    /// microseconds. Inside the range the value is interpolated as Prometheus does. In the first bucket and without a
    /// mean only the bounds are known: 95 % of its width would not be a measurement.
    /// mean nothing but the bounds is known: 95 % of its width is no measurement.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Bucketed> {
        let count = self.count();
        if !(count > 0.0 && (0.0..=1.0).contains(&q)) {
            return None;
        }
        let (at, below) = self.bucket_of(q * count);
        let (lo, hi) = self.bounds_of(at);
        let mean = self.mean();
        let most = mean.filter(|_| q < 1.0).map(|mean| mean / (1.0 - q)).filter(|most| *most >= lo);
        let hi = match (hi, most) {
            (Some(hi), Some(most)) => Some(hi.min(most)),
            (hi, most) => hi.or(most),
        };
        let inside = |hi: f64| {
            let share = ((q * count - below) / self.counts[at]).clamp(0.0, 1.0);
            lo + (hi - lo) * if share.is_nan() { 1.0 } else { share }
        };
        let value = match self.bounds_of(at).1 {
            // Above the last bound, only the lower end of the range is known.
            None => Some(lo),
            Some(_) if at == 0 && mean.is_none() => None,
            Some(_) => hi.map(inside),
        };
        Some(Bucketed { value, lo, hi })
    }

    /// The `q` quantile of the population that the observations are a sample of, 95 %: from the bucket of the lower
    /// order statistic that bounds it to the bucket of the upper one. `independent` is the number of independent
    /// observations if that is fewer than all: the gaps between the tokens of one answer depend on each other. If there
    /// are too few for an end, that end is open: 0 below, `None` above.
    #[must_use]
    pub fn quantile_interval(&self, q: f64, independent: Option<f64>) -> Option<Bucketed> {
        let guess = self.quantile(q)?;
        let all = self.count();
        let effective = independent.map_or(all, |independent| independent.min(all));
        let (low, high) = quantile_ranks(whole::count(effective.round()), q, CONFIDENCE);
        let bucket = |rank: u64| self.bounds_of(self.bucket_of(rank as f64 / effective * all).0);
        let lo = low.map_or(0.0, |rank| bucket(rank).0).min(guess.lo);
        let hi = high.and_then(|rank| bucket(rank).1).map(|hi| guess.hi.map_or(hi, |own| own.max(hi)));
        Some(Bucketed { value: guess.value, lo, hi })
    }

    /// The histogram as a benchmark would summarise it, with every observation as one request.
    #[must_use]
    pub fn distribution(&self) -> Distribution {
        let quantiles = [0.5, 0.9, 0.95, 0.99];
        Distribution {
            count: whole::count(self.count().round()),
            mean: self.mean(),
            quantiles: quantiles.iter().filter_map(|&q| Some((q, self.quantile(q)?.value?))).collect(),
            ..Distribution::default()
        }
    }

    /// The bucket that holds the observation of a rank, and the number of observations below that bucket.
    fn bucket_of(&self, rank: f64) -> (usize, f64) {
        let mut below = 0.0;
        let mut last = (0, 0.0);
        for (at, &own) in self.counts.iter().enumerate() {
            if own > 0.0 {
                last = (at, below);
                // Sums of fractions may miss a whole number in the last bit.
                if below + own >= rank * (1.0 - 1e-12) {
                    return last;
                }
            }
            below += own;
        }
        last
    }

    /// Both ends of a bucket. The first bucket begins at zero, because latencies are not negative.
    fn bounds_of(&self, at: usize) -> (f64, Option<f64>) {
        let lo = if at == 0 { 0.0 } else { self.bounds[at - 1] };
        (lo, self.bounds.get(at).copied().filter(|bound| bound.is_finite()))
    }
}
