//! From the benchmarks of a GuideLLM report to runs: one run for each load model with a curve.

use headroom_engine::display;
use headroom_engine::level::{Distribution, Level, Rates, Requests, Server};
use headroom_engine::run::{Arrivals, Known, LoadModel, OffCurve, ToolConclusion};

use super::benchmark::{Benchmark, Strategy};
use super::metrics::Metrics;
use super::{Document, TOOL};
use crate::curve::{self, Placed};
use crate::format::Report;
use crate::hints;
use crate::problem::{Code, Problem};
use crate::{steps, time, timing};

/// The load that a benchmark offered.
enum Offer {
    /// A fixed number of concurrent streams.
    Concurrent(f64),
    /// One request after the other.
    Synchronous,
    /// Arrivals at a rate per second.
    Rate(Arrivals, f64),
    /// Everything at once, or as recorded: there is no single load.
    OffCurve(String),
}

impl Offer {
    /// The load model of the curve that the level belongs to, and its load.
    fn on_curve(&self) -> Option<(LoadModel, f64)> {
        match self {
            Self::Concurrent(streams) => Some((LoadModel::Closed, *streams)),
            Self::Synchronous => Some((LoadModel::Closed, 1.0)),
            Self::Rate(arrivals, rate) => Some((LoadModel::Open(*arrivals), *rate)),
            Self::OffCurve(_) => None,
        }
    }
}

/// Creates the runs of a document. `whole`: the document was read to its end.
pub(super) fn runs(document: Document, whole: bool, report: &mut Report<'_>) {
    let Document { version, model, shape, mut labels, benchmarks, conclusions, begun, .. } = document;
    let model = known_model(model, &benchmarks);
    let shape = shape.or_else(|| benchmarks.iter().find_map(|benchmark| benchmark.shape.clone()));
    for benchmark in &benchmarks {
        for label in &benchmark.labels {
            if !labels.iter().any(|(key, _)| *key == label.0) {
                labels.push(label.clone());
            }
        }
    }
    labels.sort();

    let (mut concurrent, mut synchronous) = (Vec::new(), Vec::new());
    let (mut constant, mut poisson) = (Vec::new(), Vec::new());
    let mut off_curve = Vec::new();
    let mut attained: Vec<(LoadModel, ToolConclusion)> = Vec::new();
    for benchmark in benchmarks {
        let Some(offer) = offer(&benchmark.path, &benchmark.strategy, report) else { continue };
        let path = benchmark.path.clone();
        if let Some(of) = offer.on_curve() {
            let attainment = benchmark.metrics.as_ref().map(|metrics| metrics.attainment).unwrap_or_default();
            let told = benchmark.objectives.told(attainment, of.1);
            attained.extend(told.map(|told| (of.0, told)));
        }
        let Some(mut level) = level(benchmark, report) else { continue };
        match offer {
            Offer::Concurrent(streams) => {
                level.load = streams;
                concurrent.push(Placed { strategy: "concurrent", path, level });
            }
            Offer::Synchronous => {
                level.load = 1.0;
                synchronous.push(Placed { strategy: "synchronous", path, level });
            }
            Offer::Rate(arrivals, rate) => {
                level.load = rate;
                let (levels, strategy) = match arrivals {
                    Arrivals::Constant => (&mut constant, "constant"),
                    Arrivals::Poisson => (&mut poisson, "poisson"),
                };
                levels.push(Placed { strategy, path, level });
            }
            Offer::OffCurve(strategy) => {
                // A burst has no offered load; the concurrency that it reached is the closest to one.
                level.load = level.concurrency.unwrap_or(0.0);
                off_curve.push(OffCurve { strategy, level });
            }
        }
    }
    // One stream is the first level of a closed loop. In an open-loop sweep it is only the baseline that the tool
    // measures before it chooses rates.
    if concurrent.is_empty() && !(constant.is_empty() && poisson.is_empty()) {
        off_curve.extend(
            synchronous.drain(..).map(|placed| OffCurve { strategy: placed.strategy.to_owned(), level: placed.level }),
        );
    }
    concurrent.append(&mut synchronous);

    let groups = [
        (LoadModel::Closed, concurrent),
        (LoadModel::Open(Arrivals::Constant), constant),
        (LoadModel::Open(Arrivals::Poisson), poisson),
    ];
    let before = report.runs.len();
    for (load_model, levels) in groups {
        if levels.is_empty() {
            continue;
        }
        let mut run = curve::empty_run(load_model);
        TOOL.clone_into(&mut run.provenance.tool);
        run.provenance.tool_version.clone_from(&version);
        run.provenance.labels.clone_from(&labels);
        run.deployment = hints::deployment(model.clone(), &labels, report.source);
        // A burst belongs to the deployment, whichever curve it is shown with.
        run.off_curve.clone_from(&off_curve);
        let here = |(of, told): &(LoadModel, ToolConclusion)| (*of == load_model).then(|| told.clone());
        run.provenance.conclusions = conclusions.iter().cloned().chain(attained.iter().filter_map(here)).collect();
        curve::place(&mut run, levels, report.source, &mut report.problems);
        run.workload = curve::workload(&run.levels, shape.clone());
        curve::span(&mut run);
        report.runs.push(run);
    }
    if report.runs.len() == before && whole {
        let message = if off_curve.is_empty() {
            format!(
                "expected at least one benchmark with a load and its metrics; found none in {begun}. Run GuideLLM with \
                 a profile such as concurrent, and give its JSON output."
            )
        } else {
            format!(
                "expected levels at a load; found only {}. That is what the server gave when everything was sent at once, \
                 and no load that it holds: run GuideLLM with the profile concurrent, constant, poisson or sweep.",
                off_curve.iter().map(beside_the_curve).collect::<Vec<_>>().join(", ")
            )
        };
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::NoLevels,
            path: Some("benchmarks".to_owned()),
            message,
        });
    }
}

/// The tool's name for a level that is off the curve, with its rates.
fn beside_the_curve(off: &OffCurve) -> String {
    let Rates { requests, output_tokens, .. } = off.level.rates;
    let rates = [(requests, "req/s"), (output_tokens, "output tok/s")];
    let told: Vec<String> =
        rates.into_iter().filter_map(|(rate, unit)| Some(format!("{} {unit}", display::rate(rate?)))).collect();
    if told.is_empty() {
        format!("`{}`", off.strategy)
    } else {
        format!("`{}` with {}", off.strategy, told.join(" and "))
    }
}

/// The model, from the most reliable place that has it.
fn known_model(model: Option<String>, benchmarks: &[Benchmark]) -> Option<Known<String>> {
    let stated = benchmarks.iter().find_map(|benchmark| benchmark.model.clone()).or(model);
    let from = |source: &str| {
        let source = source.to_owned();
        move |value| Known { value, source }
    };
    stated
        .map(from("report"))
        .or_else(|| benchmarks.iter().find_map(|benchmark| benchmark.requested_model.clone()).map(from("request body")))
}

/// The offered load; `None`, with a problem, if it is missing.
fn offer(path: &str, strategy: &Strategy, report: &mut Report<'_>) -> Option<Offer> {
    let mut problem = |code, at: &str, message| {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code,
            path: Some(if strategy.parent.is_empty() {
                format!("{path}.{at}")
            } else {
                format!("{path}.{}.{at}", strategy.parent)
            }),
            message,
        });
    };
    let Some(kind) = strategy.kind.as_deref() else {
        problem(
            Code::MissingValue,
            "strategy.type_",
            "expected the load strategy of the benchmark; found none. The level is left out: check that the file is an \
             unchanged GuideLLM report."
                .to_owned(),
        );
        return None;
    };
    let positive = |load: Option<f64>| load.filter(|&load| load > 0.0);
    let mut needed = |load: Option<f64>, key: &str, what: &str| {
        if load.is_none() {
            problem(
                Code::MissingValue,
                &format!("strategy.{key}"),
                format!(
                    "expected {what} above 0 for the strategy `{kind}`; found none. The level is left out, because its \
                     load is not known: run it again."
                ),
            );
        }
        load
    };
    match kind {
        "synchronous" => Some(Offer::Synchronous),
        "concurrent" => needed(positive(strategy.streams), "streams", "a number of streams").map(Offer::Concurrent),
        "constant" => {
            needed(positive(strategy.rate), "rate", "a rate").map(|rate| Offer::Rate(Arrivals::Constant, rate))
        }
        "poisson" => needed(positive(strategy.rate), "rate", "a rate").map(|rate| Offer::Rate(Arrivals::Poisson, rate)),
        "throughput" | "replay" => Some(Offer::OffCurve(kind.to_owned())),
        other => {
            problem(
                Code::UnknownStrategy,
                "strategy.type_",
                format!(
                    "expected synchronous, concurrent, constant, poisson, throughput or replay; found `{other}`. Its \
                     level is kept beside the curve, because its load is not known."
                ),
            );
            Some(Offer::OffCurve(other.to_owned()))
        }
    }
}

/// The level of a benchmark, without its load; `None`, with a problem, if it has no metrics.
fn level(benchmark: Benchmark, report: &mut Report<'_>) -> Option<Level> {
    let Benchmark { path, totals, metrics, rows, start_s, end_s, duration_s, warnings, .. } = benchmark;
    let mut missing = |at: &str, message: &str| {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::MissingValue,
            path: Some(format!("{path}.{at}")),
            message: message.to_owned(),
        });
    };
    let Some(metrics) = metrics else {
        missing(
            "metrics",
            "expected the metrics of the benchmark; found none. The level is left out: check that the file is an \
             unchanged GuideLLM report.",
        );
        return None;
    };
    let requests = totals.unwrap_or_else(|| {
        missing(
            "metrics.request_totals",
            "expected how many requests succeeded, failed and were cut off; found nothing. Successful ones are counted \
             from the latencies, the others are not known: check that the file is an unchanged GuideLLM report.",
        );
        Requests { ok: metrics.e2e.as_ref().map_or(0, |e2e| e2e.count), ..Requests::default() }
    });
    if duration_s.is_none() {
        missing(
            "duration",
            "expected the duration of the benchmark in seconds; found none. Rates of this level are not known: check \
             that the file is an unchanged GuideLLM report.",
        );
    }
    let rates = rates(&metrics, requests.ok, duration_s);
    let Metrics { concurrency, e2e, ttft, tpot, itl, prompt, output, rates: reported, .. } = metrics;
    let per_request = |distribution: Option<Distribution>| {
        distribution.filter(|_| requests.ok > 0).map(|mut distribution| {
            // The count is weighted by tokens from 0.4 on, and missing in a report without counts.
            distribution.count =
                if distribution.count == 0 { requests.ok } else { distribution.count.min(requests.ok) };
            distribution
        })
    };
    let mut level = Level {
        load: 0.0,
        asked_load: None,
        concurrency,
        duration_s,
        started_ms: start_s.and_then(time::milliseconds),
        ended_ms: end_s.and_then(time::milliseconds),
        requests,
        reported,
        rates,
        prompt_tokens: prompt.map(|tokens| tokens.mean),
        output_tokens: output.map(|tokens| tokens.mean),
        ttft: per_request(ttft),
        itl: per_request(itl),
        tpot: per_request(tpot),
        e2e: per_request(e2e),
        samples: rows.samples(requests.ok, start_s),
        tool_warnings: warnings,
        server: Server::default(),
    };
    timing::settle(&mut level, Some(&path), report);
    Some(level)
}

/// Throughput from counts and duration, because the tool's own figures deviate from it. A level without a successful
/// request has a request rate of zero and no token rates.
fn rates(metrics: &Metrics, ok: u64, duration_s: Option<f64>) -> Rates {
    let Some(duration) = duration_s else { return Rates::default() };
    let prompt_tokens = metrics.prompt.and_then(|tokens| steps::ratio(tokens.sum, duration));
    let output_tokens = metrics.output.and_then(|tokens| steps::ratio(tokens.sum, duration));
    Rates {
        requests: steps::ratio(ok as f64, duration),
        prompt_tokens,
        output_tokens,
        total_tokens: prompt_tokens.zip(output_tokens).map(|(prompt, output)| prompt + output),
    }
}
