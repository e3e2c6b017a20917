//! Two runs of the same thing: is the difference real, how large is it, and is it the only one?
//!
//! Overlapping intervals are not a test, and a fixed band of ±5 % ignores the noise, so neither is used.

mod differences;
mod rank;
mod welch;

pub use differences::{Difference, FACTORS, confounders, differences, unmeasured_quality, unstated};
pub use rank::Shift;
pub use welch::{Mean, Welch, mean_of_repeats, welch, welch_with};

use crate::dependence::{Queue, queues};
use crate::distributions::{CONFIDENCE, normal_quantile};
use crate::level::Level;
use crate::points::are_complete;
use crate::run::Run;
use crate::slo::Latency;

/// A difference is called real if chance alone would show one as large in fewer than this share of comparisons,
/// counting all cells of a comparison together. At one in ten thousand, a pipeline with a hundred comparisons a day
/// raises a false alarm about once in three months.
pub const ALARM_LEVEL: f64 = 1e-4;

/// The probability with which a difference of [`Cell::smallest_seen`] is found.
pub const POWER: f64 = 0.95;

/// One latency at one load in both runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Offered load of both levels.
    pub load: f64,
    /// What is compared, request by request.
    pub latency: Latency,
    /// Number of requests of A and of B.
    pub counts: [u64; 2],
    /// Probability of so large a difference by chance (Mann–Whitney, two-sided), corrected for the autocorrelation
    /// within each level.
    pub p: f64,
    /// That probability corrected for the number of cells (Benjamini–Hochberg).
    pub adjusted_p: f64,
    /// How much slower B is than A, milliseconds (Hodges–Lehmann); negative if B is faster.
    pub shift_ms: Shift,
    /// B over A: the factor for a typical request.
    pub ratio: Shift,
}

impl Cell {
    /// Whether the difference is real at [`ALARM_LEVEL`].
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.adjusted_p <= ALARM_LEVEL
    }

    /// The smallest slowdown, as a share (0.1 for 10 %), that a comparison as noisy as this one finds with probability
    /// [`POWER`]. If no difference was found, smaller ones may still exist.
    ///
    /// The 95 % interval of the ratio reaches 1.96 standard errors to either side on a logarithmic scale. A two-sided
    /// test finds an effect whose size in standard errors is the sum of the quantiles of its level and of its power.
    ///
    /// Source: J. Cohen, *Statistical Power Analysis for the Behavioral Sciences* (1988), chapter 1.
    #[must_use]
    pub fn smallest_seen(&self) -> f64 {
        let error = 0.5 * libm::log(self.ratio.hi / self.ratio.lo) / normal_quantile(0.5 + 0.5 * CONFIDENCE);
        let errors = normal_quantile(1.0 - 0.5 * ALARM_LEVEL) + normal_quantile(POWER);
        libm::expm1(errors * error)
    }

    /// About how many requests each side needs to show a slowdown, given as a share above zero: the error shrinks with
    /// the square root of their number.
    #[must_use]
    pub fn requests_to_see(&self, slowdown: f64) -> f64 {
        let fewer = self.counts[0].min(self.counts[1]) as f64;
        let finer = libm::log1p(self.smallest_seen()) / libm::log1p(slowdown);
        fewer * finer * finer
    }
}

/// Two runs, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Every load and latency for which both runs have single requests, ascending.
    pub cells: Vec<Cell>,
    /// What else differs between the runs, besides the numbers.
    pub differences: Vec<Difference>,
    /// Loads that only one of the runs measured.
    pub unmatched_loads: Vec<f64>,
    /// Loads that both runs measured, but for which a report lacks the values of single requests.
    pub without_requests: Vec<f64>,
}

/// Compares `b` to `a`. Cells need every single request on both sides.
#[must_use]
pub fn compare(a: &Run, b: &Run) -> Comparison {
    let mut cells = Vec::new();
    let mut unmatched_loads = Vec::new();
    let mut without_requests = Vec::new();
    let (queues_a, queues_b) = (queues(a), queues(b));
    for (level, &queue) in a.levels.iter().zip(&queues_a) {
        let same = b.levels.iter().zip(&queues_b).find(|(other, _)| is_same_load(other.load, level.load));
        let Some((other, &other_queue)) = same else {
            unmatched_loads.push(level.load);
            continue;
        };
        let before = cells.len();
        let of = |latency| cell([level, other], [queue, other_queue], latency);
        cells.extend(Latency::ALL.into_iter().filter_map(of));
        if cells.len() == before {
            without_requests.push(level.load);
        }
    }
    unmatched_loads.extend(
        b.levels
            .iter()
            .map(|level| level.load)
            .filter(|&load| !a.levels.iter().any(|level| is_same_load(level.load, load))),
    );
    unmatched_loads.sort_by(f64::total_cmp);
    let adjusted = benjamini_hochberg(&cells.iter().map(|cell| cell.p).collect::<Vec<_>>());
    for (cell, adjusted_p) in cells.iter_mut().zip(adjusted) {
        cell.adjusted_p = adjusted_p;
    }
    Comparison { cells, differences: differences(a, b), unmatched_loads, without_requests }
}

/// Number of loads that both measured.
#[must_use]
pub fn shared_loads(a: &Run, b: &Run) -> usize {
    let in_b = |load: f64| b.levels.iter().any(|level| is_same_load(level.load, load));
    a.levels.iter().filter(|level| in_b(level.load)).count()
}

/// Whether two loads are the same, up to the rounding of tools.
fn is_same_load(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
}

fn cell([a, b]: [&Level; 2], queues: [Queue; 2], latency: Latency) -> Option<Cell> {
    let load = a.load;
    let (a, b) = (requests(a, latency)?, requests(b, latency)?);
    let p = rank::mann_whitney(&a, &b, queues)?;
    let (shift_ms, ratio) = (rank::shift(&a, &b, queues)?, rank::ratio_of_typical(&a, &b, queues)?);
    let counts = [a.len() as u64, b.len() as u64];
    Some(Cell { load, latency, counts, p, adjusted_p: p, shift_ms, ratio })
}

/// The values of all requests in the order of their starts, or in the report's order if that is unknown. `None` if some
/// are missing.
fn requests(level: &Level, latency: Latency) -> Option<Vec<f64>> {
    let samples = level.samples.as_ref()?;
    let column = samples.column(latency);
    let rows = samples.in_order_of_start(latency).unwrap_or_else(|| (0..column.len()).collect());
    let values: Vec<f64> =
        rows.into_iter().map(|row| column[row]).filter(|value| value.is_finite() && *value > 0.0).collect();
    (!values.is_empty() && are_complete(values.len(), level, latency)).then_some(values)
}

/// P-values corrected for multiple testing, in the order given: among the cells called real at a level, the expected
/// share of false ones is at most that level.
///
/// Source: Y. Benjamini and Y. Hochberg, *Controlling the false discovery rate*, JRSS B 57
/// (1995).
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[b].total_cmp(&p_values[a]));
    let count = p_values.len() as f64;
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest = 1.0_f64;
    for (from_largest, &index) in order.iter().enumerate() {
        let rank = count - from_largest as f64;
        smallest = smallest.min(p_values[index] * count / rank);
        adjusted[index] = smallest;
    }
    adjusted
}
