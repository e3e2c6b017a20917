//! Pareto fronts: the points that no other point beats in everything.

use crate::cost::MILLION;
use crate::run::LoadModel;
use crate::sheet::Sheet;
use crate::tokens::TokenBasis;
use crate::workload;

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Better {
    /// More is better, as for throughput.
    Higher,
    /// Less is better, as for latency and cost.
    Lower,
}

/// Indices of the points of `rows` on the front, ascending.
///
/// A point is off the front when another is at least as good in every metric and better in one:
/// a tie in one metric does not save it. Of points equal in all metrics the first is kept. A
/// point that lacks a metric (not a number, or a row shorter than `directions`) can neither
/// stand nor dominate.
#[must_use]
pub fn front(rows: &[Vec<f64>], directions: &[Better]) -> Vec<usize> {
    if directions.is_empty() {
        return Vec::new();
    }
    let whole = |row: &Vec<f64>| row.len() == directions.len() && row.iter().all(|value| !value.is_nan());
    let mut kept: Vec<usize> = Vec::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| whole(row)) {
        if kept.iter().any(|&other| at_least_as_good(&rows[other], row, directions)) {
            continue;
        }
        kept.retain(|&other| !at_least_as_good(row, &rows[other], directions));
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

/// One level in the trade between speed for a user and yield of the hardware.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tradeoff {
    /// Offered load.
    pub load: f64,
    /// Output tokens per second and user in flight; `NaN` where concurrency is not known.
    pub per_user: f64,
    /// Output tokens per second and accelerator; `NaN` where their number is not known: one is
    /// not assumed.
    pub per_gpu: f64,
    /// Output tokens per dollar; `NaN` where the price is not known.
    pub per_dollar: f64,
}

impl Tradeoff {
    /// The tradeoff of one level from its `rate` of output tokens per second, its `users` in flight,
    /// and the accelerators and the price (dollars per hour) of one replica. What is not positive
    /// is not known.
    #[must_use]
    pub fn of(load: f64, rate: f64, users: f64, gpus: f64, price: f64) -> Self {
        let known = |value: f64| if value > 0.0 { value } else { f64::NAN };
        Self {
            load,
            per_user: rate / known(users),
            per_gpu: rate / known(gpus),
            per_dollar: rate * 3600.0 / known(price),
        }
    }
}

/// What the yield of the hardware is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Yield {
    /// Output tokens per second and accelerator.
    #[default]
    PerGpu,
    /// Million output tokens per dollar.
    PerDollar,
}

/// One level of a run in the trade between speed for a user and yield of the hardware.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelPoint {
    /// Which of the sheets.
    pub sheet: usize,
    /// Which workload: only levels of the same one can beat each other.
    pub group: usize,
    /// Where the level stands among those its sheet came from; see
    /// [`RatedLevel::index`](crate::throughput::RatedLevel::index).
    pub level: usize,
    /// Offered load.
    pub load: f64,
    /// Output tokens per second and user in flight.
    pub per_user: f64,
    /// Yield of the hardware, in the unit of [`Yield`].
    pub yielded: f64,
    /// Whether no other level of its group is at least as good in both and better in one.
    pub on_front: bool,
}

/// Every level that has both figures, ascending in load within each sheet.
#[must_use]
pub fn levels(sheets: &[&Sheet], by: Yield) -> Vec<LevelPoint> {
    let comparable = |a: &&Sheet, b: &&Sheet| a.is_comparable(b);
    let groups = workload::groups(sheets, comparable);
    let mut points: Vec<LevelPoint> = Vec::new();
    for ((index, sheet), group) in sheets.iter().enumerate().zip(groups) {
        points.extend(levels_of(sheet, by).map(|point| LevelPoint { sheet: index, group, ..point }));
    }
    for group in 0..sheets.len() {
        let members: Vec<usize> = (0..points.len()).filter(|&at| points[at].group == group).collect();
        let rows: Vec<Vec<f64>> = members.iter().map(|&at| vec![points[at].per_user, points[at].yielded]).collect();
        for kept in front(&rows, &[Better::Higher, Better::Higher]) {
            points[members[kept]].on_front = true;
        }
    }
    points
}

fn levels_of(sheet: &Sheet, by: Yield) -> impl Iterator<Item = LevelPoint> {
    let gpus = sheet.gpus.unwrap_or(f64::NAN);
    let price = sheet.known_price().map_or(f64::NAN, |price| price.per_hour.0);
    // A closed loop keeps its streams busy, so its load is its concurrency.
    let is_closed = sheet.load_unit == LoadModel::Closed.unit();
    let rates = sheet.rates(TokenBasis::Output).into_iter().flat_map(|rates| &rates.levels);
    rates.filter_map(move |level| {
        let users = level.in_flight.or(is_closed.then_some(level.load)).unwrap_or(f64::NAN);
        let tradeoff = Tradeoff::of(level.load, level.rate, users, gpus, price);
        let yielded = match by {
            Yield::PerGpu => tradeoff.per_gpu,
            Yield::PerDollar => tradeoff.per_dollar / MILLION,
        };
        let known = tradeoff.per_user.is_finite() && yielded.is_finite();
        known.then_some(LevelPoint {
            sheet: 0,
            group: 0,
            level: level.index,
            load: level.load,
            per_user: tradeoff.per_user,
            yielded,
            on_front: false,
        })
    })
}
