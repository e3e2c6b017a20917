//! A process that is killed in the middle of an ingest leaves a whole catalog behind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use headroom_engine::run::Run;

use super::catalog::{bits, mark, open, reading};
use super::support::{BF16, INT8, read};

/// Set for the child: the catalog to write to.
const CATALOG: &str = "HEADROOM_TEST_KILLED_CATALOG";

/// Two reports that take turns under one path, so that every write also deletes.
fn turns() -> [Run; 2] {
    [BF16, INT8].map(|report| {
        let mut run = read(report);
        "turn.json".clone_into(&mut run.provenance.source);
        run
    })
}

/// The child: writes without end. Does nothing in an ordinary run of the tests.
#[test]
fn child_that_ingests_until_it_is_killed() {
    let Some(path) = std::env::var_os(CATALOG) else { return };
    let (catalog, _) = open(Path::new(&path));
    let runs = turns();
    for size in 0.. {
        let run = &runs[usize::try_from(size % 2).unwrap()];
        catalog.ingest(&mark("turn.json", size), &reading(vec![run.clone()])).unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_whole_catalog() {
    const KILLS: u64 = 12;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.sqlite");
    let expected = turns().map(|run| bits(&run));
    let mut written = 0;
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::child_that_ingests_until_it_is_killed", "--nocapture"])
            .env(CATALOG, &path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Long enough to be past the start, and at another point of the work each time.
        let file = path.clone();
        while !file.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(60 + 37 * round));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());

        let (catalog, notices) = open(&path);
        assert_eq!(notices, Vec::<String>::new(), "round {round}: nothing to repair");
        let headers = catalog.headers().unwrap();
        assert!(headers.len() <= 1, "round {round}: {} runs", headers.len());
        assert_eq!(headers.len(), catalog.files().unwrap().len(), "round {round}: the file and its run come together");
        for header in headers {
            written += 1;
            let run = catalog.run(&header.run.id).unwrap().unwrap();
            assert!(expected.contains(&bits(&run)), "round {round}: a run that nobody wrote");
        }
        drop(catalog);
        let connection = rusqlite::Connection::open(&path).unwrap();
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "round {round}");
        let strays: i64 = connection
            .query_row(
                "SELECT (SELECT COUNT(*) FROM levels WHERE run NOT IN (SELECT key FROM runs))
                      + (SELECT COUNT(*) FROM samples WHERE run NOT IN (SELECT key FROM runs))
                      + (SELECT COUNT(*) FROM distributions WHERE run NOT IN (SELECT key FROM runs))",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(strays, 0, "round {round}: rows without a run");
    }
    assert!(written > 0, "no child lived long enough to write anything");

    // The survivor still works.
    let (catalog, _) = open(&path);
    let [run, _] = turns();
    catalog.ingest(&mark("turn.json", 9), &reading(vec![run.clone()])).unwrap();
    assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run));
}
