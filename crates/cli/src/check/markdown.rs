//! A check as Markdown, for the page of a job or a comment on a change.

use std::io::Write;

use anyhow::Result;
use headroom_engine::slo::Limit;

use super::{Answer, Item, Report, Suite};

/// Writes the summary sentence and a table for every run.
pub(super) fn write(report: &Report, out: &mut impl Write) -> Result<()> {
    let limits: Vec<String> = report.slo.limits.iter().map(Limit::label).collect();
    writeln!(out, "## {} Headroom: {}\n", sign(report.answer()), report.summary())?;
    writeln!(out, "{}: {}", cell(&report.slo.name), cell(&limits.join(", ")))?;
    if let Some(baseline) = &report.baseline {
        writeln!(out, "\nBaseline: `{baseline}`")?;
    }
    for suite in &report.suites {
        write_suite(suite, out)?;
    }
    if !report.unread.is_empty() {
        writeln!(out, "\n### Not read\n")?;
        for unread in &report.unread {
            writeln!(out, "- {}", cell(unread))?;
        }
    }
    Ok(())
}

fn write_suite(suite: &Suite, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n### {}\n", cell(&suite.deployment))?;
    writeln!(out, "{} · `{}`\n", cell(&suite.workload), suite.source)?;
    if let Some(asked) = &suite.asked {
        writeln!(out, "{}\n", cell(asked))?;
    }
    writeln!(out, "| | check | found |\n|---|---|---|")?;
    for Item { name, answer, found, advice } in &suite.items {
        let advice = if advice.is_empty() { String::new() } else { format!(" **{}**", cell(advice)) };
        writeln!(out, "| {} {} | {} | {}{advice} |", sign(*answer), answer.id(), cell(name), cell(found))?;
    }
    if !suite.differences.is_empty() {
        writeln!(out, "\nAlso different from the baseline: {}.", cell(&suite.differences.join("; ")))?;
    }
    Ok(())
}

fn sign(answer: Answer) -> &'static str {
    match answer {
        Answer::Pass => "✅",
        Answer::Unknown => "❔",
        Answer::Fail => "❌",
    }
}

/// Text for a cell: reports choose the names, so it must neither end the cell nor act as markup.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' => escaped.extend(['\\', character]),
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        for (text, expected) in [
            ("TTFT p95 ≤ 1,000 ms", "TTFT p95 ≤ 1,000 ms"),
            ("a|b", "a\\|b"),
            ("<img>\nx", "\\<img> x"),
            ("tiny_llama [x](y)", "tiny\\_llama \\[x](y)"),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
