//! A cubic through points that never overshoots them.

use crate::between::between;

/// A piecewise cubic through given points. It has a continuous first derivative and is monotone between neighbouring
/// points, so it has no values beyond the measured ones.
///
/// Source: M. Steffen, *A simple method for monotonic interpolation in one dimension*,
/// Astronomy and Astrophysics 239, 443 (1990).
#[derive(Debug, Clone, PartialEq)]
pub struct MonotoneCubic {
    xs: Vec<f64>,
    ys: Vec<f64>,
    slopes: Vec<f64>,
}

impl MonotoneCubic {
    /// The cubic through `(xs[i], ys[i])`. `None` unless there is at least one point, both
    /// columns have the same length, all numbers are finite and `xs` strictly increases.
    #[must_use]
    pub fn through(xs: Vec<f64>, ys: Vec<f64>) -> Option<Self> {
        let usable = !xs.is_empty()
            && xs.len() == ys.len()
            && xs.iter().chain(&ys).all(|value| value.is_finite())
            && xs.windows(2).all(|pair| pair[0] < pair[1]);
        usable.then(|| {
            let slopes = steffen_slopes(&xs, &ys);
            Self { xs, ys, slopes }
        })
    }

    /// The smallest and the largest `x`.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        (self.xs[0], self.xs[self.xs.len() - 1])
    }

    /// The points that it goes through, ascending.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.xs.iter().copied().zip(self.ys.iter().copied())
    }

    /// The value at `x`, or `None` outside [`range`](Self::range): never extrapolated.
    #[must_use]
    pub fn eval(&self, x: f64) -> Option<f64> {
        let (first, last) = self.range();
        if !(x >= first && x <= last) {
            return None;
        }
        let after = self.xs.partition_point(|&knot| knot <= x);
        if after == self.xs.len() {
            return Some(self.ys[after - 1]);
        }
        Some(self.eval_piece(after - 1, x))
    }

    fn eval_piece(&self, piece: usize, x: f64) -> f64 {
        let width = self.xs[piece + 1] - self.xs[piece];
        let rise = self.ys[piece + 1] - self.ys[piece];
        let (left, right) = (self.slopes[piece] * width, self.slopes[piece + 1] * width);
        let t = (x - self.xs[piece]) / width;
        // Hermite form in Horner order: y0 + t·(m0 + t·((3Δ − 2m0 − m1) + t·(m0 + m1 − 2Δ))).
        let square = 3.0 * rise - 2.0 * left - right;
        let cube = left + right - 2.0 * rise;
        let value = self.ys[piece] + t * (left + t * (square + t * cube));
        // The cubic is monotone in exact arithmetic; rounding must not leave the interval between the two values.
        let (low, high) =
            if rise < 0.0 { (self.ys[piece + 1], self.ys[piece]) } else { (self.ys[piece], self.ys[piece + 1]) };
        between(value, low, high)
    }

    /// For a cubic that does not decrease: the end of `{x : y(x) ≤ bound}`, that is, the largest `x` at which the cubic
    /// does not exceed `bound`. `None` if the first point already exceeds it or the last one does not.
    #[must_use]
    pub fn last_at_most(&self, bound: f64) -> Option<f64> {
        let above = self.ys.partition_point(|&y| y <= bound);
        if above == 0 || above == self.ys.len() {
            return None;
        }
        let piece = above - 1;
        let (mut low, mut high) = (self.xs[piece], self.xs[above]);
        // Bisect until no f64 lies between: so the answer follows the polynomial that is drawn.
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return Some(low);
            }
            if self.eval_piece(piece, middle) <= bound {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}

/// Steffen's slopes: those of the parabola through three neighbours, limited so that no piece leaves the range of its
/// two end values; one-sided parabolas at the ends.
fn steffen_slopes(xs: &[f64], ys: &[f64]) -> Vec<f64> {
    let count = xs.len();
    if count < 2 {
        return vec![0.0; count];
    }
    let widths: Vec<f64> = xs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let secants: Vec<f64> = ys.windows(2).zip(&widths).map(|(pair, width)| (pair[1] - pair[0]) / width).collect();
    if count == 2 {
        return vec![secants[0]; 2];
    }
    let mut slopes = Vec::with_capacity(count);
    slopes.push(end_slope(secants[0], secants[1], widths[0], widths[1]));
    for i in 1..count - 1 {
        slopes.push(inner_slope(secants[i - 1], secants[i], widths[i - 1], widths[i]));
    }
    let last = secants.len() - 1;
    slopes.push(end_slope(secants[last], secants[last - 1], widths[last], widths[last - 1]));
    slopes
}

/// The slope between two secants of widths `before_width` and `after_width`.
pub(crate) fn inner_slope(before: f64, after: f64, before_width: f64, after_width: f64) -> f64 {
    if before * after <= 0.0 {
        return 0.0;
    }
    let parabola = (before * after_width + after * before_width) / (before_width + after_width);
    2.0_f64.copysign(before) * before.abs().min(after.abs()).min(0.5 * parabola.abs())
}

/// The slope at an end, from the secant beside it (`near`) and the one after (`far`).
pub(crate) fn end_slope(near: f64, far: f64, near_width: f64, far_width: f64) -> f64 {
    let share = near_width / (near_width + far_width);
    let parabola = near * (1.0 + share) - far * share;
    if parabola * near <= 0.0 {
        0.0
    } else if parabola.abs() > 2.0 * near.abs() {
        2.0 * near
    } else {
        parabola
    }
}
