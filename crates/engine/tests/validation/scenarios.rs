//! Deployments whose true breaking load is known, and the sweeps that measure them.

use headroom_engine::level::Level;
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, Deployment, Known, LoadModel, Provenance, Run, Workload};
use headroom_engine::slo::{Slo, parse_limit};

use crate::batching::{self, ENGINE};
use crate::queues::{self, Arriving, Service};
use crate::trace::{Request, Trace, Until};
use crate::truths;

/// z of the 95th percentile.
const P95: f64 = 1.644_853_626_951_472_6;

/// What serves the requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Server {
    /// No queue: lognormal with this standard deviation of the logarithm around a median that grows smoothly with load;
    /// neighbours in the order of start correlate by `rho`.
    Noise { sigma: f64, rho: f64 },
    /// The same, and twenty times as slow from a load between 9 and 10 on.
    Step { sigma: f64 },
    /// Several places with one queue.
    Queue { places: usize, service: Service },
    /// An engine that batches.
    Batching,
}

/// A kind of sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    pub(crate) open: bool,
    /// Whether a level begins with an empty server.
    pub(crate) cold: bool,
    pub(crate) loads: &'static [f64],
    /// When a level ends.
    pub(crate) until: Until,
    /// The true breaking load lies anywhere between these.
    pub(crate) truth: (f64, f64),
    /// Standard deviation of the logarithm by which whole levels differ from each other.
    pub(crate) scatter: f64,
    /// How often each level is measured.
    pub(crate) repeats: usize,
    /// What must come out.
    pub(crate) goal: Goal,
}

/// What must come out of a scenario.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// These numbers.
    Met(Numbers),
    /// Too few requests for the promise: shown, and not held to anything.
    Shown,
}

/// Per cent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numbers {
    /// Intervals that hold the truth, at least.
    pub(crate) covers: f64,
    /// Sweeps whose interval lies wholly above the truth, at most.
    pub(crate) above: f64,
    /// Median width of intervals with both ends, of the truth, at most.
    pub(crate) width: f64,
    /// Sweeps with both ends, at least.
    pub(crate) both: f64,
    /// Sweeps with the finding that levels differ: at least where they do, at most where they do not.
    pub(crate) told: f64,
}

impl Goal {
    pub(crate) fn numbers(self) -> Option<Numbers> {
        match self {
            Self::Met(numbers) => Some(numbers),
            Self::Shown => None,
        }
    }

    /// In a few words for the table.
    pub(crate) fn label(self) -> String {
        let Some(Numbers { covers, above, width, both, .. }) = self.numbers() else { return "none".into() };
        let both = if both > 0.0 { format!(", both ≥ {both}") } else { String::new() };
        format!("hold ≥ {covers}, above ≤ {above}, width ≤ {width}{both}")
    }
}

/// What holds with 100 requests and more at the levels that decide.
const EACH: Numbers = Numbers { covers: 92.0, above: 5.0, width: 0.0, both: 0.0, told: 5.0 };

const DENSE: &[f64] = &[2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0];
pub(crate) const LINEAR: &[f64] = &[4.0, 8.0, 12.0, 16.0, 20.0, 24.0];
const DOUBLING: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
pub(crate) const RATES: &[f64] = &[0.8, 1.4, 2.0, 2.4, 2.8, 3.2, 3.6, 3.85];
pub(crate) const SLOTS: &[f64] = &[4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0];

const NOISE: Scenario = Scenario {
    name: "independent",
    server: Server::Noise { sigma: 0.8, rho: 0.0 },
    open: false,
    cold: false,
    loads: DENSE,
    until: Until::Answered(300),
    truth: (6.0, 16.0),
    scatter: 0.0,
    repeats: 1,
    goal: Goal::Shown,
};
const CLOSED: Scenario = Scenario {
    name: "closed M/M/8",
    server: Server::Queue { places: 8, service: Service::Exponential },
    loads: LINEAR,
    truth: (9.0, 20.0),
    ..NOISE
};
const OPEN: Scenario = Scenario {
    name: "open M/M/4",
    server: Server::Queue { places: 4, service: Service::Exponential },
    open: true,
    loads: RATES,
    truth: (2.1, 3.5),
    ..NOISE
};
const BATCHES: Scenario = Scenario {
    name: "engine",
    server: Server::Batching,
    loads: SLOTS,
    until: Until::Seconds(60.0),
    truth: (13.0, 26.0),
    ..NOISE
};

const fn goal(width: f64, both: f64) -> Goal {
    Goal::Met(Numbers { width, both, ..EACH })
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { goal: goal(40.0, 80.0), ..NOISE },
    Scenario { name: "independent", until: Until::Answered(100), goal: goal(65.0, 0.0), ..NOISE },
    Scenario { name: "independent", until: Until::Answered(60), ..NOISE },
    Scenario { name: "independent", until: Until::Answered(1000), goal: goal(25.0, 80.0), ..NOISE },
    Scenario {
        name: "independent, loads that double",
        loads: DOUBLING,
        truth: (5.0, 14.0),
        goal: goal(55.0, 0.0),
        ..NOISE
    },
    Scenario { name: "AR(1) 0.6", server: Server::Noise { sigma: 0.8, rho: 0.6 }, until: Until::Answered(80), ..NOISE },
    Scenario { name: "AR(1) 0.6", server: Server::Noise { sigma: 0.8, rho: 0.6 }, goal: goal(55.0, 50.0), ..NOISE },
    Scenario {
        name: "AR(1) 0.85",
        server: Server::Noise { sigma: 0.8, rho: 0.85 },
        until: Until::Answered(80),
        ..NOISE
    },
    Scenario { name: "AR(1) 0.85", server: Server::Noise { sigma: 0.8, rho: 0.85 }, goal: goal(70.0, 50.0), ..NOISE },
    Scenario {
        name: "levels ±5 %",
        server: Server::Noise { sigma: 0.45, rho: 0.0 },
        scatter: 0.05,
        until: Until::Answered(150),
        goal: Goal::Met(Numbers { width: 35.0, told: 0.0, ..EACH }),
        ..NOISE
    },
    Scenario {
        name: "levels ±15 %",
        server: Server::Noise { sigma: 0.45, rho: 0.0 },
        scatter: 0.15,
        until: Until::Answered(150),
        goal: Goal::Met(Numbers { covers: 78.0, width: 65.0, told: 65.0, ..EACH }),
        ..NOISE
    },
    Scenario {
        name: "levels ±15 %, three repeats",
        server: Server::Noise { sigma: 0.45, rho: 0.0 },
        scatter: 0.15,
        until: Until::Answered(100),
        repeats: 3,
        goal: Goal::Met(Numbers { covers: 93.0, width: 45.0, told: 85.0, ..EACH }),
        ..NOISE
    },
    Scenario {
        name: "cliff",
        server: Server::Step { sigma: 0.3 },
        until: Until::Answered(200),
        goal: goal(25.0, 80.0),
        ..NOISE
    },
    Scenario { name: "closed M/M/8", until: Until::Answered(120), goal: goal(45.0, 0.0), ..CLOSED },
    Scenario { goal: goal(35.0, 80.0), ..CLOSED },
    Scenario { name: "closed M/M/8 from cold", cold: true, goal: goal(35.0, 80.0), ..CLOSED },
    Scenario {
        name: "closed M/M/8, loads that double",
        until: Until::Answered(110),
        loads: DOUBLING,
        truth: (9.0, 28.0),
        goal: goal(75.0, 0.0),
        ..CLOSED
    },
    Scenario {
        name: "closed M/M/8, loads that double",
        loads: DOUBLING,
        truth: (9.0, 28.0),
        goal: goal(48.0, 80.0),
        ..CLOSED
    },
    Scenario {
        name: "closed M/G/8",
        server: Server::Queue { places: 8, service: truths::LOGNORMAL },
        goal: goal(35.0, 80.0),
        ..CLOSED
    },
    Scenario { until: Until::Answered(100), goal: goal(60.0, 0.0), ..OPEN },
    Scenario { goal: goal(45.0, 80.0), ..OPEN },
    Scenario { until: Until::Answered(1000), goal: goal(33.0, 80.0), ..OPEN },
    Scenario { name: "open M/M/4 from cold", cold: true, until: Until::Answered(100), goal: goal(65.0, 0.0), ..OPEN },
    Scenario { name: "open M/M/4 from cold", cold: true, goal: goal(52.0, 80.0), ..OPEN },
    Scenario {
        name: "open M/G/4",
        server: Server::Queue { places: 4, service: truths::LOGNORMAL },
        goal: goal(45.0, 80.0),
        ..OPEN
    },
    Scenario { goal: goal(18.0, 80.0), ..BATCHES },
    Scenario { name: "engine from cold", cold: true, until: Until::Seconds(30.0), goal: goal(26.0, 0.0), ..BATCHES },
    Scenario { name: "engine from cold", cold: true, goal: goal(18.0, 80.0), ..BATCHES },
    Scenario { name: "engine from cold", cold: true, until: Until::Seconds(120.0), goal: goal(18.0, 80.0), ..BATCHES },
    Scenario { name: "engine, loads that double", loads: DOUBLING, goal: goal(35.0, 80.0), ..BATCHES },
];

/// Growth with load by prefills that wait for each other, milliseconds at the median.
fn smooth(load: f64) -> f64 {
    100.0 + 15.0 * load + 1.5 * load * load
}

/// One sweep, its limit and where the limit truly breaks.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    /// One run, or as many as there are repeats.
    pub(crate) runs: Vec<Run>,
    pub(crate) slo: Slo,
    pub(crate) truth: f64,
}

impl Scenario {
    /// Requests of a level for the table; how long it lasts where the clock ends it.
    pub(crate) fn size(&self) -> String {
        match self.until {
            Until::Answered(count) => count.to_string(),
            Until::Seconds(seconds) => format!("{seconds} s"),
        }
    }

    /// The true p95 of TTFT at a load, milliseconds.
    fn p95_ms(&self, load: f64, step: f64) -> f64 {
        match self.server {
            Server::Noise { sigma, .. } => smooth(load) * libm::exp(P95 * sigma),
            Server::Step { sigma } => {
                let base = 100.0 + load;
                (if load > step { 20.0 * base } else { base }) * libm::exp(P95 * sigma)
            }
            Server::Queue { places, service: Service::Exponential } if self.open => {
                1000.0 * queues::first_token_quantile(places, load, 0.95)
            }
            Server::Queue { service: Service::Exponential, .. } => truths::between(truths::CLOSED_MM8, load),
            Server::Queue { .. } if self.open => truths::between(truths::OPEN_MG4, load),
            Server::Queue { .. } => truths::between(truths::CLOSED_MG8, load),
            Server::Batching => truths::between(truths::ENGINE_TTFT, load),
        }
    }

    /// The sweep of this seed.
    pub(crate) fn sweep(&self, seed: u64) -> Sweep {
        let name = self.name.bytes().fold(seed + 1, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut random = Random::seeded(name);
        let mut random = Random::seeded(random.bits());
        let place = random.uniform();
        let step = 9.0 + random.uniform();
        let (truth, bound) = if let Server::Step { .. } = self.server {
            // Between the two heights of the step, whatever the load.
            (step, 0.5 * (self.p95_ms(9.0, step) + self.p95_ms(10.0, step)))
        } else {
            let truth = self.truth.0 + (self.truth.1 - self.truth.0) * place;
            (truth, self.p95_ms(truth, step))
        };
        let runs = (0..self.repeats)
            .map(|_| {
                let levels = self.loads.iter().map(|&load| self.level(load, step, &mut random)).collect();
                run(levels, self.open)
            })
            .collect();
        Sweep { runs, slo: Slo::custom(vec![parse_limit(&format!("ttft_p95={bound}ms")).unwrap()]), truth }
    }

    fn level(&self, load: f64, step: f64, random: &mut Random) -> Level {
        let factor = libm::exp(self.scatter * random.normal());
        // More than the level needs, so that some still run when it ends.
        let count = |extra: usize| match self.until {
            Until::Answered(count) => count + extra,
            // A place serves one a second; twice that is more than come in any time.
            Until::Seconds(seconds) => match self.server {
                Server::Queue { places, .. } => {
                    (seconds * if self.open { load } else { places as f64 } * 2.0) as usize + 50
                }
                _ => 0,
            },
        };
        let users = load as usize;
        let trace = match self.server {
            Server::Noise { sigma, rho } => noise(count(0), load, sigma, rho, smooth(load), random),
            Server::Step { sigma } => {
                let base = 100.0 + load;
                noise(count(0), load, sigma, 0.0, if load > step { 20.0 * base } else { base }, random)
            }
            Server::Queue { places, service } => {
                let arriving = if self.open { Arriving::PerSecond(load) } else { Arriving::Users(users) };
                let skipped = if self.cold {
                    0
                } else if self.open {
                    6000
                } else {
                    60 * users
                };
                let extra = if self.open { 100 } else { 3 * users };
                queues::simulate(places, service, arriving, skipped, count(extra), random)
            }
            Server::Batching => {
                let skipped = if self.cold { 0 } else { 20 * users };
                let seconds = if let Until::Seconds(seconds) = self.until { seconds } else { 0.0 };
                batching::simulate(ENGINE, users, skipped, 1, seconds + 1.0, random)
            }
        };
        trace.level(load, self.until, factor)
    }
}

/// A server of which any load can be measured for any time, and the limit whose breaking load is known.
pub(crate) struct Bench {
    scenario: Scenario,
    step: f64,
    random: Random,
    pub(crate) slo: Slo,
    pub(crate) truth: f64,
}

impl Bench {
    /// The server of this seed: the true breaking load lies anywhere in `truth`, and every level begins with an empty server.
    pub(crate) fn new(server: Server, open: bool, truth: (f64, f64), seed: u64) -> Self {
        let mut random = Random::seeded(seed + 1);
        let mut random = Random::seeded(random.bits());
        let scenario = Scenario { server, open, cold: true, truth, ..NOISE };
        let (place, step) = (random.uniform(), 9.0 + random.uniform());
        let truth = truth.0 + (truth.1 - truth.0) * place;
        let slo = Slo::custom(vec![parse_limit(&format!("ttft_p95={}ms", scenario.p95_ms(truth, step))).unwrap()]);
        Self { scenario, step, random, slo, truth }
    }

    /// A level of so many seconds.
    pub(crate) fn level(&mut self, load: f64, seconds: f64) -> Level {
        let scenario = Scenario { until: Until::Seconds(seconds), ..self.scenario };
        scenario.level(load, self.step, &mut self.random)
    }
}

/// Requests without a queue, one after the other.
fn noise(count: usize, load: f64, sigma: f64, rho: f64, median_ms: f64, random: &mut Random) -> Trace {
    let mut z = random.normal();
    let requests = (0..count)
        .map(|index| {
            if index > 0 {
                z = rho * z + (1.0 - rho * rho).sqrt() * random.normal();
            }
            let start = index as f64 / load;
            let first = start + 0.001 * median_ms * libm::exp(sigma * z);
            Request { start, first, end: first + 1.0, tokens: 64.0 }
        })
        .collect();
    Trace { requests }
}

/// A run of these levels.
pub(crate) fn run(levels: Vec<Level>, open: bool) -> Run {
    Run {
        id: "simulated".into(),
        provenance: Provenance { tool: "simulator".into(), ..Provenance::default() },
        deployment: Deployment {
            name: Some(Known { value: "simulated".into(), source: "test".into() }),
            ..Deployment::default()
        },
        workload: Workload { shape: Some("simulated".into()), ..Workload::default() },
        load_model: if open { LoadModel::Open(Arrivals::Poisson) } else { LoadModel::Closed },
        levels,
        off_curve: Vec::new(),
    }
}
