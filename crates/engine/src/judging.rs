//! The limits that a run is judged by: those of a service level, and those that always apply.

use crate::points::level_points;
use crate::run::{LoadModel, Run};
use crate::slo::{Limit, Slo, Subject};
use crate::steady::UNSERVED;

/// The service level `slo` with the limits that `run` is judged by.
///
/// Latencies are those of answered requests only. So two things make a load fail whatever its latencies are: more
/// errors than the limits tolerate ([`Slo::bearable_errors`]), and an offered rate of which more than [`UNSERVED`] was
/// not served. A service level may set its own limit on either. If it does not, the limit is added for runs that break
/// it; for others it would change nothing.
///
/// Two limits are left out: a limit on the unserved share in a closed loop, which offers only what is served, and a
/// named service level's limit on errors if no level of the run says how requests ended ([`left_out`]). A service level
/// without limits stays without.
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

/// The limits of `slo` that `run` should be judged by but cannot be: missing data neither break a limit nor show that
/// it holds.
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
