//! AIPerf: the export of one profile (`profile_export_aiperf.json`, 0.3 to 0.13) and the
//! aggregate of a sweep (`profile_export_aiperf_sweep.json`).
//!
//! Every metric carries its unit. `inter_token_latency` is a request's mean gap between
//! tokens, as here; `inter_chunk_latency` is the gap between received chunks and is not taken.
//! `start_time` is local time without a zone and is a label; the nanoseconds that 0.3 writes
//! are a time.
//!
//! The power of the GPUs is in the export, where the tool was told where to ask; queue and KV cache are in
//! `server_metrics_export.json` and `.csv` beside it.

mod server;

use headroom_engine::level::{Level, Rates, Requests, Server};
use headroom_engine::run::{Arrivals, Known};

use crate::document;
use crate::format::{Beside, Companion, CompanionName, Format, Report, Steps};
use crate::input::Input;
use crate::problem::{Code, Problem};
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;

pub(crate) const PROFILE: Format = Format {
    id: "aiperf",
    name: "AIPerf profile export (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`profile_export_aiperf.json` of 0.3 to 0.13, with `server_metrics_export.json` or `.csv` beside it for queue and KV cache",
    recognises: is_profile,
    read: profile,
    companions: &[
        Companion {
            recognises: |sniff| sniff.has("metadata.request_start_ns") && sniff.has("metrics"),
            what: "AIPerf's log of single requests. Give the profile_export_aiperf.json beside it",
        },
        Companion {
            recognises: |sniff| sniff.has("benchmark_id") && sniff.has("cfg"),
            what: "AIPerf's settings. Give the profile_export_aiperf.json beside it",
        },
        Companion {
            recognises: server::recognises,
            what: "AIPerf's export of server metrics, which completes the report beside it. Give the profile_export_aiperf.json",
        },
        Companion {
            recognises: server::recognises_table,
            what: "AIPerf's table of server metrics, which completes the report beside it. Give the profile_export_aiperf.json",
        },
        Companion {
            recognises: server::recognises_log,
            what: "AIPerf's log of server metrics, scrape by scrape. Give the profile_export_aiperf.json, and have AIPerf write \
                   the means beside it: --server-metrics-formats json",
        },
        Companion {
            recognises: server::recognises_parquet,
            what: "AIPerf's server metrics as Parquet, which is not read. Give the profile_export_aiperf.json, and have AIPerf \
                   write them as JSON beside it: --server-metrics-formats json",
        },
        Companion {
            recognises: |sniff| sniff.has("telemetry_source_url") && sniff.has("telemetry_data"),
            what: "AIPerf's log of GPU metrics. Give the profile_export_aiperf.json beside it",
        },
        Companion {
            recognises: |sniff| {
                sniff
                    .lines()
                    .next()
                    .is_some_and(|line| line.starts_with("Metric,avg,min,max") || line.contains("_throughput_mean,"))
            },
            what: "AIPerf's table, which is rounded. Give the profile_export_aiperf.json beside it",
        },
    ],
    beside: &[
        Beside { name: CompanionName::Fixed("server_metrics_export.json"), apply: server::apply },
        Beside { name: CompanionName::Fixed("server_metrics_export.csv"), apply: server::apply_table },
        // With --profile-export-prefix.
        Beside {
            name: CompanionName::Ending { report: ".json", beside: "_server_metrics.json" },
            apply: server::apply,
        },
        Beside {
            name: CompanionName::Ending { report: ".json", beside: "_server_metrics.csv" },
            apply: server::apply_table,
        },
    ],
};

pub(crate) const SWEEP: Format = Format {
    id: "aiperf_sweep",
    name: "AIPerf sweep aggregate (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`profile_export_aiperf_sweep.json`: every load of the sweep",
    recognises: is_sweep,
    read: sweep,
    companions: &[],
    beside: &[],
};

const TOOL: &str = "aiperf";

/// Nanoseconds in a millisecond.
const NS_PER_MS: f64 = 1.0e6;

fn is_profile(sniff: &Sniff<'_>) -> bool {
    sniff.has("input_config") && (sniff.has("request_latency.unit") || sniff.has("request_throughput.unit"))
}

fn is_sweep(sniff: &Sniff<'_>) -> bool {
    sniff.has("per_combination_metrics") && sniff.has("aggregation_type")
}

fn profile(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    let config = tree.get("input_config");
    let mut steps = Vec::new();
    if let Some(mut level) = level(&tree, None, report) {
        match offer(config) {
            Some(offer) => {
                let offer = in_flight(offer, &tree, &mut level);
                let mut step = Step::new(TOOL, offer, level);
                step.tool_version = tree.get("aiperf_version").text().map(str::to_owned);
                step.model = model(config);
                step.shape = shape(config);
                step.stated.hardware = server::hardware(&tree);
                step.labels = tree
                    .get("start_time")
                    .text()
                    .map(|time| ("date".to_owned(), time.to_owned()))
                    .into_iter()
                    .collect();
                steps.push(step);
            }
            None => steps::unusable(report, Some("input_config"), "phases", "a concurrency or a request rate above 0"),
        }
    }
    steps::finish(steps, true, report);
}

fn sweep(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    if tree.at("metadata.num_trials_per_value").number().is_some_and(|trials| trials > 1.0) {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::NoLevels,
            path: Some("metadata.num_trials_per_value".to_owned()),
            message: "expected one trial of each load; found means over several trials, which are no measurement of a \
                      single run. Give the profile_export_aiperf.json of each trial."
                .to_owned(),
        });
        return;
    }
    let mut steps = Vec::new();
    for (index, item) in tree.get("per_combination_metrics").items().iter().enumerate() {
        let path = format!("per_combination_metrics[{index}]");
        let parameters = item.get("parameters");
        let offer = if let Some(users) = parameters.get("concurrency").positive() {
            Offer::Closed(users)
        } else if let Some(rate) = parameters.get("request_rate").positive() {
            Offer::Open(Arrivals::Poisson, rate)
        } else {
            steps::unusable(report, Some(&path), "parameters", "a concurrency or a request_rate above 0");
            continue;
        };
        let Some(mut level) = level(item.get("metrics"), Some(&path), report) else { continue };
        let offer = in_flight(offer, item.get("metrics"), &mut level);
        let mut step = Step::new(TOOL, offer, level);
        // Other parameters that were swept tell curves apart.
        step.labels = parameters
            .entries()
            .iter()
            .filter(|(key, _)| key != "concurrency" && key != "request_rate")
            .filter_map(|(key, value)| Some((key.clone(), value.scalar()?)))
            .collect();
        step.path = Some(path);
        steps.push(step);
    }
    steps::finish(steps, true, report);
}

/// The level of a mapping of metrics; `None`, with a problem, when it counts no request.
fn level(metrics: &Tree, path: Option<&str>, report: &mut Report<'_>) -> Option<Level> {
    let average = |name: &str| metrics.get(name).get("avg").number();
    let Some(ok) = metrics.get("request_count").get("avg").count() else {
        steps::unusable(report, path, "request_count", "the number of successful requests");
        return None;
    };
    let duration_s = metrics
        .get("benchmark_duration")
        .get("avg")
        .positive()
        .map(|value| value * milliseconds(metrics.get("benchmark_duration"), "sec") / MS_PER_S);
    let latency = |name: &str| {
        let metric = metrics.get(name);
        summary::nested(metric, milliseconds(metric, "ms"), ok)
    };
    let total = |name: &str, each: &str| average(name).or_else(|| Some(average(each)? * ok as f64));
    let prompt = total("total_isl", "input_sequence_length");
    let output = total("total_osl", "output_sequence_length");
    let time = |name: &str| {
        let ns = metrics.get(name);
        ns.get("avg").positive().filter(|_| ns.get("unit").text() == Some("ns")).map(|ns| {
            // Nanoseconds since 1970 in milliseconds stay far inside an i64.
            #[allow(clippy::cast_possible_truncation)]
            let ms = (ns / NS_PER_MS).round() as i64;
            ms
        })
    };
    let mut level = Level {
        concurrency: average("effective_concurrency"),
        duration_s,
        started_ms: time("min_request_timestamp"),
        ended_ms: time("max_response_timestamp"),
        requests: Requests {
            ok,
            errored: metrics.get("error_request_count").get("avg").count().unwrap_or(0),
            incomplete: 0,
        },
        reported: Rates {
            requests: average("request_throughput"),
            output_tokens: average("output_token_throughput"),
            prompt_tokens: average("input_token_throughput"),
            total_tokens: average("total_token_throughput"),
        },
        rates: steps::rates(ok, duration_s, prompt, output),
        prompt_tokens: average("input_sequence_length").filter(|_| ok > 0),
        output_tokens: average("output_sequence_length").filter(|_| ok > 0),
        ttft: latency("time_to_first_token"),
        itl: latency("inter_token_latency"),
        e2e: latency("request_latency"),
        tool_warnings: warnings(metrics),
        server: Server { power_w: server::power_w(metrics), ..Server::default() },
        ..Level::default()
    };
    level.concurrency = level.concurrency.or_else(|| steps::in_flight(&level));
    Some(level)
}

/// The factor that converts a metric's unit to milliseconds. The metric's own unit is used; `usual` is the tool's unit
/// if it has none.
fn milliseconds(metric: &Tree, usual: &str) -> f64 {
    match metric.get("unit").text().unwrap_or(usual) {
        "s" | "sec" | "seconds" => MS_PER_S,
        "us" | "µs" | "microseconds" => 1.0e-3,
        "ns" | "nanoseconds" => 1.0e-6,
        _ => 1.0,
    }
}

fn warnings(tree: &Tree) -> Vec<String> {
    let mut warnings = Vec::new();
    if tree.get("was_cancelled") == &Tree::Bool(true) {
        warnings.push("was_cancelled".to_owned());
    }
    if tree.get("is_complete") == &Tree::Bool(false) {
        warnings.push("is_complete: false".to_owned());
    }
    for error in tree.get("error_summary").items() {
        let details = error.get("error_details");
        let kind = details.get("type").text().or(details.get("code").text()).unwrap_or("error");
        let count = error.get("count").scalar().unwrap_or_default();
        warnings.push(format!("{kind}: {count}"));
    }
    warnings
}

/// How load was offered: `phases` from 0.10 on, `loadgen` before, `stimulus` of genai-perf.
fn offer(config: &Tree) -> Option<Offer> {
    let measured = config.get("phases").items().iter().find(|phase| phase.get("kind").text() != Some("warmup"));
    let (settings, mode) =
        measured.map_or_else(|| (config.get("loadgen"), "request_rate_mode"), |phase| (phase, "type"));
    let kind = settings.get(mode).text().unwrap_or_default();
    let rate = settings.get("rate").positive().or_else(|| settings.get("request_rate").positive());
    if let Some(rate) = rate {
        // `poisson` is the tool's default.
        let arrivals = if kind.contains("constant") { Arrivals::Constant } else { Arrivals::Poisson };
        return Some(Offer::Open(arrivals, rate));
    }
    let stimulus = config.at("perf_analyzer.stimulus");
    settings
        .get("concurrency")
        .positive()
        .or_else(|| stimulus.get("concurrency").positive())
        .map(Offer::Closed)
        .or_else(|| stimulus.get("request_rate").positive().map(|rate| Offer::Open(Arrivals::Constant, rate)))
}

/// The load of a closed loop in requests, where the tool says how many were in flight.
fn in_flight(offer: Offer, metrics: &Tree, level: &mut Level) -> Offer {
    match offer {
        Offer::Closed(sessions) => {
            Offer::Closed(steps::in_requests(sessions, metrics.at("effective_concurrency.avg").positive(), level))
        }
        _ => offer,
    }
}

fn model(config: &Tree) -> Option<Known<String>> {
    let first = |list: &Tree| list.items().first().and_then(Tree::text).map(str::to_owned);
    config
        .at("models.items")
        .items()
        .first()
        .and_then(|model| model.get("name").text())
        .map(str::to_owned)
        .or_else(|| first(config.at("endpoint.model_names")))
        .or_else(|| first(config.get("model_names")))
        .map(|value| Known { value, source: "report".to_owned() })
}

/// `synthetic 64 in / 32 out`.
fn shape(config: &Tree) -> Option<String> {
    let data = config.get("datasets").items().first();
    let kind = data.and_then(|data| data.get("type").text()).unwrap_or("synthetic");
    let length = |newer: &str, older: &str| {
        data.and_then(|data| data.at(newer).positive()).or_else(|| config.at(older).positive())
    };
    let prompt = length("prompts.isl.mean", "input.prompt.input_tokens.mean")?;
    Some(match length("prompts.osl.mean", "input.prompt.output_tokens.mean") {
        Some(output) => format!("{kind} {prompt} in / {output} out"),
        None => format!("{kind} {prompt} in"),
    })
}
