//! The verdict: how much load a run's deployment holds under a service level.

mod sentence;

use crate::bootstrap;
use crate::breaking::{Breaking, OneLimit, State, breaking_point, combined, first_to_break};
use crate::findings::{self, Case, Code, Finding, Judged, Severity};
use crate::narrowing::{self, Narrowing};
use crate::next_level::next_level;
use crate::points::level_points;
use crate::run::Run;
use crate::slo::{Limit, Slo};

/// How much load a deployment holds, which limit breaks first, and how certain that is.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The definition of "broken" that was used.
    pub slo: Slo,
    /// What kind of answer this is.
    pub state: State,
    /// The load at which the first limit breaks; see [`Breaking::load`].
    pub breaking_load: Option<f64>,
    /// Where the true breaking load lies; see [`Breaking::interval`].
    pub interval: [Option<f64>; 2],
    /// How [`interval`](Self::interval) was found: that of the binding limit.
    pub interval_method: IntervalMethod,
    /// The limit that breaks first; `None` when none was seen to break.
    pub binding: Option<Limit>,
    /// The highest measured load below the answer at which every limit held. `None` when a
    /// limit was not measured: what is not known never passes.
    pub max_passing_load: Option<f64>,
    /// The lowest measured load above the answer at which a limit failed.
    pub first_failing_load: Option<f64>,
    /// The load to measure next; `None` when no further level would help.
    pub next_level: Option<f64>,
    /// By how much that level would narrow the answer; `None` where there is none, or where it
    /// reaches beyond the measured loads.
    pub narrowing: Option<Narrowing>,
    /// Every limit on its own, in the order of the service level.
    pub limits: Vec<LimitVerdict>,
    /// What to know before relying on it, the gravest first.
    pub findings: Vec<Finding>,
    /// The verdict in one or two sentences for a person.
    pub sentence: String,
}

/// How the interval of a breaking load was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IntervalMethod {
    /// Resampled from every request of the levels around it.
    Bootstrap,
    /// Where the curves through the levels' own 95 % bounds cross the limit: order statistics
    /// for percentiles, Student's t for means, Wilson's score for shares. Wider than needed,
    /// because all levels are taken at their worst at once.
    LevelBounds,
    /// The measured loads around the answer, or the end of the sweep: no statistics.
    Bracket,
    /// There is no interval.
    Unknown,
}

impl IntervalMethod {
    /// `bootstrap`, `level_bounds`, `bracket` or `unknown`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::LevelBounds => "level_bounds",
            Self::Bracket => "bracket",
            Self::Unknown => "unknown",
        }
    }

    /// The method behind a breaking point that was judged from columns alone.
    #[must_use]
    pub fn of(breaking: &Breaking) -> Self {
        match (breaking.state, breaking.interval) {
            (State::NotMeasured, _) | (State::Edge, [None, None]) => Self::Unknown,
            (State::Edge, _) => Self::LevelBounds,
            (State::Floor | State::NeverMet | State::Cliff, _) => Self::Bracket,
        }
    }
}

/// One limit on its own.
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
    /// Findings that weaken the answer: warnings and errors.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity >= Severity::Warning).count()
    }

    /// Whether there is a finding of this kind.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|finding| finding.code == code)
    }
}

/// The answer over all limits without intervals from samples, findings or words: what a sweep
/// over many limits asks for.
#[must_use]
pub fn breaking_of(run: &Run, slo: &Slo) -> Breaking {
    combined(&judge(run, slo).iter().map(one).collect::<Vec<_>>())
}

/// Every limit on its own, from the levels' confidence bounds.
fn judge(run: &Run, slo: &Slo) -> Vec<Judged> {
    let collapse = collapse_load(run);
    slo.limits
        .iter()
        .map(|&limit| {
            let points = level_points(run, limit.subject);
            let breaking = breaking_point(&points, limit.bound);
            // A collapsed level has an error rate like any other, but no latency.
            let breaking = if limit.is_latency() { breaking.with_collapse(collapse) } else { breaking };
            let method = IntervalMethod::of(&breaking);
            Judged { limit, points, breaking, method, replicates: None }
        })
        .collect()
}

/// Judges a run by a service level.
#[must_use]
pub fn assess(run: &Run, slo: &Slo) -> Verdict {
    let mut judged = judge(run, slo);
    for judged in &mut judged {
        if let Some(refined) = bootstrap::refine(run, judged.limit, &judged.points, judged.breaking) {
            judged.breaking = refined.breaking;
            judged.replicates = Some(refined.replicates);
            judged.method = IntervalMethod::Bootstrap;
        }
    }
    let limits: Vec<OneLimit> = judged.iter().map(one).collect();
    let binding = first_to_break(&limits).map(|index| &judged[index]);
    let breaking = combined(&limits);
    let passing = measured_passing(&judged, breaking);
    let next_level = next_level(run.load_model, breaking.state, passing, breaking.first_failing_load);
    let narrowing = next_level.and_then(|next| {
        let gap = narrowing::gap(passing, breaking.first_failing_load, next)?;
        let interval = binding
            .and_then(|one| narrowing::interval(one.limit, &one.points, one.breaking, one.replicates.as_ref(), next));
        Some(Narrowing { gap, interval })
    });
    let case = Case { run, slo, judged: &judged, breaking, binding, next_level, narrowing };
    let findings = findings::check(&case);
    let sentence = sentence::compose(&case, &findings);
    Verdict {
        slo: slo.clone(),
        state: breaking.state,
        breaking_load: breaking.load,
        interval: breaking.interval,
        interval_method: binding.map_or_else(|| IntervalMethod::of(&breaking), |judged| judged.method),
        binding: binding.map(|judged| judged.limit),
        max_passing_load: breaking.max_passing_load,
        first_failing_load: breaking.first_failing_load,
        next_level,
        narrowing,
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

/// The lowest load above every success at which requests were answered and every one failed.
fn collapse_load(run: &Run) -> Option<f64> {
    let highest_success = run
        .levels
        .iter()
        .filter(|level| level.requests.ok > 0)
        .map(|level| level.load)
        .fold(f64::NEG_INFINITY, f64::max);
    run.levels
        .iter()
        .filter(|level| level.load > highest_success && level.requests.ok == 0 && level.requests.errored > 0)
        .map(|level| level.load)
        .min_by(f64::total_cmp)
}

/// What the answer over all limits needs of one.
fn one(judged: &Judged) -> OneLimit {
    let lowest = judged.points.first().map_or(0.0, |point| point.value / judged.limit.bound);
    OneLimit { breaking: judged.breaking, lowest_over_bound: lowest }
}

/// The passing end of the bracket to narrow: where a limit is not measured, the measured ones
/// still have one.
fn measured_passing(judged: &[Judged], breaking: Breaking) -> Option<f64> {
    let measured = judged.iter().filter_map(|judged| judged.breaking.max_passing_load).min_by(f64::total_cmp);
    breaking.max_passing_load.or(measured)
}
