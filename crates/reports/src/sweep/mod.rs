//! Separates the runs of sweeps and joins those of each sweep.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use headroom_engine::level::Level;
use headroom_engine::run::{Known, LoadModel, Run, Workload};

use crate::content_hash::ContentHash;
use crate::curve;
use crate::identity::DIGITS;

pub use names::Folders;
pub(crate) use names::files;

/// The largest factor between the mean tokens of two steps of one workload: random lengths give each step another mean,
/// but another data set differs by more.
const SAME_TOKENS: f64 = 1.25;

/// A run, and the runs of single files that it was joined from.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The run. A joined one has its own id and hash, made from those of its members. With a single member, the run is
    /// that member.
    pub run: Run,
    /// Its members, in the order in which [`combine`](crate::combine) takes them; at least one.
    pub members: Vec<Member>,
}

/// One run of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The name of the file.
    pub source: String,
    /// The id of the run in it.
    pub id: String,
}

/// Joins runs that belong together, in the order given; see [`join_runs`](crate::join_runs).
pub(crate) fn lanes(runs: Vec<Run>) -> Vec<Joined> {
    // Runs are only joined if they have the same tool, load model and name. Comparing only those keeps a folder of a
    // hundred thousand files fast.
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
    /// The lanes of each setting, as indices in `lanes`.
    settings: BTreeMap<Setting, Lanes>,
    /// Every measurement that is in some lane.
    known: BTreeSet<Measurement>,
}

/// The lanes of one setting.
#[derive(Default)]
struct Lanes {
    places: Vec<usize>,
    /// For each load, how many of the first lanes have it already, so that a load that is measured a thousand times
    /// does not search all lanes a thousand times.
    taken: BTreeMap<u64, usize>,
}

impl Sweep {
    fn take(&mut self, run: Run) {
        // The setting is not compared here, because the summary of a sweep may contain fewer facts about the deployment
        // than the files that it summarises.
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

/// A run that is being joined, with its members.
pub(crate) struct Lane {
    run: Run,
    members: Vec<Member>,
    /// The measurement at each load, keyed by the load's bits.
    loads: BTreeMap<u64, Measurement>,
    /// Steps of one file have no id yet; they get one when the file has been read to its end.
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

    /// Whether a run of the same setting belongs to this lane: its lengths are those of the same workload, and none of
    /// its loads has another measurement in the lane.
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

/// What two steps of one sweep have in common: facts about the deployment, the labels that are settings, and the
/// workload's shape.
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

/// Whether a label states a time or a repetition.
fn is_occasion(key: &str) -> bool {
    matches!(key, "date" | "timestamp" | "run_number")
}

/// What identifies a measurement, bit for bit: load, counts, duration, and the means of time to first token,
/// inter-token latency and end-to-end latency.
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
