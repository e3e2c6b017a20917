//! Replicates, and the interval of a breaking load from samples.

use headroom_engine::bootstrap::{REPLICATES, Replicates, level_replicates, percentile_interval, replicates};
use headroom_engine::breaking::BreakingState;
use headroom_engine::curve::{Crossing, Curve};
use headroom_engine::dependence::{INDEPENDENT, dependence};
use headroom_engine::level::{Level, Samples};
use headroom_engine::points::{LevelPoint, level_points};
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, LoadModel};
use headroom_engine::slo::{Latency, Statistic, Subject};
use headroom_engine::verdict::{IntervalMethod, assess};
use proptest::prelude::*;

use crate::support::{published_int4, run, slo};

/// Of an open loop no requests are left out at the start.
const OPEN: LoadModel = LoadModel::Open(Arrivals::Constant);

/// A level of `values`, one request a second.
fn sampled(load: f64, values: Vec<f64>) -> Level {
    let start_s = (0..values.len()).map(|row| row as f64).collect();
    let samples = Samples { start_s, ttft_ms: values.clone(), e2e_ms: values, ..Samples::default() };
    Level { load, samples: Some(samples), ..Level::default() }
}

fn exponential(load: f64, mean: f64, count: usize, random: &mut Random) -> Level {
    sampled(load, (0..count).map(|_| mean * random.exponential()).collect())
}

/// Share of `cases` levels whose replicates' central 95 % contains the true value.
fn coverage(cases: u64, statistic: Statistic, truth: f64, draw: impl Fn(&mut Random) -> Level) -> f64 {
    let covered = (0..cases).filter(|&seed| {
        let mut random = Random::seeded(seed);
        let level = draw(&mut random);
        let mut column = level_replicates(&level, OPEN, Latency::Ttft, statistic, 400, &mut random).unwrap();
        let [low, high] = percentile_interval(&mut column);
        low.unwrap() <= truth && high.unwrap() >= truth
    });
    covered.count() as f64 / cases as f64
}

#[test]
fn the_replicates_of_a_level_cover_its_true_statistic() {
    for (statistic, truth, count) in [
        (Statistic::P50, core::f64::consts::LN_2, 40),
        (Statistic::P90, -libm::log(0.1), 100),
        (Statistic::P95, -libm::log(0.05), 100),
        (Statistic::P95, -libm::log(0.05), 400),
        (Statistic::P99, -libm::log(0.01), 600),
        (Statistic::Mean, 1.0, 300),
    ] {
        let share = coverage(1500, statistic, truth, |random| exponential(1.0, 1.0, count, random));
        // Three standard errors of 1,500 cases are 1.7 %.
        assert!((0.93..=0.97).contains(&share), "{statistic:?} of {count}: {share}");
    }
}

#[test]
fn dependent_values_are_worth_as_many_as_theory_says() {
    // A first-order autoregression of correlation ρ has τ = (1 + ρ)/(1 − ρ).
    for rho in [0.5, 0.8] {
        let mut random = Random::seeded(6);
        let mut value = random.normal();
        let values: Vec<f64> = (0..20_000)
            .map(|_| {
                value = rho * value + (1.0_f64 - rho * rho).sqrt() * random.normal();
                value
            })
            .collect();
        let (found, truth) = (dependence(&values), (1.0 + rho) / (1.0 - rho));
        assert!((found.tau / truth - 1.0).abs() < 0.2, "{rho}: {found:?}, not {truth}");
        assert!((found.effective(values.len()) - 20_000.0 / found.tau).abs() < 1e-9);
    }
    let mut random = Random::seeded(7);
    let independent: Vec<f64> = (0..20_000).map(|_| random.normal()).collect();
    assert_eq!(dependence(&independent).tau.to_bits(), 1.0_f64.to_bits());
    // Too few to tell, and none that differ.
    assert_eq!(dependence(&[1.0, 2.0, 3.0]), INDEPENDENT);
    assert_eq!(dependence(&[5.0; 100]), INDEPENDENT);
}

#[test]
fn bursts_widen_the_interval() {
    // Each value is drawn once and repeated for eight requests in a row.
    let burst = |random: &mut Random| {
        let values = (0..60).flat_map(|_| [random.exponential(); 8]).collect();
        sampled(1.0, values)
    };
    let share = coverage(800, Statistic::P90, -libm::log(0.1), burst);
    assert!(share > 0.88, "{share}");
    // The same values in an order that hides the bursts are taken for independent.
    let hidden = |random: &mut Random| {
        let mut values: Vec<f64> = (0..60).flat_map(|_| [random.exponential(); 8]).collect();
        random.shuffle(&mut values);
        sampled(1.0, values)
    };
    let naive = coverage(800, Statistic::P90, -libm::log(0.1), hidden);
    assert!(naive < 0.65, "{naive}");
}

#[test]
fn levels_without_enough_requests_have_no_replicates() {
    let mut random = Random::seeded(1);
    let mut of = |count, statistic| {
        level_replicates(
            &exponential(1.0, 1.0, count, &mut Random::seeded(2)),
            OPEN,
            Latency::Ttft,
            statistic,
            10,
            &mut random,
        )
        .is_some()
    };
    assert!(!of(71, Statistic::P95) && of(72, Statistic::P95));
    assert!(!of(359, Statistic::P99) && of(360, Statistic::P99));
    assert!(!of(7, Statistic::P50) && of(8, Statistic::P50));
    assert!(!of(19, Statistic::Mean) && of(20, Statistic::Mean));
    assert!(!of(0, Statistic::Mean));
}

fn measured() -> impl Strategy<Value = Vec<LevelPoint>> {
    prop::collection::btree_map(1..60_u32, (1.0..5000.0_f64, 0..300_u64), 1..9).prop_map(|rows| {
        rows.into_iter()
            .map(|(load, (value, count))| LevelPoint { load: f64::from(load), value, lo: None, hi: None, count })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_curve_that_is_drawn_leaves_the_limit_within_the_range_of_its_replicate(points in measured(), bound in 1.0..5000.0_f64) {
        let one = Replicates::new(
            points.iter().map(|point| point.load).collect(),
            points.iter().map(|point| point.count as f64).collect(),
            points.iter().map(|point| vec![point.value]).collect(),
        )
        .unwrap();
        let [low, high] = one.ranges(bound)[0];
        match Curve::fit(&points).unwrap().crossing(bound) {
            Crossing::BelowRange => prop_assert!(low == f64::NEG_INFINITY && high == f64::NEG_INFINITY),
            Crossing::AboveRange => prop_assert!(low == f64::INFINITY && high == f64::INFINITY),
            // Where the cubic is flat at the bound its root is not determined by its value.
            Crossing::At(load) => {
                let curve = Curve::fit(&points).unwrap();
                let flat = |at: f64| curve.value_at(at).is_some_and(|value| (value - bound).abs() < 1e-6 * bound);
                let rounding = 1e-4 * load.max(1.0);
                prop_assert!(low <= load + rounding || flat(low), "{low} {load}");
                prop_assert!(high >= load - rounding || flat(high), "{load} {high}");
            }
        }
    }
}

fn rising(seed: u64, counts: [usize; 7]) -> headroom_engine::run::Run {
    let mut random = Random::seeded(seed);
    let loads = [1.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0];
    let levels =
        loads.iter().zip(counts).map(|(&load, count)| exponential(load, 100.0 + load * load, count, &mut random));
    run(levels.collect())
}

#[test]
fn samples_near_the_edge_give_a_bootstrap_interval() {
    // p95 of an exponential is three times its mean: 300 · (100 + 169) at 13 users.
    let limit = slo(&["ttft_p95=806ms"]);
    let method = |counts| assess(&rising(3, counts), &limit).interval_method;
    let verdict = assess(&rising(3, [300; 7]), &limit);
    assert_eq!((verdict.state, verdict.interval_method), (BreakingState::Edge, IntervalMethod::Bootstrap));
    let [low, high] = verdict.interval.map(Option::unwrap);
    let load = verdict.breaking_load.unwrap();
    assert!(low < load && load < high && low < 13.0 && high > 13.0, "{low} {load} {high}");
    assert_eq!(verdict.interval, assess(&rising(3, [300; 7]), &limit).interval, "the seed is fixed");
    // Few requests far from the edge do no harm; near it they do.
    assert_eq!(method([10, 300, 300, 300, 300, 300, 300]), IntervalMethod::Bootstrap);
    assert_eq!(method([300, 300, 300, 50, 300, 300, 300]), IntervalMethod::LevelBounds);
    assert_eq!(assess(&published_int4(), &slo(&["ttft_p95=1s"])).interval_method, IntervalMethod::Unknown);
    assert_eq!(assess(&rising(3, [300; 7]), &slo(&["ttft_p95=100s"])).interval_method, IntervalMethod::Bracket);
}

#[test]
fn replicates_answer_any_limit() {
    let run = rising(5, [300; 7]);
    let subject = Subject::Latency(Latency::Ttft, Statistic::P95);
    let points = level_points(&run, subject);
    let all = replicates(&run, Latency::Ttft, Statistic::P95, &points, REPLICATES, 9).unwrap();
    assert_eq!((all.count(), all.levels().count()), (REPLICATES, 7));
    let mut last = [0.0; 2];
    for bound in [500.0, 700.0, 900.0, 1100.0] {
        let interval = all.interval(bound).map(|end| end.unwrap_or(f64::INFINITY));
        assert!(interval[0] > last[0] && interval[1] > last[1], "{bound}: {interval:?}");
        last = interval;
    }
    assert_eq!(all.interval(1.0), [None, None]);
    assert_eq!(Replicates::new(vec![2.0, 1.0], vec![1.0; 2], vec![vec![1.0]; 2]), None);
    assert_eq!(Replicates::new(vec![1.0], vec![1.0], vec![vec![f64::NAN]]), None);
    assert_eq!(percentile_interval(&mut []), [None, None]);
}
