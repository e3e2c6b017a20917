//! Arguments of the commands that plan what to measure.

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches};
use headroom_engine::plan::{Goal, UNTIL_WIDTH};

const UNTIL_HELP: &str = "\
Stop when the 95 % interval is this share of the breaking load wide

Two runs of one deployment are taken to differ by 5 % (standard deviation), so 95 % of runs lie within a fifth. An interval that \
is narrower is one of this run alone.";

const FIRST_HELP: &str = "\
The load to begin with where nothing is measured: users, or requests per second

From there it doubles until a limit breaks. Begin higher where one user is far from what the deployment holds.";

/// `--until-width`.
fn until_width() -> Arg {
    Arg::new("until-width")
        .long("until-width")
        .value_name("PERCENT")
        .help("Stop when the 95 % interval is this share of the breaking load wide")
        .long_help(UNTIL_HELP)
        .default_value("20%")
        .value_parser(ValueParser::new(width))
}

/// `--first`.
fn first() -> Arg {
    Arg::new("first")
        .long("first")
        .value_name("LOAD")
        .help("The load to begin with where nothing is measured: users, or requests per second")
        .long_help(FIRST_HELP)
        .default_value("1")
        .value_parser(ValueParser::new(load))
}

/// `--max-load`.
fn most() -> Arg {
    Arg::new("max-load")
        .long("max-load")
        .value_name("LOAD")
        .help("The highest load that may be offered: users, or requests per second")
        .value_parser(ValueParser::new(load))
}

/// All of them.
pub(super) fn arguments() -> [Arg; 3] {
    [until_width(), first(), most()]
}

/// What they say.
pub(super) fn goal_of(given: &ArgMatches) -> Goal {
    Goal {
        until_width: given.get_one("until-width").copied().unwrap_or(UNTIL_WIDTH),
        first: given.get_one("first").copied().unwrap_or(1.0),
        most: given.get_one("max-load").copied(),
    }
}

fn width(text: &str) -> Result<f64, String> {
    match text.trim().trim_end_matches('%').trim().parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent > 0.0 => Ok(percent / 100.0),
        _ => Err(format!("expected a width in percent above zero, for example 20%; found `{text}`")),
    }
}

fn load(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(load) if load.is_finite() && load > 0.0 => Ok(load),
        _ => Err(format!("expected a load above zero: users, or requests per second; found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_planners() {
        let default = until_width();
        let [text] = default.get_default_values() else { panic!("one default") };
        assert_eq!(width(&text.to_string_lossy()), Ok(UNTIL_WIDTH));
    }

    #[test]
    fn numbers_are_read_with_their_bounds() {
        for (text, expected) in [("20%", Some(0.2)), ("12.5", Some(0.125)), ("0%", None), ("-1", None), ("inf", None)] {
            assert_eq!(width(text).ok(), expected, "{text}");
        }
        for (text, expected) in [("8", Some(8.0)), ("0.5", Some(0.5)), ("0", None), ("NaN", None), ("many", None)] {
            assert_eq!(load(text).ok(), expected, "{text}");
        }
    }
}
