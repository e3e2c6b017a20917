//! The verdict: how much load a run's deployment holds under a service level.

mod sentence;

use crate::breaking::{Breaking, State, breaking_point};
use crate::findings::{self, Case, Code, Finding, Judged, Severity};
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
    /// The limit that breaks first; `None` when none was seen to break.
    pub binding: Option<Limit>,
    /// The highest measured load below the answer at which every limit held. `None` when a
    /// limit was not measured: what is not known never passes.
    pub max_passing_load: Option<f64>,
    /// The lowest measured load above the answer at which a limit failed.
    pub first_failing_load: Option<f64>,
    /// The load to measure next; `None` when no further level would help.
    pub next_level: Option<f64>,
    /// Every limit on its own, in the order of the service level.
    pub limits: Vec<LimitVerdict>,
    /// What to know before relying on it, the gravest first.
    pub findings: Vec<Finding>,
    /// The verdict in one or two sentences for a person.
    pub sentence: String,
}

/// One limit on its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitVerdict {
    /// The limit.
    pub limit: Limit,
    /// Its breaking point.
    pub breaking: Breaking,
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

/// Judges a run by a service level.
#[must_use]
pub fn assess(run: &Run, slo: &Slo) -> Verdict {
    let collapse = collapse_load(run);
    let judged: Vec<Judged> = slo
        .limits
        .iter()
        .map(|&limit| {
            let points = level_points(run, limit.subject);
            let breaking = breaking_point(&points, limit.bound);
            // A collapsed level has an error rate like any other, but no latency.
            let breaking = if limit.is_latency() { breaking.with_collapse(collapse) } else { breaking };
            Judged { limit, points, breaking }
        })
        .collect();
    let binding = binding_limit(&judged);
    let breaking = combine(&judged, binding);
    let next_level =
        next_level(run.load_model, breaking.state, measured_passing(&judged, breaking), breaking.first_failing_load);
    let case = Case { run, slo, judged: &judged, breaking, binding, next_level };
    let findings = findings::check(&case);
    let sentence = sentence::compose(&case, &findings);
    Verdict {
        slo: slo.clone(),
        state: breaking.state,
        breaking_load: breaking.load,
        interval: breaking.interval,
        binding: binding.map(|judged| judged.limit),
        max_passing_load: breaking.max_passing_load,
        first_failing_load: breaking.first_failing_load,
        next_level,
        limits: judged.iter().map(|judged| LimitVerdict { limit: judged.limit, breaking: judged.breaking }).collect(),
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

/// The limit that breaks first: one that is never met before any that breaks at a load, and
/// the lowest load among those. Of several that are never met, the one missed by the largest
/// factor at the lowest load.
fn binding_limit(judged: &[Judged]) -> Option<&Judged> {
    let missed_by = |judged: &Judged| judged.points.first().map_or(0.0, |point| point.value / judged.limit.bound);
    let never_met = judged
        .iter()
        .filter(|judged| judged.breaking.state == State::NeverMet)
        .reduce(|worst, other| if missed_by(other) > missed_by(worst) { other } else { worst });
    never_met.or_else(|| {
        judged
            .iter()
            .filter_map(|judged| Some((judged, judged.breaking.load?)))
            .reduce(|first, other| if other.1 < first.1 { other } else { first })
            .map(|(judged, _)| judged)
    })
}

/// All limits as one answer.
fn combine(judged: &[Judged], binding: Option<&Judged>) -> Breaking {
    let unmeasured = judged.is_empty() || judged.iter().any(|judged| judged.breaking.state == State::NotMeasured);
    let lowest = |loads: &mut dyn Iterator<Item = f64>| loads.min_by(f64::total_cmp);
    // A level passes when every limit held there: up to the smallest of the limits' own.
    let all_pass = judged.iter().all(|judged| judged.breaking.max_passing_load.is_some());
    let max_passing_load = if all_pass && !unmeasured {
        lowest(&mut judged.iter().filter_map(|judged| judged.breaking.max_passing_load))
    } else {
        None
    };
    let first_failing_load = lowest(&mut judged.iter().filter_map(|judged| judged.breaking.first_failing_load));
    let non_monotone = judged.iter().any(|judged| judged.breaking.non_monotone);
    match binding {
        Some(binding) => {
            let breaking = binding.breaking;
            // Any limit may be the first to break, so the ends are the smallest of all; an
            // unmeasured one may break at any load below.
            let broken = || judged.iter().filter(|judged| judged.breaking.load.is_some());
            let known_low = !unmeasured && broken().all(|judged| judged.breaking.interval[0].is_some());
            let low =
                if known_low { lowest(&mut broken().filter_map(|judged| judged.breaking.interval[0])) } else { None };
            let high = lowest(&mut broken().filter_map(|judged| judged.breaking.interval[1]));
            let interval = if breaking.state == State::NeverMet { breaking.interval } else { [low, high] };
            Breaking { interval, max_passing_load, first_failing_load, non_monotone, ..breaking }
        }
        None if unmeasured => Breaking {
            state: State::NotMeasured,
            load: None,
            interval: [None, None],
            max_passing_load: None,
            first_failing_load,
            non_monotone,
        },
        None => Breaking {
            state: State::Floor,
            load: None,
            interval: [max_passing_load, None],
            max_passing_load,
            first_failing_load: None,
            non_monotone,
        },
    }
}

/// The passing end of the bracket to narrow: where a limit is not measured, the measured ones
/// still have one.
fn measured_passing(judged: &[Judged], breaking: Breaking) -> Option<f64> {
    let measured = judged.iter().filter_map(|judged| judged.breaking.max_passing_load).min_by(f64::total_cmp);
    breaking.max_passing_load.or(measured)
}
