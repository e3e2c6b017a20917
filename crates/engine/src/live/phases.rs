//! What a deployment was doing over time (idle, calm, saturated, shedding, recovered, restarted, down), and the
//! episodes of saturation with their causes.

use super::limits;
use super::observation::{Observation, QUEUE};
use crate::bottleneck::{BottleneckKind, ServerMetrics};

/// A shorter queue was a burst, seconds: two scrapes at the usual five seconds.
pub const SHORTEST_S: f64 = 10.0;
/// Two queues with a shorter gap between them are one episode, seconds: requests are admitted in waves.
pub const GAP_S: f64 = 30.0;
/// A shorter time without requests is a pause between two requests, seconds.
pub const IDLE_S: f64 = 60.0;
/// A deployment counts as recovered or restarted for this long, seconds; then as calm.
pub const AFTERMATH_S: f64 = 900.0;

/// What a deployment was doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PhaseKind {
    /// Up, without anything to do.
    Idle,
    /// Serving without a queue.
    Calm,
    /// Requests waited for capacity.
    Saturated,
    /// Requests were refused for lack of capacity, whether others waited or not.
    Shedding,
    /// Serving all requests without a queue, after an episode of saturation.
    Recovered,
    /// Serving after its server restarted.
    Restarted,
    /// Not scraped.
    Down,
}

impl PhaseKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Idle, Self::Calm, Self::Saturated, Self::Shedding, Self::Recovered, Self::Restarted, Self::Down];

    /// `idle`, `calm`, `saturated`, `shedding`, `recovered`, `restarted` or `down`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Calm => "calm",
            Self::Saturated => "saturated",
            Self::Shedding => "shedding",
            Self::Recovered => "recovered",
            Self::Restarted => "restarted",
            Self::Down => "down",
        }
    }
}

/// A period of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// What the deployment was doing.
    pub kind: PhaseKind,
    /// Its beginning, milliseconds since the Unix epoch, UTC.
    pub from_ms: i64,
    /// Its end, milliseconds since the Unix epoch, UTC.
    pub to_ms: i64,
}

/// A period in which requests waited for capacity or were refused for lack of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Its beginning, milliseconds since the Unix epoch, UTC.
    pub from_ms: i64,
    /// Its end, milliseconds since the Unix epoch, UTC.
    pub to_ms: i64,
    /// Whether it had not ended at the last observation.
    pub ongoing: bool,
    /// What the server lacked: the cause of the queue, or of the refusals.
    pub cause: BottleneckKind,
    /// The evidence for it.
    pub evidence: Vec<String>,
    /// The longest queue of any window in it, requests.
    pub peak_waiting: f64,
    /// Whether requests were refused.
    pub shedding: bool,
}

/// The phases of a deployment. `observations` must ascend in time; times without an observation belong to no phase.
#[must_use]
pub fn phases(observations: &[Observation]) -> Vec<Phase> {
    let saturated = stretched(observations, is_overload);
    let shedding = stretched(observations, sheds);
    let idle = idle(observations);
    let mut phases: Vec<Phase> = Vec::new();
    // The phase that still has an aftermath, and since when.
    let mut aftermath: Option<(PhaseKind, i64)> = None;
    for (at, observation) in observations.iter().enumerate() {
        let (from_ms, to_ms) = window(observation);
        if observation.restarted {
            aftermath = Some((PhaseKind::Restarted, to_ms));
        }
        let kind = if observation.up == Some(false) {
            PhaseKind::Down
        } else if saturated[at] {
            aftermath = Some((PhaseKind::Recovered, to_ms));
            if shedding[at] { PhaseKind::Shedding } else { PhaseKind::Saturated }
        } else if observation.running.is_none() && observation.output_tokens.is_none() {
            continue;
        } else if idle[at] {
            PhaseKind::Idle
        } else {
            let felt = aftermath.filter(|(_, since)| seconds(*since, from_ms) < AFTERMATH_S);
            felt.map_or(PhaseKind::Calm, |(kind, _)| kind)
        };
        match phases.last_mut().filter(|last| last.kind == kind && last.to_ms >= from_ms) {
            Some(last) => last.to_ms = to_ms,
            None => phases.push(Phase { kind, from_ms, to_ms }),
        }
    }
    phases
}

/// The episodes of saturation, in order.
#[must_use]
pub fn episodes(observations: &[Observation]) -> Vec<Episode> {
    let saturated = stretched(observations, is_overload);
    let flagged: Vec<(usize, bool)> = saturated.into_iter().enumerate().collect();
    flagged
        .chunk_by(|a, b| a.1 == b.1)
        .filter(|chunk| chunk[0].1)
        .map(|chunk| {
            let last = chunk[chunk.len() - 1].0;
            let members = &observations[chunk[0].0..=last];
            let (kind, evidence) = cause(members);
            Episode {
                from_ms: window(&members[0]).0,
                to_ms: members[members.len() - 1].at_ms,
                ongoing: last + 1 == observations.len(),
                cause: kind,
                evidence,
                peak_waiting: members.iter().filter_map(|member| member.waiting).fold(0.0, f64::max),
                shedding: members.iter().any(sheds),
            }
        })
        .collect()
}

/// What was lacking while these requests waited or were refused.
fn cause(members: &[Observation]) -> (BottleneckKind, Vec<String>) {
    let queued: Vec<&Observation> = members.iter().filter(|member| is_queue(member)).collect();
    let server: ServerMetrics = limits::server_metrics(&queued);
    let (kind, mut evidence) = limits::from_server(&server);
    let refusing: Vec<&Observation> = members.iter().filter(|member| sheds(member)).collect();
    evidence.extend(limits::refusals(&refusing));
    // Without a queue no resource was lacking: the admission limit refused the requests.
    (if queued.is_empty() && !refusing.is_empty() { BottleneckKind::AdmissionLimit } else { kind }, evidence)
}

/// Whether requests waited or were refused.
fn is_overload(observation: &Observation) -> bool {
    is_queue(observation) || sheds(observation)
}

fn sheds(observation: &Observation) -> bool {
    observation.up != Some(false) && observation.sheds() == Some(true)
}

fn is_queue(observation: &Observation) -> bool {
    observation.up != Some(false) && observation.waiting.is_some_and(|waiting| waiting >= QUEUE)
}

/// Which windows belong to an episode: those for which `belongs` is true and the short gaps between them, without short
/// bursts.
fn stretched(observations: &[Observation], belongs: impl Fn(&Observation) -> bool) -> Vec<bool> {
    let mut flags: Vec<bool> = observations.iter().map(belongs).collect();
    let breaks = |observation: &Observation| observation.up == Some(false) || observation.restarted;
    let mut last: Option<usize> = None;
    for at in 0..flags.len() {
        if breaks(&observations[at]) {
            last = None;
        }
        if flags[at] {
            if let Some(before) = last
                && seconds(observations[before].at_ms, window(&observations[at]).0) < GAP_S
            {
                flags[before..at].fill(true);
            }
            last = Some(at);
        }
    }
    for (start, end) in stretches(&flags) {
        if seconds(window(&observations[start]).0, observations[end].at_ms) < SHORTEST_S {
            flags[start..=end].fill(false);
        }
    }
    flags
}

/// Which windows belong to an idle period that is long enough to count.
fn idle(observations: &[Observation]) -> Vec<bool> {
    let mut flags: Vec<bool> = observations.iter().map(|observation| observation.is_active() == Some(false)).collect();
    for (start, end) in stretches(&flags) {
        if seconds(window(&observations[start]).0, observations[end].at_ms) < IDLE_S {
            flags[start..=end].fill(false);
        }
    }
    flags
}

/// First and last index of every unbroken run of `true`.
fn stretches(flags: &[bool]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, _) in flags.iter().enumerate().filter(|(_, flag)| **flag) {
        match found.last_mut().filter(|(_, end)| end + 1 == at) {
            Some((_, end)) => *end = at,
            None => found.push((at, at)),
        }
    }
    found
}

#[expect(clippy::cast_possible_truncation, reason = "windows are seconds to days long; `as` saturates")]
fn window(observation: &Observation) -> (i64, i64) {
    (observation.at_ms.saturating_sub((observation.seconds * 1_000.0).round() as i64), observation.at_ms)
}

fn seconds(from_ms: i64, to_ms: i64) -> f64 {
    to_ms.saturating_sub(from_ms) as f64 / 1_000.0
}
