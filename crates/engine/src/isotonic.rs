//! Isotonic regression: the non-decreasing sequence nearest to noisy measurements.

use crate::between::between;

/// The weighted least-squares non-decreasing fit, by pooling adjacent violators.
///
/// The result has the length of `values`, keeps the weighted mean of every pooled block, and
/// is unique. A value without a positive finite weight counts with weight one, because a
/// measurement of unknown size is still a measurement. `values` must be finite.
///
/// Source: Barlow, Bartholomew, Bremner and Brunk, *Statistical Inference under Order
/// Restrictions*, 1972.
#[must_use]
pub fn isotonic_fit(values: &[f64], weights: &[f64]) -> Vec<f64> {
    struct Block {
        mean: f64,
        weight: f64,
        len: usize,
    }
    let mut blocks: Vec<Block> = Vec::with_capacity(values.len());
    for (index, &value) in values.iter().enumerate() {
        let weight = weights.get(index).copied().filter(|w| w.is_finite() && *w > 0.0).unwrap_or(1.0);
        let mut block = Block { mean: value, weight, len: 1 };
        while let Some(last) = blocks.pop_if(|last| last.mean > block.mean) {
            let weight = last.weight + block.weight;
            // Kept between the two means whatever the rounding, so that pooling cannot create a new violation in the
            // last bit.
            let mean = between((last.mean * last.weight + block.mean * block.weight) / weight, block.mean, last.mean);
            block = Block { mean, weight, len: last.len + block.len };
        }
        blocks.push(block);
    }
    let mut fit = Vec::with_capacity(values.len());
    for block in blocks {
        fit.resize(fit.len() + block.len, block.mean);
    }
    fit
}
