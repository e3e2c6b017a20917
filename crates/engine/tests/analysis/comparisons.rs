//! Two runs of the same thing.

use headroom_engine::compare::{
    ALARM_LEVEL, Comparison, FACTORS, benjamini_hochberg, compare, confounders, differences, mean_of_repeats, unstated,
    welch, welch_with,
};
use headroom_engine::level::{Level, Samples};
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, Known, LoadModel, Run};
use headroom_engine::slo::Latency;

use crate::support::{published_bf16, published_int4, run};

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

#[test]
fn runs_that_agree_by_luck_are_held_against_what_is_assumed() {
    let half = |a: &[f64], b: &[f64], assumed: f64| {
        let test = welch_with(a, b, assumed).unwrap();
        0.5 * (test.interval[1] - test.interval[0])
    };
    let (near, far) = ([1.0, 1.001, 0.999], [1.0, 1.2, 0.8]);
    // Variances of (0.3² + 2 × 0.001²) / 3 on either side, Student's t with 4 degrees: 2.776.
    close(half(&near, &near, 0.3), 2.776_445 * (2.0 * (0.09 + 2e-6) / 3.0 / 3.0_f64).sqrt(), 1e-4);
    // Those that differ by more show it themselves.
    close(half(&far, &far, 0.1), half(&far, &far, 0.0), 1e-12);
}

#[test]
fn welch_agrees_with_a_worked_example() {
    // NIST/SEMATECH e-Handbook 1.3.5.3's data are large; this is small enough to do by hand:
    // means 2 and 5, variances 1 and 4, so t = 3/√(5/3) and 2.94 degrees.
    let test = welch(&[1.0, 2.0, 3.0], &[3.0, 5.0, 7.0]).unwrap();
    close(test.difference, 3.0, 1e-12);
    close(test.degrees, 25.0 / 9.0 / (1.0 / 18.0 + 16.0 / 18.0), 1e-12);
    close(test.p, 0.104_479, 1e-6);
    assert!(test.interval[0] < 0.0 && test.interval[1] > 6.0);
    assert_eq!(welch(&[1.0], &[2.0, 3.0]), None);
    assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]), None);
}

#[test]
fn many_tests_are_corrected() {
    // Benjamini and Hochberg's own example has 15; these follow from the definition.
    let adjusted = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]);
    for (got, expected) in adjusted.iter().zip([0.02, 0.04, 0.04, 0.02]) {
        close(*got, expected, 1e-12);
    }
    assert_eq!(benjamini_hochberg(&[]), Vec::<f64>::new());
    assert_eq!(benjamini_hochberg(&[0.9, 1.0]), [1.0, 1.0]);
}

/// Latencies around 500 ms with a fifth of spread and a slow tail, times `factor`.
fn requests(count: usize, factor: f64, random: &mut Random) -> Vec<f64> {
    (0..count).map(|_| factor * 500.0 * libm::exp(0.2 * random.normal())).collect()
}

fn sampled(load: f64, values: Vec<f64>) -> Level {
    let nan = vec![f64::NAN; values.len()];
    let samples =
        Samples { ttft_ms: values.clone(), e2e_ms: values, itl_ms: nan.clone(), tpot_ms: nan, ..Samples::default() };
    Level { load, samples: Some(samples), ..Level::default() }
}

fn pair(seed: u64, factor: f64) -> Comparison {
    let mut random = Random::seeded(seed);
    let mut side = |factor| {
        run(vec![1.0, 8.0].into_iter().map(|load| sampled(load, requests(300, factor, &mut random))).collect())
    };
    let (a, b) = (side(1.0), side(factor));
    compare(&a, &b)
}

#[test]
fn no_false_alarm_in_five_hundred_identical_pairs() {
    let alarms =
        (0..500).filter(|&seed| pair(seed, 1.0).cells.iter().any(headroom_engine::compare::Cell::is_real)).count();
    assert_eq!(alarms, 0, "at {ALARM_LEVEL}");
}

#[test]
fn a_tenth_slower_is_found() {
    let ttft = |seed| pair(seed, 1.1).cells.into_iter().filter(|cell| cell.latency == Latency::Ttft);
    let found = (0..500).flat_map(ttft).filter(headroom_engine::compare::Cell::is_real).count();
    assert!(found >= 950, "{found} of 1,000 levels");
    let runs = (0..500).filter(|&seed| ttft(seed).any(|cell| cell.is_real())).count();
    assert!(runs >= 495, "{runs} of 500 pairs");
    // And its size is known: nominal 95 % of 1,000 cells with three standard errors of room.
    let covered = (0..500).flat_map(ttft).filter(|cell| cell.ratio.lo <= 1.1 && cell.ratio.hi >= 1.1).count();
    assert!((929..=971).contains(&covered), "{covered} of 1,000");
}

#[test]
fn the_smallest_slowdown_that_is_seen_is_seen() {
    // A first comparison says what it could have shown; runs as noisy that are slower by so much show it.
    let ttft = |seed, factor| pair(seed, factor).cells.into_iter().filter(|cell| cell.latency == Latency::Ttft);
    let slowdowns: Vec<f64> = (0..100).flat_map(|seed| ttft(seed, 1.0)).map(|cell| cell.smallest_seen()).collect();
    let slowdown = slowdowns.iter().sum::<f64>() / slowdowns.len() as f64;
    assert!((0.08..0.1).contains(&slowdown), "{slowdown}");
    // Judged cell by cell, as the promise is made: 95 % of 1,000 with three standard errors of room.
    let found = (0..500).flat_map(|seed| ttft(seed, 1.0 + slowdown)).filter(|cell| cell.p <= ALARM_LEVEL).count();
    assert!((929..=971).contains(&found), "{found} of 1,000");
    // Four times the requests show half the slowdown.
    let cell = ttft(0, 1.0).next().unwrap();
    close(cell.requests_to_see(cell.smallest_seen()), 300.0, 1e-9);
    let half = libm::expm1(0.5 * libm::log1p(cell.smallest_seen()));
    close(cell.requests_to_see(half), 1200.0, 1e-6);
}

#[test]
fn cells_that_cannot_be_compared_are_named() {
    let mut random = Random::seeded(1);
    let a = run(vec![sampled(1.0, requests(30, 1.0, &mut random)), sampled(2.0, requests(30, 1.0, &mut random))]);
    let b = run(vec![sampled(2.0, requests(30, 1.0, &mut random)), sampled(4.0, requests(30, 1.0, &mut random))]);
    let found = compare(&a, &b);
    assert_eq!(found.unmatched_loads, [1.0, 4.0]);
    assert_eq!(
        found.cells.iter().map(|cell| (cell.load, cell.latency)).collect::<Vec<_>>(),
        [(2.0, Latency::Ttft), (2.0, Latency::E2e)]
    );
    let tables = compare(&published_int4(), &published_int4());
    assert!(tables.cells.is_empty() && tables.without_requests.len() == 6);
}

fn deployed(quantization: &str, hardware: Option<&str>, gpus: u32) -> Run {
    let known = |value: &str| Some(Known { value: value.to_owned(), source: "test".into() });
    let mut run = published_bf16();
    run.deployment.quantization = known(quantization);
    run.deployment.hardware = hardware.and_then(known);
    run.deployment.gpus = Some(Known { value: gpus, source: "test".into() });
    run
}

#[test]
fn everything_that_differs_is_listed() {
    let factors = |a: &Run, b: &Run| differences(a, b).iter().map(|found| found.factor).collect::<Vec<_>>();
    let (bf16, int4) = (deployed("bf16", Some("L4"), 4), deployed("int4", Some("l4"), 4));
    assert_eq!(factors(&bf16, &int4), ["quantization"]);
    assert_eq!(confounders(&differences(&bf16, &int4), "quantization"), None);
    let other = deployed("int4", None, 1);
    assert_eq!(factors(&bf16, &other), ["quantization", "hardware", "gpus"]);
    let found = differences(&bf16, &other);
    assert!(found[0].certain && !found[1].certain && found[1].b == "unknown");
    let warning = confounders(&found, "quantization").unwrap();
    assert!(warning.contains("hardware (l4 against unknown); gpus (4 against 1)"), "{warning}");
    let mut open = bf16.clone();
    open.load_model = LoadModel::Open(Arrivals::Poisson);
    open.workload.output_tokens = Some(300.0);
    open.provenance.tool_version = Some("0.5.0".into());
    open.levels.pop();
    assert_eq!(factors(&bf16, &open), ["tool version", "output tokens", "load model", "levels"]);
    // Mean lengths within sampling are one workload.
    let (mut near, mut far) = (bf16.clone(), bf16.clone());
    near.workload.prompt_tokens = Some(256.0);
    far.workload.prompt_tokens = Some(258.0);
    assert!(factors(&near, &far).is_empty());
}

#[test]
fn what_neither_states_is_named() {
    let (mut a, mut b) = (deployed("bf16", None, 1), deployed("bf16", None, 1));
    for run in [&mut a, &mut b] {
        run.deployment.engine = None;
        run.deployment.tensor_parallel = None;
        run.provenance.tool_version = None;
        run.workload.shape = None;
        run.workload.prompt_tokens = Some(256.0);
        run.workload.output_tokens = Some(256.0);
        run.deployment.model = Some(Known { value: "m".into(), source: "test".into() });
    }
    assert_eq!(unstated(&a, &b), ["hardware", "tensor parallel", "engine", "tool version"]);
    // What one states is a difference that is not certain instead.
    b.provenance.tool_version = Some("0.8.1".into());
    assert_eq!(unstated(&a, &b), ["hardware", "tensor parallel", "engine"]);
    a.workload.prompt_tokens = None;
    b.workload.prompt_tokens = None;
    assert_eq!(unstated(&a, &b), ["hardware", "tensor parallel", "engine", "workload", "prompt tokens"]);
    assert_eq!(FACTORS.iter().filter(|factor| unstated(&a, &b).contains(factor)).count(), 5);
}

#[test]
fn the_mean_of_repeats_has_students_interval() {
    // t(0.975, 2) = 4.3027; the standard error of 9, 10, 11 is 1/√3.
    let mean = mean_of_repeats(&[9.0, 10.0, 11.0]).unwrap();
    close(mean.value, 10.0, 1e-12);
    close(mean.interval[1], 10.0 + 4.302_652_73 / 3.0_f64.sqrt(), 1e-6);
    close(mean.interval[0], 20.0 - mean.interval[1], 1e-9);
    assert_eq!(mean.count, 3);
    assert_eq!(mean_of_repeats(&[1.0]), None);
    assert_eq!(mean_of_repeats(&[1.0, f64::NAN]), None);
}
