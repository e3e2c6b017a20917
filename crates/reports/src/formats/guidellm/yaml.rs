//! GuideLLM's YAML report: the tree of the JSON report with its keys in alphabetical order.

use super::{TOOL, read as read_json};
use crate::document;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::sniff::Sniff;

pub(crate) const YAML: Format = Format {
    id: "guidellm_yaml",
    name: "GuideLLM YAML (0.2 to 0.8)",
    tool: TOOL,
    steps: Steps::Sweep,
    documentation: "`benchmarks.yaml`: the same as the JSON, slower to read",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

fn recognises(sniff: &Sniff<'_>) -> bool {
    // In every release a benchmark begins with its settings.
    const INSIDE: &[&str] = &["strategy:", "profile:", "guidellm_version:", "type_: generative_benchmark"];
    !sniff.is_json()
        && sniff.lines().any(|line| ["benchmarks:", "args:"].iter().any(|key| line.starts_with(key)))
        && sniff.lines().any(|line| {
            let line = line.trim_start_matches(['-', ' ']);
            INSIDE.iter().any(|key| line.starts_with(key))
        })
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    if let Some(json) = document::yaml_as_json(input, report) {
        read_json(&mut Input::of(json), report);
    }
}
