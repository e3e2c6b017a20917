//! What "Save & test" finds, for programs: the details beside its sentences. What was not reached is absent.

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
    /// Id of the limits that queries without their own are judged by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_slo: Option<String>,
    /// Reports that are still being written, as paths in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Vec<String>>,
    /// What is wrong with the settings, a sentence each.
    pub settings: Vec<String>,
    /// What is wrong with the store's `deployments.yaml`, a sentence each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployments: Option<Vec<String>>,
    /// What is wrong with reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<Problem>>,
    /// The Prometheus; absent where none is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<PrometheusHealth>,
}

/// What is known about the Prometheus.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct PrometheusHealth {
    /// Its address, without what in it is secret.
    pub url: String,
    /// Why it does not answer, and what to do. Nothing else is known then.
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
    /// What queries of production are about, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployments: Option<Vec<InProduction>>,
    /// Model servers whose last scrape failed, in the order of the alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<Vec<String>>,
    /// What deployments lack of what dashboards show, a sentence each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
}
