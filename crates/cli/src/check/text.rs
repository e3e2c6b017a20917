//! A check as text.

use std::io::Write;

use anyhow::Result;
use headroom_engine::slo::Limit;

use super::{Answer, Item, Report, Suite};
use crate::arguments::Color;
use crate::text::style::Style;
use crate::text::{labelled, wrap};

/// Writes every question with its answer, and the summary at the end, where people look first in a log.
pub(super) fn write(report: &Report, color: Color, out: &mut impl Write) -> Result<()> {
    let style = Style::new(color);
    let limits: Vec<String> = report.slo.limits.iter().map(Limit::label).collect();
    writeln!(out, "{}", style.bold(&format!("{}: {}", report.slo.name, limits.join(", "))))?;
    if let Some(baseline) = &report.baseline {
        writeln!(out, "{}", style.dim(&format!("Baseline: {baseline}")))?;
    }
    for suite in &report.suites {
        writeln!(out)?;
        for line in lines(suite, style) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out)?;
    let answer = report.answer();
    let [label, text] = [answer.id().to_uppercase(), report.summary()];
    writeln!(out, "{}  {text}", paint(answer)(style, &label))?;
    Ok(())
}

fn lines(suite: &Suite, style: Style) -> Vec<String> {
    let mut lines = vec![style.bold(&suite.deployment)];
    let about = format!("{} · {}", suite.workload, suite.source);
    lines.extend(wrap(&about, style.width(), "  ", "  ").iter().map(|line| style.dim(line)));
    lines.extend(
        suite.asked.iter().flat_map(|asked| wrap(asked, style.width(), "  ", "  ")).map(|line| style.dim(&line)),
    );
    lines.push(String::new());
    for item in &suite.items {
        lines.extend(labelled(item.answer.id(), paint(item.answer), &sentence(item), style));
    }
    if !suite.differences.is_empty() {
        let text = format!("Also different from the baseline: {}.", suite.differences.join("; "));
        lines.extend(labelled("note", Style::dim, &text, style));
    }
    lines
}

fn sentence(item: &Item) -> String {
    let advice = if item.advice.is_empty() { String::new() } else { format!(" {}", item.advice) };
    format!("{}: {}{advice}", item.name, item.found)
}

fn paint(answer: Answer) -> fn(Style, &str) -> String {
    match answer {
        Answer::Pass => Style::good,
        Answer::Unknown => Style::careful,
        Answer::Fail => Style::bad,
    }
}
