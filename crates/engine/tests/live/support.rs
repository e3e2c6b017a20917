//! Observations and runs for tests.

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::live::{Histogram, Latencies, Observation};
use headroom_engine::run::{Deployment, LoadModel, Provenance, Run, Workload};
use headroom_engine::slo::{Slo, parse_limit};
use headroom_engine::verdict::{Verdict, assess};

/// vLLM's bounds of time to first token up to 10 s, in milliseconds.
pub(crate) const TTFT_BOUNDS: &[f64] =
    &[1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0, 10_000.0];

/// A histogram of these values.
pub(crate) fn histogram(bounds: &[f64], values: &[f64]) -> Histogram {
    let mut pairs: Vec<(f64, f64)> =
        bounds.iter().map(|&bound| (bound, values.iter().filter(|value| **value <= bound).count() as f64)).collect();
    pairs.push((f64::INFINITY, values.len() as f64));
    Histogram::from_cumulative(&pairs, Some(values.iter().sum()))
}

/// Five seconds of one replica with so many running and waiting requests, ending at second `at_s`.
pub(crate) fn window(at_s: i64, running: f64, waiting: f64, kv: f64) -> Observation {
    Observation {
        at_ms: at_s * 1000,
        seconds: 5.0,
        up: Some(true),
        replicas: Some(1.0),
        running: Some(running),
        waiting: Some(waiting),
        kv_cache_use: Some(kv),
        output_tokens: Some(if running > 0.0 { 100.0 } else { 0.0 }),
        ..Observation::default()
    }
}

/// A window with requests, all of which saw their first token after about `ttft_ms`.
pub(crate) fn served(at_s: i64, users: f64, requests: u32, ttft_ms: f64) -> Observation {
    let spread: Vec<f64> =
        (0..requests).map(|at| ttft_ms * (0.9 + 0.1 * f64::from(at) / f64::from(requests))).collect();
    Observation {
        requests: Some(f64::from(requests)),
        output_tokens: Some(64.0 * f64::from(requests)),
        prompt_tokens: Some(128.0 * f64::from(requests)),
        latencies: Latencies { ttft: Some(histogram(TTFT_BOUNDS, &spread)), ..Latencies::default() },
        ..window(at_s, users, 0.0, 0.1)
    }
}

/// A closed-loop run whose levels are `(users, TTFT p95 in ms)`, 200 requests each, with a tight interval.
pub(crate) fn benchmark(levels: &[(f64, f64)]) -> Run {
    Run {
        id: "bench".into(),
        provenance: Provenance { tool: "guidellm".into(), ..Provenance::default() },
        deployment: Deployment::default(),
        workload: Workload { prompt_tokens: Some(128.0), output_tokens: Some(64.0), shape: None },
        load_model: LoadModel::Closed,
        levels: levels
            .iter()
            .map(|&(load, ttft)| Level {
                load,
                concurrency: Some(load),
                duration_s: Some(60.0),
                requests: Requests { ok: 200, ..Requests::default() },
                rates: Rates { output_tokens: Some(40.0 * load.min(10.0)), ..Rates::default() },
                ttft: Some(Distribution {
                    count: 200,
                    min: Some(0.8 * ttft),
                    max: Some(1.05 * ttft),
                    quantiles: vec![(0.5, 0.9 * ttft), (0.9, 0.98 * ttft), (0.95, ttft), (0.99, 1.02 * ttft)],
                    ..Distribution::default()
                }),
                itl: Some(Distribution { count: 200, quantiles: vec![(0.5, 30.0)], ..Distribution::default() }),
                ..Level::default()
            })
            .collect(),
        off_curve: Vec::new(),
    }
}

/// A verdict by TTFT p95.
pub(crate) fn verdict(run: &Run, limit: &str) -> Verdict {
    assess(run, &slo(limit))
}

/// A service level of one limit.
pub(crate) fn slo(limit: &str) -> Slo {
    Slo::custom(vec![parse_limit(limit).unwrap()])
}
