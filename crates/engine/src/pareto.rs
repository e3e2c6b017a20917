//! Pareto fronts: the points that no other point beats in everything.

use std::collections::BTreeMap;

use crate::display;
use crate::run::Run;
use crate::throughput::throughput_points;

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

/// One front per group: points of different groups answer different questions and never
/// dominate each other. Indices are into `rows`.
#[must_use]
pub fn fronts<G: Ord + Clone>(groups: &[G], rows: &[Vec<f64>], directions: &[Better]) -> BTreeMap<G, Vec<usize>> {
    let mut members: BTreeMap<G, Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate().take(rows.len()) {
        members.entry(group.clone()).or_default().push(index);
    }
    members
        .into_iter()
        .map(|(group, members)| {
            let own: Vec<Vec<f64>> = members.iter().map(|&index| rows[index].clone()).collect();
            (group, front(&own, directions).into_iter().map(|index| members[index]).collect())
        })
        .collect()
}

/// What two runs must share for their points to be comparable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// What was asked: the data set's name, else the mean lengths of prompt and output.
    pub shape: String,
    /// `closed` or `open`.
    pub load_model: &'static str,
}

/// The group of a run. Runs whose shape is not known at all share none: each is a group of its
/// own, by its id.
#[must_use]
pub fn group_of(run: &Run) -> Group {
    let workload = &run.workload;
    let shape = match (&workload.shape, workload.prompt_tokens, workload.output_tokens) {
        (Some(shape), ..) => shape.clone(),
        (None, Some(prompt), Some(output)) => {
            format!("{} in / {} out", display::number(prompt.round()), display::number(output.round()))
        }
        _ => format!("unknown shape of {}", run.id),
    };
    Group { shape, load_model: run.load_model.name() }
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

/// The tradeoff at every level of a run that measured output tokens; all three are better
/// [`Higher`](Better::Higher).
#[must_use]
pub fn tradeoffs(run: &Run) -> Vec<Tradeoff> {
    let gpus = run.deployment.gpus.as_ref().map_or(f64::NAN, |gpus| f64::from(gpus.value));
    let price = run.deployment.price.as_ref().map_or(f64::NAN, |price| price.per_hour.0);
    throughput_points(run)
        .into_iter()
        .map(|(load, rate)| {
            let users = run
                .levels
                .iter()
                .find(|level| level.load.total_cmp(&load).is_eq())
                .and_then(|level| level.concurrency)
                // A closed loop keeps its streams busy, so its load is its concurrency.
                .or((run.load_model.name() == "closed").then_some(load));
            Tradeoff::of(load, rate, users.unwrap_or(f64::NAN), gpus, price)
        })
        .collect()
}
