//! The program, run as a person or a pipeline runs it, on the recorded reports of the demo.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests too")]

mod bench;
mod check;
mod compare;
mod documents;
mod exit;
mod findings;
mod generated;
mod history;
mod insights;
mod next;
mod numbers;
mod push;
mod repeated;
mod rules;
mod snapshots;
mod verdicts;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A recorded run of nine levels.
const BF16: &str = "demo/reports/tiny-llama-bf16/20261124T042108Z-guidellm-0.8.1-concurrent.json";
/// A recorded run of eight levels.
const INT8: &str = "demo/reports/tiny-llama-int8/20261124T042931Z-guidellm-0.8.1-concurrent.json";
/// A recorded open-loop run.
const POISSON: &str = "demo/reports/tiny-llama-bf16/20261124T041712Z-guidellm-0.8.1-poisson.json";

/// The recorded pair; beside it `demo/reports` has a published one.
const RECORDED: [&str; 2] = ["demo/reports/tiny-llama-bf16", "demo/reports/tiny-llama-int8"];
/// What the demo knows of its deployments.
const FACTS: [&str; 2] = ["--deployments", "demo/reports/deployments.yaml"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `headroom` in the repository's root, without a terminal.
fn headroom(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headroom"));
    command.args(arguments).current_dir(root()).env_remove("NO_COLOR").env_remove("COLUMNS");
    command
}

fn run(arguments: &[&str]) -> Output {
    headroom(arguments).output().expect("the program starts")
}

/// What it prints on standard output, having ended well and said nothing on standard error.
fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    let stderr = text(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{}: {stderr}", output.status);
    text(&output.stdout)
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = headroom(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("a pipe").write_all(input).expect("the program reads its input");
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}
