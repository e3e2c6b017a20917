//! Two deployments against each other, each at its own allowed load.

use super::{Served, fleet_for_money};
use crate::run::DollarsPerHour;
use crate::tokens::TokenBasis;

/// What is bought for money when two deployments are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// Tokens per dollar, in fractions of a replica.
    Tokens(TokenBasis),
    /// Load per dollar, in fractions of a replica.
    Load,
    /// Load of the whole replicas that the price of the dearer one buys.
    WholeReplicas,
}

impl Measure {
    /// `output_tokens`, `prompt_tokens`, `total_tokens`, `load` or `whole_replicas`.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Tokens(basis) => format!("{}_tokens", basis.id()),
            Self::Load => "load".into(),
            Self::WholeReplicas => "whole_replicas".into(),
        }
    }

    /// Which token rate it needs; output tokens where it needs none.
    pub(crate) fn basis(self) -> TokenBasis {
        match self {
            Self::Tokens(basis) => basis,
            Self::Load | Self::WholeReplicas => TokenBasis::Output,
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
}

/// Which of the two a ratio makes cheaper: `Some(true)` for A, `Some(false)` for B, `None` when
/// its interval contains 1 or is open on the side of 1, so that the data cannot tell.
#[must_use]
pub fn cheaper(ratio: &Ratio) -> Option<bool> {
    match ratio.interval {
        [Some(low), _] if low > 1.0 => Some(true),
        [_, Some(high)] if high < 1.0 => Some(false),
        _ => None,
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, Copy)]
struct Yield {
    value: f64,
    interval: [Option<f64>; 2],
}

/// A against B by a measure. `load_interval` is the 95 % interval of each side's load.
///
/// `None` when the sides count different tokens or a price is not positive.
#[must_use]
pub fn ratio_of(
    measure: Measure,
    a: (&Served, [Option<f64>; 2], DollarsPerHour),
    b: (&Served, [Option<f64>; 2], DollarsPerHour),
) -> Option<Ratio> {
    let money = DollarsPerHour(a.2.0.max(b.2.0));
    let side = |(served, load_interval, price): (&Served, [Option<f64>; 2], DollarsPerHour)| -> Option<Yield> {
        if !(price.0.is_finite() && price.0 > 0.0) {
            return None;
        }
        match measure {
            Measure::Tokens(basis) => (served.basis == basis).then(|| Yield {
                value: served.tokens_per_second / price.0,
                interval: served.interval.map(|end| end.map(|rate| rate / price.0)),
            }),
            Measure::Load => Some(Yield {
                value: served.load / price.0,
                interval: load_interval.map(|end| end.map(|load| load / price.0)),
            }),
            Measure::WholeReplicas => {
                let replicas = fleet_for_money(money, served.load, price)?.replicas;
                Some(Yield {
                    value: replicas * served.load,
                    interval: load_interval.map(|end| end.map(|load| replicas * load)),
                })
            }
        }
    };
    let (a, b) = (side(a)?, side(b)?);
    let value = a.value / b.value;
    (value.is_finite() && value > 0.0).then(|| Ratio { value, interval: ratio_interval(a, b) })
}

/// The interval of a quotient from those of its parts, on logarithms: the distances from the
/// estimate to the ends add up as independent errors do.
///
/// Source: G. Zou and A. Donner, *Construction of confidence limits about effect measures: a
/// general approach*, Statistics in Medicine 27 (2008), the method of variance estimates
/// recovery.
fn ratio_interval(a: Yield, b: Yield) -> [Option<f64>; 2] {
    let log = |value: f64| (value > 0.0).then(|| libm::log(value));
    let distance = |of: Yield, end: usize| {
        let from = log(of.value)?;
        Some((of.interval[end].and_then(log)? - from).abs())
    };
    let end = |own: usize, other: usize, sign: f64| {
        let (d, e) = (distance(a, own)?, distance(b, other)?);
        let ratio = log(a.value)? - log(b.value)? + sign * (d * d + e * e).sqrt();
        Some(libm::exp(ratio))
    };
    [end(0, 1, -1.0), end(1, 0, 1.0)]
}
