//! The breaking point against synthetic deployments whose true boundary is known.
//!
//! Run with `--nocapture` to print the table of results.

use core::fmt::Write as _;

use headroom_engine::breaking::State;
use headroom_engine::level::{Level, Requests, Samples};
use headroom_engine::random::Random;
use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::{IntervalMethod, assess};

use crate::support::{run, slo};

/// A kind of deployment: the median TTFT over load, and how requests scatter around it.
struct Scenario {
    name: &'static str,
    cases: u64,
    levels: &'static [f64],
    requests: usize,
    /// Median TTFT, milliseconds, of a deployment whose random part is `u`, 0 to 1.
    median: fn(load: f64, u: f64) -> f64,
    /// Standard deviation of the logarithm of a request's TTFT.
    scatter: f64,
    /// The load at which the limit is placed, for the random part `u`.
    boundary: fn(u: f64) -> f64,
    expected: State,
}

const DENSE: &[f64] = &[2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0];
const DOUBLING: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

/// Growth with load by prefills that wait for each other.
fn smooth(load: f64, u: f64) -> f64 {
    100.0 + (10.0 + 10.0 * u) * load + (1.0 + u) * load * load
}

/// Flat, then twenty times as slow from one load on.
fn step(load: f64, u: f64) -> f64 {
    let base = 100.0 + load;
    if load > 9.0 + u { 20.0 * base } else { base }
}

const SCENARIOS: [Scenario; 8] = [
    Scenario {
        name: "smooth",
        cases: 400,
        levels: DENSE,
        requests: 400,
        median: smooth,
        scatter: 0.25,
        boundary: |u| 7.0 + 8.0 * u,
        expected: State::Edge,
    },
    Scenario {
        name: "noisy",
        cases: 400,
        levels: DENSE,
        requests: 400,
        median: smooth,
        scatter: 0.8,
        boundary: |u| 8.0 + 6.0 * u,
        expected: State::Edge,
    },
    Scenario {
        name: "few samples",
        cases: 400,
        levels: DENSE,
        requests: 100,
        median: smooth,
        scatter: 0.3,
        boundary: |u| 8.0 + 6.0 * u,
        expected: State::Edge,
    },
    Scenario {
        name: "non-monotone",
        cases: 400,
        levels: DENSE,
        requests: 200,
        // The first level is slow from a cold start.
        median: |load, u| if load < 3.0 { 2.0 * smooth(load, u) } else { smooth(load, u) },
        scatter: 0.4,
        boundary: |u| 9.0 + 6.0 * u,
        expected: State::Edge,
    },
    Scenario {
        name: "loads that double",
        cases: 400,
        levels: DOUBLING,
        requests: 300,
        median: |load, u| 100.0 + (15.0 + 10.0 * u) * load,
        scatter: 0.4,
        boundary: |u| 5.0 + 9.0 * u,
        expected: State::Edge,
    },
    Scenario {
        name: "cliff",
        cases: 300,
        levels: DENSE,
        requests: 200,
        median: step,
        scatter: 0.3,
        boundary: |u| 9.0 + u,
        expected: State::Cliff,
    },
    Scenario {
        name: "floor",
        cases: 300,
        levels: DENSE,
        requests: 200,
        median: smooth,
        scatter: 0.4,
        boundary: |u| 26.0 + 10.0 * u,
        expected: State::Floor,
    },
    Scenario {
        name: "never met",
        cases: 300,
        levels: DENSE,
        requests: 200,
        median: smooth,
        scatter: 0.2,
        boundary: |_| -12.0,
        expected: State::NeverMet,
    },
];

/// z of the 95th percentile.
const P95: f64 = 1.644_853_627;

fn deployment(scenario: &Scenario, seed: u64) -> (Run, Slo, f64) {
    let mut random = Random::seeded(seed.wrapping_mul(7919).wrapping_add(scenario.name.len() as u64));
    let (shape, place) = (random.uniform(), random.uniform());
    let tail = libm::exp(P95 * scenario.scatter);
    let levels = scenario.levels.iter().map(|&load| {
        let middle = (scenario.median)(load, shape);
        let ttft_ms: Vec<f64> =
            (0..scenario.requests).map(|_| middle * libm::exp(scenario.scatter * random.normal())).collect();
        let start_s = (0..scenario.requests).map(|row| row as f64 / load).collect();
        let ok = scenario.requests as u64;
        Level {
            load,
            requests: Requests { ok, ..Requests::default() },
            samples: Some(Samples { start_s, e2e_ms: ttft_ms.clone(), ttft_ms, ..Samples::default() }),
            ..Level::default()
        }
    });
    let levels: Vec<Level> = levels.collect();
    // A step's boundary is where the step is, whatever the limit between its two heights.
    let truth = if scenario.expected == State::Cliff { 9.0 + shape } else { (scenario.boundary)(place) };
    let bound = match scenario.expected {
        State::Cliff => 600.0 * tail,
        State::NeverMet => 60.0 * tail,
        _ => (scenario.median)(truth, shape) * tail,
    };
    (run(levels), slo(&[&format!("ttft_p95={bound}ms")]), truth)
}

/// What became of the cases of one scenario.
#[derive(Default)]
struct Outcome {
    right: u64,
    closed: u64,
    covered: u64,
    bootstrapped: u64,
    error: f64,
    width: f64,
}

fn outcome(scenario: &Scenario) -> Outcome {
    let mut outcome = Outcome::default();
    for seed in 0..scenario.cases {
        let (run, slo, truth) = deployment(scenario, seed);
        let verdict = assess(&run, &slo);
        outcome.right += u64::from(verdict.state == scenario.expected);
        outcome.bootstrapped += u64::from(verdict.interval_method == IntervalMethod::Bootstrap);
        if verdict.state != scenario.expected {
            continue;
        }
        let [low, high] = verdict.interval;
        outcome.covered += u64::from(low.is_none_or(|low| low <= truth) && high.is_none_or(|high| truth <= high));
        if let (Some(low), Some(high), Some(load)) = (low, high, verdict.breaking_load) {
            outcome.closed += 1;
            outcome.error += (load - truth).abs() / truth;
            outcome.width += (high - low) / truth;
        }
    }
    outcome
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole as f64
}

#[test]
fn states_and_intervals_of_known_boundaries() {
    let mut table = String::from(
        "| deployment | cases | levels | requests a level | state | state right | interval covers | mean error | mean width |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let (mut cases, mut right, mut edges, mut covered) = (0, 0, 0, 0);
    let mut complaints = Vec::new();
    for scenario in &SCENARIOS {
        let found = outcome(scenario);
        cases += scenario.cases;
        right += found.right;
        let share = percent(found.covered, found.right);
        let mean = |sum: f64| {
            if found.closed > 0 { format!("{:.1}%", 100.0 * sum / found.closed as f64) } else { "–".into() }
        };
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {:.1}% | {share:.1}% | {} | {} |",
            scenario.name,
            scenario.cases,
            scenario.levels.len(),
            scenario.requests,
            scenario.expected.id(),
            percent(found.right, scenario.cases),
            mean(found.error),
            mean(found.width),
        )
        .unwrap();
        if percent(found.right, scenario.cases) < 99.0 {
            complaints.push(format!("{}: state", scenario.name));
        }
        if scenario.expected == State::Edge {
            edges += found.right;
            covered += found.covered;
            // Three standard errors of 400 cases below 95 %.
            if share < 91.5 {
                complaints.push(format!("{}: covers {share:.1}%", scenario.name));
            }
            if found.bootstrapped < found.right * 9 / 10 {
                complaints.push(format!("{}: {} bootstrapped", scenario.name, found.bootstrapped));
            }
        } else if found.covered < found.right {
            complaints.push(format!("{}: a bracket misses the boundary", scenario.name));
        }
    }
    println!(
        "{table}\n{cases} cases: state right in {:.2}%, edge intervals cover {:.2}%",
        percent(right, cases),
        percent(covered, edges)
    );
    assert!(cases >= 2000);
    assert!(complaints.is_empty(), "{complaints:?}\n{table}");
    assert!(percent(covered, edges) >= 95.0, "{table}");
}
