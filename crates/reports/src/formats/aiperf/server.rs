//! What AIPerf learned from the server and from the GPUs: `server_metrics_export.json` beside a profile, and the power in it.

use headroom_engine::run::{Known, Run};

use crate::document;
use crate::hints;
use crate::sniff::Sniff;
use crate::tree::Tree;

/// Gauges of the requests that wait, and of the share of the KV cache in use, by server; of one server the first that it has.
const WAITING: &[&str] = &["vllm:num_requests_waiting", "sglang:num_queue_reqs"];
const KV_CACHE: &[&str] = &["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage"];

/// Labels of series that say the same as that of rank 0.
const RANKS: &[&str] = &["tp_rank", "pp_rank", "moe_ep_rank"];

/// The power of all GPUs, by vendor.
const POWER: &[&str] = &["nvidia_total_gpu_power", "amd_total_gpu_power", "total_gpu_power"];

/// The power of one GPU in the telemetry, which older exports do not sum up.
const POWER_OF_ONE: &[&str] = &["nvidia_power_usage", "amd_power_usage", "gpu_power_usage"];

pub(super) fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.has("metrics") && sniff.has("summary.endpoints_configured")
}

/// Puts queue and KV cache into the one level of a profile. Another document changes nothing.
pub(super) fn apply(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    let [level] = run.levels.as_mut_slice() else { return };
    let metrics = tree.get("metrics");
    let means = |names: &[&str]| -> Vec<f64> {
        let series = names.iter().map(|name| metrics.get(name).get("series").items()).find(|series| !series.is_empty());
        let first_ranks = series.unwrap_or_default().iter().filter(|one| is_first_rank(one.get("labels")));
        first_ranks.filter_map(|one| one.at("stats.avg").number()).filter(|&mean| mean >= 0.0).collect()
    };
    let waiting = means(WAITING);
    if !waiting.is_empty() {
        level.server.queue_depth = Some(waiting.iter().sum());
    }
    if let Some(share) = means(KV_CACHE).into_iter().reduce(f64::max).filter(|&share| share <= 1.0) {
        level.server.kv_cache_use = Some(share);
    }
}

fn is_first_rank(labels: &Tree) -> bool {
    RANKS.iter().all(|rank| labels.get(rank).text().is_none_or(|rank| rank == "0"))
}

/// The GPUs that were watched.
fn gpus(metrics: &Tree) -> impl Iterator<Item = &Tree> {
    let endpoints = metrics.at("telemetry_data.endpoints").entries().iter();
    endpoints.flat_map(|(_, endpoint)| endpoint.get("gpus").entries()).map(|(_, gpu)| gpu)
}

/// What all GPUs are that were watched; how many of them the deployment occupies is not said.
pub(super) fn hardware(metrics: &Tree) -> Option<Known<String>> {
    let names = || gpus(metrics).map(|gpu| gpu.get("gpu_name").text());
    let name = names().next().flatten()?;
    names()
        .all(|other| other == Some(name))
        .then(|| Known { value: hints::hardware_name(name), source: "GPU telemetry".to_owned() })
}

/// The mean power of all GPUs, watts.
pub(super) fn power_w(metrics: &Tree) -> Option<f64> {
    let told = POWER.iter().find_map(|name| watts(metrics.get(name)));
    told.or_else(|| {
        let each: Vec<f64> = gpus(metrics)
            .filter_map(|gpu| POWER_OF_ONE.iter().find_map(|name| watts(gpu.get("metrics").get(name))))
            .collect();
        (!each.is_empty()).then(|| each.iter().sum())
    })
}

fn watts(metric: &Tree) -> Option<f64> {
    let scale = match metric.get("unit").text()? {
        "W" | "watts" => 1.0,
        "kW" => 1_000.0,
        "mW" => 0.001,
        _ => return None,
    };
    metric.get("avg").positive().map(|power| power * scale)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use crate::recorded::{self, json};

    /// The mean of every series of a gauge.
    fn means(export: &Value, name: &str) -> Vec<f64> {
        let series = export["metrics"][name]["series"].as_array().unwrap();
        series.iter().map(|one| one["stats"]["avg"].as_f64().unwrap()).collect()
    }

    #[test]
    fn recorded_evidence_of_the_server() {
        let folder = recorded::folder("aiperf").join("0.13.0-server");
        let profiles: Vec<_> = recorded::files(&folder)
            .into_iter()
            .filter(|path| path.ends_with(Path::new("profile_export_aiperf.json")))
            .collect();
        assert_eq!(profiles.len(), 2);
        for path in profiles {
            let reading = crate::read_file(&path, "a.json");
            assert_eq!(reading.problems, vec![]);
            assert_eq!(reading.runs[0].deployment.hardware.as_ref().unwrap().value, "NVIDIA L4");
            let level = &reading.runs[0].levels[0];
            let export = json(&path.with_file_name("server_metrics_export.json"));
            assert_eq!(level.server.queue_depth, Some(means(&export, "vllm:num_requests_waiting")[0]));
            assert_eq!(level.server.kv_cache_use, Some(means(&export, "vllm:kv_cache_usage_perc")[0]));
            let profile = json(&path);
            assert_eq!(level.server.power_w, profile["nvidia_total_gpu_power"]["avg"].as_f64());
            let at = |name: &str| profile[name]["avg"].as_f64().unwrap();
            let energy = at("nvidia_total_gpu_power") / (at("total_osl") / at("benchmark_duration"));
            assert_eq!(level.joules_per_output_token(), Some(energy));
            // Where the tool does not sum up, the GPUs are summed.
            let mut older = profile.clone();
            older.as_object_mut().unwrap().remove("nvidia_total_gpu_power");
            let text = serde_json::to_vec(&older).unwrap();
            let each = profile["telemetry_data"]["endpoints"].as_object().unwrap().values().next().unwrap()["gpus"]
                .as_object()
                .unwrap();
            let sum: f64 = each.values().map(|gpu| gpu["metrics"]["nvidia_power_usage"]["avg"].as_f64().unwrap()).sum();
            let summed = crate::read("a.json", text.as_slice()).runs.remove(0).levels.remove(0).server;
            assert_eq!(summed.power_w, Some(sum));
            assert_eq!((summed.queue_depth, summed.kv_cache_use), (None, None), "what is not beside it is not known");
        }
    }

    /// Every engine of every replica has some hundred metrics.
    #[test]
    fn a_large_export_is_read() {
        let recorded = recorded::folder("aiperf").join("0.13.0-server/concurrency_8");
        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("profile_export_aiperf.json");
        std::fs::copy(recorded.join("profile_export_aiperf.json"), &report).unwrap();
        let mut export = json(&recorded.join("server_metrics_export.json"));
        let histogram = serde_json::json!({ "type": "histogram", "description": "x".repeat(3_000), "series": [] });
        for number in 0..1_500 {
            export["metrics"][format!("a_{number}")] = histogram.clone();
        }
        let text = serde_json::to_vec(&export).unwrap();
        assert!(text.len() > 4 << 20);
        std::fs::write(folder.path().join("server_metrics_export.json"), text).unwrap();
        let level = crate::read_file(&report, "a.json").runs.remove(0).levels.remove(0);
        assert_eq!(level.server.queue_depth, Some(means(&export, "vllm:num_requests_waiting")[0]));
    }
}
