//! Every value of every level of every tool but GuideLLM equals the one in the file, bit for
//! bit, units converted. The file is walked here a second time with another parser.

use std::path::{Path, PathBuf};

use headroom_engine::level::Level;
use serde_json::Value;

use crate::numbers::{Numbers, compare, put, put_latency};
use crate::support::{data, every_file, plain_bytes, shared};

#[test]
fn reports_of_this_crate() {
    let checked: Vec<(Tool, usize)> = folders(&data());
    let expected =
        [(Tool::VllmBench, 10), (Tool::Sglang, 4), (Tool::InferencePerf, 2), (Tool::AiPerf, 11), (Tool::InferenceX, 1)];
    assert_eq!(checked, expected, "load steps compared");
}

#[test]
fn reports_of_the_shared_data() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let checked = folders(&shared.join("data"));
    println!("load steps compared: {checked:?}");
    assert_eq!(checked.len(), 6, "tools");
    assert!(checked.iter().all(|(_, steps)| *steps > 0));
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tool {
    VllmBench,
    Sglang,
    InferencePerf,
    AiPerf,
    InferenceX,
    LlmD,
}

/// Compares every file in a folder that is a tool's and counts its load steps.
fn folders(folder: &Path) -> Vec<(Tool, usize)> {
    let mut checked = std::collections::BTreeMap::new();
    for path in every_file(folder) {
        if let Some((tool, steps)) = check(&path) {
            *checked.entry(tool).or_insert(0) += steps;
        }
    }
    checked.into_iter().collect()
}

/// Compares one file; `None` when it is no report of these tools.
fn check(path: &Path) -> Option<(Tool, usize)> {
    if !["json", "jsonl", "yaml"].iter().any(|end| path.extension().is_some_and(|extension| extension == *end)) {
        return None;
    }
    let documents = documents(path)?;
    let first = documents.first()?;
    let has = |key: &str| first.get(key).is_some();
    let (tool, walk): (Tool, fn(&Value) -> Numbers) = if has("mean_e2e_latency_ms") {
        (Tool::Sglang, sglang)
    } else if has("tput_per_gpu") {
        (Tool::InferenceX, inferencex)
    } else if has("request_throughput") && has("model_id") {
        (Tool::VllmBench, vllm_bench)
    } else if has("load_summary") && first["load_summary"].get("requested_rate").is_some() {
        (Tool::InferencePerf, inference_perf)
    } else if (has("input_config") && has("request_count")) || (has("parameters") && has("metrics")) {
        (Tool::AiPerf, aiperf)
    } else if has("scenario") && has("version") && (has("results") || has("metrics")) {
        (Tool::LlmD, llm_d)
    } else {
        return None;
    };
    let source = path.to_string_lossy();
    let reading = headroom_reports::read_file(path, &source);
    let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new(), "{source}");
    let levels: Vec<&Level> = reading.runs.iter().flat_map(|run| &run.levels).collect();
    let mut expected: Vec<Numbers> = documents.iter().map(walk).collect();
    if let [only] = expected.as_mut_slice() {
        only.extend(beside(path));
    }
    compare(&source, &levels, expected);
    for (level, document) in levels.iter().zip(&documents) {
        samples(level, document, &source);
    }
    Some((tool, documents.len()))
}

/// The objects of a file, one a load step.
fn documents(path: &Path) -> Option<Vec<Value>> {
    let bytes = plain_bytes(path);
    let text = String::from_utf8(bytes).ok()?;
    if path.extension().is_some_and(|extension| extension == "yaml") {
        let options = serde_saphyr::options! {
            with_snippet: false,
            non_finite_float_policy: serde_saphyr::NonFiniteFloatPolicy::PassThrough,
        };
        return serde_saphyr::from_str_with_options(&text, options).ok().map(|document| vec![document]);
    }
    let text = text.replace(": Infinity", ": null");
    if let Ok(whole) = serde_json::from_str::<Value>(&text) {
        let steps = whole.get("per_combination_metrics").cloned();
        return Some(match steps.unwrap_or(whole) {
            Value::Array(items) => items,
            object => vec![object],
        });
    }
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

fn number(value: &Value, path: &str) -> Option<f64> {
    value.pointer(path).and_then(Value::as_f64)
}

fn flat<'v>(document: &'v Value, ending: &'v str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let map = document.as_object().unwrap();
    map.iter().filter_map(move |(key, value)| Some((key.strip_suffix(ending)?, value)))
}

fn nested<'v>(document: &'v Value, path: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let map = document.pointer(path).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// Counts, duration and the rates that follow from them.
fn counted(numbers: &mut Numbers, ok: f64, errored: f64, duration: f64, prompt: f64, output: f64) {
    put(numbers, "ok", Some(ok));
    put(numbers, "errored", Some(errored));
    put(numbers, "incomplete", Some(0.0));
    put(numbers, "duration_s", Some(duration));
    put(numbers, "rates.requests", Some(ok / duration));
    put(numbers, "rates.prompt", Some(prompt / duration));
    put(numbers, "rates.output", Some(output / duration));
    put(numbers, "rates.total", Some(prompt / duration + output / duration));
}

fn little(numbers: &mut Numbers) {
    let product = numbers.get("e2e.mean").map(|e2e| numbers["rates.requests"] * e2e / 1000.0);
    put(numbers, "concurrency", product);
}

fn vllm_bench(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let ok = number(v, "/completed").unwrap();
    let prompts = number(v, "/num_prompts").unwrap();
    let (prompt, output) = (number(v, "/total_input_tokens").unwrap(), number(v, "/total_output_tokens").unwrap());
    put(&mut found, "load", number(v, "/request_rate").or(number(v, "/max_concurrency")));
    counted(
        &mut found,
        ok,
        number(v, "/failed").unwrap_or(prompts - ok),
        number(v, "/duration").unwrap(),
        prompt,
        output,
    );
    put(&mut found, "prompt_tokens", Some(prompt / ok));
    put(&mut found, "output_tokens", Some(output / ok));
    put(&mut found, "reported.requests", number(v, "/request_throughput"));
    put(&mut found, "reported.output", number(v, "/output_throughput"));
    put(&mut found, "reported.prompt", number(v, "/input_throughput"));
    put(&mut found, "reported.total", number(v, "/total_token_throughput"));
    for (ours, theirs) in [("ttft", "ttft"), ("itl", "tpot"), ("e2e", "e2el")] {
        put_latency(&mut found, ours, ok, 1.0, flat(v, &format!("_{theirs}_ms")));
        put_latency(&mut found, ours, ok, 1000.0, flat(v, &format!("_{theirs}")));
    }
    little(&mut found);
    found
}

fn sglang(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let ok = number(v, "/completed").unwrap();
    let (prompt, output) = (number(v, "/total_input_tokens").unwrap(), number(v, "/total_output_tokens").unwrap());
    put(&mut found, "load", number(v, "/request_rate").or(number(v, "/max_concurrency")));
    counted(&mut found, ok, 0.0, number(v, "/duration").unwrap(), prompt, output);
    put(&mut found, "prompt_tokens", Some(prompt / ok));
    put(&mut found, "output_tokens", Some(output / ok));
    put(&mut found, "reported.requests", number(v, "/request_throughput"));
    put(&mut found, "reported.output", number(v, "/output_throughput"));
    put(&mut found, "reported.prompt", number(v, "/input_throughput"));
    put(&mut found, "reported.total", number(v, "/total_throughput"));
    put_latency(&mut found, "ttft", ok, 1.0, flat(v, "_ttft_ms"));
    put_latency(&mut found, "itl", ok, 1.0, flat(v, "_tpot_ms"));
    put_latency(&mut found, "e2e", ok, 1.0, flat(v, "_e2e_latency_ms"));
    put(&mut found, "concurrency", number(v, "/concurrency"));
    found
}

fn inference_perf(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let ok = number(v, "/successes/count").unwrap();
    let reported = number(v, "/successes/throughput/requests_per_sec");
    let duration = number(v, "/benchmark_time_seconds").unwrap_or_else(|| ok / reported.unwrap());
    let prompt = number(v, "/successes/prompt_tokens/mean").or(number(v, "/successes/prompt_len/mean")).unwrap();
    let output = number(v, "/successes/output_len/mean").or(number(v, "/successes/output_tokens/mean")).unwrap();
    // What the client fell behind with was never sent.
    let (asked, sent) = (number(v, "/load_summary/requested_rate"), number(v, "/load_summary/achieved_rate"));
    let behind = sent.is_some() && sent < asked.map(|asked| asked * 0.99);
    put(&mut found, "load", if behind { sent } else { asked });
    put(&mut found, "asked_load", asked.filter(|_| behind));
    counted(&mut found, ok, number(v, "/failures/count").unwrap(), duration, prompt * ok, output * ok);
    put(&mut found, "prompt_tokens", Some(prompt));
    put(&mut found, "output_tokens", Some(output));
    put(&mut found, "reported.requests", reported);
    put(&mut found, "reported.output", number(v, "/successes/throughput/output_tokens_per_sec"));
    put(&mut found, "reported.prompt", number(v, "/successes/throughput/input_tokens_per_sec"));
    put(&mut found, "reported.total", number(v, "/successes/throughput/total_tokens_per_sec"));
    for (ours, theirs) in
        [("ttft", "time_to_first_token"), ("itl", "time_per_output_token"), ("e2e", "request_latency")]
    {
        put_latency(&mut found, ours, ok, 1000.0, nested(v, &format!("/successes/latency/{theirs}")));
    }
    little(&mut found);
    found
}

fn aiperf(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let metrics = v.get("metrics").unwrap_or(v);
    let average = |name: &str| number(metrics, &format!("/{name}/avg"));
    let users = ["/parameters/concurrency", "/input_config/phases/0/concurrency", "/input_config/loadgen/concurrency"];
    put(&mut found, "load", users.iter().find_map(|path| number(v, path)));
    let ok = average("request_count").unwrap();
    assert_eq!(metrics.pointer("/request_latency/unit").unwrap(), "ms");
    assert_eq!(metrics.pointer("/benchmark_duration/unit").unwrap(), "sec");
    let duration = average("benchmark_duration").unwrap() * 1000.0 / 1000.0;
    let (prompt, output) = (average("total_isl").unwrap(), average("total_osl").unwrap());
    counted(&mut found, ok, average("error_request_count").unwrap_or(0.0), duration, prompt, output);
    put(&mut found, "prompt_tokens", average("input_sequence_length"));
    put(&mut found, "output_tokens", average("output_sequence_length"));
    put(&mut found, "reported.requests", average("request_throughput"));
    put(&mut found, "reported.output", average("output_token_throughput"));
    put(&mut found, "reported.prompt", average("input_token_throughput"));
    put(&mut found, "reported.total", average("total_token_throughput"));
    for (ours, theirs) in [("ttft", "time_to_first_token"), ("itl", "inter_token_latency"), ("e2e", "request_latency")]
    {
        put_latency(&mut found, ours, ok, 1.0, nested(metrics, &format!("/{theirs}")));
    }
    little(&mut found);
    put(&mut found, "concurrency", average("effective_concurrency"));
    put(&mut found, "server.power_w", average("nvidia_total_gpu_power"));
    found
}

/// What the files beside a report have of its server.
fn beside(path: &Path) -> Numbers {
    let json = |path: PathBuf| -> Option<Value> { serde_json::from_slice(&std::fs::read(path).ok()?).ok() };
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut found = Numbers::new();
    if let Some(stage) = name.strip_suffix("lifecycle_metrics.json")
        && let Some(v) = json(path.with_file_name(format!("{stage}prometheus_metrics.json")))
        && number(&v, "/successes/count") > Some(0.0)
    {
        put(&mut found, "server.queue_depth", number(&v, "/successes/queue_len/mean"));
        // What a Prometheus does not have is 0 there.
        let used = number(&v, "/successes/kv_cache_usage_percentage/mean").filter(|used| *used > 0.0);
        put(&mut found, "server.kv_cache_use", used);
    }
    if name == "profile_export_aiperf.json"
        && let Some(v) = json(path.with_file_name("server_metrics_export.json"))
    {
        // A series an engine: the requests wait in one of them, and the fullest cache is what limits.
        let means = |metric: &str| -> Vec<f64> {
            let series = v["metrics"][metric]["series"].as_array().unwrap();
            series.iter().map(|one| one["stats"]["avg"].as_f64().unwrap()).collect()
        };
        put(&mut found, "server.queue_depth", Some(means("vllm:num_requests_waiting").iter().sum()));
        put(&mut found, "server.kv_cache_use", means("vllm:kv_cache_usage_perc").into_iter().reduce(f64::max));
    }
    found
}

fn inferencex(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let gpus = number(v, "/tp").unwrap() * number(v, "/pp").unwrap();
    put(&mut found, "load", number(v, "/conc"));
    put(&mut found, "concurrency", number(v, "/conc"));
    for name in ["ok", "errored", "incomplete"] {
        put(&mut found, name, Some(0.0));
    }
    put(&mut found, "prompt_tokens", number(v, "/isl"));
    put(&mut found, "output_tokens", number(v, "/osl"));
    for (ours, theirs) in [("ttft", "ttft"), ("itl", "tpot"), ("e2e", "e2el")] {
        put_latency(&mut found, ours, 0.0, 1000.0, flat(v, &format!("_{theirs}")));
    }
    for (ours, theirs) in
        [("output", "output_tput_per_gpu"), ("prompt", "input_tput_per_gpu"), ("total", "tput_per_gpu")]
    {
        let rate = number(v, &format!("/{theirs}")).map(|rate| rate * gpus);
        put(&mut found, &format!("reported.{ours}"), rate);
        put(&mut found, &format!("rates.{ours}"), rate);
    }
    let requests = found["load"] / (found["e2e.mean"] / 1000.0);
    put(&mut found, "rates.requests", Some(requests));
    found
}

fn llm_d(v: &Value) -> Numbers {
    let mut found = Numbers::new();
    let newer = v.pointer("/results/request_performance/aggregate");
    let part = newer.unwrap_or_else(|| &v["metrics"]);
    let load = number(v, "/scenario/load/standardized/rate_qps").or(number(v, "/scenario/load/args/qps_values"));
    put(&mut found, "load", load);
    let errored = number(part, "/requests/failures").unwrap();
    let incomplete = number(part, "/requests/incomplete").unwrap_or(0.0);
    let ok = number(part, "/requests/total").unwrap() - errored - incomplete;
    let duration = number(v, "/metrics/time/duration").unwrap_or_else(|| {
        let text = v.pointer("/run/time/duration").unwrap().as_str().unwrap();
        text.strip_prefix("PT").and_then(|text| text.strip_suffix('S')).unwrap().parse().unwrap()
    });
    let prompt = number(part, "/requests/input_length/mean").unwrap();
    let output = number(part, "/requests/output_length/mean").unwrap();
    counted(&mut found, ok, errored, duration, prompt * ok, output * ok);
    put(&mut found, "incomplete", Some(incomplete));
    put(&mut found, "prompt_tokens", Some(prompt));
    put(&mut found, "output_tokens", Some(output));
    for (ours, theirs, plain) in [
        ("requests", "request_rate", "requests_per_sec"),
        ("output", "output_token_rate", "output_tokens_per_sec"),
        ("prompt", "input_token_rate", "input_tokens_per_sec"),
        ("total", "total_token_rate", "total_tokens_per_sec"),
    ] {
        let rate =
            number(part, &format!("/throughput/{theirs}/mean")).or(number(part, &format!("/throughput/{plain}")));
        put(&mut found, &format!("reported.{ours}"), rate);
    }
    for (ours, theirs) in
        [("ttft", "time_to_first_token"), ("itl", "time_per_output_token"), ("e2e", "request_latency")]
    {
        let units = part.pointer(&format!("/latency/{theirs}/units")).unwrap().as_str().unwrap();
        let scale = if units.starts_with("ms") { 1.0 } else { 1000.0 };
        put_latency(&mut found, ours, ok, scale, nested(part, &format!("/latency/{theirs}")));
    }
    little(&mut found);
    let engine = v.pointer("/results/observability/components/0/aggregate").unwrap_or(&Value::Null);
    put(&mut found, "server.queue_depth", number(engine, "/waiting_requests/mean"));
    if let Some(used) = number(engine, "/kv_cache_usage/mean") {
        assert_eq!(engine["kv_cache_usage"]["units"], "percent");
        put(&mut found, "server.kv_cache_use", Some(used * 0.01));
    }
    found
}

/// The columns of a level are those of the file, where it has one row for each request.
fn samples(level: &Level, document: &Value, source: &str) {
    let column = |key: &str| -> Option<Vec<f64>> { document.get(key)?.as_array()?.iter().map(Value::as_f64).collect() };
    let (Some(ttft), Some(tokens)) = (column("ttfts"), column("output_lens")) else {
        assert!(level.samples.is_none(), "{source}: samples without rows");
        return;
    };
    let sums: Vec<f64> = document["itls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gaps| gaps.as_array().unwrap().iter().fold(0.0, |sum, gap| sum + gap.as_f64().unwrap()))
        .collect();
    let samples = level.samples.as_ref().unwrap();
    assert_eq!(samples.len(), ttft.len(), "{source}");
    let latencies = column("latencies");
    for row in 0..ttft.len() {
        let e2e = latencies.as_ref().map_or(ttft[row] + sums[row], |latencies| latencies[row]);
        let gap = (e2e - ttft[row]) / (tokens[row] - 1.0);
        let found = [samples.ttft_ms[row], samples.e2e_ms[row], samples.itl_ms[row], samples.output_tokens[row]];
        let expected = [ttft[row] * 1000.0, e2e * 1000.0, gap * 1000.0, tokens[row]];
        assert_eq!(found.map(f64::to_bits), expected.map(f64::to_bits), "{source}: row {row}");
    }
    // The tool's own mean is the mean of these gaps.
    let mean = samples.itl_ms.iter().sum::<f64>() / ttft.len() as f64;
    let reported = level.itl.as_ref().unwrap().mean.unwrap();
    if latencies.is_some() {
        assert!((mean / reported - 1.0).abs() < 1e-9, "{source}: {mean} {reported}");
    }
}
