//! Pareto fronts: the points that no other point dominates.

use crate::cost::{MILLION, is_above};
use crate::listed::listed;
use crate::rates::Rate;
use crate::run::LoadModel;
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;
use crate::workload;

/// Which direction of a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Better {
    /// More is better, as for throughput.
    Higher,
    /// Less is better, as for latency and cost.
    Lower,
}

/// Indices of the points of `rows` on the front, ascending.
///
/// A point is not on the front if another one is at least as good in every metric and better in one. Of points that are
/// equal in all metrics, the first is kept. A point that lacks a metric (NaN) is never on the front and dominates no
/// other.
#[must_use]
pub fn front<const METRICS: usize>(rows: &[[f64; METRICS]], directions: [Better; METRICS]) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.iter().all(|value| !value.is_nan())) {
        if kept.iter().any(|&other| at_least_as_good(&rows[other], row, &directions)) {
            continue;
        }
        kept.retain(|&other| !at_least_as_good(row, &rows[other], &directions));
        kept.push(index);
    }
    kept
}

/// Whether `a` is at least as good as `b` in every metric.
fn at_least_as_good(a: &[f64], b: &[f64], directions: &[Better]) -> bool {
    a.iter().zip(b).zip(directions).all(|((a, b), better)| match better {
        Better::Higher => a >= b,
        Better::Lower => a <= b,
    })
}

/// What the yield of the hardware is counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Yield {
    /// Output tokens per second and accelerator.
    #[default]
    PerGpu,
    /// Million output tokens per dollar.
    PerDollar,
}

/// One level of a run in the trade-off between speed for a user and yield of the hardware: a candidate for the front.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Index of the sheet.
    pub sheet: usize,
    /// Number of the workload: only levels of the same workload can dominate each other.
    pub group: usize,
    /// Index of the level in the levels that its sheet came from; see
    /// [`RatedLevel::index`](crate::rates::RatedLevel::index).
    pub level: usize,
    /// Offered load.
    pub load: f64,
    /// Output tokens per second per user in flight.
    pub per_user: f64,
    /// Yield of the hardware, in the unit of [`Yield`].
    pub yielded: f64,
    /// Whether, by the figures, no other level of its group is at least as good in both and better in one.
    pub on_front: bool,
    /// Whether another level of its group is at least as good in both and, beyond doubt, better in one. A level for
    /// which neither this nor [`on_front`](Self::on_front) is true may be on the front.
    pub beaten: bool,
    /// Output tokens per second, with the uncertainty that both figures inherit from it.
    rate: Rate,
}

/// Every level with both figures, ascending in load within each sheet.
#[must_use]
pub fn levels(sheets: &[&Sheet], by: Yield) -> Vec<Candidate> {
    let comparable = |a: &&Sheet, b: &&Sheet| a.is_comparable(b);
    let groups = workload::groups(sheets, comparable);
    let mut points: Vec<Candidate> = Vec::new();
    for ((index, sheet), group) in sheets.iter().enumerate().zip(groups) {
        levels_of(sheet, by).for_each(|point| points.push(Candidate { sheet: index, group, ..point }));
    }
    for group in 0..sheets.len() {
        let members: Vec<usize> = listed((0..points.len()).filter(|&at| points[at].group == group));
        let rows: Vec<[f64; 2]> = members.iter().map(|&at| [points[at].per_user, points[at].yielded]).collect();
        for kept in front(&rows, [Better::Higher, Better::Higher]) {
            points[members[kept]].on_front = true;
        }
        for &at in &members {
            points[at].beaten = members.iter().any(|&other| beats(&points[other], &points[at]));
        }
    }
    points
}

/// Whether `one` is at least as good as `other` in both figures and, beyond doubt, better in one.
fn beats(one: &Candidate, other: &Candidate) -> bool {
    let better = |figure: fn(&Candidate) -> f64| {
        // The rate scaled to the figure: users, accelerators and dollars are known exactly.
        let scaled = |point: &Candidate| point.rate.times(figure(point) / point.rate.value);
        is_above(scaled(one), scaled(other), one.sheet == other.sheet)
    };
    one.per_user >= other.per_user
        && one.yielded >= other.yielded
        && (better(|point| point.per_user) || better(|point| point.yielded))
}

fn levels_of(sheet: &Sheet, by: Yield) -> impl Iterator<Item = Candidate> {
    let positive = |value: f64| Some(value).filter(|value| *value > 0.0);
    let dollars = sheet.known_price().map(|price| price.per_hour.0);
    let gpus = sheet.gpus.and_then(positive);
    // A closed loop keeps its streams busy, so its load is its concurrency.
    let is_closed = sheet.load_unit == LoadModel::Closed.unit();
    let rates = sheet.rates(TokenBasis::Output).into_iter().flat_map(|rates| &rates.levels);
    rates.filter_map(move |level| {
        let users = level.in_flight.or(is_closed.then_some(level.load)).and_then(positive)?;
        let yielded = match by {
            Yield::PerGpu => level.rate.value / gpus?,
            Yield::PerDollar => level.rate.value * 3600.0 / dollars? / MILLION,
        };
        Some(Candidate {
            sheet: 0,
            group: 0,
            level: level.index,
            load: level.load,
            per_user: level.rate.value / users,
            yielded,
            on_front: false,
            beaten: false,
            rate: level.rate,
        })
    })
}
