//! The numbers that a program reads are the engine's and the report's.

use std::fs;
use std::path::Path;

use headroom_engine::run::Run;
use headroom_engine::slo::{Slo, parse_limit, preset, presets};
use headroom_engine::verdict::assess;
use serde_json::Value;

use crate::{BF16, INT8, POISSON, root, stdout};

fn json(arguments: &[&str]) -> Value {
    let mut all = vec!["analyze", "--format", "json"];
    all.extend(arguments);
    serde_json::from_str(&stdout(&all)).expect("JSON")
}

fn engine_run(report: &str) -> Run {
    let mut reading = headroom_reports::read_file(&root().join(report), report);
    assert_eq!(reading.runs.len(), 1, "{report}");
    reading.runs.remove(0)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// Judges a report with the program and with the engine.
fn check(report: &str, arguments: &[&str], slo: &Slo) {
    let mut all = vec![report];
    all.extend(arguments);
    let document = json(&all);
    let verdict = &document["runs"][0]["verdict"];
    let expected = assess(&engine_run(report), slo);
    assert_eq!(verdict["slo"], slo.id.as_str());
    assert_eq!(verdict["state"], expected.state.id());
    assert_eq!(number(&verdict["breaking_load"]), expected.breaking_load);
    assert_eq!([number(&verdict["interval"][0]), number(&verdict["interval"][1])], expected.interval);
    assert_eq!(verdict["binding"].as_str().map(str::to_owned), expected.binding.map(|limit| limit.id()));
    assert_eq!(number(&verdict["max_passing_load"]), expected.max_passing_load);
    assert_eq!(verdict["sentence"], expected.sentence.as_str());
    let codes: Vec<&str> = expected.findings.iter().map(|finding| finding.code.id()).collect();
    let found: Vec<&str> =
        verdict["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(found, codes);
}

#[test]
fn every_preset_gives_the_engines_verdict() {
    for slo in presets() {
        for report in [BF16, INT8, POISSON] {
            check(report, &["--slo", &slo.id], &slo);
        }
    }
}

#[test]
fn without_an_option_the_default_is_used() {
    check(BF16, &[], &preset(headroom_engine::slo::DEFAULT_SLO).unwrap());
}

#[test]
fn limits_of_ones_own_give_the_engines_verdict() {
    let limits = ["ttft_p95=1500ms", "e2e_mean=4s"];
    let slo = Slo::custom(limits.iter().map(|limit| parse_limit(limit).unwrap()).collect());
    check(BF16, &["--limit", limits[0], "--limit", limits[1]], &slo);
}

/// The levels of a GuideLLM report, read here without the product's reader.
#[test]
fn levels_are_those_of_the_report() {
    for report in [BF16, INT8] {
        let file: Value = serde_json::from_str(&fs::read_to_string(root().join(report)).unwrap()).unwrap();
        let document = json(&[report]);
        let levels = document["runs"][0]["levels"].as_array().unwrap();
        let benchmarks = file["benchmarks"].as_array().unwrap();
        assert_eq!(levels.len(), benchmarks.len());
        for (level, benchmark) in levels.iter().zip(benchmarks) {
            let metrics = &benchmark["metrics"];
            assert_eq!(number(&level["load"]), number(&benchmark["config"]["strategy"]["streams"]));
            assert_eq!(level["requests"]["ok"], metrics["request_totals"]["successful"]);
            assert_eq!(level["requests"]["errored"], metrics["request_totals"]["errored"]);
            assert_eq!(level["requests"]["incomplete"], metrics["request_totals"]["incomplete"]);
            let latencies = [
                ("ttft_ms", "time_to_first_token_ms", 1.0),
                ("itl_ms", "inter_token_latency_ms", 1.0),
                ("tpot_ms", "time_per_output_token_ms", 1.0),
                ("e2e_ms", "request_latency", 1000.0),
            ];
            for (ours, theirs, factor) in latencies {
                let summary = &metrics[theirs]["successful"];
                for percentile in ["p50", "p90", "p95", "p99"] {
                    let expected = number(&summary["percentiles"][percentile]).unwrap() * factor;
                    assert_eq!(number(&level[ours][percentile]), Some(expected), "{ours} {percentile}");
                }
                assert_eq!(number(&level[ours]["mean"]), number(&summary["mean"]).map(|mean| mean * factor));
            }
        }
    }
}

#[test]
fn the_table_for_spreadsheets_has_the_same_numbers() {
    let csv = stdout(&["analyze", "--format", "csv", BF16, INT8]);
    let mut lines = csv.split("\r\n");
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap_or_else(|| panic!("no {name}"));
    let document = json(&[BF16, INT8]);
    for run in document["runs"].as_array().unwrap() {
        for level in run["levels"].as_array().unwrap() {
            let cells: Vec<&str> = lines.next().unwrap().split(',').collect();
            assert_eq!(cells.len(), header.len());
            let cell = |name: &str| cells[column(name)].parse::<f64>().ok();
            assert_eq!(cells[column("source")], run["source"]);
            assert_eq!(cell("load"), number(&level["load"]));
            assert_eq!(cell("output_tokens_per_second"), number(&level["output_tokens_per_second"]));
            assert_eq!(cell("ttft_p95_ms"), number(&level["ttft_ms"]["p95"]));
            assert_eq!(cell("e2e_mean_ms"), number(&level["e2e_ms"]["mean"]));
            assert_eq!(cells[column("outcome")], level["outcome"]);
            assert_eq!(cell("breaking_load"), number(&run["verdict"]["breaking_load"]));
        }
    }
    assert_eq!(lines.collect::<Vec<_>>(), [""]);
}

/// Every recorded report of every tool that is at hand is answered in JSON, whatever it is.
#[test]
fn no_report_at_hand_makes_the_program_fail() {
    let shared = std::env::var_os("HEADROOM_SHARED").map_or_else(|| root().join("../shared"), Into::into);
    let data = Path::new(&shared).join("data");
    if !data.is_dir() {
        println!("left out: the collection of public reports is not at {}", data.display());
        return;
    }
    for folder in ["ours/fixtures/guidellm", "ours/reports/guidellm", "public/guidellm"] {
        let output = crate::run(&["analyze", "--format", "json", data.join(folder).to_str().unwrap()]);
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let runs = document["runs"].as_array().unwrap();
        assert_eq!(output.status.code(), Some(if runs.is_empty() { 2 } else { 0 }), "{folder}");
    }
}
