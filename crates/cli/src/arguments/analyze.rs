//! `headroom analyze`: what it takes.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use headroom_engine::slo::Slo;

use super::common::{self, color_of, path_of, slo_of};
use super::{Color, Format};

/// The arguments of `headroom analyze`.
pub(crate) struct Analyze {
    /// Files, folders, or `-` for standard input, as typed.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// The file of facts that the reports do not contain.
    pub(crate) deployments: Option<PathBuf>,
    /// Whether to show every finding instead of only those that matter most.
    pub(crate) all_findings: bool,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

const ABOUT: &str = "\
Read benchmark reports and say how much load each deployment holds

For every run in the reports: the load at which the first limit breaks, with its 95 % interval and the \
limit that breaks; every measured level with what it passes and fails; what a token costs there; what weakens the \
answer and what to measure next; and where every number comes from.";

const EXAMPLES: &str = "\
Examples:
  headroom analyze benchmarks.json
      Judge a GuideLLM report by the default service level.
  headroom analyze results/ --slo conversational
      Judge every report below a folder by another preset (`headroom slos` lists them).
  headroom analyze a.json b.json --limit ttft_p95=1500ms --limit error_rate=1%
      Judge by limits of your own.
  zstdcat benchmarks.json.zst | headroom analyze - --format json | jq '.runs[].verdict'
      Use it in a pipeline.

Exit status: 0 when at least one run was analysed, 1 when a report is damaged and the answer is of a part of it, 2 when \
nothing could be read.";

const ALL_FINDINGS_HELP: &str = "\
Every finding and constant, not only the three kinds that matter most

Without it the text tells every error and the three kinds of findings that weigh most. It adds the constants of the Universal \
Scalability Law to the throughput. JSON always has all of it.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    Command::new("analyze")
        .about("Read benchmark reports and say how much load each deployment holds")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::inputs())
        .args([common::slo(), common::limit(), common::deployments()])
        .arg(
            Arg::new("all-findings")
                .long("all-findings")
                .action(ArgAction::SetTrue)
                .help("Every finding and constant, not only the three kinds that matter most")
                .long_help(ALL_FINDINGS_HELP),
        )
        .args([common::format(), common::color()])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Analyze {
    Analyze {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: slo_of(given),
        deployments: path_of(given, "deployments"),
        all_findings: given.get_flag("all-findings"),
        format: given.get_one("format").copied().unwrap_or(Format::Text),
        color: color_of(given),
    }
}
