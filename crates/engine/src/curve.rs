//! The fitted curve of a metric over load: it is drawn, tooltips read it, and verdicts are taken from it.

use crate::isotonic::isotonic_fit;
use crate::monotone::MonotoneCubic;
use crate::points::{LevelPoint, clean};

/// A non-decreasing curve over the measured loads, and only there.
///
/// Latency does not fall when load rises, so a dip is noise: measurements are first made non-decreasing
/// ([`isotonic_fit`], weighted by requests), then joined by monotone cubics ([`MonotoneCubic`]). Where levels were
/// pooled the curve is flat, and a new cubic starts on either side: a single cubic through everything would leave a
/// pooled stretch with slope zero, and so give a larger load than the measurements support.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    points: Vec<(f64, f64)>,
    pieces: Vec<MonotoneCubic>,
}

/// Where a curve exceeds a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Crossing {
    /// It exceeds the bound already at the lowest measured load.
    BelowRange,
    /// The largest load at which the curve does not exceed the bound.
    At(f64),
    /// It does not exceed the bound at any measured load.
    AboveRange,
}

impl Curve {
    /// Fits `points`, which may be in any order. Points that are not finite are left out, and points of the same load
    /// are averaged; `None` if nothing is left.
    #[must_use]
    pub fn fit(points: &[LevelPoint]) -> Option<Self> {
        Self::fit_clean(&clean(points))
    }

    /// As [`fit`](Self::fit), for points that are finite and strictly ascending.
    pub(crate) fn fit_clean(points: &[LevelPoint]) -> Option<Self> {
        let loads: Vec<f64> = points.iter().map(|point| point.load).collect();
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        let weights: Vec<f64> = points.iter().map(|point| point.count as f64).collect();
        Self::through(&loads, &isotonic_fit(&values, &weights))
    }

    /// The curve through values that are non-decreasing already.
    pub(crate) fn through(loads: &[f64], values: &[f64]) -> Option<Self> {
        if loads.is_empty() || loads.len() != values.len() {
            return None;
        }
        let mut pieces = Vec::new();
        let mut start = 0;
        while start + 1 < loads.len() {
            let flat = values[start + 1] <= values[start];
            let mut end = start + 1;
            while end + 1 < loads.len() && (values[end + 1] <= values[end]) == flat {
                end += 1;
            }
            pieces.push(MonotoneCubic::through(loads[start..=end].to_vec(), values[start..=end].to_vec())?);
            start = end;
        }
        if pieces.is_empty() {
            pieces.push(MonotoneCubic::through(loads.to_vec(), values.to_vec())?);
        }
        Some(Self { points: loads.iter().copied().zip(values.iter().copied()).collect(), pieces })
    }

    /// The fitted `(load, value)` at every measured load, ascending.
    #[must_use]
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// The lowest and the highest measured load.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        (self.points[0].0, self.points[self.points.len() - 1].0)
    }

    /// The value at a load; `None` outside the measured range, because nothing is known there.
    #[must_use]
    pub fn value_at(&self, load: f64) -> Option<f64> {
        let piece = self.pieces.partition_point(|piece| piece.range().1 < load);
        self.pieces.get(piece)?.eval(load)
    }

    /// Where the curve exceeds `bound`. On a flat stretch at exactly the bound this is the end of the stretch, because
    /// `≤` still holds there.
    #[must_use]
    pub fn crossing(&self, bound: f64) -> Crossing {
        if self.points[0].1 > bound {
            return Crossing::BelowRange;
        }
        for piece in &self.pieces {
            let (start, end) = piece.range();
            if piece.eval(end).is_some_and(|value| value > bound) {
                return Crossing::At(piece.last_at_most(bound).unwrap_or(start));
            }
        }
        Crossing::AboveRange
    }

    /// The curve for drawing: `count` evenly spaced loads and every measured one, ascending
    /// and without duplicates.
    #[must_use]
    pub fn sample(&self, count: usize) -> Vec<(f64, f64)> {
        let (first, last) = self.range();
        let steps = count.saturating_sub(1).max(1) as f64;
        let mut loads: Vec<f64> = (0..count).map(|step| first + (last - first) * (step as f64 / steps)).collect();
        loads.extend(self.points.iter().map(|&(load, _)| load));
        loads.sort_by(f64::total_cmp);
        loads.dedup();
        loads.into_iter().filter_map(|load| Some((load, self.value_at(load)?))).collect()
    }
}
