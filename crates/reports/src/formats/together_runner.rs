//! The result of InferenceX's `together_runner`: one concurrency on one node.
//!
//! Latencies are in milliseconds, medians and 99th percentiles only. `tpot` is a request's mean gap between tokens,
//! which a level calls inter-token latency; `itl` is the gap between received chunks and is not read. There is no
//! duration, so rates are the tool's own. Power is that of all GPUs together.

use headroom_engine::level::{Level, Rates, Requests};
use headroom_engine::run::Known;

use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::steps::{self, Offer, Step};
use crate::summary;
use crate::tree::Tree;
use crate::{document, inferencex, time};

pub(crate) const FORMAT: Format = Format {
    id: "together_runner",
    name: "InferenceX together_runner (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`conc*.json` of its results and baselines",
    recognises: |sniff| sniff.has("metrics.successful_requests") && sniff.has("conc") && sniff.has("hw"),
    read,
    companions: &[],
    beside: &[],
};

const TOOL: &str = "together_runner";

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    steps::finish(step(&tree, report).into_iter().collect(), true, report);
}

fn step(tree: &Tree, report: &mut Report<'_>) -> Option<Step> {
    let metrics = tree.get("metrics");
    let ok = ("metrics.successful_requests", metrics.get("successful_requests"));
    let (users, ok) = steps::users_and_ok(("conc", tree.get("conc")), ok, report)?;
    let rate = |name: &str| metrics.get(name).number().filter(|&rate| rate >= 0.0);
    let (output, total) = (rate("output_token_throughput"), rate("total_token_throughput"));
    let reported =
        Rates { requests: rate("request_throughput"), output_tokens: output, prompt_tokens: None, total_tokens: total };
    let latency = |suffix: &str| summary::flat(metrics.entries(), suffix, 1.0, ok);
    let per_request = |rate: Option<f64>| steps::ratio(rate?, reported.requests?).filter(|_| ok > 0);
    let prompt = total.zip(output).map(|(total, output)| total - output).filter(|&rate| rate >= 0.0);
    let level = Level {
        requests: Requests { ok, ..Requests::default() },
        ended_ms: tree.get("ts").text().and_then(time::seconds).and_then(time::milliseconds),
        reported,
        rates: Rates { prompt_tokens: prompt, ..reported },
        prompt_tokens: per_request(prompt),
        output_tokens: per_request(output),
        ttft: latency("_ttft_ms"),
        itl: latency("_tpot_ms"),
        e2e: latency("_e2el_ms"),
        ..Level::default()
    };
    let mut step = Step::new(TOOL, Offer::Closed(users), level);
    step.stated = inferencex::deployment(tree);
    if let Some(value) = inferencex::whole(tree.at("gpu.n_gpus")) {
        step.stated.gpus = Some(Known { value, source: "report gpu.n_gpus".to_owned() });
    }
    step.labels = inferencex::labels(tree, &["framework", "ep", "tuning", "profile"]);
    step.shape = inferencex::shape(tree);
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
        let ok = number(&v, "/metrics/successful_requests")?;
        put(&mut found, "load", number(&v, "/conc"));
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", Some(0.0));
        put(&mut found, "incomplete", Some(0.0));
        let at = |name: &str| number(&v, &format!("/metrics/{name}"));
        let (requests, output, total) =
            (at("request_throughput")?, at("output_token_throughput")?, at("total_token_throughput")?);
        for of in ["reported", "rates"] {
            put(&mut found, &format!("{of}.requests"), Some(requests));
            put(&mut found, &format!("{of}.output"), Some(output));
            put(&mut found, &format!("{of}.total"), Some(total));
        }
        put(&mut found, "rates.prompt", Some(total - output));
        put(&mut found, "prompt_tokens", Some((total - output) / requests));
        put(&mut found, "output_tokens", Some(output / requests));
        for (ours, theirs) in [("ttft", "_ttft_ms"), ("itl", "_tpot_ms"), ("e2e", "_e2el_ms")] {
            let statistics = v["metrics"].as_object()?.iter();
            let of = statistics.filter_map(|(key, value)| Some((key.strip_suffix(theirs)?, value)));
            put_latency(&mut found, ours, ok, 1.0, of);
        }
        Some(vec![found])
    }

    #[test]
    fn recorded_results() {
        for reading in recorded::check(FORMAT.id, walk) {
            let run = &reading.runs[0];
            let known = &run.deployment;
            assert_eq!(known.hardware.as_ref().unwrap().value, "NVIDIA H100");
            assert_eq!(known.gpus.as_ref().unwrap().value, 2, "tensor parallelism, where nothing counts the GPUs");
            assert_eq!(known.engine.as_ref().unwrap().value, "vllm/vllm-openai:v0.32.0");
            assert_eq!(run.workload.shape.as_deref(), Some("64 in / 32 out"));
            assert!(run.provenance.ended_ms.is_some());
        }
    }
}
