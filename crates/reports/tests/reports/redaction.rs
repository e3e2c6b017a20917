//! Reports carry API keys and headers, in other places in every release. None of them is in
//! anything that leaves the reader.

use headroom_reports::read;
use serde_json::{Map, Value, json};

use crate::support::{guidellm_reports, plain_bytes};

const MARKER: &str = "s3cr3t-marker-3f9a";

/// Puts the marker wherever a release of GuideLLM keeps a secret or a prompt.
fn poison(document: &mut Value) {
    let secret = || json!({ "Authorization": format!("Bearer {MARKER}"), "X-Api-Key": MARKER });
    for (pointer, key) in [
        ("/args", "backend_kwargs"),
        ("/config/spec/backend", "extras"),
        ("/config/metadata", "api_token"),
        ("/config/metadata/labels", "Authorization"),
    ] {
        if let Some(Value::Object(map)) = document.pointer_mut(pointer) {
            map.insert(
                key.to_owned(),
                if key.contains("oken") || key == "Authorization" {
                    json!(MARKER)
                } else {
                    json!({ "api_key": MARKER, "headers": secret(), "target": format!("http://user:{MARKER}@host") })
                },
            );
        }
    }
    for label in ["note", "endpoint"] {
        if let Some(Value::Object(labels)) = document.pointer_mut("/config/metadata/labels") {
            let value = if label == "note" { format!("Bearer {MARKER}") } else { format!("https://u:{MARKER}@host") };
            labels.insert(label.to_owned(), json!(value));
        }
    }
    for benchmark in document["benchmarks"].as_array_mut().unwrap() {
        for pointer in ["/worker/backend_info", "/config/backend", "/extras"] {
            if let Some(Value::Object(map)) = benchmark.pointer_mut(pointer) {
                map.insert("headers".to_owned(), secret());
                map.insert("api_key".to_owned(), json!(MARKER));
                map.insert("extras".to_owned(), json!({ "headers": secret() }));
            }
        }
        for status in ["successful", "errored", "incomplete"] {
            for row in benchmark["requests"][status].as_array_mut().into_iter().flatten() {
                let row: &mut Map<String, Value> = row.as_object_mut().unwrap();
                // As written by 0.4 and 0.5: headers in front of the body, the prompt in it.
                if row.contains_key("request_args") {
                    let arguments = format!(
                        "{{'headers': {{'Authorization': 'Bearer {MARKER}'}}, 'body': {{'messages': [{{'content': '{MARKER}'}}], 'model': 'org/m'}}}}"
                    );
                    row.insert("request_args".to_owned(), json!(arguments));
                }
                for key in ["prompt", "output", "error"] {
                    row.insert(key.to_owned(), json!(MARKER));
                }
                row.insert("api_key".to_owned(), json!(MARKER));
            }
        }
    }
}

#[test]
fn no_secret_leaves_the_reader_in_any_era() {
    let mut eras = 0;
    for path in guidellm_reports() {
        let mut document: Value = serde_json::from_slice(&plain_bytes(&path)).unwrap();
        poison(&mut document);
        let text = document.to_string();
        assert!(text.matches(MARKER).count() > 10, "{}", path.display());
        let reading = read("report.json", text.as_bytes());
        assert!(!reading.runs.is_empty(), "{}", path.display());
        assert!(!format!("{reading:?}").contains(MARKER), "{}", path.display());
        eras += 1;
        // Nor in what is said about a report that is cut or broken right behind a secret.
        for (at, _) in text.match_indices(MARKER).step_by(7) {
            for broken in [&text[..at + 5], &text[..at + MARKER.len()]] {
                let problems = format!("{:?}", read("report.json", broken.as_bytes()));
                assert!(!problems.contains(&MARKER[..5]), "{problems}");
            }
            let mut broken = text.as_bytes().to_vec();
            broken[at + 3] = b'\x01';
            let problems = format!("{:?}", read("report.json", &*broken).problems);
            assert!(!problems.contains("marker-3f9a"), "{problems}");
        }
    }
    assert_eq!(eras, 11);
}

#[test]
fn a_secret_where_a_number_belongs_is_not_quoted() {
    for path in guidellm_reports() {
        let mut document: Value = serde_json::from_slice(&plain_bytes(&path)).unwrap();
        let benchmark = &mut document["benchmarks"][0];
        benchmark["duration"] = json!(MARKER);
        benchmark["metrics"]["time_to_first_token_ms"] = json!(MARKER);
        for row in benchmark["requests"]["successful"].as_array_mut().unwrap() {
            row["output_tokens"] = json!(MARKER);
        }
        let reading = read("report.json", document.to_string().as_bytes());
        assert!(reading.problems.len() >= 3);
        assert!(!format!("{reading:?}").contains(MARKER), "{}", path.display());
    }
}
