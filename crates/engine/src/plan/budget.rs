//! What a level costs, and whether that is still there.

use super::{Done, Plan, Step};
use crate::run::Run;

/// What is spent on measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// Seconds on the clock.
    Time,
    /// Tokens of prompts and answers.
    Tokens,
    /// Dollars.
    Dollars,
    /// Levels.
    Levels,
}

/// What measuring costs or has cost. What is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// Seconds on the clock.
    pub seconds: f64,
    /// Tokens of prompts and answers.
    pub tokens: Option<f64>,
    /// Dollars.
    pub dollars: Option<f64>,
    /// Levels.
    pub levels: u32,
}

/// What measuring may cost in all. `None` is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Budget {
    /// Seconds on the clock.
    pub seconds: Option<f64>,
    /// Tokens of prompts and answers.
    pub tokens: Option<f64>,
    /// Dollars.
    pub dollars: Option<f64>,
    /// Levels.
    pub levels: Option<u32>,
}

/// What a level of so many `seconds` at a load costs; `overhead_s` is what its tool needs beside that. Tokens are those that
/// the measured levels show: between two levels as their rates are, above the highest in proportion to the load, which is the
/// most that it can be. `None` where no level has counted them.
#[must_use]
pub fn expected_cost(
    run: Option<&Run>,
    load: f64,
    seconds: f64,
    overhead_s: f64,
    dollars_per_hour: Option<f64>,
) -> Cost {
    let wall = seconds + overhead_s;
    Cost {
        seconds: wall,
        tokens: run.and_then(|run| tokens_per_second(run, load)).map(|rate| rate * seconds),
        dollars: dollars_per_hour.map(|price| dollars_of(price, wall)),
        levels: 1,
    }
}

/// What a time costs, dollars, at a price per hour.
#[must_use]
pub fn dollars_of(dollars_per_hour: f64, seconds: f64) -> f64 {
    dollars_per_hour * seconds / 3600.0
}

/// Prompt and output tokens per second at a load, at most: from the nearest measured level at or above it, else in proportion
/// to the highest one.
fn tokens_per_second(run: &Run, load: f64) -> Option<f64> {
    let known = || run.levels.iter().filter_map(|level| Some((level.load, level.rates.total_tokens?)));
    let above = known().find(|(at, _)| *at >= load).map(|(_, rate)| rate);
    above.or_else(|| known().next_back().map(|(at, rate)| rate * (load / at).max(1.0))).filter(|rate| rate.is_finite())
}

/// The plan, or that what is left of the budget after `spent` does not pay for it. A step of which a cost is not known is not
/// held to that part of the budget, but for what is spent already.
#[must_use]
pub fn within(plan: Plan, spent: Cost, cost: impl FnOnce(Step) -> Cost, budget: &Budget) -> Plan {
    let Plan::Measure(step) = plan else { return plan };
    let next = cost(step);
    let over = |spent: Option<f64>, next: Option<f64>, most: Option<f64>| {
        let (Some(spent), Some(most)) = (spent, most) else { return false };
        spent + next.unwrap_or(0.0) > most || spent >= most
    };
    let count = |levels: u32| Some(f64::from(levels));
    let parts = [
        (Resource::Levels, count(spent.levels), count(next.levels), budget.levels.map(f64::from)),
        (Resource::Time, Some(spent.seconds), Some(next.seconds), budget.seconds),
        (Resource::Tokens, spent.tokens, next.tokens, budget.tokens),
        (Resource::Dollars, spent.dollars, next.dollars, budget.dollars),
    ];
    let spent = parts.into_iter().find(|&(_, spent, next, most)| over(spent, next, most));
    spent.map_or(plan, |(resource, ..)| Plan::Done(Done::Spent(resource)))
}
