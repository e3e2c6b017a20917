//! The curve of one replicate, and where between two levels it may leave the limit.

use crate::gap::crossing_range;

/// The curve of one replicate. Its buffers are reused for the next one.
pub(super) struct Fit {
    /// Mean, weight and length of each pooled block.
    pooled: Vec<(f64, f64, usize)>,
    values: Vec<f64>,
}

impl Fit {
    pub(super) fn with_capacity(levels: usize) -> Self {
        Self { pooled: Vec::with_capacity(levels), values: Vec::with_capacity(levels) }
    }

    /// [`isotonic_fit`](crate::isotonic::isotonic_fit) without allocation.
    pub(super) fn isotonic(&mut self, values: impl Iterator<Item = f64>, weights: &[f64]) {
        self.pooled.clear();
        for (value, &weight) in values.zip(weights) {
            let weight = if weight.is_finite() && weight > 0.0 { weight } else { 1.0 };
            let mut block = (value, weight, 1);
            while let Some(last) = self.pooled.pop_if(|last| last.0 > block.0) {
                let weight = last.1 + block.1;
                let mean = ((last.0 * last.1 + block.0 * block.1) / weight).clamp(block.0, last.0);
                block = (mean, weight, last.2 + block.2);
            }
            self.pooled.push(block);
        }
        self.values.clear();
        for &(mean, _, length) in &self.pooled {
            self.values.extend(core::iter::repeat_n(mean, length));
        }
    }

    /// The loads between which this curve leaves `value ≤ bound`: see [`crossing_range`].
    pub(super) fn range(&self, loads: &[f64], bound: f64) -> [f64; 2] {
        crossing_range(loads, &self.values, bound)
    }
}
