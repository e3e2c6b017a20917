//! How the benchmarks of a report become runs.

use std::io::Write as _;

use headroom_engine::run::{Arrivals, Known, LoadModel};
use serde_json::{Value, json};

use crate::support::{benchmark, concurrent, data, plain_bytes, read, report, told};

/// One line a run: load model, loads on the curve, what is beside it.
fn outline(document: &Value) -> (Vec<String>, Vec<String>) {
    let reading = read(document);
    let runs = reading
        .runs
        .iter()
        .map(|run| {
            let loads: Vec<String> =
                run.levels.iter().map(|level| format!("{}:{}", level.load, level.requests.ok)).collect();
            let off: Vec<String> =
                run.off_curve.iter().map(|off| format!("{}:{}", off.strategy, off.level.requests.ok)).collect();
            format!("{:?} [{}] beside [{}]", run.load_model, loads.join(" "), off.join(", "))
        })
        .collect();
    (runs, told(&reading.problems))
}

fn check(benchmarks: &[(Value, u64)], runs: &[&str], problems: &[&str]) {
    let benchmarks: Vec<Value> = benchmarks.iter().map(|(strategy, ok)| benchmark(strategy, *ok)).collect();
    let (found, told) = outline(&report(&benchmarks));
    assert_eq!(found, runs);
    assert_eq!(told, problems);
}

fn rate(kind: &str, rate: f64) -> Value {
    json!({ "type_": kind, "rate": rate, "max_concurrency": 10240 })
}

fn plain(kind: &str) -> Value {
    json!({ "type_": kind, "max_concurrency": 512 })
}

#[test]
fn load_models_never_share_a_curve() {
    check(&[(concurrent(8), 80), (concurrent(2), 20)], &["Closed [2:20 8:80] beside []"], &[]);
    check(&[(plain("synchronous"), 5), (concurrent(4), 40)], &["Closed [1:5 4:40] beside []"], &[]);
    check(
        &[
            (plain("synchronous"), 5),
            (plain("throughput"), 90),
            (rate("constant", 2.5), 25),
            (rate("constant", 1.0), 10),
        ],
        &["Open(Constant) [1:10 2.5:25] beside [throughput:90, synchronous:5]"],
        &[],
    );
    check(
        &[(concurrent(2), 20), (rate("poisson", 1.0), 10), (rate("constant", 3.0), 30), (plain("throughput"), 90)],
        &[
            "Closed [2:20] beside [throughput:90]",
            "Open(Constant) [3:30] beside [throughput:90]",
            "Open(Poisson) [1:10] beside [throughput:90]",
        ],
        &[],
    );
    check(&[(plain("synchronous"), 5), (plain("throughput"), 90)], &["Closed [1:5] beside [throughput:90]"], &[]);
    check(&[(plain("throughput"), 90)], &[], &["no_levels benchmarks"]);
    check(
        &[(concurrent(2), 20), (plain("spiral"), 9)],
        &["Closed [2:20] beside [spiral:9]"],
        &["unknown_strategy benchmarks[1].config.strategy.type_"],
    );
}

#[test]
fn of_two_levels_at_one_load_the_better_known_is_on_the_curve() {
    check(
        &[(concurrent(2), 20), (concurrent(2), 35), (concurrent(2), 7), (concurrent(4), 40)],
        &["Closed [2:35 4:40] beside [concurrent (same load again):20, concurrent (same load again):7]"],
        &["duplicate_load benchmarks[0]", "duplicate_load benchmarks[2]"],
    );
    check(
        &[(plain("synchronous"), 9), (concurrent(1), 5)],
        &["Closed [1:9] beside [concurrent (same load again):5]"],
        &["duplicate_load benchmarks[1]"],
    );
}

#[test]
fn the_same_content_is_the_same_run_however_it_is_packed() {
    let bytes = plain_bytes(&data().join("guidellm/0.5.4-concurrent.json"));
    let plain = headroom_reports::read("a.json", &*bytes);
    assert_eq!(plain.runs[0].id, plain.runs[0].provenance.content_hash[..16]);
    // What sha256sum says of this file, and of one that is longer than the reader's window.
    assert_eq!(
        plain.runs[0].provenance.content_hash,
        "0070d40b69a04ef9cff06fb17a8fce0c42cbe8a98c9593de7352c506ff413167"
    );
    let long = headroom_reports::read_file(&data().join("guidellm/0.8.1-knee.json.zst"), "b.json");
    assert_eq!(
        long.runs[0].provenance.content_hash,
        "c37126bda43297b9deecba29223c5ebde70a8f99ec76ebdddcabd56fe866f57c"
    );
    assert_eq!(plain.problems, vec![]);

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&bytes).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(&*bytes, 3).unwrap();
    let twice = zstd::encode_all(&*gzip, 3).unwrap();
    for (name, packed) in [("gzip", gzip), ("zstd", zstd), ("gzip in zstd", twice)] {
        let reading = headroom_reports::read("a.json", &*packed);
        assert_eq!(reading, plain, "{name}");
    }
    // A byte order mark changes the bytes, not what they say.
    let marked = headroom_reports::read("a.json", &*[b"\xef\xbb\xbf".as_slice(), &bytes].concat());
    assert_eq!(marked.runs[0].levels, plain.runs[0].levels);
    assert_eq!(marked.problems, vec![]);
}

#[test]
fn keys_may_come_in_any_order() {
    let path = data().join("guidellm/0.8.1-sweep-w1.json.zst");
    let written = headroom_reports::read_file(&path, "a");
    // `serde_json` sorts keys: requests behind metrics, but start_time behind both.
    let sorted: Value = serde_json::from_slice(&plain_bytes(&path)).unwrap();
    let sorted = read(&sorted);
    assert_eq!(sorted.problems, vec![]);
    assert_eq!(written.runs[0].levels, sorted.runs[0].levels);
    assert_eq!(written.runs[0].off_curve, sorted.runs[0].off_curve);
    assert_eq!(written.runs[0].deployment, sorted.runs[0].deployment);
    assert_ne!(written.runs[0].id, sorted.runs[0].id);
}

#[test]
fn ids_tell_the_runs_of_a_report_apart() {
    let ids = |benchmarks: &[Value]| -> Vec<String> {
        read(&report(benchmarks)).runs.into_iter().map(|run| run.id[16..].to_owned()).collect()
    };
    let (closed, constant, poisson) =
        (benchmark(&concurrent(1), 1), benchmark(&rate("constant", 1.0), 1), benchmark(&rate("poisson", 1.0), 1));
    assert_eq!(ids(std::slice::from_ref(&closed)), [""]);
    assert_eq!(ids(&[closed.clone(), constant.clone()]), ["-closed", "-open"]);
    assert_eq!(ids(&[closed, constant, poisson]), ["-closed", "-open-constant", "-open-poisson"]);
}

#[test]
fn labels_and_names_tell_about_the_deployment() {
    let known = |value: &str, source: &str| Some(Known { value: value.to_owned(), source: source.to_owned() });
    let errors = headroom_reports::read_file(&data().join("guidellm/0.8.1-bf16-errors.json.zst"), "a.json");
    let run = &errors.runs[0];
    assert_eq!(
        run.provenance.labels,
        [("gpu", "H100"), ("gpu_count", "1"), ("quantization", "bf16")].map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
    assert_eq!(run.deployment.quantization, known("bf16", "label quantization"));
    assert_eq!(run.deployment.hardware, known("H100", "label gpu"));
    assert_eq!(run.deployment.gpus, Some(Known { value: 1, source: "label gpu_count".to_owned() }));
    assert_eq!(run.workload.shape.as_deref(), Some("synthetic_text 64 in / 16 out"));
    assert_eq!(run.levels[0].requests.error_rate(), Some(5.0 / 85.0));

    let demo = headroom_reports::read_file(&data().join("guidellm/0.8.1-concurrent-int8.json.zst"), "int8/a.json");
    let run = &demo.runs[0];
    assert_eq!(run.deployment.name, known("tiny-llama-int8", "label deployment"));
    assert_eq!(run.deployment_label(), "tiny-llama-int8");
    assert_eq!(run.load_model, LoadModel::Closed);

    let old = headroom_reports::read_file(&data().join("guidellm/0.5.4-concurrent.json"), "a.json");
    let run = &old.runs[0];
    assert_eq!(run.deployment.model, known("RedHatAI/Llama-3.1-8B-Instruct-quantized.w4a16", "request body"));
    assert_eq!(run.deployment.quantization, known("w4a16", "model name"));
    assert_eq!(run.workload.shape.as_deref(), Some("synthetic 64 in / 32 out"));
    assert_eq!(run.deployment.price, None);
}

#[test]
fn a_poisson_load_is_its_rate() {
    let reading = headroom_reports::read_file(&data().join("guidellm/0.8.1-poisson.json.zst"), "a.json");
    assert_eq!(reading.runs[0].load_model, LoadModel::Open(Arrivals::Poisson));
    let loads: Vec<f64> = reading.runs[0].levels.iter().map(|level| level.load).collect();
    assert_eq!(loads, [4.0, 8.0, 16.0, 32.0]);
}
