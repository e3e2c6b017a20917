//! The breaking point of one limit: the load at which the fitted curve exceeds its bound.
//!
//! Pure on columns, so that the panel's what-if and the backend's verdict are the same
//! function on the same numbers.

mod combined;
mod method;
mod words;

pub use combined::{OneLimit, combined, first_to_break};
pub use method::IntervalMethod;
pub use words::Words;

use crate::curve::{Crossing, Curve};
use crate::gap::{crossing_range, jumps};
use crate::isotonic::isotonic_fit;
use crate::listed::listed;
use crate::points::{LevelPoint, clean};

/// How far the measurements go towards an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BreakingState {
    /// A failing level was measured above a passing one: the answer is a load.
    Edge,
    /// The sweep ended while passing: the answer is "at least".
    Floor,
    /// The lowest level fails already.
    NeverMet,
    /// The fit jumps over the bound: the bracket is the answer, not the interpolation.
    Cliff,
    /// The percentile is not in the report, but percentiles above and below it decide whether levels pass: the bracket of
    /// the levels that are decided is the answer.
    Bracket,
    /// No level measured the limit's subject.
    NotMeasured,
}

impl BreakingState {
    /// Every state, the most informative first.
    pub const ALL: [Self; 6] = [Self::Edge, Self::Floor, Self::NeverMet, Self::Cliff, Self::Bracket, Self::NotMeasured];

    /// The state with this [`id`](Self::id); `None` for any other text.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }

    /// `edge`, `floor`, `never_met`, `cliff`, `bracket` or `not_measured`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Floor => "floor",
            Self::NeverMet => "never_met",
            Self::Cliff => "cliff",
            Self::Bracket => "bracket",
            Self::NotMeasured => "not_measured",
        }
    }
}

/// The breaking point of one limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Breaking {
    /// What kind of answer this is.
    pub state: BreakingState,
    /// The breaking load: the root of the fit for an edge, the highest load known to pass for
    /// a cliff or a bracket, `None` otherwise.
    pub load: Option<f64>,
    /// Where the true breaking load lies: the 95 % interval of an edge, the measured loads around a
    /// cliff or a bracket, `[highest load, None]` for a floor, `[None, lowest load]` when never met. An end
    /// that the data do not give is `None`.
    /// If every request is known these are 95 % intervals too, because a level may have passed or failed by chance: the
    /// interval of a cliff may be wider than its bracket, and that of a floor may begin below the highest load. So only
    /// [`max_passing_load`](Self::max_passing_load) and [`first_failing_load`](Self::first_failing_load) say which
    /// loads were measured.
    pub interval: [Option<f64>; 2],
    /// The measured load just below the answer; it passed.
    pub max_passing_load: Option<f64>,
    /// The measured load just above the answer; it failed.
    pub first_failing_load: Option<f64>,
    /// Whether some level failed although a level with a higher load passed.
    pub non_monotone: bool,
}

/// Judges the points of one metric, in any order, against `value ≤ bound`.
#[must_use]
pub fn breaking_point(points: &[LevelPoint], bound: f64) -> Breaking {
    let points = clean(points);
    let Some(curve) = Curve::fit_clean(&points) else {
        return Breaking {
            state: BreakingState::NotMeasured,
            load: None,
            interval: [None, None],
            max_passing_load: None,
            first_failing_load: None,
            non_monotone: false,
        };
    };
    let non_monotone = fails_before_passing(&points, bound);
    let (lowest, highest) = curve.range();
    match curve.crossing(bound) {
        Crossing::BelowRange => Breaking {
            state: BreakingState::NeverMet,
            load: None,
            interval: [None, Some(lowest)],
            max_passing_load: None,
            first_failing_load: Some(lowest),
            non_monotone,
        },
        Crossing::AboveRange => Breaking {
            state: BreakingState::Floor,
            load: None,
            interval: [Some(highest), None],
            max_passing_load: Some(highest),
            first_failing_load: None,
            non_monotone,
        },
        Crossing::At(load) => {
            // A pooled block's last member is at most the block's mean, and its first member at least that. So these
            // two levels passed and failed as measured, not only as fitted.
            let failing = curve.points().partition_point(|&(_, value)| value <= bound);
            let passing = failing - 1;
            let bracket = [curve.points()[passing].0, curve.points()[failing].0];
            let loads: Vec<f64> = curve.points().iter().map(|point| point.0).collect();
            let values: Vec<f64> = curve.points().iter().map(|point| point.1).collect();
            let cliff = jumps(&loads, &values, passing);
            let interval =
                if cliff { [Some(bracket[0]), Some(bracket[1])] } else { edge_interval(&points, bound, load) };
            Breaking {
                state: if cliff { BreakingState::Cliff } else { BreakingState::Edge },
                load: Some(if cliff { bracket[0] } else { load }),
                interval,
                max_passing_load: Some(bracket[0]),
                first_failing_load: Some(bracket[1]),
                non_monotone,
            }
        }
    }
}

impl Breaking {
    /// The same answer, given that no request succeeded at `collapse`, a measured load, so that no latency exists
    /// there.
    ///
    /// A sweep that passes up to such a level did not end while passing: the deployment broke between the two levels,
    /// which is a cliff.
    #[must_use]
    pub fn with_collapse(self, collapse: Option<f64>) -> Self {
        match (self.state, self.max_passing_load, collapse) {
            (BreakingState::Floor, Some(passing), Some(collapse)) if collapse > passing => Self {
                state: BreakingState::Cliff,
                load: Some(passing),
                interval: [Some(passing), Some(collapse)],
                first_failing_load: Some(collapse),
                ..self
            },
            _ => self,
        }
    }
}

impl Breaking {
    /// The load up to which the limit certainly holds, and the load from which it certainly fails (95 %). `None` if the
    /// data show no such load. `points` and `bound` are those that this answer was judged from.
    ///
    /// For an edge that is its [`interval`](Self::interval). The intervals of other states have measured loads as ends,
    /// where a few requests decide by chance whether the level passes.
    #[must_use]
    pub fn certain(&self, points: &[LevelPoint], bound: f64) -> [Option<f64>; 2] {
        let points = clean(points);
        let [holds, breaks] = certain_roots(&points, bound);
        let holds = holds.zip(self.max_passing_load).map(|(root, passing)| root.min(passing));
        // If no request succeeded there is no latency, and no doubt that the limit fails.
        let collapse = self.first_failing_load.filter(|&failing| points.iter().all(|point| point.load < failing));
        let breaks = breaks.zip(self.first_failing_load).map(|(root, failing)| root.max(failing)).or(collapse);
        match self.state {
            BreakingState::Edge => self.interval,
            BreakingState::Floor | BreakingState::NeverMet | BreakingState::Cliff | BreakingState::Bracket => {
                [holds, breaks]
            }
            BreakingState::NotMeasured => [None, breaks],
        }
    }
}

/// Whether some level fails although a level with a higher load passes.
fn fails_before_passing(points: &[LevelPoint], bound: f64) -> bool {
    let first_failing = points.iter().position(|point| point.value > bound);
    let last_passing = points.iter().rposition(|point| point.value <= bound);
    first_failing.zip(last_passing).is_some_and(|(failing, passing)| failing < passing)
}

/// The 95 % interval of an edge, around its `load`.
fn edge_interval(points: &[LevelPoint], bound: f64, load: f64) -> [Option<f64>; 2] {
    let [low, high] = certain_roots(points, bound);
    [low.map(|low| low.min(load)), high.map(|high| high.max(load))]
}

/// Where the curves through the upper and through the lower confidence bounds cross the limit. Both are made
/// non-decreasing like the curve itself. The earliest possible crossing of the one and the latest of the other are
/// taken, because what they do between two levels was not measured ([`crossing_range`]).
///
/// Where a level lacks a bound, monotonicity gives one: the value there is at most the upper bound of any higher load,
/// and at least the lower bound of any lower one. If the measured value contradicts that, the measured value is used.
fn certain_roots(points: &[LevelPoint], bound: f64) -> [Option<f64>; 2] {
    let range = |ends: Vec<Option<f64>>| {
        let known: Vec<(&LevelPoint, f64)> =
            listed(points.iter().zip(ends).filter_map(|(point, end)| Some((point, end?))));
        let loads: Vec<f64> = known.iter().map(|(point, _)| point.load).collect();
        let values: Vec<f64> = known.iter().map(|&(_, value)| value).collect();
        let weights: Vec<f64> = known.iter().map(|(point, _)| point.count as f64).collect();
        let (first, last) = (*loads.first()?, *loads.last()?);
        Some((crossing_range(&loads, &isotonic_fit(&values, &weights), bound), first, last))
    };
    // A level without an upper bound uses its value if that is above the upper bounds of all higher levels. A level
    // without a lower bound uses its value if that is below the lower bounds of all lower levels.
    let upper = (0..points.len())
        .map(|at| {
            let above = points[at + 1..].iter().filter_map(|point| point.hi).fold(f64::INFINITY, f64::min);
            points[at].hi.or_else(|| Some(points[at].value).filter(|value| above.is_finite() && *value > above))
        })
        .collect();
    let lower = (0..points.len())
        .map(|at| {
            let below = points[..at].iter().filter_map(|point| point.lo).fold(f64::NEG_INFINITY, f64::max);
            points[at].lo.or_else(|| Some(points[at].value).filter(|value| *value < below))
        })
        .collect();
    // If even the upper bounds pass at their last level, the true load is not below that level; if even the lower
    // bounds fail at their first level, it is not above that one.
    let low = range(upper).and_then(|([low, _], _, last)| Some(low.min(last)).filter(|low| low.is_finite()));
    let high = range(lower).and_then(|([_, high], first, _)| Some(high.max(first)).filter(|high| high.is_finite()));
    [low, high]
}
