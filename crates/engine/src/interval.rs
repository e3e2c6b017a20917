//! 95 % confidence intervals of what was measured at one level.

use crate::dependence::{Dependence, INDEPENDENT};
use crate::distributions::{CONFIDENCE, normal_quantile, quantile_ranks, student_quantile};
use crate::level::Distribution;
use crate::whole;

/// Both ends of an interval; `None` if the data cannot give that end.
pub type Ends = (Option<f64>, Option<f64>);

/// Interval of the `q` quantile from all single values, by order statistics: nothing is assumed about the shape of the
/// distribution. `sorted` ascends and holds no NaN.
///
/// Dependent values count for fewer independent ones, and for fewer still because that number is uncertain. An end that
/// so few values could not give is unknown.
#[must_use]
pub fn quantile_from_dependent(sorted: &[f64], q: f64, dependence: Dependence) -> Ends {
    let n = sorted.len() as f64;
    let share = 0.5 + 0.5 * CONFIDENCE;
    let wider = if dependence.degrees.is_finite() {
        student_quantile(share, dependence.degrees) / normal_quantile(share)
    } else {
        1.0
    };
    let worth = (dependence.effective(sorted.len()) / (wider * wider)).floor().max(1.0);
    let (low, high) = quantile_ranks(whole::count(worth), q, CONFIDENCE);
    // The share of values at or below a rank stays the same.
    let at = |rank: f64| sorted.get(whole::index((rank * n / worth).clamp(1.0, n)) - 1).copied();
    let down = |rank: u64| at(rank as f64 - 1.0 + worth / n);
    let up = |rank: u64| at((rank as f64).min(worth));
    (low.and_then(down), high.and_then(up))
}

/// Interval of the `q` quantile if only a tool's summary is known.
///
/// The order statistics that bound the quantile are replaced by the nearest reported values beyond them (other
/// quantiles, the minimum, the maximum), which makes the interval wider but never too narrow. If no reported value lies
/// beyond, that end is unknown.
#[must_use]
pub fn quantile_from_summary(summary: &Distribution, q: f64) -> Ends {
    let n = summary.count as f64;
    let (low, high) = quantile_ranks(summary.count, q, CONFIDENCE);
    let finite = |value: &f64| value.is_finite();
    // Tools differ in which order statistic a quantile is (numpy interpolates at (n − 1)·p + 1, others take ⌈n·p⌉ or
    // ⌊n·p⌋): each end assumes the convention that is worst for it.
    let below = low.and_then(|rank| {
        let rank = rank as f64;
        let quantile = summary
            .quantiles
            .iter()
            .rev()
            .find(|(p, value)| value.is_finite() && (p * n).ceil().max(((n - 1.0) * p).ceil() + 1.0) <= rank)
            .map(|&(_, value)| value);
        quantile.or(summary.min.filter(finite))
    });
    let above = high.and_then(|rank| {
        let rank = rank as f64;
        let quantile = summary
            .quantiles
            .iter()
            .find(|(p, value)| value.is_finite() && (p * n).floor().min(((n - 1.0) * p).floor() + 1.0) >= rank)
            .map(|&(_, value)| value);
        quantile.or(summary.max.filter(finite))
    });
    (below, above)
}

/// Student's t interval of a mean. `None` for both ends with fewer than two values or no spread.
///
/// `population_std` divides by `n`, as numpy and every benchmark tool do by default; it is
/// corrected to the unbiased estimate here.
#[must_use]
pub fn mean_interval(mean: f64, population_std: Option<f64>, count: u64) -> Ends {
    mean_of_dependent(mean, population_std, count, INDEPENDENT)
}

/// [`mean_interval`] of dependent values, which count for fewer independent ones.
#[must_use]
pub fn mean_of_dependent(mean: f64, population_std: Option<f64>, count: u64, dependence: Dependence) -> Ends {
    let Some(std) = population_std.filter(|std| std.is_finite() && *std >= 0.0 && count >= 2) else {
        return (None, None);
    };
    let others = (count - 1) as f64;
    let error = std * (dependence.tau / others).sqrt();
    let half = student_quantile(0.5 + 0.5 * CONFIDENCE, dependence.degrees.min(others)) * error;
    (Some(mean - half), Some(mean + half))
}
