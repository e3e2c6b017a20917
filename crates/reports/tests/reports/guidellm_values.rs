//! Every value of every level equals the one in the file, bit for bit. The file is walked
//! here a second time, by its paths and with another parser.

use std::path::Path;

use headroom_engine::level::{Distribution, Level};
use headroom_engine::run::{LoadModel, Run};
use serde_json::Value;

use crate::support::{data, files, guidellm_reports, plain_bytes, shared};

#[test]
fn reports_of_this_crate() {
    let checked: usize = guidellm_reports().iter().map(|path| check(path)).sum();
    assert_eq!(checked, 45, "benchmarks compared");
}

#[test]
fn reports_of_the_shared_data() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let folders = [
        "ours/reports/guidellm",
        "ours/fixtures/guidellm",
        "ours/fixtures/quant",
        "ours/demo/reports",
        "public/guidellm",
    ];
    let reports: Vec<_> = folders.iter().flat_map(|folder| files(&shared.join("data").join(folder))).collect();
    let checked: usize = reports.iter().map(|path| check(path)).sum();
    println!("{} reports, {checked} benchmarks compared", reports.len());
    assert!(reports.len() >= 30 && checked >= 150);
}

/// Compares a report with what was read of it, and returns how many benchmarks it has.
fn check(path: &Path) -> usize {
    let name = path.strip_prefix(data()).unwrap_or(path).display().to_string();
    let reading = headroom_reports::read_file(path, "report");
    assert_eq!(reading.problems, vec![], "{name}");
    let document: Value = serde_json::from_slice(&plain_bytes(path)).unwrap();
    let benchmarks = document["benchmarks"].as_array().unwrap();
    for benchmark in benchmarks {
        let (run, level) = find(&reading.runs, benchmark).unwrap_or_else(|| panic!("{name}: a benchmark is missing"));
        check_level(benchmark, level, &name);
        assert_eq!(run.provenance.tool, "guidellm");
        assert_eq!(run.provenance.tool_version.as_deref(), document["metadata"]["guidellm_version"].as_str());
        check_model(&document, benchmark, run, &name);
    }
    for run in &reading.runs {
        assert!(run.levels.windows(2).all(|pair| pair[0].load < pair[1].load), "{name}: ascending");
        let starts =
            || run.levels.iter().chain(run.off_curve.iter().map(|off| &off.level)).filter_map(|l| l.started_ms);
        assert_eq!(run.provenance.started_ms, starts().min());
    }
    benchmarks.len()
}

fn strategy(benchmark: &Value) -> &Value {
    let current = &benchmark["config"]["strategy"];
    if current.is_null() { &benchmark["args"]["strategy"] } else { current }
}

/// The level of a benchmark, by its strategy and start.
fn find<'r>(runs: &'r [Run], benchmark: &Value) -> Option<(&'r Run, &'r Level)> {
    let kind = strategy(benchmark)["type_"].as_str()?;
    let started = (benchmark["start_time"].as_f64()? * 1000.0).round();
    let same = |level: &Level| level.started_ms.is_some_and(|ms| (ms as f64 - started).abs() < 0.5);
    for run in runs {
        let kind_of_run = match run.load_model {
            LoadModel::Closed => ["concurrent", "synchronous"].contains(&kind),
            LoadModel::Open(arrivals) => kind == format!("{arrivals:?}").to_lowercase(),
        };
        if let Some(level) = run.levels.iter().find(|level| kind_of_run && same(level)) {
            return Some((run, level));
        }
        if let Some(off) = run.off_curve.iter().find(|off| off.strategy == kind && same(&off.level)) {
            return Some((run, &off.level));
        }
    }
    None
}

fn check_level(benchmark: &Value, level: &Level, name: &str) {
    let metrics = &benchmark["metrics"];
    let strategy = strategy(benchmark);
    match strategy["type_"].as_str().unwrap() {
        "concurrent" => same(Some(level.load), &strategy["streams"], name, "streams"),
        "constant" | "poisson" => same(Some(level.load), &strategy["rate"], name, "rate"),
        "synchronous" => assert_eq!(level.load.to_bits(), 1.0_f64.to_bits(), "{name}"),
        "throughput" => {}
        other => panic!("{name}: the test knows no strategy {other}"),
    }
    let totals =
        if benchmark["request_totals"].is_null() { &metrics["request_totals"] } else { &benchmark["request_totals"] };
    assert_eq!(level.requests.ok, totals["successful"].as_u64().unwrap(), "{name}");
    assert_eq!(level.requests.errored, totals["errored"].as_u64().unwrap(), "{name}");
    assert_eq!(level.requests.incomplete, totals["incomplete"].as_u64().unwrap(), "{name}");
    same(level.duration_s, &benchmark["duration"], name, "duration");
    same(level.concurrency, &metrics["request_concurrency"]["total"]["mean"], name, "concurrency");

    let ok = level.requests.ok;
    check_distribution(&metrics["request_latency"], level.e2e.as_ref(), 1000.0, ok, name);
    check_distribution(&metrics["time_to_first_token_ms"], level.ttft.as_ref(), 1.0, ok, name);
    check_distribution(&metrics["time_per_output_token_ms"], level.tpot.as_ref(), 1.0, ok, name);
    check_distribution(&metrics["inter_token_latency_ms"], level.itl.as_ref(), 1.0, ok, name);

    for (found, key) in [
        (level.reported.requests, "requests_per_second"),
        (level.reported.output_tokens, "output_tokens_per_second"),
        (level.reported.prompt_tokens, "prompt_tokens_per_second"),
        (level.reported.total_tokens, "tokens_per_second"),
        (level.prompt_tokens, "prompt_token_count"),
        (level.output_tokens, "output_token_count"),
    ] {
        // Without any count, the zeros that are written are no measurement.
        let summary = &metrics[key]["successful"];
        let expected = if summary["count"] == 0 { &Value::Null } else { &summary["mean"] };
        same(found, expected, name, key);
    }
    let duration = benchmark["duration"].as_f64().unwrap();
    close(level.rates.requests, ok as f64 / duration, name);
    for (found, key) in
        [(level.rates.output_tokens, "output_token_count"), (level.rates.prompt_tokens, "prompt_token_count")]
    {
        let tokens = &metrics[key]["successful"];
        close(found, tokens["mean"].as_f64().unwrap() * tokens["count"].as_f64().unwrap() / duration, name);
    }
    close(level.rates.total_tokens, level.rates.output_tokens.unwrap() + level.rates.prompt_tokens.unwrap(), name);

    let warnings = benchmark["warnings"].as_array().map_or(0, Vec::len);
    assert_eq!(level.tool_warnings.len(), warnings, "{name}");
    for (found, warning) in level.tool_warnings.iter().zip(benchmark["warnings"].as_array().into_iter().flatten()) {
        assert!(
            found.contains(warning["code"].as_str().unwrap()) && found.contains(warning["message"].as_str().unwrap())
        );
    }
    check_samples(benchmark, level, name);
}

fn check_distribution(metric: &Value, found: Option<&Distribution>, scale: f64, ok: u64, name: &str) {
    let expected = &metric["successful"];
    let Some(found) = found else {
        assert_eq!(expected["count"].as_u64().unwrap_or(0), 0, "{name}");
        return;
    };
    let scaled = |value: &Value| value.as_f64().map(|value| value * scale);
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    assert_eq!(found.count, expected["count"].as_u64().unwrap().min(ok), "{name}");
    for (found, key) in [(found.mean, "mean"), (found.std, "std_dev"), (found.min, "min"), (found.max, "max")] {
        assert_eq!(bits(found), bits(scaled(&expected[key])), "{name} {key}");
    }
    assert_eq!(bits(found.quantile(0.5)), bits(scaled(&expected["median"])), "{name} median");
    let percentiles = expected["percentiles"].as_object().unwrap();
    for (key, q) in [
        ("p001", 0.001),
        ("p01", 0.01),
        ("p05", 0.05),
        ("p10", 0.1),
        ("p25", 0.25),
        ("p50", 0.5),
        ("p75", 0.75),
        ("p90", 0.9),
        ("p95", 0.95),
        ("p99", 0.99),
        ("p999", 0.999),
    ] {
        if key == "p50" && !percentiles.contains_key(key) {
            continue;
        }
        assert_eq!(bits(found.quantile(q)), bits(scaled(&percentiles[key])), "{name} {key}");
    }
    let without_median = usize::from(!percentiles.contains_key("p50"));
    assert_eq!(found.quantiles.len(), percentiles.len() + without_median, "{name}");
}

fn check_samples(benchmark: &Value, level: &Level, name: &str) {
    let rows = benchmark["requests"]["successful"].as_array().map_or(&[][..], Vec::as_slice);
    let complete = rows.len() as u64 == level.requests.ok && level.requests.ok > 0;
    assert_eq!(level.samples.is_some(), complete, "{name}: {} rows of {}", rows.len(), level.requests.ok);
    let Some(samples) = &level.samples else { return };
    let start = benchmark["start_time"].as_f64().unwrap();
    for (index, row) in rows.iter().enumerate() {
        let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        let began =
            if row["request_start_time"].is_null() { number("start_time") } else { number("request_start_time") };
        for (found, expected) in [
            (samples.start_s[index], began - start),
            (samples.ttft_ms[index], number("time_to_first_token_ms")),
            (samples.itl_ms[index], number("inter_token_latency_ms")),
            (samples.tpot_ms[index], number("time_per_output_token_ms")),
            (samples.e2e_ms[index], number("request_latency") * 1000.0),
            (samples.output_tokens[index], number("output_tokens")),
        ] {
            assert_eq!(found.to_bits(), expected.to_bits(), "{name} row {index}");
        }
    }
}

/// The model is the one that is stated, and else the one that the requests asked for.
fn check_model(document: &Value, benchmark: &Value, run: &Run, name: &str) {
    let stated =
        [&benchmark["config"]["backend"]["model"], &benchmark["worker"]["backend_model"], &document["args"]["model"]]
            .into_iter()
            .find_map(Value::as_str);
    let Some(known) = &run.deployment.model else { panic!("{name}: no model") };
    if let Some(model) = stated {
        assert_eq!((known.value.as_str(), known.source.as_str()), (model, "report"), "{name}");
    } else {
        let arguments = document["benchmarks"][0]["requests"]["successful"][0]["request_args"].as_str().unwrap();
        assert_eq!(known.source, "request body", "{name}");
        assert!(arguments.contains(&format!("'model': '{}'", known.value)), "{name}: {}", known.value);
    }
}

fn same(found: Option<f64>, expected: &Value, name: &str, what: &str) {
    assert_eq!(found.map(f64::to_bits), expected.as_f64().map(f64::to_bits), "{name} {what}: {found:?} for {expected}");
}

fn close(found: Option<f64>, expected: f64, name: &str) {
    let found = found.unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found} for {expected}");
}
