//! llm-d's Benchmark Report 0.1, 0.2 and 0.2.1, as YAML or JSON.
//!
//! Units are read from the report: the same quantity is in milliseconds in one version and in seconds in the next.
//! `time_per_output_token` is a request's mean gap between tokens, which a level calls inter-token latency. A report
//! without rate and concurrency is still a measurement, but has no place on a curve. From 0.2 on
//! `results.observability` contains what the server's metrics said.

mod scenario;
mod server;

use headroom_engine::level::{Distribution, Level, Rates, Requests};

use crate::document;
use crate::format::{Format, Report, Steps};
use crate::input::Input;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Step};
use crate::summary::{self, MS_PER_S};
use crate::time;
use crate::tree::Tree;

pub(crate) const FORMAT: Format = Format {
    id: "llm_d",
    name: "llm-d Benchmark Report 0.1, 0.2 and 0.2.1 (YAML, JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "one load step a file, with its scenario, and what it says of queue, KV cache and power",
    recognises,
    read,
    companions: &[],
    beside: &[],
};

const TOOL: &str = "llm-d benchmark report";

fn recognises(sniff: &Sniff<'_>) -> bool {
    if sniff.is_json() {
        return sniff.has("version")
            && (sniff.has("results.request_performance") || (sniff.has("scenario") && sniff.has("metrics.requests")));
    }
    sniff.has_line("version:")
        && (sniff.has_line("results:") || sniff.has_line("metrics:"))
        && (sniff.has_line("scenario:") || sniff.has_line("run:"))
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    let newer = tree.at("results.request_performance.aggregate");
    let older = newer.is_null();
    let measured = if older { tree.get("metrics") } else { newer };
    let Some(level) = level(&tree, measured, older, report) else { return };
    if tree.get("scenario").is_null() {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::Companion,
            path: Some("scenario".to_owned()),
            message: "expected the scenario with the offered load; found results alone, as inference-perf writes them \
                      beside its own. Give its stage_N_lifecycle_metrics.json, or the Benchmark Report that llm-d made \
                      of it."
                .to_owned(),
        });
        return;
    }
    let scenario = scenario::read(&tree, older);
    let Some(offer) = scenario.offer else {
        steps::unusable(
            report,
            Some(if older { "scenario.load.args" } else { "scenario.load.standardized" }),
            if older { "qps_values" } else { "rate_qps" },
            "a request rate or a concurrency above 0",
        );
        return;
    };
    let mut step = Step::new(TOOL, offer, level);
    step.tool_version = tree.get("version").scalar();
    step.model = scenario.model;
    step.stated = scenario.stated;
    step.labels = scenario.labels;
    if let Some(experiment) = tree.at("run.eid").text() {
        step.labels.push(("experiment".to_owned(), experiment.to_owned()));
    }
    step.shape = scenario.shape;
    steps::finish(vec![step], true, report);
}

fn level(tree: &Tree, measured: &Tree, older: bool, report: &mut Report<'_>) -> Option<Level> {
    let requests = measured.get("requests");
    let path = if older { "metrics.requests" } else { "results.request_performance.aggregate.requests" };
    let Some(total) = requests.get("total").count() else {
        steps::unusable(report, Some(path), "total", "the number of requests");
        return None;
    };
    let errored = requests.get("failures").count().unwrap_or(0);
    let incomplete = requests.get("incomplete").count().unwrap_or(0);
    let ok = total.saturating_sub(errored).saturating_sub(incomplete);
    let latency = |name: &str| distribution(measured.get("latency").get(name), older, ok);
    let throughput = measured.get("throughput");
    // 0.1 has plain numbers with longer names.
    let rate = |newer: &str, plain: &str| {
        throughput.get(newer).get("mean").number().or_else(|| throughput.get(plain).number())
    };
    let reported = Rates {
        requests: rate("request_rate", "requests_per_sec"),
        output_tokens: rate("output_token_rate", "output_tokens_per_sec"),
        prompt_tokens: rate("input_token_rate", "input_tokens_per_sec"),
        total_tokens: rate("total_token_rate", "total_tokens_per_sec"),
    };
    let length = |name: &str| requests.get(name).get("mean").number().filter(|_| ok > 0);
    let (prompt_tokens, output_tokens) = (length("input_length"), length("output_length"));
    let (start, stop, duration_s) = if older {
        let time = tree.at("metrics.time");
        (time.get("start").number(), time.get("stop").number(), time.get("duration").positive())
    } else {
        let time = tree.at("run.time");
        let at = |key: &str| time.get(key).text().and_then(time::seconds);
        (at("start"), at("end"), time.get("duration").text().and_then(time::duration_s))
    };
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let computed = steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens));
    let mut level = Level {
        duration_s,
        started_ms: start.and_then(time::milliseconds),
        // If the end of a report is before its start, the end is wrong.
        ended_ms: stop.filter(|&stop| start.is_none_or(|start| stop >= start)).and_then(time::milliseconds),
        requests: Requests { ok, errored, incomplete },
        reported,
        rates: if duration_s.is_some() { computed } else { reported },
        prompt_tokens,
        output_tokens,
        ttft: latency("time_to_first_token"),
        itl: latency("time_per_output_token"),
        e2e: latency("request_latency"),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    level.server = server::read(tree.at("results.observability"));
    Some(level)
}

/// A latency in milliseconds, by its own unit; without one, by that of its version.
fn distribution(tree: &Tree, older: bool, ok: u64) -> Option<Distribution> {
    let scale = match tree.get("units").text() {
        Some("s" | "s/token" | "seconds") => MS_PER_S,
        Some("ms" | "ms/token" | "milliseconds") => 1.0,
        Some("us" | "us/token") => 1.0e-3,
        Some("ns" | "ns/token") => 1.0e-6,
        _ if older => 1.0,
        _ => MS_PER_S,
    };
    summary::nested(tree, scale, ok)
}
