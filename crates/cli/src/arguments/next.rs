//! `headroom next`: what it takes.

use std::path::PathBuf;

use clap::{ArgMatches, Command};
use headroom_engine::plan::Goal;
use headroom_engine::slo::Slo;

use super::common::{self, color_of, path_of, slo_of, text_or_json_of};
use super::planning::{self, goal_of};
use super::{Color, Format};

/// What `headroom next` works on.
pub(crate) struct Next {
    /// Files, folders, or `-` for standard input, as typed.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// When to stop, and where to begin.
    pub(crate) goal: Goal,
    /// Facts that the reports do not carry.
    pub(crate) deployments: Option<PathBuf>,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

const ABOUT: &str = "\
Say which load to measure next, for those who drive their own tool

Reads what was measured so far and says the next load with the reason, or why nothing more is to be measured: double until a \
limit breaks, then close in, until the interval is narrow enough. Where requests are too few it asks for a longer level, where \
levels scatter for a repeat. `headroom bench` follows the same plan by itself.";

const EXAMPLES: &str = "\
Examples:
  headroom next results/
      The next load by the default service level; the first one where the folder is empty.
  headroom next results/ --limit ttft_p95=1500ms --until-width 30%
      By a limit of your own, with a rougher answer in mind.
  headroom next results/ --format json | jq '.plans[0].load'
      In a script: the load, or null when nothing more is to be measured.

Exit status: 0 when there is a load to measure, 1 when nothing more is to be measured, 2 when nothing could be read.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    Command::new("next")
        .about("Say which load to measure next, for those who drive their own tool")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::inputs())
        .args([common::slo(), common::limit()])
        .args(planning::arguments())
        .args([common::deployments(), common::text_or_json(), common::color()])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Next {
    Next {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: slo_of(given),
        goal: goal_of(given),
        deployments: path_of(given, "deployments"),
        format: text_or_json_of(given),
        color: color_of(given),
    }
}
