//! Findings about the client: a load that it did not offer says nothing about the server.

use super::{Case, Code, Finding, Severity, once};
use crate::display;
use crate::level::Level;
use crate::run::LoadModel;

/// A client that offers less than nine tenths of the load is the bottleneck.
const OFFERED: f64 = 0.9;

/// Told once: a client that cannot offer a load cannot offer a higher one. Beyond the first load that fails it changes
/// nothing.
pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let model = case.run.load_model;
    let told = |level: &Level| {
        if case.breaking.first_failing_load.is_some_and(|failing| level.load > failing) {
            return None;
        }
        let offered = display::number(offered(model, level)?);
        let what = match model {
            LoadModel::Closed => format!("kept only {offered} requests in flight"),
            LoadModel::Open(_) => format!("sent only {offered} requests per second"),
        };
        Some(format!(
            "At {} the client {what}: it did not offer the load, so nothing says that the server would not have held it. Its \
             latencies belong to the smaller load. Give the client more processors, several processes or a higher limit on \
             concurrency, and measure again.",
            display::load_with_unit(level.load, case.unit())
        ))
    };
    once(case, Code::ClientSaturated, Severity::Warning, told, findings);
}

/// The load that was offered, where that is clearly less than asked for.
fn offered(model: LoadModel, level: &Level) -> Option<f64> {
    // Starting its streams takes a client a second or two, which is a tenth of a short level.
    const SHORTEST_S: f64 = 20.0;
    let requests = level.requests;
    let all = requests.ok + requests.errored + requests.incomplete;
    if level.duration_s.is_none_or(|duration| duration < SHORTEST_S) {
        return None;
    }
    // A server that refuses at once keeps streams idle.
    if all == 0 || level.load <= 0.0 || requests.errored as f64 > 0.05 * all as f64 {
        return None;
    }
    let offered = match model {
        LoadModel::Closed => {
            // Streams that start together and end one by one are fewer in flight at both ends; with twenty requests each
            // that is a twentieth at most. A level that the clock ended has no such end.
            let rounds = if requests.incomplete > 0 { 8.0 } else { 20.0 };
            level.concurrency.filter(|_| all as f64 >= rounds * level.load)?
        }
        LoadModel::Open(_) => sent_per_second(level)?,
    };
    // Random arrivals are fewer than asked for by chance: three standard errors.
    let noise = if model == LoadModel::Closed { 0.0 } else { 3.0 / (all as f64).sqrt() };
    (offered > 0.0 && offered < (OFFERED - noise).max(0.0) * level.load).then_some(offered)
}

/// Requests sent per second, whether or not they were answered.
fn sent_per_second(level: &Level) -> Option<f64> {
    let requests = level.requests;
    if requests.incomplete > 0 {
        let all = (requests.ok + requests.errored + requests.incomplete) as f64;
        return level.duration_s.filter(|duration| *duration > 0.0).map(|duration| all / duration);
    }
    // Where all were answered, the level lasts until the last answer, which may be long after the last request.
    let starts = &level.samples.as_ref()?.start_s;
    let known = || starts.iter().copied().filter(|start| start.is_finite());
    let first = known().fold(f64::INFINITY, f64::min);
    let last = known().fold(f64::NEG_INFINITY, f64::max);
    (starts.len() as u64 >= requests.ok && last > first).then(|| (known().count() - 1) as f64 / (last - first))
}
