//! Two deployments against each other, each at its own allowed load.

use super::doubt::{Doubted, interval};
use super::{LoadRule, Served, fleet_for_money};
use crate::breaking::{Breaking, BreakingState};
use crate::compare::welch_with;
use crate::rates::Rate;
use crate::run::{DollarsPerHour, RUN_SCATTER};
use crate::tokens::TokenBasis;

/// Fewest runs of each side that show the scatter between runs.
pub const FEWEST_REPEATS: usize = 3;

/// What is bought for money when two deployments are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Tokens per dollar, in fractions of a replica.
    Tokens(TokenBasis),
    /// Requests per dollar, in fractions of a replica.
    Requests,
    /// Load per dollar, in fractions of a replica.
    Load,
    /// Load of the whole replicas that the price of the more expensive one buys.
    WholeReplicas,
}

impl Measure {
    /// `output_tokens`, `prompt_tokens`, `total_tokens`, `requests`, `load` or `whole_replicas`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Tokens(basis) => format!("{}_tokens", basis.id()),
            Self::Requests => "requests".into(),
            Self::Load => "load".into(),
            Self::WholeReplicas => "whole_replicas".into(),
        }
    }

    /// The token rate that it needs; output tokens if it needs none.
    pub(crate) fn basis(self) -> TokenBasis {
        match self {
            Self::Tokens(basis) => basis,
            Self::Requests | Self::Load | Self::WholeReplicas => TokenBasis::Output,
        }
    }
}

/// How much more A yields for the same money than B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// A over B; above 1 A is cheaper.
    pub value: f64,
    /// 95 % interval; an end that the data cannot give is `None`.
    pub interval: [Option<f64>; 2],
    /// Whether the sweep of A, and that of B, ended while passing, so that it yields at least what was measured.
    pub floors: [bool; 2],
    /// Whether repeated runs showed how much runs of one deployment differ; otherwise [`RUN_SCATTER`] was assumed.
    pub by_repeats: bool,
}

/// How to read a figure if a sweep ended while passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Both sweeps ended by failing, so the figure is exact.
    Exact,
    /// The true figure may be higher.
    AtLeast,
    /// The true figure may be lower.
    AtMost,
    /// The true figure may be higher or lower.
    Open,
}

impl Reach {
    /// For the ratio A over B, from whether the sweep of each ended while passing.
    #[must_use]
    pub fn of(floors: [bool; 2]) -> Self {
        match floors {
            [false, false] => Self::Exact,
            [true, false] => Self::AtLeast,
            [false, true] => Self::AtMost,
            [true, true] => Self::Open,
        }
    }

    /// For a sentence: `at least `, `at most `, `about ` or nothing.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::AtLeast => "at least ",
            Self::AtMost => "at most ",
            Self::Open => "about ",
        }
    }

    /// For a cell: `≥ `, `≤ `, `≈ ` or nothing.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::AtLeast => "≥ ",
            Self::AtMost => "≤ ",
            Self::Open => "≈ ",
        }
    }

    /// For the reciprocal of the figure.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::AtLeast => Self::AtMost,
            Self::AtMost => Self::AtLeast,
            same => same,
        }
    }
}

impl Ratio {
    /// Whether the true ratio may be higher or lower, because a sweep ended while passing.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach::of(self.floors)
    }
}

/// Which side a ratio makes cheaper: `Some(true)` for A, `Some(false)` for B. `None` if its interval contains 1 or is
/// open towards 1, so that the data cannot tell.
#[must_use]
pub fn cheaper(ratio: &Ratio) -> Option<bool> {
    match ratio.interval {
        [Some(low), _] if low > 1.0 => Some(true),
        [_, Some(high)] if high < 1.0 => Some(false),
        _ => None,
    }
}

/// A against B by a measure, each with its price per hour.
///
/// `None` if the sides count different tokens, a rate is unknown or a price is not positive.
#[must_use]
pub fn ratio_of(measure: Measure, a: (&Served, DollarsPerHour), b: (&Served, DollarsPerHour)) -> Option<Ratio> {
    let money = DollarsPerHour(a.1.0.max(b.1.0));
    let side = |(served, price): (&Served, DollarsPerHour)| -> Option<Doubted> {
        if !(price.0.is_finite() && price.0 > 0.0) {
            return None;
        }
        match measure {
            Measure::Tokens(basis) if served.basis == basis => Some(served.tokens.per(price.0)),
            Measure::Tokens(_) => None,
            Measure::Requests => Some(served.requests?.per(price.0)),
            Measure::Load => Some(served.held.per(price.0)),
            Measure::WholeReplicas => Some(served.held.times(fleet_for_money(money, served.load, price)?.replicas)),
        }
    };
    quotient(&side(a)?, &side(b)?, RUN_SCATTER, [a.0.at_least, b.0.at_least])
}

/// The load that A holds divided by the load that B holds, regardless of price. `run_scatter` is the scatter between
/// runs ([`RUN_SCATTER`], or 0 if only these two runs are compared). `None` if a side holds no load or that is unknown.
#[must_use]
pub fn load_ratio(a: &Breaking, b: &Breaking, rule: LoadRule, run_scatter: f64) -> Option<Ratio> {
    let side = |breaking: &Breaking| Some(Doubted::between(rule.load(breaking)?, rule.interval(breaking)));
    quotient(&side(a)?, &side(b)?, run_scatter, [a, b].map(|breaking| breaking.state == BreakingState::Floor))
}

/// A over B from the figures of each side's repeated runs: the interval includes everything that differed between runs.
/// If the runs agree more closely than [`RUN_SCATTER`], that counts as much as one run of each side.
///
/// `None` if a side has fewer than [`FEWEST_REPEATS`] runs or a run without a figure: leaving that run out would bias
/// the mean.
#[must_use]
pub fn ratio_of_repeats(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Ratio> {
    let logs = |values: &[Option<f64>]| -> Option<Vec<f64>> {
        let logs = values.iter().map(|value| value.map(libm::log).filter(|log| log.is_finite()));
        logs.collect::<Option<Vec<f64>>>().filter(|logs| logs.len() >= FEWEST_REPEATS)
    };
    // The test computes B less A, so the sides are swapped.
    let found = welch_with(&logs(b)?, &logs(a)?, RUN_SCATTER)?;
    let interval = found.interval.map(|end| Some(libm::exp(end)));
    Some(Ratio { value: libm::exp(found.difference), interval, floors: [false, false], by_repeats: true })
}

/// Whether one rate is above another beyond doubt. Two rates of the same run share that run's conditions.
pub(crate) fn is_above(one: Rate, other: Rate, same_run: bool) -> bool {
    let run_scatter = if same_run { 0.0 } else { RUN_SCATTER };
    let [one, other] = [one, other].map(|rate| Doubted::between(rate.value, rate.interval));
    quotient(&one, &other, run_scatter, [false, false]).is_some_and(|ratio| cheaper(&ratio) == Some(true))
}

/// A over B, including the scatter between runs on either side.
fn quotient(a: &Doubted, b: &Doubted, run_scatter: f64, floors: [bool; 2]) -> Option<Ratio> {
    let value = a.value / b.value;
    let both = core::f64::consts::SQRT_2 * run_scatter;
    (value.is_finite() && value > 0.0).then(|| Ratio {
        value,
        interval: interval(a, b, both),
        floors,
        by_repeats: false,
    })
}
