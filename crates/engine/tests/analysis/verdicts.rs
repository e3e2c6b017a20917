//! The verdict over all limits, and its sentence.

use expect_test::{Expect, expect};
use headroom_engine::breaking::BreakingState;
use headroom_engine::findings::Code;
use headroom_engine::level::{Distribution, Level, Requests, Samples};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::slo::{DEFAULT_SLO, preset};
use headroom_engine::verdict::{Verdict, assess};

use crate::support::{level, published_int4, run, slo};

fn check(run: &Run, limits: &[&str], expected: Expect) -> Verdict {
    let verdict = assess(run, &slo(limits));
    expected.assert_eq(&verdict.sentence);
    verdict
}

/// A level with every request: TTFT spread evenly from 0.5 to 1.05 times `ttft_ms`, so that p95
/// is near `ttft_ms`.
fn sampled(load: f64, ttft_ms: f64, count: usize) -> Level {
    let ttft: Vec<f64> = (0..count).map(|i| ttft_ms * (0.5 + 0.55 * i as f64 / count as f64)).collect();
    let quantile = ttft[(count as f64 * 0.95) as usize];
    Level {
        samples: Some(Samples { e2e_ms: ttft.clone(), ttft_ms: ttft, ..Samples::default() }),
        ..level(load, quantile, count as u64)
    }
}

fn rising() -> Run {
    run([(4.0, 420.0), (8.0, 810.0), (12.0, 1210.0), (16.0, 1790.0)].map(|(load, ms)| sampled(load, ms, 400)).to_vec())
}

fn failing(load: f64) -> Level {
    Level { load, requests: Requests { ok: 0, errored: 40, incomplete: 0 }, ..Level::default() }
}

#[test]
fn an_edge_with_its_interval() {
    let verdict = check(
        &rising(),
        &["ttft_p95=1s"],
        expect![
            "Holds 9.79 users (9.60–9.97) before TTFT p95 exceeds 1,000 ms; the last level that passed was 8, the first that failed 12. Measuring 10 users narrows this most."
        ],
    );
    assert_eq!(verdict.state, BreakingState::Edge);
    assert_eq!(verdict.next_level, Some(10.0));
    assert_eq!(verdict.warnings(), 0, "{:#?}", verdict.findings);
}

#[test]
fn an_edge_of_a_published_table() {
    check(
        &published_int4(),
        &["ttft_p95=1s"],
        expect![
            "Holds 3.23 users before TTFT p95 exceeds 1,000 ms; the last level that passed was 3, the first that failed 5. Not monotone: 1 user failed while 3 users passed. Too few requests to be sure at 1, 3, 5 users."
        ],
    );
}

#[test]
fn a_floor() {
    let verdict = check(
        &rising(),
        &["ttft_p95=2s"],
        expect![
            "Holds at least 16 users: the sweep ended there with TTFT p95 ≤ 2,000 ms still met. Measure 32 users next."
        ],
    );
    assert_eq!(
        (verdict.state, verdict.breaking_load, verdict.interval),
        (BreakingState::Floor, None, [Some(16.0), None])
    );
    assert_eq!((verdict.binding, verdict.next_level), (None, Some(32.0)));
}

#[test]
fn never_met() {
    let verdict = check(
        &rising(),
        &["ttft_p95=300ms"],
        expect![
            "Fails already at the lowest measured load, 4 users: TTFT p95 is 429 ms there, above 300 ms. Measure 2 users next."
        ],
    );
    assert_eq!((verdict.state, verdict.interval), (BreakingState::NeverMet, [None, Some(4.0)]));
    assert_eq!(verdict.next_level, Some(2.0));
}

#[test]
fn a_cliff() {
    let steps = [(2.0, 100.0), (4.0, 105.0), (8.0, 4000.0), (16.0, 4100.0)];
    let verdict = check(
        &run(steps.map(|(load, ms)| sampled(load, ms, 400)).to_vec()),
        &["ttft_p95=1s"],
        expect![
            "Holds 4 users and breaks at or before 8 users: TTFT p95 jumps past 1,000 ms somewhere between, where nothing was measured. Measure 6 users next."
        ],
    );
    assert_eq!(
        (verdict.state, verdict.breaking_load, verdict.interval),
        (BreakingState::Cliff, Some(4.0), [Some(4.0), Some(8.0)])
    );
    assert_eq!(verdict.next_level, Some(6.0));
}

/// Levels of which each has `count` requests.
fn rising_with(count: usize) -> Run {
    run([(4.0, 420.0), (8.0, 810.0), (12.0, 1210.0), (16.0, 1790.0)]
        .map(|(load, ms)| sampled(load, ms, count))
        .to_vec())
}

#[test]
fn an_answer_without_an_interval_says_what_chance_may_have_decided() {
    // The sweep ended just within the limit.
    check(
        &rising_with(100),
        &["ttft_p95=1850ms"],
        expect![
            "Holds at least 16 users: the sweep ended there with TTFT p95 ≤ 1,850 ms still met. With 95% confidence it holds at least 15.8 users. Measure 32 users next."
        ],
    );
    check(
        &run(vec![sampled(4.0, 420.0, 100)]),
        &["ttft_p95=425ms"],
        expect![
            "Fails already at the lowest measured load, 4 users: TTFT p95 is 429 ms there, above 425 ms. That may be chance: with 95% confidence it is at least 416 ms. A longer level tells. Measure 2 users next."
        ],
    );
    // The lowest level is just beyond it.
    check(
        &rising_with(100),
        &["ttft_p95=425ms"],
        expect![
            "Fails already at the lowest measured load, 4 users: TTFT p95 is 429 ms there, above 425 ms. That may be chance: with 95% confidence it is at least 416 ms. A longer level tells. Measure 2 users next."
        ],
    );
    // Far from the limit there is nothing to say, and of too few requests for any bound it is said once.
    check(
        &rising_with(100),
        &["ttft_p95=3s"],
        expect![
            "Holds at least 16 users: the sweep ended there with TTFT p95 ≤ 3,000 ms still met. Measure 32 users next."
        ],
    );
    check(
        &rising_with(40),
        &["ttft_p95=3s"],
        expect![
            "Holds at least 16 users: the sweep ended there with TTFT p95 ≤ 3,000 ms still met. Too few requests to be sure at 16 users. Measure 32 users next."
        ],
    );
    check(
        &rising_with(100),
        &["ttft_p95=100ms"],
        expect![
            "Fails already at the lowest measured load, 4 users: TTFT p95 is 429 ms there, above 100 ms. Measure 2 users next."
        ],
    );
}

#[test]
fn a_collapse() {
    let mut run = rising();
    run.levels.push(failing(32.0));
    let verdict = check(
        &run,
        &["ttft_p95=2s"],
        expect!["Holds 16 users and collapses by 32 users, where every request failed. Measure 24 users next."],
    );
    assert_eq!((verdict.state, verdict.first_failing_load), (BreakingState::Cliff, Some(32.0)));
    assert_eq!(verdict.next_level, Some(24.0));
}

#[test]
fn nothing_measured() {
    let verdict = check(&rising(), &["itl_p95=50ms"], expect!["Cannot be judged. ITL p95 was not measured."]);
    assert_eq!((verdict.state, verdict.max_passing_load), (BreakingState::NotMeasured, None));
    assert_eq!(assess(&run(vec![]), &slo(&["ttft_p95=1s"])).state, BreakingState::NotMeasured);
}

#[test]
fn a_limit_that_was_not_measured_never_passes() {
    let verdict = check(
        &rising(),
        &["ttft_p95=1s", "itl_p95=50ms"],
        expect![
            "Holds 9.79 users (at most 9.97) before TTFT p95 exceeds 1,000 ms. Measuring 10 users narrows this most. ITL p95 was not measured and may break earlier."
        ],
    );
    assert_eq!(
        (verdict.state, verdict.max_passing_load, verdict.first_failing_load),
        (BreakingState::Edge, None, Some(12.0))
    );
    assert!(verdict.has(Code::MetricNotMeasured));
    // With all others passing there is no answer at all.
    let verdict =
        check(&rising(), &["ttft_p95=2s", "itl_p95=50ms"], expect!["Cannot be judged. ITL p95 was not measured."]);
    assert_eq!(
        (verdict.state, verdict.breaking_load, verdict.interval),
        (BreakingState::NotMeasured, None, [None, None])
    );
}

fn with_itl(mut run: Run, itl_p95_ms: &[f64]) -> Run {
    for (level, &ms) in run.levels.iter_mut().zip(itl_p95_ms) {
        level.itl = Some(Distribution { count: 400, quantiles: vec![(0.95, ms)], ..Distribution::default() });
    }
    run
}

#[test]
fn the_limit_that_breaks_first_binds() {
    let run = with_itl(rising(), &[20.0, 30.0, 40.0, 60.0]);
    let binding = |limits: &[&str]| assess(&run, &slo(limits)).binding.map(|limit| limit.id());
    assert_eq!(binding(&["ttft_p95=1s", "itl_p95=25ms"]).as_deref(), Some("itl_p95"));
    assert_eq!(binding(&["ttft_p95=1s", "itl_p95=50ms"]).as_deref(), Some("ttft_p95"));
    assert_eq!(binding(&["ttft_p95=1s", "itl_p95=10ms"]).as_deref(), Some("itl_p95"));
    assert_eq!(binding(&["ttft_p95=100ms", "itl_p95=10ms"]).as_deref(), Some("ttft_p95"), "missed by 4.3 against 2");
    let verdict = check(
        &run,
        &["ttft_p95=2s", "itl_p95=70ms"],
        expect![
            "Holds at least 16 users: the sweep ended there with TTFT p95 ≤ 2,000 ms and ITL p95 ≤ 70 ms still met. Measure 32 users next."
        ],
    );
    assert_eq!(verdict.limits.len(), 2);
}

#[test]
fn a_level_passes_only_where_every_limit_holds() {
    let run = with_itl(rising(), &[20.0, 60.0, 60.0, 60.0]);
    let verdict = assess(&run, &slo(&["ttft_p95=1s", "itl_p95=50ms"]));
    assert_eq!((verdict.max_passing_load, verdict.first_failing_load), (Some(4.0), Some(8.0)));
}

#[test]
fn rates_are_said_in_requests_per_second() {
    let mut run = rising();
    run.load_model = LoadModel::Open(Arrivals::Poisson);
    for level in &mut run.levels {
        level.load /= 8.0;
    }
    let verdict = check(
        &run,
        &["ttft_p95=1s"],
        expect![
            "Holds 1.22 req/s (1.20–1.25) before TTFT p95 exceeds 1,000 ms; the last level that passed was 1, the first that failed 1.5. Measuring 1.25 req/s narrows this most."
        ],
    );
    assert_eq!(verdict.next_level, Some(1.25));
}

#[test]
fn failed_requests_at_passing_loads_are_said() {
    let mut run = rising();
    run.levels[0].requests = Requests { ok: 400, errored: 100, incomplete: 0 };
    check(
        &run,
        &["ttft_p95=1s"],
        expect![
            "Fails already at the lowest measured load, 4 users: error rate is 20% there, above 5%. Not monotone: 4 users failed while 16 users passed. Measure 2 users next."
        ],
    );
    // Whoever bears them is told that they are there.
    check(
        &run,
        &["ttft_p95=1s", "error_rate=50%"],
        expect![
            "Holds 9.79 users (9.60–9.97) before TTFT p95 exceeds 1,000 ms; the last level that passed was 8, the first that failed 12. Measuring 10 users narrows this most. Requests failed at loads that count as passing."
        ],
    );
    let verdict = assess(&run, &slo(&["ttft_p95=1s", "error_rate=1%"]));
    assert_eq!(
        (verdict.state, verdict.binding.map(|limit| limit.id()).as_deref()),
        (BreakingState::NeverMet, Some("error_rate"))
    );
}

#[test]
fn an_slo_without_limits_judges_nothing() {
    assert_eq!(assess(&rising(), &slo(&[])).state, BreakingState::NotMeasured);
}

#[test]
fn the_verdict_names_the_definition_that_it_used() {
    let default = preset(DEFAULT_SLO).unwrap();
    assert_eq!(assess(&rising(), &default).slo, default);
}
