//! The real process over the real protocol, as Grafana starts it.

use std::process::Command;
use std::sync::{Arc, Mutex};

use headroom_protocol::client::{PluginProcess, Start};
use headroom_protocol::{Context, HealthStatus};
use serde_json::{Value, json};

use super::support::{BF16, Fixture, INT8, query, request};

const PROGRAM: &str = env!("CARGO_BIN_EXE_gpx_headroom");

/// The same JSON with every number as a double: Go and JavaScript write 64.0 as 64.
fn as_floats(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(as_floats).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), as_floats(value))).collect()),
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_answers_what_the_library_answers() {
    let fixture = Fixture::with(&[BF16, INT8]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&log);
    let start = Start::new(PROGRAM)
        .with_variable("TMPDIR", fixture.root().join("tmp").display().to_string())
        .with_log(move |line| lines.lock().unwrap().push(line));
    let process = PluginProcess::start(start).await.unwrap();
    let client = process.client();
    client.ping().await.unwrap();

    // A marker in every place where a secret can be.
    let mut context = fixture.context.clone();
    let settings = context.data_source.as_mut().unwrap();
    settings.secure = [("token".to_owned(), "MARKER-SECRET".to_owned())].into_iter().collect();
    settings.url = "https://u:MARKER-SECRET@host".to_owned();

    let health = client.check_health(&context).await.unwrap();
    assert_eq!(health.status, HealthStatus::Ok, "{}", health.message);

    for query_type in ["curve", "levels", "verdict"] {
        let json = json!({"queryType": query_type});
        let mut answers = client.query(&context, &[query(&json)]).await.unwrap();
        let answer = answers.remove("A").unwrap();
        assert_eq!(answer.error, None);
        let expected = fixture.frames(json).await;
        assert_eq!(answer.frames.len(), expected.len(), "{query_type}");
        for (answer, expected) in answer.frames.iter().zip(&expected) {
            assert_eq!(as_floats(&answer.meta.custom), as_floats(&expected.meta.custom), "{query_type}");
            assert_eq!(answer.meta.notices, expected.meta.notices, "{query_type}");
            assert_eq!(answer.meta.frame_type, expected.meta.frame_type, "{query_type}");
            for (answer, expected) in answer.fields.iter().zip(&expected.fields) {
                assert_eq!(answer, expected, "{query_type}");
            }
            assert_eq!(answer.name, expected.name);
        }
    }

    // One bad query leaves its neighbour alone.
    let mut bad = query(&json!({"metric": "nope"}));
    bad.ref_id = "B".to_owned();
    let answers = client.query(&context, &[query(&json!({})), bad]).await.unwrap();
    assert_eq!((answers["A"].status(), answers["B"].status()), (200, 400));

    let nobody = Context { user: None, ..context.clone() };
    let answers = client.query(&nobody, &[query(&json!({"queryType": "verdict"}))]).await.unwrap();
    assert_eq!(answers["A"].frames[0].fields.len(), 2, "one number per run for an alert rule");

    let runs = client.call_resource(&context, request("GET", "runs")).await.unwrap();
    let runs: Value = serde_json::from_slice(&runs.body).unwrap();
    assert_eq!(runs.as_array().unwrap().len(), 2);

    let stopped = process.stop().await.unwrap();
    assert!(stopped.status.success() && !stopped.killed, "{stopped:?}");
    let log = log.lock().unwrap();
    assert!(!log.is_empty(), "the log is forwarded");
    for line in log.iter() {
        assert!(!format!("{line:?}").contains("MARKER-SECRET"), "{line:?}");
        assert!(line.level > log::Level::Info, "at info and above nothing is said while all is well: {line:?}");
    }
}

#[test]
fn the_version_is_printed() {
    let output = Command::new(PROGRAM).arg("--version").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("gpx_headroom {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn started_by_hand_it_says_what_it_is() {
    let output = Command::new(PROGRAM).env_remove("grafana_plugin_type").output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("this program is a plugin that Grafana starts"), "{text}");
}
