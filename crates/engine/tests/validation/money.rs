//! Which of two deployments is the cheaper one: how often one is named where there is none, and how often it is found.

use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::{Contest, Figures, LoadRule, Measure, Ratio, cheaper, ratio_of_repeats};
use headroom_engine::level::Level;
use headroom_engine::random::Random;
use headroom_engine::run::{DollarsPerHour, Price, Run};
use headroom_engine::slo::{Slo, parse_limit};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::assess;

use crate::batching::{self, ENGINE};
use crate::queues::{self, Arriving, Service};
use crate::scenarios::{LINEAR, RATES, SLOTS, run};
use crate::trace::Until;
use crate::truths::{self, CLOSED_MM8, ENGINE_TTFT};

/// What both sides are.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Server {
    /// An engine that batches, with a closed loop from cold.
    Engine,
    /// Eight places with one queue, with a closed loop from cold.
    Closed,
    /// Four places with one queue, with an open loop from cold.
    Open,
}

/// Two deployments at one price, of which B does everything in a fraction of the time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair {
    server: Server,
    /// How long a level lasts.
    seconds: f64,
    /// By how much B is faster.
    faster: f64,
    /// Standard deviation of the logarithm by which whole runs, and levels within them, differ in speed.
    scatter: f64,
    /// Runs of each side.
    repeats: usize,
    goal: Goal,
}

/// Per cent of the pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Goal {
    /// One is named, at most.
    Named(f64),
    /// B is named, at least.
    Found(f64),
    /// Shown, and not held to anything.
    Shown,
}

/// Columns of the table.
const HEAD: &str = "| both sides are | a level | B is faster by | runs and levels scatter by | runs a side | A is named | B is named | goal |\n\
     |---|---|---|---|---|---|---|---|";

const LENGTHS: [f64; 3] = [30.0, 60.0, 240.0];

/// What may be told from one run of each, and what three tell.
fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    let none = Goal::Named(5.0);
    for server in [Server::Engine, Server::Closed] {
        for seconds in LENGTHS {
            let pair = Pair { server, seconds, faster: 1.0, scatter: 0.0, repeats: 1, goal: none };
            let scattered = Pair { scatter: 0.02, ..pair };
            // In a minute eight places with exponential services serve 480 requests, give or take 4.6 %: of such a rate a quarter
            // more is hardly three standard errors, whoever judges it.
            let steady = server == Server::Engine || seconds > 100.0;
            let found = if steady { Goal::Found(95.0) } else { Goal::Shown };
            pairs.extend([pair, scattered]);
            pairs.push(Pair { faster: 1.25, goal: found, ..pair });
            // What runs and levels scatter by is there besides, and one run of each does not show it.
            let found = if steady { Goal::Found(90.0) } else { found };
            pairs.push(Pair { faster: 1.25, goal: found, ..scattered });
            // A tenth is for repeats to settle.
            pairs.push(Pair { faster: 1.1, goal: if steady { none } else { Goal::Shown }, ..pair });
            pairs.push(Pair { faster: 1.1, goal: Goal::Shown, ..scattered });
        }
        let three = Pair { server, seconds: 60.0, faster: 1.0, scatter: 0.02, repeats: 3, goal: none };
        pairs.extend([three, Pair { faster: 1.1, goal: Goal::Shown, ..three }]);
        let found = if server == Server::Engine { Goal::Found(95.0) } else { Goal::Shown };
        pairs.push(Pair { faster: 1.25, goal: found, ..three });
    }
    for seconds in LENGTHS {
        let open = Pair { server: Server::Open, seconds, faster: 1.0, scatter: 0.02, repeats: 1, goal: none };
        pairs.extend([open, Pair { faster: 1.25, goal: Goal::Shown, ..open }]);
    }
    pairs
}

/// Prints the table and says what is not as it must be. `full`: nothing is put down to chance.
pub(crate) fn complaints(full: bool) -> Vec<String> {
    let seeds = if full { 400 } else { 50 };
    println!("{HEAD}");
    let mut complaints = Vec::new();
    // For work on some of them, by what their rows begin with.
    let only = std::env::var("PAIRS").unwrap_or_default();
    for pair in pairs().into_iter().filter(|pair| pair.row([0.0; 2]).starts_with(&only)) {
        // A small form leaves out what is only shown, and the longest but where nothing may be named.
        if !full && (pair.goal == Goal::Shown || (pair.seconds > 100.0 && pair.faster > 1.0)) {
            continue;
        }
        let mut named = [0.0; 2];
        for seed in 0..seeds {
            match pair.cheaper(seed) {
                Some(true) => named[0] += 100.0 / f64::from(seeds),
                Some(false) => named[1] += 100.0 / f64::from(seeds),
                None => {}
            }
        }
        let [a, b] = named;
        println!("{}", pair.row(named));
        let room = |share: f64| if full { 0.0 } else { 3.0 * (share * (100.0 - share) / f64::from(seeds)).sqrt() };
        let right = match pair.goal {
            Goal::Named(most) => a + b <= most + room(most),
            Goal::Found(least) => b >= least - room(least) && a <= 0.0,
            Goal::Shown => true,
        };
        if !right {
            complaints.push(format!("{pair:?}: A named in {a:.1} %, B in {b:.1} %"));
        }
    }
    complaints
}

impl Pair {
    /// Which side is named in the pair of this seed, `true` for A.
    fn cheaper(&self, seed: u32) -> Option<bool> {
        let mut random = Random::seeded(u64::from(seed) + 1);
        let mut random = Random::seeded(random.bits());
        let slo = self.slo(random.uniform());
        let mut side = |speed: f64| -> Vec<Run> { (0..self.repeats).map(|_| self.run(speed, &mut random)).collect() };
        let (a, b) = (side(1.0), side(self.faster));
        if self.repeats > 1 {
            return cheaper(&repeated(&a, &b, &slo)?);
        }
        let sheets = [&a[0], &b[0]].map(|run| assess(run, &slo).sheet(run));
        let [of_a, of_b] = sheets.each_ref().map(|sheet| Figures::of(sheet, OUTPUT, LoadRule::Interpolated).served);
        Contest::of(Measure::Tokens(OUTPUT), (&sheets[0], &of_a?), (&sheets[1], &of_b?))?.cheaper()
    }

    /// A limit on TTFT p95 that A reaches in the middle of the sweep.
    fn slo(&self, place: f64) -> Slo {
        let between = |low: f64, high: f64| low + (high - low) * place;
        let bound = match self.server {
            Server::Engine => truths::between(ENGINE_TTFT, between(13.0, 26.0)),
            Server::Closed => truths::between(CLOSED_MM8, between(9.0, 20.0)),
            Server::Open => 1000.0 * queues::first_token_quantile(4, between(2.1, 3.5), 0.95),
        };
        Slo::custom(vec![parse_limit(&format!("ttft_p95={bound}ms")).unwrap()])
    }

    fn run(&self, speed: f64, random: &mut Random) -> Run {
        let of_run = libm::exp(self.scatter * random.normal());
        let loads = match self.server {
            Server::Engine => SLOTS,
            Server::Closed => LINEAR,
            Server::Open => RATES,
        };
        let levels: Vec<Level> = loads
            .iter()
            .map(|&load| self.level(load, of_run * libm::exp(self.scatter * random.normal()) / speed, random))
            .collect();
        let lengths: Vec<f64> = levels.iter().filter_map(|level| level.output_tokens).collect();
        let mut run = run(levels, self.server == Server::Open);
        run.workload.prompt_tokens = Some(256.0);
        run.workload.output_tokens = Some(lengths.iter().sum::<f64>() / lengths.len() as f64);
        run.deployment.price = Some(Price { per_hour: DollarsPerHour(1.0), source: None, region: None, date: None });
        run
    }

    /// A level of a server that takes `slow` times as long for everything.
    fn level(&self, load: f64, slow: f64, random: &mut Random) -> Level {
        let users = load as usize;
        let seconds = self.seconds / slow;
        let trace = match self.server {
            Server::Engine => batching::simulate(ENGINE, users, 0, 1, seconds + 1.0, random).slowed(slow),
            Server::Closed => {
                let count = (1.5 * seconds * load.min(8.0)) as usize + 4 * users;
                let arriving = Arriving::Users(users);
                queues::simulate(8, Service::Exponential, arriving, 0, count, random).slowed(slow)
            }
            // Requests come as they come, however fast the server is.
            Server::Open => {
                let count = (1.5 * self.seconds * load) as usize + 40;
                let arriving = Arriving::PerSecond(load * slow);
                queues::simulate(4, Service::Exponential, arriving, 0, count, random).slowed(slow)
            }
        };
        trace.level(load, Until::Seconds(self.seconds), 1.0)
    }

    fn row(&self, [a, b]: [f64; 2]) -> String {
        let server = match self.server {
            Server::Engine => "engine, closed loop",
            Server::Closed => "M/M/8, closed loop",
            Server::Open => "M/M/4, open loop",
        };
        let goal = match self.goal {
            Goal::Named(most) => format!("none named: ≤ {most}"),
            Goal::Found(least) => format!("B ≥ {least}"),
            Goal::Shown => "none".into(),
        };
        format!(
            "| {server} | {} s | {:.0} % | {:.0} % | {} | {a:.1} | {b:.1} | {goal} |",
            self.seconds,
            100.0 * (self.faster - 1.0),
            100.0 * self.scatter,
            self.repeats
        )
    }
}

const OUTPUT: TokenBasis = TokenBasis::Output;

/// Tokens for the same money over all runs of either side.
fn repeated(a: &[Run], b: &[Run], slo: &Slo) -> Option<Ratio> {
    let rate = |run: &Run| {
        let sheet = assess(run, slo).sheet(run);
        let figures = Figures::of(&sheet, OUTPUT, LoadRule::Interpolated);
        Some(figures.served?.tokens_per_second).filter(|_| figures.breaking.state != BreakingState::Floor)
    };
    let rates = |runs: &[Run]| -> Vec<Option<f64>> { runs.iter().map(rate).collect() };
    ratio_of_repeats(&rates(a), &rates(b))
}
