//! A against B as a function of a limit: the winner may change.

use super::{Figures, LoadRule, Measure, Ratio, Served, ratio_of};
use crate::run::DollarsPerHour;
use crate::sheet::Sheet;

/// Both sides at one bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepPoint {
    /// The bound of the limit that is swept, in its quantity's unit.
    pub bound: f64,
    /// What A serves; `None` where it passes at no load or that is not known.
    pub a: Option<Served>,
    /// What B serves.
    pub b: Option<Served>,
    /// A over B; `None` where a side or a price is missing.
    pub ratio: Option<Ratio>,
}

/// A bound at which the cheaper side changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flip {
    /// The bound, in the quantity's unit. For whole replicas or measured levels the ratio jumps
    /// there; otherwise it passes through 1.
    pub bound: f64,
    /// Whether A is cheaper just below the bound.
    pub a_below: bool,
}

/// The ratio at each of `bounds` for the limit in question of either side; the other limits hold at all of them.
#[must_use]
pub fn sweep(a: &Sheet, b: &Sheet, bounds: &[f64], measure: Measure, rule: LoadRule) -> Vec<SweepPoint> {
    bounds.iter().map(|&bound| at_bound(a, b, bound, measure, rule)).collect()
}

fn at_bound(a: &Sheet, b: &Sheet, bound: f64, measure: Measure, rule: LoadRule) -> SweepPoint {
    let side = |sheet: &Sheet| -> Option<(Served, [Option<f64>; 2], Option<DollarsPerHour>)> {
        let figures = Figures::at(sheet, bound, measure.basis(), rule);
        let price = sheet.known_price().map(|price| price.per_hour);
        Some((figures.served?, rule.interval(&figures.breaking), price))
    };
    let (a, b) = (side(a), side(b));
    let ratio = a.as_ref().zip(b.as_ref()).and_then(|(a, b)| ratio_of(measure, (&a.0, a.1, a.2?), (&b.0, b.1, b.2?)));
    SweepPoint { bound, a: a.map(|side| side.0), b: b.map(|side| side.0), ratio }
}

/// Every bound between neighbouring `bounds` at which the ratio crosses 1, ascending. Two flips
/// between the same two bounds cancel and are not seen: sweep finely.
#[must_use]
pub fn flips(a: &Sheet, b: &Sheet, bounds: &[f64], measure: Measure, rule: LoadRule) -> Vec<Flip> {
    let a_wins = |bound: f64| {
        let value = at_bound(a, b, bound, measure, rule).ratio?.value;
        // Equal within rounding is a tie, and a tie is no win.
        if (value - 1.0).abs() < TIE { None } else { Some(value > 1.0) }
    };
    let mut ascending = bounds.to_vec();
    ascending.sort_by(f64::total_cmp);
    flips_by(&ascending, a_wins)
}

/// Two costs that differ by less than this share are equal.
pub(super) const TIE: f64 = 1e-12;

/// [`flips`] of any two sides over ascending bounds: `a_wins` says at a bound whether A is
/// cheaper, `None` where it cannot be said.
pub(super) fn flips_by(ascending: &[f64], a_wins: impl Fn(f64) -> Option<bool>) -> Vec<Flip> {
    let decided: Vec<(f64, bool)> = ascending.iter().filter_map(|&bound| Some((bound, a_wins(bound)?))).collect();
    decided
        .windows(2)
        .filter(|pair| pair[0].1 != pair[1].1)
        .map(|pair| {
            let (mut low, mut high) = (pair[0].0, pair[1].0);
            // 50 halvings leave 10⁻¹⁵ of the gap.
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                if a_wins(middle) == Some(pair[0].1) { low = middle } else { high = middle }
            }
            Flip { bound: high, a_below: pair[0].1 }
        })
        .collect()
}
