//! `headroom history`: what it takes.

use std::path::PathBuf;

use clap::{ArgMatches, Command};
use headroom_engine::slo::Slo;

use super::common::{self, color_of, path_of, slo_of, text_or_json_of};
use super::{Color, Format};

/// The arguments of `headroom history`.
pub(crate) struct History {
    /// Files or folders.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// The file of facts that the reports do not contain.
    pub(crate) deployments: Option<PathBuf>,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

const ABOUT: &str = "\
Show how the results of a deployment changed over time, and since when

Runs of one deployment under one workload and load model are one series, ordered by when they were measured. For the \
load that the limits allow, the peak of throughput and each limited latency at a load that every run measured: the values, \
and the runs from which on they are different (E-divisive), with what else changed there.";

const EXAMPLES: &str = "\
Examples:
  headroom history results/
      Every deployment below a folder.
  headroom history results/ --slo conversational --format json | jq '.series[].metrics[] | select(.changes != [])'
      Only what changed.

A change needs three runs on either side of it. The same reports always give the same answer.

Exit status: 0 when there is a series, 2 when nothing could be read or no report says when it was measured.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    Command::new("history")
        .about("Show how the results of a deployment changed over time, and since when")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::path("inputs", "DIR").help("Folders of reports, or reports").num_args(1..).required(true))
        .args([common::slo(), common::limit(), common::deployments(), common::text_or_json(), common::color()])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> History {
    History {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: slo_of(given),
        deployments: path_of(given, "deployments"),
        format: text_or_json_of(given),
        color: color_of(given),
    }
}
