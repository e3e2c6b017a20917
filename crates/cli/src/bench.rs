//! `headroom bench`: drives a benchmark tool level by level, by the plan of `headroom next`.
//!
//! What it knows it reads from the folder before every level: reports of an earlier call and of this one alike. So stopping,
//! being killed and going on need nothing of their own.

mod child;
mod cost;
mod folder;
mod server;
mod tool;

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use headroom_engine::display;
use headroom_engine::level::Level;
use headroom_engine::plan::{Cost, Plan, Step, expected_cost, within};
use headroom_engine::run::Run;
use headroom_reports::Problem;

use crate::analysis::{Outcome, outcome};
use crate::arguments::{Analyze, Bench};
use crate::inputs;
use crate::next::{Planned, known};
use folder::{Folder, Sweep};
use server::{Phase, Watch};
use tool::Job;

/// How a benchmark ended.
pub(crate) enum Ended {
    /// With an answer, which is in the folder.
    Measured,
    /// Only what it would cost was asked for.
    Planned,
    /// It was asked to end; the exit status for it.
    Stopped(u8),
}

/// What `headroom analyze` is asked for at the end.
pub(crate) fn analyze(request: &Bench) -> Analyze {
    Analyze {
        inputs: vec![request.out.clone()],
        slo: request.slo.clone(),
        deployments: request.deployments.clone(),
        all_findings: false,
        format: request.format,
        color: request.color,
    }
}

/// Measures until the answer is narrow enough or the budget is spent.
///
/// # Errors
/// When the folder is taken or cannot be written to, the tool fails, or its report says nothing.
pub(crate) fn run(request: &Bench) -> Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("expected to start")?;
    runtime.block_on(drive(request))
}

async fn drive(request: &Bench) -> Result<Ended> {
    let folder = Folder::take(&request.out)?;
    let halves = folder.tidy()?;
    if halves > 0 {
        say(&format!("{} that was not finished is measured again", display::count(halves as u64, "level")));
    }
    let sweep = folder.sweep(request)?;
    let mut watch = Watch::new(request)?;
    let mut told = false;
    loop {
        let state = State::read(request, &folder, &sweep)?;
        if !told {
            state.announce(request, &folder, &sweep);
            told = true;
        }
        let step = match state.plan(request) {
            Plan::Measure(step) => step,
            plan @ Plan::Done(_) => {
                say(&format!("{} Spent: {}.", plan.sentence(request.profile.unit()), cost::shown(&state.spent)));
                return Ok(Ended::Measured);
            }
        };
        let level = sweep.level(folder.path(), step.load);
        let part = folder.part(&level)?;
        let job = Job {
            request,
            load: step.load,
            seconds: (request.level.as_secs_f64() * step.length).round().max(1.0),
            seed: seed(&level),
            part: &part,
            request_rate: state.request_rate(step.load),
        };
        if request.dry_run {
            let line = tool::prepare(&job)?.shown();
            fs::remove_dir_all(&part)?;
            say(&format!("{} It would be done by:\n  {line}", step.sentence(request.profile.unit())));
            return Ok(Ended::Planned);
        }
        say(&step.sentence(request.profile.unit()));
        tool::beside(request, folder.path())?;
        let measured = measure(&job, &folder, &level, &mut watch).await;
        // What the tool wrote into the hidden folder is of no use to anybody once the level ended, however it did; what it said
        // is kept beside it.
        let measured = measured.and_then(|measured| match measured {
            Some(status) => Ok(Some(status)),
            None => publish(&job, &folder, &level, &state).map(|()| None),
        });
        fs::remove_dir_all(&part).with_context(|| format!("expected to remove {}", inputs::name(&part)))?;
        if let Some(status) = measured? {
            say(&format!("stopped; the level at {} was not finished, and the others stay", step_name(step, request)));
            return Ok(Ended::Stopped(status));
        }
    }
}

/// What is measured so far.
struct State {
    planned: Planned,
    spent: Cost,
    overhead_s: f64,
    dollars_per_hour: Option<f64>,
    problems: Vec<Problem>,
}

impl State {
    /// Reads the folder.
    fn read(request: &Bench, folder: &Folder, sweep: &Sweep) -> Result<Self> {
        let reading = inputs::read(std::slice::from_ref(&request.out), request.deployments.as_deref());
        let of_sweep = |run: &Run| run.provenance.source.split(", ").any(|source| sweep.has(source));
        let runs: Vec<Run> = reading.runs.into_iter().filter(of_sweep).collect();
        let evidence = cost::evidence(folder.path(), |name| sweep.has(name));
        let price = request.price.clone().or_else(|| runs.iter().find_map(|run| run.deployment.price.clone()));
        let dollars_per_hour = price.and_then(|price| price.positive()).map(|dollars| dollars.0);
        if request.budget.dollars.is_some() && dollars_per_hour.is_none() {
            bail!(
                "expected a price for --max-dollars, found none: give --price, or a price in deployments.yaml of a folder with reports"
            );
        }
        let problems = reading.problems.into_iter().filter(|problem| sweep.has(&problem.source)).collect();
        let spent = cost::spent(&runs, &evidence, dollars_per_hour);
        if request.budget.tokens.is_some() && spent.tokens.is_none() {
            bail!(
                "expected reports that count tokens, for --max-tokens, found none of prompts or answers in what {} wrote: \
                 bound the benchmark by --max-time or --max-levels",
                request.tool.id()
            );
        }
        let overhead_s = cost::overhead_s(&runs, &evidence).unwrap_or_else(|| tool::usual_overhead_s(request.tool));
        let planned = Planned::of(runs, &request.slo, &request.goal);
        Ok(Self { planned, spent, overhead_s, dollars_per_hour, problems })
    }

    /// What to do next within the budget.
    fn plan(&self, request: &Bench) -> Plan {
        let run = self.planned.lead().map(|(run, _)| run);
        let cost = |step: Step| {
            let seconds = request.level.as_secs_f64() * step.length;
            expected_cost(run, step.load, seconds, self.overhead_s, self.dollars_per_hour)
        };
        within(self.planned.plan, self.spent, cost, &request.budget)
    }

    /// Says what is there and what the rest may cost.
    fn announce(&self, request: &Bench, folder: &Folder, sweep: &Sweep) {
        if let Some((run, verdict)) = self.planned.lead() {
            let levels = display::count(u64::from(self.spent.levels), "level");
            let unit = run.load_model.unit();
            say(&format!("{levels} in {} are taken over; {}", inputs::name(folder.path()), known(verdict, unit)));
        }
        for line in inputs::complaints(&self.problems) {
            say(&line);
        }
        let budget = cost::at_most(
            &request.budget,
            &self.spent,
            request.level.as_secs_f64(),
            self.overhead_s,
            self.dollars_per_hour,
        );
        say(&format!("{} into {}: {budget}", request.tool.id(), inputs::name(&folder.path().join(sweep.stem()))));
    }

    /// Requests per second to expect at a load: as many for each unit of it as at the highest measured load below, at most.
    fn request_rate(&self, load: f64) -> Option<f64> {
        let (run, _) = self.planned.lead()?;
        let rated = || run.levels.iter().filter_map(|level| Some((level.load, level.rates.requests?)));
        let below = rated().rfind(|(at, _)| *at <= load);
        below.map(|(at, rate)| rate * load / at).or_else(|| rated().next().map(|(at, rate)| rate * load / at))
    }
}

/// Runs the tool for one level; `Some` with an exit status where this process was asked to end. The report is in the hidden
/// folder then, and what the server said in its file.
async fn measure(job: &Job<'_>, folder: &Folder, level: &str, watch: &mut Option<Watch>) -> Result<Option<u8>> {
    const TELL: Duration = Duration::from_secs(15);
    /// Times that a tool may take longer than its level, and seconds besides.
    const LONGER: f64 = 3.0;
    const BESIDES_S: f64 = 600.0;
    /// Looks at the server in a level, and the least and the most seconds between two of them.
    const LOOKS: f64 = 30.0;
    const BETWEEN_S: [f64; 2] = [0.2, 2.0];
    let request = job.request;
    let prepared = tool::prepare(job)?;
    let log = job.part.join("log");
    let began = Instant::now();
    if let Some(watch) = watch.as_mut() {
        watch.look(Phase::Before).await;
        if let Some(trouble) = watch.new_trouble() {
            say(&format!("warning: the server's own metrics are not taken along: {trouble}"));
        }
    }
    let mut told = Instant::now();
    let meanwhile = async || {
        let Some(watch) = watch.as_mut() else { return };
        watch.look(Phase::During).await;
        if told.elapsed() >= TELL {
            told = Instant::now();
            say(&progress(began.elapsed(), watch));
        }
    };
    let most = Duration::from_secs_f64(LONGER * job.seconds + BESIDES_S);
    let every = Duration::from_secs_f64((job.seconds / LOOKS).clamp(BETWEEN_S[0], BETWEEN_S[1]));
    let ended = child::run(&prepared, folder.held()?, &log, request.key.as_ref(), most, every, meanwhile).await?;
    let failed = |what: &str, last: &[String]| {
        let kept = folder.path().join(format!("{level}.log"));
        // The reason is told in any case.
        let copied = fs::copy(&log, &kept);
        let kept =
            copied.map_or_else(|_| String::new(), |_| format!("; all that it said is in {}", inputs::name(&kept)));
        let told = if last.is_empty() {
            " It said nothing.".to_owned()
        } else {
            format!(" Its last lines:\n  {}", last.join("\n  "))
        };
        anyhow::anyhow!("{} {what}{kept}.{told}", request.tool.id())
    };
    match ended {
        child::Ended::Stopped(status) => return Ok(Some(status)),
        child::Ended::TooLong(last) => {
            return Err(failed(&format!("was ended after {}", cost::time(most.as_secs_f64())), &last));
        }
        child::Ended::Itself(status, last) => {
            if !status.success() {
                return Err(failed(&format!("failed ({status})"), &last));
            }
            if !tool::report(request.tool, job.part).is_file() {
                return Err(failed("ended well and wrote no report", &last));
            }
        }
    }
    let mut samples = Vec::new();
    let mut target = None;
    if let Some(watch) = watch.as_mut() {
        watch.look(Phase::After).await;
        samples = watch.take();
        target = Some(watch.shown().to_owned());
    }
    if let Some(share) = server::warm(&samples) {
        say(&format!(
            "warning: the prefix cache had {} of the prompts' tokens: latencies are those of a warm cache, and better than for \
             prompts that nobody asked before. Restart the server without its cache, or use prompts of your own that share as much as \
             your users' do.",
            display::percent(share)
        ));
    }
    let evidence = server::evidence(target.as_deref(), began.elapsed().as_secs_f64(), samples);
    let mut file = fs::File::create(job.part.join(EVIDENCE))?;
    file.write_all(serde_json::to_string_pretty(&evidence)?.as_bytes())?;
    Ok(None)
}

/// What the server said, in the hidden folder.
const EVIDENCE: &str = "server";

/// Looks whether the report says something, tells it, and makes the level visible.
fn publish(job: &Job<'_>, folder: &Folder, level: &str, state: &State) -> Result<()> {
    let request = job.request;
    let report = tool::report(request.tool, job.part);
    let reading = headroom_reports::read_file(&report, &format!("{level}.json"));
    let run = reading.runs.first();
    let Some((run, found)) = run.and_then(|run| Some((run, run.levels.first()?))) else {
        let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
        bail!("expected a level at {} in the report of {}: {}", at(job), request.tool.id(), problems.join("; "));
    };
    let asked = found.asked_load.unwrap_or(found.load);
    // A rate is reported as it was sent.
    if (asked / job.load - 1.0).abs() > 0.05 {
        bail!("expected a level at {} in the report of {}, found {}", at(job), request.tool.id(), display::load(asked));
    }
    let answered = state.planned.runs.iter().flat_map(|run| &run.levels).any(|level| level.requests.ok > 0);
    if found.requests.ok == 0 && !answered {
        bail!(
            "not one of {} succeeded: is the model up, and is `{}` the name that it serves?",
            display::count(found.requests.errored + found.requests.incomplete, "request"),
            request.model
        );
    }
    say(&told(found, run, request));
    folder.publish(level, &report, &fs::read(job.part.join(EVIDENCE))?)?;
    Ok(())
}

/// A level in a line.
fn told(level: &Level, run: &Run, request: &Bench) -> String {
    let (outcome, limits) = outcome(level, run.load_model, &request.slo);
    let limits: Vec<String> = limits.iter().map(headroom_engine::slo::Limit::label).collect();
    let judged = match outcome {
        Outcome::Pass => "holds".to_owned(),
        Outcome::Fail if limits.is_empty() => "fails: no request succeeded".to_owned(),
        Outcome::Fail => format!("fails: not {}", limits.join(", not ")),
        Outcome::Unknown => format!("cannot be judged: no {}", limits.join(", no ")),
    };
    let rate = level.rates.output_tokens.map_or_else(|| display::UNKNOWN.to_owned(), display::rate);
    format!(
        "  at {} it {judged} ({}, {rate} output tokens/s)",
        display::load_with_unit(level.load, request.profile.unit()),
        display::count(level.requests.ok, "request")
    )
}

/// How long a level takes already, and what the server says.
fn progress(elapsed: Duration, watch: &Watch) -> String {
    let mut parts = vec![format!("  {} on the clock", cost::time(elapsed.as_secs_f64()))];
    if let Some(sample) = watch.last() {
        let shown = |value: Option<f64>, what: &str| value.map(|value| format!("{} {what}", display::number(value)));
        parts.extend(shown(sample.running, "running"));
        parts.extend(shown(sample.waiting, "waiting"));
        parts.extend(sample.kv_cache_use.map(|share| format!("KV cache {}", display::percent(share))));
    }
    parts.join(", ")
}

fn at(job: &Job<'_>) -> String {
    display::load_with_unit(job.load, job.request.profile.unit())
}

fn step_name(step: Step, request: &Bench) -> String {
    display::load_with_unit(step.load, request.profile.unit())
}

/// A number that another level has not: the same prompts twice would find themselves in the prefix cache.
fn seed(level: &str) -> u32 {
    // FNV-1a.
    level.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) >> 1
}

/// A line for whoever watches. Standard output is the verdict's.
fn say(line: &str) {
    crate::complain(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_prompts_of_its_own() {
        let names = ["m-c4", "m-c8", "m-c4-2", "n-c4"];
        let seeds: std::collections::BTreeSet<u32> = names.map(seed).into_iter().collect();
        assert_eq!(seeds.len(), names.len());
        assert!(seeds.iter().all(|seed| i32::try_from(*seed).is_ok()), "{seeds:?}");
    }
}
