//! The load to demand from another run of the same deployment.

use super::{LimitVerdict, Verdict};
use crate::bounded::points_for_doubt;
use crate::run::Run;

impl Verdict {
    /// The load that another run of the same deployment, measured in the same way, certainly holds in more than nine of
    /// ten cases: what to demand from a run that must not be worse. `None` if this run is not certain of any load.
    /// `run` is the run of this verdict. If a measured load lies below the computed one, the highest such load is
    /// returned.
    ///
    /// The highest load that passed is not suitable: a second run passes there or fails by chance, as the first one
    /// did. Nor is the lower end of the interval: in one of two cases the other run's own lower end is below it. This
    /// load is as far below the lower end as the lower end is below the answer; the noise of two runs together reaches
    /// that far in one of twelve cases.
    #[must_use]
    pub fn repeatable_load(&self, run: &Run) -> Option<f64> {
        let each: Option<Vec<f64>> = self.limits.iter().map(|one| repeatable(one, run)).collect();
        let most = each?.into_iter().min_by(f64::total_cmp)?;
        let measured = run.levels.iter().map(|level| level.load).filter(|load| *load <= most);
        Some(measured.max_by(f64::total_cmp).unwrap_or(most))
    }
}

fn repeatable(one: &LimitVerdict, run: &Run) -> Option<f64> {
    let answer = one.breaking.load.or(one.breaking.max_passing_load)?;
    let certain = one.breaking.certain(&points_for_doubt(run, one.limit.subject), one.limit.bound)[0]?;
    Some(certain * certain / answer).filter(|load| *load > 0.0)
}
