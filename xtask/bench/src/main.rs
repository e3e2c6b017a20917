//! Measures Headroom against its budgets and prints one table.
//!
//! Times are compared with what was measured in the same run on the same machine; nothing here is a test,
//! because a busy machine would make it fail.
#![allow(clippy::print_stdout, reason = "a measuring tool talks to its terminal")]

mod child;
mod engine;
mod grow;
mod parsing;
mod prometheus;
mod queries;
mod sizes;
mod table;

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

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
    // The address of a Prometheus that holds the recorded production, when one could be started.
    let recorded = env::var("HEADROOM_PROMETHEUS_URL").ok().filter(|url| !url.is_empty());
    let mut table = Table::default();
    // What could be measured is shown also when something else could not.
    let outcomes = [
        // A child's peak begins with that of its parent, so children are measured while this one is small.
        parsing::measure(&workspace, &mut table),
        prometheus::measure(&mut table),
        queries::measure(&workspace, recorded.as_deref(), &mut table),
        sizes::measure(&workspace.root, &mut table),
        engine::measure(&selftest, &mut table),
    ];
    print!("\n{table}");
    outcomes.into_iter().collect()
}

/// Bytes of a file, in millions.
fn megabytes(path: &Path) -> Result<f64> {
    let length = path.metadata().with_context(|| format!("reading {}", path.display()))?.len();
    Ok(length as f64 / 1e6)
}
