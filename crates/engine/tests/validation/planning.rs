//! The planner against fixed sweeps, on simulated servers whose true breaking load is known.

use headroom_engine::level::Level;
use headroom_engine::plan::{Done, Goal, Measured, Plan, plan};
use headroom_engine::run::Run;
use headroom_engine::slo::Slo;
use headroom_engine::verdict::assess;

use crate::queues::Service;
use crate::scenarios::{self, Server};

/// Columns of the table.
pub(crate) const HEAD: &str = "| server | how | seconds | levels | hold the truth | wholly above | median width | both ends |\n\
     |---|---|---|---|---|---|---|---|";

/// Levels that a planner may take: more would not end.
const MOST_LEVELS: usize = 40;

/// What became of a number of sweeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    sweeps: u32,
    pub(crate) seconds: f64,
    pub(crate) levels: usize,
    given: u32,
    holds: u32,
    above: u32,
    widths: Vec<f64>,
}

impl Outcome {
    fn add(&mut self, levels: &[(f64, f64)], interval: [Option<f64>; 2], truth: f64) {
        self.sweeps += 1;
        self.seconds += levels.iter().map(|(_, seconds)| seconds).sum::<f64>();
        self.levels += levels.len();
        let [low, high] = interval;
        let above = low.is_some_and(|low| low > truth);
        let below = high.is_some_and(|high| high < truth);
        let given = low.is_some() || high.is_some();
        self.given += u32::from(given);
        self.above += u32::from(above);
        self.holds += u32::from(given && !above && !below);
        if let (Some(low), Some(high)) = (low, high) {
            self.widths.push((high - low) / truth);
        }
    }

    /// Half of the sweeps have a narrower interval, per cent of the truth. One without both ends is wider than any.
    pub(crate) fn width(&self) -> f64 {
        let mut widths = self.widths.clone();
        widths.sort_by(f64::total_cmp);
        widths.get(self.sweeps as usize / 2).map_or(f64::INFINITY, |width| 100.0 * width)
    }

    pub(crate) fn covers(&self) -> f64 {
        100.0 * f64::from(self.holds) / f64::from(self.given.max(1))
    }

    pub(crate) fn row(&self, server: &str, how: &str) -> String {
        let each = f64::from(self.sweeps);
        format!(
            "| {server} | {how} | {:.0} | {:.1} | {:.0} | {:.0} | {:.1} | {:.0} |",
            self.seconds / each,
            self.levels as f64 / each,
            self.covers(),
            100.0 * f64::from(self.above) / each,
            self.width(),
            100.0 * self.widths.len() as f64 / each,
        )
    }
}

/// A server, and the sweep that somebody who knows it would make.
pub(crate) struct Contest {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    pub(crate) open: bool,
    pub(crate) truth: (f64, f64),
    /// Eight levels around where it breaks.
    pub(crate) tuned: [f64; 8],
    /// Eight levels that double, of somebody who does not know it.
    pub(crate) doubling: [f64; 8],
    /// Seconds of an ordinary level.
    pub(crate) level_s: f64,
    /// When the planner stops: as narrow as the tuned sweep's interval is in the middle.
    pub(crate) until_width: f64,
}

/// Where the planner begins: one user, or one request per second.
const FIRST: f64 = 1.0;

const DOUBLING: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

const CONTESTS: [Contest; 3] = [
    Contest {
        name: "engine",
        server: Server::Batching,
        open: false,
        truth: (13.0, 26.0),
        tuned: [4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0],
        doubling: DOUBLING,
        level_s: 60.0,
        until_width: 0.25,
    },
    Contest {
        name: "closed M/M/8",
        server: Server::Queue { places: 8, service: Service::Exponential },
        open: false,
        truth: (9.0, 28.0),
        tuned: [4.0, 8.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0],
        doubling: DOUBLING,
        level_s: 60.0,
        until_width: 0.25,
    },
    Contest {
        name: "open M/M/4",
        server: Server::Queue { places: 4, service: Service::Exponential },
        open: true,
        truth: (2.1, 3.5),
        tuned: [0.8, 1.4, 2.0, 2.4, 2.8, 3.2, 3.6, 3.85],
        doubling: [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0],
        level_s: 240.0,
        until_width: 0.35,
    },
];

/// Prints a table of all contests and says what is not as it must be: the planner needs less time than the sweep of somebody who
/// knows where the server breaks, for an interval as narrow that holds the truth as often. What chance explains of so few
/// sweeps is no complaint.
pub(crate) fn complaints(full: bool) -> Vec<String> {
    let sweeps = if full { 50 } else { 20 };
    let mut complaints = Vec::new();
    println!("{HEAD}");
    for contest in &CONTESTS {
        let (tuned, planned) = (contest.fixed(&contest.tuned, sweeps), contest.planned(sweeps));
        println!("{}", tuned.row(contest.name, "8 levels around where it breaks"));
        println!("{}", contest.fixed(&contest.doubling, sweeps).row(contest.name, "8 levels that double"));
        println!("{}", planned.row(contest.name, "`headroom bench`"));
        let mut expect = |right: bool, what: &str, found: f64, than: f64| {
            if !right {
                complaints.push(format!("{}: {what} {found:.1}, the fixed sweep {than:.1}", contest.name));
            }
        };
        expect(planned.seconds < tuned.seconds, "seconds", planned.seconds, tuned.seconds);
        // The middle of so few sweeps is off by about a tenth.
        expect(planned.width() <= 1.1 * tuned.width(), "median width", planned.width(), tuned.width());
        // Three standard errors of a share of 95 %.
        let room = 3.0 * (95.0 * 5.0 / sweeps as f64).sqrt();
        expect(planned.covers() >= tuned.covers() - room, "hold the truth", planned.covers(), tuned.covers());
    }
    complaints
}

/// Answers each line `CONTEST SEED` with the true breaking load and the limit on TTFT p95 in milliseconds, and each further line
/// `LOAD SECONDS` with what a level measured: requests, TTFT p95 in milliseconds, output tokens per second. An empty line ends it.
pub(crate) fn serve() {
    let mut bench: Option<scenarios::Bench> = None;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<f64> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        match (line.split_once(' '), words.as_slice(), bench.as_mut()) {
            (_, &[load, seconds], Some(bench)) => {
                let level = bench.level(load, seconds);
                let samples = level.samples.unwrap();
                let p95 = quantile(samples.ttft_ms.clone(), 0.95);
                println!("level {} {p95} {}", samples.ttft_ms.len(), level.rates.output_tokens.unwrap());
            }
            (Some((name, seed)), _, _) => {
                let contest = CONTESTS.iter().find(|contest| contest.name.starts_with(name)).unwrap();
                let new = scenarios::Bench::new(contest.server, contest.open, contest.truth, seed.parse().unwrap());
                println!("server {} {}", new.truth, new.slo.limits[0].bound);
                bench = Some(new);
            }
            _ => return,
        }
    }
}

/// As `NumPy` and AIPerf have it: between the two values around it.
fn quantile(mut values: Vec<f64>, q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = q * (values.len() - 1) as f64;
    let (below, share) = (at.floor() as usize, at.fract());
    let above = values[(below + 1).min(values.len() - 1)];
    values[below] + share * (above - values[below])
}

impl Contest {
    /// The fixed sweep of each seed.
    pub(crate) fn fixed(&self, loads: &[f64], sweeps: u64) -> Outcome {
        let mut outcome = Outcome::default();
        for seed in 0..sweeps {
            let mut bench = scenarios::Bench::new(self.server, self.open, self.truth, seed);
            let levels: Vec<Level> = loads.iter().map(|&load| bench.level(load, self.level_s)).collect();
            let verdict = assess(&scenarios::run(levels, self.open), &bench.slo);
            let spent: Vec<(f64, f64)> = loads.iter().map(|&load| (load, self.level_s)).collect();
            outcome.add(&spent, verdict.interval, bench.truth);
        }
        outcome
    }

    /// The planner with each seed.
    pub(crate) fn planned(&self, sweeps: u64) -> Outcome {
        let mut outcome = Outcome::default();
        for seed in 0..sweeps {
            let mut bench = scenarios::Bench::new(self.server, self.open, self.truth, seed);
            let slo = bench.slo.clone();
            let (runs, spent, _) = planned(self, &slo, |load, seconds| bench.level(load, seconds));
            let verdict = assess(&runs[0], &slo);
            outcome.add(&spent, verdict.interval, bench.truth);
        }
        outcome
    }
}

/// Follows the plan to its end: the runs, each level's load and seconds in the order in which they were measured, and why it
/// ended.
fn planned(
    contest: &Contest,
    slo: &Slo,
    mut measure: impl FnMut(f64, f64) -> Level,
) -> (Vec<Run>, Vec<(f64, f64)>, Done) {
    let &Contest { open, level_s, until_width, .. } = contest;
    let goal = Goal { until_width, first: FIRST, most: None };
    let mut runs: Vec<Run> = Vec::new();
    let mut spent = Vec::new();
    loop {
        assert!(spent.len() < MOST_LEVELS, "the planner does not end: {spent:?}");
        let verdicts: Vec<_> = runs.iter().map(|run| assess(run, slo)).collect();
        let measured: Vec<Measured> =
            runs.iter().zip(&verdicts).map(|(run, verdict)| Measured { run, verdict }).collect();
        let step = match plan(&measured, &goal) {
            Plan::Measure(step) => step,
            Plan::Done(done) => return (runs, spent, done),
        };
        let seconds = level_s * step.length;
        let level = measure(step.load, seconds);
        spent.push((step.load, seconds));
        // A load that was measured goes to the next run that lacks it, as with files.
        let lacks = |run: &&mut Run| run.levels.iter().all(|known| known.load.total_cmp(&level.load).is_ne());
        match runs.iter_mut().find(lacks) {
            Some(run) => {
                let at = run.levels.partition_point(|known| known.load < level.load);
                run.levels.insert(at, level);
            }
            None => runs.push(scenarios::run(vec![level], open)),
        }
    }
}
