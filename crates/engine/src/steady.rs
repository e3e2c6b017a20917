//! The steady part of a level: without the ramp-up at its start and the drain at its end; and
//! whether an open loop was kept up with.

use crate::level::{Level, Samples};
use crate::run::{LoadModel, Run};
use crate::slo::Latency;

/// Values per batch of MSER-5.
const BATCH: usize = 5;

/// An offered rate counts as kept up with when at least this share of it was served. The last
/// requests of a level are always still in flight when it ends; a share of a tenth is more than
/// they explain.
pub const KEEPS_UP: f64 = 0.9;

/// How many leading values to leave out so that the mean of the rest is known best, by MSER-5:
/// batches of five, and the cut that minimises `Σ(x − mean)² / k²` over the `k` batches kept.
/// `None` for fewer than ten batches, or when the best cut leaves less than half: then no steady
/// part was reached.
///
/// Source: K. P. White, *An effective truncation heuristic for bias reduction in simulation
/// output*, Simulation 69 (1997).
#[must_use]
pub fn mser5(values: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = values.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < 10 || batches.iter().any(|mean| !mean.is_finite()) {
        return None;
    }
    // From the end, so that every cut's mean and squares follow from the one after (Welford).
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (kept, (cut, value)) in (1_u32..).zip(batches.iter().enumerate().rev()) {
        let kept = f64::from(kept);
        let off = value - mean;
        mean += off / kept;
        squares += off * (value - mean);
        let error = squares / (kept * kept);
        // A few batches that happen to agree are no steady state.
        if kept >= 5.0 && error <= best.0 {
            best = (error, cut);
        }
    }
    (best.1 <= batches.len() / 2).then_some(best.1 * BATCH)
}

/// The steady rows of a level.
#[derive(Debug, Clone, PartialEq)]
pub struct Steady {
    /// Rows of [`Samples`] in the steady part, in order of start.
    pub rows: Vec<usize>,
    /// Requests left out at the start.
    pub ramp_up: usize,
    /// Requests left out at the end.
    pub drain: usize,
}

/// The requests of a level without ramp-up and drain, judged by `latency` in the order in which
/// they started. `None` when starts or values are missing, or when no steady part was reached.
#[must_use]
pub fn steady(samples: &Samples, latency: Latency) -> Option<Steady> {
    let column = samples.column(latency);
    if samples.start_s.len() != column.len() || samples.start_s.iter().any(|start| !start.is_finite()) {
        return None;
    }
    let mut rows: Vec<usize> = (0..column.len()).filter(|&row| column[row].is_finite()).collect();
    rows.sort_by(|&a, &b| samples.start_s[a].total_cmp(&samples.start_s[b]));
    let values: Vec<f64> = rows.iter().map(|&row| column[row]).collect();
    // Each end is judged without the third at the other, or a drain would pass for a steady
    // part that the whole level leads up to.
    let third = values.len() / 3;
    let ramp_up = mser5(&values[..values.len() - third])?;
    let reversed: Vec<f64> = values[third..].iter().rev().copied().collect();
    let drain = mser5(&reversed)?;
    rows.truncate(rows.len() - drain);
    rows.drain(..ramp_up);
    Some(Steady { rows, ramp_up, drain })
}

/// `samples` with these rows only.
#[must_use]
pub fn only(samples: &Samples, rows: &[usize]) -> Samples {
    let pick = |column: &[f64]| rows.iter().filter_map(|&row| column.get(row).copied()).collect();
    Samples {
        start_s: pick(&samples.start_s),
        ttft_ms: pick(&samples.ttft_ms),
        itl_ms: pick(&samples.itl_ms),
        tpot_ms: pick(&samples.tpot_ms),
        e2e_ms: pick(&samples.e2e_ms),
        output_tokens: pick(&samples.output_tokens),
    }
}

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
