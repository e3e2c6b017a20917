//! From reports to verdicts, independent of the output format.

use anyhow::Result;
use headroom_engine::bounded::bounded;
use headroom_engine::level::Level;
use headroom_engine::points::level_estimate;
use headroom_engine::repeats::{Repeats, repeats};
use headroom_engine::run::{LoadModel, Run};
use headroom_engine::slo::{Limit, Slo};
use headroom_engine::verdict::{Verdict, assess};
use headroom_reports::Problem;

use crate::arguments::Analyze;
use crate::inputs;
use crate::insight::Insight;

/// Everything that the reports of one command line give.
pub(crate) struct Analysis {
    /// The limits that the runs are judged by.
    pub(crate) slo: Slo,
    /// The runs, in the order in which their reports were named.
    pub(crate) runs: Vec<Judged>,
    /// Groups of runs that repeat the same measurement.
    pub(crate) repeats: Vec<Repeats>,
    /// Which reports could not be read in full, and why.
    pub(crate) problems: Vec<Problem>,
    /// Whether a report was only read in part, because it is cut off or wrong in places.
    pub(crate) damaged: bool,
}

/// A run with its verdict.
pub(crate) struct Judged {
    /// What was measured.
    pub(crate) run: Run,
    /// How much load it holds within the service level.
    pub(crate) verdict: Verdict,
    /// What the run shows besides its breaking load: throughput, goodput, cost and what the answer depends on.
    pub(crate) insight: Insight,
}

impl Judged {
    /// Judges a run by a service level.
    pub(crate) fn new(run: Run, slo: &Slo) -> Self {
        let verdict = assess(&run, slo);
        let insight = Insight::of(&run, &verdict);
        Self { run, verdict, insight }
    }
}

impl Analysis {
    /// The unit of the loads of repeated runs.
    pub(crate) fn unit_of(&self, repeats: &Repeats) -> &'static str {
        let first = repeats.runs.first().and_then(|&index| self.runs.get(index));
        first.map_or("users", |judged| judged.run.load_model.unit())
    }
}

/// Reads the reports and judges every run in them.
///
/// # Errors
/// If standard input is named twice. A report that cannot be read is not an error, but a problem in the answer.
pub(crate) fn analyze(request: &Analyze) -> Result<Analysis> {
    if request.inputs.iter().filter(|input| input.as_os_str() == "-").count() > 1 {
        anyhow::bail!("standard input (-) can be read only once");
    }
    let reading = inputs::read(&request.inputs, request.deployments.as_deref());
    let damaged = reading.is_damaged();
    let runs: Vec<Judged> = reading.runs.into_iter().map(|run| Judged::new(run, &request.slo)).collect();
    let repeats = repeats(&runs.iter().map(|judged| (&judged.run, &judged.verdict)).collect::<Vec<_>>());
    Ok(Analysis { slo: request.slo.clone(), runs, repeats, problems: reading.problems, damaged })
}

/// Whether a level meets the service level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Every limit held.
    Pass,
    /// A limit was exceeded, or every request failed.
    Fail,
    /// No limit was exceeded, but one was not measured.
    Unknown,
}

impl Outcome {
    /// `pass`, `fail` or `unknown`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a level meets the service level, and the limits that decide that: those that it exceeds, else those that
/// were not measured.
pub(crate) fn outcome(level: &Level, model: LoadModel, slo: &Slo) -> (Outcome, Vec<Limit>) {
    let measured = |limit: &Limit| match level_estimate(level, model, limit.subject) {
        Some(estimate) => Some(limit.holds(estimate.value)),
        // If other percentiles decide the limit, that counts.
        None => bounded(level, limit.subject)?.holds(limit.bound),
    };
    let select = |wanted: Option<bool>| -> Vec<Limit> {
        slo.limits.iter().filter(|limit| measured(limit) == wanted).copied().collect()
    };
    let exceeded = select(Some(false));
    let unmeasured = select(None);
    if !exceeded.is_empty() || all_failed(level) {
        (Outcome::Fail, exceeded)
    } else if !unmeasured.is_empty() {
        (Outcome::Unknown, unmeasured)
    } else {
        (Outcome::Pass, Vec::new())
    }
}

/// Whether requests were answered and every one of them failed: such a level has no latency to judge.
pub(crate) fn all_failed(level: &Level) -> bool {
    level.requests.ok == 0 && level.requests.errored > 0
}
