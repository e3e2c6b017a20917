//! The load to ask of another run of the same deployment.

use super::{LimitVerdict, Verdict};
use crate::bounded::points_for_doubt;
use crate::run::Run;

impl Verdict {
    /// The load that another run of the same deployment, measured alike, holds beyond what chance explains in more than nine
    /// of ten cases: what to ask of a run that shall be no worse. `None` where this one is not certain of any load. `run` is
    /// the run of this verdict. It is a measured load where one lies below.
    ///
    /// The highest load that passed is no such load: there a second run passes or fails by luck, as the first one did. Nor is
    /// the lower end of the interval, above which the other run's own lower end lies in one of two cases. As far below it as
    /// it lies below the answer the two runs' noise together reaches in one of twelve.
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
