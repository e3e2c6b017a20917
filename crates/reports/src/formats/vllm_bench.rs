//! `vllm bench serve --save-result`, single, appended (`--append-result`) or detailed (`--save-detailed`), the files of
//! `vllm bench sweep serve`, and the variant of InferenceX's service-level script.
//!
//! Latencies are in milliseconds, except in that variant, which writes seconds and leaves off `_ms`. The tool's `tpot`
//! is a request's mean gap between tokens, which a level calls inter-token latency. Its `itl` is the gap between
//! received chunks of all requests together, which is not comparable with any other tool's number and is not read.
//!
//! `date` is local time without a zone. It is read as UTC, so that runs can be ordered, and a label says so.

use headroom_engine::level::{Level, Rates, Requests};
use headroom_engine::run::Known;

use crate::flat::{self, Entry};
use crate::format::{Companion, Format, Report, Steps};
use crate::input::Input;
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{time, timing};

/// The tool that these runs name.
const TOOL: &str = "vllm bench";

pub(crate) const FORMAT: Format = Format {
    id: "vllm_bench",
    name: "vllm bench serve and sweep (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "what `--save-result` writes, also appended or detailed, and `run=N.json` or `summary.json` of a sweep",
    recognises,
    read,
    companions: &[Companion {
        recognises: |sniff| sniff.has("[].max_concurrency") && !sniff.has("[].model_id"),
        what: "the parameters of a vLLM sweep. Give the run=N.json or summary.json in the folders beside it",
    }],
    beside: &[],
};

/// Keys that are not labels: those that are read, those that follow from them, and those that say nothing about what
/// was benchmarked. Latencies are recognised by their endings.
const KNOWN: &[&str] = &[
    "backend",
    "endpoint_type",
    "model_id",
    "tokenizer_id",
    "num_prompts",
    "request_rate",
    "burstiness",
    "max_concurrency",
    "duration",
    "completed",
    "failed",
    "good_completed",
    "total_input_tokens",
    "total_output_tokens",
    "request_throughput",
    "request_goodput",
    "request_goodput:",
    "input_throughput",
    "output_throughput",
    "total_token_throughput",
    "max_output_tokens_per_s",
    "max_concurrent_requests",
    "rtfx",
];

fn recognises(sniff: &Sniff<'_>) -> bool {
    sniff.has_in_first("model_id")
        && sniff.has_in_first("request_throughput")
        && sniff.has_in_first("num_prompts")
        && !sniff.has_in_first("mean_e2e_latency_ms")
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
    let offer = flat::offer(fields);
    let seconds = fields.entries().iter().any(|(key, _)| key == "good_completed" || key.ends_with("_ttft"));
    let latency = |name: &str| {
        let entries = fields.entries();
        if seconds {
            summary::flat(entries, &format!("_{name}"), MS_PER_S, ok)
        } else {
            summary::flat(entries, &format!("_{name}_ms"), 1.0, ok)
        }
    };
    // Files of 2025 and before do not count failures; every prompt was sent once.
    let errored = fields
        .get("failed")
        .count()
        .or_else(|| Some(fields.get("num_prompts").count()?.saturating_sub(ok)))
        .unwrap_or(0);
    let (prompt, output) = (fields.get("total_input_tokens").number(), fields.get("total_output_tokens").number());
    let mean = |sum: Option<f64>| sum.filter(|_| ok > 0).map(|sum| sum / ok as f64);
    let total = fields.get("total_token_throughput").number();
    let output_rate = fields.get("output_throughput").number();
    let mut level = Level {
        duration_s: Some(duration_s),
        requests: Requests { ok, errored, incomplete: 0 },
        reported: Rates {
            requests: fields.get("request_throughput").number(),
            output_tokens: output_rate,
            prompt_tokens: fields.get("input_throughput").number(),
            total_tokens: total,
        },
        rates: steps::rates(ok, Some(duration_s), prompt, output),
        prompt_tokens: mean(prompt),
        output_tokens: mean(output),
        ttft: latency("ttft"),
        itl: latency("tpot"),
        e2e: latency("e2el"),
        samples: entry.rows.samples(ok),
        ..Level::default()
    };
    timing::settle(&mut level, path, report);
    level.concurrency = steps::in_flight(&level);
    // It is written at the end of the benchmark.
    level.ended_ms = fields.get("date").text().and_then(time::compact).and_then(time::milliseconds);
    let duration_ms = level.duration_s.and_then(time::milliseconds);
    level.started_ms = level.ended_ms.zip(duration_ms).map(|(ended, duration)| ended - duration);
    let dated = level.ended_ms.is_some();
    if let (Some(shape), Offer::Open(..)) = (fields.get("burstiness").positive(), offer)
        && shape.total_cmp(&1.0).is_ne()
    {
        let how = if shape > 1.0 {
            "more evenly than real users send them, and queue for less long"
        } else {
            "in bursts, and queue for longer than if they came at random"
        };
        level
            .tool_warnings
            .push(format!("requests were sent {how} (burstiness {shape}; `--burstiness 1` sends at random)."));
    }
    if let (Some(cap), Offer::Open(..)) = (fields.get("max_concurrency").positive(), offer) {
        level.tool_warnings.push(format!(
            "no more than {cap} requests were in flight at once (max_concurrency); others waited in the client, which is in no \
             latency."
        ));
    }
    let tool = if seconds { "inferencex" } else { TOOL };
    let mut step = Step::new(tool, offer, level);
    step.path = path.map(str::to_owned);
    step.model = model(fields);
    step.labels = entry.labels(|key| {
        KNOWN.contains(&key) || ["ttft", "tpot", "itl", "e2el"].iter().any(|name| ends_with_metric(key, name))
            // In a sweep's single runs, the swept parameters are also in the folder's name.
            || (!fields.get("run_number").is_null() && report.source.contains(&format!("{key}=")))
    });
    if dated {
        step.labels.push(time::ASSUMED_UTC.map(str::to_owned).into());
    }
    Some(step)
}

/// Whether a key is a statistic of a latency, for example `p99_ttft_ms` or `p99_ttft`.
fn ends_with_metric(key: &str, name: &str) -> bool {
    let key = key.strip_suffix("_ms").unwrap_or(key);
    key.strip_suffix(name).is_some_and(|rest| rest.ends_with('_'))
}

fn model(fields: &Tree) -> Option<Known<String>> {
    fields.get("model_id").text().map(|name| Known { value: name.to_owned(), source: "report".to_owned() })
}
