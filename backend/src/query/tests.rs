//! Valid queries, and the messages for invalid ones.

use headroom_contract::query::KEYS;
use headroom_engine::slo::{Latency, Limit, Statistic};
use serde_json::{Value, json};

use super::axis::Metric;
use super::parse::{LoadKind, Request, Select, SloChoice};
use super::{Parsed, read};

fn parsed(json: &Value) -> Request {
    read(json, "").unwrap_or_else(|error| panic!("{json}: {error}")).request
}

/// The kind of a query, by its id.
fn kind(json: &Value, query_type: &str) -> &'static str {
    read(json, query_type).map_or_else(|error| panic!("{json}: {error}"), |Parsed { kind, .. }| kind.kind().id)
}

#[track_caller]
fn check_error(json: &Value, expected: &[&str]) {
    let error = read(json, "").map(|_| ()).unwrap_err();
    for part in expected {
        assert!(error.contains(part), "{json}: {error:?} should contain {part:?}");
    }
}

#[test]
fn an_empty_query_is_the_documented_default() {
    let default = Request::default();
    assert_eq!((default.select, default.load, &default.slo), (Select::MostRequests, None, &SloChoice::Default));
    assert_eq!((default.metric, default.statistic), (None, None));
    assert!(default.deployments.is_empty() && default.models.is_empty() && default.runs.is_empty());
    for json in [
        json!({}),
        json!(null),
        json!({"refId": "A", "datasource": {"uid": "x"}, "intervalMs": 1000, "unknown": [1]}),
        json!({"queryType": "", "deployments": [], "models": null, "slo": "", "metric": "", "select": null}),
        json!({"deployments": ["All"], "models": "$__all", "runs": [""]}),
    ] {
        assert_eq!(parsed(&json), default, "{json}");
    }
}

#[test]
fn every_value_is_understood() {
    let request = parsed(&json!({
        "queryType": "curve", "deployments": ["b", "a", "b"], "models": "m", "runs": ["r1"], "select": "latest",
        "loadModel": "open", "slo": "custom", "limits": ["ttft_p95=1000ms", "error_rate=1%"], "metric": "itl",
        "statistic": "p99"
    }));
    assert_eq!(request.deployments, ["a", "b"]);
    assert_eq!(request.models, ["m"]);
    assert_eq!(request.runs, ["r1"]);
    assert_eq!((request.select, request.load), (Select::Latest, Some(LoadKind::Open)));
    assert_eq!(request.metric, Some(Metric::Latency(Latency::Itl)));
    assert_eq!(request.statistic, Some(Statistic::P99));
    let SloChoice::Custom(limits) = request.slo else { panic!("{:?}", request.slo) };
    assert_eq!(limits.iter().map(Limit::expression).collect::<Vec<_>>(), ["ttft_p95=1000ms", "error_rate=0.01"]);
}

#[test]
fn variables_leave_lists_behind() {
    assert_eq!(parsed(&json!({"deployments": "{tiny-a,tiny-b}"})).deployments, ["tiny-a", "tiny-b"]);
    assert_eq!(parsed(&json!({"deployments": ["{a, b}", "c"]})).deployments, ["a", "b", "c"]);
    assert_eq!(parsed(&json!({"deployments": ["a", "All"]})).deployments, Vec::<String>::new());
    assert_eq!(parsed(&json!({"slo": ["interactive"], "select": ["all"]})).select, Select::All);
    assert_eq!(parsed(&json!({"slo": " interactive "})).slo, SloChoice::Named("interactive".into()));
    let SloChoice::Custom(limits) = parsed(&json!({"slo": "custom", "limits": "ttft_p95=1s, itl_p95=50ms"})).slo else {
        panic!()
    };
    assert_eq!(limits.len(), 2);
    check_error(&json!({"deployments": ["$deployment"]}), &["deployments[0]", "`$deployment` was not replaced"]);
    check_error(&json!({"models": "${model:csv}"}), &["models[0]", "was not replaced"]);
    check_error(&json!({"slo": "$slo"}), &["slo: the variable `$slo`"]);
}

#[test]
fn query_type_may_come_from_beside_the_json() {
    assert_eq!(kind(&json!({}), ""), "curve");
    assert_eq!(kind(&json!({}), "levels"), "levels");
    assert_eq!(kind(&json!({"queryType": "verdict"}), "levels"), "verdict");
    let error = read(&json!({}), "nope").map(|_| ()).unwrap_err();
    assert!(error.contains("queryType: expected curve, verdict, levels"), "{error}");
}

#[test]
fn bad_values_are_all_named() {
    check_error(
        &json!({"queryType": "curves", "metric": "tftt", "statistic": 95, "select": "newest", "loadModel": ["a", "b"]}),
        &[
            "annotations; found `curves`",
            "metric: expected ttft, itl, tpot, e2e, request_rate, output_tokens_per_second; found `tftt`",
            "statistic: expected text; found a number",
            "select: expected most_requests, latest, all; found `newest`",
            "loadModel: expected one value; found a list of 2",
        ],
    );
    check_error(&json!({"deployments": 5}), &["deployments: expected a list of names; found a number"]);
    check_error(&json!({"runs": [true]}), &["runs[0]: expected a name; found true or false"]);
    check_error(&json!({"slo": "custom"}), &["limits: expected at least one limit"]);
    check_error(&json!({"slo": "custom", "limits": ["ttft=1s"]}), &["say which statistic of ttft"]);
    check_error(&json!({"slo": "custom", "limits": ["ttft_p95=1s", "ttft_p95=2s"]}), &["ttft_p95 is limited twice"]);
    check_error(&json!({"slo": "custom", "limits": [1]}), &["limits[0]: expected text"]);
    check_error(&json!([1]), &["expected a query as a JSON object; found a list"]);
}

#[test]
fn a_kind_reads_the_keys_that_it_takes_and_no_others() {
    for kind in super::kinds() {
        for key in KEYS {
            let Some(part) = key.part else { continue };
            let mut json = json!({"queryType": kind.id, "expr": "up", "slo": "custom", "limits": ["ttft_p95=1s"]});
            // A value that no key accepts.
            json[key.name] = json!({"a": 1});
            let error = read(&json, "").map_or_else(|error| error, |_| String::new());
            let expected = if kind.takes(part) { format!("{}: expected", key.name) } else { String::new() };
            let named = if expected.is_empty() { error.is_empty() } else { error.starts_with(&expected) };
            assert!(named, "{} of {}: {error:?}", key.name, kind.id);
        }
    }
}

#[test]
fn what_is_left_of_another_kind_is_no_error() {
    let left = json!({"queryType": "verdict", "metric": "tftt", "expr": 5, "namespaces": [1], "window": "soon"});
    assert_eq!(parsed(&left), Request::default());
}
