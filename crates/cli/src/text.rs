//! The answer as text.

pub(crate) mod grid;
mod insight;
mod repeats;
pub(crate) mod style;
mod table;
mod tool_conclusions;

use std::io::Write;

use anyhow::Result;
use headroom_base::calendar;
use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::findings::{Finding, FindingSeverity, foremost, is_same_kind};
use headroom_engine::level::{Level, Requests};
use headroom_engine::run::{Deployment, Known, Price, Run};
use headroom_engine::slo::Limit;

use crate::analysis::{Analysis, Judged};
use crate::arguments::Color;
use crate::inputs;
use style::Style;

/// Writes every run.
///
/// `all` shows every finding, and the constants of the Universal Scalability Law.
pub(crate) fn write(analysis: &Analysis, color: Color, all: bool, out: &mut impl Write) -> Result<()> {
    let style = Style::new(color);
    if analysis.runs.is_empty() {
        return Ok(());
    }
    let limits: Vec<String> = analysis.slo.limits.iter().map(Limit::label).collect();
    let definition = format!("{}: {}", analysis.slo.name, limits.join(", "));
    writeln!(out, "{}", style.bold(&definition))?;
    for line in wrap(&analysis.slo.source, style.width(), "", "") {
        writeln!(out, "{}", style.dim(&line))?;
    }
    for judged in &analysis.runs {
        writeln!(out)?;
        for line in run(judged, all, style) {
            writeln!(out, "{line}")?;
        }
    }
    let together = repeats::lines(analysis, style);
    if !together.is_empty() {
        writeln!(out)?;
        together.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn run(judged: &Judged, all: bool, style: Style) -> Vec<String> {
    let Judged { run, verdict, .. } = judged;
    let mut lines = title(run.deployment_label(), &run.deployment, style);
    let (sign, paint): (&str, fn(Style, &str) -> String) = match verdict.state {
        BreakingState::Edge | BreakingState::Cliff | BreakingState::Bracket => ("▲", Style::careful),
        BreakingState::Floor => ("✓", Style::good),
        BreakingState::NeverMet => ("✗", Style::bad),
        BreakingState::NotMeasured => ("?", Style::careful),
    };
    lines.extend(
        wrap(&verdict.sentence, style.width(), &format!("{sign} "), "  ").iter().map(|line| paint(style, line)),
    );
    lines.push(String::new());
    lines.extend(table::lines(judged, style));
    let off_curve: Vec<String> = run.off_curve.iter().map(|off| off_curve_line(&off.strategy, &off.level)).collect();
    lines.extend(off_curve.iter().map(|line| style.dim(line)));
    let told = insight::lines(judged, all, style);
    if !told.is_empty() {
        lines.push(String::new());
        lines.extend(told);
    }
    if !verdict.findings.is_empty() {
        lines.push(String::new());
        let told = if all { &verdict.findings } else { foremost(&verdict.findings) };
        lines.extend(findings(told, run.load_model.unit(), style));
        let more = display::count((verdict.findings.len() - told.len()) as u64, "finding");
        if told.len() < verdict.findings.len() {
            lines.extend(labelled("", Style::dim, &format!("{more} of less weight: --all-findings."), style));
        }
    }
    let concluded = tool_conclusions::lines(run, style);
    if !concluded.is_empty() {
        lines.push(String::new());
        lines.extend(concluded);
    }
    lines.push(String::new());
    let provenance = provenance(run);
    lines.extend(
        provenance.iter().flat_map(|part| wrap(part, style.width(), "  ", "    ")).map(|line| style.dim(&line)),
    );
    lines
}

/// A deployment's name and facts, on one line if they fit.
pub(crate) fn title(name: &str, deployment: &Deployment, style: Style) -> Vec<String> {
    let facts = facts(deployment);
    if name.chars().count() + 2 + facts.chars().count() <= style.width() {
        return vec![format!("{}  {}", style.bold(name), style.dim(&facts))];
    }
    let mut lines = vec![style.bold(name)];
    lines.extend(wrap(&facts, style.width(), "  ", "  ").iter().map(|line| style.dim(line)));
    lines
}

/// What is known about a deployment, and what is not.
fn facts(deployment: &Deployment) -> String {
    fn text(name: &str, known: Option<&Known<String>>) -> String {
        known.map_or_else(|| format!("{name} unknown"), |known| known.value.clone())
    }
    let mut parts = Vec::new();
    // A deployment without a name already goes by its model.
    let value = |known: Option<&Known<String>>| known.map(|known| known.value.clone());
    let model = value(deployment.model.as_ref());
    if model.is_none() || model != value(deployment.name.as_ref().or(deployment.model.as_ref())) {
        parts.push(text("model", deployment.model.as_ref()));
    }
    parts.push(text("quantization", deployment.quantization.as_ref()));
    let hardware = text("hardware", deployment.hardware.as_ref());
    parts.push(match (&deployment.gpus, &deployment.hardware) {
        (Some(gpus), Some(_)) => format!("{} × {hardware}", gpus.value),
        (Some(gpus), None) => format!("{} × unknown hardware", gpus.value),
        (None, _) => hardware,
    });
    parts.extend(deployment.engine.as_ref().map(|engine| engine.value.clone()));
    parts.extend(deployment.tensor_parallel.as_ref().map(|degree| format!("TP {}", degree.value)));
    parts.join(" · ")
}

/// A level that does not belong to the curve, such as a burst.
fn off_curve_line(strategy: &str, level: &Level) -> String {
    let rate = level.rates.output_tokens.map_or_else(|| display::UNKNOWN.to_owned(), display::rate);
    format!("    not on the curve: {strategy}, {}, {rate} out tok/s", display::count(level.requests.ok, "request"))
}

/// Findings, the most severe first. Several of one kind are shown as the first one, with the loads of the others.
pub(crate) fn findings(findings: &[Finding], unit: &str, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for group in findings.chunk_by(is_same_kind) {
        let [first, others @ ..] = group else { continue };
        let (label, paint): (&str, fn(Style, &str) -> String) = match first.severity {
            FindingSeverity::Error => ("error", Style::bad),
            FindingSeverity::Warning => ("warning", Style::careful),
            FindingSeverity::Info => ("note", Style::dim),
        };
        let loads: Vec<String> = others.iter().filter_map(|finding| finding.load).map(display::load).collect();
        let also =
            if loads.is_empty() { String::new() } else { format!(" The same holds at {} {unit}.", loads.join(", ")) };
        let text = format!("{}{also} [{}]", first.message, first.code.id());
        lines.extend(labelled(label, paint, &text, style));
    }
    lines
}

/// A paragraph with its label in a separate column, coloured by `paint`.
pub(crate) fn labelled(label: &str, paint: fn(Style, &str) -> String, text: &str, style: Style) -> Vec<String> {
    let mut lines = wrap(text, style.width(), &format!("  {label:<8} "), &" ".repeat(11));
    if let Some(first) = lines.first_mut() {
        *first = first.replacen(label, &paint(style, label), 1);
    }
    lines
}

/// Where the numbers come from, one paragraph each.
fn provenance(run: &Run) -> Vec<String> {
    let origin = &run.provenance;
    let tool = match &origin.tool_version {
        Some(version) => format!("{} {version}", origin.tool),
        None => format!("{} (version unknown)", origin.tool),
    };
    let mut measured = vec![tool];
    let assumed = if inputs::assumes_utc(run) { " (UTC assumed)" } else { "" };
    measured.extend(origin.started_ms.map(|at| format!("{}{assumed}", calendar::utc_second(at))));
    let requests: u64 = run.levels.iter().map(|level| level.requests.ok).sum();
    let levels = display::count(run.levels.len() as u64, "level");
    let counted = run.levels.iter().any(is_counted);
    let answered = display::count(requests, "successful request");
    measured.push(if counted {
        format!("{levels} with {answered}")
    } else {
        format!("{levels}, requests not counted")
    });

    let tokens =
        |value: Option<f64>| value.map_or_else(|| display::UNKNOWN.to_owned(), |value| display::number(value.round()));
    let workload = &run.workload;
    let mut asked = vec![format!(
        "{} prompt and {} output tokens per request",
        tokens(workload.prompt_tokens),
        tokens(workload.output_tokens)
    )];
    asked.extend(workload.shape.clone());
    asked.push(format!("{} loop", run.load_model.name()));

    let mut paragraphs = vec![origin.source.clone(), measured.join(" · "), asked.join(" · ")];
    paragraphs.push(run.deployment.price.as_ref().map_or_else(|| "price unknown".to_owned(), price));
    paragraphs.extend(fact_sources(&run.deployment));
    paragraphs
}

/// Whether a level says how many requests it had. Tables may leave that out, which does not mean zero.
pub(crate) fn is_counted(level: &Level) -> bool {
    let Requests { ok, errored, incomplete } = level.requests;
    ok + errored + incomplete > 0
}

/// A price and its source, for example `$0.85 per hour (AWS list, us-east-1, 2025-12-29)`.
pub(crate) fn price(price: &Price) -> String {
    let mut origin: Vec<&str> = Vec::new();
    origin.push(price.source.as_deref().unwrap_or("source unknown"));
    origin.extend(price.region.as_deref());
    origin.push(price.date.as_deref().unwrap_or("date unknown"));
    format!("{} per hour ({})", display::dollars(price.per_hour.0), origin.join(", "))
}

/// Which facts about the deployment are not measurements, and their sources.
fn fact_sources(deployment: &Deployment) -> Option<String> {
    let text = |name: &'static str, known: Option<&Known<String>>| known.map(|known| (name, known.source.clone()));
    let number = |name: &'static str, known: Option<&Known<u32>>| known.map(|known| (name, known.source.clone()));
    let facts = [
        text("name", deployment.name.as_ref()),
        text("model", deployment.model.as_ref()),
        text("quantization", deployment.quantization.as_ref()),
        text("hardware", deployment.hardware.as_ref()),
        number("GPUs", deployment.gpus.as_ref()),
        number("tensor parallelism", deployment.tensor_parallel.as_ref()),
        text("engine", deployment.engine.as_ref()),
    ];
    let mut by_source: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, source) in facts.into_iter().flatten() {
        match by_source.iter_mut().find(|(known, _)| *known == source) {
            Some((_, names)) => names.push(name),
            None => by_source.push((source, vec![name])),
        }
    }
    let said: Vec<String> =
        by_source.iter().map(|(source, names)| format!("{} by {source}", names.join(", "))).collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

/// A factor as a change: 1.68 is `+68%`, 0.4 is `−60%`.
pub(crate) fn change(factor: f64) -> String {
    let share = display::percent((factor - 1.0).abs());
    if factor < 1.0 { format!("−{share}") } else { format!("+{share}") }
}

/// Breaks text at spaces so that no line is wider than `width`. A wider word gets a line of its own.
pub(crate) fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
            rest.clone_into(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_spaces() {
        for (text, expected) in [
            ("", vec!["> "]),
            ("one", vec!["> one"]),
            ("one two", vec!["> one two"]),
            ("one two three", vec!["> one two", ". three"]),
            ("a-very-long-word b", vec!["> a-very-long-word", ". b"]),
        ] {
            assert_eq!(wrap(text, 10, "> ", ". "), expected);
        }
    }
}
