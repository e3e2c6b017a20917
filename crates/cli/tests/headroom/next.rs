//! What to measure next, as text, as JSON and as an exit status.

use std::fs;

use serde_json::Value;

use crate::{BF16, INT8, run, text};

fn check(arguments: &[&str], status: i32) -> Value {
    let output = run(&[&["next", "--format", "json"], arguments].concat());
    assert_eq!(output.status.code(), Some(status), "{arguments:?} {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn it_is_what_the_verdict_asks_for() {
    for report in [BF16, INT8] {
        let plan = &check(&[report, "--until-width", "1%"], 0)["plans"][0];
        let analysis: Value = serde_json::from_slice(&run(&["analyze", "--format", "json", report]).stdout).unwrap();
        let verdict = &analysis["runs"][0]["verdict"];
        assert_eq!(plan["load"], verdict["next_level"], "{report}");
        assert_eq!((&plan["breaking_load"], &plan["interval"]), (&verdict["breaking_load"], &verdict["interval"]));
        let told = text(&run(&["next", report, "--until-width", "1%"]).stdout);
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(plan["sentence"].as_str().unwrap()), "{told}");
    }
}

#[test]
fn the_status_says_whether_there_is_more_to_measure() {
    // Nothing is measured: begin.
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    let plan = &check(&[empty, "--first", "4"], 0)["plans"][0];
    assert_eq!((&plan["load"], &plan["reason"], &plan["deployment"]), (&4.0.into(), &"begin".into(), &Value::Null));
    // As narrow as this it is already.
    let plan = &check(&[BF16, "--until-width", "200%"], 1)["plans"][0];
    assert_eq!((&plan["load"], &plan["reason"]), (&Value::Null, &"narrow".into()));
    // No load above this one may be offered, and all below hold a limit that nothing breaks.
    let plan = &check(&[BF16, "--limit", "ttft_p95=600s", "--max-load", "16"], 1)["plans"][0];
    assert_eq!(plan["reason"], "highest");
    // What cannot be read is no sign that nothing was measured.
    fs::write(folder.path().join("a.json"), "{").unwrap();
    assert_eq!(run(&["next", empty]).status.code(), Some(2));
    assert_eq!(run(&["next", "no/such/report.json"]).status.code(), Some(2));
    for wrong in [&["--until-width", "0%"][..], &["--first", "-1"], &["--max-load", "many"]] {
        assert_eq!(run(&[&["next", BF16], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn every_deployment_has_a_plan_of_its_own() {
    let plans = check(&["demo/reports"], 0);
    let plans = plans["plans"].as_array().unwrap();
    let sources: usize = plans.iter().map(|plan| plan["sources"].as_array().unwrap().len()).sum();
    assert_eq!(sources, 8, "each run once: {plans:?}");
    // Two runs of one deployment are one plan.
    assert!(plans.iter().any(|plan| plan["sources"].as_array().unwrap().len() == 2), "{plans:?}");
}
