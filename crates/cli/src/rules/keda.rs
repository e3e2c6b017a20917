//! Autoscaling by KEDA: enough replicas for the load, each with the load that it holds less the margin.

use anyhow::Result;
use serde::Serialize;

use super::yaml::document;
use super::{Ruled, object};
use crate::arguments::Rules;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: object::Metadata,
    spec: Spec,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    scale_target_ref: Target,
    min_replica_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_replica_count: Option<u32>,
    polling_interval: u32,
    advanced: Advanced,
    triggers: Vec<Trigger>,
}

#[derive(Serialize)]
struct Target {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Advanced {
    horizontal_pod_autoscaler_config: AutoscalerConfig,
}

#[derive(Serialize)]
struct AutoscalerConfig {
    behavior: Behavior,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Behavior {
    scale_down: ScaleDown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScaleDown {
    stabilization_window_seconds: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    r#type: &'static str,
    metric_type: &'static str,
    metadata: TriggerMetadata,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TriggerMetadata {
    server_address: String,
    query: String,
    threshold: String,
    ignore_null_values: &'static str,
}

/// The manifest of one deployment.
pub(super) fn manifest(ruled: &Ruled, request: &Rules) -> Result<String> {
    let manifest = Manifest {
        api_version: "keda.sh/v1alpha1",
        kind: "ScaledObject",
        metadata: object::metadata(ruled),
        spec: Spec {
            scale_target_ref: Target { name: ruled.target.clone() },
            min_replica_count: request.min_replicas,
            max_replica_count: request.max_replicas,
            polling_interval: 15,
            advanced: Advanced {
                horizontal_pod_autoscaler_config: AutoscalerConfig {
                    // Loading a model takes minutes, so a replica is not removed at the first lull.
                    behavior: Behavior { scale_down: ScaleDown { stabilization_window_seconds: 600 } },
                },
            },
            triggers: vec![Trigger {
                r#type: "prometheus",
                // The number of replicas is the load of all replicas divided by this threshold.
                metric_type: "AverageValue",
                metadata: TriggerMetadata {
                    server_address: request.prometheus.clone(),
                    query: ruled.series.load_of_all(ruled.run.load_model),
                    threshold: ruled.threshold.act_at.to_string(),
                    // Missing data do not mean zero load: the number of replicas stays as it is.
                    ignore_null_values: "false",
                },
            }],
        },
    };
    document(&object::comment(ruled, "Replicas for the load, for KEDA."), &manifest)
}
