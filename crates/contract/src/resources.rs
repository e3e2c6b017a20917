//! The data source's resources: their paths and their answers.

use headroom_engine::slo::Statistic;
use serde::Serialize;

use crate::choices::{Metric, choices};
use crate::run::{Run, Slo, Verdict};
use crate::words::Id;

choices! {
    /// The first segment of a resource's path.
    Resource: "The paths of the data source's resources." {
        Runs = "runs", "Runs", "Benchmark runs, newest first; with an id behind it one of them";
        Deployments = "deployments", "Deployments", "Deployments that have benchmark runs";
        Models = "models", "Models", "Models that have benchmark runs";
        Namespaces = "namespaces", "Namespaces", "Namespaces of model servers in production";
        ServedModels = "served_models", "Served models", "Models as their servers in production call them";
        Production = "production", "Production", "What queries of production are about";
        Slos = "slos", "Service levels", "Presets and the data source's own limits";
        Metrics = "metrics", "Metrics", "What can be drawn over load";
        Problems = "problems", "Problems", "What is wrong with reports";
        Refresh = "refresh", "Refresh", "Has the store listed at once; by POST";
        Reports = "reports", "Reports", "Takes reports into the store; by POST";
    }

    /// What became of a report that was uploaded.
    UploadOutcome: "What became of a report that was uploaded." {
        Stored = "stored", "Stored", "It is in the store now";
        Known = "known", "Known", "The same content was in the store before, and nothing was written";
        Refused = "refused", "Refused", "Nothing was written; the message says why";
    }

    /// How much of a report is lost to a problem.
    ProblemSeverity: "How much of a report a problem costs." {
        Error = "error", "Error", "Something could not be read";
        Warning = "warning", "Warning", "Everything was read, and something needs a second look";
    }
}

/// A service level, and whether it is the default.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct SloChoice {
    /// The service level.
    #[serde(flatten)]
    pub slo: Slo,
    /// Whether it judges queries that name none.
    pub default: bool,
}

/// A deployment that has benchmark runs. A fact on which its runs disagree is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// The model's name.
    pub model: Option<String>,
    /// How its weights are stored.
    pub quantization: Option<String>,
    /// The accelerator.
    pub hardware: Option<String>,
    /// Accelerators of one replica.
    pub gpus: Option<u32>,
    /// Number of its runs.
    pub runs: usize,
}

/// A model that has benchmark runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Number of its runs.
    pub runs: usize,
}

/// A label value of model servers in production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Label {
    /// The value.
    pub name: String,
}

/// A deployment that production queries can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct InProduction {
    /// Its name.
    pub name: String,
    /// The model's name in its server's metrics.
    pub model_name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Number of its servers.
    pub servers: usize,
    /// Whether a benchmark run says how much load it holds.
    pub benchmark: bool,
}

/// A run as the Runs page lists it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ListedRun {
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// The reports that it was read from, as paths in the store.
    pub files: Vec<String>,
    /// Number of load steps.
    pub levels: usize,
    /// Number of successful requests.
    pub requests: u64,
    /// Number of problems that concern it.
    pub problems: usize,
    /// The problems that concern it, if a single run was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub problem_list: Option<Vec<Problem>>,
}

/// A part of a report that could not be read, or that needs a second look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Problem {
    /// The report's path in its store.
    pub source: String,
    /// How much of the report is lost to it.
    pub severity: ProblemSeverity,
    /// What kind of problem it is.
    pub code: String,
    /// Where in the report it is.
    pub place: Option<String>,
    /// What was expected, what was found and what to do.
    pub message: String,
    /// Id of the report's first run; `null` if the report gave none.
    pub run: Option<String>,
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Uploaded {
    /// Each report of the request, in its order.
    pub reports: Vec<UploadedReport>,
    /// Why a report was refused, if one was: the first one's reason. As with every error also in `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub error: Option<String>,
    /// The same text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "generate", ts(optional))]
    pub message: Option<String>,
}

/// What became of one report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct UploadedReport {
    /// Its name as it was given.
    pub name: String,
    /// What became of it.
    pub outcome: UploadOutcome,
    /// Its path in the store; `null` if it was refused.
    pub path: Option<String>,
    /// Why it was refused and what to do; `null` if it was not.
    pub message: Option<String>,
    /// Its runs, judged by the data source's default service level. Where the report is one step of a sweep, the run of
    /// the whole sweep.
    pub runs: Vec<UploadedRun>,
    /// What could not be read or needs a second look.
    pub problems: Vec<Problem>,
}

/// A run of an uploaded report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct UploadedRun {
    /// The run.
    pub run: Run,
    /// The service level that it is judged by; `null` if the default one cannot be used.
    pub slo: Option<Slo>,
    /// The verdict; `null` if there is no service level to judge by.
    pub verdict: Option<Verdict>,
}

/// How far an upload in parts is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct UploadInParts {
    /// Its id, for the paths of its parts.
    pub id: String,
    /// The path of the report in the store.
    pub name: String,
    /// Bytes of the report as sent.
    pub bytes: u64,
    /// Bytes of each part but the last one.
    pub part_bytes: u64,
    /// Number of parts.
    pub parts: u64,
    /// The numbers of the parts that are not there yet, ascending, counted from 1.
    pub missing: Vec<u64>,
}

/// A metric that queries can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct MetricChoice {
    /// Its id.
    pub id: Id<Metric>,
    /// Its name for people.
    pub label: String,
    /// What it measures.
    pub description: String,
    /// `ms`, `req/s` or `tok/s`.
    pub unit: String,
    /// The statistics that queries can ask for; empty for a rate.
    pub statistics: Vec<Id<Statistic>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choices::VariableKind;
    use crate::words::Word as _;

    #[test]
    fn a_variable_lists_what_the_resource_of_its_name_answers() {
        for kind in VariableKind::ALL {
            assert!(Resource::from_id(kind.id()).is_some(), "{}", kind.id());
        }
    }
}
