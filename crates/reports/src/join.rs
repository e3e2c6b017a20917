//! Several files that are one sweep, one load step a file, become one run.

use headroom_engine::run::Run;

use crate::problem::Code;
use crate::sweep::{Folders, Joined, Lane, Member, lanes};
use crate::{Reading, formats};

/// Joins what was read of the files of a directory tree; see [`join_runs`]. Files that tools
/// write beside their reports are no problem any more once a report beside them is read.
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

/// Whether a run of this tool ([`Provenance::tool`](headroom_engine::run::Provenance::tool))
/// with so many levels on its curve may be a part of another run: its tool writes one load step
/// a file, or this file of a tool that writes whole sweeps holds a single one.
#[must_use]
pub fn is_step(tool: &str, levels: usize) -> bool {
    formats::is_step(tool, levels)
}

/// Joins runs of single files. Those of one load step each ([`is_step`]) are joined when they
/// agree in tool, model, deployment, labels, workload, load model, directory and file
/// name, leaving out what only names the load (`conc16`, `10qps`, `stage_2`, dates). A load
/// that was measured again goes to a second run, because a curve has one value at a load; the
/// same measurement given twice (a sweep's summary beside its files) is taken once.
///
/// A joined run's id is made of its members' ids, so it is the same on every machine and in
/// every order of the files. Its source names every file. The runs come in the order of their
/// sources.
///
/// Of a level only its load, counts, times, token lengths and the means of its latencies are
/// looked at, so runs without samples and quantiles are joined the same.
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

/// Makes the run of [`Joined`] out of its members again, given in their order; `None` when
/// there are none. With it a catalog need keep no more than the files' own runs.
#[must_use]
pub fn combine(members: Vec<Run>) -> Option<Run> {
    let mut members = members.into_iter();
    let mut lane = Lane::of(members.next()?);
    for run in members {
        lane.add(run);
    }
    Some(lane.finish().run)
}
