//! The catalog gives back what went in, survives damage, and is only a cache.

use std::fs;
use std::path::Path;

use headroom_backend::catalog::{Catalog, FileMark, FileProblem, FileReading, Location};
use headroom_contract::resources::ProblemSeverity;
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples, Server};
use headroom_engine::run::{
    Arrivals, Deployment, DollarsPerHour, Known, LoadModel, OffCurve, Price, Provenance, Run, ToolConclusion, Workload,
};

use super::support::{BF16, BF16_OLD, BF16_OPEN, INT8, read};

pub(crate) fn open(path: &Path) -> (Catalog, Vec<String>) {
    Catalog::open(Location::File(path.to_owned()), "store").unwrap()
}

pub(crate) fn mark(path: &str, size: u64) -> FileMark {
    FileMark { path: path.to_owned(), size, changed_ns: 1, tag: None }
}

pub(crate) fn reading(runs: Vec<Run>) -> FileReading {
    FileReading {
        content_hash: runs.first().map(|run| run.provenance.content_hash.clone()),
        runs,
        problems: Vec::new(),
    }
}

/// Every number in its bits: `==` takes 0.0 for -0.0 and NaN for nothing.
pub(crate) fn bits(run: &Run) -> String {
    let level = |level: &Level| {
        let samples: Vec<Vec<u64>> = level
            .samples
            .iter()
            .flat_map(|samples| {
                [
                    &samples.start_s,
                    &samples.ttft_ms,
                    &samples.itl_ms,
                    &samples.tpot_ms,
                    &samples.e2e_ms,
                    &samples.output_tokens,
                ]
                .map(|column| column.iter().map(|value| value.to_bits()).collect())
            })
            .collect();
        let summary = Level { samples: None, ..level.clone() };
        // `{:?}` of an f64 is the shortest text that reads back to the same bits.
        format!("{summary:?} {samples:?}")
    };
    let levels: Vec<String> = run.levels.iter().map(level).collect();
    let off: Vec<String> = run.off_curve.iter().map(|off| format!("{} {}", off.strategy, level(&off.level))).collect();
    let header = Run { levels: Vec::new(), off_curve: Vec::new(), ..run.clone() };
    format!("{header:?}\n{}\n{}", levels.join("\n"), off.join("\n"))
}

#[track_caller]
fn check_round_trip(run: Run) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.sqlite");
    let expected = bits(&run);
    let id = run.id.clone();
    let (catalog, notices) = open(&path);
    assert_eq!(notices, Vec::<String>::new());
    catalog.ingest(&mark(&run.provenance.source.clone(), 1), &reading(vec![run])).unwrap();
    assert_eq!(bits(&catalog.run(&id).unwrap().unwrap()), expected);
    drop(catalog);
    let (again, _) = open(&path);
    assert_eq!(bits(&again.run(&id).unwrap().unwrap()), expected, "after a restart");
}

#[test]
fn recorded_runs_come_back_bit_for_bit() {
    for report in [BF16, BF16_OLD, BF16_OPEN, INT8] {
        check_round_trip(read(report));
    }
}

/// A run that uses everything that a run can have, with the numbers that are easily lost.
fn full_run() -> Run {
    let text = |value: &str| Some(Known { value: value.to_owned(), source: "who".to_owned() });
    let number = |value| Some(Known { value, source: "who".to_owned() });
    let distribution = Distribution {
        count: 3,
        mean: Some(0.1 + 0.2),
        std: None,
        min: Some(5e-324),
        max: Some(f64::MAX),
        quantiles: vec![(0.5, 1.0 / 3.0), (0.95, -0.0), (0.999, 1e300)],
    };
    let level = Level {
        load: 7.000_000_000_000_001,
        concurrency: Some(6.9),
        duration_s: Some(3.0),
        started_ms: Some(i64::MAX),
        ended_ms: None,
        requests: Requests { ok: 1 << 53, errored: 2, incomplete: 3 },
        reported: Rates { requests: Some(0.3), output_tokens: None, prompt_tokens: Some(2.5), total_tokens: None },
        rates: Rates { requests: None, output_tokens: Some(1e-9), prompt_tokens: None, total_tokens: Some(4.0) },
        prompt_tokens: Some(128.0),
        output_tokens: Some(64.5),
        ttft: Some(distribution.clone()),
        itl: None,
        tpot: Some(Distribution::default()),
        e2e: Some(distribution),
        samples: Some(Samples {
            start_s: vec![0.0, -0.0],
            ttft_ms: vec![f64::NAN, 1.5],
            itl_ms: vec![f64::from_bits(0x7ff8_0000_0000_0abc), f64::INFINITY],
            tpot_ms: vec![1.0, 2.0],
            e2e_ms: vec![3.0, 4.0],
            output_tokens: vec![64.0, 64.0],
        }),
        asked_load: Some(37.25),
        tool_warnings: vec!["a \"warning\"\nof two lines".to_owned()],
        server: Server { queue_depth: Some(2.25), kv_cache_use: None, power_w: Some(117.7) },
    };
    Run {
        id: "full".to_owned(),
        provenance: Provenance {
            source: "a/b c.json".to_owned(),
            tool: "guidellm".to_owned(),
            tool_version: None,
            content_hash: "hash".to_owned(),
            started_ms: Some(-5),
            ended_ms: Some(1_795_494_068_985),
            labels: vec![("b".to_owned(), "2".to_owned()), ("ä".to_owned(), String::new())],
            conclusions: vec![
                ToolConclusion {
                    kind: "knee_detection.throughput".to_owned(),
                    status: Some("ok".to_owned()),
                    load: Some(15.562_313_676_921_92),
                    message: "a \"reason\"\nof two lines".to_owned(),
                },
                ToolConclusion { kind: "later".to_owned(), status: None, load: None, message: "ü".to_owned() },
            ],
        },
        deployment: Deployment {
            name: text("name"),
            model: text("model"),
            quantization: None,
            hardware: text("NVIDIA L4"),
            gpus: number(4),
            tensor_parallel: number(u32::MAX),
            engine: text("vllm 0.32.0"),
            price: Some(Price {
                per_hour: DollarsPerHour(0.1 + 0.7),
                source: Some("list".to_owned()),
                region: None,
                date: Some("2026-11-01".to_owned()),
            }),
        },
        workload: Workload {
            prompt_tokens: Some(127.999_999_999_999_99),
            output_tokens: None,
            shape: Some("s".to_owned()),
        },
        load_model: LoadModel::Open(Arrivals::Constant),
        levels: vec![level.clone(), Level { load: 8.0, ..Level::default() }],
        off_curve: vec![OffCurve { strategy: "throughput".to_owned(), level: Level { samples: None, ..level } }],
    }
}

#[test]
fn a_run_with_everything_comes_back_bit_for_bit() {
    check_round_trip(full_run());
    check_round_trip(Run { load_model: LoadModel::Open(Arrivals::Poisson), ..full_run() });
    let empty = Level { samples: Some(Samples::default()), ..Level::default() };
    check_round_trip(Run { load_model: LoadModel::Closed, levels: vec![empty], off_curve: vec![], ..full_run() });
}

#[test]
fn ingesting_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, _) = open(&folder.path().join("c.sqlite"));
    let run = read(INT8);
    let problem = FileProblem {
        severity: ProblemSeverity::Warning,
        code: "out_of_range".to_owned(),
        place: None,
        message: "m".to_owned(),
    };
    let full = FileReading { problems: vec![problem], ..reading(vec![run.clone()]) };
    for size in [1, 1, 2] {
        catalog.ingest(&mark(INT8, size), &full).unwrap();
        assert_eq!(catalog.headers().unwrap().len(), 1);
        assert_eq!(catalog.problems().unwrap().len(), 1);
        assert_eq!(catalog.files().unwrap(), [mark(INT8, size)]);
        assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run));
    }
}

#[test]
fn one_report_under_two_paths_is_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, _) = open(&folder.path().join("c.sqlite"));
    let run = full_run();
    for path in ["b.json", "a.json"] {
        catalog.ingest(&mark(path, 1), &reading(vec![run.clone()])).unwrap();
    }
    let sources = |catalog: &Catalog| -> Vec<String> {
        catalog.headers().unwrap().into_iter().map(|header| header.run.provenance.source).collect()
    };
    assert_eq!(sources(&catalog), ["a.json"]);
    catalog.forget(&["a.json".to_owned()]).unwrap();
    assert_eq!(sources(&catalog), ["b.json"]);
    catalog.forget(&["b.json".to_owned()]).unwrap();
    assert_eq!(sources(&catalog), Vec::<String>::new());
}

/// A reading may depend on the file's name and on what stands beside it: what is kept is that of the first path, whatever
/// the order that the copies came in.
#[test]
fn of_several_copies_the_first_path_is_the_one_that_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, _) = open(&folder.path().join("c.sqlite"));
    let load = |catalog: &Catalog| catalog.run("full").unwrap().unwrap().levels[0].load;
    let ingest = |path: &str, load: f64| {
        let mut run = full_run();
        run.levels[0].load = load;
        catalog.ingest(&mark(path, 1), &reading(vec![run])).unwrap();
    };
    ingest("b.json", 2.0);
    ingest("c.json", 3.0);
    assert_eq!(load(&catalog), 2.0);
    ingest("a.json", 1.0);
    ingest("c.json", 3.0);
    assert_eq!(load(&catalog), 1.0);
    // What was read under the name of a file that is gone is read again.
    assert_eq!(catalog.forget(&["a.json".to_owned()]).unwrap(), ["b.json"]);
    let kept = catalog.files().unwrap();
    assert!(kept[0] != mark("b.json", 1) && kept[1] == mark("c.json", 1), "a next start reads it too: {kept:?}");
    ingest("b.json", 2.0);
    assert_eq!((load(&catalog), catalog.files().unwrap()[0].clone()), (2.0, mark("b.json", 1)));
    assert_eq!(catalog.forget(&["c.json".to_owned()]).unwrap(), Vec::<String>::new());
    assert_eq!(load(&catalog), 2.0);
}

#[test]
fn a_changed_file_replaces_its_runs_and_problems() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, _) = open(&folder.path().join("c.sqlite"));
    let first = full_run();
    let mut second = full_run();
    second.id = "second".to_owned();
    second.provenance.content_hash = "other".to_owned();
    catalog.ingest(&mark("a.json", 1), &reading(vec![first])).unwrap();
    catalog.ingest(&mark("a.json", 2), &reading(vec![second])).unwrap();
    let ids: Vec<String> = catalog.headers().unwrap().into_iter().map(|header| header.run.id).collect();
    assert_eq!(ids, ["second"]);
    assert_eq!(catalog.run("full").unwrap(), None);
    catalog.ingest(&mark("a.json", 3), &FileReading::default()).unwrap();
    assert_eq!(catalog.headers().unwrap(), []);
}

/// Something that happens to a catalog's file.
type Damage = fn(&Path);

#[test]
fn a_damaged_catalog_is_rebuilt_with_a_notice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.sqlite");
    let run = read(INT8);
    let fill = || {
        let (catalog, _) = open(&path);
        catalog.ingest(&mark(INT8, 1), &reading(vec![run.clone()])).unwrap();
    };
    let damages: [(&str, Damage); 2] = [
        ("garbage in the schema", |path| {
            let mut bytes = fs::read(path).unwrap();
            bytes[100..4096].fill(0x5a);
            fs::write(path, bytes).unwrap();
        }),
        ("tables that are gone", |path| {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.execute_batch("DROP TABLE samples; DROP TABLE distributions; DROP TABLE levels;").unwrap();
        }),
    ];
    for (name, damage) in damages {
        fill();
        damage(&path);
        let (catalog, notices) = open(&path);
        assert!(notices.len() == 1 && notices[0].contains("was damaged and is read again"), "{name}: {notices:?}");
        assert!(notices[0].contains(".damaged-"), "{name}: the damaged file is kept: {notices:?}");
        assert_eq!(catalog.headers().unwrap(), [], "{name}");
        catalog.ingest(&mark(INT8, 1), &reading(vec![run.clone()])).unwrap();
        assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run), "{name}");
    }
}

#[test]
fn a_catalog_of_the_default_place_is_rebuilt_whatever_is_left_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::default_for(folder.path(), "uid", "store");
    let Location::File(path) = location.clone() else { panic!("a file: {location}") };
    let run = full_run();
    for content in ["this is not a database, and long enough to be one", "torn"] {
        drop(Catalog::open(location.clone(), "store").unwrap());
        fs::write(&path, content).unwrap();
        let (catalog, notices) = Catalog::open(location.clone(), "store").unwrap();
        assert!(notices.len() == 1 && notices[0].contains("was damaged"), "{notices:?}");
        assert_eq!(catalog.location(), location);
        catalog.ingest(&mark("a/b c.json", 1), &reading(vec![run.clone()])).unwrap();
        assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run));
    }
}

/// A file that somebody else made, at the path that the settings name as the catalog.
#[track_caller]
fn check_left_alone(make: impl FnOnce(&Path), reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    make(&path);
    let content = |folder: &Path| -> Vec<(std::ffi::OsString, Option<Vec<u8>>)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                (entry.file_name(), entry.file_type().unwrap().is_file().then(|| fs::read(entry.path()).unwrap()))
            })
            .collect();
        found.sort();
        found
    };
    let before = content(folder.path());
    let (catalog, notices) = open(&path);
    assert_eq!(catalog.location(), Location::Memory);
    assert!(notices.len() == 1 && notices[0].contains(reason) && notices[0].contains("left as it is"), "{notices:?}");
    let run = full_run();
    catalog.ingest(&mark("a/b c.json", 1), &reading(vec![run.clone()])).unwrap();
    assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run), "answers from memory");
    // The files' names alone where it fails: their content is long.
    let after = content(folder.path());
    let names = |files: &[(std::ffi::OsString, Option<Vec<u8>>)]| -> Vec<_> {
        files.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&after), names(&before), "nothing removed, renamed or made beside it");
    assert!(after == before, "nothing written");
}

#[test]
fn a_file_that_is_no_catalog_of_this_store_is_never_touched() {
    check_left_alone(|path| fs::write(path, "my notes").unwrap(), "is not an SQLite file");
    check_left_alone(
        |path| {
            fs::copy(super::support::demo().join(INT8), path).unwrap();
        },
        "is not an SQLite file",
    );
    let database =
        |sql: &'static str| move |path: &Path| rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
    check_left_alone(database("CREATE TABLE books (title); INSERT INTO books VALUES ('a');"), "another program's");
    check_left_alone(
        database("PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE a (b);"),
        "another program's",
    );
    #[cfg(unix)]
    check_left_alone(
        |path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success()),
        "is not a regular file",
    );
    // Another store's catalog: its runs are not shown here, and stay.
    check_left_alone(
        |path| {
            let (catalog, _) = Catalog::open(Location::File(path.to_owned()), "another store").unwrap();
            catalog.ingest(&mark(INT8, 1), &reading(vec![read(INT8)])).unwrap();
        },
        "is the catalog of another store",
    );
}

#[test]
fn a_catalog_that_cannot_be_used_is_kept_in_memory_with_a_notice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let newer = folder.path().join("newer.sqlite");
    drop(open(&newer));
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for (path, reason) in [(file.join("below/c.sqlite"), "cannot be created"), (newer, "schema version 99")] {
        let (catalog, notices) = open(&path);
        assert_eq!(catalog.location(), Location::Memory);
        assert!(notices.len() == 1 && notices[0].contains(reason) && notices[0].contains("in memory"), "{notices:?}");
        let run = full_run();
        catalog.ingest(&mark("a/b c.json", 1), &reading(vec![run.clone()])).unwrap();
        assert_eq!(bits(&catalog.run(&run.id).unwrap().unwrap()), bits(&run));
    }
}

#[test]
fn what_other_readers_read_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.sqlite");
    open(&path).0.ingest(&mark("a.json", 1), &reading(vec![full_run()])).unwrap();
    assert_eq!(open(&path).0.headers().unwrap().len(), 1);
    // An older release; and a build of this very release whose readers were others.
    // Each alone is not enough: the readers' own sources may be the same, and what they use be another version.
    let (version, readers) = (env!("CARGO_PKG_VERSION"), headroom_reports::READERS);
    for other in
        ["0.0.1", version, readers, &format!("0.0.1-{readers}"), &format!("{version}-{}", readers.replace('0', "1"))]
    {
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute("UPDATE about SET value = ?1 WHERE name = 'reader'", [other])
            .unwrap();
        let (catalog, notices) = open(&path);
        assert_eq!(
            (catalog.headers().unwrap().len(), catalog.files().unwrap().len(), notices.len()),
            (0, 0, 0),
            "{other}"
        );
        catalog.ingest(&mark("a.json", 1), &reading(vec![full_run()])).unwrap();
    }
    assert_eq!(open(&path).0.headers().unwrap().len(), 1);
}

#[test]
fn two_processes_share_a_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.sqlite");
    let ((one, _), (two, _)) = (open(&path), open(&path));
    let before = two.foreign_writes().unwrap();
    one.ingest(&mark("a.json", 1), &reading(vec![full_run()])).unwrap();
    assert_ne!(two.foreign_writes().unwrap(), before, "the other's write is seen");
    assert_eq!(two.headers().unwrap().len(), 1);
    std::thread::scope(|scope| {
        for catalog in [&one, &two] {
            scope.spawn(move || {
                for size in 0..50 {
                    catalog.ingest(&mark("a.json", size), &reading(vec![full_run()])).unwrap();
                }
            });
        }
    });
    assert_eq!(one.headers().unwrap(), two.headers().unwrap());
    assert_eq!(
        bits(&two.run("full").unwrap().unwrap()),
        bits(&Run { provenance: Provenance { source: "a.json".to_owned(), ..full_run().provenance }, ..full_run() })
    );
}
