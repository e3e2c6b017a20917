//! Joins the files of one sweep into one run, as the command line does.
//!
//! The catalog stores what was read from each file, so that a new, changed or removed file costs no more than itself.
//! Which files belong together is decided again for every snapshot, from the current deployment facts and from
//! outlines. The levels of a joined run are combined when a query asks for it.

use std::collections::{HashMap, HashSet};

use headroom_engine::run::Run;
use headroom_reports::deployments::Deployments;
use headroom_reports::{Code, Folders, Joined, is_step, join_runs};

use crate::catalog::{FileProblem, Header, Outline};

/// Whether a run may be part of another one: it has one load step of several.
pub(super) fn may_join(header: &Header) -> bool {
    is_step(&header.run.provenance.tool, header.level_count)
}

/// Joins the runs of single files, `steps`. Their levels are in `outlines`, by the runs' ids. The facts are applied
/// before, because the steps of a sweep are recognised by their deployment too.
pub(super) fn join(steps: Vec<Header>, outlines: &mut HashMap<String, Outline>, facts: &Deployments) -> Vec<Header> {
    let mut runs: Vec<Run> = Vec::with_capacity(steps.len());
    for Header { mut run, .. } in steps {
        let Outline { paths, levels, off_curve } = outlines.remove(&run.id).unwrap_or_default();
        run.levels = levels;
        run.off_curve = off_curve;
        // A report in two folders belongs to the sweeps of both.
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
        // Two copies of a whole sweep are one run, as are two copies of a report.
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
    // An entry may name the joined run by its id, which is only known now.
    facts.apply(&mut run);
    Header { run, level_count, ok_count, members }
}

/// Leaves out the problems of companion files if a report beside them was read: nobody needs to do anything about them.
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
