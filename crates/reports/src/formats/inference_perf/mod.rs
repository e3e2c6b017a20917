//! inference-perf's lifecycle report of one stage (`stage_N_lifecycle_metrics.json`), as written in 2025 and by 0.7, in
//! JSON or YAML.
//!
//! Everything is in seconds. `time_per_output_token` is a request's mean gap between tokens, which a level calls
//! inter-token latency. The tool's own `inter_token_latency` is the gap between received chunks and is not read; nor is
//! `normalized_time_per_output_token`, which is latency divided by tokens.
//!
//! The model is not in the report but in `config.yaml` beside it. What Prometheus measured at the server is in
//! `stage_N_prometheus_metrics.json`.

mod config;
mod server;

use headroom_engine::level::{Level, Rates, Requests};
use headroom_engine::run::Arrivals;

use crate::document;
use crate::format::{Beside, Companion, CompanionName, Format, Report, Steps};
use crate::input::Input;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};

pub(crate) const FORMAT: Format = Format {
    id: "inference_perf",
    name: "inference-perf stage (JSON, YAML)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`stage_N_lifecycle_metrics.json`, with `config.yaml` beside it for the model and `stage_N_prometheus_metrics.json` \
                    for queue and KV cache",
    recognises,
    read,
    companions: &[
        Companion {
            recognises: |sniff| sniff.has("successes.queue_len") || sniff.has("successes.kv_cache_usage_percentage"),
            what: "inference-perf's snapshot of server metrics from Prometheus, which completes the report beside it. Give \
                   the stage_N_lifecycle_metrics.json",
        },
        Companion {
            recognises: |sniff| {
                sniff.has_line("server:")
                    && sniff.has_line("load:")
                    && (sniff.has_line("api:") || sniff.has_line("data:"))
            },
            what: "inference-perf's settings, which name the model for the reports beside them. Give the \
                   stage_N_lifecycle_metrics.json beside it",
        },
        Companion {
            recognises: |sniff| sniff.has("global.warnings") && sniff.has("reports"),
            what: "inference-perf's own check of its reports. Give the stage_N_lifecycle_metrics.json beside it",
        },
        Companion {
            recognises: |sniff| sniff.has("[].request") && sniff.has("[].response") && sniff.has("[].start_time"),
            what: "inference-perf's log of single requests. Give the stage_N_lifecycle_metrics.json beside it",
        },
    ],
    beside: &[
        Beside { name: CompanionName::Fixed("config.yaml"), apply: config::apply },
        Beside {
            name: CompanionName::Ending { report: "lifecycle_metrics.json", beside: "prometheus_metrics.json" },
            apply: server::apply,
        },
    ],
};

const TOOL: &str = "inference-perf";

/// If the client fell behind the requested rate by more than this share, the load is the rate that it sent: requests
/// that were never sent are no load for the server.
const BEHIND: f64 = 0.01;

fn recognises(sniff: &Sniff<'_>) -> bool {
    if sniff.is_json() {
        // The tool's Prometheus report has these keys too, but no latencies below them.
        return sniff.has("load_summary") && sniff.has("successes") && !sniff.has("successes.queue_len");
    }
    sniff.has_line("load_summary:") && sniff.has_line("successes:")
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    let load = tree.get("load_summary");
    let successes = tree.get("successes");
    let Some(ok) = successes.get("count").count() else {
        steps::unusable(report, Some("successes"), "count", "the number of successful requests");
        return;
    };
    let mut asked_load = None;
    let offer = if let Some(users) = load.get("concurrency").positive() {
        Offer::Closed(users)
    } else if let Some(rate) = load.get("requested_rate").positive() {
        let sent = load.get("achieved_rate").positive().filter(|&sent| sent < rate * (1.0 - BEHIND));
        asked_load = sent.map(|_| rate);
        // Constant is the tool's default; `config.yaml` says if it was different.
        Offer::Open(Arrivals::Constant, sent.unwrap_or(rate))
    } else {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::Companion,
            path: Some("load_summary.requested_rate".to_owned()),
            message: "expected one stage and its rate or concurrency; found the summary over all stages, which has no \
                      load of its own. Give the stage_N_lifecycle_metrics.json beside it."
                .to_owned(),
        });
        return;
    };
    let throughput = successes.get("throughput");
    let reported = Rates {
        requests: throughput.get("requests_per_sec").number(),
        output_tokens: throughput.get("output_tokens_per_sec").number(),
        prompt_tokens: throughput.get("input_tokens_per_sec").number(),
        total_tokens: throughput.get("total_tokens_per_sec").number(),
    };
    // Before 0.7 the duration is not written. It is the count divided by the tool's rate; the tool's sending time
    // leaves out how long the last requests took.
    let duration_s = tree
        .get("benchmark_time_seconds")
        .positive()
        .or_else(|| steps::ratio(ok as f64, reported.requests?).filter(|&duration| duration > 0.0));
    let mean =
        |names: [&str; 2]| names.iter().find_map(|name| successes.get(name).get("mean").number()).filter(|_| ok > 0);
    let prompt_tokens = mean(["prompt_tokens", "prompt_len"]);
    // The length as counted by the client, which the tool's latencies and rates are based on.
    let output_tokens = mean(["output_len", "output_tokens"]);
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let latency = |name: &str| summary::nested(successes.get("latency").get(name), MS_PER_S, ok);
    let mut level = Level {
        asked_load,
        duration_s,
        requests: Requests { ok, errored: tree.at("failures.count").count().unwrap_or(0), incomplete: 0 },
        reported,
        rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
        prompt_tokens,
        output_tokens,
        ttft: latency("time_to_first_token"),
        itl: latency("time_per_output_token"),
        e2e: latency("request_latency"),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    steps::finish(vec![Step::new(TOOL, offer, level)], true, report);
}
