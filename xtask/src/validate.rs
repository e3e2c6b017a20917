//! `cargo xtask validate`: how often intervals hold the truth, on simulated servers, as the table of `docs/validation.md`.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, say};
use crate::{lock, paths};

/// Where the table stands.
const DOCUMENT: &str = "docs/validation.md";
const BEGIN: &str = "<!-- intervals: written by cargo xtask validate -->";
const END: &str = "<!-- end of intervals -->";

/// Runs every scenario in full and writes the table, also where a goal is missed: then it fails afterwards.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    if let Some(unexpected) = arguments.first() {
        bail!("validate: expected no arguments, found `{unexpected}`");
    }
    let _lock = lock::build()?;
    let mut command = shell::cargo();
    command.args(["test", "--release", "--package", "headroom-engine", "--test", "validation", "--", "--nocapture"]);
    command.env("VALIDATION", "full").stdout(Stdio::piped());
    say("validate", "400 sweeps of each scenario: about five minutes on one core");
    let output = command.output().context("starting the validation")?;
    let text = String::from_utf8(output.stdout).context("reading the table")?;
    let table: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    if table.len() < 3 {
        bail!("validate: expected a table, found: {}{}", text, String::from_utf8_lossy(&output.stderr));
    }
    let path = paths::at(DOCUMENT);
    let document = fs::read_to_string(&path)?;
    fs::write(&path, replaced(&document, &table.join("\n"))?)?;
    say("validate", format!("{DOCUMENT} has the table"));
    if !output.status.success() {
        bail!("validate: a goal was missed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The document with another table between its marks.
fn replaced(document: &str, table: &str) -> Result<String> {
    let (before, rest) = document.split_once(BEGIN).with_context(|| format!("{DOCUMENT} has no line `{BEGIN}`"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("{DOCUMENT} has no line `{END}`"))?;
    Ok(format!("{before}{BEGIN}\n\n{table}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let document = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        assert_eq!(replaced(&document, "| new |").unwrap(), format!("before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"));
        assert!(replaced("no marks", "| new |").is_err());
    }
}
