//! Where to measure next.

use crate::breaking::BreakingState;
use crate::run::{LoadModel, RUN_SCATTER};

/// The load whose measurement narrows the answer most. `None` if no further level helps: no load lies between the
/// bracket's loads, they are closer to each other than two runs of one deployment ([`RUN_SCATTER`]), the load would be
/// below one user, or nothing was measured.
///
/// `passing` and `failing` are the measured loads around the answer.
#[must_use]
pub fn next_level(model: LoadModel, state: BreakingState, passing: Option<f64>, failing: Option<f64>) -> Option<f64> {
    match (state, passing, failing) {
        // The middle halves the bracket whatever the curve does inside it.
        (BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket, Some(low), Some(high)) => {
            between(model, low, high).filter(|_| !is_nearer_than_runs(low, high))
        }
        // Doubling reaches any limit in a logarithmic number of levels.
        (BreakingState::Floor, Some(top), _) => settle(model, 2.0 * top),
        (BreakingState::NeverMet, _, Some(lowest)) => between(model, 0.0, lowest),
        _ => None,
    }
}

/// Whether two loads, ascending, are nearer to each other than two runs of one deployment ([`RUN_SCATTER`]).
#[must_use]
pub fn is_nearer_than_runs(low: f64, high: f64) -> bool {
    high <= low * (1.0 + RUN_SCATTER)
}

/// A load strictly between two others, as near to their middle as the load model allows.
fn between(model: LoadModel, low: f64, high: f64) -> Option<f64> {
    settle(model, 0.5 * (low + high)).filter(|&load| load > low && load < high)
}

/// The nearest load that can be offered: whole users, or a rate with three digits. `None` where that is none.
#[must_use]
pub fn settle(model: LoadModel, load: f64) -> Option<f64> {
    if !(load.is_finite() && load > 0.0) {
        return None;
    }
    match model {
        LoadModel::Closed => Some(load.floor()),
        LoadModel::Open(_) => {
            let mut scale = 1.0;
            // Three significant digits by exact steps of ten: libm is not needed for this.
            while load * scale < 100.0 {
                scale *= 10.0;
            }
            Some((load * scale).round() / scale)
        }
    }
    .filter(|load| *load > 0.0)
}
