//! How much of the load that a deployment holds is left.

use crate::breaking::{Breaking, BreakingState};
use crate::display;

/// How much of the load that a deployment holds is left at the present load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headroom {
    /// The load of one replica, in the unit of the benchmark's loads.
    pub load: f64,
    /// The number of replicas.
    pub replicas: f64,
    /// The load that one replica holds: the breaking load, or the highest load that passed if the sweep ended while
    /// passing. `None` if no load passes or none was measured.
    pub holds: Option<f64>,
    /// `1 − load / holds`: 1 without load, 0 at the breaking load, negative beyond it. `None` if nothing was measured. If
    /// even the lowest measured load fails it is zero at most.
    pub value: Option<f64>,
    /// The headroom at either end of the breaking load's interval. An end that the benchmark does not give is `None`.
    pub interval: [Option<f64>; 2],
    /// Whether the sweep ended while passing, so that the headroom is at least this much.
    pub at_least: bool,
    /// Whether requests are refused, so that the headroom is zero at most: see [`Headroom::while_shedding`].
    pub shedding: bool,
}

impl Headroom {
    /// The headroom while requests are refused for lack of capacity. The admitted load does not show the demand, so
    /// nothing is left and it is unknown how much is missing. Unknown headroom stays unknown.
    #[must_use]
    pub fn while_shedding(self) -> Self {
        let most = |left: f64| left.min(0.0);
        Self {
            value: self.value.map(most),
            interval: [None, self.interval[1].or(self.value).map(most)],
            at_least: false,
            shedding: true,
            ..self
        }
    }

    /// How much more load all replicas together hold; negative if they are beyond it. `None` if unknown, as while they
    /// refuse requests.
    #[must_use]
    pub fn spare_load(&self) -> Option<f64> {
        let spare = self.holds.map(|holds| (holds - self.load) * self.replicas);
        if self.shedding { spare.map(|spare| spare.min(0.0)) } else { spare }
    }

    /// The headroom in words: `52% left`, `at least 52% left`, `12% beyond`, or if the sweep ended while passing
    /// `at most 12% beyond`; while requests are refused `nothing left, requests are refused`. `None` if unknown.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let value = self.value?;
        if self.shedding {
            let left =
                if value < 0.0 { format!("{} beyond", display::percent(-value)) } else { "nothing left".to_owned() };
            return Some(format!("{left}, requests are refused"));
        }
        let floor = |words| if self.at_least { words } else { "" };
        Some(if value < 0.0 {
            format!("{}{} beyond", floor("at most "), display::percent(-value))
        } else {
            format!("{}{} left", floor("at least "), display::percent(value))
        })
    }

    /// Number of whole replicas that this load needs, at least one. `None` if unknown, as while requests are refused.
    #[must_use]
    pub fn replicas_needed(&self) -> Option<f64> {
        if self.shedding {
            return None;
        }
        let holds = self.holds.filter(|holds| *holds > 0.0)?;
        // A load of exactly the breaking load must not need another replica because of a rounding error.
        Some((self.load * self.replicas / holds - 1e-9).ceil().max(1.0))
    }
}

/// The headroom of `replicas` replicas at `load` each, from a verdict on one replica or from its breaking point alone.
/// Both loads are in the same unit.
#[must_use]
pub fn headroom(load: f64, replicas: f64, breaking: impl Into<Breaking>) -> Headroom {
    let breaking = breaking.into();
    let left = |holds: f64| if holds > 0.0 { 1.0 - load / holds } else { 0.0 };
    let [low, high] = breaking.interval;
    let (holds, value, interval) = match breaking.state {
        BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => {
            let holds = breaking.load;
            (holds, holds.map(left), [low.map(left), high.map(left)])
        }
        BreakingState::Floor => {
            let holds = breaking.max_passing_load;
            (holds, holds.map(left), [low.map(left), None])
        }
        // Even the lowest measured load fails: nothing is left there, and less than nothing above it.
        BreakingState::NeverMet => {
            let most = |load: f64| left(load).min(0.0);
            (None, Some(breaking.first_failing_load.map_or(0.0, most)), [None, high.map(most)])
        }
        BreakingState::NotMeasured => (None, None, [None, None]),
    };
    Headroom {
        load,
        replicas,
        holds,
        value,
        interval,
        at_least: breaking.state == BreakingState::Floor,
        shedding: false,
    }
}
