//! Arguments that several commands share.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, ValueHint, value_parser};
use headroom_engine::slo::{DEFAULT_SLO, Limit, Slo, parse_limit, preset, presets};

use super::{Color, Format};

const DEPLOYMENTS_HELP: &str = "\
Facts that reports do not carry: quantization, hardware, price

A YAML file:

  deployments:
    - name: mistral-int4
      match: { path: \"int4/**\" }
      quantization: w4a16
      hardware: NVIDIA L4
      gpus: 1
      price: { dollars_per_hour: 0.85, source: AWS list, date: 2025-12-29 }

Without this option, a `deployments.yaml` in a folder that is analysed is used for that folder.";

const LIMIT_HELP: &str = "\
A limit of your own instead of a preset; repeat it for several

SUBJECT is ttft, itl, tpot or e2e with a statistic (mean, p50, p90, p95, p99), or error_rate. \
Latencies need a unit: ttft_p95=1000ms, e2e_p99=7s, error_rate=1%. All limits must hold.";

/// Reports or folders of reports, or `-`.
pub(super) fn inputs() -> Arg {
    path("inputs", "FILE").help("Reports, folders of reports, or - for standard input").num_args(1..).required(true)
}

/// A positional argument that is a path.
pub(super) fn path(id: &'static str, name: &'static str) -> Arg {
    Arg::new(id).value_name(name).value_parser(value_parser!(PathBuf)).value_hint(ValueHint::AnyPath)
}

/// `--slo`.
pub(super) fn slo() -> Arg {
    let preset_names = presets().into_iter().map(|slo| PossibleValue::new(leak(slo.id)).help(leak(slo.name)));
    Arg::new("slo")
        .long("slo")
        .value_name("PRESET")
        .help("The service level to judge by")
        .long_help("The service level to judge by; `headroom slos` shows the limits and the source of each")
        .value_parser(PossibleValuesParser::new(preset_names))
        .default_value(DEFAULT_SLO)
        .hide_possible_values(true)
        .conflicts_with("limit")
}

/// `--limit`.
pub(super) fn limit() -> Arg {
    Arg::new("limit")
        .long("limit")
        .value_name("SUBJECT=BOUND")
        .help("A limit of your own instead of a preset, such as ttft_p95=1000ms; repeatable")
        .long_help(LIMIT_HELP)
        .value_parser(parse_limit)
        .action(ArgAction::Append)
}

/// `--deployments`.
pub(super) fn deployments() -> Arg {
    path("deployments", "YAML")
        .long("deployments")
        .help("Facts that reports do not carry: quantization, hardware, price")
        .long_help(DEPLOYMENTS_HELP)
        .value_hint(ValueHint::FilePath)
}

/// `--format` with every way to answer.
pub(super) fn format() -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(value_parser!(Format))
        .default_value("text")
        .help("How to answer")
}

/// `--format` for commands without a table of levels.
pub(super) fn text_or_json() -> Arg {
    format().value_parser(PossibleValuesParser::new(["text", "json"]))
}

/// `--color`.
pub(super) fn color() -> Arg {
    Arg::new("color")
        .long("color")
        .value_name("WHEN")
        .value_parser(value_parser!(Color))
        .default_value("auto")
        .help("When to use colours")
}

/// The limits of `--limit`, else the preset of `--slo`.
pub(super) fn slo_of(given: &ArgMatches) -> Slo {
    let limits: Vec<Limit> = given.get_many("limit").into_iter().flatten().copied().collect();
    let id = given.get_one::<String>("slo").map_or(DEFAULT_SLO, String::as_str);
    let named = if limits.is_empty() { preset(id) } else { None };
    named.unwrap_or_else(|| Slo::custom(limits))
}

/// A path that may be missing.
pub(super) fn path_of(given: &ArgMatches, id: &str) -> Option<PathBuf> {
    given.get_one::<PathBuf>(id).cloned()
}

/// What `--color` says.
pub(super) fn color_of(given: &ArgMatches) -> Color {
    given.get_one("color").copied().unwrap_or(Color::Auto)
}

/// What [`text_or_json`] says.
pub(super) fn text_or_json_of(given: &ArgMatches) -> Format {
    let json = given.get_one::<String>("format").is_some_and(|format| format == "json");
    if json { Format::Json } else { Format::Text }
}

/// clap keeps names for the lifetime of the process; there are a few dozen, created once.
fn leak(text: String) -> &'static str {
    text.leak()
}
