//! What people write about service levels and deployments: entries of `slos` and `deployments` in the settings, and of
//! `deployments.yaml`. An absent fact stays unknown.

use std::collections::BTreeMap;

use serde::Serialize;

/// A list that is open: keys of later versions are kept by editors.
type Labels = BTreeMap<String, String>;

/// Limits that the user adds to the presets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct CustomSlo {
    /// Its id; that of a preset replaces the preset.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Who defined it and where.
    pub source: String,
    /// Such as `ttft_p95=1000ms`.
    pub limits: Vec<String>,
}

/// What reports do not say about a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct DeploymentFacts {
    /// The deployment's name.
    pub name: Option<String>,
    /// Which runs it speaks for.
    #[serde(rename = "match")]
    pub matches: Option<DeploymentMatch>,
    /// The model's name.
    pub model: Option<String>,
    /// How its weights are stored.
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
    /// Which series of Prometheus stand for it.
    pub production: Option<ProductionMapping>,
}

/// Which runs a deployment's facts speak for; of several keys all must hold.
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
    /// Who says so.
    pub source: Option<String>,
    /// Where it holds.
    pub region: Option<String>,
    /// `YYYY-MM-DD`
    pub date: Option<String>,
}

/// Which series of Prometheus stand for a deployment.
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
