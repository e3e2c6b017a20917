//! New, changed and removed files; one listing for many queries.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use headroom_backend::cancel::Cancel;
use headroom_backend::catalog::{Catalog, Location};
use headroom_backend::library::{Library, Snapshot};
use headroom_backend::refresh::Refresher;
use headroom_backend::settings::StoreSettings;
use headroom_backend::store::{Store, StoreError};
use headroom_protocol::Plugin as _;
use headroom_reports::deployments::Deployments;
use serde_json::json;

use super::support::{BF16, BF16_OLD, Fixture, INT8, assert_mentions, demo, notices, settle, workspace};

fn library(root: &Path) -> Library {
    let settings = StoreSettings::Directory { typed: root.display().to_string(), path: root.to_owned() };
    let (catalog, _) = Catalog::open(Location::Memory, "store").unwrap();
    Library::new(Store::new(&settings), catalog, Deployments::default())
}

fn sources(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.headers.iter().map(|header| header.run.provenance.source.as_str()).collect()
}

fn put(root: &Path, name: &str, report: &str) {
    fs::copy(demo().join(report), root.join(name)).unwrap();
    settle(&root.join(name));
}

/// lmbench says in its files' names alone at what rate it meant to send requests; this one sent 6.8 a second.
#[test]
fn a_report_that_got_another_name_is_read_under_it() {
    let recorded = workspace().join("crates/reports/tests/data/lmbench/vllm_output_6.csv");
    for (before, after) in
        [("a/vllm_output_7.csv", "b/vllm_output_6.csv"), ("b/vllm_output_7.csv", "a/vllm_output_6.csv")]
    {
        let root = tempfile::tempdir().unwrap();
        let library = library(root.path());
        let cancel = Cancel::default();
        for folder in ["a", "b"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::copy(&recorded, root.path().join(before)).unwrap();
        settle(&root.path().join(before));
        let load = |snapshot: &Snapshot| {
            let run = library.catalog().run(&snapshot.headers[0].run.id).unwrap().unwrap();
            (run.provenance.source, run.levels[0].load)
        };
        let first = library.refresh(None, &cancel).unwrap();
        assert_eq!(load(&first), (before.to_owned(), 7.0));
        fs::rename(root.path().join(before), root.path().join(after)).unwrap();
        let second = library.refresh(Some(&first), &cancel).unwrap();
        let (source, under_it) = load(&second);
        assert!(source == after && under_it < 7.0, "{source} {under_it}");
        assert_eq!(sources(&second), [after]);
        let third = library.refresh(Some(&second), &cancel).unwrap();
        assert!(Arc::ptr_eq(&third.headers, &second.headers), "it is read once under its new name");
    }
}

#[test]
fn new_changed_and_removed_files_are_noticed_and_others_are_not_read_again() {
    let root = tempfile::tempdir().unwrap();
    let library = library(root.path());
    let cancel = Cancel::default();
    put(root.path(), "a.json", INT8);
    let first = library.refresh(None, &cancel).unwrap();
    assert_eq!(sources(&first), ["a.json"]);

    let same = library.refresh(Some(&first), &cancel).unwrap();
    assert!(Arc::ptr_eq(&same.headers, &first.headers), "nothing happened, so nothing was loaded");

    put(root.path(), "b.json", BF16_OLD);
    let second = library.refresh(Some(&same), &cancel).unwrap();
    assert_eq!(sources(&second), ["a.json", "b.json"]);

    put(root.path(), "a.json", BF16);
    let third = library.refresh(Some(&second), &cancel).unwrap();
    let ids: Vec<&str> = third.headers.iter().map(|header| header.run.id.as_str()).collect();
    assert_eq!(ids, [super::support::read(BF16).id, super::support::read(BF16_OLD).id]);

    fs::write(root.path().join("b.json"), "{").unwrap();
    settle(&root.path().join("b.json"));
    let fourth = library.refresh(Some(&third), &cancel).unwrap();
    assert_eq!(sources(&fourth), ["a.json"]);
    assert_eq!(fourth.problems.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), ["b.json"]);

    fs::remove_file(root.path().join("b.json")).unwrap();
    let fifth = library.refresh(Some(&fourth), &cancel).unwrap();
    assert_eq!((sources(&fifth), fifth.problems.len(), fifth.reports), (vec!["a.json"], 0, 1));
}

#[test]
fn a_changed_deployments_file_is_applied_without_reading_reports_again() {
    let root = tempfile::tempdir().unwrap();
    let library = library(root.path());
    let cancel = Cancel::default();
    put(root.path(), "a.json", INT8);
    let name = |snapshot: &Snapshot| snapshot.headers[0].run.deployment_label().to_owned();
    let mut snapshot = library.refresh(None, &cancel).unwrap();
    assert_eq!(name(&snapshot), "tiny-llama-int8", "from the report's own labels");
    for given in ["first", "second-name"] {
        fs::write(
            root.path().join("deployments.yaml"),
            format!("deployments:\n  - name: {given}\n    match: {{ path: \"**\" }}\n"),
        )
        .unwrap();
        snapshot = library.refresh(Some(&snapshot), &cancel).unwrap();
        assert_eq!(name(&snapshot), given);
    }
    fs::write(root.path().join("deployments.yaml"), "deployments: 5").unwrap();
    snapshot = library.refresh(Some(&snapshot), &cancel).unwrap();
    assert!(snapshot.deployment_problems[0].to_string().starts_with("deployments.yaml: deployments: expected a list"));
    fs::remove_file(root.path().join("deployments.yaml")).unwrap();
    snapshot = library.refresh(Some(&snapshot), &cancel).unwrap();
    assert_eq!((name(&snapshot).as_str(), snapshot.deployment_problems.len()), ("tiny-llama-int8", 0));
}

#[test]
fn a_store_that_goes_away_keeps_what_was_read() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("store");
    fs::create_dir(&root).unwrap();
    let library = library(&root);
    let cancel = Cancel::default();
    put(&root, "a.json", INT8);
    let first = library.refresh(None, &cancel).unwrap();
    fs::rename(&root, parent.path().join("elsewhere")).unwrap();
    let gone = library.refresh(Some(&first), &cancel).unwrap();
    assert!(matches!(gone.store_error, Some(StoreError::Missing(_))), "{:?}", gone.store_error);
    assert_eq!(sources(&gone), ["a.json"]);
    fs::rename(parent.path().join("elsewhere"), &root).unwrap();
    let back = library.refresh(Some(&gone), &cancel).unwrap();
    assert_eq!((sources(&back), &back.store_error), (vec!["a.json"], &None));
}

#[test]
fn an_empty_folder_where_reports_were_forgets_nothing() {
    let root = tempfile::tempdir().unwrap();
    let library = library(root.path());
    let cancel = Cancel::default();
    put(root.path(), "a.json", INT8);
    let first = library.refresh(None, &cancel).unwrap();
    // As when the volume is not mounted.
    fs::rename(root.path().join("a.json"), root.path().join(".a.json")).unwrap();
    let mut empty = first;
    for _ in 0..3 {
        empty = library.refresh(Some(&empty), &cancel).unwrap();
        assert_eq!((sources(&empty), empty.reports), (vec!["a.json"], 0));
        assert!(
            empty.notices.len() == 1 && empty.notices[0].contains("check whether it is mounted"),
            "{:?}",
            empty.notices
        );
    }
    fs::rename(root.path().join(".a.json"), root.path().join("a.json")).unwrap();
    let back = library.refresh(Some(&empty), &cancel).unwrap();
    assert_eq!((sources(&back), back.notices.len()), (vec!["a.json"], 0));
}

#[test]
fn other_content_of_the_same_size_and_time_is_seen() {
    let root = tempfile::tempdir().unwrap();
    let library = library(root.path());
    let cancel = Cancel::default();
    put(root.path(), "a.json", INT8);
    let first = library.refresh(None, &cancel).unwrap();
    let path = root.path().join("a.json");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replacen("llama", "lamas", 1);
    assert!(changed.len() == text.len() && changed != text, "the report names its model");
    fs::write(&path, changed).unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let second = library.refresh(Some(&first), &cancel).unwrap();
    let hash = |snapshot: &Snapshot| snapshot.headers[0].run.provenance.content_hash.clone();
    assert_ne!(hash(&second), hash(&first));
}

/// A library on a file, and what happens to that file between two refreshes.
#[track_caller]
fn check_without_disk(break_it: impl FnOnce(&Path) -> Box<dyn std::any::Any>, expected: &str) {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("store");
    fs::create_dir(&root).unwrap();
    let file = parent.path().join("c.sqlite");
    let settings = StoreSettings::Directory { typed: root.display().to_string(), path: root.clone() };
    let (catalog, notices) = Catalog::open(Location::File(file.clone()), "store").unwrap();
    assert_eq!(notices, Vec::<String>::new());
    let library = Library::new(Store::new(&settings), catalog, Deployments::default());
    let cancel = Cancel::default();
    put(&root, "a.json", INT8);
    let first = library.refresh(None, &cancel).unwrap();
    let held = break_it(&file);
    put(&root, "b.json", BF16_OLD);
    let second = library.refresh(Some(&first), &cancel).unwrap();
    assert_eq!(sources(&second)[0], "a.json", "what was known is still shown");
    assert!(second.notices.iter().any(|notice| notice.contains(expected)), "{:?}", second.notices);
    drop(held);
    let third = library.refresh(Some(&second), &cancel).unwrap();
    assert_eq!(sources(&third), ["a.json", "b.json"], "and what is new soon");
    for header in third.headers.iter() {
        assert!(library.catalog().run(&header.run.id).unwrap().is_some(), "with its levels");
    }
}

#[test]
fn a_catalog_that_is_held_or_cannot_be_written_stops_no_query() {
    check_without_disk(
        |file| {
            let holder = rusqlite::Connection::open(file).unwrap();
            holder.execute_batch("BEGIN EXCLUSIVE").unwrap();
            Box::new(holder)
        },
        "does not answer, so what was read before is shown",
    );
    // What a full disk says, without filling one: no page more than the file has.
    check_without_disk(
        |file| {
            let other = rusqlite::Connection::open(file).unwrap();
            other
                .execute_batch(
                    "CREATE TRIGGER full BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
                )
                .unwrap();
            Box::new(())
        },
        "reports are kept in memory",
    );
}

#[test]
fn what_the_catalog_knows_answers_before_the_store_is_read() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("store");
    fs::create_dir(&root).unwrap();
    put(&root, "a.json", INT8);
    let settings = StoreSettings::Directory { typed: root.display().to_string(), path: root.clone() };
    let open = || {
        let (catalog, _) = Catalog::open(Location::File(parent.path().join("c.sqlite")), "store").unwrap();
        Library::new(Store::new(&settings), catalog, Deployments::default())
    };
    assert!(open().known().unwrap().is_none(), "nothing was read yet");
    open().refresh(None, &Cancel::default()).unwrap();
    let known = open().known().unwrap().unwrap();
    assert_eq!(sources(&known), ["a.json"]);
}

#[test]
fn a_cancelled_refresh_keeps_what_it_has() {
    let root = tempfile::tempdir().unwrap();
    let library = library(root.path());
    put(root.path(), "a.json", INT8);
    let cancel = Cancel::default();
    let first = library.refresh(None, &cancel).unwrap();
    put(root.path(), "b.json", BF16_OLD);
    cancel.cancel();
    let stopped = library.refresh(Some(&first), &cancel).unwrap();
    assert_eq!((sources(&stopped), &stopped.store_error), (vec!["a.json"], &Some(StoreError::Cancelled)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_queries_share_one_refresh() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a.json", INT8);
    let refresher = Arc::new(Refresher::new(Arc::new(library(root.path())), Duration::from_hours(1), Arc::default()));
    let queries: Vec<_> = (0..50)
        .map(|_| {
            let refresher = Arc::clone(&refresher);
            tokio::spawn(async move { refresher.fresh().await.unwrap().snapshot })
        })
        .collect();
    let mut snapshots = Vec::new();
    for query in queries {
        snapshots.push(query.await.unwrap());
    }
    assert_eq!(snapshots[0].headers.len(), 1, "the first query waits for the reading");
    assert!(snapshots.iter().all(|snapshot| Arc::ptr_eq(snapshot, &snapshots[0])), "all have the same snapshot");

    put(root.path(), "b.json", BF16_OLD);
    assert!(Arc::ptr_eq(&refresher.fresh().await.unwrap().snapshot, &snapshots[0]), "not due for an hour");
    assert_eq!(refresher.now().await.unwrap().snapshot.headers.len(), 2, "unless asked for");
}

#[tokio::test]
async fn a_query_that_is_given_up_leaves_the_refresh_to_the_others() {
    let root = tempfile::tempdir().unwrap();
    put(root.path(), "a.json", BF16);
    let refresher = Refresher::new(Arc::new(library(root.path())), Duration::from_hours(1), Arc::default());
    let given_up = tokio::time::timeout(Duration::ZERO, refresher.fresh()).await;
    let fresh = refresher.fresh().await.unwrap();
    assert_eq!(fresh.snapshot.headers.len(), 1, "{}", given_up.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_panels_at_once_get_the_same_answer() {
    let fixture = Arc::new(Fixture::with(&[BF16, INT8]));
    let expected = fixture.frames(json!({})).await;
    let queries: Vec<_> = (0..20)
        .map(|_| {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { fixture.frames(json!({})).await })
        })
        .collect();
    for query in queries {
        assert_eq!(query.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn changed_settings_make_a_new_instance() {
    let fixture = Fixture::with(&[INT8]);
    assert_eq!(fixture.frames(json!({})).await.len(), 2);
    let mut changed = fixture.context.clone();
    let settings = changed.data_source.as_mut().unwrap();
    settings.updated_ms += 1;
    settings.json_data = json!({"storePath": fixture.path("missing")}).to_string().into();
    assert!(fixture.query_as(&changed, json!({})).await.error.unwrap().message.contains("does not exist"));
}

#[tokio::test]
async fn the_catalog_outlives_the_process_and_reports_that_went_meanwhile_go() {
    let fixture = Fixture::with(&[BF16, INT8]);
    assert_eq!(fixture.frames(json!({})).await.len(), 4);
    fs::remove_file(fixture.path(BF16)).unwrap();
    let again = headroom_backend::HeadroomPlugin::within(headroom_backend::instance::Surroundings {
        working_directory: fixture.root().to_owned(),
        temporary: fixture.root().join("tmp"),
    });
    let response = again.query(&fixture.context, &super::support::query(&json!({}))).await;
    assert_eq!(response.frames.len(), 2);
    let catalogs = fs::read_dir(fixture.root().join("tmp/headroom-catalog")).unwrap().count();
    assert!(catalogs >= 1, "the catalog is a file below the temporary folder");
}

#[tokio::test]
async fn a_catalog_that_cannot_be_written_is_told() {
    let fixture = Fixture::configured(&[INT8], json!({"catalogPath": "reports/deployments.yaml/c.sqlite"}));
    let frames = fixture.frames(json!({})).await;
    assert_eq!(frames.len(), 2);
    assert_mentions(&notices(&frames), "kept in memory");
}

#[tokio::test]
async fn a_run_that_the_catalog_cannot_read_is_read_from_its_report_again() {
    let fixture = Fixture::configured(&[INT8], json!({"catalogPath": "catalog.sqlite", "refreshSeconds": 3600}));
    let (status, _) = fixture.get("runs").await;
    assert_eq!(status, 200, "read into the catalog, but the samples not yet out of it");
    let connection = rusqlite::Connection::open(fixture.root().join("catalog.sqlite")).unwrap();
    connection.execute("UPDATE samples SET block = x'0011' WHERE metric = 'ttft_ms'", []).unwrap();
    let error = fixture.query(json!({})).await.error.unwrap();
    assert!(error.message.contains("damaged") && error.message.contains("ask again"), "{}", error.message);
    let frames = fixture.frames(json!({})).await;
    assert_eq!(frames.len(), 2);
    assert_mentions(&notices(&frames), "has been rebuilt from the reports");
}
