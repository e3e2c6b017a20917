//! How much a person is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{root, run, stdout, text};

/// Findings of a run on the published reports, in the mean, while everything was told that could be.
const EVERYTHING: f64 = 3.4;

#[test]
fn published_reports_get_what_changes_an_answer_or_what_to_do_next() {
    let shared = std::env::var_os("HEADROOM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = shared.join("data/public");
    if !folder.is_dir() {
        println!("left out: the public reports are not at {}", folder.display());
        return;
    }
    // Some of them are no reports, or damaged: what can be read is judged.
    let answer = run(&["analyze", "--format", "json", folder.to_str().unwrap()]);
    let analysis: Value = serde_json::from_slice(&answer.stdout).unwrap();
    let runs = analysis["runs"].as_array().unwrap();
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in runs.iter().flat_map(|run| run["verdict"]["findings"].as_array().unwrap()) {
        *told.entry(finding["code"].as_str().unwrap()).or_default() += 1;
    }
    let mean = told.values().sum::<usize>() as f64 / runs.len() as f64;
    println!("{} runs, {mean:.2} findings each: {told:?}", runs.len());
    assert!(runs.len() >= 30, "{}", runs.len());
    assert!(mean < 0.7 * EVERYTHING, "{mean} findings a run: {told:?}");
}

/// A table with two errors, two warnings and a note: percentiles the wrong way around and an impossible rate, few levels and
/// requests, and a level to measure next.
const TABLE: &str = "users,ttft_p50_ms,ttft_p95_ms,itl_p95_ms,requests,output_tokens,output_tokens_per_second
1,90,50,10,40,100,9000
4,300,700,12,40,100,9000
8,500,1500,20,40,100,9000
";

#[test]
fn three_kinds_of_findings_are_told_and_the_others_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    fs::write(&file, TABLE).unwrap();
    let file = file.to_str().unwrap();
    let kinds = |text: &str| -> Vec<String> {
        let codes = text.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(code, _)| code.to_owned());
        codes.filter(|code| code.contains('_')).collect()
    };
    let (few, all) = (stdout(&["analyze", file]), stdout(&["analyze", file, "--all-findings"]));
    let (told, every) = (kinds(&few), kinds(&all));
    assert!(told.len() == 3 && every.len() > 3, "{told:?} {every:?}");
    assert_eq!(told, every[..3], "the gravest are told");
    let json: Value = serde_json::from_str(&stdout(&["analyze", file, "--format", "json"])).unwrap();
    let whole = json["runs"][0]["verdict"]["findings"].as_array().unwrap().len();
    assert!(whole >= every.len(), "the answer for programs has all of them");
    assert!(few.contains("of less weight: --all-findings.") && !all.contains("--all-findings"), "{few}");
}

#[test]
fn a_table_without_counts_does_not_say_that_nothing_succeeded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    fs::write(&file, "users,ttft_p95_ms\n1,90\n4,300\n8,1500\n").unwrap();
    let told = text(&run(&["analyze", file.to_str().unwrap()]).stdout);
    assert!(told.contains("3 levels, requests not counted"), "{told}");
    assert!(!told.contains("0 successful") && told.contains(" –"), "{told}");
}
