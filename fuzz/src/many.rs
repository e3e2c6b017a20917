//! A folder of many files takes time that grows with their number, and not with its square.

use std::time::Duration;

use cpu_time::ThreadTime;
use headroom_reports::{Reading, join, read};

/// A report of one load step that a tool wrote.
const STEP: &str = include_str!("../../crates/reports/tests/data/vllm-bench/c4.json");

/// Four times as many files may take this much longer: twice what would be in proportion, half of what squares would be.
const MOST: f64 = 8.0;

const FEW: usize = 500;
const MANY: usize = 4 * FEW;

/// So many copies of the step, each changed so that it is another measurement.
fn readings(count: usize, change: fn(usize) -> (&'static str, String)) -> Vec<Reading> {
    let one = |number: usize| {
        let (from, to) = change(number);
        assert!(STEP.contains(from), "{from}");
        read(&format!("lab/{number:04}.json"), STEP.replacen(from, &to, 1).as_bytes())
    };
    (0..count).map(one).collect()
}

/// Joins few and many files; returns how many runs the many are.
fn check(change: fn(usize) -> (&'static str, String)) -> usize {
    let (few, many) = (readings(FEW, change), readings(MANY, change));
    let mut runs = 0;
    let mut time = |readings: &[Reading]| {
        // The quickest of some tries: whatever else the machine does makes the others slower.
        let one = |_| {
            let readings = readings.to_vec();
            let start = ThreadTime::now();
            let joined = join(readings);
            let took = start.elapsed();
            runs = joined.runs.len();
            assert_eq!(joined.runs.iter().map(|run| run.levels.len()).sum::<usize>() % FEW, 0, "no level is lost");
            took
        };
        (0..3).map(one).min().unwrap_or(Duration::MAX).as_secs_f64()
    };
    let (of_few, of_many) = (time(&few), time(&many));
    println!("{FEW} files: {of_few:.4} s, {MANY} files: {of_many:.4} s, {runs} runs");
    assert!(of_many < MOST * of_few, "{FEW} files take {of_few} s, and {MANY} {of_many} s");
    runs
}

#[test]
fn two_thousand_loads_are_one_run_in_time() {
    assert_eq!(check(|number| ("\"max_concurrency\": 4", format!("\"max_concurrency\": {}", number + 1))), 1);
}

#[test]
fn two_thousand_measurements_of_a_load_are_as_many_runs_in_time() {
    assert_eq!(check(|number| ("\"duration\": ", format!("\"duration\": {}", number + 1))), MANY);
}
