//! Numbers as texts, the same as in the panel: both use `engine::display`.

use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::verdict::Verdict;

/// A load in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Load {
    /// The number, for example `≥ 32`, or why there is none.
    pub(super) number: String,
    /// Its unit; empty without a number.
    pub(super) unit: String,
}

impl Load {
    /// A load with a sign before it.
    fn of(sign: &str, load: f64, unit: &str) -> Self {
        let text = display::load_with_unit(load, unit);
        let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
        Self { number: format!("{sign}{number}"), unit: unit.to_owned() }
    }

    /// The number with its unit.
    pub(super) fn whole(&self) -> String {
        format!("{} {}", self.number, self.unit).trim_end().to_owned()
    }
}

/// The breaking load: `7.20 users`, `≥ 32 users`, `< 1 user`, `6–8 users` or `not measured`.
#[must_use]
pub(super) fn breaking_load(verdict: &Verdict, unit: &str) -> Load {
    match (verdict.state, verdict.breaking_load, verdict.max_passing_load, verdict.first_failing_load) {
        (BreakingState::Cliff | BreakingState::Bracket, _, passing @ Some(_), failing @ Some(_)) => {
            Load { number: display::interval([passing, failing]), unit: unit.to_owned() }
        }
        (BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket, Some(load), _, _) => {
            Load::of("", load, unit)
        }
        (BreakingState::Floor, _, Some(passing), _) => Load::of("≥ ", passing, unit),
        (BreakingState::NeverMet, _, _, Some(failing)) => Load::of("< ", failing, unit),
        _ => Load { number: "not measured".to_owned(), unit: String::new() },
    }
}

/// The interval of an answer that is a load; `None` if neither end is known.
#[must_use]
pub(super) fn interval(verdict: &Verdict, unit: &str) -> Option<String> {
    match verdict.interval {
        [None, None] => None,
        ends => Some(format!("{} {unit}", display::interval(ends))),
    }
}

/// Sentences for one cell of a table, as one paragraph: Grafana's table estimates the height of a row by its characters
/// and ignores line breaks.
#[must_use]
pub(super) fn paragraph<T: AsRef<str>>(sentences: &[T]) -> String {
    sentences.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" ")
}

/// The load to measure next.
#[must_use]
pub(super) fn next_level(verdict: &Verdict, unit: &str) -> Option<String> {
    verdict.next_level.map(|load| display::load_with_unit(load, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_a_number_and_its_unit() {
        for (load, number, unit, whole) in [
            (Load::of("", 7.25, "users"), "7.25", "users", "7.25 users"),
            (Load::of("< ", 1.0, "users"), "< 1", "user", "< 1 user"),
            (Load::of("≥ ", 32_000.0, "users"), "≥ 32,000", "users", "≥ 32,000 users"),
            (Load::of("", 1.87, "req/s"), "1.87", "req/s", "1.87 req/s"),
        ] {
            assert_eq!((load.number.as_str(), load.unit.as_str()), (number, unit), "{whole}");
            assert_eq!(load.whole(), whole);
        }
    }
}
