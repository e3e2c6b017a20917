//! Files of one sweep become one run, as on the command line.
//!
//! The catalog keeps what was read of each file, because a file that comes, changes or goes
//! must cost no more than itself. Which files belong together is decided anew whenever the
//! snapshot is made, from the deployment facts of that moment and from outlines; the levels of
//! a joined run are put together when a query asks for it.

use std::collections::{HashMap, HashSet};

use headroom_engine::run::Run;
use headroom_reports::deployments::Deployments;
use headroom_reports::{Code, Folders, Joined, is_step, join_runs};

use crate::catalog::{FileProblem, Header, Outline};

/// Whether a run may be a part of another: it is one load step of several.
pub(super) fn may_join(header: &Header) -> bool {
    is_step(&header.run.provenance.tool, header.level_count)
}

/// Joins the runs of single files, `steps`, whose levels are in `outlines` by their ids. The
/// facts are applied before, because steps of one sweep are told by their deployment too.
pub(super) fn join(steps: Vec<Header>, outlines: &mut HashMap<String, Outline>, facts: &Deployments) -> Vec<Header> {
    let mut runs: Vec<Run> = Vec::with_capacity(steps.len());
    for Header { mut run, .. } in steps {
        let Outline { paths, levels, off_curve } = outlines.remove(&run.id).unwrap_or_default();
        run.levels = levels;
        run.off_curve = off_curve;
        // A report that lies in two folders is a part of the sweeps in both.
        for path in paths {
            let mut run = run.clone();
            run.provenance.source = path;
            facts.apply(&mut run);
            runs.push(run);
        }
    }
    let mut known = HashSet::new();
    join_runs(runs)
        .into_iter()
        .map(|joined| header(joined, facts))
        // Two copies of a whole sweep are one run, as two copies of a report are.
        .filter(|header| known.insert(header.run.id.clone()))
        .collect()
}

fn header(joined: Joined, facts: &Deployments) -> Header {
    let Joined { mut run, members } = joined;
    let level_count = run.levels.len();
    let ok_count = run.levels.iter().map(|level| level.requests.ok).sum();
    run.levels = Vec::new();
    run.off_curve = Vec::new();
    if members.len() == 1 {
        return Header { run, level_count, ok_count, members: Vec::new() };
    }
    // An entry may name the joined run by its id, which is known only now.
    facts.apply(&mut run);
    Header { run, level_count, ok_count, members }
}

/// Takes out the problems of files that tools write beside their reports, where a report was
/// read: nobody has to do anything about them.
pub(super) fn without_companions(
    problems: Vec<(String, FileProblem)>,
    headers: &[Header],
) -> Vec<(String, FileProblem)> {
    let is_companion = |problem: &FileProblem| problem.code == Code::Companion.id();
    if !problems.iter().any(|(_, problem)| is_companion(problem)) {
        return problems;
    }
    let folders = Folders::of(headers.iter().flat_map(Header::files));
    problems.into_iter().filter(|(path, problem)| !(is_companion(problem) && folders.hold(path))).collect()
}
