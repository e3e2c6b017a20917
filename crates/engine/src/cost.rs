//! What a token costs, and which of two deployments is cheaper.
//!
//! Only throughput is ever interpolated; cost is derived from it at the point where it is
//! wanted. Interpolating both would break `$ · X = K` between levels.

mod fleet;
mod ratio;
mod sweep;

pub use fleet::{Fleet, HOURS_PER_MONTH, Monthly, break_even_price, fleet_for, fleet_for_money, monthly};
pub use ratio::{Measure, Ratio, cheaper, ratio_of};
pub use sweep::{Flip, SweepPoint, flips, flips_by, sweep};

use crate::breaking::{Breaking, State};
use crate::monotone::MonotoneCubic;
use crate::run::{Price, Run};
use crate::slo::Slo;
use crate::throughput::{peak, token_curve};
use crate::tokens::TokenBasis;
use crate::verdict::{Verdict, breaking_of};

/// Which load of a run its cost is taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadRule {
    /// The breaking load, read off the fitted curve between two levels.
    Interpolated,
    /// The highest measured load at which every limit held: nothing between levels is assumed.
    LastPassingLevel,
}

impl LoadRule {
    /// `interpolated` or `last_passing_level`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Interpolated => "interpolated",
            Self::LastPassingLevel => "last_passing_level",
        }
    }

    /// The load that a breaking point allows. `None` when no load passes or it is not known.
    ///
    /// For a floor it is the highest measured load: at least that much.
    #[must_use]
    pub fn load(self, breaking: &Breaking) -> Option<f64> {
        match (self, breaking.state) {
            (_, State::NeverMet | State::NotMeasured) => None,
            (Self::Interpolated, State::Edge) => breaking.load,
            // A cliff's answer is a measured load already.
            _ => breaking.max_passing_load,
        }
    }
}

/// A load and the token rate there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// What is counted.
    pub basis: TokenBasis,
    /// Load of one replica, as [`Level::load`](crate::level::Level::load).
    pub load: f64,
    /// Tokens per second of one replica there.
    pub tokens_per_second: f64,
    /// 95 % interval of the rate over the interval of the load. The scatter of the rate itself
    /// between runs is not in it: one run does not show it.
    pub interval: [Option<f64>; 2],
    /// The sweep ended while passing, so the load is a lower bound.
    pub at_least: bool,
}

/// The load that a breaking point allows and the token rate there; `None` where either is not
/// known.
#[must_use]
pub fn served(run: &Run, breaking: &Breaking, basis: TokenBasis, rule: LoadRule) -> Option<Served> {
    served_on(&token_curve(run, basis)?, breaking, basis, rule)
}

/// [`served`] on the [`token_curve`] of `basis` alone, for who has no more of a run.
#[must_use]
pub fn served_on(curve: &MonotoneCubic, breaking: &Breaking, basis: TokenBasis, rule: LoadRule) -> Option<Served> {
    let load = rule.load(breaking)?;
    let tokens_per_second = curve.eval(load)?;
    let ends = match breaking.state {
        State::Edge if rule == LoadRule::Interpolated => breaking.interval,
        _ => [None, None],
    };
    let interval = match ends {
        [Some(low), Some(high)] => {
            // Throughput may peak inside the interval, so the levels inside count as well.
            let inside = curve.points().filter(|point| point.0 > low && point.0 < high);
            let rates: Vec<f64> = [curve.eval(low), Some(tokens_per_second), curve.eval(high)]
                .into_iter()
                .flatten()
                .chain(inside.map(|point| point.1))
                .collect();
            let known = curve.eval(low).is_some() && curve.eval(high).is_some();
            let lowest = rates.iter().copied().min_by(f64::total_cmp);
            let highest = rates.iter().copied().max_by(f64::total_cmp);
            if known { [lowest, highest] } else { [None, None] }
        }
        _ => [None, None],
    };
    Some(Served { basis, load, tokens_per_second, interval, at_least: breaking.state == State::Floor })
}

/// [`served`] at what a service level allows, without intervals from samples.
#[must_use]
pub fn served_at(run: &Run, slo: &Slo, basis: TokenBasis, rule: LoadRule) -> Option<Served> {
    served(run, &breaking_of(run, slo), basis, rule)
}

impl From<&Verdict> for Breaking {
    fn from(verdict: &Verdict) -> Self {
        Self {
            state: verdict.state,
            load: verdict.breaking_load,
            interval: verdict.interval,
            max_passing_load: verdict.max_passing_load,
            first_failing_load: verdict.first_failing_load,
            non_monotone: verdict.limits.iter().any(|limit| limit.breaking.non_monotone),
        }
    }
}

/// The load to run a replica at: the smaller of what the service level allows and the load of
/// highest throughput, because beyond the peak more load yields less.
#[must_use]
pub fn recommended_load(run: &Run, verdict: &Verdict) -> Option<f64> {
    let allowed = LoadRule::Interpolated.load(&verdict.into())?;
    Some(peak(run).map_or(allowed, |peak| allowed.min(peak.load)))
}

/// What tokens cost at a load, with the price's provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenCost {
    /// The load and the rate that the cost is derived from.
    pub served: Served,
    /// What one replica costs.
    pub price: Price,
}

/// Dollars per million tokens × tokens per second: `K = price per hour · 10⁶ / 3600`.
#[must_use]
pub fn cost_constant(price: &Price) -> f64 {
    price.per_hour.0 * 1e6 / 3600.0
}

/// The cost of tokens at a load. `None` where the run's price is not known or not positive:
/// an unknown price is not a price of zero.
#[must_use]
pub fn token_cost(run: &Run, served: Served) -> Option<TokenCost> {
    let price = run.deployment.price.clone().filter(|price| price.per_hour.0.is_finite() && price.per_hour.0 > 0.0)?;
    (served.tokens_per_second > 0.0).then_some(TokenCost { served, price })
}

impl TokenCost {
    /// Dollars per million tokens: [`cost_constant`] over the rate.
    #[must_use]
    pub fn dollars_per_million(&self) -> f64 {
        cost_constant(&self.price) / self.served.tokens_per_second
    }

    /// Tokens per dollar, the exact reciprocal: `10⁶ /` [`dollars_per_million`](Self::dollars_per_million).
    #[must_use]
    pub fn tokens_per_dollar(&self) -> f64 {
        1e6 / self.dollars_per_million()
    }

    /// 95 % interval of [`dollars_per_million`](Self::dollars_per_million).
    #[must_use]
    pub fn dollars_interval(&self) -> [Option<f64>; 2] {
        let [low, high] = self.served.interval;
        let constant = cost_constant(&self.price);
        // More tokens a second are fewer dollars each.
        [high.map(|rate| constant / rate), low.map(|rate| constant / rate)]
    }
}

/// Energy of one token, joules: the power of one replica over its token rate. `None` unless
/// both are positive.
#[must_use]
pub fn joules_per_token(watts: f64, tokens_per_second: f64) -> Option<f64> {
    (watts > 0.0 && watts.is_finite() && tokens_per_second > 0.0).then(|| watts / tokens_per_second)
}
