//! `headroom check`: exit status, questions and reports.

use std::fs;

use expect_test::expect_file;
use serde_json::Value;

use crate::{BF16, INT8, POISSON, root, run, text};

const REPEAT: &str = "demo/reports/tiny-llama-bf16/20261124T042623Z-guidellm-0.8.1-concurrent-repeat.json";

/// The exit status and what is said.
fn check(arguments: &[&str], status: i32, parts: &[&str]) -> String {
    let output = run(&[&["check"][..], arguments].concat());
    let said = text(&output.stdout) + &text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    for part in parts {
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "{arguments:?}: expected `{part}` in {said}");
    }
    said
}

#[test]
fn a_limit_holds_breaks_or_cannot_be_told() {
    check(&[BF16, "--load", "8"], 0, &["PASS Of 3 checks 3 passed."]);
    check(&[BF16, "--load", "16"], 1, &["fail TTFT p95 ≤ 1,000 ms at 16 users: breaks at 10.4 users", "FAIL"]);
    check(&[BF16, "--load", "10.4"], 2, &["too close to 10.4 users to tell", "Measure the levels around it longer."]);
    check(
        &[BF16, "--load", "64"],
        1,
        &["unknown ITL p95 ≤ 100 ms at 64 users: holds at 32 users", "Measure 64 users."],
    );
    check(&[BF16, "--load", "8", "--limit", "queue_depth=3"], 2, &["the report does not have it"]);
}

#[test]
fn a_rate_that_was_not_served_is_not_held() {
    let limit = ["--limit", "ttft_mean=60s"];
    check(&[&[POISSON, "--load", "2.8"][..], &limit].concat(), 0, &["PASS Of 2 checks 2 passed."]);
    // 4 requests per second meet the limit in a level of half a minute, of which a quarter was not served.
    let parts = ["pass TTFT mean", "fail unserved load ≤ 10% at 4 req/s: breaks at 3.07 req/s"];
    check(&[&[POISSON, "--load", "4"][..], &limit].concat(), 1, &parts);
}

#[test]
fn a_baseline_is_matched_request_by_request() {
    check(&[BF16, "--baseline", BF16], 2, &["no slower than the baseline", "Measure about"]);
    // With a coarse enough question the same data tell.
    let parts =
        ["Checked at 8 users, a load that a repeat of the baseline would hold too.", "at 8 users no slower", "PASS"];
    check(&[BF16, "--baseline", BF16, "--tolerate", "150%"], 0, &parts);
    // Of 32 requests no 95th percentile is known, so the repeat shows no slowdown, but not that the limits hold either.
    let parts = ["10 passed", "at 8 users: holds at 32 users", "requests at 8 users are too few to be sure"];
    check(&[REPEAT, "--baseline", BF16, "--tolerate", "60%"], 2, &parts);
    // Of a folder with several deployments only the same one is a baseline.
    let others = tempfile::tempdir().unwrap();
    for (name, report) in [("a.json", INT8), ("b.json", POISSON)] {
        fs::copy(root().join(report), others.path().join(name)).unwrap();
    }
    let others = others.path().to_str().unwrap();
    check(&[BF16, "--baseline", others, "--load", "8"], 2, &["no run of this deployment, workload and load model"]);
    // The baseline held 8 users, and the quantized model does not.
    check(
        &[INT8, "--baseline", BF16],
        1,
        &["fail TTFT p95 ≤ 1,000 ms at 8 users", "quantization: bf16 → int8", "FAIL"],
    );
}

#[test]
fn a_slowdown_stops_a_pipeline() {
    // The recorded run with every time to first token of every request twice as long.
    let folder = tempfile::tempdir().unwrap();
    let slower = folder.path().join("slower.json");
    let mut report: Value = serde_json::from_str(&fs::read_to_string(root().join(BF16)).unwrap()).unwrap();
    for benchmark in report["benchmarks"].as_array_mut().unwrap() {
        for request in benchmark["requests"]["successful"].as_array_mut().unwrap() {
            let slow = request["time_to_first_token_ms"].as_f64().unwrap() * 2.0;
            request["time_to_first_token_ms"] = slow.into();
        }
    }
    fs::write(&slower, report.to_string()).unwrap();
    let slower = slower.to_str().unwrap();
    let said = check(&[slower, "--baseline", BF16, "--load", "4"], 1, &["fail TTFT at 4 users no slower", "+100%"]);
    assert!(!said.contains("fail     ITL"), "{said}");
    // And no one is told that it got slower the other way round.
    let said = check(&[BF16, "--baseline", slower, "--load", "4", "--tolerate", "100%"], 0, &["less than 100% slower"]);
    assert!(!said.contains("fail"), "{said}");
}

#[test]
fn what_cannot_be_checked_is_2() {
    check(&["no/such.json", "--load", "8"], 2, &["found nothing to read"]);
    check(&[BF16, "no/such.json", "--load", "8"], 2, &["no/such.json", "1 cannot be told"]);
    check(&[BF16, POISSON, "--load", "8"], 2, &["users and requests per second are not comparable"]);
    let parts = [
        "no run of this workload and load model",
        "closed loop, it has",
        "the baseline has no run to compare with, so no load is known that it held",
    ];
    let said = check(&[BF16, "--baseline", POISSON], 2, &parts);
    assert!(!said.contains("holds no load"), "{said}");
    check(&[BF16, "--baseline", "no/such.json"], 2, &["no run of this workload"]);
    check(&[BF16, "--load", "8", "--junit", "no/such/folder/report.xml"], 2, &["expected to write a report to"]);
    for wrong in [&[BF16][..], &[BF16, "--load", "none"], &[BF16, "--load", "8", "--tolerate", "-1"]] {
        check(wrong, 2, &[]);
    }
}

#[test]
fn reports_say_what_the_exit_status_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (junit, markdown) = (file("headroom.xml"), file("headroom.md"));
    let arguments = [INT8, "--baseline", BF16, "--load", "8", "--junit", &junit, "--markdown", &markdown];
    check(&arguments, 1, &[]);
    let (junit, markdown) = (fs::read_to_string(&junit).unwrap(), fs::read_to_string(&markdown).unwrap());
    expect_file![root().join("crates/cli/tests/headroom/golden/check.xml")].assert_eq(&junit);
    expect_file![root().join("crates/cli/tests/headroom/golden/check.md")].assert_eq(&markdown);

    let json = check(&[&arguments[..5], &["--format", "json"]].concat(), 1, &[]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let checks = json["suites"][0]["checks"].as_array().unwrap();
    let count = |answer: &str| checks.iter().filter(|check| check["answer"] == answer).count();
    for (answer, element) in [("fail", "<failure "), ("unknown", "<error "), ("pass", "<system-out>")] {
        assert_eq!(json["counts"][answer], count(answer), "{answer}");
        assert_eq!(junit.matches(element).count(), count(answer), "{answer}");
        assert_eq!(markdown.matches(&format!(" {answer} | ")).count(), count(answer), "{answer}");
    }
    assert_eq!(json["answer"], "fail");
}
