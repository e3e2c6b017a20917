//! Tests and effect sizes by ranks, which are robust against slow outliers.

#[cfg(test)]
mod tests;

use crate::dependence::{Queue, dependence};
use crate::distributions::{CONFIDENCE, normal_cdf, normal_quantile, student_cdf, student_quantile};

/// Up to this many pairs the distribution of U is counted exactly instead of approximated.
const EXACT_PAIRS: usize = 400;

/// The difference or the ratio of typical requests, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub lo: f64,
    /// Upper end of the interval.
    pub hi: f64,
}

/// The two-sided p-value of Mann and Whitney's test that `a` and `b` come from one distribution. Each is in the order
/// of measurement, and its requests waited in the corresponding one of `queues`. `None` if either is empty or contains
/// NaN.
///
/// Exact for small samples without ties, else the normal approximation with corrections for ties and continuity.
/// Neighbouring requests that resemble each other carry less information than their number suggests. Then the variance
/// grows by what the autocorrelation of the ranks shows, and because that is an estimate, Student's t is used for the
/// tail.
///
/// Source: Lehmann, *Nonparametrics*, 1975, chapter 1.
pub(super) fn mann_whitney(a: &[f64], b: &[f64], queues: [Queue; 2]) -> Option<f64> {
    if a.is_empty() || b.is_empty() || a.iter().chain(b).any(|value| value.is_nan()) {
        return None;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (ranks, ties) = midranks(a, b);
    let u = ranks[..a.len()].iter().sum::<f64>() - 0.5 * n * (n + 1.0);
    let off = (u - 0.5 * n * m).abs();
    if ties == 0.0 && a.len() * b.len() <= EXACT_PAIRS {
        return Some(exact_tail(a.len(), b.len(), 0.5 * n * m - off));
    }
    let total = n + m;
    let spread = n * m / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)));
    if spread <= 0.0 {
        // Every value is the same.
        return Some(1.0);
    }
    let excess = Excess::of(&ranks, a.len(), queues);
    let z = (off - 0.5).max(0.0) / (spread * excess.factor).sqrt();
    let tail = if excess.degrees.is_finite() { student_cdf(-z, excess.degrees) } else { normal_cdf(-z) };
    Some((2.0 * tail).min(1.0))
}

/// The factor by which the variance of U exceeds that of independent values.
#[derive(Debug, Clone, Copy)]
struct Excess {
    /// The factor; at least 1.
    factor: f64,
    /// Degrees of freedom of that estimate.
    degrees: f64,
}

impl Excess {
    /// From the ranks of both sides in the order of measurement: the mean rank of each side varies with that side's
    /// dependence, and the smaller side weighs more.
    ///
    /// Source of the degrees of freedom of a sum: F. Satterthwaite, *An approximate distribution of estimates of variance
    /// components*, Biometrics Bulletin 2 (1946).
    fn of(ranks: &[f64], first: usize, queues: [Queue; 2]) -> Self {
        let (a, b) = ranks.split_at(first);
        let [of_a, of_b] = [(a, queues[0]), (b, queues[1])].map(|(side, queue)| queue.at_least(dependence(side)));
        let count = ranks.len() as f64;
        let (from_a, from_b) = (of_a.tau * b.len() as f64 / count, of_b.tau * a.len() as f64 / count);
        let factor = from_a + from_b;
        // An infinite number of degrees of freedom adds no uncertainty.
        let doubt = from_a * from_a / of_a.degrees + from_b * from_b / of_b.degrees;
        Self { factor, degrees: (factor * factor / doubt).max(1.0) }
    }

    /// The number of standard errors on either side that holds the central 95 %.
    fn errors(self) -> f64 {
        let share = 0.5 + 0.5 * CONFIDENCE;
        if self.degrees.is_finite() { student_quantile(share, self.degrees) } else { normal_quantile(share) }
    }
}

/// The ranks (from 1) of `a` followed by `b` in the joint order, with ties at their mean rank; and `Σ (t³ − t)` over
/// groups of `t` ties.
fn midranks(a: &[f64], b: &[f64]) -> (Vec<f64>, f64) {
    let value = |index: usize| if index < a.len() { a[index] } else { b[index - a.len()] };
    let count = a.len() + b.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&i, &j| value(i).total_cmp(&value(j)));
    let mut ranks = vec![0.0; count];
    let mut ties = 0.0;
    let mut start = 0;
    while start < count {
        let mut end = start + 1;
        while end < count && value(order[end]) <= value(order[start]) {
            end += 1;
        }
        let size = (end - start) as f64;
        ties += size * size * size - size;
        for &index in &order[start..end] {
            ranks[index] = 0.5 * (start + 1 + end) as f64;
        }
        start = end;
    }
    (ranks, ties)
}

/// `2 · P(U ≤ u)` by counting: the number of arrangements with each U follows Mann and
/// Whitney's recursion, here as the product of `(1 − xᵐ⁺ⁱ) / (1 − xⁱ)`.
fn exact_tail(n: usize, m: usize, u: f64) -> f64 {
    let size = n * m + 1;
    let mut counts = vec![0.0; size];
    counts[0] = 1.0;
    for i in 1..=n {
        for at in (m + i..size).rev() {
            counts[at] -= counts[at - m - i];
        }
        for at in i..size {
            counts[at] += counts[at - i];
        }
    }
    let all: f64 = counts.iter().sum();
    // Counts are whole numbers, so this slack only allows for rounding.
    let tail: f64 =
        counts.iter().enumerate().take_while(|(at, _)| *at as f64 <= u + 1e-9).map(|(_, count)| count).sum();
    (2.0 * tail / all).min(1.0)
}

/// How much larger a typical value of `b` is than one of `a`: the median of all pairwise differences, with the interval
/// that inverts [`mann_whitney`], wider if neighbouring requests resemble each other. Each side is in the order of
/// measurement, and its requests waited in the corresponding one of `queues`.
///
/// Source: J. Hodges and E. Lehmann, *Estimates of location based on rank tests* (1963).
pub(super) fn shift(a: &[f64], b: &[f64], queues: [Queue; 2]) -> Option<Shift> {
    if a.is_empty() || b.is_empty() || a.iter().chain(b).any(|value| !value.is_finite()) {
        return None;
    }
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let excess = Excess::of(&midranks(a, b).0, a.len(), queues);
    let (a, b) = (sorted(a), sorted(b));
    let (n, m) = (a.len() as f64, b.len() as f64);
    let pairs = n * m;
    let error = (pairs * (n + m + 1.0) / 12.0 * excess.factor).sqrt();
    let rank = (0.5 * pairs - excess.errors() * error).floor().max(1.0);
    let middle = 0.5
        * (difference_at(&a, &b, (0.5 * pairs).floor().max(1.0))
            + difference_at(&a, &b, (0.5 * pairs + 1.0).floor().min(pairs)));
    let value = if pairs % 2.0 == 0.0 { middle } else { difference_at(&a, &b, (0.5 * (pairs + 1.0)).floor()) };
    Some(Shift { value, lo: difference_at(&a, &b, rank), hi: difference_at(&a, &b, pairs + 1.0 - rank) })
}

/// How many times larger a typical value of `b` is than one of `a`: [`shift`] of the
/// logarithms. `None` unless every value is positive.
pub(super) fn ratio_of_typical(a: &[f64], b: &[f64], queues: [Queue; 2]) -> Option<Shift> {
    let logs = |values: &[f64]| values.iter().map(|&value| libm::log(value)).collect::<Vec<f64>>();
    let Shift { value, lo, hi } = shift(&logs(a), &logs(b), queues)?;
    Some(Shift { value: libm::exp(value), lo: libm::exp(lo), hi: libm::exp(hi) })
}

/// The `rank`-th smallest (from 1) of all differences `b[j] − a[i]`, both sorted, by bisection over the range of
/// values: the pairs are counted, never listed.
fn difference_at(a: &[f64], b: &[f64], rank: f64) -> f64 {
    let at_most = |limit: f64| {
        let mut count = 0.0;
        let mut first = 0;
        // As `right` grows, fewer values of `a` are within the difference.
        for &right in b {
            while first < a.len() && right - a[first] > limit {
                first += 1;
            }
            count += (a.len() - first) as f64;
        }
        count
    };
    let (mut low, mut high) = (b[0] - a[a.len() - 1], b[b.len() - 1] - a[0]);
    if at_most(low) >= rank {
        return low;
    }
    // 64 halvings leave less than a last bit of the range.
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if at_most(middle) >= rank { high = middle } else { low = middle }
    }
    high
}
