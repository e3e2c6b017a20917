//! `headroom push`, and the curl of the documents: over HTTP to the real data source process.

mod grafana;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use self::grafana::{EDITOR, Fault, Grafana, VIEWER};
use crate::{BF16, INT8, headroom, root, stdout, text};

fn pushing(grafana: &Grafana, token: &str, arguments: &[&str]) -> Command {
    let mut command = headroom(&["push", "--to", &grafana.url, "--data-source", "headroom"]);
    command.args(arguments).env("HEADROOM_TOKEN", token);
    command
}

/// Pushes, and gives status, standard output and standard error.
fn push(grafana: &Grafana, token: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = pushing(grafana, token, arguments).output().unwrap();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!out.contains("MARKER") && !error.contains("MARKER"), "{out}{error}");
    (output.status.code(), out, error)
}

/// A report whose compression saves nothing, so that it is sent as it is.
fn long(grafana: &Grafana) -> PathBuf {
    let path = grafana.work().join("long.json.gz");
    let mut encoder = flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::none());
    encoder.write_all(&fs::read(root().join(BF16)).unwrap()).unwrap();
    encoder.finish().unwrap();
    path
}

#[test]
fn a_report_is_pushed_once_and_judged_as_analyze_judges_it() {
    let grafana = Grafana::start();
    let name = Path::new(INT8).file_name().unwrap().to_str().unwrap();
    let (status, out, error) = push(&grafana, EDITOR, &["--folder", "a/b/", INT8]);
    assert_eq!((status, error.as_str()), (Some(0), ""), "{out}");
    assert!(out.starts_with(&format!("a/b/{name}.zst: stored\n")), "{out}");
    let analysis: Value = serde_json::from_str(&stdout(&["analyze", "--format", "json", INT8])).unwrap();
    let sentence = analysis["runs"][0]["verdict"]["sentence"].as_str().unwrap();
    assert!(out.contains(sentence), "{out}{sentence}");
    assert!(grafana.stored(&format!("a/b/{name}.zst")).exists());

    grafana.suffer(Fault::None);
    let (status, out, _) = push(&grafana, EDITOR, &["--name", "other.json", INT8]);
    assert_eq!(status, Some(0));
    assert!(out.starts_with(&format!("a/b/{name}.zst: in the store already\n")) && out.contains(sentence), "{out}");
    assert_eq!(grafana.requests(), 1, "what is there is not sent again");

    let (status, out, _) = push(&grafana, EDITOR, &["--format", "json", INT8]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, answer["reports"][0]["outcome"].as_str()), (Some(0), Some("known")));
    assert_eq!(answer["reports"][0]["runs"][0]["run"]["id"], analysis["runs"][0]["id"]);
}

#[test]
fn what_is_refused_says_why_and_the_others_are_sent() {
    let grafana = Grafana::start();
    let junk = grafana.work().join("junk.json");
    fs::write(&junk, "{\"a\": 1}").unwrap();
    let junk = junk.to_str().unwrap();
    let (status, out, error) = push(&grafana, EDITOR, &[junk, INT8, "missing.json"]);
    assert_eq!(status, Some(2));
    assert!(out.contains(": stored"), "{out}");
    assert!(
        error.contains("junk.json is not in the store") && error.contains("missing.json is not in the store"),
        "{error}"
    );
    let (status, _, error) = push(&grafana, EDITOR, &["--name", "../x.json", BF16]);
    assert!(status == Some(2) && error.contains("`..`"), "{error}");
    let taken = Path::new(INT8).file_name().unwrap().to_str().unwrap();
    let (status, _, error) = push(&grafana, EDITOR, &["--name", taken, BF16]);
    assert!(status == Some(2) && error.contains("nothing is overwritten"), "{error}");

    let (status, _, error) = push(&grafana, VIEWER, &[BF16]);
    assert!(status == Some(2) && error.contains("only Editors and Admins"), "{error}");
    let (status, _, error) = push(&grafana, "unknown", &[BF16]);
    assert!(status == Some(2) && error.contains("Invalid API key") && error.contains("not expired"), "{error}");
    let output = headroom(&["push", BF16, "--to", &grafana.url, "--data-source", "none"])
        .env("HEADROOM_TOKEN", EDITOR)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no data source"), "{}", text(&output.stderr));
    let output = headroom(&["push", BF16, INT8, "--name", "x.json", "--to", &grafana.url, "--data-source", "headroom"])
        .output()
        .unwrap();
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("expected one file with --name"));

    let file = grafana.work().join("token");
    fs::write(&file, format!("{EDITOR}\n")).unwrap();
    let (status, out, error) = push(&grafana, "unknown", &["--token-file", file.to_str().unwrap(), BF16]);
    assert_eq!(status, Some(0), "{out}{error}");
}

#[test]
fn a_report_that_is_cut_off_is_sent_and_the_status_says_so() {
    let grafana = Grafana::start();
    let whole = fs::read(root().join(BF16)).unwrap();
    let cut = grafana.work().join("cut.json");
    fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let (status, out, error) = push(&grafana, EDITOR, &[cut.to_str().unwrap()]);
    assert_eq!(status, Some(1), "{out}{error}");
    assert!(out.starts_with("cut.json.zst: stored\n") && error.contains("a report is damaged"), "{out}{error}");
}

#[test]
fn a_redirect_is_not_followed() {
    let grafana = Grafana::start();
    grafana.suffer(Fault::Elsewhere);
    let (status, _, error) = push(&grafana, EDITOR, &[INT8]);
    assert!(
        status == Some(2) && error.contains("http://127.0.0.1:9/login (302)") && error.contains("not followed"),
        "{error}"
    );
    assert_eq!(grafana.requests(), 1);
}

#[test]
fn what_fails_for_a_moment_is_sent_again() {
    let grafana = Grafana::start();
    grafana.suffer(Fault::Down(3));
    let (status, out, error) = push(&grafana, EDITOR, &[INT8]);
    assert_eq!((status, error.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains(": stored"), "{out}");
    assert_eq!(grafana.requests(), 5, "three that failed, one that asked and one that sent");
}

#[test]
fn a_push_that_was_killed_goes_on_where_it_was() {
    const SENT: usize = 5;
    let grafana = Grafana::start();
    let long = long(&grafana);
    let arguments = ["--part-size", "0.25", "--folder", "big", long.to_str().unwrap()];
    let parts = usize::try_from(fs::metadata(&long).unwrap().len().div_ceil(256 << 10)).unwrap();
    assert!(parts > 2 * SENT, "{parts}");
    grafana.suffer(Fault::Stalled(SENT));
    let mut child = pushing(&grafana, EDITOR, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while grafana.parts() < SENT {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!grafana.stored("big").exists(), "nothing is to be seen of it yet");

    grafana.suffer(Fault::None);
    let (status, out, error) = push(&grafana, EDITOR, &arguments);
    assert_eq!((status, error.as_str()), (Some(0), ""), "{out}");
    assert!(out.starts_with("big/long.json.gz: stored\n"), "{out}");
    assert_eq!(grafana.parts(), parts - SENT);
    assert!(fs::read(grafana.stored("big/long.json.gz")).unwrap() == fs::read(&long).unwrap());
    assert_eq!(fs::read_dir(grafana.stored(".headroom-uploads")).unwrap().count(), 0);
}

/// The shell blocks of a document that begin with this word.
fn blocks(word: &str) -> Vec<String> {
    let document = fs::read_to_string(root().join("docs/upload.md")).unwrap();
    let blocks: Vec<String> = document
        .split("\n```\n")
        .filter(|block| block.split_whitespace().next().is_some_and(|first| first == word))
        .map(str::to_owned)
        .collect();
    assert!(!blocks.is_empty(), "{word}");
    blocks
}

/// Runs a block as somebody would who copied it.
fn as_written(grafana: &Grafana, token: &str, block: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_headroom")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    Command::new("bash")
        .args(["-euo", "pipefail", "-c", block])
        .current_dir(grafana.work())
        .env("PATH", path)
        .env("GRAFANA_URL", &grafana.url)
        .env("DATA_SOURCE", "headroom")
        .env("HEADROOM_TOKEN", token)
        .output()
        .unwrap()
}

#[test]
fn the_commands_of_the_documents_work_as_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("left out: curl is not installed");
        return;
    }
    let commands: Vec<String> = ["curl", "gzip", "headroom"].into_iter().flat_map(blocks).collect();
    assert_eq!(commands.len(), 4, "{commands:#?}");
    for command in commands {
        let grafana = Grafana::start();
        let work = grafana.work();
        fs::copy(root().join(INT8), work.join("benchmarks.json")).unwrap();
        fs::copy(root().join(INT8), work.join("stage_0.json")).unwrap();
        fs::copy(root().join(BF16), work.join("stage_1.json")).unwrap();
        fs::write(work.join("config.yaml"), "server:\n  model_name: m\n").unwrap();
        let viewer = as_written(&grafana, VIEWER, &command);
        let said = format!("{}{}", text(&viewer.stdout), text(&viewer.stderr));
        assert!(!viewer.status.success() && said.contains("only Editors and Admins"), "{command}\n{said}");
        let editor = as_written(&grafana, EDITOR, &command);
        let said = format!("{}{}", text(&editor.stdout), text(&editor.stderr));
        assert!(editor.status.success() && said.contains("stored"), "{command}\n{said}");
        let again = as_written(&grafana, EDITOR, &command);
        let said = format!("{}{}", text(&again.stdout), text(&again.stderr));
        assert!(again.status.success() && (said.contains("known") || said.contains("already")), "{command}\n{said}");
    }
}
