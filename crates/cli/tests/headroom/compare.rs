//! `headroom compare`: the published comparison with its own numbers, real runs, and what it refuses.

use std::fs;
use std::path::PathBuf;

use expect_test::expect_file;
use headroom_engine::compare::compare;
use serde_json::Value;

use crate::{BF16, INT8, POISSON, root, run, stdout, text};

/// A folder with the published INT4 and BF16 tables and their facts.
fn published() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tables = root().join("crates/reports/tests/data/tables");
    for (table, side) in [("mistral-small-bf16.yaml", "bf16"), ("mistral-small-int4.csv", "int4")] {
        fs::create_dir(folder.path().join(side)).unwrap();
        fs::copy(tables.join(table), folder.path().join(side).join(table)).unwrap();
    }
    let facts = "deployments:\n  - name: mistral-small-int4\n    match: { path: \"**/int4/**\" }\n    model: mistral-3-int4\n    \
                 quantization: w4a16\n    hardware: NVIDIA L4\n    gpus: 1\n    tensor_parallel: 1\n";
    fs::write(folder.path().join("facts.yaml"), facts).unwrap();
    folder
}

/// Compares BF16 to INT4 with prices per hour.
fn compare_published(prices: [&str; 2], arguments: &[&str], format: &str) -> String {
    let folder = published();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (bf16, int4, facts) = (path("bf16"), path("int4"), path("facts.yaml"));
    let [price_a, price_b] = prices.map(|price| format!("{price}@published"));
    let mut all = vec!["compare", &bf16, &int4, "--deployments", &facts, "--price-a", &price_a, "--price-b", &price_b];
    all.extend(["--format", format]);
    all.extend(arguments);
    stdout(&all).replace(folder.path().to_str().unwrap(), "")
}

fn json(shown: &str) -> Value {
    serde_json::from_str(shown).unwrap()
}

/// At one limit and pair of prices: users of INT4's and BF16's whole replicas for the same money and tokens per dollar.
fn check(bound_ms: f64, prices: [&str; 2], users: [f64; 2], per_dollar: f64) {
    let limit = format!("ttft_p95={bound_ms}ms");
    let found = json(&compare_published(prices, &["--limit", &limit, "--at", "passing"], "json"));
    let money = &found["money"];
    let loads = [1, 0].map(|side| money["fleets"][side]["load"].as_f64().unwrap());
    assert_eq!(loads.to_vec(), users, "{limit} {prices:?}");
    let ratio = money["fleet_ratio"]["value"].as_f64().unwrap();
    assert!((ratio - users[0] / users[1]).abs() < 1e-12);
    let output = &money["tokens"][0];
    assert_eq!(output["a"]["basis"], "output");
    let found = output["per_dollar_ratio"]["value"].as_f64().unwrap();
    assert!((found - per_dollar).abs() <= 0.005, "{limit} {prices:?}: {found}");
}

/// The table that the published numbers give by their own definition: the last level that passed, whole replicas.
#[test]
fn the_published_comparison_gives_its_own_table() {
    const AUTHOR: [&str; 2] = ["3.40", "0.85"];
    const LIST: [&str; 2] = ["4.6016", "1.3232"];
    check(1000.0, AUTHOR, [12.0, 5.0], 3.37);
    check(1500.0, AUTHOR, [20.0, 10.0], 2.65);
    check(2000.0, AUTHOR, [20.0, 15.0], 1.89);
    check(1000.0, LIST, [9.0, 5.0], 2.93);
    check(1500.0, LIST, [15.0, 10.0], 2.31);
    check(2000.0, LIST, [15.0, 15.0], 1.64);
}

#[test]
fn the_winner_over_the_limit_is_told_with_where_it_changes() {
    let over = ["--limit", "ttft_p95=1s", "--at", "passing", "--over", "ttft_p95=2s,1s,1500ms"];
    let found = json(&compare_published(["4.6016", "1.3232"], &over, "json"));
    let rows = found["over_limit"]["bounds"].as_array().unwrap();
    let bounds: Vec<f64> = rows.iter().map(|row| row["bound"].as_f64().unwrap()).collect();
    assert_eq!(bounds, [1000.0, 1500.0, 2000.0]);
    let fleets: Vec<f64> = rows.iter().map(|row| row["fleets"][1]["load"].as_f64().unwrap()).collect();
    assert_eq!(fleets, [9.0, 15.0, 15.0]);
    // BF16 passes 10 users from 1,167 ms on, where three INT4 replicas hold 9; INT4 passes 5 from 1,489 ms on.
    let ahead = |by: &str| -> Vec<(f64, f64, String)> {
        let stretches = found["over_limit"][by].as_array().unwrap();
        assert!(stretches.iter().all(|one| one["beyond_doubt"] == false), "the tables have no samples");
        let bound = |one: &Value, end: &str| one[end].as_f64().unwrap().round();
        let one = |one: &Value| (bound(one, "from"), bound(one, "to"), one["ahead"].as_str().unwrap_or("-").to_owned());
        stretches.iter().map(one).collect()
    };
    let told = |from: f64, to: f64, side: &str| (from, to, side.to_owned());
    assert_eq!(
        ahead("fleets"),
        [told(1000.0, 1167.0, "b"), told(1167.0, 1489.0, "a"), told(1489.0, 1695.0, "b"), told(1695.0, 2000.0, "-")]
    );
    assert_eq!(ahead("tokens"), [told(1000.0, 2000.0, "b")]);
    assert!(rows.iter().all(|row| row["b_cheaper"].is_null()), "{rows:?}");
}

/// One side ends while passing: everything that follows from it is "at least".
#[test]
fn what_a_sweep_that_ended_while_passing_gives_is_at_least_that() {
    let arguments = ["--limit", "ttft_p95=3500ms", "--over", "ttft_p95=2500ms,3500ms,4500ms"];
    // BF16 passed at every level up to 30 users; INT4 broke between 10 and 15.
    let shown = compare_published(["3.40", "0.85"], &arguments, "text");
    for part in ["at least 30", "at least 694", "(at most $", "at least 30 (1 × 30)"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("B yields at most"), "{shown}");
    let found = json(&compare_published(["3.40", "0.85"], &arguments, "json"));
    assert_eq!(found["load_ratio"]["reach"], "at_most");
    assert_eq!(found["money"]["fleets"][0]["at_least"], true);
    let reach: Vec<&str> = found["over_limit"]["bounds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["tokens_per_dollar_ratio"]["reach"].as_str().unwrap())
        .collect();
    assert_eq!(reach, ["exact", "at_most", "open"]);
}

#[test]
fn a_price_is_told_by_the_side_that_it_belongs_to() {
    let found = json(&compare_published(["3.40", "0.85"], &["--limit", "ttft_p95=1s", "--at", "passing"], "json"));
    let now = found["money"]["tokens"][0]["per_dollar_ratio"]["value"].as_f64().unwrap();
    let sensitivity = found["money"]["sensitivity"].as_array().unwrap();
    // A dearer A makes B yield more for the same money, a dearer B less.
    for (assumption, factor) in [("price of A ±20%", 1.2), ("price of B ±20%", 1.0 / 1.2)] {
        let one = sensitivity.iter().find(|one| one["assumption"] == assumption).unwrap();
        let dearer = one["answers"][1].as_f64().unwrap();
        assert!((dearer / now - factor).abs() < 1e-9, "{assumption}: {now} to {dearer}");
    }
}

#[test]
fn what_the_published_numbers_cannot_carry_is_said() {
    let arguments = ["--limit", "ttft_p95=1s", "--over", "ttft_p95=1s,1500ms,2s", "--factor", "quantization"];
    let shown = compare_published(["3.40", "0.85"], &arguments, "text");
    expect_file!["golden/compare_published.txt"].assert_eq(&shown);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "[impossible_throughput]",
        "[few_samples]",
        "The token rates of A and B are impossible",
        "The runs differ in more than quantization",
        "gpus (4 against 1)",
        "the server's flags (no report states them)",
        "lacks single requests",
        "Quality was not measured: a load test does not say whether answers in w4a16 are as good as those in bf16.",
    ] {
        assert!(words.contains(part), "{part} in {shown}");
    }
}

#[test]
fn requests_are_compared_as_the_engine_does() {
    let report = |file: &str| headroom_reports::read_file(&root().join(file), file).runs.remove(0);
    let expected = compare(&report(BF16), &report(INT8));
    let found = json(&stdout(&["compare", BF16, INT8, "--format", "json"]));
    let cells = found["requests"]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), expected.cells.len());
    for (cell, expected) in cells.iter().zip(&expected.cells) {
        assert_eq!(cell["load"].as_f64(), Some(expected.load));
        assert_eq!(cell["latency"], expected.latency.id());
        assert_eq!(cell["adjusted_p"].as_f64(), Some(expected.adjusted_p));
        assert_eq!(cell["real"], expected.is_real());
        assert_eq!(cell["ratio"]["value"].as_f64(), Some(expected.ratio.value));
        assert_eq!(cell["shift_ms"]["interval"][1].as_f64(), Some(expected.shift_ms.hi));
    }
    assert!(cells.iter().any(|cell| cell["real"] == true), "int8 weights read faster");
}

#[test]
fn a_run_equals_itself() {
    let found = json(&stdout(&["compare", BF16, BF16, "--format", "json", "--price-a", "1", "--price-b", "1"]));
    assert_eq!(found["load_ratio"]["value"], 1.0);
    assert_eq!(found["money"]["fleet_ratio"]["value"], 1.0);
    assert!(found["money"]["tokens"][0]["b_cheaper"].is_null());
    assert!(found["requests"]["cells"].as_array().unwrap().iter().all(|cell| cell["real"] == false));
    assert_eq!(found["differences"].as_array().unwrap().len(), 0);
    assert!(stdout(&["compare", BF16, BF16]).contains("Both hold the same load"));
}

#[test]
fn repeated_runs_are_compared_by_their_means() {
    let (bf16, int8) = ("demo/reports/tiny-llama-bf16", "demo/reports/tiny-llama-int8");
    let arguments = ["compare", bf16, int8, "--deployments", "demo/reports/deployments.yaml"];
    let shown = stdout(&arguments);
    expect_file!["golden/compare_repeats.txt"].assert_eq(&shown);
    assert!(shown.lines().all(|line| line.chars().count() <= 100));
    let found = json(&stdout(&[&arguments[..], &["--format", "json"]].concat()));
    let repeats = found["repeats"].as_array().unwrap();
    assert_eq!(repeats[0]["metric"], "breaking load");
    assert_eq!(repeats[0]["a"].as_array().unwrap().len(), 2);
    // Two runs a side: the interval of the mean is wide and contains no difference.
    assert!(repeats[0]["difference_interval"][0].as_f64().unwrap() < 0.0);
    assert!(repeats[0]["p"].as_f64().unwrap() > 0.05);
    // The side's own compared run is the one with most requests of those that share most levels.
    assert_eq!(found["a"]["run"]["source"], BF16);
}

#[test]
fn a_run_without_a_breaking_load_leaves_the_difference_of_means_unknown() {
    let (bf16, int8) = ("demo/reports/tiny-llama-bf16", "demo/reports/tiny-llama-int8");
    let arguments = ["compare", bf16, int8, "--limit", "ttft_p95=8s", "--format", "json"];
    let found = json(&stdout(&[&arguments[..], &["--deployments", "demo/reports/deployments.yaml"]].concat()));
    let breaking = &found["repeats"][0];
    // Of the four runs one breaks; its load alone would stand for the mean of both.
    assert!(breaking["a"][0].is_f64() && breaking["a"][1].is_null(), "{breaking}");
    assert!(breaking["difference"].is_null(), "{breaking}");
    assert!(found["repeats"][1]["difference"].is_f64());
    let told = found["summary"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(told.contains("A run has no breaking load"), "{told}");
}

/// Two real H100 deployments whose names say that quantization was added.
#[test]
fn more_than_one_thing_changed_between_the_public_h100_runs() {
    let shared = std::env::var_os("HEADROOM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let data = shared.join("data/public/inference-perf");
    if !data.is_dir() {
        println!("left out: the public inference-perf runs are not at {}", data.display());
        return;
    }
    let compared = |a: &str, b: &str, more: &[&str]| -> Value {
        let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
        let (a, b) = (path(a), path(b));
        json(&stdout(&[&["compare", &a, &b, "--factor", "quantization", "--format", "json"], more].concat()))
    };
    let peak_change = |found: &Value| 100.0 * (found["peak_ratio"].as_f64().unwrap() - 1.0);
    let warned = |found: &Value| -> String {
        let warnings = found["warnings"].as_array().unwrap();
        warnings.iter().map(|warning| warning.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    let bare = compared("vllm", "vllm+quantization", &[]);
    assert!((peak_change(&bare) - 67.9).abs() < 0.05);
    let said = warned(&bare);
    for part in ["Neither report states its quantization", "the server's flags", "model", "engine"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    // With what the manifests say, the second thing that changed is named.
    let facts = facts_of_the_manifests();
    let facts = ["--deployments", facts.path().to_str().unwrap()];
    let said = warned(&compared("vllm", "vllm+quantization", &facts));
    assert!(
        said.contains("differ in more than quantization: engine (vllm 0.11.0 against vllm 0.11.0, prefix"),
        "{said}"
    );
    // Against the baseline that has the same flags, quantization changes nothing.
    let fair = compared("vllm+chunking_and_prefix_caching", "vllm+quantization", &facts);
    assert!(peak_change(&fair).abs() <= 0.1);
    assert!(!warned(&fair).contains("differ in more than"), "{}", warned(&fair));
}

fn facts_of_the_manifests() -> tempfile::NamedTempFile {
    let entry = |path: &str, quantization: &str, flags: &str| {
        format!(
            "  - match: {{ path: \"**/{path}/*\" }}\n    model: Llama-3.1-8B\n    quantization: {quantization}\n    \
             hardware: NVIDIA H100\n    gpus: 1\n    engine: \"vLLM 0.11.0{flags}\"\n"
        )
    };
    let flags = ", prefix caching, chunked prefill";
    let text = ["deployments:\n".to_owned(), entry("vllm", "bf16", ""), entry("vllm+quantization", "fp8", flags)]
        .concat()
        + &entry("vllm+chunking_and_prefix_caching", "bf16", flags);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

/// What is refused, with a reason.
fn refused(a: &str, b: &str, reason: &str) {
    let output = run(&["compare", a, b]);
    assert_eq!(output.status.code(), Some(2), "{a} {b}");
    assert!(text(&output.stderr).contains(reason), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_reason() {
    refused(BF16, "demo/reports", "expected the runs of one deployment in demo/reports, found 4");
    refused(BF16, "no/such.json", "found nothing to read in no/such.json");
    refused(BF16, POISSON, "users and requests per second");
}
