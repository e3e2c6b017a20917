//! `headroom compare`: what it takes.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Command};
use headroom_engine::compare::FACTORS;
use headroom_engine::cost::LoadRule;
use headroom_engine::run::{DollarsPerHour, Price};
use headroom_engine::slo::{Slo, Subject, parse_limit};

use super::common::{self, color_of, path_of, slo_of, text_or_json_of};
use super::{Color, Format};

/// The arguments of `headroom compare`.
pub(crate) struct Compare {
    /// The two sides, each a file or a folder.
    pub(crate) sides: [PathBuf; 2],
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// What the comparison is about, one of [`FACTORS`].
    pub(crate) factor: Option<String>,
    /// The load of each side at which its cost is computed.
    pub(crate) rule: LoadRule,
    /// The bounds to compare at.
    pub(crate) over: Option<Over>,
    /// Prices that replace those of the deployments.
    pub(crate) prices: [Option<Price>; 2],
    /// The file of facts that the reports do not contain.
    pub(crate) deployments: Option<PathBuf>,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

/// A limit with several bounds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Over {
    /// What is limited.
    pub(crate) subject: Subject,
    /// The bounds in the subject's unit, ascending; empty for the default ones around the limit.
    pub(crate) bounds: Vec<f64>,
}

const ABOUT: &str = "\
Set two deployments, or two runs of one, against each other

Says whether B differs from A, by how much and how certain that is: request by request at every load that both \
measured, by the load that each holds, and by what each yields for the same money. Says what else differs between \
the two, because then an effect has more than one possible cause.";

const EXAMPLES: &str = "\
Examples:
  headroom compare before.json after.json
      Is the new version slower?
  headroom compare bf16/ int4/ --factor quantization --price-a 4.60 --price-b 1.32
      Which one is cheaper, and is quantization the only thing that changed?
  headroom compare bf16/ int4/ --deployments facts.yaml --over ttft_p95=1s,1500ms,2s
      Where does the winner change?

Where a side has several runs of its deployment, the two that share most levels are compared request by request, and \
the means of all are compared too.

Exit status: 0 when the two were compared, 2 when a side could not be read or the two cannot be compared.";

const PRICE_HELP: &str = "\
Dollars per hour of one replica, such as 0.85 or \"0.85@AWS list, us-east-1\"

Replaces the price of the deployment. What stands behind the @ is shown as its source.";

const OVER_HELP: &str = "\
Bounds of one limit to compare at, such as ttft_p95=1s,1500ms,2s

The other limits hold at all of them. Without this option, bounds from half to four times that of the limit that \
breaks first.";

/// The definition of the command.
pub(super) fn definition() -> Command {
    let factors = FACTORS.map(|factor| PossibleValue::new(factor.replace(' ', "_").leak() as &'static str));
    let price = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name("DOLLARS[@SOURCE]").help(help).long_help(PRICE_HELP).value_parser(price)
    };
    Command::new("compare")
        .about("Set two deployments, or two runs of one, against each other")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(common::path("a", "A").help("The report or folder that is compared to").required(true))
        .arg(common::path("b", "B").help("The report or folder that is compared").required(true))
        .arg(
            Arg::new("factor")
                .long("factor")
                .value_name("NAME")
                .help("What the comparison is about; warns when anything else differs")
                .value_parser(PossibleValuesParser::new(factors)),
        )
        .args([common::slo(), common::limit()])
        .arg(
            Arg::new("at")
                .long("at")
                .value_name("LOAD")
                .help("The load of each side at which its cost is computed")
                .value_parser(PossibleValuesParser::new([
                    PossibleValue::new("breaking").help("the breaking load, read between two levels"),
                    PossibleValue::new("passing").help("the highest measured load at which every limit held"),
                ]))
                .default_value("breaking"),
        )
        .arg(
            Arg::new("over")
                .long("over")
                .value_name("SUBJECT=BOUNDS")
                .help("Bounds of one limit to compare at, such as ttft_p95=1s,1500ms,2s")
                .long_help(OVER_HELP)
                .value_parser(over),
        )
        .args([price("price-a", "Dollars per hour of one replica of A"), price("price-b", "The same of B")])
        .args([common::deployments(), common::text_or_json(), common::color()])
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Compare {
    let side = |id| path_of(given, id).unwrap_or_default();
    let price = |id| given.get_one::<Price>(id).cloned();
    let passing = given.get_one::<String>("at").is_some_and(|at| at == "passing");
    Compare {
        sides: [side("a"), side("b")],
        slo: slo_of(given),
        factor: given.get_one::<String>("factor").map(|factor| factor.replace('_', " ")),
        rule: if passing { LoadRule::LastPassingLevel } else { LoadRule::Interpolated },
        over: given.get_one::<Over>("over").cloned(),
        prices: [price("price-a"), price("price-b")],
        deployments: path_of(given, "deployments"),
        format: text_or_json_of(given),
        color: color_of(given),
    }
}

/// Reads `0.85` or `0.85@source`.
pub(super) fn price(text: &str) -> Result<Price, String> {
    let (dollars, source) = text.split_once('@').unwrap_or((text, "command line"));
    let dollars = dollars.trim().trim_start_matches('$');
    match dollars.parse::<f64>() {
        Ok(per_hour) if per_hour.is_finite() && per_hour > 0.0 => Ok(Price {
            per_hour: DollarsPerHour(per_hour),
            source: Some(source.trim().to_owned()).filter(|source| !source.is_empty()),
            region: None,
            date: None,
        }),
        _ => Err(format!("expected dollars per hour above zero, for example 0.85; found `{dollars}`")),
    }
}

/// Reads `ttft_p95=1s,1500ms`: each bound is written as in a limit.
fn over(text: &str) -> Result<Over, String> {
    let (subject, bounds) =
        text.split_once('=').ok_or("expected `subject=bounds`, for example `ttft_p95=1s,1500ms,2s`")?;
    let limits = bounds.split(',').map(|bound| parse_limit(&format!("{subject}={}", bound.trim())));
    let limits = limits.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let subject = limits.first().map(|limit| limit.subject).ok_or("expected at least one bound")?;
    let mut bounds: Vec<f64> = limits.iter().map(|limit| limit.bound).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    Ok(Over { subject, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_keep_their_source() {
        for (text, expected) in [
            ("0.85", Some((0.85, Some("command line")))),
            ("$4.60@AWS list, us-east-1", Some((4.6, Some("AWS list, us-east-1")))),
            ("1@", Some((1.0, None))),
            ("0", None),
            ("-1", None),
            ("cheap", None),
        ] {
            let read = price(text).ok();
            let read = read.as_ref().map(|price| (price.per_hour.0, price.source.as_deref()));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn bounds_are_those_of_a_limit() {
        let read = over("ttft_p95=2s, 1s,1500ms").unwrap();
        assert_eq!((read.subject.id().as_str(), read.bounds), ("ttft_p95", vec![1000.0, 1500.0, 2000.0]));
        for text in ["ttft_p95", "ttft_p95=", "ttft_p95=1", "nonsense=1s"] {
            assert!(over(text).is_err(), "{text}");
        }
    }
}
