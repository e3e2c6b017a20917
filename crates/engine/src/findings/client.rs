//! Findings about the client: if it did not offer a load, the result says nothing about the server.

use super::{Case, Code, Finding, FindingSeverity, once};
use crate::display;
use crate::level::Level;
use crate::run::LoadModel;

/// A client that offers less than this share of the load is the bottleneck.
const OFFERED: f64 = 0.9;

pub(super) fn check(case: &Case<'_>, findings: &mut Vec<Finding>) {
    did_not_offer(case, findings);
    load_as_offered(case, findings);
}

/// Only one finding: a client that cannot offer a load cannot offer a higher one either.
fn did_not_offer(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let model = case.run.load_model;
    let told = |level: &Level| {
        if !case.matters(level.load) {
            return None;
        }
        let offered = display::number(offered(model, level)?);
        let what = match model {
            LoadModel::Closed => format!("kept only {offered} requests in flight"),
            LoadModel::Open(_) => format!("sent only {offered} requests per second"),
        };
        Some(format!(
            "At {} the client {what}: it did not offer the load, so nothing says that the server would not have held it. Its \
             latencies belong to the smaller load. {STRONGER}, and measure again.",
            display::load_with_unit(level.load, case.unit())
        ))
    };
    once(case, Code::ClientSaturated, FindingSeverity::Warning, told, findings);
}

const STRONGER: &str = "Give the client more processors, several processes or a higher limit on concurrency";

/// If a tool offered another load than it was asked for, the level's load is the offered one. This finding says so,
/// because the loads are not those that somebody typed. It is a warning if the sweep ended with such a level: then the
/// client and not the server decided how far the sweep went.
fn load_as_offered(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let differs: Vec<(f64, f64)> =
        case.run.levels.iter().filter_map(|level| Some((level.asked_load?, level.load))).collect();
    let Some(&(_, first)) = differs.iter().find(|(_, load)| case.matters(*load)) else { return };
    let (asked, offered): (Vec<f64>, Vec<f64>) = differs.iter().copied().unzip();
    let asked = display::loads_with_unit(&asked, case.unit());
    let ended = case.ended_by_client();
    let message = match case.run.load_model {
        LoadModel::Open(_) => {
            let behind = differs.iter().all(|(asked, load)| load < asked);
            let what = if behind { "The client fell behind" } else { "The client did not keep to its rate" };
            let more = if ended { format!(" {STRONGER} before measuring higher.") } else { String::new() };
            format!(
                "{what}: asked for {asked} it sent {}. The loads shown are what it sent, so what is said of the server \
                 holds.{more}",
                display::loads_with_unit(&offered, case.unit())
            )
        }
        LoadModel::Closed => format!(
            "The loads shown are requests in flight, in the mean: the tool was asked for {asked} and had {}. A session that asks \
             several things at once has more than one, and a user who pauses less.",
            display::loads_with_unit(&offered, "requests")
        ),
    };
    findings.push(Finding {
        code: Code::LoadAsOffered,
        severity: if ended { FindingSeverity::Warning } else { FindingSeverity::Info },
        load: Some(first),
        message,
    });
}

/// The load that was offered, if it is clearly less than asked for.
fn offered(model: LoadModel, level: &Level) -> Option<f64> {
    // A client takes a second or two to start its streams, which is a tenth of a short level.
    const SHORTEST_S: f64 = 20.0;
    let requests = level.requests;
    let all = requests.ok + requests.errored + requests.incomplete;
    if level.duration_s.is_none_or(|duration| duration < SHORTEST_S) {
        return None;
    }
    // If the server refuses requests at once, streams are idle through no fault of the client.
    if all == 0 || level.load <= 0.0 || requests.errored as f64 > 0.05 * all as f64 {
        return None;
    }
    let offered = match model {
        LoadModel::Closed => {
            // When streams start together and end one by one, fewer are in flight at the start and at the end. With
            // twenty requests per stream that is at most a twentieth. A level that was ended by the clock has no such
            // end.
            let rounds = if requests.incomplete > 0 { 8.0 } else { 20.0 };
            level.concurrency.filter(|_| all as f64 >= rounds * level.load)?
        }
        LoadModel::Open(_) => sent_per_second(level)?,
    };
    // Random arrivals may be fewer than asked for by chance: allow three standard errors.
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
    // If all requests were answered, the level lasts until the last answer, which may be long after the last request
    // was sent.
    let starts = &level.samples.as_ref()?.start_s;
    let known = || starts.iter().copied().filter(|start| start.is_finite());
    let first = known().fold(f64::INFINITY, f64::min);
    let last = known().fold(f64::NEG_INFINITY, f64::max);
    (starts.len() as u64 >= requests.ok && last > first).then(|| (known().count() - 1) as f64 / (last - first))
}
