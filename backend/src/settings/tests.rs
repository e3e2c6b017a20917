use headroom_engine::slo::DEFAULT_SLO;
use serde_json::json;

use super::*;

fn parse(json: &Value) -> Settings {
    Settings::from_json(json, Path::new("/srv/grafana"))
}

/// The problems of the settings, each as `key: message`, must contain these texts in order.
#[track_caller]
fn check(json: &Value, expected: &[&str]) -> Settings {
    let settings = parse(json);
    let found: Vec<String> = settings.problems.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), expected.len(), "{json}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{json}: {found} should contain {expected}");
    }
    settings
}

#[test]
fn nothing_is_needed() {
    for json in [json!(null), json!({}), json!({"storePath": "", "slos": null, "deployments": null, "later": {"x": 1}})]
    {
        let settings = check(&json, &[]);
        assert_eq!(settings.store, None);
        assert_eq!(settings.slos.default().unwrap().id, DEFAULT_SLO);
        assert_eq!(settings.refresh, REFRESH);
        assert_eq!(settings.catalog, None);
    }
}

#[test]
fn a_store_is_a_folder_relative_to_the_working_directory() {
    let directory = |json| match check(&json, &[]).store {
        Some(StoreSettings::Directory { path, .. }) => path,
        None => panic!("{json} has no store"),
    };
    assert_eq!(directory(json!({"storePath": "/data/reports"})), Path::new("/data/reports"));
    assert_eq!(
        directory(json!({"storeKind": "directory", "storePath": " reports "})),
        Path::new("/srv/grafana/reports")
    );
    assert_eq!(directory(json!({"store": {"kind": "directory", "path": "r"}})), Path::new("/srv/grafana/r"));
    let relative = check(&json!({"storePath": "r"}), &[]).store.unwrap().describe();
    assert!(relative.contains("/srv/grafana/r") && relative.contains("working directory"), "{relative}");
}

#[test]
fn what_cannot_be_a_store_is_named() {
    check(&json!({"storeKind": "s3", "storePath": "x"}), &["storeKind: expected `directory`"]);
    check(&json!({"storePath": 7}), &["storePath: expected text; found a number"]);
    check(&json!({"store": "x"}), &["store: expected an object with `kind`; found text"]);
    check(&json!({"storePath": "$HEADROOM_REPORTS"}), &["storePath: expected a path; found one with `$`"]);
    check(&json!([1]), &["jsonData: expected an object; found a list"]);
}

#[test]
fn own_service_levels_join_the_presets_and_replace_their_like() {
    let settings = check(
        &json!({"defaultSlo": "chat", "slos": [
            {"id": "chat", "name": "Chat", "limits": ["ttft_p95=1500ms", "itl_p95=60ms"]},
            {"id": DEFAULT_SLO, "limits": ["ttft_p99=2s"]},
        ]}),
        &[],
    );
    let slos = &settings.slos;
    assert_eq!(slos.default().unwrap().name, "Chat");
    assert_eq!(slos.get("chat").unwrap().limits.len(), 2);
    assert_eq!(slos.get(DEFAULT_SLO).unwrap().limits[0].label(), "TTFT p99 ≤ 2,000 ms");
    assert_eq!(slos.all().iter().filter(|slo| slo.id == DEFAULT_SLO).count(), 1);
    assert_eq!(slos.all().len(), headroom_engine::slo::presets().len() + 1);
}

#[test]
fn a_service_level_with_a_bad_limit_is_not_used_and_not_replaced_by_the_preset() {
    let settings = check(
        &json!({"slos": [{"id": DEFAULT_SLO, "limits": ["ttft_p95=1000ms", "itl_p95=60"]}]}),
        &["slos[0].limits[1]: limit `itl_p95=60`", "defaultSlo: the service level `interactive`"],
    );
    let reason = settings.slos.default().unwrap_err();
    assert!(reason.contains("60 of what?") && reason.contains("choose another"), "{reason}");
    for (item, expected) in [
        (json!("x"), "slos[0]: expected an object"),
        (json!({"limits": []}), "slos[0].id: expected a short id"),
        (json!({"id": "custom", "limits": ["ttft_p95=1s"]}), "slos[0].id: `custom` stands for"),
        (json!({"id": "a", "limits": []}), "slos[0].limits: expected at least one"),
        (json!({"id": "a"}), "slos[0].limits: expected a list of limits"),
        (json!({"id": "a", "limits": [5]}), "slos[0].limits[0]: expected text"),
    ] {
        check(&json!({"slos": [item]}), &[expected]);
    }
    check(&json!({"slos": {}}), &["slos: expected a list of service levels; found an object"]);
    check(&json!({"defaultSlo": "nope"}), &["defaultSlo: there is no service level `nope`"]);
    check(&json!({"defaultSlo": 5}), &["defaultSlo: expected the id"]);
}

#[test]
fn deployments_and_their_problems_come_from_the_same_reader_as_the_file() {
    let settings = check(
        &json!({"deployments": [
            {"name": "a", "match": {"path": "a/**"}, "gpus": 4},
            {"name": "b", "match": {"path": "b/**"}, "hardwear": "L4"},
        ]}),
        &["deployments[1].hardwear: `hardwear` is not a known key"],
    );
    assert_eq!(settings.deployments.len(), 2);
}

#[test]
fn other_values_are_checked() {
    assert_eq!(check(&json!({"refreshSeconds": 30}), &[]).refresh, Duration::from_secs(30));
    assert_eq!(check(&json!({"refreshSeconds": 0}), &["refreshSeconds: expected"]).refresh, REFRESH);
    assert_eq!(check(&json!({"refreshSeconds": "5"}), &["refreshSeconds: expected"]).refresh, REFRESH);
    let file = Path::new("/srv/grafana/c.sqlite");
    assert_eq!(check(&json!({"catalogPath": "c.sqlite"}), &[]).catalog.as_deref(), Some(file));
    assert_eq!(check(&json!({"catalog": {"path": "c.sqlite"}}), &[]).catalog.as_deref(), Some(file));
}
