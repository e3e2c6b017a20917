//! Whether the rates of an open loop were kept up with.

use crate::level::Level;
use crate::run::{LoadModel, Run};

/// An offered rate counts as kept up with when at least this share of it was served. The last
/// requests of a level are always still in flight when it ends; a share of a tenth is more than
/// they explain.
pub const KEEPS_UP: f64 = 0.9;

/// Requests served over requests offered, per second, at an open-loop level; `None` for a closed
/// loop, which offers what is served.
#[must_use]
pub fn keep_up_ratio(level: &Level, model: LoadModel) -> Option<f64> {
    match model {
        LoadModel::Closed => None,
        LoadModel::Open(_) => level.rates.requests.map(|served| served / level.load).filter(|ratio| ratio.is_finite()),
    }
}

/// The lowest offered rate that was not kept up with ([`KEEPS_UP`]): from there on the queue
/// grows for as long as the level lasts, so its latencies depend on how long that was.
#[must_use]
pub fn first_not_kept_up(run: &Run) -> Option<f64> {
    run.levels
        .iter()
        .find(|level| keep_up_ratio(level, run.load_model).is_some_and(|ratio| ratio < KEEPS_UP))
        .map(|level| level.load)
}

/// The highest offered rate below [`first_not_kept_up`]; 0 where not even the lowest was kept up
/// with. `None` where all were, and in a closed loop.
#[must_use]
pub fn last_kept_up(run: &Run) -> Option<f64> {
    let beyond = first_not_kept_up(run)?;
    Some(run.levels.iter().map(|level| level.load).filter(|load| *load < beyond).fold(0.0, f64::max))
}
