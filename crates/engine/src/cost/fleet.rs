//! Whole replicas: what a sum of money buys, and what a load costs.

use crate::run::DollarsPerHour;

/// Hours of an average month, `365 · 24 / 12`, as cloud bills count them.
pub const HOURS_PER_MONTH: f64 = 730.0;

/// Tolerance for rounding: prices are decimal fractions and their quotients are not exact in binary, but 3.40 / 0.85
/// must be 4 replicas.
const ROUNDING: f64 = 1e-9;

/// A number of equal replicas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fleet {
    /// How many replicas.
    pub replicas: f64,
    /// Load that all of them hold together if it is spread evenly.
    pub load: f64,
    /// What they cost together.
    pub per_hour: DollarsPerHour,
}

/// `replicas` replicas that hold `load` and cost `price` each. `None` unless `replicas` is a
/// whole number of at least zero and the price is positive.
#[must_use]
pub fn fleet_for(replicas: f64, load: f64, price: DollarsPerHour) -> Option<Fleet> {
    let whole = replicas >= 0.0 && replicas.fract() == 0.0;
    (whole && price.0 > 0.0 && price.0.is_finite()).then_some(Fleet {
        replicas,
        load: replicas * load,
        per_hour: DollarsPerHour(replicas * price.0),
    })
}

/// The whole replicas that `money` per hour buys: `⌊money / price⌋`, possibly none. `None`
/// unless the price is positive and the money is a number of at least zero.
#[must_use]
pub fn fleet_for_money(money: DollarsPerHour, load: f64, price: DollarsPerHour) -> Option<Fleet> {
    if !(money.0 >= 0.0 && money.0.is_finite() && price.0 > 0.0) {
        return None;
    }
    fleet_for((money.0 / price.0 * (1.0 + ROUNDING)).floor(), load, price)
}

/// The whole replicas that `target` load needs at `load` per replica. `None` unless both are positive.
#[must_use]
pub fn replicas_for(target: f64, load: f64) -> Option<f64> {
    let usable = |value: f64| value.is_finite() && value > 0.0;
    (usable(target) && usable(load)).then(|| (target / load * (1.0 - ROUNDING)).ceil())
}

/// The price per hour at which A costs the same for each unit of yield (tokens per second, or
/// users) as B: `price_B · yield_A / yield_B`. Below it A is cheaper.
#[must_use]
pub fn break_even_price(yield_a: f64, yield_b: f64, price_b: DollarsPerHour) -> Option<DollarsPerHour> {
    let price = price_b.0 * yield_a / yield_b;
    (yield_b > 0.0 && price.is_finite() && price > 0.0).then_some(DollarsPerHour(price))
}
