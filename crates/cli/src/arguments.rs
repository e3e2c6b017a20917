//! The command line: one definition, from which the parser, the help texts, the shell completions and
//! the man page are made.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, ValueHint, value_parser};
use clap_complete::Shell;
use headroom_engine::slo::{DEFAULT_SLO, Limit, LimitError, Slo, parse_limit, preset, presets};

/// What the user asked for.
pub(crate) enum Request {
    /// Judge reports.
    Analyze(Analyze),
    /// List the service levels.
    Slos(Format, Color),
    /// Print completions for a shell.
    Completions(Shell),
    /// Print the manual page of the program or of one command.
    Man(Option<String>),
}

/// What `headroom analyze` works on.
pub(crate) struct Analyze {
    /// Files, folders, or `-` for standard input, as typed.
    pub(crate) inputs: Vec<PathBuf>,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// Facts that the reports do not carry.
    pub(crate) deployments: Option<PathBuf>,
    /// How to answer.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets, one row per level.
    Csv,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json, Self::Csv]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("for people: verdict, table of levels, findings, provenance"),
            Self::Json => PossibleValue::new("json").help("for programs: everything, unrounded"),
            Self::Csv => PossibleValue::new("csv").help("for spreadsheets: one row per level, unrounded"),
        })
    }
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto").help("on a terminal, unless NO_COLOR is set"),
            Self::Always => PossibleValue::new("always"),
            Self::Never => PossibleValue::new("never"),
        })
    }
}

const ANALYZE_ABOUT: &str = "\
Read benchmark reports and say how much load each deployment holds

For every run in the reports: the load at which the first limit breaks, with its 95 % interval and the \
limit that breaks; every measured level with what it passes and fails; what weakens the answer and what \
to measure next; and where every number comes from.";

const ANALYZE_EXAMPLES: &str = "\
Examples:
  headroom analyze benchmarks.json
      Judge a GuideLLM report by the default service level.
  headroom analyze results/ --slo conversational
      Judge every report below a folder by another preset (`headroom slos` lists them).
  headroom analyze a.json b.json --limit ttft_p95=1500ms --limit error_rate=1%
      Judge by limits of your own.
  zstdcat benchmarks.json.zst | headroom analyze - --format json | jq '.runs[].verdict'
      Use it in a pipeline.

Exit status: 0 when at least one run was analysed, 2 when nothing could be read.";

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

/// The definition of the command line.
pub(crate) fn command() -> Command {
    let format = Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(value_parser!(Format))
        .default_value("text");
    let color =
        Arg::new("color").long("color").value_name("WHEN").value_parser(value_parser!(Color)).default_value("auto");
    let color = color.help("When to use colours");
    let preset_names = presets().into_iter().map(|slo| PossibleValue::new(leak(slo.id)).help(leak(slo.name)));

    let analyze = Command::new("analyze")
        .about("Read benchmark reports and say how much load each deployment holds")
        .long_about(ANALYZE_ABOUT)
        .after_long_help(ANALYZE_EXAMPLES)
        .arg(
            Arg::new("inputs")
                .value_name("FILE")
                .help("Reports, folders of reports, or - for standard input")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::AnyPath)
                .num_args(1..)
                .required(true),
        )
        .arg(
            Arg::new("slo")
                .long("slo")
                .value_name("PRESET")
                .help("The service level to judge by")
                .long_help("The service level to judge by; `headroom slos` shows the limits and the source of each")
                .value_parser(clap::builder::PossibleValuesParser::new(preset_names))
                .default_value(DEFAULT_SLO)
                .hide_possible_values(true)
                .conflicts_with("limit"),
        )
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("SUBJECT=BOUND")
                .help("A limit of your own instead of a preset, such as ttft_p95=1000ms; repeatable")
                .long_help(LIMIT_HELP)
                .value_parser(limit)
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("deployments")
                .long("deployments")
                .value_name("YAML")
                .help("Facts that reports do not carry: quantization, hardware, price")
                .long_help(DEPLOYMENTS_HELP)
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath),
        )
        .arg(format.clone().help("How to answer"))
        .arg(color.clone());

    let slos = Command::new("slos")
        .about("List the built-in service levels with their limits and sources")
        .arg(format.help("How to answer").value_parser(clap::builder::PossibleValuesParser::new(["text", "json"])))
        .arg(color);

    let completions = Command::new("completions")
        .about("Print shell completions")
        .after_help("Example: headroom completions bash > ~/.local/share/bash-completion/completions/headroom")
        .arg(Arg::new("shell").value_name("SHELL").value_parser(value_parser!(Shell)).required(true));

    let man = Command::new("man")
        .about("Print the manual page of headroom or of one of its commands")
        .after_help("Example: headroom man analyze | man -l -")
        .arg(Arg::new("page").value_name("COMMAND").value_parser(["analyze", "slos", "completions", "man"]));

    Command::new("headroom")
        .version(env!("CARGO_PKG_VERSION"))
        .about("How much load an LLM deployment holds before it breaks, read from benchmark reports")
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([analyze, slos, completions, man])
}

/// Reads the process's arguments; ends the process with a message and status 2 when they are wrong.
pub(crate) fn parse() -> Request {
    let mut command = command();
    let matches = command.get_matches_mut();
    match matches.subcommand() {
        Some(("analyze", given)) => Request::Analyze(analyze(given)),
        Some(("slos", given)) => {
            let json = given.get_one::<String>("format").is_some_and(|format| format == "json");
            Request::Slos(if json { Format::Json } else { Format::Text }, color_of(given))
        }
        Some(("completions", given)) => Request::Completions(given.get_one("shell").copied().unwrap_or(Shell::Bash)),
        Some(("man", given)) => Request::Man(given.get_one::<String>("page").cloned()),
        // clap refuses a missing command itself.
        _ => command.error(clap::error::ErrorKind::MissingSubcommand, "expected a command").exit(),
    }
}

fn analyze(given: &ArgMatches) -> Analyze {
    let limits: Vec<Limit> = given.get_many("limit").into_iter().flatten().copied().collect();
    let id = given.get_one::<String>("slo").map_or(DEFAULT_SLO, String::as_str);
    let named = if limits.is_empty() { preset(id) } else { None };
    Analyze {
        inputs: given.get_many("inputs").into_iter().flatten().cloned().collect(),
        slo: named.unwrap_or_else(|| Slo::custom(limits)),
        deployments: given.get_one::<PathBuf>("deployments").cloned(),
        format: given.get_one("format").copied().unwrap_or(Format::Text),
        color: color_of(given),
    }
}

fn color_of(given: &ArgMatches) -> Color {
    given.get_one("color").copied().unwrap_or(Color::Auto)
}

fn limit(text: &str) -> Result<Limit, LimitError> {
    parse_limit(text)
}

/// clap keeps names for as long as the process lives; there are a few dozen, made once.
fn leak(text: String) -> &'static str {
    text.leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_preset_is_accepted() {
        for slo in presets() {
            let arguments = ["headroom", "analyze", "--slo", &slo.id, "x.json"];
            let matches = command().try_get_matches_from(arguments).unwrap();
            let (_, given) = matches.subcommand().unwrap();
            assert_eq!(analyze(given).slo, slo);
        }
    }

    #[test]
    fn limits_replace_the_preset() {
        let arguments = ["headroom", "analyze", "x.json", "--limit", "ttft_p95=1s", "--limit", "error_rate=1%"];
        let matches = command().try_get_matches_from(arguments).unwrap();
        let slo = analyze(matches.subcommand().unwrap().1).slo;
        let limits: Vec<String> = slo.limits.iter().map(Limit::expression).collect();
        assert_eq!(
            (slo.id.as_str(), limits),
            ("custom", vec!["ttft_p95=1000ms".to_owned(), "error_rate=0.01".to_owned()])
        );
    }
}
