//! Several limits as one answer: all of them must hold.

use super::{Breaking, BreakingState};

/// One limit alone: the part of it that the answer over all limits needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneLimit {
    /// Its breaking point.
    pub breaking: Breaking,
    /// The value at the lowest measured load divided by the bound; above 1 the limit is missed there. 0 if nothing was
    /// measured.
    pub lowest_over_bound: f64,
    /// Whether levels above the highest one that is known to pass were measured but are undecided; or all levels, if
    /// none is known to pass or to fail.
    pub is_open: bool,
}

/// Index of the limit that breaks first. A limit that is never met comes before those that break at a load, and among
/// these the lowest load comes first. Of several that are never met, the one that is missed by the largest factor at
/// the lowest load. `None` if no limit was seen to break.
#[must_use]
pub fn first_to_break(limits: &[OneLimit]) -> Option<usize> {
    let never_met = limits
        .iter()
        .enumerate()
        .filter(|(_, limit)| limit.breaking.state == BreakingState::NeverMet)
        .reduce(|worst, other| if other.1.lowest_over_bound > worst.1.lowest_over_bound { other } else { worst })
        .map(|(index, _)| index);
    // A limit that fails at a load, without a lower one at which it is known to hold, breaks before any that breaks at
    // a higher load. A limit that was measured but is undecided at every load may break before all others.
    let open = limits.iter().filter(|limit| limit.breaking.state == BreakingState::NotMeasured);
    let open = open
        .filter_map(|limit| if limit.is_open { Some(f64::NEG_INFINITY) } else { limit.breaking.first_failing_load });
    let open = open.fold(f64::INFINITY, f64::min);
    never_met.or_else(|| {
        limits
            .iter()
            .enumerate()
            .filter_map(|(index, limit)| Some((index, limit.breaking.load.filter(|load| *load < open)?)))
            .reduce(|first, other| if other.1 < first.1 { other } else { first })
            .map(|(index, _)| index)
    })
}

/// The answer over all limits.
#[must_use]
pub fn combined(limits: &[OneLimit]) -> Breaking {
    let each = || limits.iter().map(|limit| limit.breaking);
    let unmeasured = limits.is_empty() || each().any(|breaking| breaking.state == BreakingState::NotMeasured);
    let lowest = |loads: &mut dyn Iterator<Item = f64>| loads.min_by(f64::total_cmp);
    // The smallest lower end among the selected limits, if all of these ends are known.
    let lowest_low = |of: &dyn Fn(&Breaking) -> bool| {
        let lows = || each().filter(of).map(|breaking| breaking.interval[0]);
        if lows().all(|low| low.is_some()) { lowest(&mut lows().flatten()) } else { None }
    };
    // A level passes if every limit held there, so the smallest of the limits' own loads counts.
    let all_pass = each().all(|breaking| breaking.max_passing_load.is_some());
    let max_passing_load = if all_pass && !unmeasured {
        lowest(&mut each().filter_map(|breaking| breaking.max_passing_load))
    } else {
        None
    };
    let first_failing_load = lowest(&mut each().filter_map(|breaking| breaking.first_failing_load));
    let non_monotone = each().any(|breaking| breaking.non_monotone);
    match first_to_break(limits).map(|index| limits[index].breaking) {
        Some(breaking) => {
            // Any limit may be the first to break, so each end is the smallest of all. A limit that was not measured
            // may break at any lower load.
            let is_broken = |breaking: &Breaking| breaking.load.is_some();
            let low = if unmeasured { None } else { lowest_low(&is_broken) };
            let high = lowest(&mut each().filter(is_broken).filter_map(|breaking| breaking.interval[1]));
            let interval = if breaking.state == BreakingState::NeverMet { breaking.interval } else { [low, high] };
            let answer = Breaking { interval, max_passing_load, first_failing_load, non_monotone, ..breaking };
            // An undecided limit may break before this one, from the load on at which it was last known to hold.
            let open = limits.iter().filter(|limit| limit.is_open).filter_map(|limit| limit.breaking.max_passing_load);
            match (lowest(&mut open.filter(|open| Some(*open) < breaking.load)), first_failing_load) {
                (Some(open), Some(failing)) => Breaking {
                    state: BreakingState::Bracket,
                    load: Some(open),
                    interval: [Some(open), Some(failing)],
                    ..answer
                },
                _ => answer,
            }
        }
        None if unmeasured => Breaking {
            state: BreakingState::NotMeasured,
            load: None,
            interval: [None, None],
            max_passing_load: None,
            first_failing_load,
            non_monotone,
        },
        None => Breaking {
            state: BreakingState::Floor,
            load: None,
            interval: [lowest_low(&|_| true), None],
            max_passing_load,
            first_failing_load: None,
            non_monotone,
        },
    }
}
