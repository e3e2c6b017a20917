//! Replicates of one level's statistic: values that the true one may have.

use crate::dependence::Dependence;
use crate::random::Random;
use crate::whole;

/// Values of a standard normal distribution, one from the middle of each of equal shares of its probability. In random
/// order they serve as draws that by construction are never too large or too small as a whole (Latin hypercube).
#[derive(Debug, Clone)]
pub(crate) struct Normals {
    shares: Vec<f64>,
}

impl Normals {
    pub(crate) fn new(count: usize) -> Self {
        Self { shares: (0..count).map(|index| probit((index as f64 + 0.5) / count as f64)).collect() }
    }

    pub(crate) fn shuffled(&self, random: &mut Random) -> Vec<f64> {
        let mut values = self.shares.clone();
        random.shuffle(&mut values);
        values
    }
}

/// The quantile of the standard normal distribution to nine digits, in a tenth of the time of
/// [`normal_quantile`](crate::distributions::normal_quantile).
///
/// Source: P. Acklam, *An algorithm for computing the inverse normal cumulative distribution function* (2003).
fn probit(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] =
        [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416];
    const TAIL: f64 = 0.024_25;
    let horner = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, one| sum * x + one);
    let tail = |p: f64| {
        let x = (-2.0 * libm::log(p)).sqrt();
        horner(&C, x) / (horner(&D, x) * x + 1.0)
    };
    if p < TAIL {
        tail(p)
    } else if p > 1.0 - TAIL {
        -tail(1.0 - p)
    } else {
        let x = p - 0.5;
        let square = x * x;
        horner(&A, square) * x / (horner(&B, square) * square + 1.0)
    }
}

/// A gamma variable of this shape from a standard normal one; zero where the approximation would be negative.
///
/// Source: E. Wilson and M. Hilferty, *The distribution of chi-square*, PNAS 17 (1931).
pub(crate) fn gamma(shape: f64, normal: f64) -> f64 {
    let root = 1.0 - 1.0 / (9.0 * shape) + normal / (3.0 * shape.sqrt());
    let root = root.max(0.0);
    shape * root * root * root
}

/// By how much a variance may exceed its estimate with `degrees` degrees of freedom: `ν/χ²`.
pub(crate) fn variance_factor(degrees: f64, normal: f64) -> f64 {
    // A cap: with so few degrees of freedom, larger factors mean nothing.
    const MOST: f64 = 100.0;
    if degrees.is_infinite() {
        return 1.0;
    }
    let half = 0.5 * degrees;
    (half / gamma(half, normal)).min(MOST)
}

/// Replicates of the `q` quantile.
///
/// How many of `n` values lie above the true quantile is binomial `(n, 1 − q)`; dependent values count for fewer. Each
/// replicate draws that share and takes the value with this share above it (Woodruff). Beyond the largest value it
/// extrapolates with the mean excess of the largest tenth.
pub(crate) fn quantile_column(
    sorted: &[f64],
    dependence: Dependence,
    q: f64,
    normals: &Normals,
    random: &mut Random,
) -> Vec<f64> {
    /// The smallest share of one request, so that the extrapolation stays finite.
    const LEAST_SHARE: f64 = 1e-4;
    /// The largest of a few values tell little about the tail, and more often make it look too light.
    const HEAVIER: f64 = 1.5;
    let n = sorted.len() as f64;
    // A tenth of the values, and at least two independent ones.
    let top = (sorted.len() / 10).max(whole::index(2.0 * dependence.tau)).min(sorted.len() - 1);
    let threshold = sorted[sorted.len() - 1 - top];
    let largest = sorted[sorted.len() - 1];
    let excess = sorted[sorted.len() - top..].iter().map(|value| value - threshold).sum::<f64>() / top as f64;
    let variances = if dependence.degrees.is_infinite() { Vec::new() } else { normals.shuffled(random) };
    let above = normals.shuffled(random);
    let below = normals.shuffled(random);
    let worth = dependence.effective(sorted.len());
    above
        .iter()
        .zip(&below)
        .enumerate()
        .map(|(index, (&above, &below))| {
            let factor = variances.get(index).map_or(1.0, |&normal| variance_factor(dependence.degrees, normal));
            let worth = (worth / factor).max(1.0);
            // A beta variable as a quotient of two gamma variables.
            let above = gamma(worth * (1.0 - q), above);
            let below = gamma(worth * q, below).max(1e-9);
            let share = above / (above + below);
            let position = n * (1.0 - share) + 0.5;
            if position <= n {
                between_ranks(sorted, position)
            } else {
                largest + HEAVIER * excess * libm::log(0.5 / (n * share).max(LEAST_SHARE))
            }
        })
        .collect()
}

/// Replicates of the mean: Student's t, with the dependence of the values.
pub(crate) fn mean_column(values: &[f64], dependence: Dependence, normals: &Normals, random: &mut Random) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    let error = (variance / dependence.effective(values.len())).sqrt();
    let degrees = dependence.degrees.min(n - 1.0);
    let factors = normals.shuffled(random);
    normals
        .shuffled(random)
        .into_iter()
        .zip(factors)
        .map(|(normal, factor)| mean + error * variance_factor(degrees, factor).sqrt() * normal)
        .collect()
}

/// The value at a fractional rank, interpolated between two order statistics. `sorted` has at least two values.
pub(crate) fn between_ranks(sorted: &[f64], position: f64) -> f64 {
    let last = sorted.len() - 1;
    // One-based rank r is index r − 1.
    let below = (position.floor() - 1.0).clamp(0.0, last as f64 - 1.0);
    let index = whole::index(below);
    let value = sorted[index] + (sorted[index + 1] - sorted[index]) * (position - 1.0 - below);
    value.max(0.0)
}
