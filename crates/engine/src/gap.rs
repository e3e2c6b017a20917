//! What a curve may do between two levels, where nothing was measured.

use crate::monotone::{end_slope, inner_slope};

/// The loads between which a curve through non-decreasing `values` exceeds `bound`, whatever it does between two
/// levels: `[−∞, −∞]` if the lowest level is above the bound, `[∞, ∞]` if no level is.
///
/// Nothing was measured between two levels, and more requests do not change that. Four curves are plausible there: the
/// monotone cubic that is drawn, the straight line, the straight line of the logarithm, and the neighbouring gaps
/// extended into this one, which gives the latest crossing of a curve that bends upwards. The range covers all four,
/// with some margin on each side. If one gap holds a jump, only the gap itself is known.
pub(crate) fn crossing_range(loads: &[f64], values: &[f64], bound: f64) -> [f64; 2] {
    const WIDER: f64 = 0.28;
    let right = match values.iter().position(|&value| value > bound) {
        None => return [f64::INFINITY; 2],
        Some(0) => return [f64::NEG_INFINITY; 2],
        Some(failing) => failing,
    };
    let left = right - 1;
    let width = |i: usize| loads[i + 1] - loads[i];
    let secant = |i: usize| (values[i + 1] - values[i]) / width(i);
    let scale = width(left);
    let rise = values[right] - values[left];
    let target = bound - values[left];
    if jumps(loads, values, left) {
        return [loads[left], loads[right]];
    }
    // In shares of the gap's width.
    let chord = target / rise;
    let cubic = cubic_root(loads, values, left, bound);
    let logarithmic = if values[left] > 0.0 {
        libm::log(bound / values[left]) / libm::log(values[right] / values[left])
    } else {
        chord
    };
    let from_left = if left > 0 { target / (secant(left - 1) * scale) } else { f64::INFINITY };
    let from_right =
        if right + 1 < values.len() { 1.0 - (rise - target) / (secant(right) * scale) } else { f64::INFINITY };
    let outside = from_left.min(from_right);
    let outside = if outside.is_nan() { 0.0 } else { outside.clamp(0.0, 1.0) };
    let shares = [chord, cubic, logarithmic, outside];
    let low = shares.into_iter().fold(f64::INFINITY, f64::min);
    let high = shares.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let more = WIDER * (high - low);
    [(low - more).max(0.0), (high + more).min(1.0)].map(|share| loads[left] + scale * share)
}

/// Where the monotone cubic reaches the bound in the gap above level `left`, as a share of the gap's width.
fn cubic_root(loads: &[f64], values: &[f64], left: usize, bound: f64) -> f64 {
    let right = left + 1;
    let width = |i: usize| loads[i + 1] - loads[i];
    let secant = |i: usize| (values[i + 1] - values[i]) / width(i);
    let middle = secant(left);
    // A neighbouring gap belongs to the same cubic only if the curve rises there too.
    let before = (left > 0).then(|| secant(left - 1)).filter(|slope| *slope > 0.0);
    let after = (right + 1 < loads.len()).then(|| secant(right)).filter(|slope| *slope > 0.0);
    let left_slope = match (before, after) {
        (Some(before), _) => inner_slope(before, middle, width(left - 1), width(left)),
        (None, Some(after)) => end_slope(middle, after, width(left), width(right)),
        (None, None) => middle,
    };
    let right_slope = match (after, before) {
        (Some(after), _) => inner_slope(middle, after, width(left), width(right)),
        (None, Some(before)) => end_slope(middle, before, width(left), width(left - 1)),
        (None, None) => middle,
    };
    let scale = width(left);
    hermite_root(values[right] - values[left], left_slope * scale, right_slope * scale, bound - values[left])
}

/// The `t` from 0 to 1 at which the non-decreasing cubic from 0 to `rise` with these end slopes
/// reaches `target`, `0 ≤ target < rise`, by the Illinois variant of the false position.
fn hermite_root(rise: f64, left: f64, right: f64, target: f64) -> f64 {
    let square = 3.0 * rise - 2.0 * left - right;
    let cube = left + right - 2.0 * rise;
    let off = |t: f64| t * (left + t * (square + t * cube)) - target;
    let (mut low, mut high) = (0.0, 1.0);
    let (mut low_off, mut high_off) = (-target, rise - target);
    let mut side = 0_i8;
    // Each step gains more than one digit; the bound guards against rounding.
    for _ in 0..60 {
        let t = (low * high_off - high * low_off) / (high_off - low_off);
        let at = off(t);
        // Far below what the percentiles of a thousand replicates resolve.
        if at.abs() <= 1e-10 * rise || high - low <= 1e-12 {
            return t;
        }
        if at > 0.0 {
            high = t;
            high_off = at;
            if side > 0 {
                low_off *= 0.5;
            }
            side = 1;
        } else {
            low = t;
            low_off = at;
            if side < 0 {
                high_off *= 0.5;
            }
            side = -1;
        }
    }
    0.5 * (low + high)
}

/// Whether the step from level `passing` to the next is a jump rather than a slope.
///
/// Interpolation reads a load from the gap between two levels. That is sound if the curve is known to rise there about
/// as steeply as elsewhere, and meaningless if one gap holds most of the rise and nothing was measured inside it. All
/// three tests are independent of scale:
///
/// 1. the value at least doubles: less is a slope whatever surrounds it, because a straight
///    line then misplaces the root by less than the gap's own share;
/// 2. this gap holds at least half of the whole rise of the curve;
/// 3. it is more than four times as steep as any other gap: a latency that grows with the cube
///    of load steepens fourfold from one gap to the next when loads double, as sweeps do, so
///    anything below is growth. It also keeps a bend (flat, then a straight rise) an edge:
///    there the gap beyond is at least as steep as the one that holds the bend.
///
/// `values` are the fitted ones over `loads`, and `passing + 1` exists.
pub(crate) fn jumps(loads: &[f64], values: &[f64], passing: usize) -> bool {
    const DOUBLES: f64 = 2.0;
    const HALF: f64 = 0.5;
    const CUBIC_GROWTH: f64 = 4.0;
    let (below, above) = (values[passing], values[passing + 1]);
    let whole = values[values.len() - 1] - values[0];
    if above < DOUBLES * below || above - below < HALF * whole {
        return false;
    }
    let slope = |gap: usize| (values[gap + 1] - values[gap]) / (loads[gap + 1] - loads[gap]);
    let others = (0..values.len() - 1).filter(|&gap| gap != passing).map(slope);
    slope(passing) > CUBIC_GROWTH * others.fold(0.0, f64::max)
}
