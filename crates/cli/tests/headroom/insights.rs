//! Goodput, throughput and cost: the numbers that a program reads are the engine's, and a price keeps its source.

use std::fs;

use headroom_engine::goodput::goodput_points;
use headroom_engine::slo::{DEFAULT_SLO, preset};
use headroom_engine::usl::fit_run;
use serde_json::Value;

use crate::{BF16, POISSON, root, stdout};

const FACTS: &str = "deployments:\n  - name: mine\n    match: { path: \"**\" }\n    gpus: 1\n    \
                     price: { dollars_per_hour: 0.85, source: AWS list, region: us-east-1, date: 2025-12-29 }\n";

/// The answer for one report with the facts above, as text or JSON.
fn priced(report: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.yaml");
    fs::write(&facts, FACTS).unwrap();
    let mut all = vec!["analyze", report, "--deployments", facts.to_str().unwrap()];
    all.extend(arguments);
    stdout(&all)
}

fn json(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["runs"][0].clone()
}

fn engine_run(report: &str) -> headroom_engine::run::Run {
    headroom_reports::read_file(&root().join(report), report).runs.remove(0)
}

#[test]
fn every_kind_of_tokens_has_its_own_cost_at_the_breaking_load() {
    let run = json(&priced(BF16, &["--format", "json"]));
    let costs = run["cost"].as_array().unwrap();
    let bases: Vec<&str> = costs.iter().map(|cost| cost["basis"].as_str().unwrap()).collect();
    assert_eq!(bases, ["output", "prompt", "total"]);
    for cost in costs {
        let number = |key: &str| cost[key].as_f64().unwrap();
        assert_eq!(cost["load"], run["verdict"]["breaking_load"]);
        let constant = number("dollars_per_million_tokens") * number("tokens_per_second");
        assert!((constant / (0.85e6 / 3600.0) - 1.0).abs() < 1e-12, "{cost}");
        assert!((number("tokens_per_dollar") * number("dollars_per_million_tokens") / 1e6 - 1.0).abs() < 1e-12);
        let [low, high] = [0, 1].map(|end| cost["dollars_per_million_tokens_interval"][end].as_f64().unwrap());
        assert!(low <= number("dollars_per_million_tokens") && number("dollars_per_million_tokens") <= high);
        assert_eq!(cost["price"]["source"], "AWS list");
        assert_eq!(cost["price"]["date"], "2025-12-29");
    }
}

#[test]
fn without_a_price_there_are_rates_and_no_dollars() {
    let run = json(&stdout(&["analyze", BF16, "--format", "json"]));
    for cost in run["cost"].as_array().unwrap() {
        assert!(cost["tokens_per_second"].is_number());
        assert!(cost["dollars_per_million_tokens"].is_null() && cost["price"].is_null());
    }
    assert!(!stdout(&["analyze", BF16]).contains("cost"));
}

#[test]
fn the_text_names_the_basis_and_the_source_of_the_price() {
    let shown = priced(BF16, &[]).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in
        ["per million output tokens", "per million prompt tokens", "$0.85 per hour (AWS list, us-east-1, 2025-12-29)"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let floor = priced(BF16, &["--limit", "ttft_p95=30s"]);
    assert!(floor.contains("the highest measured load"), "{floor}");
}

#[test]
fn goodput_and_the_shape_of_throughput_are_the_engines() {
    let run = engine_run(BF16);
    let slo = preset(DEFAULT_SLO).unwrap();
    let shown = json(&stdout(&["analyze", BF16, "--format", "json"]));
    let points = goodput_points(&run, &slo);
    let levels = shown["levels"].as_array().unwrap();
    assert_eq!(points.len(), levels.len());
    for (point, level) in points.iter().zip(levels) {
        assert_eq!(level["goodput"]["good"], point.good);
        assert_eq!(level["goodput"]["share"].as_f64(), Some(point.share));
        assert!(level["keep_up"].is_null(), "a closed loop offers what is served");
    }
    let usl = fit_run(&run).unwrap();
    assert_eq!(shown["throughput"]["usl"]["sigma"].as_f64(), Some(usl.sigma));
    assert_eq!(shown["throughput"]["usl"]["peak_concurrency"].as_f64(), usl.peak_concurrency());
    assert_eq!(shown["verdict"]["interval_method"], "bootstrap");
}

/// Where every level passes, costs are those of the highest one.
#[test]
fn costs_come_from_the_steady_rates_of_the_levels() {
    let run = json(&priced(BF16, &["--limit", "ttft_p95=30s", "--format", "json"]));
    let (cost, highest) = (&run["cost"][0], run["levels"].as_array().unwrap().last().unwrap());
    assert_eq!((&cost["basis"], &cost["load"]), (&"output".into(), &highest["load"]));
    assert_eq!(cost["tokens_per_second"], highest["steady"]["output_tokens_per_second"]);
    assert_ne!(cost["tokens_per_second"], highest["output_tokens_per_second"], "requests that were cut off count, too");
}

#[test]
fn an_open_loop_says_where_it_was_not_kept_up_with() {
    let shown = json(&stdout(&["analyze", POISSON, "--format", "json"]));
    let levels = shown["levels"].as_array().unwrap();
    let not: Vec<&Value> = levels.iter().filter(|level| level["keep_up"].as_f64().unwrap() < 0.9).collect();
    assert_eq!(shown["throughput"]["first_not_kept_up"], not[0]["load"]);
    assert!(stdout(&["analyze", POISSON]).contains("keep-up"));
}

#[test]
fn what_the_tool_concluded_stands_beside_the_verdict() {
    let report = "crates/reports/tests/data/guidellm/0.8.1-knee.json.zst";
    let run = json(&stdout(&["analyze", report, "--format", "json"]));
    let told = &engine_run(report).provenance.conclusions;
    let shown = run["tool_conclusions"].as_array().unwrap();
    assert_eq!((shown.len(), told.len()), (3, 3));
    for (shown, told) in shown.iter().zip(told) {
        assert_eq!(shown["kind"], told.kind.as_str());
        assert_eq!(shown["status"].as_str(), told.status.as_deref());
        assert_eq!(shown["load"].as_f64(), told.load);
        assert_eq!(shown["message"], told.message.as_str());
    }
    let text = stdout(&["analyze", report, "--color", "never"]);
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "guidellm concluded itself, by its own definitions",
        "knee_detection.throughput: no_knee. No breakpoint satisfied the saturation thresholds.",
    ] {
        assert!(words.contains(expected), "{expected}\n{text}");
    }
    assert!(!stdout(&["analyze", BF16, "--color", "never"]).contains("concluded itself"));
}

/// The same numbers have another cause when fewer requests were sent than asked for.
#[test]
fn a_client_that_sent_less_is_not_a_server_that_did_not_keep_up() {
    let mut report: Value = serde_json::from_str(&fs::read_to_string(root().join(POISSON)).unwrap()).unwrap();
    for benchmark in report["benchmarks"].as_array_mut().unwrap() {
        let rate = &mut benchmark["config"]["strategy"]["rate"];
        *rate = (10.0 * rate.as_f64().unwrap()).into();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, report.to_string()).unwrap();
    let shown = stdout(&["analyze", file.to_str().unwrap()]);
    assert!(shown.contains("[client_saturated]"), "{shown}");
    assert!(!shown.contains("keep-up"), "{shown}");
}
