//! `sglang.bench_serving`: one JSON object per line, appended to the same file.
//!
//! An unlimited request rate is written as a bare `Infinity`. It contains no model, no date and no number of failures;
//! the model is taken from the server's own description if the benchmark got one from an SGLang server. `tpot` and
//! `itl` have the same meaning as for vLLM.

use headroom_engine::level::{Level, Rates, Requests};
use headroom_engine::run::Known;

use crate::flat::{self, Entry};
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::secrets;
use crate::sniff::Sniff;
use crate::steps::{self, Step};
use crate::{summary, timing};

/// The tool that these runs name.
const TOOL: &str = "sglang bench_serving";

pub(crate) const FORMAT: Format = Format {
    id: "sglang",
    name: "SGLang bench_serving (JSON lines)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "the file of `--output-file`, one load step a line",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.has_in_first("total_throughput") && sniff.has_in_first("mean_e2e_latency_ms")
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let mut steps = Vec::new();
    let whole = flat::read(input, report, |entry, report| steps.extend(step(&entry, report)));
    steps::finish(steps, whole, report);
}

fn step(entry: &Entry, report: &mut Report<'_>) -> Option<Step> {
    let fields = &entry.fields;
    let path = entry.path.as_deref();
    let (ok, duration_s) = flat::completed(entry, report)?;
    let latency = |suffix: &str| summary::flat(fields.entries(), suffix, 1.0, ok);
    let (prompt, output) = (fields.get("total_input_tokens").number(), fields.get("total_output_tokens").number());
    let mean = |sum: Option<f64>| sum.filter(|_| ok > 0).map(|sum| sum / ok as f64);
    let mut level = Level {
        concurrency: fields.get("concurrency").number().filter(|_| ok > 0),
        duration_s: Some(duration_s),
        requests: Requests { ok, ..Requests::default() },
        reported: Rates {
            requests: fields.get("request_throughput").number(),
            output_tokens: fields.get("output_throughput").number(),
            prompt_tokens: fields.get("input_throughput").number(),
            total_tokens: fields.get("total_throughput").number(),
        },
        rates: steps::rates(ok, Some(duration_s), prompt, output),
        prompt_tokens: mean(prompt),
        output_tokens: mean(output),
        ttft: latency("_ttft_ms"),
        itl: latency("_tpot_ms"),
        e2e: latency("_e2e_latency_ms"),
        samples: entry.rows.samples(ok),
        ..Level::default()
    };
    timing::settle(&mut level, path, report);
    // The tool divides by its own duration.
    if level.duration_s != Some(duration_s) {
        level.concurrency = steps::in_flight(&level);
    }
    let server = fields.get("server_info");
    let mut step = Step::new(TOOL, flat::offer(fields), level);
    step.path = path.map(str::to_owned);
    step.model = ["served_model_name", "model_path", "model"]
        .iter()
        .find_map(|key| server.get(key).text())
        .map(|name| Known { value: name.to_owned(), source: "server_info".to_owned() });
    step.tool_version = server.get("version").text().map(str::to_owned);
    step.labels =
        [("tag", fields.get("tag")), ("tp", server.get("tp_size")), ("quantization", server.get("quantization"))]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.scalar()?)))
            .filter(|(key, value)| !secrets::is_secret(key, value))
            .collect();
    step.shape = shape(entry);
    Some(step)
}

/// The data set and its lengths, as `random-ids 64 in / 32 out`.
fn shape(entry: &Entry) -> Option<String> {
    let name = entry.fields.get("dataset_name").text()?;
    let length = |key: &str| entry.fields.get(key).positive();
    Some(match (length("random_input_len"), length("random_output_len")) {
        (Some(prompt), Some(output)) if name.starts_with("random") => format!("{name} {prompt} in / {output} out"),
        _ => name.to_owned(),
    })
}
