//! What the benchmark tool itself concluded, as text, separate from the verdict.

use headroom_engine::display;
use headroom_engine::run::{Run, ToolConclusion};

use super::style::Style;
use super::wrap;

/// What the tool of a run concluded; no line if it concluded nothing.
pub(super) fn lines(run: &Run, style: Style) -> Vec<String> {
    let told = &run.provenance.conclusions;
    if told.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("  {} concluded itself, by its own definitions", run.provenance.tool)];
    for told in told {
        lines.extend(wrap(&sentence(told, run.load_model.unit()), style.width(), "    ", "      "));
    }
    lines.iter().map(|line| style.dim(line)).collect()
}

/// For example `knee_detection.throughput: ok, at 15.6 users. A rising segment …`.
fn sentence(told: &ToolConclusion, unit: &str) -> String {
    let load = told.load.map(|load| format!("at {}", display::load_with_unit(load, unit)));
    let answer: Vec<&str> = told.status.as_deref().into_iter().chain(load.as_deref()).collect();
    let end = if told.message.ends_with('.') { "" } else { "." };
    if answer.is_empty() {
        return format!("{}: {}{end}", told.kind, told.message);
    }
    format!("{}: {}. {}{end}", told.kind, answer.join(", "), told.message)
}
