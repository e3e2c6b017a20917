//! The analysis alone: bootstrap intervals on one core, and the same work in WebAssembly.

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use headroom_engine::bootstrap;
use headroom_engine::level::{Distribution, Level, Requests, Samples};
use headroom_engine::points::level_points;
use headroom_engine::random::Random;
use headroom_engine::run::{Deployment, LoadModel, Provenance, Run, Workload};
use headroom_engine::selftest::fingerprint;
use headroom_engine::slo::{Latency, Statistic, Subject};

use crate::table::{Budget, Table};

const CURVES: u64 = 1_000;
const RESAMPLES: usize = 1_000;
const LEVELS: u32 = 8;
/// Requests of each level.
const REQUESTS: usize = 200;
const RUNS: usize = 5;

/// Loads the panel as a page does and times its self-test, best of several, after one for the compiler.
const SCRIPT: &str = r"
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
const [folder, runs] = process.argv.slice(1);
const panel = await import(pathToFileURL(`${folder}/headroom_panel.js`).href);
panel.initSync({ module: await readFile(`${folder}/headroom_panel_bg.wasm`) });
const result = String(panel.fingerprint());
let best = Infinity;
for (let run = 0; run < Number(runs); run++) {
  const start = performance.now();
  panel.fingerprint();
  best = Math.min(best, performance.now() - start);
}
console.log(`${result} ${best}`);
";

/// Measures and adds rows. `selftest` is the folder of the panel's WebAssembly with its self-test.
pub(crate) fn measure(selftest: &Path, table: &mut Table) -> Result<()> {
    println!("resampling {CURVES} curves");
    let runs: Vec<Run> = (0..CURVES).map(run).collect();
    let seconds = intervals(&runs)?;
    table.add(format!("{CURVES} curves with {RESAMPLES} resamples each, one core"), seconds, "s", Budget::AtMost(1.0));

    println!("the self-test here and in Node.js");
    let here = best(|| {
        black_box(fingerprint());
    });
    match in_wasm(selftest) {
        Ok((result, there)) => {
            let expected = fingerprint();
            ensure!(result == expected.to_string(), "WebAssembly gives {result}, the host {expected}");
            let here = here.as_secs_f64() * 1000.0;
            table.add("self-test of the engine, native", here, "ms", Budget::None);
            table.add("  speed in WebAssembly, of native", here / there, "×", Budget::AtLeast(0.5));
        }
        Err(error) => table.note(format!("left out: the engine in WebAssembly ({error:#})")),
    }
    Ok(())
}

/// Seconds for the interval of every run's breaking load.
fn intervals(runs: &[Run]) -> Result<f64> {
    let mut found = 0;
    let time = best(|| {
        found = 0;
        for (run, seed) in runs.iter().zip(0..) {
            let points = level_points(run, Subject::Latency(Latency::Ttft, Statistic::P95));
            let replicates = bootstrap::replicates(run, Latency::Ttft, Statistic::P95, &points, RESAMPLES, seed);
            let interval = replicates.map(|replicates| replicates.interval(1_000.0));
            found += usize::from(interval.is_some_and(|[low, high]| low.is_some() && high.is_some()));
        }
    });
    ensure!(found == runs.len(), "expected an interval of each of {} curves, found {found}", runs.len());
    Ok(time.as_secs_f64())
}

fn best(mut work: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best
}

/// The self-test's number and its milliseconds.
fn in_wasm(selftest: &Path) -> Result<(String, f64)> {
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", SCRIPT, "--"])
        .arg(selftest)
        .arg(RUNS.to_string())
        .output()
        .context("starting node")?;
    if !output.status.success() {
        bail!("node ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    let told = String::from_utf8(output.stdout)?;
    let (result, ms) = told.trim().split_once(' ').with_context(|| format!("expected two numbers, found {told}"))?;
    Ok((result.to_owned(), ms.parse()?))
}

/// A run whose time to first token passes one second between its fifth and sixth level, with every request.
fn run(seed: u64) -> Run {
    let mut random = Random::seeded(seed);
    let levels = (0..LEVELS)
        .map(|step| {
            let mean = 30.0 * f64::from(1_u32 << step);
            let mut ttft: Vec<f64> = (0..REQUESTS).map(|_| -mean * libm::log(1.0 - random.uniform())).collect();
            let samples = Samples {
                start_s: (0..REQUESTS).map(|index| index as f64 * 0.1).collect(),
                itl_ms: vec![f64::NAN; REQUESTS],
                tpot_ms: vec![f64::NAN; REQUESTS],
                e2e_ms: vec![f64::NAN; REQUESTS],
                output_tokens: vec![64.0; REQUESTS],
                ttft_ms: ttft.clone(),
            };
            ttft.sort_by(f64::total_cmp);
            Level {
                load: f64::from(1_u32 << step),
                requests: Requests { ok: REQUESTS as u64, ..Requests::default() },
                ttft: Some(Distribution {
                    count: REQUESTS as u64,
                    quantiles: vec![(0.95, ttft[REQUESTS * 95 / 100])],
                    ..Distribution::default()
                }),
                samples: Some(samples),
                ..Level::default()
            }
        })
        .collect();
    Run {
        id: format!("bench-{seed}"),
        provenance: Provenance::default(),
        deployment: Deployment::default(),
        workload: Workload::default(),
        load_model: LoadModel::Closed,
        levels,
        off_curve: Vec::new(),
    }
}
