//! "Save & test".

use headroom_protocol::{Context, Health, HealthStatus, Plugin as _, User};
use serde_json::{Value, json};

use super::support::{BF16, Fixture, INT8};

/// The message of a data source with these reports and settings contains these parts.
async fn check(reports: &[&str], bad: &[&str], settings: Value, status: HealthStatus, parts: &[&str]) -> Value {
    let fixture = Fixture::configured(reports, settings);
    for name in bad {
        fixture.write(name, b"{\"benchmarks\": 5}");
    }
    let health = fixture.plugin.check_health(&fixture.context).await;
    assert_eq!(health.status, status, "{}", health.message);
    for part in parts {
        assert!(health.message.contains(part), "{part:?} is missing from {:?}", health.message);
    }
    health.details
}

#[tokio::test]
async fn a_good_store_is_counted() {
    let details = check(
        &[BF16, INT8],
        &[],
        json!({}),
        HealthStatus::Ok,
        &["2 reports in /", "2 runs", "Judged by \"Interactive\"", "TTFT p95 ≤ 1,000 ms"],
    )
    .await;
    assert_eq!((&details["reports"], &details["runs"]), (&json!(2), &json!(2)));
    assert_eq!(details["problems"], json!([]));
}

#[tokio::test]
async fn bad_reports_are_counted_and_the_first_few_named() {
    let bad = ["bad1.json", "bad2.json", "bad3.json", "bad4.json", "bad5.json"];
    let details = check(
        &[INT8],
        &bad,
        json!({}),
        HealthStatus::Ok,
        &["6 reports", "1 run.", "5 reports could not be read in full: bad1.json (", "bad3.json (", "and 2 more"],
    )
    .await;
    let named: Vec<&str> =
        details["problems"].as_array().unwrap().iter().filter_map(|problem| problem["source"].as_str()).collect();
    for name in bad {
        assert!(named.contains(&name), "{name} is missing from the details");
    }
}

#[tokio::test]
async fn an_empty_store_works_and_says_what_to_do() {
    check(&[], &[], json!({}), HealthStatus::Ok, &["is readable and has no reports yet"]).await;
}

#[tokio::test]
async fn only_what_cannot_work_is_an_error() {
    let error = HealthStatus::Error;
    check(&[], &[], json!({"storePath": ""}), error, &["no store of reports to read"]).await;
    check(&[], &[], json!({"storePath": "gone"}), error, &["does not exist"]).await;
    check(
        &[INT8],
        &[],
        json!({"defaultSlo": "x"}),
        HealthStatus::Ok,
        &["1 report", "Settings: defaultSlo: there is no"],
    )
    .await;
    check(
        &[INT8],
        &[],
        json!({"slos": [{"id": "a", "limits": []}], "refreshSeconds": -1}),
        HealthStatus::Ok,
        &["Settings: slos[0].limits: expected at least one limit", "(and 1 more)"],
    )
    .await;
}

#[tokio::test]
async fn health_sees_a_new_report_at_once() {
    let fixture = Fixture::with(&[INT8]);
    assert!(fixture.plugin.check_health(&fixture.context).await.message.contains("1 report in"));
    fixture.add(BF16);
    assert!(fixture.plugin.check_health(&fixture.context).await.message.contains("2 reports in"));
}

/// Whoever may query may ask, so a Viewer is told how much there is, and nothing of where.
#[tokio::test]
async fn a_viewer_is_told_no_path_and_costs_no_listing() {
    let fixture = Fixture::configured(&[INT8], json!({"defaultSlo": "x"}));
    let as_role = |role: &str| Context {
        user: Some(User { role: role.to_owned(), ..User::default() }),
        ..fixture.context.clone()
    };
    let path = fixture.root().to_str().unwrap().to_owned();
    let told = |health: Health| format!("{} {}", health.message, health.details);
    let editor = told(fixture.plugin.check_health(&as_role("Editor")).await);
    assert!(editor.contains(&path) && editor.contains("defaultSlo"), "{editor}");
    fixture.add(BF16);
    for context in [as_role("Viewer"), as_role("None"), Context { user: None, ..fixture.context.clone() }] {
        let health = fixture.plugin.check_health(&context).await;
        assert_eq!(health.status, HealthStatus::Ok);
        let viewer = told(health);
        // The report that was added is not listed for it.
        assert!(viewer.contains("1 report, 1 run."), "{viewer}");
        assert!(!viewer.contains(&path) && !viewer.contains("defaultSlo"), "{viewer}");
    }
    assert!(told(fixture.plugin.check_health(&as_role("Admin")).await).contains("2 reports in"));

    let gone = Fixture::configured(&[], json!({"storePath": "gone"}));
    let viewer = Context { user: None, ..gone.context.clone() };
    let health = gone.plugin.check_health(&viewer).await;
    assert_eq!(health.status, HealthStatus::Error);
    assert!(!told(health).contains("gone"));
}

/// The page *Getting started* shows Viewers whether production is there: by the details.
#[tokio::test]
async fn a_viewer_is_told_of_the_prometheus() {
    let fixture = Fixture::configured(&[INT8], json!({"prometheusUrl": "http://127.0.0.1:9/"}));
    let viewer = Context { user: None, ..fixture.context.clone() };
    let health = fixture.plugin.check_health(&viewer).await;
    assert_eq!(health.status, HealthStatus::Error);
    assert!(
        health.message.contains("127.0.0.1:9") && health.message.contains("1 report, 1 run."),
        "{}",
        health.message
    );
    assert_eq!(health.details["prometheus"]["url"], "http://127.0.0.1:9");
    assert!(health.details["prometheus"]["error"].is_string(), "{}", health.details);
}

#[tokio::test]
async fn without_a_data_source_there_is_no_health() {
    let fixture = Fixture::with(&[]);
    assert_eq!(fixture.plugin.check_health(&Context::default()).await.status, HealthStatus::Error);
}
