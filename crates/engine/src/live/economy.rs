//! What the tokens of real traffic cost in money and energy, including idle time.

use crate::run::DollarsPerHour;

/// Tokens and time of a window of production.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Served {
    /// Tokens of one kind over all replicas.
    pub tokens: f64,
    /// Length of the window, seconds.
    pub seconds: f64,
    /// Replica-seconds that were paid for: replicas times time, including idle replicas.
    pub replica_seconds: f64,
}

/// What tokens cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostNow {
    /// Tokens per second over the window.
    pub tokens_per_second: f64,
    /// Cost of all replicas, dollars per hour.
    pub dollars_per_hour: f64,
    /// Tokens per dollar; 0 if nothing was served.
    pub tokens_per_dollar: f64,
    /// Dollars per million tokens, the exact reciprocal; `None` if nothing was served.
    pub dollars_per_million: Option<f64>,
}

/// The cost of real traffic at a price per replica. `None` unless price and time are positive.
#[must_use]
pub fn cost_now(served: &Served, price: DollarsPerHour) -> Option<CostNow> {
    let usable = price.0 > 0.0 && served.seconds > 0.0 && served.replica_seconds > 0.0 && served.tokens >= 0.0;
    usable.then(|| {
        let dollars = served.replica_seconds / 3600.0 * price.0;
        let tokens_per_dollar = served.tokens / dollars;
        CostNow {
            tokens_per_second: served.tokens / served.seconds,
            dollars_per_hour: dollars / served.seconds * 3600.0,
            tokens_per_dollar,
            dollars_per_million: (tokens_per_dollar > 0.0).then(|| 1e6 / tokens_per_dollar),
        }
    })
}

/// The used share of what a fully loaded deployment yields: tokens served over the tokens that the same replica-seconds
/// yield at `tokens_per_second` each. `None` unless both are positive.
#[must_use]
pub fn utilization(served: &Served, tokens_per_second: f64) -> Option<f64> {
    let full = served.replica_seconds * tokens_per_second;
    (full > 0.0 && full.is_finite()).then(|| served.tokens / full)
}

/// The energy that tokens took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyNow {
    /// Mean power of all accelerators of the deployment, watts.
    pub watts: f64,
    /// Energy over the window, joules.
    pub joules: f64,
    /// Joules per token; `None` if nothing was served.
    pub joules_per_token: Option<f64>,
}

/// The energy of real traffic at a mean power. `None` unless power and time are positive.
#[must_use]
pub fn energy_now(tokens: f64, seconds: f64, watts: f64) -> Option<EnergyNow> {
    (watts > 0.0 && watts.is_finite() && seconds > 0.0).then(|| EnergyNow {
        watts,
        joules: watts * seconds,
        joules_per_token: (tokens > 0.0).then(|| watts * seconds / tokens),
    })
}
