//! What every remote store does, against the real server of its kind.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use headroom_protocol::{HealthStatus, Plugin as _};
use serde_json::{Value, json};

use super::files::Files;
use super::servers::{self, SECRET, Served};
use crate::support::{BF16, BF16_OLD, Fixture, INT8, demo, notices, numbers, read};

/// A data source with these settings.
pub(crate) fn source(settings: &Value, secrets: &[(&'static str, String)]) -> Fixture {
    let mut fixture = Fixture::configured(&[], settings.clone());
    let source = fixture.context.data_source.as_mut().unwrap();
    source.secure = secrets.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    fixture
}

/// Lists the store again, and what the health check says then.
pub(crate) async fn look(fixture: &Fixture) -> (HealthStatus, String) {
    let health = fixture.plugin.check_health(&fixture.context).await;
    let said = format!("{} {}", health.message, health.details);
    assert!(!said.contains("MARKER"), "no secret is shown: {said}");
    (health.status, said)
}

/// The reports of all runs, by their paths.
pub(crate) async fn reports(fixture: &Fixture) -> Vec<String> {
    let (status, runs) = fixture.get("runs").await;
    assert_eq!(status, 200, "{runs}");
    let mut reports: Vec<String> =
        runs.as_array().unwrap().iter().map(|run| run["source"].as_str().unwrap().to_owned()).collect();
    reports.sort();
    reports
}

fn report(name: &str) -> Vec<u8> {
    fs::read(demo().join(name)).unwrap()
}

/// The whole life of a store.
async fn check(mut store: Served, prefix: bool) {
    let fixture = source(&store.settings, &store.secrets);
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    assert!(said.contains("has no reports yet"), "{said}");

    store.put("team a/x.json", &report(BF16));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&report(INT8)).unwrap();
    store.put("b/y.json.gz", &packed.finish().unwrap());
    store.put("b/.hidden.json", b"{}");
    store.put("b/notes.txt", b"not a report");
    store.put("deployments.yaml", &report("deployments.yaml"));
    // What a server said of itself completes the report beside it.
    let begun = read(BF16).levels[0].started_ms.unwrap();
    let beside = json!({ "server_evidence": { "version": 1 },
        "samples": [{ "at_ms": begun + 1, "phase": "during", "waiting": 6, "kv_cache_use": 0.5 }] });
    store.put("team a/x.server.json", beside.to_string().as_bytes());
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    assert_eq!(reports(&fixture).await, ["b/y.json.gz", "team a/x.json"], "{said}");
    let frames = fixture.frames(json!({ "queryType": "curve" })).await;
    assert_eq!(notices(&frames), [""; 0]);
    let depths = frames.iter().filter_map(|frame| frame.field("queue_depth")).flat_map(numbers);
    assert_eq!(depths.filter(|depth| !depth.is_nan()).collect::<Vec<f64>>(), [6.0], "what stands beside is read");

    // Another report in place of one, and another one gone.
    store.put("team a/x.json", &report(BF16_OLD));
    let ids = async || {
        let runs = fixture.get("runs").await.1;
        let ids = runs.as_array().unwrap().iter().map(|run| run["id"].to_string());
        ids.collect::<std::collections::BTreeSet<String>>()
    };
    let before = ids().await;
    look(&fixture).await;
    assert_eq!(ids().await.difference(&before).count(), 1, "a changed object is read again");
    store.remove("b/y.json.gz");
    look(&fixture).await;
    assert_eq!(reports(&fixture).await, ["team a/x.json"]);

    // A part of a bucket.
    if prefix {
        let mut settings = store.settings.clone();
        settings["storePrefix"] = json!("/team a/");
        let part = source(&settings, &store.secrets);
        look(&part).await;
        assert_eq!(reports(&part).await, ["x.json"]);
    }

    // A server that is away forgets nothing, and one that is back is read again.
    store.stop();
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    assert!(said.contains("cannot be reached") && said.contains("What was read before is shown"), "{said}");
    assert_eq!(reports(&fixture).await, ["team a/x.json"]);
    store.start();
    store.put("c.json", &report(INT8));
    let (_, said) = look(&fixture).await;
    assert!(!said.contains("What was read before"), "{said}");
    assert_eq!(reports(&fixture).await, ["c.json", "team a/x.json"]);
}

/// A store with these settings says this.
async fn check_refused(settings: &Value, secrets: &[(&'static str, String)], expected: &[&str]) {
    let fixture = source(settings, secrets);
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Error, "{said}");
    for part in expected {
        assert!(said.contains(part), "{part}: {said}");
    }
    let answer = fixture.query(json!({ "queryType": "curve" })).await;
    assert_eq!(answer.status(), 400, "the user can mend it");
    let error = answer.error.unwrap().message;
    assert!(error.contains(expected[0]) && !error.contains("MARKER"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_s3() {
    let Some(store) = servers::s3() else { return };
    let with = |key: &str, value: &str| {
        let mut settings = store.settings.clone();
        settings[key] = json!(value);
        settings
    };
    let refused = "refuses these credentials";
    let wrong = [("storeAccessKeyId", "HEADROOMKEY".to_owned()), ("storeSecretAccessKey", "MARKER-wrong".to_owned())];
    check_refused(&store.settings, &wrong, &[refused, "SignatureDoesNotMatch"]).await;
    let unknown = [("storeAccessKeyId", "nobody".to_owned()), ("storeSecretAccessKey", SECRET.to_owned())];
    check_refused(&store.settings, &unknown, &[refused, "XAdminUserNotFound"]).await;
    check_refused(&store.settings, &[], &["secureJsonData.storeAccessKeyId: expected it to be set"]).await;
    check_refused(&with("storeAuth", "none"), &[], &[refused]).await;
    check_refused(&with("storeBucket", "elsewhere"), &store.secrets, &["does not exist", "NoSuchBucket"]).await;
    check_refused(&with("storePrefix", "a//b"), &store.secrets, &["storePrefix: expected the path of a folder"]).await;
    check(store, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_google() {
    let Some(store) = servers::gcs() else { return };
    let mut with_key = store.settings.clone();
    with_key["storeAuth"] = json!("secrets");
    let key = [("storeServiceAccountKey", "{\"private_key\":\"MARKER\"}".to_owned())];
    check_refused(&with_key, &key, &["is storeServiceAccountKey the whole JSON file"]).await;
    check(store, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_of_azure() {
    let Some(store) = servers::azure() else { return };
    let refused = "refuses these credentials";
    let wrong = [("storeAccountKey", "TUFSS0VS".to_owned())];
    check_refused(&store.settings, &wrong, &[refused]).await;
    let no_key = [("storeAccountKey", "no Base64: MARKER".to_owned())];
    check_refused(&store.settings, &no_key, &["is storeAccountKey the Base64 text"]).await;
    check_refused(&store.settings, &[], &["secureJsonData.storeAccountKey: expected it to be set"]).await;
    let over = [("storeSasToken", servers::signature("rl", "2020-01-01T00:00:00Z"))];
    check_refused(&store.settings, &over, &["(403"]).await;
    let mut elsewhere = store.settings.clone();
    elsewhere["storeBucket"] = json!("elsewhere");
    check_refused(&elsewhere, &store.secrets, &["does not exist", "ContainerNotFound"]).await;
    // The least rights are enough.
    let least = [("storeSasToken", servers::signature("rl", "2099-01-01T00:00:00Z"))];
    let (status, said) = look(&source(&store.settings, &least)).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    check(store, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_files() {
    let files = Files::serve(Some("Basic YWRhOk1BUktFUg=="));
    let url = format!("http://127.0.0.1:{}/", files.port);
    let settings = json!({ "storeKind": "http", "storeUrl": url, "storeUser": "ada", "storeTimeoutSeconds": 5 });
    let secrets = [("storePassword", "MARKER".to_owned())];
    check_refused(&settings, &[("storePassword", "MARKER2".to_owned())], &["refuses these credentials", "(401)"]).await;
    let both = [("storePassword", "MARKER".to_owned()), ("storeToken", "MARKER".to_owned())];
    check_refused(&settings, &both, &["storeUser: expected a user and a password or the bearer token"]).await;
    let mut missing = settings.clone();
    missing["storeUrl"] = json!(format!("{url}nowhere/"));
    check_refused(&missing, &secrets, &["does not exist"]).await;
    let mut with_password = settings.clone();
    with_password["storeUrl"] = json!(format!("http://ada:MARKER@127.0.0.1:{}/", files.port));
    check_refused(&with_password, &secrets, &["storeUrl: holds a user name or a password"]).await;

    let put = |path: &str, content: &[u8]| {
        let path = files.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    let fixture = source(&settings, &secrets);
    put("a b/x.json", &report(BF16));
    put("y.json", &report(INT8));
    put(".z.json", &report(INT8));
    put("deployments.yaml", &report("deployments.yaml"));
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    assert_eq!(reports(&fixture).await, ["a b/x.json", "y.json"]);
    files.requests();
    look(&fixture).await;
    let asked = files.requests();
    assert!(
        asked.iter().all(|request| !request.starts_with("GET") || request.ends_with('/')),
        "nothing new: {asked:?}"
    );
    // The same size in the same second, but another content.
    let changed = String::from_utf8(report(INT8)).unwrap().replacen("0.8.1", "0.8.2", 1);
    put("y.json", changed.as_bytes());
    look(&fixture).await;
    let asked = files.requests();
    assert!(asked.contains(&"GET /y.json".to_owned()) && !asked.iter().any(|request| request.contains("GET /a%20b/x")));

    // A list in JSON instead of index pages, and one report alone.
    put("list.json", br#"["y.json", {"name": "a b/x.json"}, "../elsewhere.json", "http://192.0.2.1/far.json"]"#);
    let mut list = settings.clone();
    list["storeUrl"] = json!(format!("{url}list.json"));
    let listed = source(&list, &secrets);
    look(&listed).await;
    assert_eq!(reports(&listed).await, ["a b/x.json", "y.json"]);
    list["storeUrl"] = json!(format!("{url}a%20b/x.json"));
    let alone = source(&list, &secrets);
    look(&alone).await;
    assert_eq!(reports(&alone).await, ["x.json"]);
}

/// The server that everybody has, which knows neither `ETag` nor ranges.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_of_python() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::copy(demo().join(INT8), folder.path().join("sub/a.json")).unwrap();
    let port = servers::free_port();
    let Some(_server) = servers::python(folder.path(), port) else { return };
    let fixture = source(&json!({ "storeKind": "http", "storeUrl": format!("http://127.0.0.1:{port}") }), &[]);
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    assert_eq!(reports(&fixture).await, ["sub/a.json"]);
}
