//! `EvalScope`'s `evalscope perf`: `benchmark_summary.json` of one load step, of 0.17 to 1.14.
//!
//! The summary has only means. The percentiles are in `benchmark_percentile.json` beside it, the model and the lengths
//! in `benchmark_args.json`. Keys contain their units, and both have changed: `Average time to first token (s)` became
//! `Avg TTFT (ms)`.
//!
//! Its TPOT is a request's mean gap between tokens, which a level calls inter-token latency. Its ITL is the gap between
//! received chunks of all requests together and is not read. The tool rounds numbers and writes `-1` for missing ones.
//!
//! With `--rate` it sends at that rate, with exponentially distributed gaps, even if `--parallel` caps the requests in
//! flight: that is an open loop. Older summaries do not contain the rate, but `benchmark_args.json` does. Without
//! streaming, answers arrive as a whole; the tool then writes their latency as the time to first token, and 0 as TPOT.
//! Neither was measured.

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::{Arrivals, Known, LoadModel, Run};

use crate::format::{Beside, Companion, CompanionName, Format, Report, Steps};
use crate::input::Input;
use crate::sniff::Sniff;
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{document, hints};

pub(crate) const FORMAT: Format = Format {
    id: "evalscope",
    name: "EvalScope perf (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "`benchmark_summary.json`, with `benchmark_percentile.json` and `benchmark_args.json` beside it",
    recognises,
    read,
    companions: &[
        Companion {
            recognises: |sniff| sniff.has("[].Percentiles"),
            what: "EvalScope's percentiles, which complete the report beside them. Give the benchmark_summary.json",
        },
        Companion {
            recognises: |sniff| sniff.has("sla_auto_tune") || (sniff.has("parallel") && sniff.has("tokenizer_path")),
            what: "EvalScope's settings, which complete the report beside them. Give the benchmark_summary.json",
        },
        Companion {
            recognises: |sniff| sniff.has("rows[].steady_state") || sniff.has("points[].cum_completion"),
            what: "EvalScope's token rates over time. Give the benchmark_summary.json beside it",
        },
        Companion {
            recognises: is_search,
            what: "the means of EvalScope's search for a service level. Give the benchmark_summary.json of each of its runs",
        },
    ],
    beside: &[
        Beside { name: CompanionName::Fixed("benchmark_percentile.json"), apply: percentiles },
        Beside { name: CompanionName::Fixed(SETTINGS), apply: settings },
    ],
};

const TOOL: &str = "evalscope";
const SETTINGS: &str = "benchmark_args.json";

/// Arrivals of requests that are sent at a rate.
const ARRIVALS: Arrivals = Arrivals::Poisson;

/// Names of a value, the current one first.
type Names = &'static [&'static str];

const DURATION: Names = &["Test Duration (s)", "Time taken for tests (s)"];
const USERS: Names = &["Concurrency", "Number of concurrency"];
const RATE: Names = &["Request Rate (req/s)", "Request rate (req/s)"];
const OK: Names = &["Success Requests", "Succeed requests"];
const FAILED: Names = &["Failed Requests", "Failed requests"];
/// The number of streamed answers; older summaries do not have it.
const STREAMED: &str = "Stream Requests";
const REQUEST_RATE: Names = &["Req Throughput (req/s)", "Request throughput (req/s)"];
const OUTPUT_RATE: Names = &["Output Throughput (tok/s)", "Output token throughput (tok/s)"];
const TOTAL_RATE: Names = &["Total Throughput (tok/s)", "Total token throughput (tok/s)"];
const PROMPT: Names = &["Avg Input Tokens", "Average input tokens per request"];
const OUTPUT: Names = &["Avg Output Tokens", "Average output tokens per request"];
const TTFT: Names = &["Avg TTFT (ms)", "Average time to first token (s)"];
const ITL: Names = &["Avg TPOT (ms)", "Average time per output token (s)"];
const E2E: Names = &["Avg Latency (s)", "Average latency (s)"];

fn recognises(sniff: &Sniff<'_>) -> bool {
    [OK, DURATION, E2E].iter().all(|names| names.iter().any(|name| sniff.has(name)))
}

/// Whether it is `sla_summary.json`, with results by what was tried: `parallel_4` or `rate_16`.
fn is_search(sniff: &Sniff<'_>) -> bool {
    let tried = |name: &String| {
        let value = name.strip_prefix("parallel_").or_else(|| name.strip_prefix("rate_"));
        value.is_some_and(|value| value.parse::<f64>().is_ok())
    };
    !sniff.top().is_empty() && sniff.top().iter().all(tried)
}

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    // `-1` means missing.
    let value = |names: Names| names.iter().find_map(|name| tree.get(name).number()).filter(|&value| value >= 0.0);
    let Some(ok) = names_count(&tree, OK) else {
        steps::unusable(report, None, OK[0], "the number of successful requests");
        return;
    };
    let offer = if let Some(rate) = value(RATE).filter(|&rate| rate > 0.0) {
        Offer::Open(ARRIVALS, rate)
    } else if let Some(users) = value(USERS).filter(|&users| users > 0.0) {
        Offer::Closed(users)
    } else {
        Offer::OffCurve("burst")
    };
    let duration_s = value(DURATION).filter(|&duration| duration > 0.0);
    let tokens = |names| value(names).filter(|_| ok > 0);
    let (prompt_tokens, output_tokens) = (tokens(PROMPT), tokens(OUTPUT));
    let sum = |mean: Option<f64>| mean.map(|mean| mean * ok as f64);
    let mean = |names: Names| {
        let (name, value) = names.iter().find_map(|name| Some((*name, tree.get(name).number()?)))?;
        // Without a successful request, zeros are not measurements.
        (ok > 0).then(|| Distribution { count: ok, mean: Some(value * scale(name)), ..Distribution::default() })
    };
    let itl = mean(ITL).filter(is_measured);
    // No gap between tokens, although answers had several of them: they were not streamed.
    let whole_answers = output_tokens.is_some_and(|tokens| tokens > 1.0) && itl.is_none();
    let streamed = tree.get(STREAMED).count() != Some(0) && !whole_answers;
    let mut level = Level {
        duration_s,
        requests: Requests { ok, errored: names_count(&tree, FAILED).unwrap_or(0), incomplete: 0 },
        reported: Rates {
            requests: value(REQUEST_RATE),
            output_tokens: value(OUTPUT_RATE),
            // `Input Throughput` is 0.0 for everything but embeddings, so it is not read.
            prompt_tokens: None,
            total_tokens: value(TOTAL_RATE),
        },
        rates: steps::rates(ok, duration_s, sum(prompt_tokens), sum(output_tokens)),
        prompt_tokens,
        output_tokens,
        ttft: mean(TTFT).filter(|_| streamed).filter(is_measured),
        itl: itl.filter(|_| streamed),
        e2e: mean(E2E),
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    steps::finish(vec![Step::new(TOOL, offer, level)], true, report);
}

/// Whether the mean of a latency is a possible one.
fn is_measured(of: &Distribution) -> bool {
    of.mean.is_some_and(|mean| mean > 0.0)
}

fn names_count(tree: &Tree, names: Names) -> Option<u64> {
    names.iter().find_map(|name| tree.get(name).count())
}

/// The factor to milliseconds for the unit in a name.
fn scale(name: &str) -> f64 {
    if name.ends_with("(s)") { MS_PER_S } else { 1.0 }
}

/// `benchmark_percentile.json`: a list with a mapping for each percentile, from 0.17 on.
fn percentiles(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    let [level] = run.levels.as_mut_slice() else { return };
    let columns = [
        (&mut level.ttft, ["TTFT (ms)", "TTFT (s)"]),
        (&mut level.itl, ["TPOT (ms)", "TPOT (s)"]),
        (&mut level.e2e, ["Latency (ms)", "Latency (s)"]),
    ];
    for (slot, names) in columns {
        // Only latencies with a mean were measured.
        let Some(of) = slot else { continue };
        for row in tree.items() {
            let found = names.iter().find_map(|name| Some(row.get(name).number()? * scale(name)));
            // A gap of 0 comes from an answer with one token.
            let found = found.filter(|&value| value > 0.0);
            let (Some(label), Some(value)) = (row.get("Percentiles").text(), found) else { continue };
            match label {
                "min" => of.min = Some(value),
                "max" => of.max = Some(value),
                percent => {
                    let quantile =
                        percent.strip_suffix('%').and_then(|digits| summary::quantile(&format!("p{digits}")));
                    of.quantiles.extend(quantile.map(|q| (q, value)));
                }
            }
        }
        summary::order(of);
    }
}

/// Reads `benchmark_args.json`, the settings.
fn settings(text: &str, run: &mut Run) {
    let Some(tree) = document::small_json(text) else { return };
    if tree.get("parallel").is_null() && tree.get("dataset").is_null() {
        return;
    }
    if run.deployment.model.is_none()
        && let Some(name) = tree.get("model").text()
    {
        hints::name_model(run, Known { value: name.to_owned(), source: SETTINGS.to_owned() });
    }
    if run.workload.shape.is_none() {
        run.workload.shape = shape(&tree);
    }
    let [level] = run.levels.as_mut_slice() else { return };
    if run.load_model == LoadModel::Closed
        && let Some(rate) = tree.get("rate").positive()
    {
        level.load = rate;
        run.load_model = LoadModel::Open(ARRIVALS);
    }
    if tree.get("stream") == &Tree::Bool(false) {
        (level.ttft, level.itl) = (None, None);
    }
}

/// For example `random 64 in / 24 out`.
fn shape(settings: &Tree) -> Option<String> {
    let data = settings.get("dataset").text()?;
    let (least, most) = (settings.get("min_prompt_length").positive(), settings.get("max_prompt_length").positive());
    Some(match (least.filter(|_| least == most), settings.get("max_tokens").positive()) {
        (Some(prompt), Some(output)) => format!("{data} {prompt} in / {output} out"),
        (None, Some(output)) => format!("{data} {output} out"),
        _ => data.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::numbers::{Numbers, put, put_latency};
    use crate::recorded::{self, json};

    /// The numbers of a step, from its three files.
    fn walk(path: &std::path::Path) -> Option<Vec<Numbers>> {
        if path.file_name()? != "benchmark_summary.json" {
            return None;
        }
        let (v, rows) = (json(path), json(&path.with_file_name("benchmark_percentile.json")));
        let new = v.get("Concurrency").is_some();
        let get = |newer: &str, older: &str| v.get(if new { newer } else { older }).and_then(Value::as_f64);
        let mut found = Numbers::new();
        let load = get("Concurrency", "Number of concurrency").filter(|&users| users > 0.0);
        put(&mut found, "load", load.or_else(|| v.get("Request Rate (req/s)").and_then(Value::as_f64)));
        let (ok, duration) =
            (get("Success Requests", "Succeed requests")?, get("Test Duration (s)", "Time taken for tests (s)")?);
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", get("Failed Requests", "Failed requests"));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        let prompt = get("Avg Input Tokens", "Average input tokens per request")?;
        let output = get("Avg Output Tokens", "Average output tokens per request")?;
        put(&mut found, "prompt_tokens", Some(prompt));
        put(&mut found, "output_tokens", Some(output));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "rates.prompt", Some(prompt * ok / duration));
        put(&mut found, "rates.output", Some(output * ok / duration));
        put(&mut found, "rates.total", Some(prompt * ok / duration + output * ok / duration));
        put(&mut found, "reported.requests", get("Req Throughput (req/s)", "Request throughput (req/s)"));
        put(&mut found, "reported.output", get("Output Throughput (tok/s)", "Output token throughput (tok/s)"));
        put(&mut found, "reported.total", get("Total Throughput (tok/s)", "Total token throughput (tok/s)"));
        for (ours, newer, older, column) in [
            ("ttft", "Avg TTFT (ms)", "Average time to first token (s)", "TTFT"),
            ("itl", "Avg TPOT (ms)", "Average time per output token (s)", "TPOT"),
            ("e2e", "Avg Latency (s)", "Average latency (s)", "Latency"),
        ] {
            let scale = if new && ours != "e2e" { 1.0 } else { 1000.0 };
            let column = format!("{column} ({})", if scale < 2.0 { "ms" } else { "s" });
            let quantiles = rows.as_array()?.iter().map(|row| {
                let label = row["Percentiles"].as_str().unwrap();
                (label.strip_suffix('%').map_or_else(|| label.to_owned(), |digits| format!("p{digits}")), &row[&column])
            });
            let mean = v.get(if new { newer } else { older })?;
            let quantiles: Vec<(String, &Value)> = quantiles.chain([("mean".to_owned(), mean)]).collect();
            put_latency(&mut found, ours, ok, scale, quantiles.iter().map(|(name, value)| (name.as_str(), *value)));
        }
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        Some(vec![found])
    }

    #[test]
    fn recorded_steps_and_what_is_beside_them() {
        let readings = recorded::check(FORMAT.id, walk);
        let closed = readings.iter().find(|reading| reading.runs[0].load_model == LoadModel::Closed).unwrap();
        let run = &closed.runs[0];
        assert_eq!(run.provenance.tool, TOOL);
        assert_eq!(run.deployment.model.as_ref().unwrap().value, "org/tiny-llama");
        assert_eq!(run.deployment.model.as_ref().unwrap().source, "benchmark_args.json");
        assert_eq!(run.workload.shape.as_deref(), Some("random 64 in / 24 out"));
        let open = readings.iter().find(|reading| reading.runs[0].load_model != LoadModel::Closed).unwrap();
        assert_eq!(open.runs[0].load_model, LoadModel::Open(Arrivals::Poisson));
    }

    #[test]
    fn what_its_search_concluded_is_no_report() {
        let text = r#"{"parallel_4": {"metrics": {}}, "parallel_8": {"metrics": {}}}"#;
        let reading = crate::read("sla_summary.json", text.as_bytes());
        assert_eq!((reading.runs.len(), reading.problems[0].code), (0, crate::Code::Companion));
    }

    #[test]
    fn a_step_without_a_success_has_no_latency() {
        let text = r#"{"Success Requests": 0, "Failed Requests": 4, "Test Duration (s)": 2, "Concurrency": 4, "Avg Latency (s)": 0.0, "Avg TTFT (ms)": 0.0}"#;
        let reading = crate::read("a.json", text.as_bytes());
        let level = &reading.runs[0].levels[0];
        assert_eq!((level.requests.errored, level.e2e.as_ref(), level.ttft.as_ref()), (4, None, None));
        let endless = text.replace("\"Concurrency\": 4", "\"Concurrency\": -1, \"Request Rate (req/s)\": -1.0");
        let reading = crate::read("a.json", endless.as_bytes());
        assert!(
            reading.runs.is_empty() && reading.problems[0].message.contains("sent at once"),
            "{:?}",
            reading.problems
        );
    }

    /// A summary in the current form, with some values changed.
    fn summary(changes: &[(&str, Value)]) -> String {
        let mut v = serde_json::json!({ "Test Duration (s)": 2.0, "Concurrency": 4, "Request Rate (req/s)": -1.0, "Success Requests": 20,
            "Failed Requests": 0, "Stream Requests": 20, "Req Throughput (req/s)": 10.0, "Avg Latency (s)": 0.2, "Avg Output Tokens": 24.0,
            "Output Throughput (tok/s)": 240.0, "Avg TTFT (ms)": 50.0, "Avg TPOT (ms)": 10.0 });
        for (key, value) in changes {
            v[*key] = value.clone();
        }
        v.to_string()
    }

    fn run_of(text: &str) -> Run {
        let mut reading = crate::read("a.json", text.as_bytes());
        assert_eq!(reading.problems, vec![]);
        reading.runs.remove(0)
    }

    #[test]
    fn answers_that_arrive_whole_have_no_first_token() {
        let whole = [("Avg TTFT (ms)", Value::from(200.0)), ("Avg TPOT (ms)", Value::from(0.0))];
        let counted = [("Stream Requests", Value::from(0)), ("Avg TTFT (ms)", Value::from(200.0))];
        for changes in [&whole, &counted] {
            let mut run = run_of(&summary(changes));
            percentiles(
                r#"[{"Percentiles": "95%", "TTFT (ms)": 210.0, "TPOT (ms)": 0.0, "Latency (s)": 0.21}]"#,
                &mut run,
            );
            let level = &run.levels[0];
            assert_eq!((&level.ttft, &level.itl), (&None, &None), "{changes:?}");
            assert_eq!(level.e2e.as_ref().unwrap().quantile(0.95), Some(210.0));
        }
        // An answer with one token has no gap, but it has a first token.
        let one = run_of(&summary(&[("Avg Output Tokens", Value::from(1.0)), ("Avg TPOT (ms)", Value::from(0.0))]));
        assert_eq!((one.levels[0].ttft.as_ref().unwrap().mean, &one.levels[0].itl), (Some(50.0), &None));
        // An old summary does not count streamed answers; its settings say whether it streamed.
        let mut old = run_of(&summary(&[]));
        settings(r#"{"parallel": 4, "rate": -1, "stream": false, "dataset": "random"}"#, &mut old);
        assert_eq!((&old.levels[0].ttft, &old.levels[0].itl), (&None, &None));
        assert_eq!(old.load_model, LoadModel::Closed);
    }

    #[test]
    fn a_rate_is_an_open_loop_with_and_without_a_cap() {
        const OPEN: LoadModel = LoadModel::Open(Arrivals::Poisson);
        let told = run_of(&summary(&[("Request Rate (req/s)", Value::from(12.5))]));
        assert_eq!((told.load_model, told.levels[0].load), (OPEN, 12.5));
        let mut beside = run_of(&summary(&[]));
        settings(r#"{"parallel": 4, "rate": 12.5, "stream": true, "dataset": "random"}"#, &mut beside);
        assert_eq!((beside.load_model, beside.levels[0].load), (OPEN, 12.5));
        assert!(beside.levels[0].ttft.is_some());
    }

    #[test]
    fn less_than_nothing_is_not_known() {
        let none = ["Req Throughput (req/s)", "Output Throughput (tok/s)", "Avg Output Tokens"];
        let level = run_of(&summary(&none.map(|key| (key, Value::from(-1.0))))).levels.remove(0);
        assert_eq!((level.reported.requests, level.reported.output_tokens), (None, None));
        assert_eq!((level.output_tokens, level.rates.output_tokens), (None, None));
    }
}
