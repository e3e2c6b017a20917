//! What limits a deployment in a window.

use headroom_engine::bottleneck::BottleneckKind;
use headroom_engine::live::Observation;
use headroom_engine::live::limits::{Benchmark, contradicts, limiting};

use super::support::{benchmark, served, slo, verdict, window};

#[test]
fn the_rules_see_the_window() {
    let run = benchmark(&[(1.0, 100.0), (4.0, 400.0), (8.0, 1800.0)]);
    let judged = verdict(&run, "ttft_p95=1000ms");
    let check = |members: &[Observation], with_benchmark: bool, expected: BottleneckKind, evidence: &[&str]| {
        let benchmark = with_benchmark.then_some(Benchmark { run: &run, verdict: &judged });
        let found = limiting(members, benchmark, None);
        assert_eq!(found.kind, expected, "{found:#?}");
        for part in evidence {
            assert!(found.evidence.iter().any(|text| text.contains(part)), "{part:?} in {:#?}", found.evidence);
        }
        found
    };
    let full: Vec<_> = (1..20).map(|at| window(at * 5, 7.0, 8.0, 1.0)).collect();
    let found =
        check(&full, false, BottleneckKind::KvCacheWall, &["100% of the KV cache", "100% of the time", "15 requests"]);
    assert!(
        found.missing.contains(&"accelerator utilization") && found.missing.contains(&"a benchmark of this deployment")
    );
    check(&full, true, BottleneckKind::KvCacheWall, &[]);
    let slots: Vec<_> = (1..20).map(|at| window(at * 5, 7.0, 8.0, 0.5)).collect();
    check(&slots, false, BottleneckKind::Queueing, &["8 requests waited"]);
    let calm: Vec<_> = (1..20).map(|at| window(at * 5, 3.0, 0.0, 0.4)).collect();
    let found = check(&calm, true, BottleneckKind::NoneSeen, &["3 requests were in flight"]);
    assert_eq!(found.next, Some(BottleneckKind::Queueing), "TTFT grows and the time between tokens does not");
    check(&calm, false, BottleneckKind::NoneSeen, &[]);
    let down: Vec<_> = full.iter().map(|one| Observation { up: Some(false), ..one.clone() }).collect();
    check(&down, false, BottleneckKind::Unknown, &[]);
    check(&[Observation { seconds: 5.0, ..Observation::default() }], false, BottleneckKind::Unknown, &[]);
    // A gate that refuses: calm inside, and yet not enough. Where more is known of the inside, that is the answer.
    let refusing = |one: &Observation| Observation { refused: Some(6.0), requests: Some(2.0), ..one.clone() };
    let gate: Vec<_> = calm.iter().map(refusing).collect();
    check(
        &gate,
        true,
        BottleneckKind::AdmissionLimit,
        &["3 requests were in flight", "75% of the requests that arrived were refused"],
    );
    check(&gate, false, BottleneckKind::AdmissionLimit, &[]);
    let both: Vec<_> = full.iter().map(refusing).collect();
    check(
        &both,
        true,
        BottleneckKind::KvCacheWall,
        &["100% of the KV cache", "75% of the requests that arrived were refused"],
    );
    let uncounted: Vec<_> = gate.iter().map(|one| Observation { requests: None, ..one.clone() }).collect();
    check(&uncounted, false, BottleneckKind::AdmissionLimit, &["114 requests were refused"]);
    let busy = |one: &Observation| Observation { gpu_utilization: Some(0.99), ..one.clone() };
    let at_work: Vec<_> = calm.iter().map(busy).collect();
    check(&at_work, false, BottleneckKind::NoneSeen, &["3 requests were in flight"]);
}

#[test]
fn a_single_slow_request_is_the_floor() {
    let slow: Vec<_> = (1..20).map(|at| served(at * 5, 0.6, 3, 3000.0)).collect();
    let found = limiting(&slow, None, Some(&slo("ttft_p95=1000ms")));
    assert_eq!(found.kind, BottleneckKind::LatencyFloor, "{found:#?}");
    assert!(found.evidence.iter().any(|text| text.contains("at least 2,500 ms")), "{:?}", found.evidence);
    let fine = limiting(&slow, None, Some(&slo("ttft_p95=2600ms")));
    assert_eq!(fine.kind, BottleneckKind::NoneSeen, "within what the bucket leaves open");
}

#[test]
fn a_queue_below_the_breaking_load_contradicts_the_benchmark() {
    let run = benchmark(&[(1.0, 100.0), (4.0, 400.0), (8.0, 1800.0)]);
    let judged = verdict(&run, "ttft_p95=1000ms");
    for (kind, load, expected) in [
        (BottleneckKind::KvCacheWall, 2.0, true),
        (BottleneckKind::Queueing, 2.0, true),
        (BottleneckKind::KvCacheWall, 7.5, false),
        (BottleneckKind::NoneSeen, 2.0, false),
    ] {
        assert_eq!(contradicts(kind, load, &judged), expected, "{kind:?} at {load}");
    }
}
