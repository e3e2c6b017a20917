//! The breaking point of one limit, on bare columns.

use headroom_engine::breaking::{Breaking, BreakingState, breaking_point};
use headroom_engine::display;
use headroom_engine::level::{Level, Samples};
use headroom_engine::live::headroom::headroom;
use headroom_engine::next_level::next_level;
use headroom_engine::points::{LevelPoint, level_points};
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::slo::{Latency, Statistic, Subject};
use headroom_engine::verdict::{IntervalMethod, assess};
use proptest::prelude::*;

use crate::support::{points, run, slo};

fn describe(breaking: &Breaking) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), display::load);
    format!(
        "{} {} [{}, {}] {}|{}{}",
        breaking.state.id(),
        number(breaking.load),
        number(breaking.interval[0]),
        number(breaking.interval[1]),
        number(breaking.max_passing_load),
        number(breaking.first_failing_load),
        if breaking.non_monotone { " non-monotone" } else { "" }
    )
}

/// `state load [interval] passing|failing` of points without intervals.
fn check(values: &[(f64, f64)], bound: f64, expected: &str) {
    assert_eq!(describe(&breaking_point(&points(values), bound)), expected, "{values:?} at {bound}");
}

/// Levels at 4, 8 and 16 users of a hundred requests whose 95th percentiles are 980, 4,000 and 4,100 ms.
fn jump() -> Run {
    let at = |load: f64, p95: f64| {
        let of = |row: i32| p95 * (0.5 + 0.5 * f64::from(row) / 94.0);
        // In an order that shows no dependence: neighbours are 37 ranks apart.
        let values: Vec<f64> = (0..100).map(|row| of((row * 37) % 100)).collect();
        let start_s = (0..100).map(f64::from).collect();
        let samples = Samples { start_s, ttft_ms: values.clone(), e2e_ms: values, ..Samples::default() };
        Level { load, samples: Some(samples), ..Level::default() }
    };
    run(vec![at(4.0, 980.0), at(8.0, 4000.0), at(16.0, 4100.0)])
}

#[test]
fn what_was_measured_is_told_by_the_loads_that_were() {
    // The interval allows for chance: 980 ms may be more than a second, and then the limit breaks below 4 users.
    let check = |limit: &str, state: BreakingState, answer: &str| {
        let verdict = assess(&jump(), &slo(&[limit]));
        let breaking = Breaking::from(&verdict);
        assert_eq!((verdict.state, verdict.limits[0].interval_method), (state, IntervalMethod::Bootstrap), "{limit}");
        assert_eq!(breaking.words("users").unwrap().answer, answer);
        assert!(!answer.starts_with(&display::interval(breaking.interval)), "{:?}", breaking.interval);
        verdict
    };
    let cliff = check("ttft_p95=1s", BreakingState::Cliff, "4–8 users");
    assert_eq!((cliff.interval[0], cliff.breaking_load), (None, Some(4.0)), "4 users are not certain to pass");
    let floor = check("ttft_p95=4150ms", BreakingState::Floor, "≥ 16 users");
    assert!(floor.interval[0].is_none_or(|low| low < 16.0), "{:?}", floor.interval);
    // What is left is measured by the highest load that passed, and may be less by chance.
    let left = headroom(8.0, 1.0, &floor);
    assert_eq!((left.holds, left.value, left.at_least), (Some(16.0), Some(0.5), true));
    assert!(left.interval[0].is_none_or(|low| low < 0.5), "{left:?}");
    let never = check("ttft_p95=970ms", BreakingState::NeverMet, "< 4 users");
    assert!(never.interval[1].is_none_or(|high| high > 4.0), "{:?}", never.interval);
    assert_eq!(headroom(8.0, 1.0, &never).value, Some(-1.0));
}

#[test]
fn every_state() {
    let rising = [(1.0, 100.0), (2.0, 200.0), (4.0, 400.0), (8.0, 800.0)];
    check(&rising, 300.0, "edge 3 [-, -] 2|4");
    check(&rising, 400.0, "edge 4 [-, -] 4|8");
    check(&rising, 800.0, "floor - [8, -] 8|-");
    check(&rising, 99.0, "never_met - [-, 1] -|1");
    check(&[], 100.0, "not_measured - [-, -] -|-");
    check(&[(4.0, f64::NAN), (f64::INFINITY, 3.0)], 100.0, "not_measured - [-, -] -|-");
}

#[test]
fn one_level_is_a_floor_or_never_met() {
    check(&[(4.0, 100.0)], 100.0, "floor - [4, -] 4|-");
    check(&[(4.0, 100.0)], 99.0, "never_met - [-, 4] -|4");
}

#[test]
fn two_levels_are_an_edge_when_near_and_a_cliff_when_far() {
    check(&[(4.0, 100.0), (8.0, 150.0)], 125.0, "edge 6 [-, -] 4|8");
    check(&[(4.0, 100.0), (8.0, 5000.0)], 1000.0, "cliff 4 [4, 8] 4|8");
}

#[test]
fn a_jump_is_a_cliff_and_a_bend_is_not() {
    // Flat, a step by ten, flat again.
    check(&[(1.0, 100.0), (2.0, 102.0), (4.0, 105.0), (8.0, 1050.0), (16.0, 1100.0)], 500.0, "cliff 4 [4, 8] 4|8");
    // A bend: the gap beyond is as steep as the one that holds it.
    check(&[(1.0, 100.0), (2.0, 102.0), (4.0, 105.0), (8.0, 505.0), (12.0, 905.0)], 300.0, "edge 6.34 [-, -] 4|8");
    // Growth with the square and with the cube of a load that doubles.
    check(&[(1.0, 1.0), (2.0, 4.0), (4.0, 16.0), (8.0, 64.0), (16.0, 256.0)], 100.0, "edge 10 [-, -] 8|16");
    check(&[(1.0, 1.0), (2.0, 8.0), (4.0, 64.0), (8.0, 512.0)], 100.0, "edge 4.56 [-, -] 4|8");
    // The step is not where the limit is.
    check(&[(1.0, 100.0), (2.0, 150.0), (4.0, 250.0), (8.0, 9000.0), (16.0, 9100.0)], 200.0, "edge 3.30 [-, -] 2|4");
}

#[test]
fn scale_changes_nothing_but_the_scale() {
    let cliff = [(1.0, 100.0), (2.0, 102.0), (4.0, 105.0), (8.0, 1050.0), (16.0, 1100.0)];
    for (loads, values) in [(0.001, 1.0), (1000.0, 1e-6), (1.0, 1e9)] {
        let scaled = cliff.map(|(load, value)| (load * loads, value * values));
        assert_eq!(breaking_point(&points(&scaled), 500.0 * values).state, BreakingState::Cliff);
    }
}

#[test]
fn a_level_that_fails_below_one_that_passes_is_said() {
    check(&[(1.0, 120.0), (2.0, 80.0), (3.0, 90.0), (4.0, 180.0)], 100.0, "edge 3.04 [-, -] 3|4 non-monotone");
    check(&[(1.0, 120.0), (2.0, 60.0)], 100.0, "floor - [2, -] 2|- non-monotone");
    check(&[(1.0, 150.0), (2.0, 90.0), (3.0, 300.0)], 100.0, "never_met - [-, 1] -|1 non-monotone");
    // A dip that no limit sees is not about this limit.
    check(&[(1.0, 90.0), (2.0, 80.0), (3.0, 120.0), (4.0, 150.0)], 100.0, "edge 2.41 [-, -] 2|3");
}

fn with_intervals(rows: &[(f64, f64, Option<f64>, Option<f64>)]) -> Vec<LevelPoint> {
    rows.iter().map(|&(load, value, lo, hi)| LevelPoint { load, value, lo, hi, count: 100 }).collect()
}

fn check_interval(rows: &[(f64, f64, Option<f64>, Option<f64>)], bound: f64, expected: &str) {
    assert_eq!(describe(&breaking_point(&with_intervals(rows), bound)), expected);
}

#[test]
fn the_interval_of_an_edge_is_where_the_bounds_cross() {
    let rows: Vec<_> = [1.0, 2.0, 3.0, 4.0, 5.0]
        .into_iter()
        .map(|load| (load, 100.0 * load, Some(100.0 * load - 50.0), Some(100.0 * load + 50.0)))
        .collect();
    check_interval(&rows, 250.0, "edge 2.5 [2, 3] 2|3");
    check_interval(&rows, 480.0, "edge 4.8 [4.29, -] 4|5");
    check_interval(&rows, 120.0, "edge 1.2 [-, 1.82] 1|2");
}

/// Exponential latencies whose mean grows with the square of load, so that the true breaking
/// load is known.
#[test]
fn the_interval_of_an_edge_contains_the_true_load() {
    const CASES: u64 = 500;
    // −ln 0.05: the 95th percentile of an exponential variable with mean 1.
    let p95 = -libm::log(0.05);
    for (requests, truth) in [(100, 11.5), (300, 11.5), (300, 15.0), (1000, 15.0)] {
        let bound = p95 * (100.0 + truth * truth);
        let covered = (0..CASES).filter(|&seed| {
            let mut random = Random::seeded(seed);
            let levels = [1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0].map(|load| {
                let ttft_ms: Vec<f64> = (0..requests).map(|_| (100.0 + load * load) * random.exponential()).collect();
                let samples = Samples { e2e_ms: ttft_ms.clone(), ttft_ms, ..Samples::default() };
                Level { load, samples: Some(samples), ..Level::default() }
            });
            let measured = level_points(&run(levels.to_vec()), Subject::Latency(Latency::Ttft, Statistic::P95));
            let [low, high] = breaking_point(&measured, bound).interval;
            low.is_none_or(|low| low <= truth) && high.is_none_or(|high| high >= truth)
        });
        let share = covered.count() as f64 / CASES as f64;
        // Nominal 95 %; 2 % is two standard errors of 500 cases.
        assert!(share >= 0.93, "{requests} requests at {truth}: {share}");
    }
}

#[test]
fn an_end_that_is_unknown_at_some_levels_is_bridged_by_monotony() {
    // No upper bounds below 3: the one at 3 holds for the lower loads too.
    check_interval(
        &[
            (1.0, 100.0, Some(90.0), None),
            (2.0, 200.0, Some(180.0), None),
            (3.0, 300.0, Some(280.0), Some(320.0)),
            (4.0, 400.0, Some(380.0), Some(420.0)),
        ],
        350.0,
        "edge 3.5 [3.10, 3.74] 3|4",
    );
    // No upper bound above 2: the true load is at least 2, and more is not known.
    check_interval(
        &[
            (1.0, 100.0, None, Some(110.0)),
            (2.0, 200.0, None, Some(220.0)),
            (3.0, 300.0, Some(280.0), None),
            (4.0, 400.0, Some(380.0), None),
        ],
        250.0,
        "edge 2.5 [2, 3] 2|3",
    );
    // Neither anywhere.
    check_interval(&[(1.0, 100.0, None, None), (2.0, 150.0, None, None)], 125.0, "edge 1.5 [-, -] 1|2");
}

#[test]
fn intervals_that_are_not_numbers_or_exclude_the_value_do_no_harm() {
    check_interval(
        &[(1.0, 100.0, Some(f64::NAN), Some(f64::INFINITY)), (2.0, 150.0, Some(160.0), Some(140.0))],
        125.0,
        "edge 1.5 [-, 2] 1|2",
    );
}

#[test]
fn a_collapse_above_the_last_success_turns_a_floor_into_a_cliff() {
    let passing = breaking_point(&points(&[(1.0, 100.0), (2.0, 110.0)]), 200.0);
    assert_eq!(describe(&passing.with_collapse(Some(4.0))), "cliff 2 [2, 4] 2|4");
    assert_eq!(describe(&passing.with_collapse(Some(1.5))), "floor - [2, -] 2|-");
    assert_eq!(describe(&passing.with_collapse(None)), "floor - [2, -] 2|-");
    let edge = breaking_point(&points(&[(1.0, 100.0), (2.0, 110.0)]), 105.0);
    assert_eq!(edge.with_collapse(Some(4.0)), edge);
}

fn measured() -> impl Strategy<Value = Vec<LevelPoint>> {
    let row = (1..40_u32, 1.0..5000.0_f64, 0.0..0.9_f64, 0.0..0.9_f64, 0..300_u64);
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        rows.into_iter()
            .map(|(load, value, down, up, count)| LevelPoint {
                load: f64::from(load),
                value,
                lo: (down < 0.6).then_some(value * (1.0 - down)),
                hi: (up < 0.6).then_some(value * (1.0 + up)),
                count,
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_answer_lies_between_a_level_that_passed_and_one_that_failed(points in measured(), bound in 1.0..5000.0_f64) {
        let breaking = breaking_point(&points, bound);
        let (passing, failing) = (breaking.max_passing_load, breaking.first_failing_load);
        match breaking.state {
            BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => {
                let load = breaking.load.unwrap();
                prop_assert!(passing.unwrap() <= load && load < failing.unwrap());
                prop_assert!(breaking.interval[0].is_none_or(|low| low <= load));
                prop_assert!(breaking.interval[1].is_none_or(|high| high >= load));
            }
            BreakingState::Floor => prop_assert!(passing.is_some() && failing.is_none() && breaking.load.is_none()),
            BreakingState::NeverMet => prop_assert!(passing.is_none() && failing.is_some() && breaking.load.is_none()),
            BreakingState::NotMeasured => prop_assert!(false, "there are points"),
        }
        // The levels around the answer passed and failed as measured, not only as fitted.
        let at = |load: f64| points.iter().filter(move |point| (point.load - load).abs() < 1e-9);
        if let Some(load) = passing {
            prop_assert!(at(load).any(|point| point.value <= bound));
        }
        if let Some(load) = failing {
            prop_assert!(at(load).any(|point| point.value > bound));
        }
    }

    #[test]
    fn a_looser_limit_never_breaks_earlier(points in measured(), bound in 1.0..5000.0_f64, more in 0.0..2000.0_f64) {
        let rank = |breaking: &Breaking| match breaking.state {
            BreakingState::NeverMet | BreakingState::NotMeasured => f64::NEG_INFINITY,
            BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => breaking.max_passing_load.unwrap(),
            BreakingState::Floor => f64::INFINITY,
        };
        let (tight, loose) = (breaking_point(&points, bound), breaking_point(&points, bound + more));
        prop_assert!(rank(&tight) <= rank(&loose));
    }
}

#[test]
fn the_next_level_halves_the_gap_or_reaches_beyond() {
    fn check(
        model: LoadModel,
        state: BreakingState,
        passing: Option<f64>,
        failing: Option<f64>,
        expected: Option<f64>,
    ) {
        assert_eq!(next_level(model, state, passing, failing), expected, "{model:?} {state:?} {passing:?} {failing:?}");
    }
    let (closed, open) = (LoadModel::Closed, LoadModel::Open(Arrivals::Poisson));
    check(closed, BreakingState::Edge, Some(8.0), Some(12.0), Some(10.0));
    check(closed, BreakingState::Cliff, Some(8.0), Some(11.0), Some(9.0));
    check(closed, BreakingState::Edge, Some(8.0), Some(9.0), None);
    check(closed, BreakingState::Floor, Some(32.0), None, Some(64.0));
    check(closed, BreakingState::NeverMet, None, Some(4.0), Some(2.0));
    check(closed, BreakingState::NeverMet, None, Some(1.0), None);
    check(closed, BreakingState::NotMeasured, None, None, None);
    check(open, BreakingState::Edge, Some(0.93), Some(1.8667), Some(1.4));
    // Nearer than two runs of one deployment are to each other, nothing is gained.
    check(open, BreakingState::Cliff, Some(170.0), Some(176.0), None);
    check(closed, BreakingState::Edge, Some(200.0), Some(208.0), None);
    check(open, BreakingState::Floor, Some(4.4833), None, Some(8.97));
    check(open, BreakingState::NeverMet, None, Some(0.1), Some(0.05));
    check(open, BreakingState::NeverMet, None, Some(0.0), None);
}
