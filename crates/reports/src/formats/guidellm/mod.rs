//! GuideLLM's JSON report, 0.2 to 0.8.
//!
//! In seven releases most values moved at least once, but no old path got a new meaning. So every path that a value
//! ever had is tried. `metadata.version` does not distinguish releases and is not used. Keys may come in any order:
//! `requests` comes before `duration` in every release, and after `jq -S` all keys are in alphabetical order.
//!
//! Differences from other tools:
//! * Inter-token latency is a request's mean gap between tokens, which vLLM calls TPOT.
//! * Time per output token excludes the time to first token up to 0.3 and includes it from
//!   0.4 on. It is kept as written and must not be compared across releases or tools.
//! * From 0.4 on both are weighted by tokens, and so is their `count`. A
//!   [`Distribution`](headroom_engine::level::Distribution) counts requests instead.
//! * Requests in flight include those that were cancelled at the end of a level, so the mean
//!   over all statuses is taken; that of the successful ones alone falls short of the load.

mod assemble;
mod benchmark;
mod conclusions;
mod csv;
mod html;
mod metrics;
mod page;
mod request_args;
mod rows;
mod shape;
mod slo;
mod yaml;

use headroom_engine::run::ToolConclusion;

use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::json::{JsonType, Parser, Stop};
use crate::limits;
use crate::problem::Code;
use crate::secrets;
use crate::sniff::Sniff;

pub(crate) use csv::CSV;
pub(crate) use html::HTML;
pub(crate) use page::PAGE;
pub(crate) use yaml::YAML;

/// The tool that runs of GuideLLM name, whatever the format.
const TOOL: &str = "guidellm";

pub(crate) const FORMAT: Format = Format {
    id: "guidellm_json",
    name: "GuideLLM JSON (0.2 to 0.8)",
    tool: TOOL,
    steps: Steps::Sweep,
    documentation: "`benchmarks.json`: everything, with the numbers of every request",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

/// The content of a document.
#[derive(Default)]
struct Document {
    version: Option<String>,
    model: Option<String>,
    shape: Option<String>,
    labels: Vec<(String, String)>,
    benchmarks: Vec<benchmark::Benchmark>,
    /// The conclusions of the profile, from 0.8 on.
    conclusions: Vec<ToolConclusion>,
    /// Number of requests whose own numbers were kept.
    requests: usize,
    /// Number of benchmarks that begin in the document, complete or not.
    begun: usize,
}

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.text("benchmarks[].type_") == Some("generative_benchmark")
        || sniff.has("metadata.guidellm_version")
        || sniff.has("benchmarks[].config.strategy")
        || sniff.has("benchmarks[].args.strategy")
        || (sniff.has("benchmarks[].metrics") && sniff.has("benchmarks[].requests"))
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let mut parser = Parser::new(input);
    let mut document = Document::default();
    let outcome = walk(&mut parser, &mut document).and_then(|()| parser.end());
    let stopped = outcome.err().map(|stop| parser.problem(&stop, report.source));
    report.problems.extend(parser.into_problems(report.source));
    assemble::runs(document, stopped.is_none(), report);
    report.problems.extend(stopped);
}

fn walk(parser: &mut Parser<'_, '_>, document: &mut Document) -> Result<(), Stop> {
    parser.object(|parser, key| {
        match key {
            "metadata" => {
                parser.object(|parser, key| {
                    if key == "guidellm_version" {
                        document.version = parser.name()?;
                    }
                    Ok(())
                })?;
            }
            // 0.4 to 0.6
            "args" => {
                parser.object(|parser, key| {
                    match key {
                        "model" => document.model = named(parser.scalar()?).or(document.model.take()),
                        "data" => document.shape = shape::read(parser)?,
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            // From 0.7 on
            "config" => {
                parser.object(|parser, key| match key {
                    "metadata" => labels(parser, &mut document.labels),
                    "spec" => spec(parser, document),
                    _ => Ok(()),
                })?;
            }
            "benchmarks" => {
                parser.array(|parser, index| {
                    document.begun = index + 1;
                    if index >= limits::LEVELS {
                        parser.note(Code::OutOfRange, limits::more_levels);
                        return parser.skip();
                    }
                    document.benchmarks.extend(benchmark::read(parser, &mut document.requests)?);
                    Ok(())
                })?;
            }
            // From 0.8 on
            "conclusions" => conclusions::read(parser, &mut document.conclusions)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(())
}

fn spec(parser: &mut Parser<'_, '_>, document: &mut Document) -> Result<(), Stop> {
    parser.object(|parser, key| {
        match key {
            "backend" => {
                parser.object(|parser, key| {
                    if key == "model" {
                        document.model = named(parser.scalar()?).or(document.model.take());
                    }
                    Ok(())
                })?;
            }
            "data" => document.shape = shape::read(parser)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(())
}

/// Reads the user's labels: free scalars, and those in a nested `labels`. Values that look like secrets are dropped.
fn labels(parser: &mut Parser<'_, '_>, into: &mut Vec<(String, String)>) -> Result<(), Stop> {
    parser.object(|parser, key| {
        if key == "labels" && parser.kind()? == JsonType::Object {
            return labels(parser, into);
        }
        if let Some(value) = parser.scalar()?
            && !secrets::is_secret(key, &value)
            && into.len() < limits::LABELS
        {
            into.push((key.to_owned(), value));
        }
        Ok(())
    })?;
    Ok(())
}

/// A name that is not empty: GuideLLM writes an empty one for a model that it finds itself.
fn named(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.trim().is_empty())
}
