//! The verdict: how much load the deployment of a run holds under a service level.

mod certain;
mod sentence;
mod undecided;

pub use crate::breaking::IntervalMethod;

use crate::bootstrap::{self, Doubt, Refined};
use crate::breaking::{Breaking, BreakingState};
use crate::findings::{self, Case, Code, Finding, FindingSeverity, Judged};
use crate::judging::{judging, left_out};
use crate::narrowing::{self, Narrowing};
use crate::next_level::next_level;
use crate::run::Run;
use crate::sheet::{Sheet, SheetLimit};
use crate::slo::{Limit, Slo};

/// How much load a deployment holds, which limit breaks first, and how certain that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The definition of "broken" that was used: the service level, with the limits that [`judging`] adds for this run.
    pub slo: Slo,
    /// What kind of answer it is.
    pub state: BreakingState,
    /// The load at which the first limit breaks; see [`Breaking::load`].
    pub breaking_load: Option<f64>,
    /// The interval of the breaking load; see [`Breaking::interval`].
    pub interval: [Option<f64>; 2],
    /// How the [`interval`](Self::interval) of the limit that breaks first was found.
    pub interval_method: IntervalMethod,
    /// The limit that breaks first; `None` if none was seen to break.
    pub binding: Option<Limit>,
    /// The highest measured load below the answer at which every limit held. `None` if a limit was not measured:
    /// unknown never passes.
    pub max_passing_load: Option<f64>,
    /// The lowest measured load above the answer at which a limit failed.
    pub first_failing_load: Option<f64>,
    /// The load to measure next; `None` if no further level would help.
    pub next_level: Option<f64>,
    /// By how much that level would narrow the answer; `None` if there is none, or if it lies beyond the measured
    /// loads.
    pub narrowing: Option<Narrowing>,
    /// What makes the interval wide, and so what would narrow it: that of the binding limit. `None` if the interval was not
    /// resampled from requests.
    pub doubt: Option<Doubt>,
    /// The answer for each limit alone, in the order of the service level.
    pub limits: Vec<LimitVerdict>,
    /// What to know before relying on it, the most severe first.
    pub findings: Vec<Finding>,
    /// The verdict in one or two sentences.
    pub sentence: String,
}

/// The answer for one limit alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitVerdict {
    /// The limit.
    pub limit: Limit,
    /// Its breaking point.
    pub breaking: Breaking,
    /// How [`Breaking::interval`] was found.
    pub interval_method: IntervalMethod,
}

impl Verdict {
    /// Number of findings that weaken the answer: warnings and errors.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity >= FindingSeverity::Warning).count()
    }

    /// The sheet of `run`, which must be this verdict's run, with the verdict's own intervals.
    #[must_use]
    pub fn sheet(&self, run: &Run) -> Sheet {
        let mut sheet = Sheet::of(run, &self.slo);
        for (judged, own) in sheet.limits.iter_mut().zip(&self.limits) {
            judged.refine(own.breaking.state, own.breaking.interval);
        }
        sheet.few_requests = self.few_requests();
        sheet
    }

    /// The loads that decide the answer and have too few requests, ascending.
    #[must_use]
    pub fn few_requests(&self) -> Vec<f64> {
        let few =
            self.findings.iter().filter(|one| one.code == Code::FewSamples && one.severity >= FindingSeverity::Warning);
        let mut loads: Vec<f64> = few.filter_map(|finding| finding.load).collect();
        // Several limits may need the same level.
        loads.sort_by(f64::total_cmp);
        loads.dedup();
        loads
    }

    /// Whether there is a finding of this kind.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}

impl From<&Verdict> for Breaking {
    fn from(verdict: &Verdict) -> Self {
        Self {
            state: verdict.state,
            load: verdict.breaking_load,
            interval: verdict.interval,
            max_passing_load: verdict.max_passing_load,
            first_failing_load: verdict.first_failing_load,
            non_monotone: verdict.limits.iter().any(|limit| limit.breaking.non_monotone),
        }
    }
}

/// Judges a run by a service level.
#[must_use]
pub fn assess(run: &Run, slo: &Slo) -> Verdict {
    let left_out = left_out(run, slo);
    let slo = &judging(run, slo);
    let mut sheet = Sheet::of(run, slo);
    let refined = refine(&mut sheet, run, slo);
    let breaking = sheet.breaking();
    let first = sheet.first_to_break();
    let judged: Vec<Judged> = slo
        .limits
        .iter()
        .zip(sheet.limits)
        .zip(refined)
        .map(|((&limit, SheetLimit { points, bounded, breaking, .. }), refined)| {
            let method = if refined.is_some() { IntervalMethod::Bootstrap } else { IntervalMethod::of(&breaking) };
            let (doubt, scatter) = refined.as_ref().map_or((None, None), |refined| (refined.doubt, refined.scatter));
            let replicates = refined.map(|refined| refined.replicates);
            Judged { limit, points, bounded, breaking, method, replicates, doubt, scatter }
        })
        .collect();
    let binding = first.and_then(|index| judged.get(index));
    let passing = measured_passing(&judged, breaking);
    // If measured levels are undecided, the next one would be undecided too.
    let undecided = judged.iter().any(|judged| !judged.undecided(breaking.first_failing_load).is_empty());
    let next_level =
        next_level(run.load_model, breaking.state, passing, breaking.first_failing_load).filter(|_| !undecided);
    let narrowing = next_level.and_then(|next| {
        let gap = narrowing::gap(passing, breaking.first_failing_load, next)?;
        let interval = binding
            .and_then(|one| narrowing::interval(one.limit, &one.points, one.breaking, one.replicates.as_ref(), next));
        Some(Narrowing { gap, interval })
    });
    let case = Case { run, slo, left_out: &left_out, judged: &judged, breaking, binding, next_level, narrowing };
    let findings = findings::check(&case);
    let sentence = sentence::compose(&case, &findings);
    Verdict {
        slo: slo.clone(),
        state: breaking.state,
        breaking_load: breaking.load,
        interval: breaking.interval,
        interval_method: binding
            .filter(|judged| judged.breaking.state == breaking.state)
            .map_or_else(|| IntervalMethod::of(&breaking), |judged| judged.method),
        binding: binding.map(|judged| judged.limit),
        max_passing_load: breaking.max_passing_load,
        first_failing_load: breaking.first_failing_load,
        next_level,
        narrowing,
        doubt: binding.and_then(|judged| judged.doubt),
        limits: judged
            .iter()
            .map(|judged| LimitVerdict {
                limit: judged.limit,
                breaking: judged.breaking,
                interval_method: judged.method,
            })
            .collect(),
        findings,
        sentence,
    }
}

/// Gives each limit its interval from single requests, if the run has them; returns what those intervals were computed
/// from.
fn refine(sheet: &mut Sheet, run: &Run, slo: &Slo) -> Vec<Option<Refined>> {
    slo.limits
        .iter()
        .zip(&mut sheet.limits)
        .map(|(&limit, judged)| {
            let refined = bootstrap::refine(run, limit, &judged.points, judged.breaking)?;
            judged.refine(refined.breaking.state, refined.breaking.interval);
            Some(refined)
        })
        .collect()
}

/// The passing end of the bracket to narrow. If a limit is not measured, the measured limits still have one.
fn measured_passing(judged: &[Judged], breaking: Breaking) -> Option<f64> {
    let measured = judged.iter().filter_map(|judged| judged.breaking.max_passing_load).min_by(f64::total_cmp);
    breaking.max_passing_load.or(measured)
}
