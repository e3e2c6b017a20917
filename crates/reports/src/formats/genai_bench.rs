//! genai-bench 0.0.5: the file of one scenario and concurrency, with all requests.
//!
//! Latencies are in the unit that `_time_unit` at the end names, seconds by default; `run_duration` is always in
//! seconds. `tpot` is a request's mean gap between tokens, which a level calls inter-token latency. With
//! `--warmup-ratio` or `--cooldown-ratio` the statistics leave out the first and the last requests, but counts,
//! duration and the list of requests include them. So rates are computed from means and all requests, and the
//! percentiles do not match the list. Model, engine and GPUs are in `experiment_metadata.json` beside it. That file
//! also contains the whole command line, with its API key, of which nothing is kept.

use headroom_engine::level::{Level, Rates, Requests, Samples};
use headroom_engine::run::{Known, Run};

use crate::format::{Beside, Companion, CompanionName, Format, Report, Steps};
use crate::input::Input;
use crate::json::{Parser, Stop};
use crate::problem::Code;
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{document, hints, limits};

pub(crate) const FORMAT: Format = Format {
    id: "genai_bench",
    name: "genai-bench (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "the file of each scenario and concurrency, with `experiment_metadata.json` beside it for model and GPUs",
    recognises: |sniff| sniff.has("aggregated_metrics.num_concurrency") && sniff.has("aggregated_metrics.stats"),
    read,
    companions: &[Companion {
        recognises: |sniff: &Sniff<'_>| sniff.has("experiment_folder_name") && sniff.has("server_gpu_type"),
        what: "genai-bench's settings, which complete the reports beside them. Give the files with the names of the \
               scenarios",
    }],
    beside: &[Beside { name: CompanionName::Fixed(SETTINGS), apply: settings }],
};

const TOOL: &str = "genai-bench";
const SETTINGS: &str = "experiment_metadata.json";

/// The content of a file.
#[derive(Default)]
struct Document {
    aggregated: Option<Tree>,
    rows: Rows,
    unit: Option<String>,
}

/// The numbers of successful requests in the file's unit; NaN if a row lacks one.
#[derive(Default)]
struct Rows {
    ttft: Vec<f64>,
    itl: Vec<f64>,
    e2e: Vec<f64>,
    output_tokens: Vec<f64>,
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let mut parser = Parser::new(input);
    let mut document = Document::default();
    let outcome = walk(&mut parser, &mut document).and_then(|()| parser.end());
    let stopped = outcome.err().map(|stop| parser.problem(&stop, report.source));
    report.problems.extend(parser.into_problems(report.source));
    let whole = stopped.is_none();
    let step = step(document, report);
    steps::finish(step.into_iter().collect(), whole, report);
    report.problems.extend(stopped);
}

fn walk(parser: &mut Parser<'_, '_>, document: &mut Document) -> Result<(), Stop> {
    parser.object(|parser, key| {
        match key {
            "aggregated_metrics" => document.aggregated = Some(Tree::read(parser)?),
            "individual_request_metrics" => {
                parser.array(|parser, index| {
                    if index >= limits::REQUESTS {
                        parser.note(Code::OutOfRange, limits::more_requests);
                        return parser.skip();
                    }
                    row(parser, &mut document.rows)
                })?;
            }
            "_time_unit" => document.unit = parser.scalar()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(())
}

fn row(parser: &mut Parser<'_, '_>, rows: &mut Rows) -> Result<(), Stop> {
    let mut numbers = [f64::NAN; 4];
    let mut failed = false;
    let found = parser.object(|parser, key| {
        let slot = match key {
            "ttft" => 0,
            "tpot" => 1,
            "e2e_latency" => 2,
            "num_output_tokens" => 3,
            "error_code" => {
                failed = !Tree::read(parser)?.is_null();
                return Ok(());
            }
            _ => return Ok(()),
        };
        numbers[slot] = parser.number()?.unwrap_or(f64::NAN);
        Ok(())
    })?;
    if found && !failed {
        let [ttft, itl, e2e, tokens] = numbers;
        rows.ttft.push(ttft);
        rows.itl.push(itl);
        rows.e2e.push(e2e);
        rows.output_tokens.push(tokens);
    }
    Ok(())
}

fn step(document: Document, report: &mut Report<'_>) -> Option<Step> {
    const PATH: Option<&str> = Some("aggregated_metrics");
    let Document { aggregated, rows, unit } = document;
    // If the file ends before its summary, that is a problem already.
    let fields = aggregated?;
    let Some(ok) = fields.get("num_completed_requests").count() else {
        steps::unusable(report, PATH, "num_completed_requests", "the number of completed requests");
        return None;
    };
    if fields.get("iteration_type").text().is_some_and(|kind| kind != "num_concurrency") {
        steps::unusable(report, PATH, "iteration_type", "a sweep over `num_concurrency`, as for text");
        return None;
    }
    let Some(users) = fields.get("num_concurrency").positive() else {
        steps::unusable(report, PATH, "num_concurrency", "a concurrency above 0");
        return None;
    };
    let scale = if unit.as_deref() == Some("ms") { 1.0 } else { MS_PER_S };
    let stats = fields.get("stats");
    let tokens = |name: &str, what: &str| stats.get(name).get(what).number().filter(|_| ok > 0);
    let (prompt_tokens, output_tokens) = (tokens("num_input_tokens", "mean"), tokens("num_output_tokens", "mean"));
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let counted = counted(tokens("num_output_tokens", "sum"), output_tokens, ok);
    let latency = |name: &str| summary::nested(stats.get(name), scale, counted);
    let duration_s = fields.get("run_duration").positive();
    let mut level = Level {
        duration_s,
        requests: Requests { ok, errored: fields.get("num_error_requests").count().unwrap_or(0), incomplete: 0 },
        reported: Rates {
            requests: fields.get("requests_per_second").number(),
            output_tokens: fields.get("mean_output_throughput_tokens_per_s").number(),
            prompt_tokens: fields.get("mean_input_throughput_tokens_per_s").number(),
            total_tokens: fields.get("mean_total_tokens_throughput_tokens_per_s").number(),
        },
        rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
        prompt_tokens,
        output_tokens,
        ttft: latency("ttft"),
        itl: latency("tpot"),
        e2e: latency("e2e_latency"),
        samples: samples(rows, scale, ok).filter(|_| counted == ok),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    let mut step = Step::new(TOOL, Offer::Closed(users), level);
    step.shape = fields.get("scenario").text().map(str::to_owned);
    Some(step)
}

/// How many requests the statistics cover: the sum of a column divided by its mean. All requests if the file lacks one
/// of the two.
fn counted(sum: Option<f64>, mean: Option<f64>, ok: u64) -> u64 {
    let Some((sum, mean)) = sum.zip(mean).filter(|&(sum, mean)| sum > 0.0 && mean > 0.0) else { return ok };
    let count = (sum / mean).round().clamp(1.0, ok.max(1) as f64);
    // Between 1 and a count.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = count as u64;
    count.min(ok)
}

/// The requests, if all successful ones are in the file.
fn samples(rows: Rows, scale: f64, ok: u64) -> Option<Samples> {
    if ok == 0 || rows.e2e.len() as u64 != ok {
        return None;
    }
    let unknown = vec![f64::NAN; rows.e2e.len()];
    let scaled = |values: Vec<f64>| values.into_iter().map(|value| value * scale).collect();
    Some(Samples {
        // The tool writes no start times.
        start_s: unknown.clone(),
        ttft_ms: scaled(rows.ttft),
        itl_ms: scaled(rows.itl),
        tpot_ms: unknown,
        e2e_ms: scaled(rows.e2e),
        output_tokens: rows.output_tokens,
    })
}

/// Reads `experiment_metadata.json`: what was benchmarked, and on which hardware.
fn settings(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    if tree.get("experiment_folder_name").is_null() {
        return;
    }
    let known =
        |key: &str| tree.get(key).text().map(|value| Known { value: value.to_owned(), source: SETTINGS.to_owned() });
    run.provenance.tool_version = run.provenance.tool_version.take().or_else(|| tree.get("benchmark_version").scalar());
    if run.deployment.model.is_none()
        && let Some(model) = known("model").or_else(|| known("api_model_name"))
    {
        hints::name_model(run, model);
    }
    let deployment = &mut run.deployment;
    if let Some(gpu) = known("server_gpu_type") {
        deployment.hardware = Some(Known { value: hints::hardware_name(&gpu.value), ..gpu });
    }
    if let Some(gpus) = known("server_gpu_count")
        && let Ok(value) = gpus.value.parse()
        && value > 0
    {
        deployment.gpus = Some(Known { value, source: gpus.source });
    }
    if let Some(engine) = known("server_engine") {
        let value = match tree.get("server_version").text() {
            Some(version) => format!("{} {version}", engine.value),
            None => engine.value,
        };
        deployment.engine = Some(Known { value, source: engine.source });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::numbers::{Numbers, put, put_latency};
    use crate::recorded::{self, json, number};

    fn walk(path: &std::path::Path) -> Option<Vec<Numbers>> {
        let v = json(path);
        let v = v.get("aggregated_metrics")?;
        let mut found = Numbers::new();
        let (ok, duration) = (number(v, "/num_completed_requests")?, number(v, "/run_duration")?);
        put(&mut found, "load", number(v, "/num_concurrency"));
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", number(v, "/num_error_requests"));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        let (prompt, output) =
            (number(v, "/stats/num_input_tokens/mean")?, number(v, "/stats/num_output_tokens/mean")?);
        put(&mut found, "prompt_tokens", Some(prompt));
        put(&mut found, "output_tokens", Some(output));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "rates.prompt", Some(prompt * ok / duration));
        put(&mut found, "rates.output", Some(output * ok / duration));
        put(&mut found, "rates.total", Some(prompt * ok / duration + output * ok / duration));
        for (ours, theirs) in [
            ("requests", "requests_per_second"),
            ("output", "mean_output_throughput_tokens_per_s"),
            ("prompt", "mean_input_throughput_tokens_per_s"),
            ("total", "mean_total_tokens_throughput_tokens_per_s"),
        ] {
            put(&mut found, &format!("reported.{ours}"), number(v, &format!("/{theirs}")));
        }
        for (ours, theirs) in [("ttft", "ttft"), ("itl", "tpot"), ("e2e", "e2e_latency")] {
            let statistics = v["stats"][theirs].as_object()?;
            put_latency(&mut found, ours, ok, 1000.0, statistics.iter().map(|(key, value)| (key.as_str(), value)));
        }
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        Some(vec![found])
    }

    #[test]
    fn recorded_steps_and_what_is_beside_them() {
        for reading in recorded::check(FORMAT.id, walk) {
            let run = &reading.runs[0];
            assert_eq!((run.provenance.tool.as_str(), run.provenance.tool_version.as_deref()), (TOOL, Some("0.0.5")));
            let known = &run.deployment;
            assert_eq!(known.model.as_ref().unwrap().value, "org/tiny-llama");
            assert_eq!(
                (known.hardware.as_ref().unwrap().value.as_str(), known.gpus.as_ref().unwrap().value),
                ("NVIDIA H100", 2)
            );
            assert_eq!(known.engine.as_ref().unwrap().value, "vLLM 0.11.0");
            assert_eq!(run.workload.shape.as_deref(), Some("D(64,24)"));
            assert!(!format!("{reading:?}").contains("--api-key"), "the command line is not kept");
            // Every request has its numbers, and the tool's percentiles match them.
            let level = &run.levels[0];
            let samples = level.samples.as_ref().unwrap();
            assert_eq!(samples.len() as u64, level.requests.ok);
            for (told, column) in
                [(&level.ttft, &samples.ttft_ms), (&level.itl, &samples.itl_ms), (&level.e2e, &samples.e2e_ms)]
            {
                assert!([0.5, 0.95].iter().all(|&q| recorded::agrees(told.as_ref().unwrap(), column, q, 1e-9)));
            }
        }
    }

    fn small(changes: &[(&str, Value)]) -> String {
        let mut v = serde_json::json!({ "num_concurrency": 2, "iteration_type": "num_concurrency", "run_duration": 2.0,
            "num_completed_requests": 1, "num_error_requests": 1, "stats": { "ttft": { "mean": 50.0 }, "num_output_tokens": { "sum": 8 } } });
        for (key, value) in changes {
            v[*key] = value.clone();
        }
        serde_json::json!({ "aggregated_metrics": v, "individual_request_metrics": [
            { "ttft": 50.0, "tpot": 10.0, "e2e_latency": 120.0, "num_output_tokens": 8, "error_code": null },
            { "ttft": null, "error_code": 500 } ], "_time_unit": "ms" })
        .to_string()
    }

    #[test]
    fn units_errors_and_what_is_no_step() {
        let reading = crate::read("a.json", small(&[]).as_bytes());
        let level = &reading.runs[0].levels[0];
        assert_eq!((level.ttft.as_ref().unwrap().mean, level.requests.ok, level.requests.errored), (Some(50.0), 1, 1));
        assert_eq!(level.samples.as_ref().unwrap().e2e_ms, [120.0]);
        for (key, value, told) in [
            ("iteration_type", Value::from("batch_size"), "missing_value aggregated_metrics.iteration_type"),
            ("num_concurrency", Value::from(0), "missing_value aggregated_metrics.num_concurrency"),
            ("num_completed_requests", Value::Null, "missing_value aggregated_metrics.num_completed_requests"),
        ] {
            let reading = crate::read("a.json", small(&[(key, value)]).as_bytes());
            let problem = &reading.problems[0];
            assert_eq!(format!("{} {}", problem.code.id(), problem.path.as_deref().unwrap()), told);
            assert!(reading.runs.is_empty());
        }
        let partial = small(&[("num_completed_requests", Value::from(2))]);
        let reading = crate::read("a.json", partial.as_bytes());
        assert_eq!(reading.runs[0].levels[0].samples, None, "some requests are no sample of all");
    }

    /// Ten requests of 8 tokens in 2 s, four of which the statistics leave out.
    #[test]
    fn warm_up_and_cool_down_are_in_the_rates_and_not_in_the_statistics() {
        let all: Vec<Value> = (0..10)
            .map(|_| serde_json::json!({ "ttft": 50.0, "tpot": 10.0, "e2e_latency": 120.0, "num_output_tokens": 8 }))
            .collect();
        let text = |of: u64| {
            let stats = serde_json::json!({ "ttft": { "mean": 50.0, "p95": 50.0 },
                "num_output_tokens": { "sum": 8 * of, "mean": 8.0 }, "num_input_tokens": { "sum": 100 * of, "mean": 100.0 } });
            serde_json::json!({ "aggregated_metrics": { "num_concurrency": 2, "run_duration": 2.0, "num_completed_requests": 10,
                "num_error_requests": 0, "stats": stats }, "individual_request_metrics": all, "_time_unit": "ms" })
            .to_string()
        };
        for (of, sampled) in [(10, true), (6, false)] {
            let level = crate::read("a.json", text(of).as_bytes()).runs.remove(0).levels.remove(0);
            assert_eq!((level.requests.ok, level.rates.requests), (10, Some(5.0)));
            assert_eq!((level.rates.output_tokens, level.rates.prompt_tokens), (Some(40.0), Some(500.0)));
            assert_eq!((level.ttft.as_ref().unwrap().count, level.samples.is_some()), (of, sampled));
        }
    }
}
