//! What to measure next, or why there is nothing left to measure.
//!
//! One rule for those who drive their own tool (`headroom next`) and for the driver (`headroom bench`): double until it breaks,
//! then close in. Which load comes next is what the verdict says ([`next_level`](crate::next_level)); what this adds is when an
//! answer is narrow enough, and what to do where another load is not what narrows it: longer levels where requests are few,
//! repeats where whole levels differ.

mod budget;
mod words;

pub use budget::{Budget, Cost, Resource, dollars_of, expected_cost, within};

use crate::bootstrap::Doubt;
use crate::breaking::{BreakingState, IntervalMethod};
use crate::findings::Code;
use crate::next_level::{is_nearer_than_runs, settle};
use crate::repeats::repeats;
use crate::run::{LoadModel, Run};
use crate::verdict::Verdict;

/// The width of an interval that is narrow enough, where nobody says otherwise, as a share of the breaking load. Two runs of
/// one deployment are taken to differ by 5 % (standard deviation, [`RUN_SCATTER`](crate::run::RUN_SCATTER)), so 95 % of runs
/// lie within a fifth: below that a single run promises more than it knows.
pub const UNTIL_WIDTH: f64 = 0.2;

/// The longest level that is asked for, in ordinary ones. Where twice the requests are not enough, another load tells more
/// than an even longer level: on simulated servers four times the length cost a third more time for the same width.
pub const LONGEST: f64 = 2.0;

/// The length of a level that only shows whether to double on, in ordinary ones: far below the breaking load it takes few
/// requests to see that it is far below. A quarter is too short: what so few requests leave open reaches into the interval.
pub const SHORTEST: f64 = 0.5;

/// How often the levels around the answer are measured where levels scatter: three tell how much they do.
pub const REPEATS: usize = 3;

/// When to stop, and where to begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal {
    /// Width of the interval that is narrow enough, as a share of the breaking load.
    pub until_width: f64,
    /// The load to measure where nothing is measured yet: users, or requests per second.
    pub first: f64,
    /// The highest load to ask for; `None` where there is no such bound.
    pub most: Option<f64>,
}

/// A run with its verdict under the service level in question.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// What was measured.
    pub run: &'a Run,
    /// What it says.
    pub verdict: &'a Verdict,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plan {
    /// Measure this.
    Measure(Step),
    /// Stop.
    Done(Done),
}

/// A level to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Users, or requests per second.
    pub load: f64,
    /// How long, in ordinary levels: [`SHORTEST`] to [`LONGEST`].
    pub length: f64,
    /// What it is good for.
    pub why: Why,
}

/// What a level is good for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Why {
    /// Nothing is measured yet.
    Begin,
    /// Every measured load holds, up to this one.
    Holds(f64),
    /// The lowest measured load fails.
    Fails(f64),
    /// It breaks between these two, and nothing was measured there.
    Between(f64, f64),
    /// The levels around the answer, these two, have too few requests of their own.
    Requests(f64, f64),
    /// Levels differ by this share more than their requests explain.
    Scatter(f64),
}

/// Why there is nothing left to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Done {
    /// The interval is this wide, as a share of the breaking load, and that is narrow enough.
    Narrow(f64),
    /// The loads around the answer, these two, are nearer to each other than two runs of one deployment.
    NearerThanRuns(f64, f64),
    /// The loads around the answer, these two, are one user apart.
    OneUser(f64, f64),
    /// Each load around the answer was measured [`REPEATS`] times, and still they scatter.
    Repeated,
    /// It holds at the highest load that may be offered.
    Highest(f64),
    /// The client could not offer more than this.
    Client(f64),
    /// Even the smallest load that can be offered fails.
    Smallest(f64),
    /// A limit was not measured, or the report leaves levels open: another level would not be judged either.
    NotJudged,
    /// What is left of a budget does not pay for the next level.
    Spent(Resource),
}

/// What to do after these runs: those of one deployment, workload and load model, of which several repeat each other where
/// loads were measured more than once. Nothing measured is an empty slice.
#[must_use]
pub fn plan(measured: &[Measured<'_>], goal: &Goal) -> Plan {
    let most_levels = lead(measured.iter().map(|one| one.run)).map(|at| &measured[at]);
    let Some(lead) = most_levels.filter(|lead| !lead.run.levels.is_empty()) else {
        return Plan::Measure(Step { load: goal.first, length: SHORTEST, why: Why::Begin });
    };
    let verdict = lead.verdict;
    let width = width(measured);
    if let Some(width) = width.filter(|width| *width <= goal.until_width) {
        return Plan::Done(Done::Narrow(width));
    }
    let model = lead.run.load_model;
    let step = |load: f64, length: f64, why: Why| Plan::Measure(Step { load, length, why });
    match (verdict.state, verdict.next_level, verdict.max_passing_load, verdict.first_failing_load) {
        (BreakingState::Floor, Some(_), Some(top), _) if is_held_back(lead) => Plan::Done(Done::Client(top)),
        (BreakingState::Floor, Some(next), Some(top), _) => match goal.most.filter(|most| next > *most) {
            Some(most) if top >= most => Plan::Done(Done::Highest(top)),
            Some(most) => step(most, SHORTEST, Why::Holds(top)),
            None => step(next, SHORTEST, Why::Holds(top)),
        },
        (BreakingState::NeverMet, Some(next), _, Some(lowest)) => step(next, SHORTEST, Why::Fails(lowest)),
        (BreakingState::NeverMet, None, _, Some(lowest)) => Plan::Done(Done::Smallest(lowest)),
        (BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket, next, Some(passing), Some(failing)) => {
            close_in(measured, lead, next, (passing, failing), width, goal)
        }
        _ => Plan::Done(Done::NotJudged),
    }
    .settled(model)
}

/// Of several runs that repeat each other the one with the most levels, the first of several: its verdict leads.
/// Its place among them; `None` of none.
#[must_use]
pub fn lead<'r>(runs: impl DoubleEndedIterator<Item = &'r Run> + ExactSizeIterator) -> Option<usize> {
    runs.enumerate().rev().max_by_key(|(_, run)| run.levels.len()).map(|(at, _)| at)
}

/// What narrows an answer between two measured loads.
fn close_in(
    measured: &[Measured<'_>],
    lead: &Measured<'_>,
    next: Option<f64>,
    (passing, failing): (f64, f64),
    width: Option<f64>,
    goal: &Goal,
) -> Plan {
    // Of the noise that is left as many times more requests leave a share of one in their root.
    let length = width.map_or(LONGEST, |width| {
        let ratio = width / goal.until_width;
        (ratio * ratio).round().clamp(1.0, LONGEST)
    });
    let step = |load: f64, length: f64, why: Why| Plan::Measure(Step { load, length, why });
    match (lead.verdict.doubt, next) {
        (Some(Doubt::Levels(scatter)), _) => match to_repeat(measured, [passing, failing]) {
            Some(load) => step(load, 1.0, Why::Scatter(scatter.sigma)),
            None => Plan::Done(Done::Repeated),
        },
        (Some(Doubt::Requests(_)), Some(next)) => step(next, length, Why::Requests(passing, failing)),
        (_, Some(next)) => step(next, 1.0, Why::Between(passing, failing)),
        (Some(Doubt::Requests(_)), None) => match beside(lead) {
            Some(load) => step(load, length, Why::Requests(passing, failing)),
            None => Plan::Done(nearest(lead.run.load_model, passing, failing)),
        },
        (_, None) => Plan::Done(nearest(lead.run.load_model, passing, failing)),
    }
}

/// Why nothing lies between two loads that could be measured.
fn nearest(model: LoadModel, passing: f64, failing: f64) -> Done {
    if model == LoadModel::Closed && !is_nearer_than_runs(passing, failing) {
        Done::OneUser(passing, failing)
    } else {
        Done::NearerThanRuns(passing, failing)
    }
}

/// The width of the interval as a share of the breaking load: of the mean where runs repeat each other. `None` where an end
/// is not known.
fn width(measured: &[Measured<'_>]) -> Option<f64> {
    let share = |[low, high]: [f64; 2], load: f64| Some((high - low) / load).filter(|width| width.is_finite());
    let judged: Vec<(&Run, &Verdict)> = measured.iter().map(|one| (one.run, one.verdict)).collect();
    if let [repeated] = repeats(&judged).as_slice()
        && let Some(mean) = repeated.mean
    {
        return share(mean.interval, mean.value);
    }
    let verdict = measured[lead(measured.iter().map(|one| one.run))?].verdict;
    // Without statistics the measured loads are the interval, and levels of few requests pass and fail by chance.
    let is_chance = verdict.interval_method != IntervalMethod::Bootstrap && !verdict.few_requests().is_empty();
    let [low, high] = verdict.interval;
    share([low?, high?], verdict.breaking_load?).filter(|_| !is_chance)
}

/// Whether the client, and not the server, ended a sweep: it could not offer what it was asked for.
fn is_held_back(lead: &Measured<'_>) -> bool {
    let last = lead.run.levels.last();
    last.is_some_and(|level| level.asked_load.is_some_and(|asked| asked > level.load))
        || lead.verdict.has(Code::ClientSaturated)
}

/// The load around the answer that was measured least often; `None` where each was measured [`REPEATS`] times.
fn to_repeat(measured: &[Measured<'_>], around: [f64; 2]) -> Option<f64> {
    let times = |load: f64| {
        let has = |one: &&Measured<'_>| one.run.levels.iter().any(|level| level.load.total_cmp(&load).is_eq());
        measured.iter().filter(has).count()
    };
    let [low, high] = around.map(|load| (times(load), load));
    let (fewest, load) = if high.0 < low.0 { high } else { low };
    (fewest < REPEATS).then_some(load)
}

/// A load beside those around the answer, within its interval, that is no measured one: what is known there narrows the
/// interval as well, because load makes no server faster. The nearest to the answer. `None` where every such load is one that
/// was measured, or as near to one as two runs of one deployment are.
fn beside(lead: &Measured<'_>) -> Option<f64> {
    let verdict = lead.verdict;
    let [low, high] = verdict.interval;
    let (passing, failing) = (verdict.max_passing_load?, verdict.first_failing_load?);
    let is_new = |load: f64| {
        lead.run.levels.iter().all(|level| {
            let (less, more) = if level.load < load { (level.load, load) } else { (load, level.load) };
            let is_apart = match lead.run.load_model {
                LoadModel::Closed => less < more,
                LoadModel::Open(_) => !is_nearer_than_runs(less, more),
            };
            is_apart && less < more
        })
    };
    let settled = |load: f64| settle(lead.run.load_model, load);
    // Half of what is unknown on either side; a user more or less at least.
    let below = low.and_then(|low| settled(passing - (0.5 * (passing - low)).max(step_of(lead.run.load_model))));
    let above = high.and_then(|high| settled(failing + (0.5 * (high - failing)).max(step_of(lead.run.load_model))));
    let below = below.filter(|load| low.is_some_and(|low| *load >= low && is_new(*load)));
    let above = above.filter(|load| high.is_some_and(|high| *load <= high && is_new(*load)));
    match (below, above) {
        (Some(below), Some(above)) => Some(if passing - low? > high? - failing { below } else { above }),
        (one, other) => one.or(other),
    }
}

/// The smallest difference between two loads.
fn step_of(model: LoadModel) -> f64 {
    match model {
        LoadModel::Closed => 1.0,
        LoadModel::Open(_) => 0.0,
    }
}

impl Plan {
    /// The same with a load that can be offered.
    fn settled(self, model: LoadModel) -> Self {
        match self {
            Self::Measure(step) => Self::Measure(Step { load: settle(model, step.load).unwrap_or(step.load), ..step }),
            done @ Self::Done(_) => done,
        }
    }
}
