//! What ships in `provisioning/` fits the backend.

use std::collections::BTreeSet;
use std::fs;

use headroom_backend::query::Request;
use headroom_backend::settings::Settings;
use serde_json::{Value, json};

use super::support::{BF16, BF16_OPEN, Fixture, INT8, demo, workspace};

fn dashboard() -> Value {
    let path = workspace().join("provisioning/dashboards/sizing-and-saturation.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Every panel, those of collapsed rows included.
fn panels(dashboard: &Value) -> Vec<Value> {
    let top = dashboard["panels"].as_array().unwrap();
    top.iter()
        .flat_map(|panel| std::iter::once(panel).chain(panel["panels"].as_array().into_iter().flatten()))
        .cloned()
        .collect()
}

#[tokio::test]
async fn every_panel_of_the_dashboard_has_data_on_the_demonstration() {
    let fixture = Fixture::with(&[BF16, INT8, BF16_OPEN]);
    let mut asked = 0;
    for panel in panels(&dashboard()).iter().filter(|panel| panel["type"] != "row") {
        assert!(
            panel["description"].as_str().is_some_and(|text| text.len() > 20),
            "{} says what it shows",
            panel["title"]
        );
        for target in panel["targets"].as_array().unwrap() {
            // As the front end replaces the variables when everything is chosen.
            let text = target
                .to_string()
                .replace("$deployment", "All")
                .replace("$model", "All")
                .replace("$select", "most_requests")
                .replace("$slo", "interactive");
            assert!(!text.replace("${datasource}", "").contains('$'), "an unknown variable in {text}");
            let query: Value = serde_json::from_str(&text).unwrap();
            Request::from_json(&query, "").unwrap();
            let frames = fixture.frames(query).await;
            assert!(frames.iter().all(|frame| frame.rows().unwrap() > 0), "{} has data", panel["title"]);
            asked += 1;
        }
    }
    assert!(asked >= 6, "{asked} queries");
}

/// The uid of every data source that a value names.
fn data_sources(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "datasource" {
                    found.push(value["uid"].clone());
                }
                data_sources(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| data_sources(item, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_is_stable_and_uses_data_sources_through_its_variable_alone() {
    let dashboard = dashboard();
    assert_eq!((&dashboard["uid"], &dashboard["title"]), (&json!("headroom-sizing"), &json!("Sizing and saturation")));
    let mut found = Vec::new();
    data_sources(&dashboard, &mut found);
    assert!(found.len() > 10 && found.iter().all(|uid| uid == "${datasource}"), "{found:?}");
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["datasource", "deployment", "model", "slo", "select"]);
    assert!(variables.iter().all(|variable| variable["description"].as_str().is_some_and(|text| !text.is_empty())));
    let ids: Vec<i64> = panels(&dashboard).iter().filter_map(|panel| panel["id"].as_i64()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "panel ids are unique");
}

#[test]
fn the_provisioned_data_source_is_understood() {
    let text = fs::read_to_string(workspace().join("provisioning/datasources/headroom.yaml")).unwrap();
    for line in ["uid: headroom", "type: headroom-llm-datasource", "access: proxy", "storePath: $HEADROOM_REPORTS"] {
        assert!(text.contains(line), "{line}");
    }
    let settings =
        Settings::from_json(&json!({"storeKind": "directory", "storePath": demo()}), std::path::Path::new("/"));
    assert_eq!(settings.problems, []);
    assert!(settings.store.is_some());
}

#[test]
fn the_demonstrations_deployments_file_has_no_problem() {
    let (deployments, problems) =
        headroom_reports::deployments::Deployments::read_file(&demo().join("deployments.yaml"), "deployments.yaml");
    assert_eq!(problems, []);
    assert_eq!(deployments.len(), 2);
}
