//! What a person should know before relying on an answer, and what to do about it.

mod client;
mod consistency;
mod errors;
mod first_token;
mod percentiles;
mod plausibility;
mod samples;
mod shape;
mod steadiness;

pub(crate) use plausibility::has_impossible_rates;

use crate::bootstrap::{Doubt, Replicates, Scatter};
use crate::bounded::BoundedLevel;
use crate::breaking::{Breaking, BreakingState, IntervalMethod};
use crate::display;
use crate::level::Level;
use crate::narrowing::Narrowing;
use crate::points::LevelPoint;
use crate::run::Run;
use crate::slo::{Limit, Slo};

/// One thing to know about a run or a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of thing it is.
    pub code: Code,
    /// How much it matters for the verdict.
    pub severity: FindingSeverity,
    /// The load that it is about; `None` if it is not about a single load.
    pub load: Option<f64>,
    /// What it means and what to do, in sentences for a person.
    pub message: String,
}

/// How much a finding matters for the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingSeverity {
    /// Good to know.
    Info,
    /// The answer is weaker than it looks.
    Warning,
    /// The answer, or a part of it, must not be relied on.
    Error,
}

impl FindingSeverity {
    /// Every severity, the least severe first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// `info`, `warning` or `error`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The kinds of findings. Two causes that look the same but need opposite remedies are two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The metric of a limit is missing, on all levels or on some.
    MetricNotMeasured,
    /// The percentile of a limit is missing and others stand in: judge by those, or have the tool write it.
    PercentileMissing,
    /// More output tokens per second than Little's law allows at the measured latencies.
    ImpossibleThroughput,
    /// So many requests failed that the latencies of the others mislead.
    ErrorsHigh,
    /// A level failed although one with a higher load passed, or the metric fell with load.
    NonMonotone,
    /// Too few requests for the percentile.
    FewSamples,
    /// Too few levels to know the curve's shape.
    FewLevels,
    /// Each user had time for too few requests in a row.
    LevelTooShort,
    /// TTFT rose throughout a level, so it depends on how long the level lasted.
    NotSteady,
    /// The data set or the request limit ended levels early.
    DatasetExhausted,
    /// Noise within levels limits the answer: measure levels longer.
    WideInterval,
    /// Levels differ by more than their requests explain: repeat them.
    LevelsDiffer,
    /// The report has nothing that an interval could be computed from.
    IntervalUnknown,
    /// Even the smallest load that can be offered fails: no load will do.
    LatencyFloor,
    /// The gap between levels limits the answer: measure the load that is named.
    NextLevel,
    /// Many requests were cut off at the end of the level.
    IncompleteHigh,
    /// A higher percentile is below a lower one, or a percentile is below the minimum or above the maximum.
    PercentilesOutOfOrder,
    /// Latencies that differ by a factor of a thousand: seconds and milliseconds are mixed up.
    ImpossibleUnits,
    /// Latencies of one level that contradict each other in another way.
    LatenciesDisagree,
    /// Token rates that do not equal tokens per request times requests per second.
    TokenArithmetic,
    /// The client counts the output of a reasoning model as waiting for the first token: judge
    /// by another latency.
    ReasoningInTtft,
    /// Answers arrive in one piece: turn streaming on.
    NotStreamed,
    /// The client did not offer the load, so the result says nothing about the server.
    ClientSaturated,
    /// The loads are what the tool offered, not what it was asked to offer.
    LoadAsOffered,
    /// A warning of the benchmark tool itself.
    ToolWarning,
}

impl Code {
    /// Every kind, in the order in which findings of the same severity are listed.
    pub const ALL: [Self; 25] = [
        Self::MetricNotMeasured,
        Self::PercentileMissing,
        Self::ImpossibleThroughput,
        Self::ErrorsHigh,
        Self::NonMonotone,
        Self::FewSamples,
        Self::FewLevels,
        Self::LevelTooShort,
        Self::NotSteady,
        Self::DatasetExhausted,
        Self::WideInterval,
        Self::LevelsDiffer,
        Self::IntervalUnknown,
        Self::LatencyFloor,
        Self::NextLevel,
        Self::IncompleteHigh,
        Self::PercentilesOutOfOrder,
        Self::ImpossibleUnits,
        Self::LatenciesDisagree,
        Self::TokenArithmetic,
        Self::ReasoningInTtft,
        Self::NotStreamed,
        Self::ClientSaturated,
        Self::LoadAsOffered,
        Self::ToolWarning,
    ];

    /// The code in `snake_case`, as reports, frames and pipelines spell it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::MetricNotMeasured => "metric_not_measured",
            Self::PercentileMissing => "percentile_missing",
            Self::ImpossibleThroughput => "impossible_throughput",
            Self::ErrorsHigh => "errors_high",
            Self::NonMonotone => "non_monotone",
            Self::FewSamples => "few_samples",
            Self::FewLevels => "few_levels",
            Self::LevelTooShort => "level_too_short",
            Self::NotSteady => "not_steady",
            Self::DatasetExhausted => "dataset_exhausted",
            Self::WideInterval => "wide_interval",
            Self::LevelsDiffer => "levels_differ",
            Self::IntervalUnknown => "interval_unknown",
            Self::LatencyFloor => "latency_floor",
            Self::NextLevel => "next_level",
            Self::IncompleteHigh => "incomplete_high",
            Self::PercentilesOutOfOrder => "percentiles_out_of_order",
            Self::ImpossibleUnits => "impossible_units",
            Self::LatenciesDisagree => "latencies_disagree",
            Self::TokenArithmetic => "token_arithmetic",
            Self::ReasoningInTtft => "reasoning_in_ttft",
            Self::NotStreamed => "not_streamed",
            Self::ClientSaturated => "client_saturated",
            Self::LoadAsOffered => "load_as_offered",
            Self::ToolWarning => "tool_warning",
        }
    }
}

/// The most important findings, in the given order: all errors, and others up to [`FOREMOST`] kinds in total. The rest
/// matters less and is shown on request.
#[must_use]
pub fn foremost(findings: &[Finding]) -> &[Finding] {
    let kinds = findings.chunk_by(is_same_kind).enumerate();
    let told = kinds.take_while(|(index, kind)| *index < FOREMOST || kind[0].severity == FindingSeverity::Error);
    &findings[..told.map(|(_, kind)| kind.len()).sum()]
}

/// How many kinds of findings are shown at once. Nobody reads more.
pub const FOREMOST: usize = 3;

/// Whether two findings are shown as one: nobody reads the same advice for nine levels. Warnings of a tool all differ,
/// and so do limits whose percentile is missing.
#[must_use]
pub fn is_same_kind(a: &Finding, b: &Finding) -> bool {
    (a.severity, a.code) == (b.severity, b.code) && !matches!(a.code, Code::ToolWarning | Code::PercentileMissing)
}

/// One limit with the points that it was judged by.
pub(crate) struct Judged {
    pub(crate) limit: Limit,
    pub(crate) points: Vec<LevelPoint>,
    /// The levels that lack the limit's percentile but have others.
    pub(crate) bounded: Vec<BoundedLevel>,
    pub(crate) breaking: Breaking,
    /// How its interval was found.
    pub(crate) method: IntervalMethod,
    /// What the interval was resampled from.
    pub(crate) replicates: Option<Replicates>,
    /// What makes that interval wide.
    pub(crate) doubt: Option<Doubt>,
    /// How far its levels scatter beyond what their requests explain.
    pub(crate) scatter: Option<Scatter>,
}

impl Judged {
    /// The point measured at a load.
    pub(crate) fn at(&self, load: f64) -> Option<LevelPoint> {
        self.points.iter().copied().find(|point| point.load.total_cmp(&load).is_eq())
    }

    /// The undecided loads below `failing`, the first load that is known to fail by any limit.
    pub(crate) fn undecided(&self, failing: Option<f64>) -> Vec<f64> {
        let open = |level: &&BoundedLevel| {
            level.holds(self.limit.bound).is_none() && failing.is_none_or(|failing| level.load < failing)
        };
        self.bounded.iter().filter(open).map(|level| level.load).collect()
    }
}

/// Everything that the checks look at.
pub(crate) struct Case<'a> {
    pub(crate) run: &'a Run,
    pub(crate) slo: &'a Slo,
    /// The limits of the service level that the run could not be judged by.
    pub(crate) left_out: &'a [Limit],
    pub(crate) judged: &'a [Judged],
    /// The answer over all limits.
    pub(crate) breaking: Breaking,
    /// The limit that breaks first; `None` if none was seen to break.
    pub(crate) binding: Option<&'a Judged>,
    pub(crate) next_level: Option<f64>,
    /// By how much the next level narrows the answer.
    pub(crate) narrowing: Option<Narrowing>,
}

impl Case<'_> {
    /// Whether the answer depends on this measured load: the two loads around the answer, and those that contradict it
    /// by failing below it or passing above it.
    fn decides(&self, load: f64) -> bool {
        let near =
            |breaking: &Breaking| breaking.max_passing_load == Some(load) || breaking.first_failing_load == Some(load);
        near(&self.breaking)
            || self.judged.iter().any(|judged| {
                let contradicts = judged.points.iter().any(|point| {
                    let passes = judged.limit.holds(point.value);
                    let below = judged.breaking.max_passing_load.is_some_and(|passing| load <= passing);
                    point.load.total_cmp(&load).is_eq() && passes != below
                });
                judged.breaking.non_monotone && contradicts
            })
    }

    /// Whether what was measured at a load can change the answer. Loads above the first one that fails cannot.
    fn matters(&self, load: f64) -> bool {
        self.breaking.first_failing_load.is_none_or(|failing| load <= failing)
    }

    /// Whether the client could not send the highest load of the sweep, so that it cannot be used to measure a higher
    /// one.
    pub(crate) fn ended_by_client(&self) -> bool {
        let last = self.run.levels.last().filter(|_| self.breaking.state == BreakingState::Floor);
        last.is_some_and(|level| level.asked_load.is_some_and(|asked| asked > level.load))
    }

    /// The loads at which a limit is undecided, up to the first load at which any limit fails.
    pub(crate) fn open_loads(&self, judged: &Judged) -> Vec<f64> {
        judged.undecided(self.breaking.first_failing_load)
    }

    fn unit(&self) -> &'static str {
        self.run.load_model.unit()
    }

    /// The share of requests beyond the highest percentile that is limited: that share may have any latency unnoticed.
    /// 5 % if no limit is on a percentile, because service levels are usually stated as p95.
    fn tail_share(&self) -> f64 {
        let highest = self.slo.limits.iter().filter_map(Limit::quantile).fold(0.0, f64::max);
        if highest > 0.0 { 1.0 - highest } else { 0.05 }
    }
}

/// All findings, the most severe first, then by kind and load.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    shape::check(case, &mut findings);
    samples::check(case, &mut findings);
    percentiles::check(case, &mut findings);
    steadiness::check(case, &mut findings);
    errors::check(case, &mut findings);
    plausibility::check(case, &mut findings);
    consistency::check(case, &mut findings);
    first_token::check(case, &mut findings);
    client::check(case, &mut findings);
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| finding.load.unwrap_or(f64::NEG_INFINITY);
        b.severity.cmp(&a.severity).then(a.code.cmp(&b.code)).then(key(a).total_cmp(&key(b)))
    });
    findings
}

/// Adds one finding for all levels for which `told` gives a text. It has the text of the first of them, because the
/// cause is the same at all.
fn once(
    case: &Case<'_>,
    code: Code,
    severity: FindingSeverity,
    told: impl Fn(&Level) -> Option<String>,
    findings: &mut Vec<Finding>,
) {
    let found: Vec<(f64, String)> =
        case.run.levels.iter().filter_map(|level| Some((level.load, told(level)?))).collect();
    let Some((load, text)) = found.first() else { return };
    let others: Vec<f64> = found[1..].iter().map(|(load, _)| *load).collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!(" The same holds at {}.", display::loads_with_unit(&others, case.unit()))
    };
    findings.push(Finding { code, severity, load: Some(*load), message: format!("{text}{also}") });
}
