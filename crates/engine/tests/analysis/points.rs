//! From levels to the points of a curve.

use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples, Server};
use headroom_engine::points::{Estimate, level_points, level_statistic};
use headroom_engine::slo::{Latency, Statistic, Subject};

use crate::support::{level, run};

const TTFT_P95: Subject = Subject::Latency(Latency::Ttft, Statistic::P95);

fn summary(count: u64, quantiles: &[(f64, f64)]) -> Distribution {
    Distribution {
        count,
        mean: Some(40.0),
        std: Some(10.0),
        min: Some(1.0),
        max: Some(120.0),
        quantiles: quantiles.to_vec(),
    }
}

fn samples(ttft_ms: Vec<f64>) -> Option<Samples> {
    let e2e_ms = ttft_ms.clone();
    Some(Samples { ttft_ms, e2e_ms, ..Samples::default() })
}

fn check(level: &Level, statistic: Statistic, expected: Option<Estimate>) {
    assert_eq!(level_statistic(level, Latency::Ttft, statistic), expected);
}

#[test]
fn what_the_tool_reported_is_the_value_and_samples_give_the_interval() {
    let level = Level {
        ttft: Some(summary(100, &[(0.95, 96.5)])),
        samples: samples((1..=100).map(f64::from).collect()),
        ..Level::default()
    };
    check(&level, Statistic::P95, Some(Estimate { value: 96.5, lo: Some(90.0), hi: Some(100.0), count: 100 }));
    // A quantile that the tool left out is read from the samples, and from nothing else.
    check(&level, Statistic::P50, Some(Estimate { value: 50.5, lo: Some(40.0), hi: Some(61.0), count: 100 }));
    check(&Level { samples: None, ..level }, Statistic::P50, None);
}

#[test]
fn samples_that_are_a_selection_are_not_used() {
    let level = Level {
        ttft: Some(summary(2000, &[(0.9, 90.0), (0.95, 95.0), (0.99, 99.0)])),
        samples: samples(vec![95.0; 50]),
        ..Level::default()
    };
    check(&level, Statistic::P95, Some(Estimate { value: 95.0, lo: Some(90.0), hi: Some(99.0), count: 2000 }));
    check(&level, Statistic::P50, None);
}

#[test]
fn a_reported_value_outside_the_samples_interval_stretches_it() {
    let level = Level {
        ttft: Some(summary(100, &[(0.95, 130.0)])),
        samples: samples((1..=100).map(f64::from).collect()),
        ..Level::default()
    };
    check(&level, Statistic::P95, Some(Estimate { value: 130.0, lo: Some(90.0), hi: Some(130.0), count: 100 }));
}

#[test]
fn a_mean_has_students_interval() {
    let level = Level { ttft: Some(summary(31, &[])), ..Level::default() };
    let estimate = level_statistic(&level, Latency::Ttft, Statistic::Mean).unwrap();
    // t(0.975; 30) = 2.04227, and a population deviation of 10 over 31 is 10 / √30 of the mean.
    let half = 2.042_272_46 * 10.0 / 30.0_f64.sqrt();
    assert!((estimate.hi.unwrap() - 40.0 - half).abs() < 1e-6 && (40.0 - estimate.lo.unwrap() - half).abs() < 1e-6);
}

#[test]
fn a_mean_of_requests_that_wait_for_each_other_is_known_less_well() {
    // Ten requests in a row see the same queue.
    let values: Vec<f64> = (0..400).map(|row| 100.0 + 50.0 * f64::from((row / 10 * 7) % 11)).collect();
    let mean = |start_s: Vec<f64>| {
        let rows = Samples { start_s, ..samples(values.clone()).unwrap() };
        let level = Level { samples: Some(rows), ..Level::default() };
        level_statistic(&level, Latency::Ttft, Statistic::Mean).unwrap()
    };
    let half = |estimate: Estimate| estimate.hi.unwrap() - estimate.value;
    let (ordered, unordered) = (mean((0..400).map(f64::from).collect()), mean(Vec::new()));
    assert_eq!(ordered.value.to_bits(), unordered.value.to_bits());
    assert!(half(ordered) > 2.0 * half(unordered), "{ordered:?} {unordered:?}");
}

#[test]
fn zero_and_what_is_no_number_are_not_measured() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(level_points(&run(vec![level(1.0, value, 100)]), TTFT_P95), []);
    }
    // Tools write a latency even where every request failed.
    let failed = Level { requests: Requests { ok: 0, errored: 9, incomplete: 0 }, ..level(1.0, 500.0, 0) };
    assert_eq!(level_points(&run(vec![failed]), TTFT_P95), []);
    // A published table may not say how many requests there were: still a measurement.
    let uncounted = level_points(&run(vec![level(1.0, 500.0, 0)]), TTFT_P95);
    assert_eq!(
        uncounted.iter().map(|point| (point.value, point.count, point.hi)).collect::<Vec<_>>(),
        [(500.0, 0, None)]
    );
}

#[test]
fn requests_without_the_latency_are_left_out_of_it() {
    let mut ttft: Vec<f64> = (1..=80).map(f64::from).collect();
    ttft.extend([f64::NAN; 20]);
    let level = Level { samples: samples(ttft), ..Level::default() };
    assert_eq!(level_statistic(&level, Latency::Ttft, Statistic::P95).map(|estimate| estimate.count), Some(80));
}

#[test]
fn errors_are_a_share_of_finished_requests_with_an_interval() {
    let with =
        |ok, errored| Level { load: 1.0, requests: Requests { ok, errored, incomplete: 50 }, ..Level::default() };
    let points = level_points(&run(vec![with(90, 10)]), Subject::ErrorRate);
    assert!((points[0].value - 0.1).abs() < 1e-12 && points[0].count == 100);
    assert!(points[0].lo.is_some_and(|lo| lo > 0.05) && points[0].hi.is_some_and(|hi| hi < 0.18));
    assert_eq!(level_points(&run(vec![with(0, 0)]), Subject::ErrorRate), []);
}

#[test]
fn what_a_server_said_is_measured_where_the_tool_asked_it() {
    let asked = |load: f64, queue_depth: f64, kv_cache_use: f64| Level {
        server: Server { queue_depth: Some(queue_depth), kv_cache_use: Some(kv_cache_use), power_w: None },
        ..level(load, 500.0, 100)
    };
    let silent = level(2.0, 500.0, 100);
    let run = run(vec![asked(1.0, 0.0, 0.2), silent, asked(4.0, 3.5, f64::NAN)]);
    let of = |subject| -> Vec<(f64, f64)> {
        level_points(&run, subject).iter().map(|point| (point.load, point.value)).collect()
    };
    assert_eq!(of(Subject::QueueDepth), [(1.0, 0.0), (4.0, 3.5)], "an empty queue is one, and silence is none");
    assert_eq!(of(Subject::KvCacheUse), [(1.0, 0.2)]);
}

#[test]
fn energy_of_a_token_needs_power_and_tokens() {
    let with = |power_w, output_tokens| {
        let level = Level {
            server: Server { power_w, ..Server::default() },
            rates: Rates { output_tokens, ..Rates::default() },
            ..Level::default()
        };
        level.joules_per_output_token()
    };
    for (power, rate, energy) in [
        (Some(140.0), Some(280.0), Some(0.5)),
        (None, Some(280.0), None),
        (Some(140.0), Some(0.0), None),
        (Some(140.0), None, None),
    ] {
        assert_eq!(with(power, rate), energy, "{power:?} {rate:?}");
    }
}
