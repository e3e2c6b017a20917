//! Ramp-up, keeping up, knees, plateaus, and what limits a deployment.

use headroom_engine::bottleneck::{BottleneckKind, ServerMetrics, bottleneck};
use headroom_engine::knee::{Bend, knee};
use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::steady::{first_not_kept_up, keep_up_ratio};
use headroom_engine::throughput::plateau;
use headroom_engine::verdict::assess;

use crate::support::{published_bf16, published_int4, run, slo};

#[test]
fn an_open_loop_keeps_up_or_not() {
    let at = |load: f64, served: f64| Level {
        load,
        rates: Rates { requests: Some(served), ..Rates::default() },
        ..Level::default()
    };
    let open = LoadModel::Open(Arrivals::Poisson);
    let swamped = Run { load_model: open, ..run(vec![at(1.0, 0.98), at(2.0, 1.9), at(4.0, 3.0), at(8.0, 3.1)]) };
    assert_eq!(keep_up_ratio(&swamped.levels[2], open), Some(0.75));
    assert_eq!(first_not_kept_up(&swamped), Some(4.0));
    assert_eq!(first_not_kept_up(&run(swamped.levels.clone())), None, "a closed loop offers what is served");
}

#[test]
fn the_knee_of_the_papers_second_figure() {
    let points: Vec<(f64, f64)> = (0..10).map(|i| f64::from(i) / 9.0).map(|x| (x, -1.0 / (x + 0.1) + 5.0)).collect();
    let (x, y) = knee(&points, Bend::Flattening).unwrap();
    assert!((x - 0.2222).abs() < 1e-4 && (y - 1.8966).abs() < 1e-4, "{x} {y}");
    // Turned around, the same curve steepens.
    let turned: Vec<(f64, f64)> = points.iter().rev().map(|&(x, y)| (1.0 - x, -y)).collect();
    let (x, y) = knee(&turned, Bend::Steepening).unwrap();
    assert!((x - 0.7778).abs() < 1e-4 && (y + 1.8966).abs() < 1e-4, "{x} {y}");
}

#[test]
fn what_does_not_bend_has_no_knee() {
    let line: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), 3.0 * f64::from(i))).collect();
    assert_eq!(knee(&line, Bend::Flattening), None);
    assert_eq!(knee(&line[..4], Bend::Flattening), None);
    assert_eq!(knee(&[(1.0, 2.0), (2.0, 2.0), (3.0, 2.0), (4.0, 2.0), (5.0, 2.0)], Bend::Flattening), None);
    let steep: Vec<(f64, f64)> = (0..10).map(|i| (f64::from(i), f64::from(i * i * i))).collect();
    assert_eq!(knee(&steep, Bend::Flattening), None);
    assert!(knee(&steep, Bend::Steepening).is_some());
}

/// Levels of `users, TTFT p50, ITL p50, output tokens per second`.
fn curves(rows: &[(f64, f64, f64, f64)]) -> Run {
    let median = |value| Some(Distribution { count: 300, quantiles: vec![(0.5, value)], ..Distribution::default() });
    run(rows
        .iter()
        .map(|&(load, ttft, itl, rate)| Level {
            load,
            requests: Requests { ok: 300, ..Requests::default() },
            rates: Rates { output_tokens: Some(rate), ..Rates::default() },
            ttft: median(ttft),
            itl: median(itl),
            ..Level::default()
        })
        .collect())
}

const QUEUES: [(f64, f64, f64, f64); 4] =
    [(1.0, 50.0, 20.0, 45.0), (8.0, 60.0, 21.0, 340.0), (16.0, 2000.0, 22.0, 380.0), (32.0, 9000.0, 22.0, 385.0)];
const COMPUTES: [(f64, f64, f64, f64); 4] =
    [(1.0, 50.0, 20.0, 45.0), (8.0, 80.0, 40.0, 180.0), (16.0, 160.0, 80.0, 190.0), (32.0, 400.0, 160.0, 192.0)];
const IDLES: [(f64, f64, f64, f64); 3] = [(1.0, 50.0, 20.0, 45.0), (2.0, 51.0, 20.0, 90.0), (4.0, 52.0, 21.0, 175.0)];

fn check(
    rows: &[(f64, f64, f64, f64)],
    server: ServerMetrics,
    limit: &str,
    kind: BottleneckKind,
    from_shape_alone: bool,
) {
    let run = curves(rows);
    let found = bottleneck(&run, &assess(&run, &slo(&[limit])), &server);
    assert_eq!((found.kind, found.from_shape_alone), (kind, from_shape_alone), "{found:#?}");
    assert!(!found.kind.remedy().is_empty() && !found.evidence.is_empty());
}

#[test]
fn the_shape_alone() {
    let none = ServerMetrics::default();
    check(&QUEUES, none, "ttft_p50=1s", BottleneckKind::Queueing, true);
    check(&COMPUTES, none, "ttft_p50=1s", BottleneckKind::ComputeWall, true);
    check(&IDLES, none, "ttft_p50=1s", BottleneckKind::NoneSeen, true);
    check(&IDLES, none, "ttft_p50=10ms", BottleneckKind::LatencyFloor, true);
    // Without ITL nobody can say why TTFT grows.
    let tables = published_int4();
    let mut without = tables.clone();
    for level in &mut without.levels {
        level.tpot = None;
    }
    let found = bottleneck(&without, &assess(&without, &slo(&["ttft_p95=1s"])), &none);
    assert_eq!(found.kind, BottleneckKind::Unknown);
    assert!(found.missing.contains(&"ITL over load") && found.missing.contains(&"KV cache use"));
}

#[test]
fn the_servers_metrics_tell_memory_from_computing() {
    let server =
        |kv, waiting, gpu| ServerMetrics { kv_cache_use: Some(kv), waiting: Some(waiting), gpu_utilization: Some(gpu) };
    let limit = "ttft_p50=1s";
    check(&QUEUES, server(1.0, 12.0, 0.4), limit, BottleneckKind::KvCacheWall, false);
    check(&QUEUES, server(0.4, 12.0, 0.7), limit, BottleneckKind::Queueing, false);
    check(&COMPUTES, server(0.5, 0.0, 0.99), limit, BottleneckKind::ComputeWall, false);
    // A full cache next to a busy accelerator is not the wall.
    check(&COMPUTES, server(0.99, 3.0, 0.99), limit, BottleneckKind::ComputeWall, false);
    // Metrics that show nothing leave the shape.
    check(&IDLES, server(0.2, 0.0, 0.3), limit, BottleneckKind::NoneSeen, true);
}

#[test]
fn where_throughput_stops_growing() {
    assert_eq!(plateau(&curves(&QUEUES)).map(|flat| (flat.load, flat.output_tokens_per_second)), Some((16.0, 380.0)));
    assert_eq!(plateau(&curves(&IDLES)), None);
    assert_eq!(plateau(&published_bf16()), None);
    assert_eq!(plateau(&run(Vec::new())), None);
}
