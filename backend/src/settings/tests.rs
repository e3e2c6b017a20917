use headroom_engine::slo::DEFAULT_SLO;
use headroom_protocol::InstanceSettings;
use serde_json::json;

use super::*;

const REFRESH: Duration = Duration::from_secs(5);

fn parse(json: &Value) -> Settings {
    Settings::from_json(json, Path::new("/srv/grafana"))
}

/// The problems of the settings, as `key: message`, must contain these texts in order.
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
        other => panic!("{json} has {other:?}"),
    };
    assert_eq!(directory(json!({"storePath": "/data/reports"})), Path::new("/data/reports"));
    assert_eq!(
        directory(json!({"storeKind": "directory", "storePath": " reports "})),
        Path::new("/srv/grafana/reports")
    );
    let relative = check(&json!({"storePath": "r"}), &[]).store.unwrap().describe();
    assert!(relative.contains("/srv/grafana/r") && relative.contains("working directory"), "{relative}");
}

#[test]
fn buckets_and_servers_have_a_place_and_a_name() {
    let named = |json: Value, expected: &str| {
        let store = check(&json, &[]).store.unwrap_or_else(|| panic!("{json} has no store"));
        assert_eq!(store.describe(), expected);
        assert_eq!(store.identity(), expected);
    };
    named(json!({"storeKind": "s3", "storeBucket": "b"}), "s3://b");
    named(
        json!({"storeKind": "s3", "storeBucket": "b", "storePrefix": "/p/q/", "storeEndpoint": "http://minio:9000/"}),
        "s3://b/p/q at http://minio:9000",
    );
    named(json!({"storeKind": "azure", "storeAccount": "a", "storeBucket": "c"}), "azure://a/c");
    named(json!({"storeKind": "gcs", "storeBucket": "b", "storeAuth": "environment"}), "gs://b");
    named(json!({"storeKind": "http", "storeUrl": "https://u:MARKER@h/r/?t=MARKER"}), "https://h/r");
    check(&json!({"storeKind": "s3"}), &["storeBucket: expected it to be set, because storeKind is `s3`"]);
    check(&json!({"storeKind": "azure", "storeBucket": "c"}), &["storeAccount: expected it to be set"]);
    check(&json!({"storeKind": "http"}), &["storeUrl: expected it to be set"]);
    check(&json!({"storeKind": "gcs", "storeBucket": 7}), &["storeBucket: expected text; found a number"]);
    check(
        &json!({"storeKind": "s3", "storeBucket": "b", "storeAuth": "iam"}),
        &["storeAuth: expected `secrets` or `environment` or `none`; found `iam`"],
    );
    let store = check(
        &json!({"storeKind": "s3", "storeBucket": "b", "storeEndpoint": "https://ada:MARKER@minio:9000"}),
        &["storeEndpoint: expected an address such as `https://minio:9000`, without user, password"],
    );
    assert!(!format!("{:?}", store.problems).contains("MARKER"));
    assert_eq!(store.store, None);
}

#[test]
fn secrets_of_a_store_are_taken_along_and_not_shown() {
    let store = check(&json!({"storeKind": "s3", "storeBucket": "b"}), &[]).store.unwrap();
    let secure = [("storeSecretAccessKey", "MARKER"), ("storeAccessKeyId", " "), ("prometheusToken", "MARKER")];
    let secure = secure.map(|(key, value)| (key.to_owned(), value.to_owned())).into_iter().collect();
    let store = store.with_secrets(&InstanceSettings { secure, ..InstanceSettings::default() });
    assert!(!format!("{store:?}").contains("MARKER"), "{store:?}");
    let StoreSettings::Remote(remote) = store else { panic!("{store:?}") };
    assert_eq!(remote.secrets.keys().copied().collect::<Vec<_>>(), ["storeSecretAccessKey"]);
    assert!(remote.needed("storeAccessKeyId").is_err(), "a removed secret is none");
}

#[test]
fn what_cannot_be_a_store_is_named() {
    check(&json!({"storeKind": "ftp", "storePath": "x"}), &["storeKind: expected `directory` or `s3`"]);
    check(&json!({"storePath": 7}), &["storePath: expected text; found a number"]);
    check(&json!({"storeKind": 1, "storePath": "x"}), &["storeKind: expected text; found a number"]);
    check(&json!({"storePath": "$HEADROOM_REPORTS"}), &["storePath: expected a path; found one with `$`"]);
    check(&json!([1]), &["jsonData: expected an object; found a list"]);
}

#[test]
fn settings_that_are_nested_are_named_with_the_keys_that_are_read() {
    let nested = json!({"store": {"path": "/data"}, "catalog": {"path": "/c"}, "prometheus": {"url": "http://p:9090"}});
    let settings = check(
        &nested,
        &[
            "store: is not read: write `storeKind` and `storePath` beside the other settings",
            "catalog: is not read: write `catalogPath`",
            "prometheus: is not read: write `prometheusUrl`",
        ],
    );
    assert!(settings.is_wrong_about_store(), "the health check says that there is no store, and why");
    check(&json!({"store": null}), &[]);
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
    check(&json!({"defaultSlo": 5}), &["defaultSlo: expected text; found a number"]);
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
}

#[test]
fn a_number_is_a_name_or_seconds_where_that_is_meant_and_a_problem_elsewhere() {
    let prometheus = |json: Value, problems: &[&str]| {
        let settings = check(&json, problems).prometheus;
        let data_source = InstanceSettings::default();
        let config = settings.config(&data_source).unwrap().unwrap();
        (config.tenant, config.auth, settings.scrape_interval)
    };
    let url = "http://prometheus:9090";
    let (tenant, auth, interval) = prometheus(
        json!({"prometheusUrl": url, "prometheusTenant": 1234, "basicAuthUser": 42, "timeInterval": 15}),
        &[],
    );
    assert_eq!(tenant.as_deref(), Some("1234"));
    assert!(matches!(&auth, headroom_prometheus::Auth::Basic { user, .. } if user == "42"));
    assert_eq!(interval, Some(Duration::from_secs(15)));
    for (json, expected) in [
        (json!({"prometheusTenant": true}), "prometheusTenant: expected text or a number; found true or false"),
        (json!({"basicAuthUser": ["a"]}), "basicAuthUser: expected text or a number; found a list"),
        (
            json!({"timeInterval": {}}),
            "timeInterval: expected a duration such as `15s` or a number of seconds; found an object",
        ),
        (json!({"timeInterval": 0}), "timeInterval: expected a duration such as `15s`, from `1ms` to `1d`; found `0`"),
        (json!({"timeInterval": "5000000000000000000s"}), "from `1ms` to `1d`; found `5000000000000000000s`"),
        (json!({"customQueryParameters": 7}), "customQueryParameters: expected text; found a number"),
        (json!({"httpHeaderName2": 7}), "httpHeaderName2: expected text; found a number"),
        (json!({"httpMethod": 7}), "httpMethod: expected text; found a number. POST is used"),
        (json!({"httpMethod": "PUT"}), "httpMethod: expected `POST` or `GET`; found `PUT`. POST is used"),
        (json!({"prometheus": {"url": "http://prometheus:9090"}}), "prometheus: is not read: write `prometheusUrl`"),
        (json!({"prometheusUrl": 9090}), "prometheusUrl: expected text; found a number"),
        (json!({"catalogPath": 1}), "catalogPath: expected text; found a number"),
    ] {
        let settings = check(&json, &[expected]);
        let about_prometheus = !expected.starts_with("catalogPath");
        assert_eq!(settings.problems[0].is_of_prometheus(), about_prometheus, "{expected}");
    }
}

#[test]
fn every_key_of_the_contract_is_read() {
    let all = keys::KEYS.iter().chain(keys::PROMETHEUS_KEYS);
    for setting in all {
        // No key accepts both of these values, so at least one of them is a problem for each key that is read.
        let wrong = [json!([[]]), json!({"a": 1})];
        let noted = wrong.iter().any(|value| {
            let mut json = json!({});
            json[setting.key] = value.clone();
            parse(&json).problems.iter().any(|problem| problem.key.starts_with(setting.key))
        });
        assert!(noted, "{} is dropped without a word", setting.key);
    }
}
