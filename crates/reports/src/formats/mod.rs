//! The supported formats. To add one: a file here, a `mod` line and a line in [`FORMATS`].

use crate::companions::COMMON;
use crate::format::{Beside, Format, Steps};
use crate::server_evidence;
use crate::sniff::Sniff;

mod aiperf;
mod evalscope;
mod genai_bench;
mod guidellm;
mod inference_perf;
mod inferencex;
mod inferencex_agentic;
mod k6;
mod llm_d;
mod llmperf;
mod lmbench;
mod sglang;
mod table;
mod together_runner;
mod vllm_bench;

/// Every format, in the order in which the README lists them.
pub(crate) const FORMATS: &[Format] = &[
    guidellm::FORMAT,
    guidellm::YAML,
    guidellm::CSV,
    guidellm::HTML,
    guidellm::PAGE,
    vllm_bench::FORMAT,
    sglang::FORMAT,
    aiperf::PROFILE,
    aiperf::SWEEP,
    inference_perf::FORMAT,
    inferencex::FORMAT,
    inferencex_agentic::FORMAT,
    together_runner::FORMAT,
    evalscope::FORMAT,
    genai_bench::FORMAT,
    llm_d::FORMAT,
    llmperf::FORMAT,
    lmbench::FORMAT,
    k6::FORMAT,
    table::CSV,
    table::YAML,
];

/// The format of a file, judged by its first window.
pub(crate) fn recognised(sniff: &Sniff<'_>) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.recognises)(sniff))
}

/// The description of a file that no format recognises, if a tool writes it beside its reports.
pub(crate) fn companion(sniff: &Sniff<'_>) -> Option<&'static str> {
    let known = FORMATS.iter().flat_map(|format| format.companions).chain(COMMON);
    known.into_iter().find(|companion| (companion.recognises)(sniff)).map(|companion| companion.what)
}

/// The files that complete the reports of a tool: its own, then the one that may stand beside any report.
pub(crate) fn beside(tool: &str) -> Vec<&'static Beside> {
    let own = FORMATS.iter().filter(|format| format.tool == tool).flat_map(|format| format.beside);
    own.chain([&server_evidence::BESIDE]).collect()
}

/// The files that complete the reports of some tool.
pub(crate) fn all_beside() -> impl Iterator<Item = &'static Beside> {
    FORMATS.iter().flat_map(|format| format.beside).chain([&server_evidence::BESIDE])
}

/// The tools whose runs may be parts of other runs, each once.
pub(crate) fn joined_tools() -> Vec<&'static str> {
    let joined = FORMATS.iter().filter(|format| format.steps != Steps::AsGiven);
    let mut tools: Vec<&str> = joined.map(|format| format.tool).collect();
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// Whether a run of this tool with so many levels on its curve may be a part of another run.
pub(crate) fn is_step(tool: &str, levels: usize) -> bool {
    FORMATS.iter().filter(|format| format.tool == tool).any(|format| match format.steps {
        Steps::OneAFile => true,
        Steps::Sweep => levels == 1,
        Steps::AsGiven => false,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::input::Input;
    use crate::recorded;

    #[test]
    fn ids_and_names_are_given_once() {
        let ids: BTreeSet<&str> = FORMATS.iter().map(|format| format.id).collect();
        let names: BTreeSet<&str> = FORMATS.iter().map(|format| format.name).collect();
        assert_eq!((ids.len(), names.len()), (FORMATS.len(), FORMATS.len()));
        assert!(
            ids.iter()
                .all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()))
        );
    }

    /// So the order of the list does not matter.
    #[test]
    fn no_file_is_of_two_formats() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut seen = BTreeSet::new();
        for root in ["tests/data", "../../fuzz/corpus", "../../demo/reports"] {
            for path in recorded::files(&here.join(root)) {
                let input = Input::open(std::fs::File::open(&path).unwrap());
                let sniff = Sniff::of(&input.window()[input.at..]);
                let is = FORMATS.iter().filter(|format| (format.recognises)(&sniff)).map(|format| format.id);
                let is: Vec<&str> = is.collect();
                assert!(is.len() < 2, "{} is {is:?}", path.display());
                assert!(is.is_empty() || companion(&sniff).is_none(), "{} is {is:?} and a companion", path.display());
                seen.extend(is);
            }
        }
        let all: BTreeSet<&str> = FORMATS.iter().map(|format| format.id).collect();
        assert_eq!(seen, all, "a file of every format is recorded");
    }

    #[test]
    fn which_runs_may_be_parts_of_others() {
        let cases = [
            ("vllm bench", 1, true),
            ("vllm bench", 3, true),
            ("guidellm", 1, true),
            ("guidellm", 5, false),
            ("table", 1, false),
            ("no tool", 1, false),
        ];
        for (tool, levels, expected) in cases {
            assert_eq!(is_step(tool, levels), expected, "{tool} {levels}");
            assert!(!expected || joined_tools().contains(&tool));
        }
    }
}
