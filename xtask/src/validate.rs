//! `cargo xtask validate`: measures how often intervals contain the truth and what the planner saves, on simulated servers,
//! and writes the tables of `docs/validation.md` and `docs/benchmark.md`.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, say};
use crate::{lock, paths};

/// A table of a document, and the test that prints it.
struct Table {
    document: &'static str,
    /// Its name in the marks around it.
    name: &'static str,
    test: &'static str,
    /// What that takes.
    work: &'static str,
}

const TABLES: [Table; 3] = [
    Table {
        document: "docs/benchmark.md",
        name: "planner",
        test: "the_planner_needs_less_than_a_fixed_sweep",
        work: "50 sweeps of each server",
    },
    Table {
        document: "docs/validation.md",
        name: "intervals",
        test: "intervals_hold_the_truth",
        work: "400 of each scenario",
    },
    Table {
        document: "docs/validation.md",
        name: "money",
        test: "the_cheaper_one_is_named_where_there_is_one",
        work: "400 of each scenario",
    },
];

/// Runs every scenario in full and writes the tables. If a goal is missed, it still writes them and then fails.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    if let Some(unexpected) = arguments.first() {
        bail!("validate: expected no arguments, found `{unexpected}`");
    }
    let _lock = lock::build()?;
    let mut missed = Vec::new();
    for table in &TABLES {
        let mut command = shell::cargo();
        command.args(["test", "--release", "--package", "headroom-engine", "--test", "validation", table.test]);
        command.args(["--", "--exact", "--nocapture"]);
        command.env("VALIDATION", "full").stdout(Stdio::piped());
        say("validate", format!("{} of {}: up to some minutes on one core", table.work, table.name));
        let output = command.output().context("starting the validation")?;
        let text = String::from_utf8(output.stdout).context("reading the table")?;
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        let told = String::from_utf8_lossy(&output.stderr);
        if rows.len() < 3 {
            bail!("validate: expected a table of {}, found: {text}{told}", table.name);
        }
        let path = paths::at(table.document);
        let document = fs::read_to_string(&path)?;
        let written = replaced(&document, table.name, &rows.join("\n"));
        fs::write(&path, written.with_context(|| format!("writing the table into {}", table.document))?)?;
        say("validate", format!("{} has the table of {}", table.document, table.name));
        if !output.status.success() {
            missed.push(told.into_owned());
        }
    }
    if !missed.is_empty() {
        bail!("validate: a goal was missed: {}", missed.join("\n"));
    }
    Ok(())
}

/// The document with the table between the marks of this name replaced.
fn replaced(document: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name}: written by cargo xtask validate -->"), format!("<!-- end of {name} -->"));
    let (before, rest) = document.split_once(&begin).with_context(|| format!("there is no line `{begin}`"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("there is no line `{end}`"))?;
    Ok(format!("{before}{begin}\n\n{table}\n\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let marked = |rows: &str| {
            let (begin, end) = ("<!-- one: written by cargo xtask validate -->", "<!-- end of one -->");
            format!("before\n{begin}\n\n{rows}\n\n{end}\nafter\n")
        };
        assert_eq!(replaced(&marked("| old |"), "one", "| new |").unwrap(), marked("| new |"));
        assert!(replaced(&marked("| old |"), "other", "| new |").is_err());
    }
}
