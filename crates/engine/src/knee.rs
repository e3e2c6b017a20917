//! The knee of a curve: where it bends most. It is an annotation, never a recommendation: it depends on the measured
//! range and knows no limit.
//!
//! Source: V. Satopää, J. Albrecht, D. Irwin and B. Raghavan, *Finding a "kneedle" in a
//! haystack*, ICDCS Workshops 2011.

/// How an increasing curve bends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bend {
    /// Gets flatter, as throughput over load.
    Flattening,
    /// Gets steeper, as latency over load.
    Steepening,
}

/// The knee of the increasing curve through `points`, which must ascend in their first member, with the paper's
/// sensitivity `S = 1`. `None` with fewer than five points, if the curve has no extent, or if it does not bend clearly.
///
/// The curve is scaled to the unit square; the knee is the first local maximum of its height
/// above the diagonal from which the height falls by more than the mean step before it rises
/// again.
#[must_use]
pub fn knee(points: &[(f64, f64)], bend: Bend) -> Option<(f64, f64)> {
    const SENSITIVITY: f64 = 1.0;
    let usable = points.len() >= 5
        && points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
        && points.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !usable {
        return None;
    }
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let lowest = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let highest = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    if highest <= lowest {
        return None;
    }
    let height = |&(x, y): &(f64, f64)| {
        let above = (y - lowest) / (highest - lowest) - (x - first) / (last - first);
        match bend {
            Bend::Flattening => above,
            Bend::Steepening => -above,
        }
    };
    let mut heights: Vec<f64> = points.iter().map(height).collect();
    // A steepening curve rotated by half a turn is a flattening one, so its knee is searched from the steep end.
    if bend == Bend::Steepening {
        heights.reverse();
    }
    let step = SENSITIVITY / (points.len() - 1) as f64;
    let mut candidate: Option<usize> = None;
    for at in 1..heights.len() {
        let peak = at + 1 < heights.len() && heights[at] >= heights[at - 1] && heights[at] > heights[at + 1];
        if peak && candidate.is_none_or(|best| heights[at] > heights[best]) {
            candidate = Some(at);
        } else if let Some(best) = candidate
            && heights[at] < heights[best] - step
        {
            let index = if bend == Bend::Steepening { points.len() - 1 - best } else { best };
            return (heights[best] > 0.0).then_some(points[index]);
        }
    }
    None
}
