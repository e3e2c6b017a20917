//! How much of a deployment's measured load is left.

use crate::breaking::{Breaking, State};
use crate::verdict::Verdict;

/// How much is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headroom {
    /// The load of one replica, in the unit of the benchmark.
    pub load: f64,
    /// The number of replicas.
    pub replicas: f64,
    /// The load of one replica that this is measured against: the breaking load, or the highest load that passed
    /// where the sweep never reached it. `None` when no load passes or none was measured.
    pub holds: Option<f64>,
    /// `1 − load / holds`: 1 without load, 0 at the breaking load, negative beyond. `None` when not measured.
    pub value: Option<f64>,
    /// Where it lies, by the interval of the breaking load. An end that the benchmark does not give is `None`.
    pub interval: [Option<f64>; 2],
    /// The sweep ended while passing, so there is at least this much.
    pub at_least: bool,
}

impl Headroom {
    /// How much more load all replicas together hold; negative when they are beyond it.
    #[must_use]
    pub fn spare_load(&self) -> Option<f64> {
        self.holds.map(|holds| (holds - self.load) * self.replicas)
    }

    /// Whole replicas that this load needs; at least one.
    #[must_use]
    pub fn replicas_needed(&self) -> Option<f64> {
        let holds = self.holds.filter(|holds| *holds > 0.0)?;
        // A load of exactly the breaking load needs no other replica because of a last bit.
        Some((self.load * self.replicas / holds - 1e-9).ceil().max(1.0))
    }
}

/// The headroom of `replicas` replicas under `load` each, by a benchmark of one replica. Load and verdict are in the
/// same unit.
#[must_use]
pub fn headroom(load: f64, replicas: f64, verdict: &Verdict) -> Headroom {
    headroom_under(load, replicas, &verdict.into())
}

/// [`headroom()`] by a breaking point alone, for who has no more of a verdict.
#[must_use]
pub fn headroom_under(load: f64, replicas: f64, breaking: &Breaking) -> Headroom {
    let left = |holds: f64| if holds > 0.0 { 1.0 - load / holds } else { 0.0 };
    let [low, high] = breaking.interval;
    let (holds, value, interval) = match breaking.state {
        State::Edge | State::Cliff => {
            let holds = breaking.load;
            (holds, holds.map(left), [low.map(left), high.map(left)])
        }
        State::Floor => {
            let holds = breaking.max_passing_load;
            (holds, holds.map(left), [holds.map(left), None])
        }
        // No load passes, not even none: nothing is left, and less than nothing beyond the lowest load.
        State::NeverMet => {
            let most = high.map_or(0.0, left).min(0.0);
            (None, Some(most), [None, Some(most)])
        }
        State::NotMeasured => (None, None, [None, None]),
    };
    Headroom { load, replicas, holds, value, interval, at_least: breaking.state == State::Floor }
}
