//! InferenceX's agentic result (`agg_*.json` with `"scenario_type": "agentic-coding"`), which it computes from AIPerf's
//! replay of recorded coding sessions at one concurrency.
//!
//! Latencies are in seconds, rounded to five digits. Unlike other results of InferenceX it has counts and a duration,
//! so rates are computed from these. Both `itl` and `tpot` are a request's mean gap between tokens. A session that
//! waits for its tools has no request in flight, and one with subagents may have several, so the requests in flight
//! differ from the concurrency. If they are more, they are the load.

use headroom_engine::level::{Level, Rates, Requests};

use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{document, inferencex};

pub(crate) const FORMAT: Format = Format {
    id: "inferencex_agentic",
    name: "InferenceX agentic result (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`agg_*.json` of a replay of coding sessions",
    recognises: |sniff| sniff.has("request_metrics.latency") && sniff.has("num_requests_successful"),
    read,
    companions: &[],
    beside: &[],
};

const TOOL: &str = "inferencex agentic";

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    steps::finish(step(&tree, report).into_iter().collect(), true, report);
}

fn step(tree: &Tree, report: &mut Report<'_>) -> Option<Step> {
    let ok = tree.get("num_requests_successful");
    let (users, ok) = steps::users_and_ok(("conc", tree.get("conc")), ("num_requests_successful", ok), report)?;
    let metrics = tree.get("request_metrics");
    let (latency, tokens, throughput) = (metrics.get("latency"), metrics.get("tokens"), metrics.get("throughput"));
    let of = |name: &str| summary::nested(latency.get(name), MS_PER_S, ok);
    let mean = |name: &str| tokens.get(name).get("mean").number().filter(|_| ok > 0);
    let (prompt_tokens, output_tokens) = (mean("input"), mean("output_actual"));
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let duration_s = throughput.get("duration_seconds").positive();
    let rate = |name: &str| throughput.get(name).get("tokens_per_second").number();
    let mut level = Level {
        duration_s,
        requests: Requests {
            ok,
            errored: tree.at("request_accounting.records_error_dropped").count().unwrap_or(0),
            incomplete: 0,
        },
        reported: Rates {
            requests: metrics.at("qps.mean").number(),
            output_tokens: rate("output"),
            prompt_tokens: rate("input"),
            total_tokens: rate("total"),
        },
        rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
        prompt_tokens,
        output_tokens,
        ttft: of("ttft"),
        itl: of("itl"),
        e2e: of("e2el"),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    let offer = Offer::Closed(steps::in_requests(users, level.concurrency, &mut level));
    let mut step = Step::new(TOOL, offer, level);
    step.stated = inferencex::deployment(tree);
    step.labels =
        inferencex::labels(tree, &["framework", "spec_decoding", "disagg", "ep", "dp_attention", "kv_offloading"]);
    step.shape = tree.get("scenario_type").text().map(str::to_owned);
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{Numbers, put, put_latency};
    use crate::recorded::{self, json, number};

    fn walk(path: &std::path::Path) -> Option<Vec<Numbers>> {
        let v = json(path);
        let mut found = Numbers::new();
        let ok = number(&v, "/num_requests_successful")?;
        let duration = number(&v, "/request_metrics/throughput/duration_seconds")?;
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", number(&v, "/request_accounting/records_error_dropped"));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        let prompt = number(&v, "/request_metrics/tokens/input/mean")?;
        let output = number(&v, "/request_metrics/tokens/output_actual/mean")?;
        put(&mut found, "prompt_tokens", Some(prompt));
        put(&mut found, "output_tokens", Some(output));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "rates.prompt", Some(prompt * ok / duration));
        put(&mut found, "rates.output", Some(output * ok / duration));
        put(&mut found, "rates.total", Some(prompt * ok / duration + output * ok / duration));
        put(&mut found, "reported.requests", number(&v, "/request_metrics/qps/mean"));
        for (ours, theirs) in [("output", "output"), ("prompt", "input"), ("total", "total")] {
            let rate = number(&v, &format!("/request_metrics/throughput/{theirs}/tokens_per_second"));
            put(&mut found, &format!("reported.{ours}"), rate);
        }
        for (ours, theirs) in [("ttft", "ttft"), ("itl", "itl"), ("e2e", "e2el")] {
            let statistics = v["request_metrics"]["latency"][theirs].as_object()?;
            put_latency(&mut found, ours, ok, 1000.0, statistics.iter().map(|(key, value)| (key.as_str(), value)));
        }
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        let sessions = number(&v, "/conc")?;
        let more = in_flight > sessions * 1.05;
        put(&mut found, "load", Some(if more { in_flight } else { sessions }));
        put(&mut found, "asked_load", more.then_some(sessions));
        Some(vec![found])
    }

    #[test]
    fn recorded_replays() {
        for reading in recorded::check(FORMAT.id, walk) {
            let run = &reading.runs[0];
            let known = &run.deployment;
            assert_eq!(known.hardware.as_ref().unwrap().value, "NVIDIA H100");
            assert_eq!((known.gpus.as_ref().unwrap().value, known.tensor_parallel.as_ref().unwrap().value), (2, 2));
            assert_eq!(known.quantization.as_ref().unwrap().value, "fp8");
            assert_eq!(run.workload.shape.as_deref(), Some("agentic-coding"));
        }
    }
}
