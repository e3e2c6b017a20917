//! `LLMPerf`'s summary of one concurrency (`*_summary.json`): a flat mapping with times in seconds.
//!
//! Its `inter_token_latency_s` is the whole latency divided by the tokens, so it includes the time to first token; a
//! level calls that time per output token. The gap between tokens is not in the summary. The duration of the run
//! follows from the number of completed requests and their rate per minute.

use headroom_engine::level::{Level, Rates, Requests};
use headroom_engine::run::Known;

use crate::format::{Companion, Format, Report, Steps};
use crate::input::Input;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{document, secrets};

pub(crate) const FORMAT: Format = Format {
    id: "llmperf",
    name: "LLMPerf summary (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`*_summary.json` of `token_benchmark_ray.py`",
    recognises: |sniff| sniff.has("num_concurrent_requests") && sniff.has("results_end_to_end_latency_s_mean"),
    read,
    companions: &[Companion {
        recognises: |sniff| sniff.has("[].end_to_end_latency_s") && sniff.has("[].inter_token_latency_s"),
        what: "LLMPerf's list of single requests, which has no load. Give the *_summary.json beside it",
    }],
    beside: &[],
};

const TOOL: &str = "llmperf";

/// Seconds in a minute.
const S_PER_MIN: f64 = 60.0;

/// Keys that are not labels.
const KNOWN: &[&str] = &["version", "name", "model", "timestamp", "num_concurrent_requests"];

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    steps::finish(step(&tree, report).into_iter().collect(), true, report);
}

fn step(tree: &Tree, report: &mut Report<'_>) -> Option<Step> {
    let (users, ok) = ("num_concurrent_requests", "results_num_completed_requests");
    let (users, ok) = steps::users_and_ok((users, tree.get(users)), (ok, tree.get(ok)), report)?;
    let per_minute = tree.get("results_num_completed_requests_per_min").positive();
    let minutes = per_minute.and_then(|rate| steps::ratio(ok as f64, rate));
    let duration_s = minutes.map(|minutes| minutes * S_PER_MIN).filter(|&duration| duration > 0.0);
    let mean = |name: &str| tree.get(&format!("results_{name}_mean")).number().filter(|_| ok > 0);
    let (prompt_tokens, output_tokens) = (mean("number_input_tokens"), mean("number_output_tokens"));
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let latency = |name: &str| {
        let prefix = format!("results_{name}_");
        let statistics = tree.entries().iter().filter_map(|(key, value)| {
            let statistic = key.strip_prefix(&prefix)?;
            Some((statistic.strip_prefix("quantiles_").unwrap_or(statistic), value))
        });
        summary::of(statistics, MS_PER_S, ok)
    };
    let mut level = Level {
        duration_s,
        requests: Requests { ok, errored: tree.get("results_number_errors").count().unwrap_or(0), incomplete: 0 },
        reported: Rates {
            requests: per_minute.map(|rate| rate / S_PER_MIN),
            output_tokens: tree.get("results_mean_output_throughput_token_per_s").number(),
            ..Rates::default()
        },
        rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
        prompt_tokens,
        output_tokens,
        ttft: latency("ttft_s"),
        tpot: latency("inter_token_latency_s"),
        e2e: latency("end_to_end_latency_s"),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    let mut step = Step::new(TOOL, Offer::Closed(users), level);
    step.model = tree.get("model").text().map(|name| Known { value: name.to_owned(), source: "report".to_owned() });
    let asked = |name: &str| tree.get(&format!("mean_{name}_tokens")).positive();
    step.shape = asked("input").zip(asked("output")).map(|(prompt, output)| format!("{prompt} in / {output} out"));
    // The user's `--metadata`, and the scatter of the lengths.
    step.labels = tree
        .entries()
        .iter()
        .filter(|(key, _)| !KNOWN.contains(&key.as_str()) && !key.starts_with("results_") && !key.starts_with("mean_"))
        .filter_map(|(key, value)| Some((key.clone(), value.scalar()?)))
        .filter(|(key, value)| !secrets::is_secret(key, value))
        .collect();
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{Numbers, put, put_latency};
    use crate::recorded::{self, json};

    fn walk(path: &std::path::Path) -> Option<Vec<Numbers>> {
        let v = json(path);
        let at = |key: &str| v.get(key).and_then(serde_json::Value::as_f64);
        let mut found = Numbers::new();
        put(&mut found, "load", Some(at("num_concurrent_requests")?));
        let (ok, per_minute) = (at("results_num_completed_requests")?, at("results_num_completed_requests_per_min")?);
        let duration = ok / per_minute * 60.0;
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", at("results_number_errors"));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        let (prompt, output) = (at("results_number_input_tokens_mean")?, at("results_number_output_tokens_mean")?);
        put(&mut found, "prompt_tokens", Some(prompt));
        put(&mut found, "output_tokens", Some(output));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "rates.prompt", Some(prompt * ok / duration));
        put(&mut found, "rates.output", Some(output * ok / duration));
        put(&mut found, "rates.total", Some(prompt * ok / duration + output * ok / duration));
        put(&mut found, "reported.requests", Some(per_minute / 60.0));
        put(&mut found, "reported.output", at("results_mean_output_throughput_token_per_s"));
        for (ours, theirs) in [("ttft", "ttft_s"), ("tpot", "inter_token_latency_s"), ("e2e", "end_to_end_latency_s")] {
            let of = v.as_object()?.iter().filter_map(|(key, value)| {
                Some((key.strip_prefix(&format!("results_{theirs}_"))?.trim_start_matches("quantiles_"), value))
            });
            put_latency(&mut found, ours, ok, 1000.0, of);
        }
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        Some(vec![found])
    }

    #[test]
    fn recorded_summaries() {
        for reading in recorded::check(FORMAT.id, walk) {
            let run = &reading.runs[0];
            assert_eq!(run.deployment.model.as_ref().unwrap().value, "org/tiny-llama");
            assert_eq!(run.levels[0].itl, None, "the gap between tokens alone is not measured");
        }
    }
}
