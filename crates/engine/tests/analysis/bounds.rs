//! Percentiles that a report lacks, judged by those that it has.

use headroom_engine::breaking::BreakingState;
use headroom_engine::findings::Code;
use headroom_engine::level::{Distribution, Level};
use headroom_engine::run::Run;
use headroom_engine::verdict::{Verdict, assess};

use crate::support::{level, run, slo};

/// Levels of `(users, median, p99)` of TTFT, as `vllm bench serve` writes them by default.
fn medians(levels: &[(f64, f64, f64)]) -> Run {
    let levels = levels.iter().map(|&(load, p50, p99)| Level {
        ttft: Some(Distribution { count: 200, quantiles: vec![(0.5, p50), (0.99, p99)], ..Distribution::default() }),
        ..level(load, 0.0, 200)
    });
    let mut run = run(levels.collect());
    run.provenance.tool = "vllm bench".into();
    run
}

/// Judges TTFT p95 ≤ 1 s: the state, the loads around the answer, and the sentence.
fn check(levels: &[(f64, f64, f64)], state: BreakingState, around: [Option<f64>; 2], sentence: &str) -> Verdict {
    let verdict = assess(&medians(levels), &slo(&["ttft_p95=1s"]));
    assert_eq!((verdict.state, verdict.max_passing_load, verdict.first_failing_load), (state, around[0], around[1]));
    assert_eq!(verdict.sentence, sentence);
    verdict
}

#[test]
fn a_median_beyond_the_limit_fails_and_a_p99_within_passes() {
    let verdict = check(
        &[(4.0, 200.0, 400.0), (8.0, 400.0, 800.0), (16.0, 1200.0, 2400.0)],
        BreakingState::Bracket,
        [Some(8.0), Some(16.0)],
        "Holds 8 users and breaks at or before 16 users: TTFT p99 is 800 ms at 8 and TTFT p50 is 1,200 ms at 16, on either \
         side of 1,000 ms. Measure 12 users next.",
    );
    assert_eq!((verdict.breaking_load, verdict.interval), (Some(8.0), [Some(8.0), Some(16.0)]));
    assert_eq!(verdict.next_level, Some(12.0));
    assert!(!verdict.has(Code::PercentileMissing), "where all is decided nothing is missing");
    check(
        &[(4.0, 200.0, 400.0), (8.0, 400.0, 800.0)],
        BreakingState::Floor,
        [Some(8.0), None],
        "Holds at least 8 users: the sweep ended there with TTFT p95 ≤ 1,000 ms still met. Measure 16 users next.",
    );
    check(
        &[(4.0, 1200.0, 2400.0), (8.0, 1400.0, 2800.0)],
        BreakingState::NeverMet,
        [None, Some(4.0)],
        "Fails already at the lowest measured load, 4 users: TTFT p50 is 1,200 ms there, above 1,000 ms. Measure 2 users \
         next.",
    );
}

#[test]
fn what_is_not_decided_lies_within_the_bracket() {
    let verdict = check(
        &[(4.0, 200.0, 400.0), (8.0, 600.0, 1800.0), (12.0, 700.0, 2000.0), (16.0, 1200.0, 2400.0)],
        BreakingState::Bracket,
        [Some(4.0), Some(16.0)],
        "Holds 4 users and breaks at or before 16 users: TTFT p99 is 400 ms at 4 and TTFT p50 is 1,200 ms at 16, on either \
         side of 1,000 ms. Not decided at 8, 12 users: the report lacks TTFT p95, and 1,000 ms lies between its p50 and p99.",
    );
    assert_eq!(verdict.next_level, None, "another level would not be decided either");
    let found = verdict.findings.iter().find(|finding| finding.code == Code::PercentileMissing).unwrap();
    assert_eq!(
        found.message,
        "The report has p50 and p99 of TTFT and not p95. So it is undecided at 8, 12 users whether TTFT p95 ≤ 1,000 ms holds. \
         Judge by what is there (--limit ttft_p99=1000ms), or have the tool write p95 too (--metric-percentiles 50,95,99)."
    );
    check(
        &[(4.0, 200.0, 400.0), (8.0, 600.0, 1800.0)],
        BreakingState::Floor,
        [Some(4.0), None],
        "Holds at least 4 users, and may hold more. Not decided at 8 users: the report lacks TTFT p95, and 1,000 ms lies \
         between its p50 and p99.",
    );
    check(
        &[(4.0, 600.0, 1800.0), (8.0, 1200.0, 2400.0)],
        BreakingState::NotMeasured,
        [None, Some(8.0)],
        "Breaks at or before 8 users; whether a load below passes cannot be judged. Not decided at 4 users: the report lacks \
         TTFT p95, and 1,000 ms lies between its p50 and p99.",
    );
    check(
        &[(4.0, 600.0, 1800.0), (8.0, 700.0, 2400.0)],
        BreakingState::NotMeasured,
        [None, None],
        "Cannot be judged. Not decided at 4, 8 users: the report lacks TTFT p95, and 1,000 ms lies between its p50 and p99.",
    );
}

#[test]
fn another_limit_never_hides_what_is_not_decided() {
    // TTFT is open from 8 users on, and the inter-token latency breaks between 16 and 32.
    let mut run = medians(&[(4.0, 200.0, 400.0), (8.0, 600.0, 1800.0), (16.0, 700.0, 2000.0), (32.0, 800.0, 2000.0)]);
    for (level, itl) in run.levels.iter_mut().zip([20.0, 30.0, 45.0, 90.0]) {
        level.itl = Some(Distribution { count: 200, quantiles: vec![(0.95, itl)], ..Distribution::default() });
    }
    let verdict = assess(&run, &slo(&["ttft_p95=1s", "itl_p95=50ms"]));
    assert_eq!((verdict.state, verdict.interval), (BreakingState::Bracket, [Some(4.0), Some(32.0)]));
    assert_eq!(
        verdict.sentence,
        "Holds 4 users and breaks at or before 32 users, where ITL p95 exceeds 50 ms. Not decided at 8, 16 users: the \
         report lacks TTFT p95, and 1,000 ms lies between its p50 and p99."
    );
    // TTFT fails at 8 users for certain, so nothing above is held.
    for (level, p50) in run.levels.iter_mut().zip([600.0, 1500.0, 1600.0, 1700.0]) {
        level.ttft = Some(Distribution { count: 200, quantiles: vec![(0.5, p50)], ..Distribution::default() });
    }
    let verdict = assess(&run, &slo(&["ttft_p95=1s", "itl_p95=50ms"]));
    assert_eq!((verdict.breaking_load, verdict.first_failing_load), (None, Some(8.0)));
}

#[test]
fn a_level_that_passes_above_one_that_is_open_is_not_held() {
    check(
        &[(4.0, 200.0, 400.0), (8.0, 300.0, 1040.0), (16.0, 400.0, 940.0)],
        BreakingState::Floor,
        [Some(4.0), None],
        "Holds at least 4 users, and may hold more. Not decided at 8 users: the report lacks TTFT p95, and 1,000 ms lies \
         between its p50 and p99.",
    );
}

#[test]
fn a_level_that_has_the_percentile_is_read_by_it() {
    let mut run = medians(&[(4.0, 200.0, 400.0), (8.0, 600.0, 1800.0), (16.0, 1200.0, 2400.0)]);
    run.levels[1].ttft.as_mut().unwrap().quantiles.insert(1, (0.95, 900.0));
    let verdict = assess(&run, &slo(&["ttft_p95=1s"]));
    assert_eq!((verdict.state, verdict.max_passing_load), (BreakingState::Bracket, Some(8.0)));
    // A mean has no such neighbours, and numbers in no order say nothing.
    assert_eq!(assess(&run, &slo(&["ttft_mean=1s"])).state, BreakingState::NotMeasured);
    let odd = medians(&[(4.0, 900.0, 400.0)]);
    assert_eq!(assess(&odd, &slo(&["ttft_p95=1s"])).state, BreakingState::NotMeasured);
}
