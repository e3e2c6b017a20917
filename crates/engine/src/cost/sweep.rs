//! A against B as a function of a limit: the cheaper one may change.

use super::{Contest, Figures, LoadRule, Measure, Ratio, Served};
use crate::listed::joined;
use crate::order::by_load;
use crate::sheet::Sheet;

/// The bounds of a comparison unless others are asked for, as multiples of the limit's own bound, ascending.
pub const BOUND_FACTORS: [f64; 5] = [0.5, 1.0, 1.5, 2.0, 4.0];

/// Number of equal steps in the search for changes of the winner. Whole replicas and measured levels change in jumps,
/// and two jumps within one step that cancel are not seen.
const SEARCHED: u32 = 128;

/// Both sides at one bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepPoint {
    /// The bound of the limit that is swept, in the unit of the limit.
    pub bound: f64,
    /// What A serves; `None` if no load passes or that is unknown.
    pub a: Option<Served>,
    /// What B serves.
    pub b: Option<Served>,
    /// A against B; `None` if a side or a price is missing.
    pub contest: Option<Contest>,
}

/// A range of bounds over which both sides have an answer and the same one is ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// The lowest of these bounds, in the unit of the limit.
    pub from: f64,
    /// The highest of these bounds, in the unit of the limit.
    pub to: f64,
    /// Who is ahead by the figures: `Some(true)` for A, `None` if both are equal.
    pub a_ahead: Option<bool>,
    /// Whether that is beyond doubt; see [`Contest::cheaper`].
    pub certain: bool,
}

/// Both sides at each of `bounds`, as the bound of each side's limit in question; the other limits apply throughout.
#[must_use]
pub fn sweep(a: &Sheet, b: &Sheet, bounds: &[f64], measure: Measure, rule: LoadRule) -> Vec<SweepPoint> {
    bounds.iter().map(|&bound| at_bound(a, b, bound, measure, rule)).collect()
}

fn at_bound(a: &Sheet, b: &Sheet, bound: f64, measure: Measure, rule: LoadRule) -> SweepPoint {
    let [of_a, of_b] = [a, b].map(|sheet| Figures::at(sheet, bound, measure.basis(), rule).served);
    let both = of_a.as_ref().zip(of_b.as_ref());
    let contest = both.and_then(|(of_a, of_b)| Contest::of(measure, (a, of_a), (b, of_b)));
    SweepPoint { bound, a: of_a, b: of_b, contest }
}

/// The bounds for [`stretches`]: evenly spaced ones between `low` and `high`, and those in `told`.
#[must_use]
pub fn searched([low, high]: [f64; 2], told: &[f64]) -> Vec<f64> {
    let step = |index: u32| low + (high - low) * (f64::from(index) / f64::from(SEARCHED));
    (0..=SEARCHED).map(step).chain(told.iter().copied()).collect()
}

/// Who is ahead (`true` for A), and whether that is beyond doubt.
type Lead = (Option<bool>, bool);

/// Who is ahead over `bounds`. A bound is left out if a side has no answer there, or if the side that is behind has a
/// sweep that ended while passing: it yields at least what was measured and may be ahead. Changes are located to the
/// last digit, but two that cancel between neighbouring bounds are not seen, so pass closely spaced bounds.
#[must_use]
pub fn stretches(a: &Sheet, b: &Sheet, bounds: &[f64], measure: Measure, rule: LoadRule) -> Vec<Stretch> {
    let lead = |bound: f64| Contest::at(measure, rule, a, b, bound).as_ref().and_then(lead);
    let mut found: Vec<Stretch> = Vec::new();
    let mut before: Option<(f64, Option<Lead>)> = None;
    for bound in by_load(bounds, |&bound| bound) {
        let now = lead(bound);
        let from = match before {
            Some((earlier, told)) if told != now => {
                let [still, first] = change([earlier, bound], |bound| lead(bound) == told);
                if let Some(last) = found.last_mut().filter(|_| told.is_some()) {
                    last.to = still;
                }
                first
            }
            _ => bound,
        };
        match (now, found.last_mut()) {
            (Some(_), Some(last)) if before.is_some_and(|(_, told)| told == now) => last.to = bound,
            (Some((a_ahead, certain)), _) => found.push(Stretch { from, to: bound, a_ahead, certain }),
            (None, _) => {}
        }
        before = Some((bound, now));
    }
    found
}

/// Who is ahead at which bounds, beyond doubt or by the figures alone, as the end of a sentence:
/// `B is ahead beyond doubt from 1,000 ms to 2,000 ms`. `names` are the names of A and of B, and `bound` formats a
/// bound. Bounds at which a side has no answer are in no stretch.
#[must_use]
pub fn ahead(stretches: &[Stretch], names: [&str; 2], bound: &dyn Fn(f64) -> String) -> String {
    let range = |from: f64, to: f64| {
        let [from, to] = [from, to].map(bound);
        if from == to { format!("at {from}") } else { format!("from {from} to {to}") }
    };
    let parts: Vec<String> = stretches
        .iter()
        .map(|&Stretch { from, to, a_ahead, certain }| {
            let side = match a_ahead {
                Some(a) => format!("{} is ahead", names[usize::from(!a)]),
                None => "both are equal".to_owned(),
            };
            let doubt = match (a_ahead, certain) {
                (Some(_), true) => " beyond doubt",
                (Some(_), false) => " by the figures, but this may be chance,",
                (None, _) => "",
            };
            format!("{side}{doubt} {}", range(from, to))
        })
        .collect();
    joined(&parts, "; ")
}

/// Ratios closer to 1 than this are a tie: a difference within rounding is no win.
const TIE: f64 = 1e-12;

/// Who is ahead. `None` if the side that is behind has a sweep that ended while passing, so that it may be ahead.
fn lead(contest: &Contest) -> Option<Lead> {
    let Ratio { value, floors: [a_is_more, b_is_more], .. } = contest.ratio;
    let ahead = ((value - 1.0).abs() >= TIE).then_some(value > 1.0);
    let is_open = match ahead {
        Some(true) => b_is_more,
        Some(false) => a_is_more,
        None => a_is_more || b_is_more,
    };
    (!is_open).then(|| (ahead, contest.cheaper().is_some()))
}

/// Where between two bounds something changes: the last bound at which it `still` holds and the first at which it does
/// not.
pub(super) fn change([mut low, mut high]: [f64; 2], still: impl Fn(f64) -> bool) -> [f64; 2] {
    // 50 halvings leave 10⁻¹⁵ of the gap.
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if still(middle) { low = middle } else { high = middle }
    }
    [low, high]
}
