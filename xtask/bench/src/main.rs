//! Measures Headroom against its budgets and prints one table.
//!
//! Times are compared with what was measured in the same run on the same machine; nothing here is a test,
//! because a busy machine would make it fail.
#![allow(clippy::print_stdout, reason = "a measuring tool talks to its terminal")]

mod backend;
mod child;
mod crowd;
mod engine;
mod grow;
mod memory;
mod open;
mod parsing;
mod production;
mod prometheus;
mod queries;
mod relabel;
mod requests;
mod sizes;
mod table;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::production::Production;
use crate::table::Table;

/// What can be measured alone, in the order in which all of it is. A child's peak of memory begins with that of its parent, so
/// those that have children are measured while this process is small.
const SUBJECTS: [&str; 8] = ["reports", "answers", "queries", "crowd", "memory", "requests", "sizes", "engine"];

/// The workspace and what was built in it.
struct Workspace {
    root: PathBuf,
    cli: PathBuf,
    backend: PathBuf,
}

impl Workspace {
    /// Where measurements keep files between runs.
    fn cache(&self) -> PathBuf {
        self.root.join(".cache/bench")
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [prometheus::AS_CHILD, times] => return prometheus::read_answers(times),
        [grow::AS_CHILD, from, to, size] => return grow::to_size(from.as_ref(), to.as_ref(), size.parse()?),
        _ => {}
    }
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let mut next =
        |what: &str| arguments.next().with_context(|| format!("expected ROOT CLI BACKEND SELFTEST, found no {what}"));
    let workspace = Workspace { root: next("ROOT")?, cli: next("CLI")?, backend: next("BACKEND")? };
    let selftest = next("SELFTEST")?;
    // The program, where it is installed.
    let program = env::var_os("HEADROOM_PROMETHEUS").filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut table = Table::default();
    let only: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    if let Some(unknown) = only.iter().find(|word| !SUBJECTS.contains(&word.as_str())) {
        bail!("bench: expected any of {}, found `{unknown}`", SUBJECTS.join(", "));
    }
    let wanted = |subject: &str| only.is_empty() || only.iter().any(|word| word == subject);
    // What could be measured is shown also when something else could not.
    let mut outcomes = Vec::new();
    for subject in SUBJECTS.into_iter().filter(|subject| wanted(subject)) {
        // A fresh one each, so that what one measurement left in its memory is no part of the next.
        let recorded = |program: &Path| Production::recorded(&workspace, program);
        outcomes.push(match (subject, &program) {
            ("reports", _) => parsing::measure(&workspace, &mut table),
            ("answers", _) => prometheus::measure(&mut table),
            ("queries", _) => queries::measure(&workspace, &mut table),
            ("crowd" | "memory" | "requests", None) => {
                table.note(format!("left out: {subject} (no Prometheus is installed)"));
                Ok(())
            }
            ("crowd", Some(program)) => recorded(program).and_then(|it| crowd::measure(&workspace, &it, &mut table)),
            ("memory", Some(program)) => recorded(program).and_then(|it| memory::measure(&workspace, &it, &mut table)),
            ("requests", Some(program)) => requests::measure(&workspace, program, &mut table),
            ("sizes", _) => sizes::measure(&workspace.root, &mut table),
            _ => engine::measure(&selftest, &mut table),
        });
    }
    print!("\n{table}");
    outcomes.into_iter().collect()
}

/// Bytes of a file, in millions.
fn megabytes(path: &Path) -> Result<f64> {
    let length = path.metadata().with_context(|| format!("reading {}", path.display()))?.len();
    Ok(length as f64 / 1e6)
}
