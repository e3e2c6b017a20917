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

use anyhow::{Context as _, Result};

use crate::production::Production;
use crate::table::Table;

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
    // What could be measured is shown also when something else could not.
    let mut outcomes = vec![
        // A child's peak begins with that of its parent, so children are measured while this one is small.
        parsing::measure(&workspace, &mut table),
        prometheus::measure(&mut table),
        queries::measure(&workspace, &mut table),
    ];
    match program {
        Some(program) => outcomes.extend(on_production(&workspace, &program, &mut table)),
        None => table.note("left out: everything about production (no Prometheus is installed)"),
    }
    outcomes.extend([sizes::measure(&workspace.root, &mut table), engine::measure(&selftest, &mut table)]);
    print!("\n{table}");
    outcomes.into_iter().collect()
}

/// What needs a Prometheus.
fn on_production(workspace: &Workspace, program: &Path, table: &mut Table) -> Vec<Result<()>> {
    let recorded = |measure: fn(&Workspace, &Production, &mut Table) -> Result<()>, table: &mut Table| {
        // A fresh one each, so that what one measurement left in its memory is no part of the next.
        measure(workspace, &Production::recorded(workspace, program)?, table)
    };
    vec![
        recorded(crowd::measure, table),
        recorded(memory::measure, table),
        requests::measure(workspace, program, table),
    ]
}

/// Bytes of a file, in millions.
fn megabytes(path: &Path) -> Result<f64> {
    let length = path.metadata().with_context(|| format!("reading {}", path.display()))?.len();
    Ok(length as f64 / 1e6)
}
