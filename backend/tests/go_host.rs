//! The data source under Grafana's own libraries, as Grafana starts, asks and ends it.
#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

#[path = "../../tests/go-host/go_host.rs"]
mod go_host;

use std::path::Path;

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gpx_headroom");

/// A viewer without a role asks for the reports of the demo.
fn scenario(folder: &Path, queries: &Value) -> Value {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/reports");
    let settings = json!({ "storePath": reports, "catalogPath": folder.join("catalog.sqlite") });
    json!({
        "settings": { "uid": "go", "name": "Headroom", "jsonData": settings.to_string(), "updatedMs": 1 },
        "user": { "login": "viewer", "role": "None" },
        "queries": queries,
        "resource": { "path": "runs", "url": "runs", "method": "GET", "headers": { "Accept": ["application/json", "*/*"] } },
    })
}

#[test]
fn grafana_sees_the_verdicts_of_the_demo() {
    let Some(host) = go_host::program() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let queries = json!([
        { "refId": "A", "json": r#"{"queryType":"verdict"}"# },
        { "refId": "B", "json": r#"{"queryType":"curve","metric":"ttft","statistic":"p95"}"# },
        { "refId": "C", "json": r#"{"queryType":"curve","metric":"nope"}"# },
    ]);
    let seen = go_host::play(host, Path::new(PROGRAM), &scenario(folder.path(), &queries));
    assert_eq!(seen["ping"], "");
    assert_eq!(seen["health"]["status"], "OK", "{}", seen["health"]);

    let answer = |ref_id: &str| &seen["responses"][ref_id];
    let frames = |ref_id: &str| -> Vec<Value> {
        let frames = answer(ref_id)["frames"].as_array().expect("frames");
        frames.iter().map(|frame| serde_json::from_str(frame.as_str().expect("text")).expect("JSON")).collect()
    };
    let verdict = &frames("A")[0];
    let fields = verdict["schema"]["fields"].as_array().expect("fields");
    let column = |name: &str| {
        let index = fields.iter().position(|field| field["name"] == name).expect(name);
        &verdict["data"]["values"][index]
    };
    let deployments = ["mistral-small-bf16", "mistral-small-int4", "tiny-llama-bf16", "tiny-llama-int8"];
    assert_eq!(column("deployment"), &json!(deployments));
    assert_eq!(column("state"), &json!(["edge", "edge", "edge", "edge"]));
    assert!(column("breaking_load").as_array().is_some_and(|loads| loads.iter().all(Value::is_f64)));
    assert_eq!(frames("B").len(), 8, "a frame of levels and a fitted line for each deployment");
    assert_eq!((&answer("C")["status"], &answer("C")["errorSource"]), (&json!(400), &json!("downstream")));

    assert_eq!(seen["resource"]["code"], 200);
    let end = &seen["end"];
    assert_eq!((&end["exited"], &end["exitCode"], &end["signaled"]), (&json!(true), &json!(0), &json!(false)));
}
