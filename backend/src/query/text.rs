//! Numbers as the panel shows them too: everything goes through `engine::display`.

use headroom_engine::breaking::State;
use headroom_engine::display;
use headroom_engine::verdict::Verdict;

/// The breaking load: `7.20 users`, `≥ 32 users`, `< 1 user`, `6–8 users` or `not measured`.
#[must_use]
pub(super) fn breaking_load(verdict: &Verdict, unit: &str) -> String {
    let [low, high] = verdict.interval;
    match (verdict.state, verdict.breaking_load, low, high) {
        (State::Cliff, _, Some(low), Some(high)) => {
            format!("{} {unit}", display::interval([Some(low), Some(high)]))
        }
        (State::Edge | State::Cliff, Some(load), _, _) => display::load_with_unit(load, unit),
        (State::Floor, _, Some(low), _) => format!("≥ {}", display::load_with_unit(low, unit)),
        (State::NeverMet, _, _, Some(high)) => format!("< {}", display::load_with_unit(high, unit)),
        _ => "not measured".to_owned(),
    }
}

/// The interval of an answer that is a load; `None` where neither end is known.
#[must_use]
pub(super) fn interval(verdict: &Verdict, unit: &str) -> Option<String> {
    match verdict.interval {
        [None, None] => None,
        ends => Some(format!("{} {unit}", display::interval(ends))),
    }
}

/// The load to measure next.
#[must_use]
pub(super) fn next_level(verdict: &Verdict, unit: &str) -> Option<String> {
    verdict.next_level.map(|load| display::load_with_unit(load, unit))
}
