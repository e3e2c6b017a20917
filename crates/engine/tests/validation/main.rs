//! Intervals of the breaking load against simulated servers whose true breaking load is known.
//!
//! `cargo xtask validate` runs every scenario with 400 sweeps and writes the table of `docs/validation.md`; as a test of the
//! crate there are fewer, and the goals have room for chance.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::print_stdout,
    reason = "helpers of tests may fail like the tests themselves, and the tables are printed"
)]

mod batching;
mod money;
mod pairs;
mod planning;
mod queues;
mod scenarios;
mod tally;
mod trace;
mod truths;

use scenarios::SCENARIOS;
use tally::{HEAD, Tally};

/// What `VALIDATION` asks for: `full` or `truths`.
fn asked(what: &str) -> bool {
    std::env::var("VALIDATION").is_ok_and(|asked| asked == what)
}

#[test]
fn intervals_hold_the_truth() {
    let full = asked("full");
    let sweeps = if full { 400 } else { 100 };
    let mut complaints = Vec::new();
    println!("{HEAD}");
    // For work on one of them.
    let only = std::env::var("SCENARIO").unwrap_or_default();
    for scenario in SCENARIOS.iter().filter(|scenario| scenario.name.contains(&only)) {
        let tally = Tally::of(scenario, sweeps);
        println!("{}", tally.row(scenario));
        complaints.extend(tally.complaints(scenario, full));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_cheaper_one_is_named_where_there_is_one() {
    let complaints = money::complaints(asked("full"));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn the_planner_needs_less_than_a_fixed_sweep() {
    let complaints = planning::complaints(asked("full"));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// For planners of others: answers lines on standard input with levels of a simulated server.
#[test]
fn a_server_for_other_planners() {
    if asked("serve") {
        planning::serve();
    }
}

#[test]
fn two_runs_of_one_deployment_are_told_to_be_alike() {
    pairs::check();
}

#[test]
fn a_long_run_finds_the_tabled_truth() {
    if asked("truths") {
        truths::print();
        return;
    }
    truths::check();
}

#[test]
fn the_queue_is_the_one_of_the_textbook() {
    queues::check();
}
