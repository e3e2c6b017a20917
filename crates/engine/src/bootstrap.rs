//! The interval of a breaking load from every request: replicates of each level's statistic,
//! and the breaking load of each replicate.
//!
//! A replicate of a level is one value that the true statistic may have, given how many requests may lie above it
//! (Woodruff's inversion: it assumes nothing about the distribution and copies no request). Requests of one level queue
//! behind each other, so they count for fewer ([`dependence`](crate::dependence)). The breaking load of a replicate is
//! not one load but a [range](Replicates::ranges), because what the curve does between two levels was not measured. If
//! whole levels differ by more than their requests explain, that scatter is added.
//!
//! How often such intervals contain the truth is measured on simulated servers: `docs/validation.md`.
//!
//! Sources: R. S. Woodruff, *Confidence intervals for medians and other position measures*,
//! JASA 47 (1952).

mod doubt;
mod draws;
mod fit;
mod measured;
mod repeated;
mod scatter;
mod window;

pub use doubt::{Doubt, Worth};
pub use repeated::repeated;
pub use scatter::Scatter;

use crate::breaking::{Breaking, BreakingState};
use crate::dependence::{Queue, queues};
use crate::distributions::CONFIDENCE;
use crate::level::Level;
use crate::points::LevelPoint;
use crate::random::Random;
use crate::run::{LoadModel, Run};
use crate::slo::{Latency, Limit, Statistic, Subject};
use crate::whole;

use draws::Normals;
use fit::Fit;
use measured::Measured;
use scatter::{LogLevel, scatter};

/// Replicates per interval. The 25th and the 976th of 1,000 bound the central 95 %. Drawing only 1,000 moves an end by
/// about a twentieth of the interval's width.
pub const REPLICATES: usize = 1000;

/// Replicates of one metric at every level of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    loads: Vec<f64>,
    weights: Vec<f64>,
    /// One column per level, all of the same length.
    columns: Vec<Vec<f64>>,
}

impl Replicates {
    /// From columns: `columns[level][replicate]`. `weights` are the numbers of requests of the levels, their weights in
    /// the fit. `None` unless there is a level, loads strictly ascend, all lengths agree and every number is finite.
    #[must_use]
    pub fn new(loads: Vec<f64>, weights: Vec<f64>, columns: Vec<Vec<f64>>) -> Option<Self> {
        let replicates = columns.first()?.len();
        let fits = loads.len() == columns.len()
            && weights.len() == columns.len()
            && loads.windows(2).all(|pair| pair[0] < pair[1])
            && loads.iter().all(|load| load.is_finite())
            && columns.iter().all(|column| column.len() == replicates && column.iter().all(|value| value.is_finite()));
        fits.then_some(Self { loads, weights, columns })
    }

    /// Number of replicates.
    #[must_use]
    pub fn count(&self) -> usize {
        self.columns[0].len()
    }

    /// Each level's load with its replicates, ascending by load.
    pub fn levels(&self) -> impl Iterator<Item = (f64, &[f64])> {
        self.loads.iter().copied().zip(self.columns.iter().map(Vec::as_slice))
    }

    /// The replicates of one level.
    pub(crate) fn column(&self, level: usize) -> Option<&[f64]> {
        self.columns.get(level).map(Vec::as_slice)
    }

    /// These replicates with another column inserted before level `at`. Its weight is the mean of its neighbours'
    /// weights. `None` unless that keeps loads ascending and every number finite.
    pub(crate) fn with_column(&self, at: usize, load: f64, column: Vec<f64>) -> Option<Self> {
        let weight = 0.5 * (self.weights.get(at.checked_sub(1)?)? + self.weights.get(at)?);
        let Self { mut loads, mut weights, mut columns } = self.clone();
        loads.insert(at, load);
        weights.insert(at, weight);
        columns.insert(at, column);
        Self::new(loads, weights, columns)
    }

    /// For each replicate, the loads between which it leaves `value ≤ bound`: minus infinity if the lowest level fails,
    /// infinity if the highest passes.
    #[must_use]
    pub fn ranges(&self, bound: f64) -> Vec<[f64; 2]> {
        let mut fit = Fit::with_capacity(self.loads.len());
        (0..self.count())
            .map(|replicate| {
                fit.isotonic(self.columns.iter().map(|column| column[replicate]), &self.weights);
                fit.range(&self.loads, bound)
            })
            .collect()
    }

    /// The breaking load of each replicate: a load drawn uniformly from its [range](Self::ranges).
    fn loads(&self, bound: f64) -> Vec<f64> {
        const SEED: u64 = 0x6265_7477_6565_6e21;
        let mut random = Random::seeded(SEED);
        self.ranges(bound)
            .into_iter()
            .map(|[low, high]| if low < high { low + (high - low) * random.uniform() } else { low })
            .collect()
    }

    /// The 95 % interval of the breaking load. An end is `None` where more than 2.5 % of the replicates break outside the
    /// measured loads.
    #[must_use]
    pub fn interval(&self, bound: f64) -> [Option<f64>; 2] {
        percentile_interval(&mut self.loads(bound))
    }
}

/// The central 95 % of `values`. An infinite end is `None`.
#[must_use]
pub fn percentile_interval(values: &mut [f64]) -> [Option<f64>; 2] {
    if values.is_empty() {
        return [None, None];
    }
    central(values).map(|end| Some(end).filter(|end| end.is_finite()))
}

/// The central 95 % of `values`, which must not be empty.
fn central(values: &mut [f64]) -> [f64; 2] {
    let tail = 0.5 * (1.0 - CONFIDENCE);
    // The k-th of R sorted values bounds a share of k / (R + 1).
    let rank = whole::index((tail * (values.len() + 1) as f64).round().max(1.0)) - 1;
    let mirrored = values.len() - 1 - rank;
    [rank, mirrored].map(|index| *values.select_nth_unstable_by(index, f64::total_cmp).1)
}

/// Replicates of a latency's statistic at every level of `points`, which are those of `run`.
///
/// A level whose report lacks some requests, or that has too few for an interval, keeps its measured value in all
/// replicates. That claims more certainty than there is, so an answer must not lie next to such a level (see
/// [`refine`]).
#[must_use]
pub fn replicates(
    run: &Run,
    latency: Latency,
    statistic: Statistic,
    points: &[LevelPoint],
    count: usize,
    seed: u64,
) -> Option<Replicates> {
    let measured = measured_at(run, latency, statistic, points);
    draw(&measured, scatter_of(points, &measured), points, 0..points.len(), count, seed)
}

/// What the requests say about a statistic, for each level of `points`.
fn measured_at(run: &Run, latency: Latency, statistic: Statistic, points: &[LevelPoint]) -> Vec<Option<Measured>> {
    let queues = queues(run);
    points
        .iter()
        .map(|point| {
            let (level, &queue) =
                run.levels.iter().zip(&queues).find(|(level, _)| level.load.total_cmp(&point.load).is_eq())?;
            Measured::of(level, run.load_model, latency, statistic, queue)
        })
        .collect()
}

/// Replicates that are drawn at the levels in `near` and equal the measured value everywhere else.
fn draw(
    measured: &[Option<Measured>],
    scatter: Option<Scatter>,
    points: &[LevelPoint],
    near: core::ops::Range<usize>,
    count: usize,
    seed: u64,
) -> Option<Replicates> {
    let normals = Normals::new(count);
    let columns = points.iter().zip(measured).enumerate().map(|(index, (point, measured))| {
        let Some(measured) = measured.as_ref().filter(|_| near.contains(&index)) else {
            return vec![point.value; count];
        };
        let mut random = Random::seeded(seed.wrapping_add(index as u64));
        // The first outputs of neighbouring seeds are not independent, so a second generator is seeded with the first
        // output.
        let mut random = Random::seeded(random.bits());
        let mut column = measured.column(&normals, &mut random);
        if let Some(scatter) = scatter {
            scatter.apply(&mut column, &normals, &mut random);
        }
        column
    });
    let columns = columns.collect();
    Replicates::new(
        points.iter().map(|point| point.load).collect(),
        points.iter().map(|point| point.count as f64).collect(),
        columns,
    )
}

fn scatter_of(points: &[LevelPoint], measured: &[Option<Measured>]) -> Option<Scatter> {
    let levels: Vec<LogLevel> =
        points.iter().zip(measured).filter_map(|(point, measured)| measured.as_ref()?.mean_log(point.load)).collect();
    scatter(&levels)
}

/// An answer whose interval comes from single requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Refined {
    /// The answer with that interval.
    pub breaking: Breaking,
    /// What the interval was computed from.
    pub replicates: Replicates,
    /// What makes the interval wide; `None` unless the answer is an edge.
    pub doubt: Option<Doubt>,
    /// How far levels scatter beyond what their requests explain; `None` if nothing shows that they do.
    pub scatter: Option<Scatter>,
}

/// The answer with its interval from single requests. `None` if the limit is not on a latency, or if a level that
/// shapes the curve around the answer lacks them: the two levels of the bracket and their neighbours, whose values set
/// the slopes there.
#[must_use]
pub fn refine(run: &Run, limit: Limit, points: &[LevelPoint], breaking: Breaking) -> Option<Refined> {
    const SEED: u64 = 0x4865_6164_726f_6f6d;
    let Subject::Latency(latency, statistic) = limit.subject else { return None };
    let (first, last) = (points.first()?.load, points.last()?.load);
    let failing = match breaking.max_passing_load {
        Some(passing) => points.partition_point(|point| point.load <= passing),
        None => 0,
    };
    let shaping = failing.saturating_sub(2)..(failing + 2).min(points.len());
    let measured = measured_at(run, latency, statistic, points);
    if !measured[shaping].iter().all(Option::is_some) {
        return None;
    }
    // Levels further away do not change where a replicate breaks.
    let near = failing.saturating_sub(4)..(failing + 4).min(points.len());
    let scatter = scatter_of(points, &measured);
    let replicates = draw(&measured, scatter, points, near, REPLICATES, SEED)?;
    let mut loads = replicates.loads(limit.bound);
    let [low, high] = central(&mut loads);
    let known = |end: f64| Some(end).filter(|end| end.is_finite());
    // Tools may weight by tokens what the samples count by request, and requests that the clock may have cut off are
    // left out here. So the interval is stretched to include the reported answer.
    let interval = match (breaking.state, breaking.load) {
        (BreakingState::Edge, Some(load)) => {
            [known(low).map(|low| low.min(load)), known(high).map(|high| high.max(load))]
        }
        // Nothing is known between the two levels of a jump. If every request failed at the upper one, it fails without
        // doubt.
        (BreakingState::Cliff, Some(load)) => {
            let high = if failing == points.len() { breaking.first_failing_load } else { known(high) };
            [
                known(low).map(|low| low.min(load)),
                high.zip(breaking.first_failing_load).map(|(high, failing)| high.max(failing)),
            ]
        }
        (BreakingState::Floor, _) => [known(low.min(last)), None],
        (BreakingState::NeverMet, _) => [None, known(high.max(first))],
        _ => return None,
    };
    let doubt = (breaking.state == BreakingState::Edge)
        .then(|| Doubt::of(&replicates, limit.bound, points, &measured, scatter, failing))
        .flatten();
    Some(Refined { breaking: Breaking { interval, ..breaking }, replicates, doubt, scatter })
}

/// `count` replicates of one level's statistic, in random order; `None` if the level lacks samples. The effect of a
/// queue is known only from the run's other levels, so it is left out here.
#[must_use]
pub fn level_replicates(
    level: &Level,
    model: LoadModel,
    latency: Latency,
    statistic: Statistic,
    count: usize,
    random: &mut Random,
) -> Option<Vec<f64>> {
    let measured = Measured::of(level, model, latency, statistic, Queue::NONE)?;
    Some(measured.column(&Normals::new(count), random))
}
