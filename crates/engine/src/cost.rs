//! What a token costs, and which of two deployments is cheaper.
//!
//! Only throughput is ever interpolated; cost is derived from it at the point where it is
//! wanted. Interpolating both would break `$ · X = K` between levels.

mod cheapest;
mod fleet;
mod ratio;
mod sweep;

pub use cheapest::{Succession, successions};
pub use fleet::{Fleet, HOURS_PER_MONTH, break_even_price, fleet_for, fleet_for_money, replicas_for};
pub use ratio::{Measure, Ratio, cheaper, ratio_of};
pub use sweep::{Flip, SweepPoint, flips, sweep};

use crate::breaking::{Breaking, State};
use crate::run::{Price, Run};
use crate::sheet::Sheet;
use crate::throughput::peak;
use crate::tokens::TokenBasis;
use crate::verdict::Verdict;

/// Which load of a run its cost is taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoadRule {
    /// The breaking load, read off the fitted curve between two levels.
    Interpolated,
    /// The highest measured load at which every limit held: nothing between levels is assumed.
    LastPassingLevel,
}

impl LoadRule {
    /// Both rules.
    pub const ALL: [Self; 2] = [Self::Interpolated, Self::LastPassingLevel];

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

    /// Where that load lies for certain; a measured level is what it is and has no interval.
    #[must_use]
    pub fn interval(self, breaking: &Breaking) -> [Option<f64>; 2] {
        match self {
            Self::Interpolated => breaking.interval,
            Self::LastPassingLevel => [None, None],
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

/// The load that a breaking point of this sheet allows and the token rate there; `None` where either is not known.
#[must_use]
pub fn served(sheet: &Sheet, breaking: &Breaking, basis: TokenBasis, rule: LoadRule) -> Option<Served> {
    let curve = &sheet.rates(basis)?.curve;
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

/// A cost is told for this many tokens.
pub const MILLION: f64 = 1e6;

/// What a cost is told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum CostUnit {
    /// Million tokens per dollar: more is better.
    #[default]
    TokensPerDollar,
    /// Dollars per million tokens: less is better.
    DollarsPerMillion,
}

/// Dollars per million tokens × tokens per second: `K = price per hour · 10⁶ / 3600`.
#[must_use]
pub fn cost_constant(price: &Price) -> f64 {
    price.per_hour.0 * MILLION / 3600.0
}

/// The cost of tokens at a load. `None` where the price is not known or nothing is served.
#[must_use]
pub fn token_cost(sheet: &Sheet, served: Served) -> Option<TokenCost> {
    let price = sheet.known_price()?.clone();
    (served.tokens_per_second > 0.0).then_some(TokenCost { served, price })
}

/// What a sheet comes to at one breaking point.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The breaking point over all limits.
    pub breaking: Breaking,
    /// Load and token rate of one replica there; `None` where no load passes or a rate is not known.
    pub served: Option<Served>,
    /// What tokens cost there; `None` without a price.
    pub cost: Option<TokenCost>,
}

impl Figures {
    /// The figures of a sheet under its limits as they are.
    #[must_use]
    pub fn of(sheet: &Sheet, basis: TokenBasis, rule: LoadRule) -> Self {
        Self::under(sheet, sheet.breaking(), basis, rule)
    }

    /// The figures with the limit in question at another bound; the same as [`of`](Self::of) where no limit is in
    /// question.
    #[must_use]
    pub fn at(sheet: &Sheet, bound: f64, basis: TokenBasis, rule: LoadRule) -> Self {
        let moved = sheet.in_question.map(|limit| sheet.breaking_at(limit, bound));
        Self::under(sheet, moved.unwrap_or_else(|| sheet.breaking()), basis, rule)
    }

    fn under(sheet: &Sheet, breaking: Breaking, basis: TokenBasis, rule: LoadRule) -> Self {
        let served = served(sheet, &breaking, basis, rule);
        Self { breaking, served, cost: served.and_then(|served| token_cost(sheet, served)) }
    }
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
        MILLION / self.dollars_per_million()
    }

    /// 95 % interval of [`dollars_per_million`](Self::dollars_per_million).
    #[must_use]
    pub fn dollars_interval(&self) -> [Option<f64>; 2] {
        let [low, high] = self.served.interval;
        let constant = cost_constant(&self.price);
        // More tokens a second are fewer dollars each.
        [high.map(|rate| constant / rate), low.map(|rate| constant / rate)]
    }

    /// The cost and its 95 % interval in a unit of choice.
    #[must_use]
    pub fn in_unit(&self, unit: CostUnit) -> (f64, [Option<f64>; 2]) {
        match unit {
            CostUnit::DollarsPerMillion => (self.dollars_per_million(), self.dollars_interval()),
            CostUnit::TokensPerDollar => {
                // Million tokens a dollar are the reciprocal of dollars a million tokens.
                let [low, high] = self.dollars_interval();
                let inverse = |dollars: Option<f64>| dollars.map(|dollars| 1.0 / dollars);
                (self.tokens_per_dollar() / MILLION, [inverse(high), inverse(low)])
            }
        }
    }
}

/// Energy of one token, joules: the power of one replica over its token rate. `None` unless
/// both are positive.
#[must_use]
pub fn joules_per_token(watts: f64, tokens_per_second: f64) -> Option<f64> {
    (watts > 0.0 && watts.is_finite() && tokens_per_second > 0.0).then(|| watts / tokens_per_second)
}
