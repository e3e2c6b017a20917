//! By which limits a run is judged: those of a service level, and what holds whether or not it says so.

use crate::points::level_points;
use crate::run::{LoadModel, Run};
use crate::slo::{Limit, Slo, Subject};
use crate::steady::UNSERVED;

/// `slo` as `run` is judged by it.
///
/// Two things make a load fail whatever its latencies are, because those are of the requests that were answered: errors
/// beyond what the limits can bear ([`Slo::bearable_errors`]), and a rate of which more than [`UNSERVED`] was not served. A
/// service level may say otherwise by a limit of its own on either. Where it does not, the limit is added to the runs that
/// break it; to others it adds nothing.
///
/// Left out are a limit on what was not served in a closed loop, which offers what is served, and a named level's limit on
/// errors where no level of the run says how requests ended ([`left_out`]). A level without limits stays so.
#[must_use]
pub fn judging(run: &Run, slo: &Slo) -> Slo {
    let mut limits: Vec<Limit> = slo.limits.iter().copied().filter(|limit| applies(run, slo, *limit)).collect();
    let assumed = [(Subject::ErrorRate, slo.bearable_errors()), (Subject::Unserved, UNSERVED)];
    for (subject, bound) in assumed {
        let limit = Limit { subject, bound };
        let is_said = slo.limits.is_empty() || slo.limits.iter().any(|limit| limit.subject == subject);
        if !is_said && level_points(run, subject).iter().any(|point| !limit.holds(point.value)) {
            limits.push(limit);
        }
    }
    Slo { limits, ..slo.clone() }
}

/// The limits of `slo` that `run` should be judged by and cannot be: what is not known does not break them, and does not
/// hold them either.
#[must_use]
pub fn left_out(run: &Run, slo: &Slo) -> Vec<Limit> {
    slo.limits
        .iter()
        .copied()
        .filter(|limit| limit.subject == Subject::ErrorRate && !applies(run, slo, *limit))
        .collect()
}

fn applies(run: &Run, slo: &Slo, limit: Limit) -> bool {
    match limit.subject {
        Subject::Unserved => run.load_model != LoadModel::Closed,
        Subject::ErrorRate if !slo.is_custom() => {
            let is_only = slo.limits.len() == 1;
            is_only || run.levels.iter().any(|level| level.requests.error_rate().is_some())
        }
        _ => true,
    }
}
