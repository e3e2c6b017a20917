//! The runs of one sweep, told apart and put together.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use headroom_engine::level::Level;
use headroom_engine::run::{Known, LoadModel, Run, Workload};

use crate::content_hash::ContentHash;
use crate::curve;
use crate::identity::DIGITS;

pub use names::Folders;
pub(crate) use names::files;

/// How far the mean tokens of two steps of one workload may lie apart: random lengths give
/// every step another mean, another data set differs by more.
const SAME_TOKENS: f64 = 1.25;

/// A run and the runs of single files that it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The run. One that was joined has an id and a hash of its own, made of those of its
    /// members; one of a single member is that member.
    pub run: Run,
    /// What it is made of, in the order in which [`combine`](crate::combine) takes them; at least one.
    pub members: Vec<Member>,
}

/// One run of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The file.
    pub source: String,
    /// The id of the run in it.
    pub id: String,
}

/// Joins runs that belong together, in the order given; see [`join_runs`](crate::join_runs).
pub(crate) fn lanes(runs: Vec<Run>) -> Vec<Joined> {
    // Files of one tool, load model and name: nothing is ever joined across these. Looking
    // only among them keeps a folder of a hundred thousand files quick.
    let mut sweeps: BTreeMap<(LoadModel, String, Vec<String>), Sweep> = BTreeMap::new();
    for run in runs {
        let key = (run.load_model, run.provenance.tool.clone(), names::sweep(&run.provenance.source));
        sweeps.entry(key).or_default().take(run);
    }
    sweeps.into_values().flat_map(|sweep| sweep.lanes).map(Lane::finish).collect()
}

/// The files of one sweep.
#[derive(Default)]
struct Sweep {
    lanes: Vec<Lane>,
    /// The lanes of each setting, by their place in `lanes`.
    settings: BTreeMap<Setting, Lanes>,
    /// Every measurement that is in a lane.
    known: BTreeSet<Measurement>,
}

/// The lanes of one setting.
#[derive(Default)]
struct Lanes {
    places: Vec<usize>,
    /// By a load, how many of the first lanes have it already: a load that is measured a
    /// thousand times does not look through all lanes a thousand times.
    taken: BTreeMap<u64, usize>,
}

impl Sweep {
    fn take(&mut self, run: Run) {
        // The summary of a sweep may say less about the deployment than the files that it sums
        // up, so the setting is not asked.
        if run.levels.iter().all(|level| self.known.contains(&measurement(level))) {
            return;
        }
        self.known.extend(run.levels.iter().map(measurement));
        let of_setting = self.settings.entry(setting(&run)).or_default();
        let first = match run.levels.as_slice() {
            [level] => {
                let taken = of_setting.taken.entry(level.load.to_bits()).or_default();
                while of_setting.places.get(*taken).is_some_and(|&at| self.lanes[at].has(level.load)) {
                    *taken += 1;
                }
                *taken
            }
            _ => 0,
        };
        let free = of_setting.places[first..].iter().copied().find(|&at| self.lanes[at].fits(&run));
        if let Some(at) = free {
            self.lanes[at].add(run);
        } else {
            of_setting.places.push(self.lanes.len());
            self.lanes.push(Lane::of(run));
        }
    }
}

/// A run that grows, with the runs that it is made of.
pub(crate) struct Lane {
    run: Run,
    members: Vec<Member>,
    /// The measurement at each load, by the load's bits.
    loads: BTreeMap<u64, Measurement>,
    /// Steps of one file have no identity yet; it is given when the file is read to its end.
    anonymous: bool,
}

impl Lane {
    pub(crate) fn of(run: Run) -> Self {
        let loads = run.levels.iter().map(|level| (level.load.to_bits(), measurement(level))).collect();
        let anonymous = run.provenance.content_hash.is_empty();
        Self { members: vec![member(&run)], loads, anonymous, run }
    }

    fn has(&self, load: f64) -> bool {
        self.loads.contains_key(&load.to_bits())
    }

    /// Whether a run of the same setting is of this lane: its tokens are those of the same
    /// workload, and none of its loads was measured otherwise.
    fn fits(&self, run: &Run) -> bool {
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => a <= b * SAME_TOKENS && b <= a * SAME_TOKENS,
            _ => true,
        };
        let (ours, theirs) = (&self.run.workload, &run.workload);
        let free = |level: &Level| {
            self.loads.get(&level.load.to_bits()).is_none_or(|measured| *measured == measurement(level))
        };
        close(ours.prompt_tokens, theirs.prompt_tokens)
            && close(ours.output_tokens, theirs.output_tokens)
            && run.levels.iter().all(free)
    }

    pub(crate) fn add(&mut self, run: Run) {
        self.members.push(member(&run));
        self.anonymous &= run.provenance.content_hash.is_empty();
        for level in run.levels {
            if !self.has(level.load) {
                self.loads.insert(level.load.to_bits(), measurement(&level));
                self.run.levels.push(level);
            }
        }
        self.run.off_curve.extend(run.off_curve);
        let origin = &mut self.run.provenance;
        origin.labels.retain(|label| run.provenance.labels.contains(label));
        origin.conclusions.extend(run.provenance.conclusions);
        if origin.tool_version != run.provenance.tool_version {
            origin.tool_version = None;
        }
    }

    pub(crate) fn finish(self) -> Joined {
        let Self { mut run, mut members, anonymous, .. } = self;
        if members.len() == 1 {
            return Joined { run, members };
        }
        run.levels.sort_by(|a, b| a.load.total_cmp(&b.load));
        let workload = curve::workload(&run.levels, run.workload.shape.take());
        run.workload = Workload {
            prompt_tokens: workload.prompt_tokens.or(run.workload.prompt_tokens),
            output_tokens: workload.output_tokens.or(run.workload.output_tokens),
            shape: workload.shape,
        };
        run.provenance.labels.retain(|(key, _)| !is_occasion(key));
        curve::span(&mut run);
        members.sort();
        members.dedup();
        if anonymous {
            return Joined { run, members };
        }
        let mut hash = ContentHash::new();
        let mut ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        ids.sort_unstable();
        for id in ids {
            hash.update(id.as_bytes());
            hash.update(b"\n");
        }
        run.provenance.content_hash = hash.finish();
        run.provenance.content_hash.get(..DIGITS).unwrap_or_default().clone_into(&mut run.id);
        run.provenance.source = names::sources(members.iter().map(|member| member.source.as_str()));
        Joined { run, members }
    }
}

fn member(run: &Run) -> Member {
    Member { source: run.provenance.source.clone(), id: run.id.clone() }
}

/// What two steps of one sweep agree in: facts of the deployment, settings among the labels and
/// the shape of the workload.
type Setting = (Vec<Option<String>>, Vec<(String, String)>);

fn setting(run: &Run) -> Setting {
    let text = |known: &Option<Known<String>>| known.as_ref().map(|known| known.value.clone());
    let number = |known: &Option<Known<u32>>| known.as_ref().map(|known| known.value.to_string());
    let deployment = &run.deployment;
    let facts = vec![
        text(&deployment.name),
        text(&deployment.model),
        text(&deployment.quantization),
        text(&deployment.hardware),
        number(&deployment.gpus),
        number(&deployment.tensor_parallel),
        text(&deployment.engine),
        run.workload.shape.clone(),
    ];
    (facts, run.provenance.labels.iter().filter(|(key, _)| !is_occasion(key)).cloned().collect())
}

/// Whether a label says when, or which repetition.
fn is_occasion(key: &str) -> bool {
    matches!(key, "date" | "timestamp" | "run_number")
}

/// What tells two measurements of one load apart, bit for bit: load, counts, duration, and the
/// means of time to first token, inter-token latency and end-to-end latency.
type Measurement = (u64, [u64; 3], [Option<u64>; 4]);

fn measurement(level: &Level) -> Measurement {
    let mean = |of: &Option<headroom_engine::level::Distribution>| of.as_ref().and_then(|of| of.mean).map(f64::to_bits);
    let requests = level.requests;
    (
        level.load.to_bits(),
        [requests.ok, requests.errored, requests.incomplete],
        [level.duration_s.map(f64::to_bits), mean(&level.ttft), mean(&level.itl), mean(&level.e2e)],
    )
}
