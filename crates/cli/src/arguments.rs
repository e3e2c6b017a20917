//! The command line: one definition, from which the parser, the help texts, the shell completions and
//! the man page are made.

mod analyze;
mod bench;
mod check;
mod common;
mod compare;
mod history;
mod next;
mod planning;
mod push;
mod rules;

use clap::builder::PossibleValue;
use clap::{Arg, Command, ValueEnum, value_parser};
use clap_complete::Shell;

pub(crate) use analyze::Analyze;
pub(crate) use bench::{Bench, Profile, Tool};
pub(crate) use check::Check;
pub(crate) use compare::{Compare, Over};
pub(crate) use history::History;
pub(crate) use next::Next;
pub(crate) use push::Push;
pub(crate) use rules::{Rules, RulesFormat, Server};

/// What the user asked for.
pub(crate) enum Request {
    /// Judge reports.
    Analyze(Analyze),
    /// Compare two deployments.
    Compare(Box<Compare>),
    /// Follow deployments over time.
    History(History),
    /// Answer a pipeline with an exit status.
    Check(Box<Check>),
    /// Say what to measure next.
    Next(Box<Next>),
    /// Measure.
    Bench(Box<Bench>),
    /// Send reports to a data source.
    Push(Box<Push>),
    /// Write alert and scaling rules from verdicts.
    Rules(Box<Rules>),
    /// List the service levels.
    Slos(Format, Color),
    /// Print completions for a shell.
    Completions(Shell),
    /// Print the manual page of the program or of one command.
    Man(Option<String>),
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

/// The commands, in the order in which they are listed.
const COMMANDS: [&str; 11] =
    ["analyze", "compare", "history", "check", "next", "bench", "push", "rules", "slos", "completions", "man"];

/// The definition of the command line.
pub(crate) fn command() -> Command {
    let slos = Command::new("slos")
        .about("List the built-in service levels with their limits and sources")
        .args([common::text_or_json(), common::color()]);

    let completions = Command::new("completions")
        .about("Print shell completions")
        .after_help("Example: headroom completions bash > ~/.local/share/bash-completion/completions/headroom")
        .arg(Arg::new("shell").value_name("SHELL").value_parser(value_parser!(Shell)).required(true));

    let man = Command::new("man")
        .about("Print the manual page of headroom or of one of its commands")
        .after_help("Example: headroom man analyze | man -l -")
        .arg(Arg::new("page").value_name("COMMAND").value_parser(COMMANDS));

    Command::new("headroom")
        .version(env!("CARGO_PKG_VERSION"))
        .about("How much load an LLM deployment holds before it breaks, read from benchmark reports")
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([
            analyze::definition(),
            compare::definition(),
            history::definition(),
            check::definition(),
            next::definition(),
            bench::definition(),
            push::definition(),
            rules::definition(),
            slos,
            completions,
            man,
        ])
}

/// Reads the process's arguments; ends the process with a message and status 2 when they are wrong.
pub(crate) fn parse() -> Request {
    let mut command = command();
    let matches = command.get_matches_mut();
    match matches.subcommand() {
        Some(("analyze", given)) => Request::Analyze(analyze::request(given)),
        Some(("compare", given)) => Request::Compare(Box::new(compare::request(given))),
        Some(("history", given)) => Request::History(history::request(given)),
        Some(("check", given)) => Request::Check(Box::new(check::request(given))),
        Some(("next", given)) => Request::Next(Box::new(next::request(given))),
        Some(("bench", given)) => Request::Bench(Box::new(bench::request(given))),
        Some(("push", given)) => Request::Push(Box::new(push::request(given))),
        Some(("rules", given)) => Request::Rules(Box::new(rules::request(given))),
        Some(("slos", given)) => Request::Slos(common::text_or_json_of(given), common::color_of(given)),
        Some(("completions", given)) => Request::Completions(given.get_one("shell").copied().unwrap_or(Shell::Bash)),
        Some(("man", given)) => Request::Man(given.get_one::<String>("page").cloned()),
        // clap itself rejects a missing command.
        _ => command.error(clap::error::ErrorKind::MissingSubcommand, "expected a command").exit(),
    }
}

#[cfg(test)]
mod tests {
    use headroom_engine::slo::{Limit, presets};

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        let command = command();
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        assert_eq!(names, COMMANDS);
        command.debug_assert();
    }

    #[test]
    fn every_preset_is_accepted() {
        for slo in presets() {
            let arguments = ["headroom", "analyze", "--slo", &slo.id, "x.json"];
            let matches = command().try_get_matches_from(arguments).unwrap();
            let (_, given) = matches.subcommand().unwrap();
            assert_eq!(analyze::request(given).slo, slo);
        }
    }

    #[test]
    fn limits_replace_the_preset() {
        let arguments = ["headroom", "analyze", "x.json", "--limit", "ttft_p95=1s", "--limit", "error_rate=1%"];
        let matches = command().try_get_matches_from(arguments).unwrap();
        let slo = analyze::request(matches.subcommand().unwrap().1).slo;
        let limits: Vec<String> = slo.limits.iter().map(Limit::expression).collect();
        assert_eq!(
            (slo.id.as_str(), limits),
            ("custom", vec!["ttft_p95=1000ms".to_owned(), "error_rate=0.01".to_owned()])
        );
    }
}
