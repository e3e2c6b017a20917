//! What AIPerf learned from the server and from the GPUs: `server_metrics_export.json` or `.csv` beside a profile, and the
//! power in it.
//!
//! The tool writes both unless told otherwise (`--server-metrics-formats`). The table is rounded to four decimals, so it only
//! says what the JSON does not.

use headroom_engine::level::Level;
use headroom_engine::run::{Known, Run};

use crate::cells::cells;
use crate::document;
use crate::hints;
use crate::limits;
use crate::sniff::Sniff;
use crate::tree::Tree;

/// Gauges of the waiting requests, and of the used share of the KV cache, by server. The first one that exists is used.
const WAITING: &[&str] = &["vllm:num_requests_waiting", "sglang:num_queue_reqs"];
const KV_CACHE: &[&str] = &["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "sglang:token_usage"];

/// Labels of ranks. Only rank 0 is read, because the other ranks repeat its value.
const RANKS: &[&str] = &["tp_rank", "pp_rank", "moe_ep_rank"];

/// The power of all GPUs, by vendor.
const POWER: &[&str] = &["nvidia_total_gpu_power", "amd_total_gpu_power", "total_gpu_power"];

/// The power of one GPU in the telemetry, which older exports do not sum up.
const POWER_OF_ONE: &[&str] = &["nvidia_power_usage", "amd_power_usage", "gpu_power_usage"];

/// How a table of metrics begins, whatever their kind.
const TABLE: &str = "Endpoint,Type,Metric,Unit,";

pub(super) fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.has("metrics") && sniff.has("summary.endpoints_configured")
}

pub(super) fn recognises_table(sniff: &Sniff<'_>) -> bool {
    sniff.has_line(TABLE)
}

/// The log of every scrape, which AIPerf itself takes the means of.
pub(super) fn recognises_log(sniff: &Sniff<'_>) -> bool {
    sniff.has("endpoint_url") && sniff.has("endpoint_latency_ns") && sniff.has("metrics")
}

/// Of all tools AIPerf alone writes Parquet, and nothing but this.
pub(super) fn recognises_parquet(sniff: &Sniff<'_>) -> bool {
    sniff.begins_with(b"PAR1")
}

/// The mean of a series, and whether it is that of the first rank.
type Mean = (Option<f64>, bool);

/// Puts queue and KV cache into the one level of a profile. Another document changes nothing.
pub(super) fn apply(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    let metrics = tree.get("metrics");
    tell(run, |name| {
        let series = metrics.get(name).get("series").items().iter();
        series
            .map(|one| (one.at("stats.avg").number(), is_first_rank(|rank| one.get("labels").get(rank).text())))
            .collect()
    });
}

/// The same from the table. Its sections, one for each kind of metric, begin with the names of their columns; a description of
/// several lines is the last of them and goes on where no metric is called so.
pub(super) fn apply_table(text: &str, run: &mut Run) {
    let mut found: Vec<(&str, Mean)> = Vec::new();
    let mut header = Vec::new();
    for line in text.lines() {
        let cells = cells(line);
        if line.starts_with(TABLE) {
            header = cells;
            continue;
        }
        let cell = |name: &str| header.iter().position(|column| *column == name).and_then(|at| cells.get(at));
        let known = WAITING.iter().chain(KV_CACHE).find(|name| cell("Metric").is_some_and(|metric| metric == *name));
        if let Some(name) = known {
            let mean = cell("avg").and_then(|text| text.parse().ok());
            let first_rank = is_first_rank(|rank| cell(rank).map(AsRef::as_ref).filter(|rank: &&str| !rank.is_empty()));
            found.push((name, (mean, first_rank)));
        }
    }
    tell(run, |name| found.iter().filter(|(metric, _)| *metric == name).map(|(_, mean)| *mean).collect());
}

/// Puts in what is not known yet, from the series of each gauge.
fn tell(run: &mut Run, series: impl Fn(&str) -> Vec<Mean>) {
    let [Level { server, .. }] = run.levels.as_mut_slice() else { return };
    let means = |names: &[&str]| -> Vec<f64> {
        let series = names.iter().map(|name| series(name)).find(|series| !series.is_empty()).unwrap_or_default();
        let first_ranks = series.into_iter().filter(|(_, first_rank)| *first_rank);
        first_ranks.filter_map(|(mean, _)| mean).filter(|mean| (0.0..=limits::LARGEST).contains(mean)).collect()
    };
    let waiting = means(WAITING);
    let queue = (!waiting.is_empty()).then(|| waiting.iter().sum());
    server.queue_depth = server.queue_depth.or(queue);
    let share = means(KV_CACHE).into_iter().reduce(f64::max).filter(|&share| share <= 1.0);
    server.kv_cache_use = server.kv_cache_use.or(share);
}

fn is_first_rank<'a>(label: impl Fn(&str) -> Option<&'a str>) -> bool {
    RANKS.iter().all(|rank| label(rank).is_none_or(|rank| rank == "0"))
}

/// The GPUs that were watched.
fn gpus(metrics: &Tree) -> impl Iterator<Item = &Tree> {
    let endpoints = metrics.at("telemetry_data.endpoints").entries().iter();
    endpoints.flat_map(|(_, endpoint)| endpoint.get("gpus").entries()).map(|(_, gpu)| gpu)
}

/// The model of the monitored GPUs, if they are all the same. How many of them the deployment uses is not known.
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
    use std::path::{Path, PathBuf};

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

    /// Where AIPerf wrote a run in every one of its formats.
    fn in_every_format() -> PathBuf {
        recorded::folder("aiperf").join("0.13.0-server-formats")
    }

    /// Queue and KV cache of the recorded run, read as `report` with these texts beside it.
    fn read_beside(report: &str, beside: &[(&str, &str)]) -> (Option<f64>, Option<f64>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(report);
        std::fs::copy(in_every_format().join("profile_export_aiperf.json"), &path).unwrap();
        for (name, text) in beside {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let server = crate::read_file(&path, report).runs.remove(0).levels.remove(0).server;
        (server.queue_depth, server.kv_cache_use)
    }

    /// The means of a gauge in a table without quotes.
    fn cells_of(table: &str, name: &str) -> Vec<f64> {
        let rows = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row.get(2) == Some(&name)).map(|row| row[4].parse().unwrap()).collect()
    }

    #[test]
    fn the_table_is_read_where_there_is_no_json() {
        let text = |name: &str| std::fs::read_to_string(in_every_format().join(name)).unwrap();
        let (table, json_text) = (text("server_metrics_export.csv"), text("server_metrics_export.json"));
        let export = json(&in_every_format().join("server_metrics_export.json"));
        let [waiting, cache] = ["vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"];
        let exactly = (Some(means(&export, waiting).iter().sum()), Some(means(&export, cache)[0]));
        let (queue, share) = (cells_of(&table, waiting), cells_of(&table, cache)[0]);
        assert!(queue.len() == 2 && queue[0] > 0.0, "two engines with a queue each: {queue:?}");
        let rounded = (Some(queue.iter().sum()), Some(share));
        let renamed = table.replace(",engine,", ",tp_rank,");
        // A description may have lines, commas and quotes of its own, and is the last cell.
        let described =
            table.replace("Number of requests waiting to be processed.", "\"Waiting,\nsay \"\"queued\"\"\nor so\"");
        let fixed = "profile_export_aiperf.json";
        let cases: &[(&str, &[(&str, &str)], _)] = &[
            (fixed, &[("server_metrics_export.csv", &table)], rounded),
            (fixed, &[("server_metrics_export.csv", &table), ("server_metrics_export.json", &json_text)], exactly),
            (
                fixed,
                &[("server_metrics_export.csv", &table), ("server_metrics_export.json", "{\"metrics\": {")],
                rounded,
            ),
            ("run.json", &[("run_server_metrics.csv", &table)], rounded),
            (fixed, &[("server_metrics_export.csv", &described)], rounded),
            // Ranks of one engine say the same; the first speaks for all.
            (fixed, &[("server_metrics_export.csv", &renamed)], (Some(queue[0]), Some(share))),
            (
                fixed,
                &[(
                    "server_metrics_export.csv",
                    "Endpoint,Type,Metric,Unit,avg\na,gauge,vllm:num_requests_waiting,,\n",
                )],
                (None, None),
            ),
            (fixed, &[("server_metrics_export.csv", "Metric,avg\nvllm:num_requests_waiting,3\n")], (None, None)),
            (fixed, &[], (None, None)),
        ];
        for (report, beside, expected) in cases {
            assert_eq!(read_beside(report, beside), *expected, "{report} {beside:?}");
        }
        let ((Some(exact), _), (Some(table), _)) = (exactly, rounded) else { panic!("both have a queue") };
        assert!((exact - table).abs() <= 2.0 * 0.5e-4, "the tool rounds to four decimals: {exact} {table}");
    }

    #[test]
    fn each_file_given_by_itself_says_what_to_give() {
        let option = "--server-metrics-formats json";
        for (name, parts) in [
            ("server_metrics_export.json", ["export of server metrics", "Give the profile_export_aiperf.json"]),
            ("server_metrics_export.csv", ["table of server metrics", "Give the profile_export_aiperf.json"]),
            ("server_metrics_export.jsonl", ["log of server metrics", option]),
            ("server_metrics_export.parquet", ["Parquet, which is not read", option]),
        ] {
            let reading = crate::read_file(&in_every_format().join(name), name);
            assert_eq!((reading.runs.len(), reading.problems.len()), (0, 1), "{name}");
            let problem = &reading.problems[0];
            assert_eq!(problem.code, crate::Code::Companion, "{problem}");
            for part in parts {
                assert!(problem.message.contains(part), "{name}: expected `{part}` in {problem}");
            }
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
