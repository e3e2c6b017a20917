//! What a run yields and costs at the load that its limits allow.

use crate::judged;
use crate::model::{CostUnit, Options, Series};
use headroom_engine::breaking::Breaking;
use headroom_engine::cost::{Served, TokenCost, served_on};
use headroom_engine::run::{DollarsPerHour, Price};

/// A cost is shown per this many tokens.
pub const MILLION: f64 = 1e6;

/// The answer of a run, with what it yields there.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The breaking point over all limits.
    pub breaking: Breaking,
    /// Load and token rate of one replica; `None` where no load passes or a rate is not known.
    pub served: Option<Served>,
    /// What tokens cost there; `None` without a price.
    pub cost: Option<TokenCost>,
}

impl Series {
    /// The limit that a cost is drawn over: the one on the drawn value, else the first latency
    /// that was measured.
    #[must_use]
    pub fn swept(&self) -> Option<usize> {
        let first = || self.limits.iter().position(|limit| limit.unit == "ms" && !limit.points.is_empty());
        self.drawn.or_else(first)
    }
}

/// The figures of a run under its limits, with the swept one at `bound` where that is given.
#[must_use]
pub fn figures(series: &Series, options: &Options, bound: Option<f64>) -> Figures {
    let breaking = match (series.swept(), bound) {
        (Some(swept), Some(bound)) => judged::verdict_at(&series.limits, swept, bound),
        _ => judged::verdict(&series.limits).0,
    };
    let tokens = series.replica.tokens.as_ref();
    let served = tokens.and_then(|tokens| served_on(tokens, &breaking, options.basis, options.rule));
    let price = series.replica.price;
    let cost =
        served.filter(|served| price > 0.0 && price.is_finite() && served.tokens_per_second > 0.0).map(|served| {
            TokenCost {
                served,
                price: Price { per_hour: DollarsPerHour(price), source: None, region: None, date: None },
            }
        });
    Figures { breaking, served, cost }
}

/// A cost in its unit, with its 95 % interval.
#[must_use]
pub fn in_unit(cost: &TokenCost, unit: CostUnit) -> (f64, [Option<f64>; 2]) {
    match unit {
        CostUnit::DollarsPerMillion => (cost.dollars_per_million(), cost.dollars_interval()),
        CostUnit::TokensPerDollar => {
            // Million tokens a dollar are the reciprocal of dollars a million tokens.
            let [low, high] = cost.dollars_interval();
            let inverse = |dollars: Option<f64>| dollars.map(|dollars| 1.0 / dollars);
            (cost.tokens_per_dollar() / MILLION, [inverse(high), inverse(low)])
        }
    }
}
