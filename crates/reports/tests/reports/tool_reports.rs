//! What the reports of vLLM, SGLang, inference-perf, AIPerf, InferenceX and llm-d say besides
//! their numbers, and what is said about files that are no report.

use std::collections::BTreeSet;
use std::io::Write as _;

use headroom_engine::breaking::BreakingState;
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::slo::{Slo, parse_limit};
use headroom_engine::verdict::assess;
use headroom_reports::{Code, Reading};
use serde_json::{Value, json};

use crate::support::{data, every_file, plain_bytes, read, shared, told};

fn vllm() -> Value {
    json!({ "model_id": "org/model-AWQ", "num_prompts": 10, "request_rate": "inf", "burstiness": 1.0, "max_concurrency": 4,
        "duration": 2.0, "completed": 8, "total_input_tokens": 80, "total_output_tokens": 160, "request_throughput": 4.0,
        "mean_ttft_ms": 5.0, "p99.9_ttft_ms": 9.0, "mean_tpot_ms": 2.0, "mean_itl_ms": 3.0 })
}

fn with(mut report: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().unwrap() {
        report[key] = value.clone();
    }
    report
}

fn one(reading: &Reading) -> &Run {
    assert_eq!(reading.runs.len(), 1, "{:?}", reading.problems);
    &reading.runs[0]
}

#[test]
fn how_vllm_offers_load() {
    let cases = [
        (json!({}), LoadModel::Closed, 4.0),
        (json!({ "request_rate": 2.5, "max_concurrency": null }), LoadModel::Open(Arrivals::Poisson), 2.5),
        (json!({ "request_rate": 2.5, "burstiness": 100.0 }), LoadModel::Open(Arrivals::Constant), 2.5),
        (json!({ "request_rate": 2.5, "burstiness": 0.5 }), LoadModel::Open(Arrivals::Poisson), 2.5),
    ];
    for (changes, model, load) in cases {
        let reading = read(&with(vllm(), &changes));
        let run = one(&reading);
        assert_eq!((run.load_model, run.levels[0].load), (model, load), "{changes}");
    }
    let burst = read(&with(vllm(), &json!({ "max_concurrency": null })));
    assert_eq!((burst.runs.len(), told(&burst.problems)), (0, vec!["no_levels".to_owned()]));
}

#[test]
fn vllm_failures_meanings_and_labels() {
    let report = with(vllm(), &json!({ "gpu": "H100", "api_key": "sk-x", "note": "Bearer y", "tp": "2" }));
    let reading = read(&report);
    let run = one(&reading);
    let level = &run.levels[0];
    assert_eq!((level.requests.ok, level.requests.errored), (8, 2), "prompts that did not complete");
    assert_eq!(level.itl.as_ref().unwrap().mean, Some(2.0), "a request's mean gap, not the gap between chunks");
    assert_eq!(level.ttft.as_ref().unwrap().quantile(0.999), Some(9.0));
    assert_eq!(level.tpot, None);
    let known = &run.deployment;
    assert_eq!(known.quantization.as_ref().unwrap().value, "awq");
    assert_eq!(known.gpus.as_ref().unwrap().value, 2);
    let labels: Vec<&str> = run.provenance.labels.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(labels, ["gpu", "tp"]);
}

#[test]
fn zeros_of_failed_runs_are_not_measured() {
    let reading = read(&with(vllm(), &json!({ "completed": 0, "mean_ttft_ms": 0.0, "mean_tpot_ms": 0.0 })));
    let level = &one(&reading).levels[0];
    assert_eq!((level.ttft.as_ref(), level.itl.as_ref(), level.prompt_tokens), (None, None, None));
    assert_eq!((level.rates.requests, level.rates.output_tokens), (Some(0.0), None));
    assert_eq!(level.requests.errored, 10);
}

/// A length below zero is none, and no number is so large that it could not be multiplied.
#[test]
fn numbers_that_cannot_be_are_not_measured() {
    let negative = read(&with(vllm(), &json!({ "total_output_tokens": -160 })));
    let run = one(&negative);
    assert_eq!((run.levels[0].prompt_tokens, run.workload.output_tokens), (Some(10.0), None));
    assert_eq!((run.levels[0].output_tokens, run.levels[0].rates.output_tokens), (None, None));
    let agg = json!({ "hw": "h200", "conc": 4, "model": "m", "framework": "trtllm", "precision": "fp4", "isl": 1024,
        "osl": 1024, "tp": 8, "ep": 1, "tput_per_gpu": 9.0, "output_tput_per_gpu": 3.0, "input_tput_per_gpu": 6.0,
        "mean_ttft": 1e308, "median_ttft": 0.25, "mean_e2el": 0.5 });
    let overflown = read(&agg);
    let ttft = one(&overflown).levels[0].ttft.clone().unwrap();
    assert_eq!((ttft.mean, ttft.quantiles), (None, vec![(0.5, 250.0)]));
    assert_eq!(told(&overflown.problems), ["out_of_range mean_ttft"]);
}

#[test]
fn what_is_missing_is_named() {
    let cases = [
        (json!({ "completed": null }), "missing_value completed"),
        (json!({ "duration": 0.0 }), "missing_value duration"),
        (json!({ "duration": "x" }), "missing_value duration"),
    ];
    for (changes, expected) in cases {
        let reading = read(&with(vllm(), &changes));
        assert_eq!((reading.runs.len(), told(&reading.problems)), (0, vec![expected.to_owned()]), "{changes}");
    }
}

#[test]
fn a_damaged_line_costs_that_line_and_what_follows() {
    let line = serde_json::to_string(&vllm()).unwrap();
    let text = format!("{line}\n{line}\n{}", &line[..40]);
    let reading = headroom_reports::read("a.json", text.as_bytes());
    assert_eq!(reading.runs.iter().map(|run| run.levels.len()).sum::<usize>(), 1, "the same measurement counts once");
    assert_eq!(reading.problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::Truncated]);
}

#[test]
fn inferencex_gpus() {
    let agg = json!({ "hw": "h200", "conc": 4, "model": "m", "precision": "FP4", "isl": 10, "osl": 5, "tp": 4, "pp": 2,
        "tput_per_gpu": 3.0, "output_tput_per_gpu": 1.0, "input_tput_per_gpu": 2.0, "mean_e2el": 0.5, "median_ttft": 0.1 });
    let reading = read(&json!([agg, with(agg.clone(), &json!({ "conc": 8 }))]));
    let run = one(&reading);
    assert_eq!(run.levels.iter().map(|level| level.load).collect::<Vec<_>>(), [4.0, 8.0]);
    let level = &run.levels[0];
    assert_eq!((level.rates.total_tokens, level.rates.output_tokens), (Some(24.0), Some(8.0)));
    assert_eq!((level.rates.requests, level.reported.requests), (Some(8.0), None));
    assert_eq!(run.deployment.quantization.as_ref().unwrap().value, "fp4");
    assert_eq!(run.deployment.hardware.as_ref().unwrap().value, "NVIDIA H200");
    // Its results do not count requests: no success known is no failure, so the deployment has not collapsed.
    let slo = Slo::custom(vec![parse_limit("e2e_mean=1s").unwrap()]);
    assert_eq!((level.requests.ok, level.requests.errored), (0, 0));
    assert_eq!(assess(run, &slo).state, BreakingState::Floor);
    let apart = read(&with(agg, &json!({ "num_prefill_gpu": 4, "num_decode_gpu": 8 })));
    assert_eq!(one(&apart).levels[0].rates.total_tokens, Some(36.0));
}

#[test]
fn llm_d_units_and_stack() {
    let report = json!({ "version": "0.2",
        "run": { "eid": "e1", "time": { "start": "2025-11-05T18:00:42Z", "end": "2025-11-05T18:01:42Z", "duration": "PT1M" } },
        "scenario": {
            "stack": [
                { "standardized": { "kind": "generic", "tool": "router" } },
                { "standardized": { "kind": "inference_engine", "tool": "vllm", "tool_version": "0.11", "model": { "name": "org/m" },
                    "accelerator": { "model": "NVIDIA-H100-80GB-HBM3", "count": 2, "parallelism": { "tp": 2 } } },
                  "native": { "args": { "--quantization": "FP8", "--api-key": "sk-secret" } } }],
            "load": { "standardized": { "concurrency": 16, "source": "random", "input_seq_len": { "value": 100 }, "output_seq_len": { "value": 20 } } } },
        "results": { "request_performance": { "aggregate": {
            "requests": { "total": 62, "failures": 2, "input_length": { "mean": 100.0 }, "output_length": { "mean": 20.0 } },
            "latency": { "time_to_first_token": { "units": "ms", "mean": 50.0, "p99p9": 70.0 }, "request_latency": { "units": "s", "mean": 2.0 } },
            "throughput": { "request_rate": { "units": "queries/s", "mean": 1.1 } } } } } });
    let reading = read(&report);
    let run = one(&reading);
    let level = &run.levels[0];
    assert_eq!((run.load_model, level.load, level.concurrency), (LoadModel::Closed, 16.0, Some(2.0)));
    assert_eq!((level.requests.ok, level.requests.errored, level.duration_s), (60, 2, Some(60.0)));
    assert_eq!((level.rates.requests, level.reported.requests), (Some(1.0), Some(1.1)));
    assert_eq!(level.ttft.as_ref().unwrap().quantile(0.999), Some(70.0));
    assert_eq!(level.e2e.as_ref().unwrap().mean, Some(2000.0));
    assert_eq!((level.started_ms, level.ended_ms), (Some(1_762_365_642_000), Some(1_762_365_702_000)));
    let known = &run.deployment;
    assert_eq!(known.quantization.as_ref().unwrap().value, "fp8");
    assert_eq!(known.hardware.as_ref().unwrap().value, "NVIDIA H100");
    assert_eq!((known.gpus.as_ref().unwrap().value, known.engine.as_ref().unwrap().value.as_str()), (2, "vllm 0.11"));
    assert_eq!(run.workload.shape.as_deref(), Some("random 100 in / 20 out"));
    assert!(!format!("{reading:?}").contains("sk-secret"));
}

#[test]
fn yaml_says_what_json_says() {
    let json = json!({ "load_summary": { "requested_rate": 4, "count": 2 }, "successes": { "count": 2,
        "latency": { "request_latency": { "mean": 0.5, "p99.9": 0.75 } }, "throughput": { "requests_per_sec": 1.0 } } });
    let yaml = "load_summary:\n  requested_rate: 4\n  count: 2\nsuccesses:\n  count: 2\n  latency:\n    request_latency:\n\
                \x20     mean: 0.5\n      p99.9: 0.75\n  throughput: {requests_per_sec: 1.0}\n";
    let (json, yaml) = (read(&json), headroom_reports::read("test.yaml", yaml.as_bytes()));
    assert_eq!(one(&yaml).levels, one(&json).levels);
    assert_eq!(one(&yaml).levels[0].e2e.as_ref().unwrap().quantile(0.999), Some(750.0));
    let broken = headroom_reports::read("test.yaml", "load_summary: [1, 2\nsuccesses:\n".as_bytes());
    assert_eq!((broken.runs.len(), told(&broken.problems)), (0, vec!["malformed".to_owned()]));
}

#[test]
fn every_file_is_read_or_names_why() {
    let mut roots = vec![data()];
    match shared() {
        Some(shared) => {
            let folders = ["ours/reports", "ours/fixtures", "ours/demo/reports", "public"];
            roots.extend(folders.iter().map(|folder| shared.join("data").join(folder)));
        }
        None => println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)"),
    }
    let mut seen = 0;
    for path in roots.iter().flat_map(|root| every_file(root)) {
        let source = path.to_string_lossy();
        // The largest is measured elsewhere; notes are no reports.
        if source.contains("-120MB") || source.ends_with(".md") {
            continue;
        }
        let reading = headroom_reports::read_file(&path, &source);
        seen += 1;
        for problem in &reading.problems {
            assert!(problem.message.starts_with("expected "), "{source}: {problem}");
        }
        if reading.runs.is_empty() {
            let codes: Vec<Code> = reading.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(codes, [Code::Companion], "{source}: {:?}", reading.problems);
        }
    }
    println!("{seen} files read");
}

/// Every tool's files read the same when they are packed.
#[test]
fn every_file_reads_the_same_however_it_is_packed() {
    let mut tools = BTreeSet::new();
    for path in every_file(&data()).iter().filter(|path| path.extension().is_none_or(|end| end != "md")) {
        let bytes = plain_bytes(path);
        let name = path.to_string_lossy();
        let plain = headroom_reports::read(&name, &*bytes);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&bytes).unwrap();
        for packed in [gzip.finish().unwrap(), zstd::encode_all(&*bytes, 1).unwrap()] {
            let reading = headroom_reports::read(&name, &*packed);
            assert_eq!(same(&reading), same(&plain), "{name}");
        }
        tools.extend(plain.runs.into_iter().map(|run| run.provenance.tool));
    }
    let expected = ["aiperf", "guidellm", "inference-perf", "inferencex", "sglang", "table", "vllm bench"];
    assert!(expected.iter().all(|tool| tools.iter().any(|found| found.starts_with(tool))), "{tools:?}");
}

/// A reading as text: unlike numbers, values that were not measured equal themselves there.
fn same(reading: &Reading) -> String {
    format!("{reading:?}")
}

#[test]
fn damaged_files_never_panic_and_are_never_silent() {
    let mut read = 0;
    for path in
        every_file(&data()).iter().filter(|path| !path.extension().is_some_and(|end| end == "zst" || end == "md"))
    {
        let bytes = std::fs::read(path).unwrap();
        let step = bytes.len() / 24 + 1;
        let cuts = (0..bytes.len()).step_by(step).map(|at| bytes[..at].to_vec());
        let changes = (1..bytes.len()).step_by(step).flat_map(|at| {
            [b'"', b'{', b']', b'9', b'-', 0xff].map(|byte| {
                let mut changed = bytes.clone();
                changed[at] = byte;
                changed
            })
        });
        for damaged in cuts.chain(changes) {
            let reading = headroom_reports::read("damaged", &*damaged);
            assert!(!reading.runs.is_empty() || !reading.problems.is_empty(), "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn values_of_another_kind_never_panic() {
    for path in every_file(&data()).iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(&std::fs::read(path).unwrap()) else { continue };
        for key in map.keys() {
            for other in [Value::Null, json!("x"), json!([]), json!({}), json!(-1), json!(1e300), json!(true), json!(0)]
            {
                let mut changed = map.clone();
                changed[key] = other;
                let reading = headroom_reports::read("changed", &*serde_json::to_vec(&changed).unwrap());
                for level in reading.runs.iter().flat_map(|run| &run.levels) {
                    assert!(level.load.is_finite() && level.load > 0.0, "{} {key}", path.display());
                }
            }
        }
    }
}

/// An agentic run: eight sessions whose subagents ask beside them.
#[test]
fn requests_in_flight_and_not_sessions_are_the_load() {
    let path = data().join("aiperf/profile_export_aiperf.json");
    let mut report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let load = |report: &Value| one(&read(report)).levels[0].load;
    let sessions = load(&report);
    report["effective_concurrency"] = json!({ "unit": "requests", "avg": sessions * 1.02 });
    assert_eq!(load(&report).to_bits(), sessions.to_bits(), "what rounding adds is none");
    report["effective_concurrency"]["avg"] = json!(11.0);
    assert_eq!(load(&report).to_bits(), 11.0_f64.to_bits());
    assert_eq!(one(&read(&report)).levels[0].asked_load, Some(sessions));
}

#[test]
fn a_client_that_falls_behind_offers_what_it_sends() {
    let path = data().join("inference-perf/stage_1_lifecycle_metrics.json");
    let mut report: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let asked = report["load_summary"]["requested_rate"].as_f64().unwrap();
    for (share, expected) in [(1.02, asked), (0.995, asked), (0.69, asked * 0.69)] {
        report["load_summary"]["achieved_rate"] = json!(asked * share);
        let reading = read(&report);
        let level = &one(&reading).levels[0];
        assert_eq!((level.load, level.asked_load), (expected, (share < 0.99).then_some(asked)), "{share}");
    }
}

/// A run that stopped after so many requests, and wrote its time limit as its duration.
#[test]
fn a_duration_that_the_requests_contradict_is_not_used() {
    let path = data().join("guidellm/0.8.1-sweep-w1.json.zst");
    let mut report: Value = serde_json::from_slice(&plain_bytes(&path)).unwrap();
    let whole = |benchmark: &&mut Value| benchmark["metrics"]["request_totals"]["incomplete"] == 0;
    let benchmark = report["benchmarks"].as_array_mut().unwrap().iter_mut().find(whole).unwrap();
    let said = benchmark["duration"].as_f64().unwrap();
    let rows = benchmark["requests"]["successful"].as_array().unwrap();
    let number = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let start = |row: &Value| number(row, "request_start_time");
    let first = rows.iter().map(start).fold(f64::INFINITY, f64::min);
    let last = rows.iter().map(|row| start(row) + number(row, "request_latency")).fold(0.0, f64::max);
    let (ok, span) = (rows.len() as f64, last - first);
    benchmark["duration"] = json!(said * 3.0);
    let strategy = benchmark["config"]["strategy"].clone();
    let only = json!({ "benchmarks": [benchmark.clone()] });
    let reading = read(&only);
    assert_eq!(told(&reading.problems), ["contradiction benchmarks[0].duration"], "{strategy}");
    let level = &one(&reading).levels[0];
    assert!((level.duration_s.unwrap() / span - 1.0).abs() < 1e-6, "{:?} {span}", level.duration_s);
    assert!((level.rates.requests.unwrap() / (ok / span) - 1.0).abs() < 1e-6);
    assert!(reading.problems[0].message.contains("time limit"), "{}", reading.problems[0].message);
    // One that was cut off by time did take that long.
    let mut cut = only;
    cut["benchmarks"][0]["metrics"]["request_totals"]["incomplete"] = json!(1);
    let reading = read(&cut);
    assert_eq!((one(&reading).levels[0].duration_s, reading.problems.len()), (Some(said * 3.0), 0));
}

#[test]
fn vllms_date_is_taken_as_utc_and_said_so() {
    let reading = read(&with(vllm(), &json!({ "date": "20261124-032516" })));
    let run = one(&reading);
    // Written at the end of two seconds.
    assert_eq!(
        (run.provenance.started_ms, run.provenance.ended_ms),
        (Some(1_795_490_714_000), Some(1_795_490_716_000))
    );
    let [key, value] = headroom_reports::ASSUMED_UTC.map(str::to_owned);
    assert!(run.provenance.labels.contains(&(key, value)), "{:?}", run.provenance.labels);
    let other = read(&with(vllm(), &json!({ "date": "yesterday" })));
    assert_eq!((one(&other).provenance.started_ms, one(&other).provenance.labels.len()), (None, 1));
}

#[test]
fn a_burst_alone_is_told_with_its_rates() {
    let path = data().join("guidellm/0.8.1-sweep-w1.json.zst");
    let mut report: Value = serde_json::from_slice(&plain_bytes(&path)).unwrap();
    let benchmarks = report["benchmarks"].as_array_mut().unwrap();
    benchmarks.retain(|benchmark| benchmark["config"]["strategy"]["type_"] == "throughput");
    let (ok, duration) = (&benchmarks[0]["metrics"]["request_totals"]["successful"], &benchmarks[0]["duration"]);
    let rate = headroom_engine::display::rate(ok.as_f64().unwrap() / duration.as_f64().unwrap());
    let reading = read(&report);
    assert_eq!((reading.runs.len(), told(&reading.problems)), (0, vec!["no_levels benchmarks".to_owned()]));
    let message = &reading.problems[0].message;
    assert!(
        message.contains(&format!("`throughput` with {rate} req/s and ")) && message.contains("no load that it holds"),
        "{message}"
    );
}
