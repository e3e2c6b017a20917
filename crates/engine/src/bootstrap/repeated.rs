//! The interval of a breaking load from levels that were measured several times.

use super::draws::{Normals, variance_factor};
use super::{REPLICATES, Replicates, measured_at};
use crate::points::level_points;
use crate::random::Random;
use crate::run::Run;
use crate::slo::{Limit, Subject};

/// The 95 % interval of the breaking load of one limit over `runs` that repeat each other.
///
/// The scatter of one load's values from run to run includes everything that differs between runs, and the requests'
/// own noise too. So the scatter within loads, pooled over all loads, is all that is needed. It has
/// `d = loads · (runs − 1)` degrees of freedom; the scatter of the breaking loads themselves would have only
/// `runs − 1`. This assumes that levels scatter by the same share at every load.
///
/// `None` below two runs, if the runs share fewer than two loads or nothing measured them, and if whole runs differ
/// from each other by more than their levels do: then the run is the unit, not the level.
#[must_use]
pub fn repeated(runs: &[&Run], limit: Limit) -> Option<[Option<f64>; 2]> {
    const SEED: u64 = 0x7265_7065_6174_6564;
    /// Number of levels used on either side of the answer.
    const AROUND: usize = 3;
    /// Of sets of three runs that do not differ, one in three is above this ratio.
    const MOST_BETWEEN: f64 = 1.2;
    let values: Vec<Vec<(f64, f64, u64)>> = runs.iter().map(|run| values(run, limit)).collect();
    let (first, others) = values.split_first().filter(|(_, others)| !others.is_empty())?;
    // Each load with its value in every run.
    let shared: Vec<(f64, Vec<f64>, u64)> = first
        .iter()
        .filter_map(|&(load, value, count)| {
            let same = |run: &Vec<(f64, f64, u64)>| run.iter().find(|other| other.0.total_cmp(&load).is_eq()).copied();
            let others: Vec<(f64, f64, u64)> = others.iter().map(same).collect::<Option<_>>()?;
            let count = others.iter().map(|other| other.2).sum::<u64>() + count;
            let logs: Vec<f64> = others.iter().map(|other| other.1).chain([value]).map(libm::log).collect();
            logs.iter().all(|log| log.is_finite()).then_some((load, logs, count))
        })
        .collect();
    if shared.len() < 2 {
        return None;
    }
    let times = runs.len() as f64;
    let mean = |logs: &[f64]| logs.iter().sum::<f64>() / times;
    // Scatter may change with load, so only the levels around the answer are used.
    let failing = shared.iter().position(|(_, logs, _)| mean(logs) > libm::log(limit.bound)).unwrap_or(shared.len());
    let around = &shared[failing.saturating_sub(AROUND)..(failing + AROUND).min(shared.len())];
    let squares: f64 = around
        .iter()
        .map(|(_, logs, _)| {
            let mean = mean(logs);
            logs.iter().map(|log| (log - mean) * (log - mean)).sum::<f64>()
        })
        .sum();
    let loads = around.len() as f64;
    let degrees = loads * (times - 1.0);
    // The variance between runs and within them, both for a single value (analysis of variance).
    let between = (0..runs.len())
        .map(|run| {
            let off = around.iter().map(|(_, logs, _)| logs[run] - mean(logs)).sum::<f64>() / loads;
            loads * off * off
        })
        .sum::<f64>();
    let within = (squares - between).max(0.0) / ((loads - 1.0) * (times - 1.0));
    if between / (times - 1.0) > MOST_BETWEEN * within {
        return None;
    }
    let error = (squares / degrees / times).sqrt();
    let normals = Normals::new(REPLICATES);
    let mut random = Random::seeded(SEED);
    // All levels share one estimate of the scatter, so it is too large or too small at all of them together.
    let factors: Vec<f64> =
        normals.shuffled(&mut random).into_iter().map(|normal| variance_factor(degrees, normal).sqrt()).collect();
    let columns = shared
        .iter()
        .map(|(_, logs, _)| {
            let mean = mean(logs);
            let draws = normals.shuffled(&mut random);
            draws.into_iter().zip(&factors).map(|(draw, factor)| libm::exp(mean + error * factor * draw)).collect()
        })
        .collect();
    let loads = shared.iter().map(|(load, ..)| *load).collect();
    let weights = shared.iter().map(|(.., count)| *count as f64).collect();
    Some(Replicates::new(loads, weights, columns)?.interval(limit.bound))
}

/// Load, value and number of requests of each level: from the requests that count, else as the tool reported it.
fn values(run: &Run, limit: Limit) -> Vec<(f64, f64, u64)> {
    let points = level_points(run, limit.subject);
    let measured = match limit.subject {
        Subject::Latency(latency, statistic) => measured_at(run, latency, statistic, &points),
        _ => points.iter().map(|_| None).collect(),
    };
    points
        .iter()
        .zip(measured)
        .map(|(point, measured)| (point.load, measured.map_or(point.value, |measured| measured.value), point.count))
        .collect()
}
