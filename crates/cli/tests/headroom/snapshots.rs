//! What a person sees. The files are rewritten by `UPDATE_EXPECT=1 cargo test -p headroom-cli`.

use expect_test::{ExpectFile, expect_file};

use crate::{BF16, INT8, POISSON, stdout};

fn check(arguments: &[&str], expected: &ExpectFile) {
    let shown = stdout(arguments);
    let widest = shown.lines().filter(|line| !line.contains(".json")).map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|width| width <= 100), "{widest:?} columns");
    expected.assert_eq(&shown);
}

#[test]
fn an_edge() {
    check(&["analyze", BF16], &expect_file!["golden/edge.txt"]);
}

#[test]
fn a_floor() {
    check(&["analyze", BF16, "--limit", "ttft_p95=30s"], &expect_file!["golden/floor.txt"]);
}

#[test]
fn never_met() {
    check(&["analyze", INT8, "--limit", "ttft_p95=50ms"], &expect_file!["golden/never_met.txt"]);
}

#[test]
fn not_measured() {
    check(&["analyze", INT8, "--limit", "queue_depth=5"], &expect_file!["golden/not_measured.txt"]);
}

/// The server's own queue and KV cache in a column each, with the energy of a token, and limits judged by them.
#[test]
fn what_the_server_said() {
    let folder = "crates/reports/tests/data/aiperf/0.13.0-server";
    check(
        &["analyze", folder, "--limit", "queue_depth=1", "--limit", "kv_cache_use=90%"],
        &expect_file!["golden/server.txt"],
    );
}

#[test]
fn an_open_loop() {
    check(&["analyze", POISSON, "--limit", "ttft_p95=5s"], &expect_file!["golden/open_loop.txt"]);
}

#[test]
fn a_folder_with_known_deployments() {
    check(&["analyze", "demo/reports/", "--slo", "capacity_report"], &expect_file!["golden/folder.txt"]);
}

#[test]
fn the_presets() {
    check(&["slos"], &expect_file!["golden/slos.txt"]);
}
