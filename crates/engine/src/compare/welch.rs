//! Means of repeated runs. The run is the unit, because the requests of one run share its machine, its neighbours and
//! its day.

use crate::distributions::{CONFIDENCE, student_cdf, student_quantile};

/// Two groups of repeated runs against each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Welch {
    /// Mean of B less mean of A.
    pub difference: f64,
    /// 95 % interval of the difference.
    pub interval: [f64; 2],
    /// Probability of so large a difference by chance, two-sided.
    pub p: f64,
    /// Degrees of freedom (Welch and Satterthwaite).
    pub degrees: f64,
}

/// Welch's t test on one value per run, with unbiased variances. `None` if a side has fewer than two runs or if nothing
/// varies at all.
#[must_use]
pub fn welch(a: &[f64], b: &[f64]) -> Option<Welch> {
    welch_with(a, b, 0.0)
}

/// As [`welch`], but with an assumed standard deviation between runs, `assumed`. If the runs of a side agree more
/// closely than that, the assumption counts as one run, because three runs may agree by luck. Its weight shrinks as
/// runs are added.
#[must_use]
pub fn welch_with(a: &[f64], b: &[f64], assumed: f64) -> Option<Welch> {
    let side = |values: &[f64]| {
        let (mean, error) = mean_and_error(values)?;
        let n = values.len() as f64;
        let with_assumed = (assumed * assumed / n + (n - 1.0) * error) / n;
        Some((mean, error.max(with_assumed)))
    };
    let (mean_a, error_a) = side(a)?;
    let (mean_b, error_b) = side(b)?;
    let error = error_a + error_b;
    if error <= 0.0 {
        return None;
    }
    let degrees = error * error / (error_a * error_a / (a.len() - 1) as f64 + error_b * error_b / (b.len() - 1) as f64);
    let difference = mean_b - mean_a;
    let p = 2.0 * student_cdf(-(difference / error.sqrt()).abs(), degrees);
    let half = student_quantile(0.5 + 0.5 * CONFIDENCE, degrees) * error.sqrt();
    Some(Welch { difference, interval: [difference - half, difference + half], p, degrees })
}

/// The mean of repeated runs with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// 95 % interval (Student's t).
    pub interval: [f64; 2],
    /// Number of runs.
    pub count: usize,
}

/// The mean over repeated runs, one value per run. `None` below two runs.
#[must_use]
pub fn mean_of_repeats(values: &[f64]) -> Option<Mean> {
    let (value, error) = mean_and_error(values)?;
    let half = student_quantile(0.5 + 0.5 * CONFIDENCE, (values.len() - 1) as f64) * error.sqrt();
    Some(Mean { value, interval: [value - half, value + half], count: values.len() })
}

/// The mean, and the unbiased estimate of the variance of the mean.
fn mean_and_error(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((mean, squares / (n - 1.0) / n))
}
