//! How the interval of a breaking load was found.

use super::{Breaking, BreakingState};

/// How the interval of a breaking load was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntervalMethod {
    /// Resampled from every request of the levels around it.
    Bootstrap,
    /// Where the curves through the levels' own 95 % bounds cross the limit: order statistics
    /// for percentiles, Student's t for means, Wilson's score for shares. Wider than needed,
    /// because all levels are taken at their worst at once.
    LevelBounds,
    /// The measured loads around the answer, or the end of the sweep: not a statistical interval.
    Bracket,
    /// There is no interval.
    Unknown,
}

impl IntervalMethod {
    /// `bootstrap`, `level_bounds`, `bracket` or `unknown`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::LevelBounds => "level_bounds",
            Self::Bracket => "bracket",
            Self::Unknown => "unknown",
        }
    }

    /// The method behind the interval of a breaking point that was judged from columns alone.
    #[must_use]
    pub fn of(breaking: &Breaking) -> Self {
        match (breaking.state, breaking.interval) {
            (BreakingState::NotMeasured, _) | (BreakingState::Edge, [None, None]) => Self::Unknown,
            (BreakingState::Edge, _) => Self::LevelBounds,
            (BreakingState::Floor | BreakingState::NeverMet | BreakingState::Cliff | BreakingState::Bracket, _) => {
                Self::Bracket
            }
        }
    }
}
