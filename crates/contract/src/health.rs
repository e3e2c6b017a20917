//! What "Save & test" finds, for programs: the details behind its sentences. What the check did not reach is absent, and so is what
//! only those are told who may edit: the catalog, and what is wrong with settings and reports.

use serde::Serialize;

use crate::resources::{InProduction, Problem};

/// What is known about a data source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct HealthDetails {
    /// Reports in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports: Option<usize>,
    /// Benchmark runs in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<usize>,
    /// The catalog's file, or `in memory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// Id of the service level that judges queries without their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_slo: Option<String>,
    /// Reports that are still being written, as paths in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<String>>,
    /// What is wrong with the settings, one sentence each.
    pub settings: Vec<String>,
    /// What is wrong with the store's `deployments.yaml`, one sentence each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployments: Option<Vec<String>>,
    /// What is wrong with reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<Problem>>,
    /// The Prometheus; absent if none is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusHealth>,
}

/// What is known about the Prometheus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct PrometheusHealth {
    /// Its address, without its secret parts.
    pub url: String,
    /// Why it does not answer, and what to do. The other keys are absent then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its name and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Kinds of model servers in the last day, with their versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<String>>,
    /// Number of model servers in the last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<usize>,
    /// The deployments that production queries can be about, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployments: Option<Vec<InProduction>>,
    /// Model servers whose last scrape failed, in alphabetical order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<Vec<String>>,
    /// What dashboards need and deployments lack, one sentence each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
}
