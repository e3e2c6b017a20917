//! Change points in a series of results of the same benchmark.
//!
//! E-divisive: take the split at which the values before and after differ most by the energy distance. It is a change
//! point if shuffling the series hardly ever gives a split as large; then both halves are searched again. The method
//! finds changes of level and of spread, needs no model, and a single outlier is no change point.
//!
//! Source: D. Matteson and N. James, *A nonparametric approach for multiple change point
//! analysis of multivariate data*, JASA 109 (2014); used on benchmarks by Apache Otava.

use crate::random::Random;

/// Fewest results on either side of a change: two have almost no spread to compare with.
pub const FEWEST: usize = 3;

/// A split counts as a change if its probability by chance is at most this. Histories are short: a series of ten cannot
/// reach a much smaller probability.
pub const LEVEL: f64 = 0.01;

/// Shufflings per split: enough to resolve [`LEVEL`] to a tenth.
const SHUFFLES: usize = 999;

/// Longer histories are cut to this many of the latest results, because the work grows with the square of their number
/// and nobody repairs older regressions.
pub const LONGEST: usize = 400;

/// Where a series changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// Index of the first result after the change.
    pub index: usize,
    /// Median from the previous change to this one.
    pub before: f64,
    /// Median from this change to the next.
    pub after: f64,
    /// Probability of so large a split in a series without a change.
    pub p: f64,
}

impl ChangePoint {
    /// `after / before`; `None` when `before` is zero.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        Some(self.after / self.before).filter(|ratio| ratio.is_finite())
    }
}

/// The change points of `series` (oldest result first), ascending. Results that are not finite belong to no segment and
/// are skipped. Equal series give equal answers.
#[must_use]
pub fn change_points(series: &[f64]) -> Vec<ChangePoint> {
    const SEED: u64 = 0x4f74_6176_6121;
    let known: Vec<usize> = (0..series.len()).filter(|&index| series[index].is_finite()).collect();
    let known = &known[known.len().saturating_sub(LONGEST)..];
    let values: Vec<f64> = known.iter().map(|&index| series[index]).collect();
    let mut random = Random::seeded(SEED);
    let mut splits: Vec<(usize, f64)> = Vec::new();
    let mut open = vec![(0, values.len())];
    while let Some((start, end)) = open.pop() {
        let segment = &values[start..end];
        let Some((at, strength)) = best_split(segment) else { continue };
        let mut shuffled = segment.to_vec();
        let as_large = (0..SHUFFLES)
            .filter(|_| {
                random.shuffle(&mut shuffled);
                best_split(&shuffled).is_some_and(|(_, other)| other >= strength)
            })
            .count();
        let p = (as_large + 1) as f64 / (SHUFFLES + 1) as f64;
        if p <= LEVEL {
            splits.push((start + at, p));
            open.push((start, start + at));
            open.push((start + at, end));
        }
    }
    splits.sort_by_key(|split| split.0);
    let mut edges = vec![0];
    edges.extend(splits.iter().map(|split| split.0));
    edges.push(values.len());
    splits
        .iter()
        .zip(edges.windows(3))
        .map(|(&(at, p), edges)| ChangePoint {
            index: known[at],
            before: median(&values[edges[0]..edges[1]]),
            after: median(&values[edges[1]..edges[2]]),
            p,
        })
        .collect()
}

/// The split with the largest energy statistic, and that statistic. `None` if the segment is too short to split.
///
/// `Q = nm/(n+m) · (2·mean|x − y| − mean|x − x′| − mean|y − y′|)` with the `n` values `x` before the split and the `m`
/// values `y` after it, up to any later end. If `y` were always the whole rest, an increase and an equal decrease after
/// it would hide each other.
fn best_split(values: &[f64]) -> Option<(usize, f64)> {
    let count = values.len();
    if count < 2 * FEWEST {
        return None;
    }
    let pairs = |n: f64| 0.5 * n * (n - 1.0);
    // Sums of distances over unordered pairs: among the first `t` values, and among those from `t` to the current end.
    let mut first = vec![0.0; count + 1];
    let mut rest = vec![0.0; count];
    let mut best: Option<(usize, f64)> = None;
    for last in 0..count {
        let mut to_last = 0.0;
        for start in (0..last).rev() {
            to_last += (values[start] - values[last]).abs();
            rest[start] += to_last;
        }
        let end = last + 1;
        let all = rest[0];
        first[end] = all;
        for split in FEWEST..=end.saturating_sub(FEWEST) {
            let (n, m) = (split as f64, (end - split) as f64);
            let (before, after) = (first[split], rest[split]);
            let across = all - before - after;
            let energy = 2.0 * across / (n * m) - before / pairs(n) - after / pairs(m);
            let strength = n * m / (n + m) * energy;
            if best.is_none_or(|(_, strongest)| strength > strongest) {
                best = Some((split, strength));
            }
        }
    }
    best
}

/// The median; `values` must not be empty.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { 0.5 * (sorted[middle - 1] + sorted[middle]) }
}
