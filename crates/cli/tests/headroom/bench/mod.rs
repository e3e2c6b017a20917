//! `headroom bench` on a real server of known capacity.

#![cfg(unix)]

mod server;
mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{headroom, run, text};
use server::{KEY, PLACES, Server};

/// Long before a first token that waits for nobody, and long after one that waits for a whole answer before it.
const LIMIT: &str = "ttft_p95=75ms";

/// A folder with a tool, and a server.
struct Place {
    folder: tempfile::TempDir,
    server: Server,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), server: Server::start() }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The command line with a stand-in of this mode.
    fn bench(&self, mode: &str, more: &[&str]) -> Command {
        let tool = stand_in::program(self.folder.path(), mode);
        let out = self.out();
        let usual =
            ["bench", &self.server.address, "--model", "org/m", "--out", out.to_str().unwrap(), "--program", &tool];
        let short = ["--prompt-tokens", "16", "--output-tokens", "8", "--limit", LIMIT];
        let mut command = headroom(&[&usual[..], &short[..], more].concat());
        command.env("HEADROOM_API_KEY", KEY).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !more.contains(&"--level-time") {
            command.args(["--level-time", "2s"]);
        }
        command
    }

    /// Names of files whose name ends so, hidden ones too, in their order.
    fn files(&self, ending: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.out()) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
        names.sort();
        names
    }

    fn reports(&self) -> Vec<String> {
        self.files(".json").into_iter().filter(|name| !name.ends_with(".server.json")).collect()
    }

    fn half_written(&self) -> usize {
        fs::read_dir(self.out())
            .map_or(0, |entries| entries.filter(|entry| is_part(&entry.as_ref().unwrap().path())).count())
    }

    /// Nobody but the server has seen the key.
    fn assert_no_key(&self, output: &Output) {
        assert!(!text(&output.stdout).contains(KEY) && !text(&output.stderr).contains(KEY));
        for entry in fs::read_dir(self.out()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        {
            assert!(!String::from_utf8_lossy(&fs::read(&entry).unwrap()).contains(KEY), "{}", entry.display());
        }
    }
}

fn is_part(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with(".part-")
}

/// Waits until something is so, with patience for a machine that is busy.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Ends a process by a signal's name.
fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), text(&output.stderr))
}

#[test]
fn it_finds_the_edge_and_ends_with_the_verdict_of_the_folder() {
    let place = Place::new();
    let output = place.bench("", &["--until-width", "40%"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    // What it costs stands before what is done, and what was done in the order in which it was.
    let cost = said.find("at most ").unwrap();
    let first = said.find("Measure 1 user, for 50% of an ordinary level's time: nothing is measured yet.").unwrap();
    let second = said.find("Measure 2 users").unwrap();
    let end = said.find("Nothing more to measure: ").unwrap();
    assert!(cost < first && first < second && second < end, "{said}");
    // The answer is that of the folder.
    let out = place.out();
    let out = out.to_str().unwrap();
    assert_eq!(text(&output.stdout), text(&run(&["analyze", out, "--limit", LIMIT]).stdout));
    let analysis: Value =
        serde_json::from_slice(&run(&["analyze", out, "--limit", LIMIT, "--format", "json"]).stdout).unwrap();
    let [run] = analysis["runs"].as_array().unwrap().as_slice() else { panic!("one run of all levels: {analysis}") };
    assert_eq!(analysis["problems"], serde_json::json!([]));
    // One more user than places waits for an answer now and then, twice as many always do.
    let verdict = &run["verdict"];
    let (passing, failing) = (&verdict["max_passing_load"], &verdict["first_failing_load"]);
    assert!(passing.as_f64().unwrap() <= 2.0 * PLACES as f64, "{verdict}");
    assert!((PLACES as f64..=4.0 * PLACES as f64).contains(&failing.as_f64().unwrap()), "{verdict}");
    // What the server said stands with its levels: nobody waits far below its places, and most do far above.
    let levels = run["levels"].as_array().unwrap();
    let queue = |level: &Value| level["server"]["queue_depth"].as_f64();
    assert!(levels.iter().any(|level| queue(level) == Some(0.0)), "{levels:#?}");
    let above = levels.iter().find(|level| level["load"].as_f64().unwrap() >= 2.0 * PLACES as f64).unwrap();
    assert!(queue(above).unwrap() > 1.0 && above["server"]["kv_cache_use"].as_f64().unwrap() > 0.5, "{above}");
    // Every level has a file for it, with model, time and profile in its name.
    let names = place.reports();
    assert_eq!(names.len(), levels.len());
    assert!(
        names.iter().all(|name| name.starts_with("org-m-2") && name.contains("Z-guidellm-concurrent-p16-o8-c")),
        "{names:?}"
    );
    assert_eq!(place.files(".server.json").len(), names.len());
    place.assert_no_key(&output);

    // Called again it has nothing to do.
    let asked = place.server.asked();
    let again = place.bench("", &["--until-width", "40%"]).output().unwrap();
    assert!(text(&again.stderr).contains("are taken over; so far: holds"), "{}", text(&again.stderr));
    assert_eq!((text(&again.stdout), place.server.asked()), (text(&output.stdout), asked));
}

#[test]
fn killed_it_goes_on_from_what_is_whole() {
    // Long enough for the tool to outlive its driver while others try.
    let more = ["--max-levels", "4", "--level-time", "8s"];
    let place = Place::new();
    let mut child = place.bench("", &more).spawn().unwrap();
    // The tool of the third level runs, and not only the second one's folder is there still.
    until("the third level", || {
        fs::read_dir(place.out()).is_ok_and(|entries| {
            entries.flatten().any(|entry| is_part(&entry.path()) && entry.path().to_string_lossy().ends_with("-c4"))
        })
    });
    let asked = place.server.asked();
    until("its requests", || place.server.asked() > asked);
    signal(&child, "-KILL");
    child.wait().unwrap();
    let before: Vec<(String, Vec<u8>)> =
        place.reports().into_iter().map(|name| (name.clone(), fs::read(place.out().join(name)).unwrap())).collect();
    // The tool that nobody waits for any more still measures, and nobody may beside it.
    let refused = place.bench("", &more).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("expected to be alone in"), "{}", text(&refused.stderr));
    let mut last = None;
    until("the tool's end", || {
        last.is_some() || !text(&place.bench("", &["--dry-run"]).output().unwrap().stderr).contains("to be alone in")
    });
    last = Some(place.bench("", &more).output().unwrap());
    let output = last.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("2 levels in "), "{}", text(&output.stderr));
    assert_eq!((place.reports().len(), place.half_written()), (4, 0));
    for (name, bytes) in before {
        assert_eq!(fs::read(place.out().join(&name)).unwrap(), bytes, "{name}");
    }
    // Before and after are one sweep.
    let out = place.out();
    let analysis = run(&["analyze", out.to_str().unwrap(), "--limit", LIMIT, "--format", "json"]);
    let analysis: Value = serde_json::from_slice(&analysis.stdout).unwrap();
    assert_eq!(analysis["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn stopped_it_ends_its_tool_and_leaves_nothing_half_written() {
    for (name, status) in [("-TERM", 143), ("-INT", 130)] {
        let place = Place::new();
        let child = place.bench("", &["--level-time", "120s"]).spawn().unwrap();
        until("requests", || place.server.asked() > 2);
        signal(&child, name);
        let (code, said) = ended(child);
        assert_eq!(code, Some(status), "{said}");
        assert!(said.contains("stopped; the level at 1 user was not finished"), "{said}");
        assert_eq!((place.reports().len(), place.half_written()), (0, 0));
        // The tool is gone: nobody asks the server any more, and the folder is free.
        let asked = place.server.asked();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(place.server.asked(), asked);
        assert!(place.bench("", &["--dry-run"]).output().unwrap().status.success());
    }
}

#[test]
fn two_at_once_are_refused() {
    let place = Place::new();
    let first = place.bench("", &["--level-time", "120s"]).spawn().unwrap();
    until("requests", || place.server.asked() > 2);
    let second = place.bench("", &[]).output().unwrap();
    let said = text(&second.stderr);
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("found process {} measuring there", first.id())), "{said}");
    signal(&first, "-TERM");
    assert_eq!(ended(first).0, Some(143));
}

#[test]
fn a_budget_ends_it_with_what_was_measured() {
    for (more, reports, ends) in [
        (&["--max-levels", "2"][..], 2, "what is left of the level budget does not pay"),
        // A level's tool is expected to take half a minute to start before one was seen.
        (&["--max-time", "20s"], 0, "what is left of the time budget does not pay"),
        (&["--max-tokens", "100"], 1, "what is left of the token budget does not pay"),
        (&["--max-dollars", "0.000001", "--price", "36@list"], 0, "what is left of the dollar budget does not pay"),
    ] {
        let place = Place::new();
        let output = place.bench("", more).output().unwrap();
        let said = text(&output.stderr);
        assert!(said.contains(ends), "{more:?}: {said}");
        assert_eq!(place.reports().len(), reports, "{more:?}: {said}");
        assert_eq!(output.status.code(), Some(if reports == 0 { 2 } else { 0 }), "{more:?}: {said}");
    }
    let place = Place::new();
    let output = place.bench("", &["--max-dollars", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected a price for --max-dollars"), "{}", text(&output.stderr));
}

#[test]
fn a_tool_that_fails_is_an_error_with_its_own_words() {
    for (mode, parts) in [
        (
            "fails",
            &[
                "guidellm failed (exit status: 3)",
                "error: the data set could not be loaded",
                "connecting with \"<redacted>\"",
                ".log",
            ][..],
        ),
        ("silent", &["ended well and wrote no report"]),
        ("rubbish", &["expected a level at 1 user in the report of guidellm"]),
    ] {
        let place = Place::new();
        let output = place.bench(mode, &[]).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{mode}: {said}");
        for part in parts {
            assert!(said.contains(part), "{mode}: {said}");
        }
        assert_eq!((place.reports().len(), place.half_written()), (0, 0), "{mode}");
        place.assert_no_key(&output);
    }
    let place = Place::new();
    let output = place.bench("", &["--program", "/no/such/tool"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_server_that_answers_nothing_is_an_error() {
    let place = Place::new();
    place.server.breaks();
    let output = place.bench("", &[]).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("not one of ") && said.contains("is `org/m` the name that it serves?"), "{said}");
    assert!(place.reports().is_empty());
}

#[test]
fn a_warm_prefix_cache_is_told() {
    let place = Place::new();
    place.server.caches(60);
    let output = place.bench("", &["--max-levels", "1"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("warning: the prefix cache had 60% of the prompts' tokens"), "{said}");
}

#[test]
fn a_server_without_metrics_is_measured_all_the_same() {
    let place = Place::new();
    let nowhere = format!("{}/nowhere", place.server.address);
    let output = place.bench("", &["--max-levels", "2", "--metrics", &nowhere]).output().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("warning: the server's own metrics are not taken along").count(), 1, "told once: {said}");
    assert_eq!(place.reports().len(), 2);
}

/// Each tool is asked for the same in its own words, and the key is in none of them.
#[test]
fn every_tool_is_asked_in_its_own_words() {
    for (tool, words) in [
        (
            "guidellm",
            &["run --config ", "prompt_tokens=16,output_tokens=8", "'{\"kind\":\"poisson\",\"rate\":[0.5]}'"][..],
        ),
        ("vllm", &["bench serve ", "--random-input-len 16", "--request-rate 0.5 --burstiness 1", "--num-prompts 10"]),
        ("inference-perf", &["--config_file "]),
    ] {
        let place = Place::new();
        let more = ["--tool", tool, "--profile", "poisson", "--first", "0.5", "--dry-run"];
        let output = place.bench("", &more).output().unwrap();
        let said = text(&output.stderr);
        assert!(output.status.success() && output.stdout.is_empty(), "{said}");
        assert!(words.iter().all(|part| said.contains(part)), "{tool}: {said}");
        assert!(said.contains("Measure 0.5 req/s"), "{said}");
        assert_eq!((place.reports().len(), place.half_written()), (0, 0));
        place.assert_no_key(&output);
    }
    // AIPerf takes a key where everybody can read it.
    let place = Place::new();
    let output = place.bench("", &["--tool", "aiperf", "--dry-run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let output = place.bench("", &["--tool", "aiperf", "--dry-run"]).env_remove("HEADROOM_API_KEY").output().unwrap();
    assert!(text(&output.stderr).contains("profile --model org/m --url "), "{}", text(&output.stderr));
}
