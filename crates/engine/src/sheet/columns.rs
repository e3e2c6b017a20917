//! A sheet from the columns of a data frame.

use super::Sheet;
use super::limit::{self, Bound, Quantity, SheetLimit};
use crate::bounded::BoundedLevel;
use crate::breaking::BreakingState;
use crate::listed::listed;
use crate::points::LevelPoint;
use crate::rates::{Counted, Rate, RateCurve, RatedLevel};
use crate::run::{Price, Workload};
use crate::tokens::TokenBasis;
use crate::whole;

/// A run as the columns of a data frame. All columns have one row for each level, ascending in load. `NaN` is "not
/// measured", and a shorter column lacks its last rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// Its name for people.
    pub name: String,
    /// Unit of the loads.
    pub load_unit: String,
    /// Its levels.
    pub levels: LevelColumns,
    /// Which tokens [`LevelColumns::tokens`] counts.
    pub basis: TokenBasis,
    /// The limits of its service level.
    pub limits: Vec<LimitColumns>,
    /// Index of the limit that a picture is about; see [`Sheet::in_question`].
    pub in_question: Option<usize>,
    /// What one replica costs.
    pub price: Option<Price>,
    /// Accelerators of one replica.
    pub gpus: Option<f64>,
    /// Quantization of its weights.
    pub quantization: Option<String>,
    /// What its requests were like.
    pub workload: Workload,
    /// See [`Sheet::output_tokens_error`].
    pub output_tokens_error: Option<f64>,
    /// See [`Sheet::impossible_rates`].
    pub impossible_rates: bool,
    /// See [`Sheet::few_requests`].
    pub few_requests: Vec<f64>,
}

/// What the levels measured, except the limited quantities.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LevelColumns {
    /// Offered load.
    pub load: Vec<f64>,
    /// Number of requests answered in full.
    pub ok: Vec<f64>,
    /// Number of requests that failed.
    pub errored: Vec<f64>,
    /// Mean number of requests in flight.
    pub in_flight: Vec<f64>,
    /// Tokens per second.
    pub tokens: RateColumns,
    /// Requests answered in full per second.
    pub requests: RateColumns,
}

/// A rate at every level; see [`Rate`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RateColumns {
    /// Per second.
    pub value: Vec<f64>,
    /// Lower end of its 95 % interval within the run.
    pub lo: Vec<f64>,
    /// Upper end of its 95 % interval within the run.
    pub hi: Vec<f64>,
}

/// A quantity at every level.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// The value.
    pub value: Vec<f64>,
    /// Lower end of its 95 % interval.
    pub lo: Vec<f64>,
    /// Upper end of its 95 % interval.
    pub hi: Vec<f64>,
    /// Requests behind the value.
    pub count: Vec<f64>,
}

/// A limit with what was measured of its quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitColumns {
    /// The quantity that is limited.
    pub quantity: Quantity,
    /// The bound, and the name of the limit.
    pub bound: Bound,
    /// What was measured.
    pub measured: Measured,
    /// For levels without the value: the least that it can be by other percentiles; empty if nothing is known.
    pub at_least: Vec<f64>,
    /// For levels without the value: the most that it can be by other percentiles; empty if nothing is known.
    pub at_most: Vec<f64>,
    /// State and interval that a verdict found at this bound; see [`SheetLimit::refine`].
    pub verdict: Option<(BreakingState, [Option<f64>; 2])>,
}

impl LimitColumns {
    /// The levels that lack the quantity but have other percentiles.
    fn bounded(&self, load: &[f64], ok: &[f64]) -> Vec<BoundedLevel> {
        let level = |row: usize| {
            let [at_least, at_most] = [&self.at_least, &self.at_most].map(|column| known(column, row));
            let is_bounded = known(&self.measured.value, row).is_none() && (at_least.is_some() || at_most.is_some());
            let count = known(ok, row).map_or(0, whole::count);
            is_bounded.then_some(BoundedLevel { load: known(load, row)?, at_least, at_most, count })
        };
        listed((0..load.len()).filter_map(level))
    }
}

/// The number in a row; `None` if it is missing or not finite.
fn known(column: &[f64], row: usize) -> Option<f64> {
    column.get(row).copied().filter(|value| value.is_finite())
}

impl Measured {
    /// The levels that measured the quantity: their row indices and their points.
    #[must_use]
    pub fn points(&self, load: &[f64]) -> (Vec<usize>, Vec<LevelPoint>) {
        let point = |row: usize| {
            Some(LevelPoint {
                load: known(load, row)?,
                value: known(&self.value, row)?,
                lo: known(&self.lo, row),
                hi: known(&self.hi, row),
                count: known(&self.count, row).map_or(0, whole::count),
            })
        };
        let (mut rows, mut points) = (Vec::new(), Vec::new());
        for row in 0..load.len() {
            if let Some(point) = point(row) {
                rows.push(row);
                points.push(point);
            }
        }
        (rows, points)
    }
}

impl From<Columns> for Sheet {
    fn from(columns: Columns) -> Self {
        let LevelColumns { load, ok, errored, in_flight, tokens, requests } = &columns.levels;
        let collapse = limit::collapse(load.iter().copied().zip(ok.iter().copied().zip(errored.iter().copied())));
        let limits = columns.limits.into_iter().map(|limit| {
            let (_, points) = limit.measured.points(load);
            let bounded = limit.bounded(load, ok);
            let mut judged = SheetLimit::new(limit.quantity, limit.bound, (points, bounded), collapse);
            if let Some((state, interval)) = limit.verdict {
                judged.refine(state, interval);
            }
            judged
        });
        let curve = |counted, rates: &RateColumns| {
            let level = |row| {
                let value = known(&rates.value, row)?;
                let interval = [&rates.lo, &rates.hi].map(|end| known(end, row));
                let in_flight = known(in_flight, row);
                Some(RatedLevel { index: row, load: known(load, row)?, rate: Rate { value, interval }, in_flight })
            };
            RateCurve::through(counted, listed((0..load.len()).filter_map(level)))
        };
        let mut rates = Vec::new();
        rates.extend(curve(columns.basis.into(), tokens));
        rates.extend(curve(Counted::Requests, requests));
        Self {
            name: columns.name,
            load_unit: columns.load_unit,
            rates,
            price: columns.price,
            gpus: columns.gpus,
            quantization: columns.quantization,
            workload: columns.workload,
            output_tokens_error: columns.output_tokens_error,
            impossible_rates: columns.impossible_rates,
            few_requests: columns.few_requests,
            ..Self::under(limits.collect(), columns.in_question)
        }
    }
}
