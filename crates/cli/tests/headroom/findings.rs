//! How much a person is told.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::{BF16, root, run, stdout, text};

/// Findings of a run on 144 published reports, in the mean, while everything was told that could be.
const EVERYTHING: f64 = 3.4;

/// The published reports; `None`, and a word about it, where they are not.
#[allow(clippy::print_stdout, reason = "a test that is left out says so")]
fn published() -> Option<PathBuf> {
    let shared = std::env::var_os("HEADROOM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = Some(shared.join("data/public")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("left out: the public reports are not at {}", shared.join("data/public").display());
    }
    folder
}

#[test]
fn published_reports_get_what_changes_an_answer_or_what_to_do_next() {
    let Some(folder) = published() else { return };
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
    assert!(mean < 0.4 * EVERYTHING, "{mean} findings a run: {told:?}");
    // None is told of half of the runs: what is true of most says nothing about one.
    for (code, count) in &told {
        assert!(2 * count < runs.len(), "{code} {count} times in {} runs", runs.len());
    }
}

/// What a person reads of every published report: three kinds of findings and the errors, and no sentence about nothing.
#[test]
fn published_reports_are_told_in_few_words_and_none_about_nothing() {
    let Some(folder) = published() else { return };
    let told = text(&run(&["analyze", folder.to_str().unwrap()]).stdout);
    let paragraphs: Vec<&str> = told.split("\n\n").collect();
    let of_findings = |paragraph: &&&str| {
        let first = paragraph.trim_start();
        ["error ", "warning ", "note "].iter().any(|severity| first.starts_with(severity))
    };
    let mut seen = 0;
    for paragraph in paragraphs.iter().filter(of_findings) {
        let errors = paragraph.lines().filter(|line| line.trim_start().starts_with("error ")).count();
        let kinds: BTreeSet<String> = kinds(paragraph).into_iter().collect();
        let others = kinds.len() - errors.min(kinds.len());
        assert!(others <= 3, "{others} kinds of findings beside {errors} errors: {paragraph}");
        assert!(kinds.len() <= 3 || errors > 0, "{kinds:?}");
        seen += 1;
    }
    assert!(seen >= 20, "{seen} paragraphs of findings in {} paragraphs", paragraphs.len());
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for nothing in ["breaking load users", "breaking load req/s", " 0 successful requests", "None of 0", "NaN", "inf "]
    {
        assert!(!words.contains(nothing), "`{nothing}` in {told}");
    }
}

/// The codes of findings, each as often as it is told.
fn kinds(text: &str) -> Vec<String> {
    let codes = text.split('[').skip(1).filter_map(|part| part.split_once(']')).map(|(code, _)| code.to_owned());
    codes.filter(|code| code.contains('_')).collect()
}

/// inference-perf's client sent less than it was asked for: one sentence for all of its stages.
#[test]
fn a_client_that_fell_behind_is_told_in_a_sentence() {
    let Some(folder) = published() else { return };
    let folder = folder.join("inference-perf/vllm+chunking_and_prefix_caching");
    let told = stdout(&["analyze", folder.to_str().unwrap()]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains(
            "note The client fell behind: asked for 212, 254 req/s it sent 176, 178 req/s. The loads shown are what it sent, so \
             what is said of the server holds. [load_as_offered]"
        ),
        "{told}"
    );
    assert!(!told.contains("requested_rate"), "{told}");
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

#[test]
fn a_deployment_that_nobody_named_is_called_by_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["llm-a", "llm-b"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("table.csv"), "users,ttft_p95_ms\n1,90\n4,300\n8,1500\n").unwrap();
    }
    let told = text(&run(&["analyze", folder.path().to_str().unwrap()]).stdout);
    for name in ["llm-a  model unknown", "llm-b  model unknown"] {
        assert!(told.contains(name), "{told}");
    }
    assert!(!told.contains("unknown deployment"), "{told}");
}

#[test]
fn the_constants_of_the_scalability_law_are_told_when_asked_for() {
    let law = "The Universal Scalability Law gives a peak";
    assert!(!stdout(&["analyze", BF16]).contains(law));
    let all = stdout(&["analyze", BF16, "--all-findings"]);
    assert!(all.split_whitespace().collect::<Vec<_>>().join(" ").contains(law), "{all}");
}

#[test]
fn of_one_level_no_peak_is_told_and_no_request_is_no_goodput() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    fs::write(&file, "users,ttft_p95_ms,output_tokens_per_second\n4,300,120\n").unwrap();
    let told = text(&run(&["analyze", file.to_str().unwrap(), "--limit", "ttft_p95=1s"]).stdout);
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Measure 8 users next.") && !told.contains("peak"), "{told}");
    let told = stdout(&["analyze", BF16, "--limit", "ttft_mean=1ms"]);
    assert!(told.contains("goodput  None of 685 requests meets every limit."), "{told}");
}

/// What is said of the assumption that an answer depends on most.
fn depends(file: &str, limit: &str) -> String {
    let told = text(&run(&["analyze", file, "--limit", limit]).stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let start = told.find("depends ").unwrap_or_else(|| panic!("{told}"));
    told[start..].split_once(". ").unwrap().0.to_owned()
}

#[test]
fn an_assumption_that_matters_one_way_is_told_one_way() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    fs::write(&file, "users,ttft_p95_ms,requests\n4,900,400\n8,950,400\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(
        depends(file, "ttft_p95=1s"),
        "depends Most on one assumption: TTFT p95 bound −20% gives no load instead of at least 8 users"
    );
    assert!(depends(BF16, "ttft_p95=1s").contains("±20% gives 7.90 and 12.0 instead of 10.4 users"));
}
