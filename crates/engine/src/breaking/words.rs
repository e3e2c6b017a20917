//! A breaking point in words.

use super::{Breaking, BreakingState};
use crate::display;

/// A breaking point in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The answer, for example `10.6 users`.
    pub answer: String,
    /// Its interval or its state, for example `9.9–11.4`; empty if neither is known.
    pub detail: String,
}

impl Breaking {
    /// The answer in words; `unit` is the unit of the loads. `None` if nothing was measured.
    #[must_use]
    pub fn words(&self, unit: &str) -> Option<Words> {
        let load = |load: f64| display::load_with_unit(load, unit);
        let (answer, detail) = match self.state {
            BreakingState::Edge => {
                let known = self.interval.iter().any(Option::is_some);
                (load(self.load?), if known { display::interval(self.interval) } else { String::new() })
            }
            BreakingState::Cliff | BreakingState::Bracket => {
                let passing = display::load(self.max_passing_load.or(self.load)?);
                let detail = if self.state == BreakingState::Cliff { "cliff" } else { "between levels" };
                (format!("{passing}–{}", load(self.first_failing_load?)), detail.to_owned())
            }
            BreakingState::Floor => (format!("≥ {}", load(self.max_passing_load?)), "not reached".to_owned()),
            BreakingState::NeverMet => (format!("< {}", load(self.first_failing_load?)), "never met".to_owned()),
            BreakingState::NotMeasured => return None,
        };
        Some(Words { answer, detail })
    }
}
