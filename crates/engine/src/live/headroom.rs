//! How much of a deployment's measured load is left.

use crate::breaking::{Breaking, BreakingState};
use crate::display;

/// How much of a deployment's measured load is left, under a load.
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
    /// Requests are refused, so there is at most nothing: see [`Headroom::while_shedding`].
    pub shedding: bool,
}

impl Headroom {
    /// The same while requests are refused for want of capacity. The load inside of a gate says nothing of the demand in front
    /// of it: nothing is left, and how much is missing is not known. What is not known stays so.
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

    /// How much more load all replicas together hold; negative when they are beyond it. None, while they refuse requests.
    #[must_use]
    pub fn spare_load(&self) -> Option<f64> {
        let spare = self.holds.map(|holds| (holds - self.load) * self.replicas);
        if self.shedding { spare.map(|spare| spare.min(0.0)) } else { spare }
    }

    /// How much is left in words: `52% left`, `at least 52% left`, `12% beyond` or, where the sweep ended while passing,
    /// `at most 12% beyond`; while requests are refused `nothing left, requests are refused`. `None` where that is not known.
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

    /// Whole replicas that this load needs; at least one. `None` where that is not known, as while requests are refused.
    #[must_use]
    pub fn replicas_needed(&self) -> Option<f64> {
        if self.shedding {
            return None;
        }
        let holds = self.holds.filter(|holds| *holds > 0.0)?;
        // A load of exactly the breaking load needs no other replica because of a last bit.
        Some((self.load * self.replicas / holds - 1e-9).ceil().max(1.0))
    }
}

/// The headroom of `replicas` replicas under `load` each, by a verdict on one replica or by its breaking point alone. Both
/// loads are in the same unit.
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
