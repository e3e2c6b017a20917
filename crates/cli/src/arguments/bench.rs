//! `headroom bench`: what it takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum, value_parser};
use headroom_base::{Secret, duration};
use headroom_engine::plan::{Budget, Goal};
use headroom_engine::run::Price;
use headroom_engine::slo::Slo;

use super::common::{self, color_of, path_of, slo_of};
use super::compare::price;
use super::planning::{self, goal_of};
use super::{Color, Format};

/// What `headroom bench` works on.
pub(crate) struct Bench {
    /// The server's address, without `/v1`.
    pub(crate) target: String,
    /// The model's name at the server.
    pub(crate) model: String,
    /// The folder for reports.
    pub(crate) out: PathBuf,
    /// What sends the requests.
    pub(crate) tool: Tool,
    /// Its program, where that is not the one in the path.
    pub(crate) program: Option<PathBuf>,
    /// Further arguments of the tool, as they are.
    pub(crate) extra: Vec<String>,
    /// How load is offered.
    pub(crate) profile: Profile,
    /// Tokens of a prompt.
    pub(crate) prompt_tokens: u32,
    /// Tokens of an answer.
    pub(crate) output_tokens: u32,
    /// The tokenizer's folder or name; the tool's own choice without it.
    pub(crate) tokenizer: Option<String>,
    /// How long an ordinary level lasts.
    pub(crate) level: Duration,
    /// The key of the server, from the environment.
    pub(crate) key: Option<Secret>,
    /// Where the server shows its metrics; `None` to ask for none.
    pub(crate) metrics: Option<String>,
    /// Trust any certificate.
    pub(crate) insecure: bool,
    /// What it may cost.
    pub(crate) budget: Budget,
    /// What a replica costs, where the command line says it.
    pub(crate) price: Option<Price>,
    /// Say what it would cost, and measure nothing.
    pub(crate) dry_run: bool,
    /// The limits to judge by.
    pub(crate) slo: Slo,
    /// When to stop, and where to begin.
    pub(crate) goal: Goal,
    /// Facts that the reports do not carry.
    pub(crate) deployments: Option<PathBuf>,
    /// How to write the verdict.
    pub(crate) format: Format,
    /// Whether to use colours.
    pub(crate) color: Color,
}

/// What sends the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// `guidellm run`, 0.8.
    GuideLlm,
    /// `vllm bench serve`.
    Vllm,
    /// `aiperf profile`, 0.13.
    AiPerf,
    /// `inference-perf`, 0.7.
    InferencePerf,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// A fixed number of users.
    Concurrent,
    /// Requests at random times.
    Poisson,
    /// Requests at even times.
    Constant,
}

impl ValueEnum for Tool {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::GuideLlm, Self::Vllm, Self::AiPerf, Self::InferencePerf]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.id()).help(match self {
            Self::GuideLlm => "guidellm run, 0.8",
            Self::Vllm => "vllm bench serve",
            Self::AiPerf => "aiperf profile, 0.13",
            Self::InferencePerf => "inference-perf, 0.7",
        }))
    }
}

impl Tool {
    /// Its name in arguments and file names.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::GuideLlm => "guidellm",
            Self::Vllm => "vllm",
            Self::AiPerf => "aiperf",
            Self::InferencePerf => "inference-perf",
        }
    }
}

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Concurrent, Self::Poisson, Self::Constant]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.id()).help(match self {
            Self::Concurrent => "users, each of whom waits for an answer before asking again",
            Self::Poisson => "requests per second, at random times",
            Self::Constant => "requests per second, at even times",
        }))
    }
}

impl Profile {
    /// Its name in arguments and file names.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Concurrent => "concurrent",
            Self::Poisson => "poisson",
            Self::Constant => "constant",
        }
    }

    /// The unit of its loads.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Concurrent => "users",
            Self::Poisson | Self::Constant => "req/s",
        }
    }
}

const ABOUT: &str = "\
Measure a deployment level by level until the answer is narrow enough

Runs a benchmark tool at one load after the other, reads each report, and asks for the load that narrows the answer most: double \
until a limit breaks, then close in. It stops when the interval is narrow enough or the budget is spent, and ends with what \
`headroom analyze` says of the folder. Stopped or killed, it goes on from the reports in the folder when it is called again; a level \
that was not finished is measured again.";

const EXAMPLES: &str = "\
Examples:
  headroom bench http://mistral:8000 --model mistral-3-int4 --out results/int4
      Find the load that holds, with GuideLLM and prompts of 512 and answers of 256 tokens.
  headroom bench http://mistral:8000 --model m --out results/rate --profile poisson --max-time 20m --price 0.85@list
      By requests per second, for twenty minutes at most.
  headroom bench http://mistral:8000 --model m --out results/q --tool aiperf --program ~/venv/bin/aiperf --dry-run
      What it would cost, and nothing measured.

The key of the server is taken from the environment variable HEADROOM_API_KEY, and stands in no log and no report.

Exit status: as of `headroom analyze`; 2, too, when the tool fails; 130 or 143 when it was stopped.";

const METRICS_HELP: &str = "\
Where the server shows its metrics, or `none`; without it TARGET/metrics

Queue and KV cache are taken along before, during and after every level and stand beside the report. A server that shows none is \
measured all the same.";

const MAX_LEVELS: &str = "16";

/// The definition of the command.
pub(super) fn definition() -> Command {
    let number = |id: &'static str, default: &'static str, help: &'static str| {
        Arg::new(id)
            .long(id)
            .value_name("TOKENS")
            .help(help)
            .default_value(default)
            .value_parser(value_parser!(u32).range(1..))
    };
    let most = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(name).help(help).value_parser(ValueParser::new(above_zero))
    };
    Command::new("bench")
        .about("Measure a deployment level by level until the answer is narrow enough")
        .long_about(ABOUT)
        .after_long_help(EXAMPLES)
        .arg(
            Arg::new("target")
                .value_name("TARGET")
                .required(true)
                .value_parser(target)
                .help("The server, such as http://mistral:8000"),
        )
        .arg(Arg::new("model").long("model").value_name("NAME").required(true).help("The model's name at the server"))
        .arg(common::path("out", "DIR").long("out").required(true).help("The folder for reports, one level a file"))
        .arg(
            Arg::new("tool")
                .long("tool")
                .value_name("TOOL")
                .default_value("guidellm")
                .value_parser(value_parser!(Tool))
                .help("What sends the requests"),
        )
        .arg(
            common::path("program", "PROGRAM")
                .long("program")
                .help("The tool's program, where it is not the one in the path"),
        )
        .arg(
            Arg::new("profile")
                .long("profile")
                .value_name("PROFILE")
                .default_value("concurrent")
                .value_parser(value_parser!(Profile))
                .help("How load is offered"),
        )
        .arg(number("prompt-tokens", "512", "Tokens of a prompt"))
        .arg(number("output-tokens", "256", "Tokens of an answer"))
        .arg(
            Arg::new("tokenizer")
                .long("tokenizer")
                .value_name("NAME")
                .help("The tokenizer's folder or name; the tool's own choice without it"),
        )
        .arg(
            Arg::new("level-time")
                .long("level-time")
                .value_name("DURATION")
                .default_value("60s")
                .value_parser(ValueParser::new(level_time))
                .help("How long an ordinary level lasts"),
        )
        .args(planning::arguments())
        .arg(
            Arg::new("max-time")
                .long("max-time")
                .value_name("DURATION")
                .value_parser(ValueParser::new(level_time))
                .help("The most time that it may take, such as 30m"),
        )
        .arg(most("max-tokens", "TOKENS", "The most tokens of prompts and answers"))
        .arg(most("max-dollars", "DOLLARS", "The most dollars; needs a price"))
        .arg(
            Arg::new("max-levels")
                .long("max-levels")
                .value_name("LEVELS")
                .default_value(MAX_LEVELS)
                .value_parser(value_parser!(u32).range(1..))
                .help("The most levels"),
        )
        .arg(
            Arg::new("price")
                .long("price")
                .value_name("DOLLARS[@SOURCE]")
                .value_parser(price)
                .help("Dollars per hour of one replica"),
        )
        .arg(
            Arg::new("metrics")
                .long("metrics")
                .value_name("URL")
                .help("Where the server shows its metrics, or none")
                .long_help(METRICS_HELP),
        )
        .arg(
            Arg::new("insecure")
                .long("insecure")
                .action(ArgAction::SetTrue)
                .help("Trust any certificate of the server"),
        )
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Say what it would cost, and measure nothing"),
        )
        .args([common::slo(), common::limit(), common::deployments(), common::format(), common::color()])
        .arg(
            Arg::new("extra")
                .value_name("ARGUMENT")
                .num_args(0..)
                .last(true)
                .help("Further arguments of the tool, after --"),
        )
}

/// The request that the parsed arguments make.
pub(super) fn request(given: &ArgMatches) -> Bench {
    let text = |id: &str| given.get_one::<String>(id).cloned();
    let number = |id: &str| given.get_one::<u32>(id).copied();
    let target = text("target").unwrap_or_default();
    let metrics = text("metrics").unwrap_or_else(|| format!("{target}/metrics"));
    let seconds = |id: &str| given.get_one::<Duration>(id).map(Duration::as_secs_f64);
    Bench {
        model: text("model").unwrap_or_default(),
        out: path_of(given, "out").unwrap_or_default(),
        tool: given.get_one("tool").copied().unwrap_or(Tool::GuideLlm),
        program: path_of(given, "program"),
        extra: given.get_many("extra").into_iter().flatten().cloned().collect(),
        profile: given.get_one("profile").copied().unwrap_or(Profile::Concurrent),
        prompt_tokens: number("prompt-tokens").unwrap_or(512),
        output_tokens: number("output-tokens").unwrap_or(256),
        tokenizer: text("tokenizer"),
        level: given.get_one("level-time").copied().unwrap_or(Duration::from_mins(1)),
        key: std::env::var("HEADROOM_API_KEY").ok().filter(|key| !key.is_empty()).map(Secret::new),
        metrics: Some(metrics).filter(|url| url != "none"),
        insecure: given.get_flag("insecure"),
        budget: Budget {
            seconds: seconds("max-time"),
            tokens: given.get_one("max-tokens").copied(),
            dollars: given.get_one("max-dollars").copied(),
            levels: number("max-levels"),
        },
        price: given.get_one::<Price>("price").cloned(),
        dry_run: given.get_flag("dry-run"),
        slo: slo_of(given),
        goal: goal_of(given),
        deployments: path_of(given, "deployments"),
        format: given.get_one("format").copied().unwrap_or(Format::Text),
        color: color_of(given),
        target,
    }
}

/// An address without what tools add themselves.
fn target(text: &str) -> Result<String, String> {
    let text = text.trim().trim_end_matches('/');
    let text = text.strip_suffix("/v1").unwrap_or(text);
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if host.contains('@') => {
            Err("expected an address without a user or a key: give the key in HEADROOM_API_KEY".to_owned())
        }
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err(format!("expected the address of a server, such as http://mistral:8000; found `{text}`")),
    }
}

fn level_time(text: &str) -> Result<Duration, String> {
    duration::parse(text)
        .filter(|length| *length >= Duration::from_secs(1))
        .ok_or_else(|| format!("expected a time of a second or more, such as 60s or 30m; found `{text}`"))
}

fn above_zero(text: &str) -> Result<f64, String> {
    match text.trim().trim_start_matches('$').parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err(format!("expected a number above zero; found `{text}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_servers() {
        for (text, expected) in [
            ("http://m:8000", Some("http://m:8000")),
            ("https://m.ns.svc:8000/v1/", Some("https://m.ns.svc:8000")),
            ("m:8000", None),
            ("http://", None),
            ("http://user:key@m", None),
        ] {
            assert_eq!(target(text).ok().as_deref(), expected, "{text}");
        }
    }
}
