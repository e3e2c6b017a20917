//! k6's summary of one test: the input of `handleSummary`, the output of `--summary-export`, and both forms with
//! `--new-machine-readable-summary`.
//!
//! k6 measures HTTP and not tokens. The latency of a request is `http_req_duration` of requests that were answered as
//! expected. k6's time to the first byte is that of the headers and not a time to first token. If a script has its own
//! metrics with the usual names (`ttft`, `completion_tokens`, …), these are read too.
//!
//! All of k6's own times are in milliseconds. A script's own times have the script's unit: they count as milliseconds
//! if k6 was told that the metric is a time (`new Trend('ttft', true)`, which `contains` a time) or if the name ends in
//! `_ms`. `--summary-export` does not write what a metric contains.
//!
//! A summary does not say how load was offered. Iterations per second times their mean time is the number of busy
//! virtual users (VUs). In a closed loop all VUs are busy; if a script pauses, fewer requests are in flight. If VUs
//! waited for work, iterations arrived at a rate, and those without a free VU were dropped.

use headroom_engine::level::{Distribution, Level, Rates, Requests};
use headroom_engine::run::Arrivals;

use crate::format::{Companion, Format, Report, Steps};
use crate::input::Input;
use crate::problem::{Code, Problem};
use crate::steps::{self, Offer, Step};
use crate::summary::{self, MS_PER_S};
use crate::tree::Tree;
use crate::{document, time};

pub(crate) const FORMAT: Format = Format {
    id: "k6",
    name: "k6 summary (JSON)",
    tool: TOOL,
    steps: Steps::OneAFile,
    documentation: "what `--summary-export` or `handleSummary` writes, one load a file: latency, and tokens where the script counts them",
    recognises: |sniff| {
        let own = ["metrics.http_req_duration", "metrics.iteration_duration"].iter().all(|metric| sniff.has(metric));
        own || (sniff.has("results.metrics") && sniff.has("metadata.k6_version"))
    },
    read,
    companions: &[Companion {
        recognises: |sniff| sniff.has("type") && sniff.has("metric") && sniff.has("data"),
        what: "k6's log of single measurements. Run it with --summary-export and give that file",
    }],
    beside: &[],
};

const TOOL: &str = "k6";

/// In a closed loop at least this share of the VUs is busy: their first and last iterations do not begin and end
/// together.
const BUSY: f64 = 0.9;

/// If a script's time to first token is at least this share of the request's latency, it is the whole latency: the
/// answer was not streamed, so there is no first token.
const WHOLE: f64 = 0.99;

/// The usual names of scripts' own metrics.
const TTFT: &[&str] = &["ttft_ms", "time_to_first_token_ms", "llm_ttft_ms", "ttft", "time_to_first_token", "llm_ttft"];
const OUTPUT_TOKENS: &[&str] = &["completion_tokens", "output_tokens", "tokens_generated"];
const PROMPT_TOKENS: &[&str] = &["prompt_tokens", "input_tokens"];

fn read(input: &mut Input<'_>, report: &mut Report<'_>) {
    let Some(tree) = document::read(input, report) else { return };
    steps::finish(step(&tree, report).into_iter().collect(), true, report);
}

/// The metrics of a summary, in any of its forms.
struct Metrics<'t>(&'t Tree);

impl<'t> Metrics<'t> {
    /// A metric with its description; null if absent.
    fn whole(&self, name: &str) -> &'t Tree {
        let of_name = |metric: &&Tree| metric.get("name").text() == Some(name);
        // The metrics are a list in the machine-readable form, and a mapping in the others.
        self.0.items().iter().find(of_name).unwrap_or_else(|| self.0.get(name))
    }

    /// The values of a metric; null if absent.
    fn get(&self, name: &str) -> &'t Tree {
        let metric = self.whole(name);
        // The values are members of the metric, or of its member `values`, beside the metric's type.
        if metric.get("values").is_null() { metric } else { metric.get("values") }
    }

    fn count(&self, name: &str) -> Option<f64> {
        self.get(name).get("count").number().filter(|&count| count >= 0.0)
    }

    fn first(&self, names: &[&str]) -> &'t Tree {
        names.iter().map(|name| self.get(name)).find(|metric| !metric.is_null()).unwrap_or(&Tree::Null)
    }
}

fn step(tree: &Tree, report: &mut Report<'_>) -> Option<Step> {
    let own = tree.get("metrics");
    let metrics = Metrics(if own.is_null() { tree.at("results.metrics") } else { own });
    let Some((ok, errored)) = outcomes(&metrics) else {
        steps::unusable(report, Some("metrics"), "http_req_failed", "how many requests failed and how many did not");
        return None;
    };
    let Some(duration_s) = duration_s(tree, &metrics) else {
        steps::unusable(report, Some("state"), "testRunDurationMs", "a duration above 0");
        return None;
    };
    let expected = metrics.get("http_req_duration{expected_response:true}");
    let all = metrics.get("http_req_duration");
    let e2e = trend(if expected.is_null() && errored == 0 { all } else { expected }, ok);
    let sum = |names: &[&str]| metrics.first(names).get("count").number().filter(|&count| count > 0.0 && ok > 0);
    let (prompt, output) = (sum(PROMPT_TOKENS), sum(OUTPUT_TOKENS));
    let per_request = |sum: Option<f64>| steps::ratio(sum?, ok as f64);
    let mean_e2e_ms = e2e.as_ref().and_then(|e2e| e2e.mean);
    let mut level = Level {
        duration_s: Some(duration_s),
        ended_ms: tree.at("metadata.generated_at").text().and_then(time::seconds).and_then(time::milliseconds),
        requests: Requests { ok, errored, incomplete: 0 },
        reported: Rates { requests: metrics.get("http_reqs").get("rate").number(), ..Rates::default() },
        rates: steps::rates(ok, Some(duration_s), prompt, output),
        prompt_tokens: per_request(prompt),
        output_tokens: per_request(output),
        ttft: first_token(&metrics, ok, mean_e2e_ms, report),
        e2e,
        ..Level::default()
    };
    level.concurrency = steps::in_flight(&level);
    let offer = offer(&metrics, &mut level, duration_s, report)?;
    let mut step = Step::new(TOOL, offer, level);
    step.tool_version = tree.at("metadata.k6_version").text().map(str::to_owned);
    Some(step)
}

/// The numbers of successful and of failed requests. In the older forms `passes` counts how often "it failed" was true.
fn outcomes(metrics: &Metrics<'_>) -> Option<(u64, u64)> {
    let failed = metrics.get("http_req_failed");
    if let Some(total) = failed.get("total").count() {
        let errored = failed.get("matches").count()?;
        return Some((total.saturating_sub(errored), errored));
    }
    Some((failed.get("fails").count()?, failed.get("passes").count()?))
}

/// A script's time to first token in milliseconds. `None` if it is the latency of the whole request, whose mean is
/// `e2e_ms`, and if its unit is unknown.
fn first_token(metrics: &Metrics<'_>, ok: u64, e2e_ms: Option<f64>, report: &mut Report<'_>) -> Option<Distribution> {
    let name = TTFT.iter().find(|name| !metrics.get(name).is_null())?;
    let ttft = trend(metrics.get(name), ok)?;
    // A value in seconds is never close to one in milliseconds.
    if ttft.mean? >= e2e_ms? * WHOLE {
        return None;
    }
    let in_milliseconds = name.ends_with("_ms") || metrics.whole(name).get("contains").text() == Some("time");
    if !in_milliseconds {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::WrongType,
            path: Some(format!("metrics.{name}")),
            message: format!(
                "expected a time to first token in milliseconds; found numbers without a unit, which are not read: in seconds \
                 they would pass every limit. Have the script add milliseconds to a metric named {name}_ms, or to \
                 new Trend('{name}', true) with handleSummary instead of --summary-export, which drops the unit."
            ),
        });
    }
    Some(ttft).filter(|_| in_milliseconds)
}

fn duration_s(tree: &Tree, metrics: &Metrics<'_>) -> Option<f64> {
    let told = tree.at("state.testRunDurationMs").positive().map(|ms| ms / MS_PER_S);
    let counted = || steps::ratio(metrics.count("http_reqs")?, metrics.get("http_reqs").get("rate").number()?);
    told.or_else(|| tree.at("config.duration").positive()).or_else(counted).filter(|&duration| duration > 0.0)
}

fn offer(metrics: &Metrics<'_>, level: &mut Level, duration_s: f64, report: &mut Report<'_>) -> Option<Offer> {
    let iterations = metrics.count("iterations").and_then(|count| steps::ratio(count, duration_s));
    let each_s = metrics.get("iteration_duration").get("avg").positive().map(|ms| ms / MS_PER_S);
    let vus = metrics.get("vus_max").get("max").positive();
    let (Some(vus), Some(iterations), Some(each_s)) = (vus, iterations, each_s) else {
        steps::unusable(report, Some("metrics"), "vus_max", "the number of VUs and the time of their iterations");
        return None;
    };
    let dropped = metrics.count("dropped_iterations").and_then(|count| steps::ratio(count, duration_s));
    let busy = iterations * each_s;
    if dropped.is_none() && busy >= vus * BUSY {
        // Failed requests are in flight too, so this is the rate of all requests.
        let requests = metrics.count("http_reqs").and_then(|count| steps::ratio(count, duration_s));
        let each_s = metrics.get("http_req_duration").get("avg").positive().map(|ms| ms / MS_PER_S);
        let in_flight = requests.zip(each_s).map(|(rate, seconds)| rate * seconds);
        return Some(Offer::Closed(match in_flight.filter(|&in_flight| in_flight < vus * BUSY) {
            Some(in_flight) if in_flight > 0.0 => {
                level.asked_load = Some(vus);
                in_flight
            }
            _ => vus,
        }));
    }
    let requests = metrics.count("http_reqs").and_then(|count| steps::ratio(count, duration_s));
    let an_iteration = requests.and_then(|requests| steps::ratio(requests, iterations)).unwrap_or(1.0);
    let rate = (iterations + dropped.unwrap_or(0.0)) * an_iteration;
    if dropped.is_none() {
        report.problems.push(Problem {
            source: report.source.to_owned(),
            code: Code::Assumed,
            path: Some("metrics.vus_max".to_owned()),
            message: format!(
                "expected how the load was offered, which k6 does not write; found {busy:.1} of {vus} VUs busy. Taken for \
                 arrivals at {rate:.2} requests per second, as of the executor constant-arrival-rate. A test that changes its VUs on \
                 the way has no one load: give one file for each number of VUs instead."
            ),
        });
    }
    Some(Offer::Open(Arrivals::Constant, rate)).filter(|_| rate > 0.0)
}

/// The statistics of a trend: `avg`, `med`, `p(95)`; in the machine-readable form `p95`.
fn trend(values: &Tree, ok: u64) -> Option<Distribution> {
    let name = |key: &str| match key.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')')) {
        Some(percent) => format!("p{percent}"),
        None if key == "med" => "median".to_owned(),
        None => key.to_owned(),
    };
    let statistics: Vec<(String, &Tree)> = values.entries().iter().map(|(key, value)| (name(key), value)).collect();
    let count = values.get("count").count().unwrap_or(ok).min(ok);
    summary::of(statistics.iter().map(|(name, value)| (name.as_str(), *value)), 1.0, count)
}

#[cfg(test)]
mod tests {
    use headroom_engine::run::LoadModel;
    use serde_json::{Value, json};

    use super::*;
    use crate::numbers::{Numbers, put, put_latency};
    use crate::recorded;

    /// Every number of a summary, by the names of its form.
    fn walk(v: &Value) -> Numbers {
        let listed = v["results"]["metrics"].as_array();
        let metric = |name: &str| -> Value {
            let found = match listed {
                Some(all) => all.iter().find(|metric| metric["name"] == name).cloned().unwrap_or_default(),
                None => v["metrics"][name].clone(),
            };
            if found["values"].is_object() { found["values"].clone() } else { found }
        };
        let number = |name: &str, key: &str| metric(name)[key].as_f64();
        let failed = number("http_req_failed", "passes").or_else(|| number("http_req_failed", "matches")).unwrap();
        let all = number("http_reqs", "count").unwrap();
        let ok = all - failed;
        let duration = v["state"]["testRunDurationMs"].as_f64().map(|ms| ms / 1000.0);
        let duration = duration.or_else(|| v["config"]["duration"].as_f64());
        let duration = duration.unwrap_or_else(|| all / number("http_reqs", "rate").unwrap());
        let mut found = Numbers::new();
        put(&mut found, "ok", Some(ok));
        put(&mut found, "errored", Some(failed));
        put(&mut found, "incomplete", Some(0.0));
        put(&mut found, "duration_s", Some(duration));
        put(&mut found, "rates.requests", Some(ok / duration));
        put(&mut found, "reported.requests", number("http_reqs", "rate"));
        let (prompt, output) = (number("prompt_tokens", "count"), number("completion_tokens", "count"));
        put(&mut found, "prompt_tokens", prompt.map(|sum| sum / ok));
        put(&mut found, "output_tokens", output.map(|sum| sum / ok));
        put(&mut found, "rates.prompt", prompt.map(|sum| sum / duration));
        put(&mut found, "rates.output", output.map(|sum| sum / duration));
        put(&mut found, "rates.total", prompt.zip(output).map(|(a, b)| a / duration + b / duration));
        let e2e = metric("http_req_duration{expected_response:true}");
        let statistics: Vec<(String, Value)> = e2e
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.replace(['(', ')'], "").replace("med", "median"), value.clone()))
            .collect();
        put_latency(&mut found, "e2e", ok, 1.0, statistics.iter().map(|(key, value)| (key.as_str(), value)));
        let in_flight = ok / duration * found["e2e.mean"] / 1000.0;
        put(&mut found, "concurrency", Some(in_flight));
        let dropped = number("dropped_iterations", "count");
        let load = match dropped {
            Some(dropped) => {
                let iterations = number("iterations", "count").unwrap();
                (iterations / duration + dropped / duration) * ((all / duration) / (iterations / duration))
            }
            None => number("vus", "max").unwrap(),
        };
        put(&mut found, "load", Some(load));
        found
    }

    #[test]
    fn recorded_summaries() {
        let mut models = Vec::new();
        for reading in recorded::check(FORMAT.id, |path| Some(vec![walk(&recorded::json(path))])) {
            let run = &reading.runs[0];
            assert_eq!((&run.levels[0].ttft, &run.levels[0].itl), (&None, &None), "answers were not streamed");
            models.push(run.load_model);
        }
        assert!(models.contains(&LoadModel::Closed) && models.contains(&LoadModel::Open(Arrivals::Constant)));
    }

    /// A summary of 100 requests in 10 s, with some metrics changed.
    fn summary(changes: &[(&str, Value)]) -> Value {
        let mut v = json!({ "metrics": {
            "http_req_failed": { "passes": 0, "fails": 100 }, "http_reqs": { "count": 100, "rate": 10.0 },
            "http_req_duration": { "avg": 400.0, "p(95)": 500.0 }, "iterations": { "count": 100 },
            "iteration_duration": { "avg": 400.0 }, "vus_max": { "max": 4 } } });
        for (key, value) in changes {
            v["metrics"][*key] = value.clone();
        }
        v
    }

    #[test]
    fn how_load_was_offered_follows_from_busy_users() {
        const CONSTANT: LoadModel = LoadModel::Open(Arrivals::Constant);
        let (paused, idle, dropped) =
            (json!({ "avg": 900.0 }), json!({ "max": 20 }), json!({ "count": 50, "rate": 5.0 }));
        for (changes, model, load, told) in [
            (vec![], LoadModel::Closed, 4.0, 0),
            // VUs wait half a second between two requests.
            (vec![("iteration_duration", paused), ("vus_max", json!({ "max": 9 }))], LoadModel::Closed, 4.0, 0),
            // Failed requests were in flight too.
            (
                vec![
                    ("http_req_failed", json!({ "passes": 40, "fails": 60 })),
                    ("http_req_duration{expected_response:true}", json!({ "avg": 400.0, "p(95)": 500.0 })),
                ],
                LoadModel::Closed,
                4.0,
                0,
            ),
            (vec![("vus_max", idle)], CONSTANT, 10.0, 1),
            (vec![("dropped_iterations", dropped)], CONSTANT, 15.0, 0),
        ] {
            let reading = crate::read("a.json", summary(&changes).to_string().as_bytes());
            let run = &reading.runs[0];
            assert_eq!((run.load_model, run.levels[0].load), (model, load), "{changes:?}");
            assert_eq!(reading.problems.len(), told, "{changes:?}");
        }
    }

    /// Checks a summary whose script has this metric of its own.
    fn check_first_token(name: &str, metric: &Value, p95_ms: Option<f64>, problems: usize) {
        let v = summary(&[(name, metric.clone()), ("completion_tokens", json!({ "count": 2400 }))]);
        let mut reading = crate::read("a.json", v.to_string().as_bytes());
        let level = reading.runs.remove(0).levels.remove(0);
        assert_eq!(level.ttft.as_ref().and_then(|ttft| ttft.quantile(0.95)), p95_ms, "{name} {metric}");
        assert_eq!((level.output_tokens, level.rates.output_tokens), (Some(24.0), Some(240.0)));
        assert_eq!(reading.problems.len(), problems, "{:?}", reading.problems);
        for problem in reading.problems {
            let text = problem.to_string();
            assert!(
                text.contains("metrics.ttft: expected a time to first token in milliseconds; found numbers"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_script_may_measure_tokens_itself() {
        let values = json!({ "avg": 80.0, "p(95)": 120.0 });
        let told = |contains: &str| json!({ "type": "trend", "contains": contains, "values": values });
        check_first_token("ttft", &told("time"), Some(120.0), 0);
        check_first_token("ttft_ms", &values, Some(120.0), 0);
        check_first_token("time_to_first_token_ms", &told("default"), Some(120.0), 0);
        // The same numbers may be in seconds.
        check_first_token("ttft", &told("default"), None, 1);
        check_first_token("ttft", &values, None, 1);
        // As long as the whole request, so in milliseconds: the answer was not streamed.
        check_first_token("ttft", &json!({ "avg": 399.0, "p(95)": 500.0 }), None, 0);
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        let failing = json!({ "passes": 40, "fails": 60 });
        let level = crate::read("a.json", summary(&[("http_req_failed", failing)]).to_string().as_bytes())
            .runs
            .remove(0)
            .levels
            .remove(0);
        assert_eq!((level.requests.ok, level.requests.errored), (60, 40));
        assert_eq!(level.e2e, None, "the latency of failed requests is not taken for that of answers");
        for (key, path) in [("http_req_failed", "metrics.http_req_failed"), ("vus_max", "metrics.vus_max")] {
            let reading = crate::read("a.json", summary(&[(key, Value::Null)]).to_string().as_bytes());
            assert_eq!((reading.runs.len(), reading.problems[0].path.as_deref()), (0, Some(path)));
        }
    }
}
