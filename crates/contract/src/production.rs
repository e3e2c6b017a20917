//! What production frames carry in `meta.custom`.

use headroom_engine::live::Presence;
use headroom_engine::slo::Statistic;
use serde::Serialize;

use crate::choices::Metric;
use crate::run::{Interval, Run, Slo, Verdict};
use crate::words::Id;

/// Whether a deployment is seen in production.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Seen {
    /// The deployment.
    pub deployment: String,
    /// Whether it serves, and if not, why not.
    pub presence: Id<Presence>,
    /// The presence in a sentence.
    pub presence_text: String,
}

/// What `overlay`, `overlay_bins` and `overlay_levels` frames carry about their deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Overlay {
    /// Whether the deployment is seen in production.
    #[serde(flatten)]
    pub seen: Seen,
    /// Load of one replica in the window that counts as now.
    pub load: Option<f64>,
    /// What is on the y axis.
    pub metric: Id<Metric>,
    /// Its statistic, where it has one.
    pub statistic: Option<Id<Statistic>>,
    /// `ms`, `req/s` or `tok/s`.
    pub unit: String,
    /// Who measured it: `server`.
    pub side: String,
    /// Unit of the loads: `users` or `req/s`.
    pub load_unit: String,
    /// The limits.
    pub slo: Slo,
    /// The benchmark run that it is judged by.
    pub run: Option<Run>,
    /// The verdict from production's own curve.
    pub production_verdict: Verdict,
}

/// What a `headroom` frame carries about one deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct DeploymentHeadroom {
    /// The deployment.
    pub deployment: String,
    /// Whether it serves, and if not, why not.
    pub presence: Id<Presence>,
    /// Load of one replica.
    pub load: Option<f64>,
    /// The headroom: 1 − load / breaking load.
    pub headroom: Option<f64>,
    /// The headroom at either end of the breaking load's 95 % interval.
    pub interval: Option<Interval>,
    /// Whether the sweep ended while passing, so that the headroom is at least this much.
    pub at_least: bool,
    /// Share of the arriving requests that was refused, 0 to 1; `null` if refused requests are not counted.
    pub refused_share: Option<f64>,
    /// Number of servers that have metrics.
    pub replicas: Option<f64>,
    /// The row in words.
    pub sentence: String,
    /// The benchmark run that it is judged by.
    pub run: Option<Run>,
    /// The verdict on that run.
    pub verdict: Option<Verdict>,
}

/// What a `headroom` frame carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Headrooms {
    /// Length of the window that counts as now, seconds.
    pub window_s: f64,
    /// One entry for each row.
    pub deployments: Vec<DeploymentHeadroom>,
}
