//! What frames of production carry in `meta.custom`.

use headroom_engine::live::Presence;
use headroom_engine::slo::Statistic;
use serde::Serialize;

use crate::choices::Metric;
use crate::run::{Interval, Run, Slo, Verdict};
use crate::words::Id;

/// Whether a deployment is seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Seen {
    /// The deployment.
    pub deployment: String,
    /// Whether it serves, and if not, why not.
    pub presence: Id<Presence>,
    /// The same in a sentence.
    pub presence_text: String,
}

/// What `overlay`, `overlay_bins` and `overlay_levels` frames say of their deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Overlay {
    /// Whether it is seen.
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
    /// `users` or `req/s`.
    pub load_unit: String,
    /// The limits.
    pub slo: Slo,
    /// The benchmark that it is judged by.
    pub run: Option<Run>,
    /// The verdict that production's own curve gives.
    pub production_verdict: Verdict,
}

/// What a `headroom` frame says of one deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct DeploymentHeadroom {
    /// The deployment.
    pub deployment: String,
    /// Whether it serves, and if not, why not.
    pub presence: Id<Presence>,
    /// Load of one replica.
    pub load: Option<f64>,
    /// What is left: 1 − load / what it holds.
    pub headroom: Option<f64>,
    /// By the 95 % interval of the breaking load.
    pub interval: Option<Interval>,
    /// Whether the sweep never broke it, so that there is at least this much.
    pub at_least: bool,
    /// Share of the requests that arrived that was refused, 0 to 1; `null` where that is not counted.
    pub refused_share: Option<f64>,
    /// Servers that have metrics.
    pub replicas: Option<f64>,
    /// The row in words.
    pub sentence: String,
    /// The benchmark that it is judged by.
    pub run: Option<Run>,
    /// What that holds.
    pub verdict: Option<Verdict>,
}

/// What a `headroom` frame carries.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Headrooms {
    /// Length of the window that counts as now, seconds.
    pub window_s: f64,
    /// One entry a row.
    pub deployments: Vec<DeploymentHeadroom>,
}
