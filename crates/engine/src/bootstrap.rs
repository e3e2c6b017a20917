//! The interval of a breaking load from every request: replicates of each level's statistic,
//! and the breaking load of each replicate.
//!
//! A replicate of a level is one value that the true statistic may have. For a percentile `q`
//! of `n` requests the number of requests below the true percentile is binomial `(n, q)`, so a
//! replicate draws that number and takes the value between the two order statistics that it
//! names: Woodruff's inversion, with no assumption about the distribution, and without copying
//! a single request. Requests that come in bursts are not independent: then the number is drawn
//! from a circular block bootstrap of the requests' own exceedances. Replicates of a mean are
//! block bootstrap means.
//!
//! Sources: R. S. Woodruff, *Confidence intervals for medians and other position measures*,
//! JASA 47 (1952); T. Hettmansperger and S. Sheather, *Confidence intervals based on
//! interpolated order statistics*, Statistics & Probability Letters 4 (1986); D. Politis and
//! J. Romano, *A circular block-resampling procedure for stationary data* (1992);
//! E. Carlstein, *The use of subseries values…*, Annals of Statistics 14 (1986), for the block
//! length.

use crate::breaking::{Breaking, State};
use crate::distributions::{CONFIDENCE, binomial_weights, quantile_ranks};
use crate::level::{Level, Samples};
use crate::monotone::{end_slope, inner_slope};
use crate::points::{LevelPoint, are_complete, sorted_samples};
use crate::random::Random;
use crate::run::Run;
use crate::slo::{Latency, Limit, Statistic, Subject};
use crate::whole;

/// Replicates per interval. The 25th and the 976th of 1,000 bound 95 %; the error of that
/// choice is a twentieth of the interval's width.
pub const REPLICATES: usize = 1000;

/// Fewest requests for a bootstrap of a mean: below it the resampled spread is too small.
const FEWEST_FOR_MEAN: usize = 20;

/// Replicates of one metric at every level of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    loads: Vec<f64>,
    weights: Vec<f64>,
    /// One column per level, all of the same length.
    columns: Vec<Vec<f64>>,
}

impl Replicates {
    /// From columns: `columns[level][replicate]`, with the number of requests of each level as
    /// its weight in the fit. `None` unless there is a level, loads strictly ascend, all lengths
    /// agree and every number is finite.
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

    /// The replicates of each level, ascending by load.
    pub fn levels(&self) -> impl Iterator<Item = (f64, &[f64])> {
        self.loads.iter().copied().zip(self.columns.iter().map(Vec::as_slice))
    }

    /// The replicates of one level.
    pub(crate) fn column(&self, level: usize) -> Option<&[f64]> {
        self.columns.get(level).map(Vec::as_slice)
    }

    /// The same with a column before level `at`, weighted like the mean of its neighbours.
    /// `None` unless that keeps loads ascending and every number finite.
    pub(crate) fn with_column(&self, at: usize, load: f64, column: Vec<f64>) -> Option<Self> {
        let weight = 0.5 * (self.weights.get(at.checked_sub(1)?)? + self.weights.get(at)?);
        let Self { mut loads, mut weights, mut columns } = self.clone();
        loads.insert(at, load);
        weights.insert(at, weight);
        columns.insert(at, column);
        Self::new(loads, weights, columns)
    }

    /// The breaking load of every replicate: the root of the same isotonic fit and monotone
    /// cubic as [`Curve`](crate::curve::Curve); minus infinity where the lowest level fails,
    /// infinity where the highest passes.
    #[must_use]
    pub fn roots(&self, bound: f64) -> Vec<f64> {
        let mut fit = Fit::with_capacity(self.loads.len());
        (0..self.count())
            .map(|replicate| {
                fit.isotonic(self.columns.iter().map(|column| column[replicate]), &self.weights);
                fit.root(&self.loads, bound)
            })
            .collect()
    }

    /// The 95 % interval of the breaking load by the percentiles of [`roots`](Self::roots). An
    /// end is `None` where more than 2.5 % of the replicates break outside the measured loads.
    #[must_use]
    pub fn interval(&self, bound: f64) -> [Option<f64>; 2] {
        percentile_interval(&mut self.roots(bound))
    }
}

/// The central 95 % of `values`; an end that is infinite is `None`.
#[must_use]
pub fn percentile_interval(values: &mut [f64]) -> [Option<f64>; 2] {
    if values.is_empty() {
        return [None, None];
    }
    let tail = 0.5 * (1.0 - CONFIDENCE);
    // The k-th of R values bounds a share of k / (R + 1).
    let rank = whole::index((tail * (values.len() + 1) as f64).round().max(1.0)) - 1;
    let mirrored = values.len() - 1 - rank;
    let mut at = |index: usize| {
        let (_, value, _) = values.select_nth_unstable_by(index, f64::total_cmp);
        Some(*value).filter(|value| value.is_finite())
    };
    [at(rank), at(mirrored)]
}

/// Replicates of a latency's statistic at every level of `points`, which are those of `run`.
///
/// Levels without every request, or with too few for both ends of an interval, keep their
/// measured value in all replicates: they are known less well than that claims, so an answer
/// must not lie next to one (see [`refine`]).
#[must_use]
pub fn replicates(
    run: &Run,
    latency: Latency,
    statistic: Statistic,
    points: &[LevelPoint],
    count: usize,
    seed: u64,
) -> Option<Replicates> {
    let columns = points
        .iter()
        .enumerate()
        .map(|(index, point)| {
            let mut random = Random::seeded(seed.wrapping_add(index as u64));
            // The first outputs of neighbouring seeds are independent only after mixing.
            let mut random = Random::seeded(random.bits());
            level_at(run, point.load)
                .and_then(|level| level_replicates(level, latency, statistic, count, &mut random))
                .unwrap_or_else(|| vec![point.value; count])
        })
        .collect();
    Replicates::new(
        points.iter().map(|point| point.load).collect(),
        points.iter().map(|point| point.count as f64).collect(),
        columns,
    )
}

/// An edge whose interval is from samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Refined {
    /// The edge with that interval.
    pub breaking: Breaking,
    /// What the interval was computed from.
    pub replicates: Replicates,
}

/// The edge with its interval from samples. `None` when the answer is not an edge of a latency,
/// or when a level that shapes the curve around it lacks samples: the two levels of the bracket
/// and their neighbours, whose values set the slopes there.
#[must_use]
pub fn refine(run: &Run, limit: Limit, points: &[LevelPoint], breaking: Breaking) -> Option<Refined> {
    const SEED: u64 = 0x4865_6164_726f_6f6d;
    let (Subject::Latency(latency, statistic), State::Edge, Some(load)) =
        (limit.subject, breaking.state, breaking.load)
    else {
        return None;
    };
    let failing = points.partition_point(|point| point.load <= load);
    let near = failing.saturating_sub(2)..(failing + 2).min(points.len());
    let sampled =
        |point: &LevelPoint| level_at(run, point.load).is_some_and(|level| usable(level, latency, statistic).is_some());
    if !points[near].iter().all(sampled) {
        return None;
    }
    let replicates = replicates(run, latency, statistic, points, REPLICATES, SEED)?;
    let [low, high] = replicates.interval(limit.bound);
    // Tools may weight by tokens what the samples count by request: the interval stretches to
    // the answer that is shown.
    let interval = [low.map(|low| low.min(load)), high.map(|high| high.max(load))];
    Some(Refined { breaking: Breaking { interval, ..breaking }, replicates })
}

fn level_at(run: &Run, load: f64) -> Option<&Level> {
    run.levels.iter().find(|level| level.load.total_cmp(&load).is_eq())
}

/// The samples of a level and their sorted values, when they are all there and enough.
fn usable(level: &Level, latency: Latency, statistic: Statistic) -> Option<(&Samples, Vec<f64>)> {
    let samples = level.samples.as_ref()?;
    let sorted = sorted_samples(samples, latency);
    let enough = match statistic.quantile() {
        Some(q) => matches!(quantile_ranks(sorted.len() as u64, q, CONFIDENCE), (Some(_), Some(_))),
        None => sorted.len() >= FEWEST_FOR_MEAN,
    };
    (enough && are_complete(sorted.len(), level, latency)).then_some((samples, sorted))
}

/// `count` replicates of one level's statistic, in random order; `None` when it lacks samples.
#[must_use]
pub fn level_replicates(
    level: &Level,
    latency: Latency,
    statistic: Statistic,
    count: usize,
    random: &mut Random,
) -> Option<Vec<f64>> {
    let (samples, sorted) = usable(level, latency, statistic)?;
    let (ordered, known) = in_order_of_start(samples, latency);
    Some(match statistic.quantile() {
        Some(q) => quantile_replicates(known.then_some(&ordered), &sorted, q, count, random),
        None => mean_replicates(&ordered, if known { block_length(&ordered) } else { 1 }, count, random),
    })
}

/// The values of a latency in the order in which the requests started, and whether that order
/// is known: reports are free to sort their rows, and then neighbours say nothing.
fn in_order_of_start(samples: &Samples, latency: Latency) -> (Vec<f64>, bool) {
    let column = samples.column(latency);
    let started = |row: usize| samples.start_s.get(row).copied().unwrap_or(f64::NAN);
    let mut rows: Vec<usize> = (0..column.len()).filter(|&row| column[row].is_finite()).collect();
    let known = rows.iter().all(|&row| started(row).is_finite());
    if known && !rows.is_sorted_by(|&a, &b| started(a) <= started(b)) {
        rows.sort_by(|&a, &b| started(a).total_cmp(&started(b)));
    }
    (rows.into_iter().map(|row| column[row]).collect(), known)
}

fn quantile_replicates(
    ordered: Option<&Vec<f64>>,
    sorted: &[f64],
    q: f64,
    count: usize,
    random: &mut Random,
) -> Vec<f64> {
    let n = sorted.len();
    let expected = n as f64 * q;
    let quantile = between_ranks(sorted, expected + 0.5);
    let below: Vec<f64> =
        ordered.into_iter().flatten().map(|&value| if value <= quantile { 1.0 } else { 0.0 }).collect();
    let length = block_length(&below);
    if length > 1 {
        let blocks = Blocks::of(&below, length);
        return (0..count)
            .map(|_| between_ranks(sorted, expected + blocks.deviation(random) + random.uniform()))
            .collect();
    }
    // Independent requests: the distribution is known, so instead of drawing from it every
    // replicate gets an equal share of it, in random order (Latin hypercube).
    let (lowest, weights) = binomial_weights(n as u64, q);
    let mut column = Vec::with_capacity(count);
    let (mut at, mut passed) = (0, 0.0);
    for replicate in 0..count {
        let share = (replicate as f64 + 0.5) / count as f64;
        while at + 1 < weights.len() && passed + weights[at] < share {
            passed += weights[at];
            at += 1;
        }
        let within = ((share - passed) / weights[at]).clamp(0.0, 1.0);
        column.push(between_ranks(sorted, (lowest + at as u64) as f64 + within));
    }
    random.shuffle(&mut column);
    column
}

fn mean_replicates(ordered: &[f64], block: usize, count: usize, random: &mut Random) -> Vec<f64> {
    let n = ordered.len() as f64;
    let mean = ordered.iter().sum::<f64>() / n;
    let blocks = Blocks::of(ordered, block);
    // Resampling spreads by the standard deviation over n; an unbiased one divides by n − 1.
    let unbiased = (n / (n - 1.0)).sqrt();
    (0..count).map(|_| mean + unbiased * blocks.deviation(random) / n).collect()
}

/// The value with `position` values below it: a fraction lies between two order statistics.
/// Beyond the extremes the outermost gap goes on, which only replicates in the last 2.5 % of a
/// level's distribution ever do. `sorted` has two values at least.
fn between_ranks(sorted: &[f64], position: f64) -> f64 {
    let last = sorted.len() - 1;
    // One-based rank r is index r − 1.
    let below = (position.floor() - 1.0).clamp(0.0, last as f64 - 1.0);
    let index = whole::index(below);
    let value = sorted[index] + (sorted[index + 1] - sorted[index]) * (position - 1.0 - below);
    value.max(0.0)
}

/// Length of the blocks within which the values depend on each other; 1 when the correlation
/// of neighbours is within what chance gives independent values.
fn block_length(values: &[f64]) -> usize {
    if values.len() < 2 {
        return 1;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let together: f64 = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    let correlation = if spread > 0.0 { together / spread } else { 0.0 };
    // Two and a half standard errors: one level in 160 is taken for a burst by chance.
    if correlation <= 2.5 / n.sqrt() {
        return 1;
    }
    // Carlstein's optimum for a first-order autoregression.
    let correlation = correlation.min(0.99);
    let odds = 2.0 * correlation / (1.0 - correlation * correlation);
    let length = (libm::cbrt(odds * odds) * libm::cbrt(n)).ceil();
    // Fewer than eight blocks would not show how much they differ.
    whole::index(length.min((n / 8.0).floor()).max(1.0))
}

/// Circular blocks of a series, whose sums cost one subtraction each.
struct Blocks {
    /// Sums of the first `i` values of the series written twice.
    sums: Vec<f64>,
    n: usize,
    length: usize,
}

impl Blocks {
    fn of(values: &[f64], length: usize) -> Self {
        let mut sums = Vec::with_capacity(2 * values.len() + 1);
        let mut sum = 0.0;
        sums.push(sum);
        for value in values.iter().chain(values) {
            sum += value;
            sums.push(sum);
        }
        Self { sums, n: values.len(), length: length.max(1) }
    }

    /// The sum of a resampled series less the sum of the series itself.
    fn deviation(&self, random: &mut Random) -> f64 {
        let mut left = self.n;
        let mut sum = 0.0;
        while left > 0 {
            let length = self.length.min(left);
            let start = random.below(self.n);
            sum += self.sums[start + length] - self.sums[start];
            left -= length;
        }
        sum - self.sums[self.n]
    }
}

/// The curve of one replicate, in buffers that are used again for the next.
struct Fit {
    /// Mean, weight and length of each pooled block.
    pooled: Vec<(f64, f64, usize)>,
    values: Vec<f64>,
}

impl Fit {
    fn with_capacity(levels: usize) -> Self {
        Self { pooled: Vec::with_capacity(levels), values: Vec::with_capacity(levels) }
    }

    /// [`isotonic_fit`](crate::isotonic::isotonic_fit) without allocation.
    fn isotonic(&mut self, values: impl Iterator<Item = f64>, weights: &[f64]) {
        self.pooled.clear();
        for (value, &weight) in values.zip(weights) {
            let weight = if weight.is_finite() && weight > 0.0 { weight } else { 1.0 };
            let mut block = (value, weight, 1);
            while let Some(last) = self.pooled.pop_if(|last| last.0 > block.0) {
                let weight = last.1 + block.1;
                let mean = ((last.0 * last.1 + block.0 * block.1) / weight).clamp(block.0, last.0);
                block = (mean, weight, last.2 + block.2);
            }
            self.pooled.push(block);
        }
        self.values.clear();
        for &(mean, _, length) in &self.pooled {
            self.values.extend(core::iter::repeat_n(mean, length));
        }
    }

    /// Where the curve leaves `value ≤ bound`: as [`Curve::crossing`](crate::curve::Curve), but
    /// only the cubic of the bracket is built.
    fn root(&self, loads: &[f64], bound: f64) -> f64 {
        let values = &self.values;
        let failing = values.iter().position(|&value| value > bound);
        let right = match failing {
            None => return f64::INFINITY,
            Some(0) => return f64::NEG_INFINITY,
            Some(failing) => failing,
        };
        let left = right - 1;
        let width = |i: usize| loads[i + 1] - loads[i];
        let secant = |i: usize| (values[i + 1] - values[i]) / width(i);
        let middle = secant(left);
        // A neighbouring gap belongs to the same cubic only where it rises too.
        let before = (left > 0).then(|| secant(left - 1)).filter(|slope| *slope > 0.0);
        let after = (right + 1 < loads.len()).then(|| secant(right)).filter(|slope| *slope > 0.0);
        let left_slope = match (before, after) {
            (Some(before), _) => inner_slope(before, middle, width(left - 1), width(left)),
            (None, Some(after)) => end_slope(middle, after, width(left), width(right)),
            (None, None) => middle,
        };
        let right_slope = match (after, before) {
            (Some(after), _) => inner_slope(middle, after, width(left), width(right)),
            (None, Some(before)) => end_slope(middle, before, width(left), width(left - 1)),
            (None, None) => middle,
        };
        let scale = width(left);
        loads[left]
            + scale
                * hermite_root(
                    values[right] - values[left],
                    left_slope * scale,
                    right_slope * scale,
                    bound - values[left],
                )
    }
}

/// The `t` from 0 to 1 at which the non-decreasing cubic from 0 to `rise` with these end slopes
/// reaches `target`, `0 ≤ target < rise`, by the Illinois variant of the false position.
fn hermite_root(rise: f64, left: f64, right: f64, target: f64) -> f64 {
    let square = 3.0 * rise - 2.0 * left - right;
    let cube = left + right - 2.0 * rise;
    let off = |t: f64| t * (left + t * (square + t * cube)) - target;
    let (mut low, mut high) = (0.0, 1.0);
    let (mut low_off, mut high_off) = (-target, rise - target);
    let mut side = 0_i8;
    // Each step gains more than one digit; the bound guards against rounding.
    for _ in 0..60 {
        let t = (low * high_off - high * low_off) / (high_off - low_off);
        let at = off(t);
        // Far below what the percentiles of a thousand replicates resolve.
        if at.abs() <= 1e-10 * rise || high - low <= 1e-12 {
            return t;
        }
        if at > 0.0 {
            high = t;
            high_off = at;
            if side > 0 {
                low_off *= 0.5;
            }
            side = 1;
        } else {
            low = t;
            low_off = at;
            if side < 0 {
                high_off *= 0.5;
            }
            side = -1;
        }
    }
    0.5 * (low + high)
}
