//! A run, a service level and a verdict, as frames carry them in `meta.custom` and resources return them. What is
//! unknown is `null`.

use headroom_engine::breaking::BreakingState;
use headroom_engine::findings::{Code, FindingSeverity};
use headroom_engine::slo::Statistic;
use serde::Serialize;

use crate::choices::{LoadKind, Metric};
use crate::words::Id;

/// A benchmark run and what was benchmarked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Run {
    /// Identity of the run.
    pub id: String,
    /// The run's name, unique in an answer.
    pub label: String,
    /// The deployment's name.
    pub deployment: String,
    /// The model's name.
    pub model: Option<String>,
    /// How its weights are stored, for example `w4a16`.
    pub quantization: Option<String>,
    /// The accelerator.
    pub hardware: Option<String>,
    /// Accelerators of one replica.
    pub gpus: Option<u32>,
    /// Serving engine and version.
    pub engine: Option<String>,
    /// US dollars per hour for one replica.
    pub price_per_hour: Option<f64>,
    /// Where the price comes from: source, region and date.
    pub price_source: Option<String>,
    /// The report's path in its store.
    pub source: String,
    /// The benchmark tool, lower case.
    pub tool: String,
    /// The tool's version.
    pub tool_version: Option<String>,
    /// Start of the run, milliseconds since the Unix epoch.
    pub started_ms: Option<i64>,
    /// End of the run, milliseconds since the Unix epoch.
    pub ended_ms: Option<i64>,
    /// Mean tokens of a prompt.
    pub prompt_tokens: Option<f64>,
    /// Mean tokens of an answer.
    pub output_tokens: Option<f64>,
    /// Standard error of the mean tokens of an answer.
    pub output_tokens_error: Option<f64>,
    /// What the workload is called, for example the name of its data set.
    pub shape: Option<String>,
    /// How the load was offered.
    pub load_model: LoadKind,
    /// Unit of the loads: `users` or `req/s`.
    pub load_unit: String,
}

/// One limit of a service level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Limit {
    /// Subject and statistic, for example `ttft_p95`.
    pub id: String,
    /// What is limited, for example `ttft` or `error_rate`.
    pub subject: String,
    /// The statistic of a latency.
    pub statistic: Option<Id<Statistic>>,
    /// The highest value that passes.
    pub bound: f64,
    /// Unit of the bound: `ms`, `requests` or `ratio`.
    pub unit: String,
    /// The limit for people, for example `TTFT p95 ≤ 1,000 ms`.
    pub label: String,
}

/// Limits to judge by, and who defined them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Slo {
    /// Its id; `custom` if the limits are in the query.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who defined it and where.
    pub source: String,
    /// Its limits, all of which must hold.
    pub limits: Vec<Limit>,
}

/// An interval, `[low, high]`. Either end may be unknown.
pub type Interval = [Option<f64>; 2];

/// What is known about the load that a deployment holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Verdict {
    /// What kind of answer it is.
    pub state: Id<BreakingState>,
    /// The breaking load.
    pub breaking_load: Option<f64>,
    /// Its 95 % interval, or the measured loads around a cliff or a bracket.
    pub interval: Interval,
    /// Id of the limit that breaks first.
    pub binding: Option<String>,
    /// The highest measured load that passed.
    pub max_passing_load: Option<f64>,
    /// The lowest measured load that failed.
    pub first_failing_load: Option<f64>,
    /// The load to measure next.
    pub next_level: Option<f64>,
    /// The numbers in words, as the command line prints them.
    pub text: VerdictText,
    /// The verdict in a sentence.
    pub sentence: String,
    /// The answer for each limit alone.
    pub limits: Vec<LimitVerdict>,
    /// What to know before relying on it, the most severe first.
    pub findings: Vec<Finding>,
    /// The loads that decide the answer and have too few requests, ascending.
    pub few_requests: Vec<f64>,
}

/// The numbers of a verdict in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct VerdictText {
    /// `7.20 users`, `≥ 32 users`, `< 1 user`, `6–8 users` or `not measured`.
    pub breaking_load: String,
    /// Its number alone, for example `≥ 32`.
    pub number: String,
    /// Its unit alone, for example `users`; empty if there is none.
    pub unit: String,
    /// The interval, for example `6.90–7.60 users`.
    pub interval: Option<String>,
    /// The load to measure next, for example `7 users`.
    pub next_level: Option<String>,
}

/// The answer for one limit alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct LimitVerdict {
    /// Id of the limit.
    pub id: String,
    /// What kind of answer it is.
    pub state: Id<BreakingState>,
    /// The load at which this limit breaks.
    pub breaking_load: Option<f64>,
    /// Its interval, as that of the verdict.
    pub interval: Interval,
}

/// What to know before relying on a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Id<Code>,
    /// How much it matters.
    pub severity: Id<FindingSeverity>,
    /// The load that it is about; `null` if it is not about a single load.
    pub load: Option<f64>,
    /// What it means and what to do.
    pub message: String,
}

/// A run with its verdict: what `levels`, `fit` and `verdict` frames carry.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Judged {
    /// The run.
    pub run: Run,
    /// What is on the y axis.
    pub metric: Id<Metric>,
    /// Its statistic, where it has one.
    pub statistic: Option<Id<Statistic>>,
    /// `ms`, `req/s` or `tok/s`.
    pub unit: String,
    /// The limits that it is judged by.
    pub slo: Slo,
    /// The verdict.
    pub verdict: Verdict,
}
