//! Requests that meet every limit at once.

use headroom_engine::goodput::{Goodput, best_goodput, goodput, goodput_points};
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples};

use crate::support::{level, run, slo};

/// Ten requests: TTFT 100, 200, …, 1,000 ms and ITL 100, 90, …, 10 ms.
fn ten(load: f64, errored: u64) -> Level {
    let up: Vec<f64> = (1..=10).map(|i| 100.0 * f64::from(i)).collect();
    let down: Vec<f64> = (1..=10).rev().map(|i| 10.0 * f64::from(i)).collect();
    Level {
        load,
        requests: Requests { ok: 10, errored, incomplete: 3 },
        rates: Rates { requests: Some(2.0), ..Rates::default() },
        samples: Some(Samples {
            ttft_ms: up.clone(),
            itl_ms: down,
            tpot_ms: vec![f64::NAN; 10],
            e2e_ms: up,
            output_tokens: vec![64.0; 10],
            ..Samples::default()
        }),
        ..Level::default()
    }
}

fn check(level: &Level, limits: &[&str], expected: Option<(u64, u64)>) -> Option<Goodput> {
    let found = goodput(level, &slo(limits));
    assert_eq!(found.map(|found| (found.good, found.finished)), expected, "{limits:?}");
    found
}

#[test]
fn all_limits_are_held_against_each_request() {
    check(&ten(1.0, 0), &["ttft_p95=800ms"], Some((8, 10)));
    check(&ten(1.0, 0), &["itl_p95=80ms"], Some((8, 10)));
    // Eight of ten each, but six of ten both.
    let both = check(&ten(1.0, 0), &["ttft_p95=800ms", "itl_mean=80ms", "error_rate=1%"], Some((6, 10))).unwrap();
    assert_eq!((both.share, both.per_second), (0.6, Some(1.2)));
    // Wilson for 6 of 10.
    assert!((both.interval[0] - 0.3127).abs() < 1e-3 && (both.interval[1] - 0.8318).abs() < 1e-3, "{both:?}");
}

#[test]
fn failed_requests_are_not_good_and_those_cut_off_are_not_counted() {
    let found = check(&ten(1.0, 5), &["ttft_p95=800ms"], Some((8, 15))).unwrap();
    assert_eq!(found.per_second, Some(1.6), "the rate counts successes");
}

#[test]
fn what_was_not_measured_gives_no_goodput() {
    check(&ten(1.0, 0), &["tpot_p95=50ms"], None);
    check(&ten(1.0, 0), &["error_rate=1%"], None);
    check(&level(1.0, 100.0, 50), &["ttft_p95=800ms"], None);
    let partial = Level { ttft: Some(Distribution { count: 50, ..Distribution::default() }), ..ten(1.0, 0) };
    check(&partial, &["ttft_p95=800ms"], None);
}

#[test]
fn a_single_token_has_no_time_between_tokens() {
    let mut short = ten(1.0, 0);
    let samples = short.samples.as_mut().unwrap();
    samples.itl_ms[0] = f64::NAN;
    check(&short, &["itl_p95=100ms"], Some((9, 10)));
    short.samples.as_mut().unwrap().output_tokens[0] = 1.0;
    check(&short, &["itl_p95=100ms"], Some((10, 10)));
}

#[test]
fn the_best_level() {
    let mut fast = ten(4.0, 0);
    fast.rates.requests = Some(8.0);
    let run = run(vec![ten(1.0, 0), fast, level(8.0, 100.0, 50)]);
    let slo = slo(&["ttft_p95=800ms"]);
    assert_eq!(goodput_points(&run, &slo).len(), 2);
    assert_eq!(best_goodput(&run, &slo).map(|best| (best.load, best.per_second)), Some((4.0, Some(6.4))));
}
