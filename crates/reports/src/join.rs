//! Joins the files of one sweep, each with one load step, into one run.

use headroom_engine::run::Run;

use crate::problem::Code;
use crate::sweep::{Folders, Joined, Lane, Member, lanes};
use crate::{Reading, formats};

/// Joins what was read from the files of a directory tree; see [`join_runs`]. Companion files of a tool are no longer a
/// problem if a report beside them was read.
#[must_use]
pub fn join(readings: Vec<Reading>) -> Reading {
    let mut joined = Reading::default();
    for reading in readings {
        joined.problems.extend(reading.problems);
        joined.runs.extend(reading.runs);
    }
    let folders = Folders::of(joined.runs.iter().map(|run| run.provenance.source.as_str()));
    joined.problems.retain(|problem| problem.code != Code::Companion || !folders.hold(&problem.source));
    joined.runs = join_runs(joined.runs).into_iter().map(|joined| joined.run).collect();
    joined
}

/// Whether a run of this tool ([`Provenance::tool`](headroom_engine::run::Provenance::tool)) with this number of levels
/// on its curve may be a part of another run: its tool writes one load step per file, or writes whole sweeps and this
/// file contains a single step.
#[must_use]
pub fn is_step(tool: &str, levels: usize) -> bool {
    formats::is_step(tool, levels)
}

/// Joins runs of single files. Runs with one load step each ([`is_step`]) are joined if they agree in tool, model,
/// deployment, labels, workload, load model, directory and file name, without the parts of the name that state the load
/// (`conc16`, `10qps`, `stage_2`, dates). A load that was measured again goes to a second run, because a curve has one
/// value at a load. The same measurement given twice (a sweep's summary beside its files) is used once.
///
/// A joined run's id is made from the ids of its members, so it is the same on every machine and in every order of the
/// files. Its source names every file. The runs are returned in the order of their sources.
///
/// Of a level only its load, counts, times, token lengths and mean latencies are used, so runs without samples and
/// quantiles are joined in the same way.
#[must_use]
pub fn join_runs(runs: Vec<Run>) -> Vec<Joined> {
    let (mut steps, others): (Vec<Run>, Vec<Run>) =
        runs.into_iter().partition(|run| is_step(&run.provenance.tool, run.levels.len()));
    steps.sort_by(|a, b| a.provenance.source.cmp(&b.provenance.source).then_with(|| a.id.cmp(&b.id)));
    let single = |run: Run| {
        let member = Member { source: run.provenance.source.clone(), id: run.id.clone() };
        Joined { run, members: vec![member] }
    };
    let mut joined: Vec<Joined> = others.into_iter().map(single).chain(lanes(steps)).collect();
    joined.sort_by(|a, b| a.run.provenance.source.cmp(&b.run.provenance.source));
    joined
}

/// Recreates the run of a [`Joined`] from its members, given in their order; `None` if there are none. So a catalog
/// needs to keep only the files' own runs.
#[must_use]
pub fn combine(members: Vec<Run>) -> Option<Run> {
    let mut members = members.into_iter();
    let mut lane = Lane::of(members.next()?);
    for run in members {
        lane.add(run);
    }
    Some(lane.finish().run)
}
