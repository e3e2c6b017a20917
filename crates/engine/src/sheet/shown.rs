//! The breaking points that a picture of one limit shows, in words.

use super::{Sheet, SheetLimit};
use crate::breaking::{Breaking, BreakingState, Words};
use crate::listed::listed;

/// A breaking point that is shown beside the curve of one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownBreak {
    /// The breaking point.
    pub breaking: Breaking,
    /// The answer, and its interval, state or cause.
    pub words: Words,
    /// Whether it belongs to the drawn limit, so that it lies where the curve crosses that limit.
    pub on_curve: bool,
}

impl Sheet {
    /// The breaking points that belong to a picture of the limit `drawn`, in this order: that of the drawn limit, and that
    /// of the limit that breaks first where it is another one, and the bracket in which the service level breaks where a limit
    /// that is not decided may break before them. Where neither says anything, no limit was reached and none is drawn, it is
    /// the answer of the whole alone. The last one is where the service level breaks.
    ///
    /// If the drawn limit was not reached, that is left out once another limit broke, because the sweep says nothing
    /// about the loads beyond.
    #[must_use]
    pub fn shown_breaks(&self, drawn: Option<usize>) -> Vec<ShownBreak> {
        let limit = |index: Option<usize>| self.limits.get(index?);
        let first = self.first_to_break().filter(|first| Some(*first) != drawn);
        let own = limit(drawn).filter(|own| first.is_none() || own.breaking.state != BreakingState::Floor);
        let own = own.and_then(|own| self.shown(own, true));
        let elsewhere = limit(first).and_then(|other| self.shown(other, false));
        let mut shown: Vec<ShownBreak> = listed(own.into_iter().chain(elsewhere));
        let whole = self.breaking();
        let last = shown.last().map(|last| last.breaking.state);
        if last.is_none() || whole.state == BreakingState::Bracket && last != Some(BreakingState::Bracket) {
            shown.extend(whole.words(&self.load_unit).map(|words| ShownBreak {
                breaking: whole,
                words,
                on_curve: false,
            }));
        }
        shown
    }

    fn shown(&self, limit: &SheetLimit, on_curve: bool) -> Option<ShownBreak> {
        let breaking = limit.breaking;
        let mut words = breaking.words(&self.load_unit)?;
        if !on_curve {
            // Beside the curve of another limit, the name of this limit matters most.
            words.detail.clone_from(&limit.bound.label);
        } else if breaking.state == BreakingState::Edge && limit.by_level_bounds() && !words.detail.is_empty() {
            words.detail.push_str(", level bounds");
        }
        Some(ShownBreak { breaking, words, on_curve })
    }
}
