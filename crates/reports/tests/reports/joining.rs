//! Files of one load step each become one run.

use std::path::PathBuf;

use headroom_engine::run::Run;
use headroom_reports::{Reading, combine, join, join_runs, read, read_file, read_paths};
use serde_json::json;

use crate::support::{data, every_file, shared, told};

/// `tool: loads` of each run of the files below a folder, given in this order.
fn runs(folder: &str, files: &[PathBuf]) -> (Reading, Vec<String>) {
    let root = data();
    let named: Vec<(PathBuf, String)> = files
        .iter()
        .map(|path| (path.clone(), path.strip_prefix(root.join(folder)).unwrap_or(path).to_string_lossy().into_owned()))
        .collect();
    let reading = read_paths(&named);
    let said = reading
        .runs
        .iter()
        .map(|run| {
            let loads: Vec<String> = run.levels.iter().map(|level| level.load.to_string()).collect();
            format!("{}: {}", run.provenance.tool, loads.join(" "))
        })
        .collect();
    (reading, said)
}

fn check(folder: &str, expected: &[&str], sources: &[&str]) {
    let mut files = every_file(&data().join(folder));
    let (reading, said) = runs(folder, &files);
    assert_eq!(said, expected, "{folder}");
    assert_eq!(told(&reading.problems), Vec::<String>::new(), "{folder}");
    let named: Vec<&str> = reading.runs.iter().map(|run| run.provenance.source.as_str()).collect();
    assert_eq!(named, sources, "{folder}");
    files.reverse();
    let (again, _) = runs(folder, &files);
    assert_eq!(again.runs.len(), reading.runs.len());
    for (run, other) in reading.runs.iter().zip(&again.runs) {
        assert_eq!((&run.id, &run.levels, &run.provenance), (&other.id, &other.levels, &other.provenance), "any order");
        assert!(run.id.len() == 16 && run.provenance.content_hash.starts_with(&run.id));
    }
}

#[test]
fn sweeps_become_one_run() {
    check(
        "vllm-bench/sweep",
        &["vllm bench: 1 4 16"],
        &[
            "BENCH--max_concurrency=1/run=0.json, BENCH--max_concurrency=16/run=0.json, BENCH--max_concurrency=4/run=0.json",
        ],
    );
    check(
        "aiperf/0.13.0-sweep",
        &["aiperf: 1 4 16"],
        &["concurrency_1/profile_export_aiperf.json, concurrency_16/profile_export_aiperf.json, \
           concurrency_4/profile_export_aiperf.json"],
    );
    let stages = "stage_0_lifecycle_metrics.json, stage_1_lifecycle_metrics.json";
    check("inference-perf", &["inference-perf: 4 10"], &[stages]);
}

#[test]
fn settings_beside_the_stages_name_the_model() {
    let folder = data().join("inference-perf");
    let (reading, _) = runs("inference-perf", &every_file(&folder));
    let deployment = &reading.runs[0].deployment;
    let model = deployment.model.as_ref().unwrap();
    assert_eq!(
        (model.value.as_str(), model.source.as_str()),
        ("RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic", "config.yaml")
    );
    assert_eq!(deployment.quantization.as_ref().unwrap().value, "fp8");
    assert_eq!(reading.runs[0].workload.shape.as_deref(), Some("random 48 in / 24 out"));
}

#[test]
fn public_sweeps() {
    let Some(shared) = shared() else {
        println!("left out: no shared data beside the workspace (set HEADROOM_SHARED)");
        return;
    };
    let cases = [
        ("inference-perf/vllm", vec![7]),
        ("inference-perf/vllm+quantization", vec![7]),
        ("inferencex/glm-5", vec![6, 6, 6]),
        ("inferencex/minimax-m2.5", vec![4, 6, 6, 6]),
        // Three repetitions of one rate: a run each.
        ("vllm-bench/h100/llm-d-1p1d", vec![1, 1, 1]),
    ];
    for (folder, expected) in cases {
        let (reading, _) = runs(folder, &every_file(&shared.join("data/public").join(folder)));
        let levels: Vec<usize> = reading.runs.iter().map(|run| run.levels.len()).collect();
        assert_eq!(levels, expected, "{folder}");
        assert_eq!(told(&reading.problems), Vec::<String>::new(), "{folder}");
    }
    let folder = shared.join("data/public/inference-perf/vllm");
    let (reading, _) = runs("vllm", &every_file(&folder));
    let json = |name: String| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
    };
    for stage in 0..7 {
        let load = &json(format!("stage_{stage}_lifecycle_metrics.json"))["load_summary"];
        let rates = [load["requested_rate"].as_f64().unwrap(), load["achieved_rate"].as_f64().unwrap()];
        let level = reading.runs[0].levels.iter().find(|level| rates.contains(&level.load)).unwrap();
        let server = &json(format!("stage_{stage}_prometheus_metrics.json"))["successes"];
        assert_eq!(level.server.queue_depth, server["queue_len"]["mean"].as_f64(), "stage {stage}");
        // Asked for by a name that this vLLM has not: 0 throughout.
        assert_eq!(level.server.kv_cache_use, None, "stage {stage}");
    }
}

fn step(users: u32, model: &str, prompt_tokens: u32) -> serde_json::Value {
    json!({ "date": format!("20260101-00000{users}"), "backend": "openai", "model_id": model, "num_prompts": 10, "request_rate": "inf",
        "max_concurrency": users, "duration": 2.0, "completed": 10, "failed": 0, "total_input_tokens": 10 * prompt_tokens,
        "total_output_tokens": 160, "request_throughput": 5.0, "mean_ttft_ms": f64::from(users), "mean_tpot_ms": 2.0 })
}

fn reading(source: &str, step: &serde_json::Value) -> Reading {
    read(source, &*serde_json::to_vec(step).unwrap())
}

#[test]
fn what_differs_stays_apart() {
    let count = |b: Reading| join(vec![reading("a/c1.json", &step(1, "org/m", 100)), b]).runs.len();
    assert_eq!(count(reading("a/c4.json", &step(4, "org/m", 100))), 1, "one sweep");
    assert_eq!(count(reading("a/c4.json", &step(4, "org/m", 110))), 1, "random lengths");
    assert_eq!(count(reading("a/c4.json", &step(4, "org/m", 1000))), 2, "another workload");
    assert_eq!(count(reading("a/c4.json", &step(4, "org/n", 100))), 2, "another model");
    assert_eq!(count(reading("b/c4.json", &step(4, "org/m", 100))), 2, "another folder");
    assert_eq!(count(reading("a/tuned-c4.json", &step(4, "org/m", 100))), 2, "another name");
    assert_eq!(count(reading("a/c1.json", &step(1, "org/m", 100))), 1, "the same file twice");
    let mut again = step(1, "org/m", 100);
    again["mean_ttft_ms"] = json!(7.0);
    assert_eq!(count(reading("a/c1-2.json", &again)), 2, "a repetition is a run of its own");
    let mut labelled = step(4, "org/m", 100);
    labelled["engine"] = json!("vllm 0.32");
    assert_eq!(count(reading("a/c4.json", &labelled)), 2, "another setting");
}

/// A joined run is made again from its members alone, in full.
#[test]
fn members_make_the_run_again() {
    for folder in ["vllm-bench/sweep", "aiperf/0.13.0-sweep", "inference-perf", "inferencex"] {
        let root = data().join(folder);
        let runs: Vec<Run> = every_file(&root)
            .iter()
            .flat_map(|path| read_file(path, &path.strip_prefix(&root).unwrap().to_string_lossy()).runs)
            .collect();
        let bare = |mut run: Run| {
            for level in run.levels.iter_mut().chain(run.off_curve.iter_mut().map(|off| &mut off.level)) {
                level.samples = None;
                for of in [&mut level.ttft, &mut level.itl, &mut level.e2e].into_iter().flatten() {
                    of.quantiles.clear();
                }
            }
            run
        };
        let outlines = join_runs(runs.iter().cloned().map(bare).collect());
        let joined = join_runs(runs.clone());
        assert_eq!(outlines.len(), joined.len(), "{folder}");
        for (outline, whole) in outlines.iter().zip(joined) {
            assert_eq!((&outline.run.id, &outline.members), (&whole.run.id, &whole.members));
            let members = outline.members.iter().map(|member| {
                let is_it = |run: &&Run| run.id == member.id && run.provenance.source == member.source;
                runs.iter().find(is_it).unwrap().clone()
            });
            assert_eq!(combine(members.collect()).unwrap(), whole.run, "{folder}");
        }
    }
    assert_eq!(combine(Vec::new()), None);
}

/// Years of nightly benchmarks in one folder.
#[test]
fn many_repetitions_of_one_load() {
    const NIGHTS: usize = 2_000;
    let night = reading("c1.json", &step(1, "org/m", 100)).runs.remove(0);
    let runs = (0..NIGHTS * 3).map(|index| {
        let mut run = night.clone();
        run.id = format!("{index:016x}");
        run.provenance.source = format!("m_c{}_{:05}.json", index % 3, index / 3);
        run.levels[0].load = (index % 3) as f64;
        run.levels[0].duration_s = Some(index as f64);
        run
    });
    let joined = join_runs(runs.collect());
    assert_eq!(joined.len(), NIGHTS);
    assert!(joined.iter().all(|joined| joined.run.levels.len() == 3 && joined.members.len() == 3));
}

/// GuideLLM with `--rate 4` and then `--rate 8`, a file each.
#[test]
fn guidellm_files_of_one_load_are_one_sweep() {
    use crate::support::{benchmark, concurrent, report};
    let file = |name: &str, users: &[u32]| {
        let benchmarks: Vec<_> =
            users.iter().map(|&users| benchmark(&concurrent(users), u64::from(users) * 10)).collect();
        read(name, &*serde_json::to_vec(&report(&benchmarks)).unwrap())
    };
    let joined = join(vec![file("d/c4.json", &[4]), file("d/c8.json", &[8]), file("d/c16.json", &[16])]);
    assert_eq!(joined.runs.len(), 1, "{:?}", joined.runs);
    assert_eq!(joined.runs[0].levels.iter().map(|level| level.load).collect::<Vec<_>>(), [4.0, 8.0, 16.0]);
    // A file that is a sweep stays what it is.
    let apart = join(vec![file("d/full.json", &[4, 8]), file("d/c16.json", &[16])]);
    let levels: Vec<usize> = apart.runs.iter().map(|run| run.levels.len()).collect();
    assert_eq!(levels, [1, 2], "{:?}", apart.runs);
}
