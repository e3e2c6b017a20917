//! Words of closed lists. They travel as JSON strings, by their id.

use std::fmt::Debug;

use headroom_engine::bottleneck::BottleneckKind as Bottleneck;
use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::LoadRule;
use headroom_engine::findings::{Code, FindingSeverity};
use headroom_engine::listed::joined;
use headroom_engine::live::Presence;
use headroom_engine::live::drift::Direction;
use headroom_engine::live::phases::PhaseKind;
use headroom_engine::side_by_side::Mark;
use headroom_engine::slo::{Latency, Statistic};
use headroom_engine::tokens::TokenBasis;
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A word of a closed list.
pub trait Word: Copy + PartialEq + Debug + 'static {
    /// What TypeScript calls the list, for example `BreakingState`.
    const NAME: &'static str;
    /// What the list is about, in a sentence.
    const ABOUT: &'static str;
    /// Every word, in the order in which people see them.
    const ALL: &'static [Self];

    /// The id by which it travels, for example `never_met`.
    fn id(self) -> &'static str;

    /// Its name in TypeScript, for example `NeverMet`: the name in the code, so that a changed id changes no code.
    fn key(self) -> String {
        format!("{self:?}")
    }

    /// The word with this `id`; `None` for any other text.
    fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.id() == id)
    }

    /// Every id.
    fn ids() -> Vec<&'static str> {
        Self::ALL.iter().map(|word| word.id()).collect()
    }

    /// Every id with its word, for the reader of queries.
    fn by_id() -> Vec<(&'static str, Self)> {
        Self::ALL.iter().map(|&word| (word.id(), word)).collect()
    }
}

/// A word that people choose.
pub trait Choice: Word {
    /// What an editor shows, one to three words.
    fn label(self) -> &'static str;

    /// What it means; shown beside the label.
    fn about(self) -> &'static str;
}

/// A [`Word`] that `serde` reads and writes by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id<T>(pub T);

impl<T: Word> From<T> for Id<T> {
    fn from(word: T) -> Self {
        Self(word)
    }
}

impl<T: Word> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.id())
    }
}

impl<'de, T: Word> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = String::deserialize(deserializer)?;
        let place = place(&T::ids(), &found).map_err(D::Error::custom)?;
        Ok(Self(T::ALL[place]))
    }
}

/// Index of `found` among the `known` words, or a message that says what is wrong. It is not generic, because the
/// WebAssembly would contain a copy for each type of words.
fn place(known: &[&str], found: &str) -> Result<usize, String> {
    let place = known.iter().position(|word| *word == found);
    place.ok_or_else(|| format!("expected {}; found `{found}`", one_of(known)))
}

/// The words that can be chosen from: `a, b or c`.
#[must_use]
pub fn one_of(known: &[&str]) -> String {
    match known {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", joined(first, ", ")),
    }
}

/// Implements [`Word`] for enumerations of the engine, which spells their ids; the list's TypeScript name is given
/// here.
macro_rules! words {
    ($($word:ident: $about:literal,)*) => {$(
        impl Word for $word {
            const NAME: &'static str = stringify!($word);
            const ABOUT: &'static str = $about;
            const ALL: &'static [Self] = &Self::ALL;

            fn id(self) -> &'static str {
                self.id()
            }
        }
    )*};
}

words! {
    BreakingState: "How far the measurements go towards a breaking load.",
    FindingSeverity: "How much a finding matters.",
    Code: "The kinds of findings; docs/findings.md explains each.",
    Presence: "Whether a deployment is seen in production.",
    Bottleneck: "What limits a deployment.",
    PhaseKind: "What a deployment was doing.",
    Direction: "Which way production differs from its benchmark.",
    Latency: "The latencies of a request.",
    Statistic: "The statistics of a latency.",
    TokenBasis: "Which tokens are counted.",
    LoadRule: "The load of a run at which its cost is computed.",
    Mark: "How good or bad an answer of a comparison is.",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_travels_by_its_id_and_another_one_is_refused_by_name() {
        assert_eq!(serde_json::to_string(&Id(BreakingState::NeverMet)).unwrap(), r#""never_met""#);
        assert_eq!(serde_json::from_str::<Id<BreakingState>>(r#""cliff""#).unwrap(), Id(BreakingState::Cliff));
        let error = serde_json::from_str::<Id<BreakingState>>(r#""broken""#).unwrap_err().to_string();
        assert!(
            error.contains("expected edge, floor, never_met, cliff, bracket or not_measured; found `broken`"),
            "{error}"
        );
    }
}
