//! The Universal Scalability Law: the shape of throughput over concurrency.

use crate::run::{LoadModel, Run};

/// Fewest levels for a fit. Three parameters leave no degree of freedom with three points, and almost none with four or
/// five; usl4j, the reference implementation, also refuses fewer than six.
pub const FEWEST_LEVELS: usize = 6;

/// `X(N) = λN / (1 + σ(N − 1) + κN(N − 1))`: the throughput X of a system at concurrency N.
///
/// Used for the shape and the peak of throughput, never for a latency percentile.
///
/// Source: N. J. Gunther, *Guerrilla Capacity Planning*, Springer 2007.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usl {
    /// λ: throughput of one user, per second.
    pub lambda: f64,
    /// σ: contention, the share of work that is serial.
    pub sigma: f64,
    /// κ: coherency, the cost of coordination between all pairs. If it is above zero, throughput falls beyond its peak.
    pub kappa: f64,
    /// Coefficient of determination of the fit to the measured throughput.
    pub r_squared: f64,
}

impl Usl {
    /// Throughput at concurrency `n`, per second.
    #[must_use]
    pub fn throughput_at(&self, n: f64) -> f64 {
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }

    /// The concurrency with the highest throughput, rounded down; `None` if the fit has no peak (κ is zero), so that
    /// none lies near the measured range.
    #[must_use]
    pub fn peak_concurrency(&self) -> Option<f64> {
        (self.kappa > 0.0 && self.sigma < 1.0).then(|| ((1.0 - self.sigma) / self.kappa).sqrt().floor().max(1.0))
    }
}

/// Fits output tokens per second over concurrency: streams for a closed loop, the measured mean number in flight for an
/// open one. `None` with fewer than [`FEWEST_LEVELS`] levels.
#[must_use]
pub fn fit_run(run: &Run) -> Option<Usl> {
    let points: Vec<(f64, f64)> = run
        .levels
        .iter()
        .filter_map(|level| {
            let concurrency = match run.load_model {
                LoadModel::Closed => Some(level.load),
                LoadModel::Open(_) => level.concurrency,
            };
            Some((concurrency?, level.rates.output_tokens?))
        })
        .collect();
    fit(&points)
}

/// Fits `(concurrency, throughput)` by least squares on throughput with σ, κ ≥ 0. `None` with fewer than
/// [`FEWEST_LEVELS`] usable points, or if they do not determine a curve.
#[must_use]
pub fn fit(points: &[(f64, f64)]) -> Option<Usl> {
    let usable: Vec<(f64, f64)> =
        points.iter().copied().filter(|(n, x)| n.is_finite() && x.is_finite() && *n > 0.0 && *x > 0.0).collect();
    if usable.len() < FEWEST_LEVELS {
        return None;
    }
    // If σ or κ is zero at the optimum, that is found by leaving the parameter out: all four combinations are fitted,
    // and the best one with non-negative parameters wins.
    let all = [[true, true], [true, false], [false, true], [false, false]];
    let best = all
        .into_iter()
        .filter_map(|free| fit_subset(&usable, free))
        .filter(|fit| fit.lambda > 0.0 && fit.sigma >= 0.0 && fit.kappa >= 0.0)
        .min_by(|a, b| residual(&usable, a).total_cmp(&residual(&usable, b)))?;
    let mean = usable.iter().map(|(_, x)| x).sum::<f64>() / usable.len() as f64;
    let spread: f64 = usable.iter().map(|(_, x)| (x - mean) * (x - mean)).sum();
    let r_squared = if spread > 0.0 { 1.0 - residual(&usable, &best) / spread } else { 1.0 };
    Some(Usl { r_squared, ..best })
}

fn residual(points: &[(f64, f64)], fit: &Usl) -> f64 {
    points.iter().map(|&(n, x)| x - fit.throughput_at(n)).map(|error| error * error).sum()
}

/// Levenberg–Marquardt from the linearised fit, with σ and κ free or fixed at zero.
fn fit_subset(points: &[(f64, f64)], free: [bool; 2]) -> Option<Usl> {
    let mut at = linearised(points, free)?;
    let mut error = residual(points, &at);
    let mut damping = 1e-3;
    // The start is close (a linear fit of the same data), so a few dozen steps suffice; the cap is for data without an
    // optimum.
    for _ in 0..200 {
        let mut normal = [[0.0; 3]; 3];
        let mut gradient = [0.0; 3];
        for &(n, x) in points {
            let denominator = 1.0 + at.sigma * (n - 1.0) + at.kappa * n * (n - 1.0);
            let share = n / denominator;
            let inner = -at.lambda * share / denominator * (n - 1.0);
            let row = [share, if free[0] { inner } else { 0.0 }, if free[1] { inner * n } else { 0.0 }];
            let off = x - at.lambda * share;
            for i in 0..3 {
                gradient[i] += row[i] * off;
                for j in 0..3 {
                    normal[i][j] += row[i] * row[j];
                }
            }
        }
        for (i, row) in normal.iter_mut().enumerate() {
            row[i] += damping * row[i];
        }
        let step = solve(normal, gradient, [true, free[0], free[1]])?;
        let next =
            Usl { lambda: at.lambda + step[0], sigma: at.sigma + step[1], kappa: at.kappa + step[2], r_squared: 0.0 };
        let next_error = residual(points, &next);
        if next_error.is_finite() && next_error <= error {
            let settled = error - next_error <= 1e-15 * error;
            at = next;
            error = next_error;
            damping *= 0.1;
            if settled {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    Some(at)
}

/// `N / X` is linear in `1/λ`, `σ/λ` and `κ/λ`.
fn linearised(points: &[(f64, f64)], free: [bool; 2]) -> Option<Usl> {
    let mut normal = [[0.0; 3]; 3];
    let mut right = [0.0; 3];
    for &(n, x) in points {
        let row = [1.0, if free[0] { n - 1.0 } else { 0.0 }, if free[1] { n * (n - 1.0) } else { 0.0 }];
        for i in 0..3 {
            right[i] += row[i] * n / x;
            for j in 0..3 {
                normal[i][j] += row[i] * row[j];
            }
        }
    }
    let [inverse, sigma, kappa] = solve(normal, right, [true, free[0], free[1]])?;
    (inverse > 0.0).then(|| Usl {
        lambda: 1.0 / inverse,
        sigma: sigma / inverse,
        kappa: kappa / inverse,
        r_squared: 0.0,
    })
}

/// Solves a symmetric 3 × 3 system by Gauss elimination with pivoting; parameters that are not
/// free are zero.
fn solve(mut matrix: [[f64; 3]; 3], mut right: [f64; 3], free: [bool; 3]) -> Option<[f64; 3]> {
    for i in 0..3 {
        if !free[i] {
            matrix[i] = [0.0; 3];
            matrix[i][i] = 1.0;
            right[i] = 0.0;
        }
    }
    for column in 0..3 {
        let pivot = (column..3).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        if matrix[column][column] == 0.0 || !matrix[column][column].is_finite() {
            return None;
        }
        for row in column + 1..3 {
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column];
            for (entry, pivot) in matrix[row].iter_mut().zip(above).skip(column) {
                *entry -= factor * pivot;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut solution = [0.0; 3];
    for row in (0..3).rev() {
        let known: f64 = (row + 1..3).map(|k| matrix[row][k] * solution[k]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    Some(solution)
}
