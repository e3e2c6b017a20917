//! One benchmark of a GuideLLM report: one load step.

use headroom_engine::level::Requests;

use super::metrics::{self, Metrics};
use super::rows::{self, Rows};
use super::slo::Objectives;
use super::{labels, named, request_args, shape};
use crate::json::{JsonType, Parser, Stop};
use crate::limits;
use crate::problem::Code;

/// One load step as written, in GuideLLM's units.
#[derive(Default)]
pub(super) struct Benchmark {
    /// Its place in the document, `benchmarks[3]`.
    pub(super) path: String,
    pub(super) strategy: Strategy,
    pub(super) model: Option<String>,
    /// The model named in a request. In 0.4 and 0.5 that is its only mention if the tool found the model itself.
    pub(super) requested_model: Option<String>,
    pub(super) shape: Option<String>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) totals: Option<Requests>,
    pub(super) metrics: Option<Metrics>,
    pub(super) rows: Rows,
    /// Start, seconds since the Unix epoch.
    pub(super) start_s: Option<f64>,
    pub(super) end_s: Option<f64>,
    pub(super) duration_s: Option<f64>,
    pub(super) warnings: Vec<String>,
    /// The latency objectives of requests, from 0.8 on.
    pub(super) objectives: Objectives,
}

/// How load was offered.
#[derive(Default)]
pub(super) struct Strategy {
    /// The key under which it was found, for messages.
    pub(super) parent: &'static str,
    pub(super) kind: Option<String>,
    pub(super) rate: Option<f64>,
    pub(super) streams: Option<f64>,
}

/// Reads a benchmark; `None`, with a problem, if there is none. `requests` counts the requests of the report whose own
/// numbers are kept.
pub(super) fn read(parser: &mut Parser<'_, '_>, requests: &mut usize) -> Result<Option<Benchmark>, Stop> {
    let mut benchmark = Benchmark { path: parser.path().unwrap_or_default(), ..Benchmark::default() };
    let mut request_args = None;
    let found = parser.object(|parser, key| {
        match key {
            // `args` up to 0.3, `config` from 0.4 on.
            "args" => {
                benchmark.strategy.parent = "args";
                config(parser, &mut benchmark)?;
            }
            "config" => {
                benchmark.strategy.parent = "config";
                config(parser, &mut benchmark)?;
            }
            "worker" => {
                parser.object(|parser, key| {
                    if key == "backend_model" {
                        benchmark.model = named(parser.scalar()?);
                    }
                    Ok(())
                })?;
            }
            "request_loader" => {
                parser.object(|parser, key| {
                    if key == "data" {
                        benchmark.shape = shape::read(parser)?;
                    }
                    Ok(())
                })?;
            }
            "extras" => labels(parser, &mut benchmark.labels)?,
            "metrics" => benchmark.metrics = metrics::read(parser)?,
            "request_totals" => benchmark.totals = metrics::totals(parser)?,
            "start_time" => benchmark.start_s = parser.number()?,
            "end_time" => benchmark.end_s = parser.number()?,
            "duration" => benchmark.duration_s = parser.number()?,
            "requests" => rows::read(parser, &mut benchmark.rows, &mut request_args, requests)?,
            "warnings" => warnings(parser, &mut benchmark.warnings)?,
            _ => {}
        }
        Ok(())
    })?;
    if !found {
        return Ok(None);
    }
    benchmark.requested_model = request_args.as_deref().and_then(request_args::model);
    if let Some(duration) = benchmark.duration_s
        && duration <= 0.0
    {
        benchmark.duration_s = None;
        parser.note(Code::OutOfRange, || {
            format!(
                "expected a duration above 0 seconds; found {duration}. Rates of this level are treated as not \
                 measured: run the benchmark again."
            )
        });
    }
    if benchmark.totals.is_none() {
        benchmark.totals = benchmark.metrics.as_ref().and_then(|metrics| metrics.totals);
    }
    Ok(Some(benchmark))
}

fn config(parser: &mut Parser<'_, '_>, benchmark: &mut Benchmark) -> Result<(), Stop> {
    parser.object(|parser, key| {
        match key {
            "strategy" => {
                parser.object(|parser, key| {
                    let strategy = &mut benchmark.strategy;
                    match key {
                        "type_" | "kind" => strategy.kind = parser.name()?,
                        "rate" => strategy.rate = parser.number()?,
                        "streams" => strategy.streams = parser.number()?,
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            "backend" if parser.kind()? == JsonType::Object => {
                parser.object(|parser, key| {
                    if key == "model" {
                        benchmark.model = named(parser.scalar()?);
                    }
                    Ok(())
                })?;
            }
            "slo" => benchmark.objectives = Objectives::read(parser)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(())
}

/// The tool's warnings about a level, from 0.8 on.
fn warnings(parser: &mut Parser<'_, '_>, into: &mut Vec<String>) -> Result<(), Stop> {
    parser.array(|parser, index| {
        if index >= limits::LABELS {
            return parser.skip();
        }
        let (mut code, mut message, mut note) = (None, None, None);
        parser.object(|parser, key| {
            match key {
                "code" => code = parser.name()?,
                "message" => message = parser.name()?,
                "note" => note = parser.name()?,
                _ => {}
            }
            Ok(())
        })?;
        let said = [message, note].into_iter().flatten().collect::<Vec<_>>().join(" ");
        match (code, said.is_empty()) {
            (Some(code), false) => into.push(format!("{code}: {said}")),
            (Some(code), true) => into.push(code),
            (None, false) => into.push(said),
            (None, true) => {}
        }
        Ok(())
    })?;
    Ok(())
}
