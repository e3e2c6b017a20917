//! What a token costs, and which of two deployments is cheaper.
//!
//! Only throughput is interpolated; cost is derived from it at the load where it is needed. Interpolating both would
//! break `$ · X = K` between levels.

mod cheapest;
mod contest;
mod doubt;
mod fleet;
mod ratio;
mod sweep;

pub use cheapest::{Succession, cheapest_of_each, successions};
pub use contest::Contest;
pub use doubt::Doubted;
pub use fleet::{Fleet, HOURS_PER_MONTH, break_even_price, fleet_for, fleet_for_money, replicas_for};
pub(crate) use ratio::is_above;
pub use ratio::{FEWEST_REPEATS, Measure, Ratio, Reach, cheaper, load_ratio, ratio_of, ratio_of_repeats};
pub use sweep::{BOUND_FACTORS, Stretch, SweepPoint, ahead, searched, stretches, sweep};

use crate::breaking::{Breaking, BreakingState};
use crate::rates::{Counted, Rate};
use crate::run::{Price, Run};
use crate::sheet::Sheet;
use crate::throughput::peak;
use crate::tokens::TokenBasis;
use crate::verdict::Verdict;

/// The load of a run at which its cost is computed.
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

    /// The load that a breaking point allows. `None` if no load passes or the load is unknown.
    ///
    /// For a floor it is the highest measured load, a lower bound.
    #[must_use]
    pub fn load(self, breaking: &Breaking) -> Option<f64> {
        match (self, breaking.state) {
            (_, BreakingState::NeverMet | BreakingState::NotMeasured) => None,
            (Self::Interpolated, BreakingState::Edge) => breaking.load,
            // A cliff's answer is a measured load already.
            _ => breaking.max_passing_load,
        }
    }

    /// The 95 % interval of the true load. Chance moves it under either rule, because a few requests decide whether a
    /// level passes. An end that the data cannot give is `None`.
    #[must_use]
    pub fn interval(self, breaking: &Breaking) -> [Option<f64>; 2] {
        let [low, high] = breaking.interval;
        let load = self.load(breaking);
        let around = |end: Option<f64>, choose: fn(f64, f64) -> f64| Some(choose(end?, load?));
        [around(low, f64::min), around(high, f64::max)]
    }
}

/// A load and the throughput there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// Load of one replica, as [`Level::load`](crate::level::Level::load).
    pub load: f64,
    /// Tokens per second of one replica there.
    pub tokens_per_second: f64,
    /// 95 % interval of the token rate: from the uncertainty of the rate itself, over the interval of the load. It does
    /// not include differences between runs, which a single run cannot show; a [`Ratio`] of two includes them.
    pub interval: [Option<f64>; 2],
    /// Whether the sweep ended while passing, so that the load is a lower bound.
    pub at_least: bool,
    /// The load with its uncertainty; see [`LoadRule::interval`].
    pub held: Doubted,
    /// The token rate with its uncertainty.
    pub tokens: Doubted,
    /// Requests per second of one replica there, with their uncertainty; `None` if not measured.
    pub requests: Option<Doubted>,
}

impl Served {
    /// A load and the throughput there.
    #[must_use]
    pub fn new(basis: TokenBasis, held: Doubted, tokens: Doubted, requests: Option<Doubted>, at_least: bool) -> Self {
        let Rate { value, interval } = tokens.rate();
        Self { basis, load: held.value, tokens_per_second: value, interval, at_least, held, tokens, requests }
    }
}

/// The load that a breaking point of this sheet allows, with the rates there; `None` if the load or the token rate is
/// unknown.
#[must_use]
pub fn served(sheet: &Sheet, breaking: &Breaking, basis: TokenBasis, rule: LoadRule) -> Option<Served> {
    let held = Doubted::between(rule.load(breaking)?, rule.interval(breaking));
    let at_least = breaking.state == BreakingState::Floor;
    let rate = |counted: Counted| Doubted::through(sheet.rates(counted)?, &held, at_least);
    Some(Served::new(basis, held, rate(basis.into())?, rate(Counted::Requests), at_least))
}

/// The load to run a replica at: the smaller of the load that the service level allows and the load of highest
/// throughput, because beyond that peak more load yields less.
#[must_use]
pub fn recommended_load(run: &Run, verdict: &Verdict) -> Option<f64> {
    let allowed = LoadRule::Interpolated.load(&verdict.into())?;
    Some(peak(run).map_or(allowed, |peak| allowed.min(peak.load)))
}

/// What tokens cost at a load, with the price's provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenCost {
    /// The load and the rate from which the cost is computed.
    pub served: Served,
    /// What one replica costs.
    pub price: Price,
}

/// Costs are given per this many tokens.
pub const MILLION: f64 = 1e6;

/// The unit that costs are given in.
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

/// The cost of tokens at a load; `None` if the price is unknown or nothing is served.
#[must_use]
pub fn token_cost(sheet: &Sheet, served: Served) -> Option<TokenCost> {
    let price = sheet.known_price()?.clone();
    (served.tokens_per_second > 0.0).then_some(TokenCost { served, price })
}

/// Load, throughput and cost of a sheet at one breaking point.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The breaking point over all limits.
    pub breaking: Breaking,
    /// Load and token rate of one replica there; `None` if no load passes or a rate is unknown.
    pub served: Option<Served>,
    /// The cost of tokens there; `None` without a price.
    pub cost: Option<TokenCost>,
}

impl Figures {
    /// The figures of a sheet at its present limits.
    #[must_use]
    pub fn of(sheet: &Sheet, basis: TokenBasis, rule: LoadRule) -> Self {
        Self::under(sheet, sheet.breaking(), basis, rule)
    }

    /// The figures with the limit in question moved to another bound; the same as [`of`](Self::of) if no limit is in
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
    /// Dollars per million tokens: [`cost_constant`] divided by the token rate.
    #[must_use]
    pub fn dollars_per_million(&self) -> f64 {
        cost_constant(&self.price) / self.served.tokens_per_second
    }

    /// Requests per dollar; `None` if the request rate is unknown.
    #[must_use]
    pub fn requests_per_dollar(&self) -> Option<f64> {
        Some(self.served.requests?.value * MILLION / cost_constant(&self.price))
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
        // More tokens per second mean fewer dollars per token, so the ends are swapped.
        [high.map(|rate| constant / rate), low.map(|rate| constant / rate)]
    }

    /// The cost and its 95 % interval in the given unit.
    #[must_use]
    pub fn in_unit(&self, unit: CostUnit) -> (f64, [Option<f64>; 2]) {
        match unit {
            CostUnit::DollarsPerMillion => (self.dollars_per_million(), self.dollars_interval()),
            CostUnit::TokensPerDollar => {
                // Million tokens per dollar are the reciprocal of dollars per million tokens.
                let [low, high] = self.dollars_interval();
                let inverse = |dollars: Option<f64>| dollars.map(|dollars| 1.0 / dollars);
                (self.tokens_per_dollar() / MILLION, [inverse(high), inverse(low)])
            }
        }
    }
}

/// Energy per token, joules: the power of one replica divided by its token rate. `None` unless both are positive.
#[must_use]
pub fn joules_per_token(watts: f64, tokens_per_second: f64) -> Option<f64> {
    (watts > 0.0 && watts.is_finite() && tokens_per_second > 0.0).then(|| watts / tokens_per_second)
}
