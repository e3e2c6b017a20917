//! Files of one sweep are one run of the data source, the same one that the command line has.

use std::fs;
use std::path::{Path, PathBuf};

use headroom_engine::run::Run;
use headroom_engine::slo::{Slo, parse_limit};
use headroom_engine::verdict::assess;
use headroom_reports::read_paths;
use serde_json::{Value, json};

use super::support::{Fixture, INT8, numbers, texts, workspace};

/// Recorded reports of every tool.
fn recorded(path: &str) -> PathBuf {
    workspace().join("crates/reports/tests/data").join(path)
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// Puts the files below a folder into the store; returns their names there.
fn put(fixture: &Fixture, folder: &str, to: &str) -> Vec<String> {
    let root = recorded(folder);
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let name = |path: &PathBuf| format!("{to}/{}", path.strip_prefix(&root).unwrap().display());
    for path in &paths {
        fixture.write(&name(path), &fs::read(path).unwrap());
    }
    paths.iter().map(name).collect()
}

/// What the command line makes of the same files.
fn joined(fixture: &Fixture, names: &[String]) -> Vec<Run> {
    let named: Vec<(PathBuf, String)> = names.iter().map(|name| (fixture.path(name), name.clone())).collect();
    read_paths(&named).runs
}

async fn runs(fixture: &Fixture) -> Vec<Value> {
    assert_eq!(fixture.call(&fixture.context, "POST", "refresh").await.0, 200);
    let (status, runs) = fixture.get("runs").await;
    assert_eq!(status, 200, "{runs}");
    runs.as_array().unwrap().clone()
}

fn column(runs: &[Value], key: &str) -> Vec<Value> {
    runs.iter().map(|run| run[key].clone()).collect()
}

#[tokio::test]
async fn a_sweep_is_one_run_in_every_answer() {
    for (folder, load, loads, expected) in [
        (
            "vllm-bench/sweep",
            "closed",
            &[1.0, 4.0, 16.0][..],
            &[
                "BENCH--max_concurrency=1/run=0.json",
                "BENCH--max_concurrency=16/run=0.json",
                "BENCH--max_concurrency=4/run=0.json",
            ][..],
        ),
        (
            "aiperf/0.13.0-sweep",
            "closed",
            &[1.0, 4.0, 16.0],
            &[
                "concurrency_1/profile_export_aiperf.json",
                "concurrency_16/profile_export_aiperf.json",
                "concurrency_4/profile_export_aiperf.json",
            ],
        ),
        ("inference-perf", "open", &[4.0, 10.0], &["stage_0_lifecycle_metrics.json", "stage_1_lifecycle_metrics.json"]),
    ] {
        let fixture = Fixture::with(&[]);
        let names = put(&fixture, folder, "s");
        let [run] = <[Run; 1]>::try_from(joined(&fixture, &names)).unwrap();

        let listed = runs(&fixture).await;
        assert_eq!(column(&listed, "id"), [json!(run.id)], "{folder}: the command line's id");
        let expected: Vec<String> = expected.iter().map(|file| format!("s/{file}")).collect();
        assert_eq!(listed[0]["files"], json!(expected));
        assert_eq!(listed[0]["source"], json!(run.provenance.source));
        assert_eq!((&listed[0]["levels"], &listed[0]["problems"]), (&json!(loads.len()), &json!(0)));
        let ok: u64 = run.levels.iter().map(|level| level.requests.ok).sum();
        assert_eq!(listed[0]["requests"], json!(ok));
        assert_eq!(fixture.get("problems").await.1, json!([]), "{folder}: files beside a report need no word");
        let (_, one) = fixture.get(&format!("runs/{}", run.id)).await;
        assert_eq!((&one["files"], &one["problem_list"]), (&json!(expected), &json!([])));

        let frames = fixture.frames(json!({ "queryType": "levels", "statistic": "p99", "loadModel": load })).await;
        assert_eq!(numbers(frames[0].field("load").unwrap()), loads, "{folder}");
        let ttft: Vec<f64> =
            run.levels.iter().map(|level| level.ttft.as_ref().unwrap().quantile(0.99).unwrap()).collect();
        assert_eq!(numbers(frames[0].field("ttft_p99").unwrap()), ttft);
        let limit = "ttft_mean=1s";
        let query = json!({ "queryType": "verdict", "loadModel": load, "slo": "custom", "limits": [limit] });
        let frames = fixture.frames(query).await;
        let verdict = assess(&run, &Slo::custom(vec![parse_limit(limit).unwrap()]));
        assert_eq!(texts(frames[0].field("sentence").unwrap()), [verdict.sentence.as_str()]);
        assert_eq!(texts(frames[0].field("run").unwrap()), [run.id.as_str()]);
    }
}

#[tokio::test]
async fn a_sweep_grows_and_shrinks_with_its_files() {
    let fixture = Fixture::with(&[INT8]);
    let step = |users: u32| format!("s/BENCH--max_concurrency={users}/run=0.json");
    let write = |users: u32| {
        let report = recorded(&format!("vllm-bench/sweep/BENCH--max_concurrency={users}/run=0.json"));
        fixture.write(&step(users), &fs::read(report).unwrap());
    };
    write(1);
    assert_eq!(column(&runs(&fixture).await, "levels").len(), 2, "beside a report that is a run by itself");
    let first = column(&runs(&fixture).await, "id");
    write(4);
    let grown = runs(&fixture).await;
    assert_eq!(column(&grown, "files")[1..], [json!([step(1), step(4)])]);
    assert_ne!(column(&grown, "id")[1..], first[1..], "other files are another run");
    let frames = fixture.frames(json!({ "queryType": "levels", "runs": [grown[1]["id"]] })).await;
    assert_eq!(numbers(frames[0].field("load").unwrap()), [1.0, 4.0]);
    fs::remove_file(fixture.path(&step(4))).unwrap();
    assert_eq!(column(&runs(&fixture).await, "id"), first);
}

#[tokio::test]
async fn copies_are_not_runs_of_their_own() {
    let fixture = Fixture::with(&[]);
    let names = put(&fixture, "vllm-bench/sweep", "b");
    let whole = joined(&fixture, &names)[0].id.clone();
    put(&fixture, "vllm-bench/sweep", "a");
    let listed = runs(&fixture).await;
    assert_eq!(column(&listed, "id"), [json!(whole)], "two copies of a sweep");
    assert_eq!(listed[0]["files"][0], "a/BENCH--max_concurrency=1/run=0.json");
    // One step alone in a folder is a run, and still a part of the sweep in the other.
    for users in [4, 16] {
        fs::remove_dir_all(fixture.path(&format!("a/BENCH--max_concurrency={users}"))).unwrap();
    }
    let listed = runs(&fixture).await;
    assert_eq!(column(&listed, "levels").len(), 2, "{listed:?}");
    let sweep = listed.iter().find(|run| run["id"] == json!(whole)).unwrap();
    assert_eq!((&sweep["levels"], &sweep["files"][0]), (&json!(3), &json!("b/BENCH--max_concurrency=1/run=0.json")));
}

#[tokio::test]
async fn facts_tell_steps_apart_and_name_what_was_joined() {
    let fixture = Fixture::with(&[]);
    let names = put(&fixture, "vllm-bench/sweep", "s");
    let whole = joined(&fixture, &names)[0].id.clone();
    let facts = |entries: &str| {
        fs::write(fixture.path("deployments.yaml"), format!("deployments:\n{entries}")).unwrap();
    };
    facts(&format!("  - {{ name: chosen, match: {{ run: {whole} }} }}\n"));
    assert_eq!(column(&runs(&fixture).await, "deployment"), [json!("chosen")], "by the id that is shown");
    facts("  - { name: all, match: { path: \"s/*/run=0.json\" } }\n");
    assert_eq!(column(&runs(&fixture).await, "deployment"), [json!("all")], "by the path of each file");
    facts("  - { name: other, match: { path: \"s/*=16/*\" } }\n");
    let mut listed: Vec<(Value, Value)> =
        runs(&fixture).await.into_iter().map(|run| (run["deployment"].clone(), run["levels"].clone())).collect();
    listed.sort_by_key(|(name, _)| name.to_string());
    assert_eq!(listed.len(), 2, "another deployment is another run");
    assert_eq!((&listed[1].0, &listed[1].1), (&json!("other"), &json!(1)));
    assert_eq!(listed[0].1, json!(2));
}

#[tokio::test]
async fn settings_beside_a_report_name_its_model_whenever_they_come() {
    let fixture = Fixture::with(&[]);
    for stage in ["stage_0_lifecycle_metrics.json", "stage_1_lifecycle_metrics.json"] {
        fixture.write(&format!("p/{stage}"), &fs::read(recorded("inference-perf").join(stage)).unwrap());
    }
    assert_eq!(column(&runs(&fixture).await, "model"), [Value::Null], "the report itself does not say");
    let settings = fs::read_to_string(recorded("inference-perf/config.yaml")).unwrap();
    let model = "RedHatAI/Llama-3.1-8B-Instruct-FP8-dynamic";
    assert!(settings.contains(model));
    fixture.write("p/config.yaml", settings.as_bytes());
    assert_eq!(column(&runs(&fixture).await, "model"), [json!(model)]);
    assert_eq!(column(&runs(&fixture).await, "quantization"), [json!("fp8")]);
    fixture.write("p/config.yaml", settings.replace(model, "another/model").as_bytes());
    assert_eq!(column(&runs(&fixture).await, "model"), [json!("another/model")], "a changed file");
    fs::remove_file(fixture.path("p/config.yaml")).unwrap();
    assert_eq!(column(&runs(&fixture).await, "model"), [Value::Null], "and one that is gone");
}

#[tokio::test]
async fn a_file_beside_no_report_is_still_told() {
    let fixture = Fixture::with(&[]);
    fixture.write("p/config.yaml", &fs::read(recorded("inference-perf/config.yaml")).unwrap());
    runs(&fixture).await;
    assert_eq!(fixture.get("problems").await.1[0]["code"], "companion");
}
