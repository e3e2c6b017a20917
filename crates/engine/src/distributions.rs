//! Probability distributions, computed from `libm` alone so that every target gets the same
//! bits.

use libm::{erfc, exp, lgamma, log, log1p, sqrt};

use crate::whole;

/// The confidence level of every interval in this crate, two-sided.
pub const CONFIDENCE: f64 = 0.95;

/// Probability that a standard normal variable is at most `z`.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z / core::f64::consts::SQRT_2)
}

/// The `p` quantile of the standard normal distribution, `0 < p < 1`; infinite at the ends.
///
/// Found as the root of [`normal_cdf`]: the inverse of a function that is tested needs no table of coefficients.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    quantile_of(p, &normal_cdf)
}

/// Probability that Student's t with `degrees` degrees of freedom is at most `t`.
#[must_use]
pub fn student_cdf(t: f64, degrees: f64) -> f64 {
    let tail = 0.5 * beta_regularized(0.5 * degrees, 0.5, degrees / (degrees + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The `p` quantile of Student's t with `degrees ≥ 1` degrees of freedom, `0 < p < 1`.
#[must_use]
pub fn student_quantile(p: f64, degrees: f64) -> f64 {
    quantile_of(p, &|t| student_cdf(t, degrees))
}

/// The point where an increasing distribution function symmetric about zero reaches `p`. The function is called through
/// a pointer, so that the WebAssembly has this once.
fn quantile_of(p: f64, cdf: &dyn Fn(f64) -> f64) -> f64 {
    if p.is_nan() {
        return p;
    }
    if p <= 0.0 || p >= 1.0 {
        return f64::INFINITY.copysign(p - 0.5);
    }
    // The lower tail is used for either side, because f64 resolves small probabilities best; and its logarithm, because
    // that is nearly a straight line or a parabola.
    let lower = if p < 0.5 { p } else { 1.0 - p };
    let beyond = |t: f64| log(cdf(t) / lower);
    let mut end = -1.0;
    // With one degree of freedom (Cauchy) the 10⁻³⁰⁰ quantile is 3·10²⁹⁹, so doubling ends before f64 does.
    while beyond(end) > 0.0 && end > -f64::MAX {
        end *= 2.0;
    }
    let root = root_between(end, 0.0, beyond);
    if p < 0.5 { root } else { -root }
}

/// The root of an increasing function that is negative at `low` and not at `high`, to the last bits of an f64: where the
/// line between both ends meets zero, with the value of an end halved that stays twice (the Illinois method), and the
/// middle where there is no such line. It needs some ten evaluations where halving the interval needs eighty.
fn root_between(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut at_low, mut at_high) = (f(low), f(high));
    let (mut root, mut stayed) = (high, 0.0);
    // Halving alone would end after so many.
    for _ in 0..200 {
        let line = high - at_high * (high - low) / (at_high - at_low);
        let next = if line > low && line < high { line } else { 0.5 * (low + high) };
        let at = f(next);
        if at < 0.0 {
            (low, at_low) = (next, at);
            at_high *= if stayed < 0.0 { 0.5 } else { 1.0 };
        } else {
            (high, at_high) = (next, at);
            at_low *= if stayed > 0.0 { 0.5 } else { 1.0 };
        }
        let step = (next - root).abs();
        (root, stayed) = (next, at);
        if at == 0.0 || step <= f64::EPSILON * root.abs() {
            break;
        }
    }
    root
}

/// The regularised incomplete beta function `I_x(a, b)`, by the continued fraction of
/// Abramowitz & Stegun 26.5.8 evaluated with Lentz's method.
#[must_use]
pub fn beta_regularized(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    // The fraction converges fast only below the mean; the rest follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    // Lentz's guard against division by zero.
    const TINY: f64 = 1e-300;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    // O(√max(a, b)) terms are needed; 10,000 covers a hundred million degrees of freedom.
    for step in 1..10_000_u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// Variance of a binomial count above which its tails are taken from the normal distribution, which is right to a
/// thousandth of the standard deviation. Exact weights would need memory in proportion to that deviation, which a
/// server with absurdly large counts must not cause.
const EXACT: f64 = 1e8;

/// One-based ranks `(j, k)` of the order statistics that bound the `q` quantile of `count`
/// independent values with the given two-sided confidence.
///
/// `j` is the largest rank whose value is below the quantile, and `k` the smallest whose value is above it, each with
/// probability `(1 + confidence) / 2`, by the binomial distribution of how many values fall below the quantile (exact
/// up to some billion values). `None` if even the smallest (or largest) value is no such bound: 71 values bound a 95th
/// percentile from below only.
#[must_use]
pub fn quantile_ranks(count: u64, q: f64, confidence: f64) -> (Option<u64>, Option<u64>) {
    if count == 0 || !(q > 0.0 && q < 1.0) {
        return (None, None);
    }
    let tail = 0.5 * (1.0 - confidence);
    let (n, variance) = (count as f64, count as f64 * q * (1.0 - q));
    if variance > EXACT {
        let half = normal_quantile(1.0 - tail) * sqrt(variance);
        let rank = |at: f64| whole::count(at.clamp(1.0, n));
        return (Some(rank((n * q - half).floor())), Some(rank((n * q + half).ceil() + 1.0)));
    }
    let (lowest, weights) = binomial_weights(count, q);
    let weight_at = |at: u64| weights[whole::rank(at - lowest)];
    let highest = lowest + weights.len() as u64 - 1;

    // The value of rank j is above the quantile when fewer than j values lie below it:
    // P(B ≤ j − 1) ≤ tail. The value of rank k is below it when P(B ≥ k) ≤ tail.
    let mut sum = 0.0;
    let mut j = None;
    for at in lowest..=highest {
        sum += weight_at(at);
        if sum > tail {
            // P(B ≤ at) exceeds the tail, so j − 1 = at − 1.
            j = Some(at);
            break;
        }
    }
    let mut sum = 0.0;
    let mut k = None;
    for at in (lowest..=highest).rev() {
        sum += weight_at(at);
        if sum > tail {
            // P(B ≥ at) exceeds the tail, so k = at + 1.
            k = Some(at + 1);
            break;
        }
    }
    (j.filter(|&rank| rank >= 1), k.filter(|&rank| rank <= count))
}

/// Probabilities of the binomial distribution of `count` trials with `0 < q < 1`, for the counts that matter: the
/// lowest such count, and the probabilities from there on. All others have less than 10⁻²⁰ of the mode's probability.
fn binomial_weights(count: u64, q: f64) -> (u64, Vec<f64>) {
    let n = count as f64;
    let odds = q / (1.0 - q);
    // Weights relative to the mode's, outwards from it until they are negligible.
    let mode = whole::count(((n + 1.0) * q).floor().min(n));
    let below: Vec<f64> = weights_from_mode(|step| {
        let at = mode.checked_sub(step)?;
        Some((at as f64 + 1.0) / ((n - at as f64) * odds))
    });
    let above: Vec<f64> = weights_from_mode(|step| {
        let at = mode + step;
        (at <= count).then(|| (n - at as f64 + 1.0) / at as f64 * odds)
    });
    let total = 1.0 + below.iter().sum::<f64>() + above.iter().sum::<f64>();
    let lowest = mode - below.len() as u64;
    let weights = below.iter().rev().chain(core::iter::once(&1.0)).chain(&above).map(|weight| weight / total).collect();
    (lowest, weights)
}

/// Cumulative products of `ratio(1), ratio(2), …` until they are too small to matter.
fn weights_from_mode(ratio: impl Fn(u64) -> Option<f64>) -> Vec<f64> {
    // A thousandth of the smallest tail that any interval needs would be enough; this is far less.
    const NEGLIGIBLE: f64 = 1e-20;
    let mut weights = Vec::new();
    let mut weight = 1.0;
    for step in 1.. {
        let Some(factor) = ratio(step) else { break };
        weight *= factor;
        if weight < NEGLIGIBLE {
            break;
        }
        weights.push(weight);
    }
    weights
}

/// Wilson's score interval of a proportion: `successes` of `count`, 0 to 1.
#[must_use]
pub fn wilson_interval(successes: u64, count: u64, confidence: f64) -> Option<(f64, f64)> {
    if count == 0 {
        return None;
    }
    let n = count as f64;
    let z = normal_quantile(0.5 + 0.5 * confidence);
    let share = successes as f64 / n;
    let denominator = 1.0 + z * z / n;
    let centre = (share + z * z / (2.0 * n)) / denominator;
    let half = z / denominator * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
    Some(((centre - half).max(0.0).min(share), (centre + half).min(1.0).max(share)))
}
