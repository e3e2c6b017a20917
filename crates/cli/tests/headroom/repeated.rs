//! Repeated runs, as text and as JSON.

use std::fs;
use std::path::Path;

use headroom_engine::compare::mean_of_repeats;
use serde_json::Value;

use crate::{BF16, INT8, stdout};

fn analysis(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(&[&["analyze", "--format", "json"], arguments].concat())).unwrap()
}

#[test]
fn repeats_are_put_together_by_their_levels_and_everything_else_stands_alone() {
    let all = analysis(&["demo/reports"]);
    let repeats = all["repeats"].as_array().unwrap();
    let names: Vec<&str> = repeats.iter().map(|one| one["deployment"].as_str().unwrap()).collect();
    // The open loop and the run by another version of the tool repeat nothing.
    assert_eq!(names, ["tiny-llama-bf16", "tiny-llama-int8"]);
    for one in repeats {
        let loads: Vec<f64> = one["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| {
                let run = all["runs"].as_array().unwrap().iter().find(|run| run["id"] == *id).unwrap();
                run["verdict"]["breaking_load"].as_f64().unwrap()
            })
            .collect();
        assert_eq!(loads.len(), 2);
        let mean = mean_of_repeats(&loads).unwrap();
        assert_eq!(one["mean_breaking_load"], mean.value);
        // Two runs know little of their spread. Where their levels differ no less than the runs do, those know more.
        let [low, high] = [0, 1].map(|end| one["mean_interval"][end].as_f64().unwrap());
        assert!(mean.interval[0].max(0.0) <= low && low < mean.value, "{low}");
        assert!(mean.value < high && high <= mean.interval[1], "{high}");
    }
    let text = stdout(&["analyze", "demo/reports"]);
    let told = text.split_once("\nRepeated runs\n").unwrap().1.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains("10.4 and 11.7 users. 11.0 users on average (9.03–12.5 with 95% confidence, over 2 runs)"),
        "{told}"
    );
}

#[test]
fn different_deployments_repeat_nothing() {
    let facts = ["--deployments", "demo/reports/deployments.yaml"];
    assert_eq!(analysis(&[&[BF16, INT8], &facts[..]].concat())["repeats"], Value::Array(Vec::new()));
    assert!(!stdout(&["analyze", BF16]).contains("Repeated runs"));
}

/// A level table that crosses 1,000 ms at `breaks` users.
fn table(folder: &Path, name: &str, deployment: &str, breaks: f64, tokens: (u32, u32)) {
    let (prompt, output) = tokens;
    let levels: String = [2.0, 4.0, 8.0, 16.0]
        .map(|users| {
            let ttft = 1000.0 * users / breaks;
            format!("  - {{ users: {users}, ttft_p95_ms: {ttft}, itl_p95_ms: 20, requests: 400, duration_s: 60 }}\n")
        })
        .concat();
    let text = format!(
        "deployment: {{ {deployment} }}\nworkload: {{ prompt_tokens: {prompt}, output_tokens: {output} }}\nlevels:\n{levels}"
    );
    fs::write(folder.join(name), text).unwrap();
}

/// How many groups of repeats two tables in one folder give.
fn groups(deployments: [&str; 2], tokens: [(u32, u32); 2]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for (index, (deployment, tokens)) in deployments.into_iter().zip(tokens).enumerate() {
        table(folder.path(), &format!("{index}.yaml"), deployment, 5.0 + index as f64, tokens);
    }
    analysis(&[folder.path().to_str().unwrap()])["repeats"].as_array().unwrap().len()
}

#[test]
fn two_deployments_in_one_folder_are_not_averaged() {
    let alike = [(204, 62), (202, 63)];
    assert_eq!(groups(["model: mistral"; 2], alike), 1, "lengths scatter from run to run");
    assert_eq!(groups(["model: mistral"; 2], [(204, 62), (1024, 62)]), 0);
    assert_eq!(groups(["model: mistral, quantization: w4a16", "model: mistral, quantization: bf16"], alike), 0);
    assert_eq!(groups(["model: mistral, tensor_parallel: 2", "model: mistral, tensor_parallel: 4"], alike), 0);
    assert_eq!(groups(["model: mistral, engine: vllm 0.31", "model: mistral, engine: vllm 0.32"], alike), 0);
    // What is not known is the same as nothing else.
    assert_eq!(groups(["hardware: NVIDIA L4"; 2], alike), 0);
}

#[test]
fn lengths_that_scatter_leave_the_baseline_its_load() {
    let folder = tempfile::tempdir().unwrap();
    table(folder.path(), "before.yaml", "model: mistral", 6.0, (204, 62));
    table(folder.path(), "after.yaml", "model: mistral", 6.0, (202, 63));
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let output = crate::run(&["check", &path("after.yaml"), "--baseline", &path("before.yaml")]);
    let said = crate::text(&output.stdout);
    assert!(said.contains("TTFT p95 ≤ 1,000 ms at 4 users") && !said.contains("no load"), "{said}");
}

#[test]
fn runs_that_did_not_break_say_what_they_hold() {
    for (breaks, expected) in [
        ([5.0, 100.0], "5 users and at least 16 users. Without a breaking load of each run there is no average."),
        ([90.0, 100.0], "at least 16 users in each of 2 runs. Without"),
        ([1.0, 1.1], "less than 2 users in each of 2 runs. Without"),
        ([1.0, 100.0], "less than 2 users and at least 16 users. Without"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (index, breaks) in breaks.into_iter().enumerate() {
            table(folder.path(), &format!("{index}.yaml"), "model: mistral", breaks, (204, 62));
        }
        let told = stdout(&["analyze", folder.path().to_str().unwrap()]);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(expected), "expected `{expected}` in {told}");
        assert!(!told.contains("load users"), "{told}");
    }
}
