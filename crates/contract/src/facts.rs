//! What people write about service levels and deployments: entries of `slos` and `deployments` in the settings, and of
//! `deployments.yaml`. A fact that is left out stays unknown.

use std::collections::BTreeMap;

use serde::Serialize;

/// Label names with their values. Any name is allowed.
type Labels = BTreeMap<String, String>;

/// Limits that the user adds to the presets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct CustomSlo {
    /// Its id. With the id of a preset it replaces that preset.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who defined it and where.
    pub source: String,
    /// Its limits, for example `ttft_p95=1000ms`.
    pub limits: Vec<String>,
}

/// What reports do not say about a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct DeploymentFacts {
    /// The deployment's name.
    pub name: Option<String>,
    /// The runs that these facts apply to.
    #[serde(rename = "match")]
    pub matches: Option<DeploymentMatch>,
    /// The model's name.
    pub model: Option<String>,
    /// How its weights are stored, for example `w4a16`.
    pub quantization: Option<String>,
    /// The accelerator.
    pub hardware: Option<String>,
    /// Accelerators of one replica.
    pub gpus: Option<u32>,
    /// Tensor-parallel degree.
    pub tensor_parallel: Option<u32>,
    /// Serving engine and version.
    pub engine: Option<String>,
    /// What one replica costs.
    pub price: Option<Price>,
    /// The Prometheus series that belong to it.
    pub production: Option<ProductionMapping>,
}

/// The runs that a deployment's facts apply to. A run must match every key that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct DeploymentMatch {
    /// Pattern of the report's path in the store.
    pub path: Option<String>,
    /// Pattern of the model's name in the report.
    pub model: Option<String>,
    /// Id of one run.
    pub run: Option<String>,
    /// Labels that the benchmark was given.
    pub labels: Option<Labels>,
}

/// What one replica costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct Price {
    /// US dollars per hour for the whole replica.
    pub dollars_per_hour: Option<f64>,
    /// Where the price comes from.
    pub source: Option<String>,
    /// The region that the price applies to.
    pub region: Option<String>,
    /// The date of the price, `YYYY-MM-DD`.
    pub date: Option<String>,
}

/// The Prometheus series that belong to a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct ProductionMapping {
    /// The label `model_name`.
    pub model_name: Option<String>,
    /// The label `namespace`.
    pub namespace: Option<String>,
    /// Other labels and their values.
    pub labels: Option<Labels>,
    /// Labels of the DCGM exporter's series of its GPUs.
    pub gpu_labels: Option<Labels>,
}
