//! Headroom, bins, drift and workload.

use headroom_engine::live::drift::{Direction, drift, server_point};
use headroom_engine::live::headroom::headroom;
use headroom_engine::live::overlay::{bin_width, bins, production_run};
use headroom_engine::live::workload::{Traffic, mismatches};
use headroom_engine::live::{Latencies, Observation};
use headroom_engine::points::{LevelPoint, level_points};
use headroom_engine::run::{Arrivals, LoadModel};
use headroom_engine::slo::{Latency, Statistic, Subject};

use super::support::{benchmark, served, slo, verdict, window};

const CLOSED: LoadModel = LoadModel::Closed;

#[test]
fn headroom_carries_the_verdicts_interval() {
    let run = benchmark(&[(1.0, 100.0), (5.0, 500.0), (10.0, 1000.0), (15.0, 2000.0)]);
    let edge = verdict(&run, "ttft_p95=1000ms");
    let breaking = edge.breaking_load.unwrap();
    let [low, high] = edge.interval.map(|end| end.unwrap());
    let check = |load: f64, replicas: f64| {
        let found = headroom(load, replicas, &edge);
        assert_eq!(found.value, Some(1.0 - load / breaking));
        assert_eq!(found.interval, [Some(1.0 - load / low), Some(1.0 - load / high)]);
        assert!(found.interval[0] <= found.value && found.value <= found.interval[1], "{found:?}");
        assert!(!found.at_least);
        found
    };
    assert_eq!(check(0.0, 1.0).value, Some(1.0));
    assert!(check(breaking, 1.0).value.unwrap().abs() < 1e-12);
    assert!(check(2.0 * breaking, 1.0).value.unwrap() < -0.99);
    let four = check(0.5 * breaking, 4.0);
    assert!((four.spare_load().unwrap() - 2.0 * breaking).abs() < 1e-9);
    assert_eq!(four.replicas_needed(), Some(2.0));
    assert_eq!(check(breaking, 3.0).replicas_needed(), Some(3.0), "exactly full is not one more");
    assert_eq!(check(0.0, 3.0).replicas_needed(), Some(1.0));
}

#[test]
fn headroom_of_every_kind_of_answer() {
    let run = benchmark(&[(1.0, 100.0), (5.0, 500.0), (10.0, 1000.0)]);
    let floor = headroom(4.0, 1.0, &verdict(&run, "ttft_p95=5000ms"));
    assert_eq!((floor.value, floor.interval, floor.at_least), (Some(0.6), [Some(0.6), None], true));
    let never = headroom(0.5, 1.0, &verdict(&run, "ttft_p95=10ms"));
    assert_eq!((never.value, never.interval), (Some(0.0), [None, Some(0.0)]), "not even one user passes");
    assert_eq!(headroom(3.0, 1.0, &verdict(&run, "ttft_p95=10ms")).value, Some(-2.0));
    let unknown = headroom(3.0, 1.0, &verdict(&run, "queue_depth=5"));
    assert_eq!((unknown.value, unknown.interval, unknown.holds), (None, [None, None], None));
}

/// What was let in says nothing of what was asked for.
#[test]
fn nothing_is_left_while_requests_are_refused() {
    let run = benchmark(&[(1.0, 100.0), (5.0, 500.0), (10.0, 1000.0), (15.0, 2000.0)]);
    let check = |load: f64, limit: &str, value: Option<f64>, most: Option<f64>, words: Option<&str>| {
        let open = headroom(load, 2.0, &verdict(&run, limit));
        let found = open.while_shedding();
        assert_eq!((found.value, found.interval), (value, [None, most]), "{load} under {limit}");
        assert_eq!(found.words().as_deref(), words, "{load} under {limit}");
        assert_eq!(found.replicas_needed(), None, "nobody knows how much is asked for");
        assert!(found.spare_load().is_none_or(|spare| spare <= 0.0), "{found:?}");
        assert_eq!((found.load, found.holds), (open.load, open.holds));
    };
    check(4.0, "ttft_p95=1000ms", Some(0.0), Some(0.0), Some("nothing left, requests are refused"));
    let beyond = headroom(20.0, 2.0, &verdict(&run, "ttft_p95=1000ms"));
    let words = beyond.words().map(|words| format!("{words}, requests are refused"));
    check(20.0, "ttft_p95=1000ms", beyond.value, beyond.interval[1], words.as_deref());
    // The sweep never broke it: at least so much would be left, were it all that is asked for.
    check(4.0, "ttft_p95=5000ms", Some(0.0), Some(0.0), Some("nothing left, requests are refused"));
    check(0.5, "ttft_p95=10ms", Some(0.0), Some(0.0), Some("nothing left, requests are refused"));
    check(4.0, "queue_depth=5", None, None, None);
}

#[test]
fn load_is_that_of_one_replica() {
    let open = LoadModel::Open(Arrivals::Poisson);
    let two = Observation { replicas: Some(2.0), requests: Some(20.0), ..window(5, 6.0, 4.0, 0.5) };
    assert_eq!((two.load(CLOSED), two.load(open)), (Some(5.0), Some(2.0)));
    let growing = Observation { growth: Some(10.0), ..two.clone() };
    assert_eq!((growing.load(CLOSED), growing.load(open)), (Some(5.0), Some(3.0)), "what arrived waits");
    let emptying = Observation { growth: Some(-30.0), ..two.clone() };
    assert_eq!(emptying.load(open), Some(0.0), "nothing arrives less than nothing");
    assert_eq!(Observation { replicas: None, ..two.clone() }.load(CLOSED), None, "replicas are not guessed");
    assert_eq!(Observation { replicas: Some(0.0), ..two.clone() }.load(CLOSED), None);
    assert_eq!(Observation { waiting: None, ..two.clone() }.load(CLOSED), Some(3.0));
    assert_eq!(Observation { running: None, ..two }.load(CLOSED), None);
}

#[test]
fn bins_gather_by_load() {
    let observations = [
        served(5, 4.0, 10, 90.0),
        served(10, 4.4, 20, 90.0),
        served(15, 9.0, 30, 200.0),
        window(20, 0.0, 0.0, 0.0),
        Observation { replicas: None, ..served(25, 4.0, 10, 90.0) },
    ];
    let found = bins(&observations, CLOSED, 1.0);
    let shape: Vec<_> = found.iter().map(|bin| (bin.from, bin.to, bin.windows, bin.requests, bin.seconds)).collect();
    assert_eq!(shape, [(3.5, 4.5, 2, Some(30.0), 10.0), (8.5, 9.5, 1, Some(30.0), 5.0)]);
    assert!((found[0].load - 4.2).abs() < 1e-12);
    assert_eq!(found[0].latencies.ttft.as_ref().unwrap().count(), 30.0);
    let halves: Vec<Observation> = observations
        .iter()
        .map(|one| Observation {
            replicas: Some(2.0),
            running: one.running.map(|running| 2.0 * running),
            ..one.clone()
        })
        .collect();
    assert_eq!(bins(&halves, CLOSED, 1.0)[0].requests, Some(20.0), "one replica's share of three windows");
    let uncounted = Observation { requests: None, ..served(5, 4.0, 10, 90.0) };
    assert_eq!(bins(&[uncounted], CLOSED, 1.0)[0].requests, None, "what is not counted is not none");
    for (highest, model, expected) in [
        (10.0, CLOSED, 1.0),
        (40.0, CLOSED, 1.0),
        (41.0, CLOSED, 2.0),
        (150.0, CLOSED, 5.0),
        (3000.0, CLOSED, 100.0),
        (4.0, LoadModel::Open(Arrivals::Poisson), 0.1),
        (0.0, CLOSED, 1.0),
    ] {
        assert!((bin_width(highest, model) - expected).abs() < 1e-12, "{highest}: {}", bin_width(highest, model));
    }
}

#[test]
fn other_bounds_are_left_out_and_said() {
    let other = Latencies { ttft: Some(super::support::histogram(&[300.0], &[200.0])), ..Latencies::default() };
    let mixed = [served(5, 4.0, 10, 90.0), Observation { latencies: other, ..served(10, 4.0, 10, 90.0) }];
    let [bin] = <[_; 1]>::try_from(bins(&mixed, CLOSED, 1.0)).unwrap();
    assert!(bin.mixed_bounds);
    assert_eq!(bin.latencies.ttft.unwrap().count(), 10.0);
}

#[test]
fn production_draws_a_curve_that_is_judged_like_a_benchmarks() {
    let observations: Vec<Observation> = (1..=8)
        .flat_map(|users| (0..20).map(move |at| served(at, f64::from(users), 10, 90.0 * f64::from(users * users))))
        .collect();
    let run = production_run("chat", &bins(&observations, CLOSED, 1.0), CLOSED);
    assert_eq!(run.levels.len(), 8);
    assert_eq!(run.levels[3].output_tokens, Some(64.0));
    assert_eq!(run.levels[0].rates.output_tokens, Some(64.0 * 200.0 / 100.0));
    assert_eq!((run.workload.prompt_tokens, run.workload.output_tokens), (Some(128.0), Some(64.0)));
    let judged = headroom_engine::verdict::assess(&run, &slo("ttft_p95=1000ms"));
    let breaking = judged.breaking_load.unwrap();
    assert!((3.0..4.0).contains(&breaking), "90 · users² reaches 1,000 ms at 3.3 users: {breaking}");
}

#[test]
fn drift_is_said_when_buckets_and_intervals_leave_no_doubt() {
    let run = benchmark(&[(1.0, 100.0), (4.0, 400.0), (8.0, 800.0)]);
    let points = level_points(&run, Subject::Latency(Latency::Ttft, Statistic::P95));
    let check = |factor: f64, users: &[f64], expected: Direction| {
        let observations: Vec<Observation> = users
            .iter()
            .flat_map(|&users| (0..30).map(move |at| served(at, users, 10, factor * 100.0 * users)))
            .collect();
        let found = drift(&bins(&observations, CLOSED, 1.0), &points, Latency::Ttft, Statistic::P95, "users");
        assert_eq!(found.direction, expected, "{factor}: {found:#?}");
        if let [Some(low), Some(high)] = found.interval {
            let ratio = found.ratio.unwrap();
            assert!(low <= ratio && ratio <= high, "{found:?}");
        }
        found
    };
    check(1.0, &[1.0, 4.0, 8.0], Direction::AsMeasured);
    check(1.1, &[2.0, 4.0, 6.0], Direction::AsMeasured);
    check(4.0, &[2.0, 4.0, 6.0], Direction::Slower);
    check(0.2, &[2.0, 4.0, 6.0], Direction::Faster);
    // A load that the benchmark measured with few requests, so that its percentile has no upper end.
    let open_ended: Vec<LevelPoint> =
        points.iter().map(|point| LevelPoint { hi: point.hi.filter(|_| point.load > 1.0), ..*point }).collect();
    let slow: Vec<Observation> =
        [1.0, 6.0].iter().flat_map(|&users| (0..30).map(move |at| served(at, users, 10, 400.0 * users))).collect();
    let found = drift(&bins(&slow, CLOSED, 1.0), &open_ended, Latency::Ttft, Statistic::P95, "users");
    assert_eq!(found.direction, Direction::Slower, "the other load is not silenced: {found:#?}");
    assert_eq!((found.requests, found.judged), (600.0, 300.0));
    let outside = check(1.0, &[20.0], Direction::Unknown);
    assert_eq!((outside.requests, outside.outside), (0.0, 300.0));
    assert!(outside.sentence.contains("1 to 8 users"), "{}", outside.sentence);
    check(1.0, &[], Direction::Unknown);
    let edge = check(1.0, &[8.3], Direction::AsMeasured);
    assert_eq!(edge.loads.len(), 1, "about the highest load is at it");
    let unmeasured = drift(&[], &[], Latency::Ttft, Statistic::P95, "users");
    assert!(unmeasured.sentence.contains("did not measure TTFT p95"), "{}", unmeasured.sentence);
}

#[test]
fn what_the_server_saw_of_a_benchmark_is_compared_bucket_with_bucket() {
    let windows = |factor: f64| -> Vec<Observation> {
        [2.0, 4.0]
            .iter()
            .flat_map(|&users| (0..30).map(move |at| served(at, users, 10, factor * 100.0 * users)))
            .collect()
    };
    let points: Vec<LevelPoint> = bins(&windows(1.0), CLOSED, 1.0)
        .iter()
        .map(|bin| server_point(bin, bin.load, Latency::Ttft, Statistic::P95).unwrap())
        .collect();
    assert_eq!((points[0].lo, points[0].hi, points[0].count), (Some(100.0), Some(250.0), 300));
    for (factor, expected) in [(1.0, Direction::AsMeasured), (1.2, Direction::AsMeasured), (6.0, Direction::Slower)] {
        let found = drift(&bins(&windows(factor), CLOSED, 1.0), &points, Latency::Ttft, Statistic::P95, "users");
        assert_eq!(found.direction, expected, "{factor}: {found:#?}");
    }
}

#[test]
fn another_workload_is_said() {
    let run = benchmark(&[(1.0, 100.0)]);
    let check = |prompt: f64, output: f64, hits: Option<f64>, known: Option<f64>, expected: &[&str]| {
        let traffic = Traffic { prompt_tokens: Some(prompt), output_tokens: Some(output), prefix_cache_hits: hits };
        let found: Vec<&str> = mismatches(&traffic, &run, known).iter().map(|one| one.what).collect();
        assert_eq!(found, expected, "{traffic:?} {known:?}");
    };
    check(128.0, 64.0, Some(0.0), None, &[]);
    check(150.0, 60.0, None, None, &[]);
    check(1200.0, 64.0, None, None, &["prompt_tokens"]);
    check(60.0, 256.0, None, None, &["prompt_tokens", "output_tokens"]);
    check(0.0, 64.0, None, None, &["prompt_tokens"]);
    check(f64::NAN, f64::INFINITY, None, None, &[]);
    check(128.0, 64.0, Some(0.6), None, &["prefix_cache_hits"]);
    check(128.0, 64.0, Some(0.6), Some(0.55), &[]);
    check(128.0, 64.0, Some(0.0), Some(0.5), &["prefix_cache_hits"]);
    assert!(mismatches(&Traffic::default(), &run, None).is_empty(), "not known is no difference");
}
