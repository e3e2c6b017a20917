//! `headroom check`: what it takes.

use std::path::PathBuf;

use clap::{Arg, ArgGroup, ArgMatches, Command, ValueHint};
use headroom_engine::slo::Slo;

use super::common::{self, color_of, path_of, slo_of, text_or_json_of};
use super::{Color, Format};

/// The arguments of `headroom check`.
pub(crate) struct Check {
    /// Files, folders, or `-` for standard input, as typed.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits that must hold.
    pub(crate) slo: Slo,
    /// The load at which they must hold: users or requests per second.
    pub(crate) load: Option<f64>,
    /// Reports that the new ones must not be slower than.
    pub(crate) baseline: Option<PathBuf>,
    /// The largest slowdown that does not matter, as a share: 0.1 for 10 %.
    pub(crate) tolerance: f64,
    /// The file of facts that the reports do not contain.
    pub(crate) deployments: Option<PathBuf>,
    /// Where to write a `JUnit` report.
    pub(crate) junit: Option<PathBuf>,
    /// Where to write a Markdown report.
    pub(crate) markdown: Option<PathBuf>,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

const ABOUT: &str = "\
Check in a pipeline that a deployment holds a load, and that it did not get slower

Every limit must hold at the load, beyond what chance explains: where the load lies inside the 95 % interval of the \
breaking point the answer is that the data cannot tell. Against a baseline, requests are compared one by one at every \
load that both measured; a slowdown counts when it is real (Mann–Whitney, corrected for the number of comparisons) and \
larger than tolerated, and its absence counts when the data would have shown it.";

const EXAMPLES: &str = "\
Examples:
  headroom check results/ --load 8
      Do the default limits hold at 8 users?
  headroom check new.json --baseline main.json --tolerate 20% --junit headroom.xml
      Is it slower than main, by more than 20 %? Without --load the limits must hold at the load that the baseline held.
  headroom check new.json --load 8 --slo conversational --markdown \"$GITHUB_STEP_SUMMARY\"
      With a report on the page of the job.

Exit status: 0 when everything holds, 1 when a limit is broken or a slowdown is real, 2 when it cannot be told, nothing \
could be read or the command line is wrong.";

const LOAD_HELP: &str = "\
The load that every limit must hold at: users in a closed loop, requests per second in an open one

Without it a load that a repeat of the baseline would hold beyond what chance explains.";

const TOLERATE_HELP: &str = "\
The largest slowdown of a typical request that does not matter

It also says how fine the comparison must be: with too few requests to show such a slowdown, the answer is that it \
cannot be told, with the number of requests that would do.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    let file = |id: &'static str, help: &'static str| {
        common::path(id, "FILE").long(id).help(help).value_hint(ValueHint::FilePath)
    };
    Command::new("check")
        .about("Check in a pipeline that a deployment holds a load and did not get slower")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::inputs())
        .arg(
            Arg::new("load")
                .long("load")
                .value_name("LOAD")
                .help("The load that every limit must hold at, in users or requests per second")
                .long_help(LOAD_HELP)
                .value_parser(load),
        )
        .arg(
            common::path("baseline", "PATH").long("baseline").help("Reports that the new ones must not be slower than"),
        )
        .group(ArgGroup::new("against").args(["load", "baseline"]).multiple(true).required(true))
        .arg(
            Arg::new("tolerate")
                .long("tolerate")
                .value_name("PERCENT")
                .help("The largest slowdown of a typical request that does not matter")
                .long_help(TOLERATE_HELP)
                .value_parser(tolerance)
                .default_value("10%"),
        )
        .args([common::slo(), common::limit(), common::deployments()])
        .args([
            file("junit", "Write a JUnit report to this file"),
            file("markdown", "Write a Markdown report to this file"),
        ])
        .args([common::text_or_json(), common::color()])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Check {
    Check {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: slo_of(given),
        load: given.get_one("load").copied(),
        baseline: path_of(given, "baseline"),
        tolerance: given.get_one("tolerate").copied().unwrap_or_default(),
        deployments: path_of(given, "deployments"),
        junit: path_of(given, "junit"),
        markdown: path_of(given, "markdown"),
        format: text_or_json_of(given),
        color: color_of(given),
    }
}

/// Reads a load above zero.
fn load(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(load) if load.is_finite() && load > 0.0 => Ok(load),
        _ => Err(format!("expected users or requests per second above zero, for example 8; found `{text}`")),
    }
}

/// Reads `10%` or `10` as 0.1.
fn tolerance(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('%').trim().parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent > 0.0 => Ok(percent / 100.0),
        _ => Err(format!("expected a slowdown in percent above zero, for example 10%; found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_bounds() {
        for (text, expected) in [("8", Some(8.0)), ("0.5", Some(0.5)), ("0", None), ("-1", None), ("many", None)] {
            assert_eq!(load(text).ok(), expected, "{text}");
        }
        for (text, expected) in [("10%", Some(0.1)), ("25", Some(0.25)), ("0%", None), ("%", None), ("inf", None)] {
            assert_eq!(tolerance(text).ok(), expected, "{text}");
        }
    }
}
