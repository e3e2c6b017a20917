//! Values of the queries against PromQL that is evaluated without them, on Prometheus and on VictoriaMetrics, with the
//! recorded benchmarks of the demonstration as the server saw them.

use headroom_engine::slo::preset;
use headroom_engine::verdict::assess;
use headroom_protocol::frame::{Frame, Values};
use serde_json::json;

use super::servers::{DEMO, Joined, Server, number, text};
use crate::support::{BF16, BF16_REPEAT, assert_mentions, notices, numbers, read};

/// The deployment of the recording.
const TINY: &str = "tiny-llama-bf16";
/// The whole recording, and the benchmark's sweep of it, seconds since the Unix epoch.
const WHOLE: (i64, i64) = (1_795_493_825, 1_795_494_540);
const SWEEP: (i64, i64) = (1_795_494_077, 1_795_494_374);

fn price() -> serde_json::Value {
    json!({"deployments": [{"name": TINY, "match": {"path": "tiny-llama-bf16/**"}, "price": {"dollars_per_hour": 0.5}}]})
}

/// The data source over a Prometheus, and over a VictoriaMetrics with the same samples where one is installed.
async fn both() -> Vec<Joined> {
    let Some(prometheus) = Server::prometheus(DEMO).await else { return Vec::new() };
    let victoria = Server::victoria_metrics(&prometheus, (WHOLE.0 - 60, WHOLE.1 + 60)).await;
    let mut joined = Vec::new();
    for server in std::iter::once(prometheus).chain(victoria) {
        joined.push(Joined::over(&[BF16], server, price()).await);
    }
    joined
}

#[track_caller]
fn assert_close(ours: f64, theirs: f64, what: &str) {
    let close = (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0);
    assert!(close || ours.is_nan() && theirs.is_nan(), "{what}: {ours} against {theirs}");
}

fn times_s(frame: &Frame) -> Vec<i64> {
    match &frame.field("time").unwrap().values {
        Values::Time(times) => times.iter().map(|at| at.copied().unwrap_or_default() / 1_000_000_000).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operating_point_is_what_promql_says() {
    for joined in both().await {
        let frames = joined.frames(json!({"queryType": "live", "deployments": TINY, "statistic": "p95"}), SWEEP).await;
        let [frame] = frames.as_slice() else { panic!("{} frames", frames.len()) };
        // A scrape each five seconds: gauges over a step, rates over four scrapes.
        let all = "{model_name=\"tiny-llama-bf16\"}";
        for (field, promql, factor) in [
            ("running", format!("sum(avg_over_time(vllm:num_requests_running{all}[5s]))"), 1.0),
            ("waiting", format!("sum(avg_over_time(vllm:num_requests_waiting{all}[5s]))"), 1.0),
            ("kv_cache_use", format!("max(max_over_time(vllm:kv_cache_usage_perc{all}[5s]))"), 1.0),
            ("output_tokens_per_second", format!("sum(rate(vllm:generation_tokens_total{all}[20s]))"), 1.0),
            ("prompt_tokens_per_second", format!("sum(rate(vllm:prompt_tokens_total{all}[20s]))"), 1.0),
            ("request_rate", format!("sum(rate(vllm:request_success_total{all}[20s]))"), 1.0),
            ("preemptions_per_second", format!("sum(rate(vllm:num_preemptions_total{all}[20s]))"), 1.0),
            ("up", "max(up{job=\"vllm\"})".to_owned(), 1.0),
        ] {
            let values = numbers(frame.field(field).unwrap());
            assert!(values.iter().filter(|value| !value.is_nan()).count() > 50, "{field}: {values:?}");
            for (at, (at_s, ours)) in times_s(frame).into_iter().zip(&values).enumerate() {
                // Every fifth is enough to tell.
                if at % 5 == 0 {
                    let theirs = joined.server.value_of(&promql, at_s) * factor;
                    assert_close(*ours, theirs, &format!("{field} at {at_s}"));
                }
            }
        }
        latencies(&joined, frame, all);
    }
}

/// Percentiles are those of `histogram_quantile`, but for those that the mean shows to be less.
fn latencies(joined: &Joined, frame: &Frame, all: &str) {
    for (field, metric) in [
        ("ttft", "time_to_first_token_seconds"),
        ("e2e", "e2e_request_latency_seconds"),
        ("itl", "request_time_per_output_token_seconds"),
        ("queue", "request_queue_time_seconds"),
    ] {
        let column = |suffix: &str| numbers(frame.field(&format!("{field}{suffix}")).unwrap());
        let (values, low, high) = (column(""), column("_lo"), column("_hi"));
        let mut same = 0;
        for (at, at_s) in times_s(frame).into_iter().enumerate().step_by(3) {
            let bucket = format!("vllm:{metric}_bucket{all}[20s]");
            let quantile =
                joined.server.value_of(&format!("histogram_quantile(0.95, sum by (le) (rate({bucket})))"), at_s);
            let mean = joined.server.value_of(
                &format!("sum(rate(vllm:{metric}_sum{all}[20s])) / sum(rate(vllm:{metric}_count{all}[20s]))"),
                at_s,
            );
            if values[at].is_nan() {
                assert!(quantile.is_nan() || mean.is_nan(), "{field} at {at_s}: nothing against {quantile}");
                continue;
            }
            assert!(low[at] <= values[at] && (high[at].is_nan() || values[at] <= high[at]), "{field} at {at_s}");
            if high[at] < mean * 20_000.0 * (1.0 - 1e-9) || high[at].is_nan() {
                assert_close(values[at], quantile * 1_000.0, &format!("{field} at {at_s}"));
                same += 1;
            } else {
                // At most 5 % of the values exceed twenty times their mean.
                assert!(values[at] <= quantile * 1_000.0 + 1e-9, "{field} at {at_s}: {} {quantile}", values[at]);
            }
        }
        assert!(same > 5 || field == "queue", "{field}: only {same} are alike");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headroom_is_load_over_the_verdict_s_breaking_load() {
    let verdict = assess(&read(BF16), &preset("interactive").unwrap());
    let holds = verdict.breaking_load.unwrap();
    for joined in both().await {
        for to_s in [1_795_494_150, 1_795_494_250, 1_795_494_350] {
            let range = (to_s - 600, to_s);
            let query = json!({"queryType": "headroom", "deployments": TINY, "window": "1m"});
            let frames = joined.frames(query.clone(), range).await;
            let load = joined.server.value_of(
                "sum(avg_over_time(vllm:num_requests_running[1m])) + sum(avg_over_time(vllm:num_requests_waiting[1m]))",
                to_s,
            );
            assert_close(number(&frames[0], TINY, "load"), load, "load");
            assert_close(number(&frames[0], TINY, "headroom"), 1.0 - load / holds, "headroom");
            assert_close(number(&frames[0], TINY, "holds"), holds, "holds");
            assert_close(number(&frames[0], TINY, "spare_load"), holds - load, "spare load");
            assert_close(number(&frames[0], TINY, "replicas_needed"), (load / holds).ceil(), "replicas");
            assert_eq!(text(&frames[0], TINY, "state"), "edge");
            let alert = joined.alert(query, range).await;
            assert_close(numbers(&alert[0].fields[0])[0], 1.0 - load / holds, "in an alert rule");
            let overlay = joined
                .frames(json!({"queryType": "overlay", "deployments": TINY, "metric": "ttft", "window": "1m"}), range)
                .await;
            assert_close(overlay[0].meta.custom["load"].as_f64().unwrap(), load, "beside the curve");
        }
        let query = json!({"queryType": "headroom", "deployments": TINY, "format": "series"});
        let frames = joined.frames(query, SWEEP).await;
        let (left, load) = (numbers(frames[0].field("headroom").unwrap()), numbers(frames[0].field("load").unwrap()));
        assert!(left.iter().any(|left| *left < 0.0) && left.iter().any(|left| *left > 0.5), "{left:?}");
        for (left, load) in left.iter().zip(&load) {
            assert_close(*left, 1.0 - load / holds, "over time");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cost_is_tokens_over_dollars() {
    for joined in both().await {
        let frames = joined.frames(json!({"queryType": "cost_now", "deployments": TINY}), SWEEP).await;
        let value = |field: &str| number(&frames[0], TINY, field);
        let hours = value("replica_hours");
        assert!((hours * 3_600.0 - 297.0).abs() < 12.0, "{hours} of one replica over the sweep");
        // The counters themselves. Rates of windows lag behind them by half a rate's reach at either end, ten seconds.
        let tokens = joined.server.value_of("sum(vllm:generation_tokens_total)", SWEEP.1)
            - joined.server.value_of("sum(vllm:generation_tokens_total)", SWEEP.0);
        assert!((value("output_tokens") / tokens - 1.0).abs() < 0.06, "{} of {tokens}", value("output_tokens"));
        assert_close(value("tokens_per_dollar"), value("output_tokens") / (hours * 0.5), "tokens per dollar");
        assert_close(value("dollars_per_million_output_tokens") * value("tokens_per_dollar"), 1e6, "the reciprocal");
        assert_close(value("dollars_per_hour"), 0.5, "price");
        assert!((0.9..=1.0).contains(&value("busy")), "{}", value("busy"));
        let alert = joined.alert(json!({"queryType": "cost_now", "deployments": TINY}), SWEEP).await;
        assert_eq!(numbers(&alert[0].fields[0]), [value("dollars_per_million_output_tokens")]);
    }
}

/// The benchmark and the production of the same minutes: each level of the one lies on the curve of the other within
/// its interval, or a notice says why not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_of_the_benchmark_s_own_minutes_lies_on_its_curve() {
    let run = read(BF16);
    for joined in both().await {
        for (metric, statistic) in [("ttft", "p95"), ("ttft", "p50"), ("e2e", "p95"), ("e2e", "mean")] {
            let query = json!({"queryType": "overlay", "deployments": TINY, "metric": metric, "statistic": statistic});
            let frames = joined.frames(query.clone(), SWEEP).await;
            let levels = frames.iter().find(|frame| frame.meta.custom["headroom"] == "overlay_levels").unwrap();
            let column = |name: &str| numbers(levels.field(name).unwrap());
            assert!(column("load_seen").iter().all(|load| *load > 0.0));
            let (offered, value) = (column("load"), column("value"));
            let (low, high) = (column("value_lo"), column("value_hi"));
            assert_eq!(offered, run.levels.iter().map(|level| level.load).collect::<Vec<_>>(), "every level is there");
            let client =
                joined.frames(json!({"deployments": TINY, "metric": metric, "statistic": statistic}), SWEEP).await;
            let of = |name: &str| numbers(client[0].field(name).unwrap());
            let (measured, measured_lo, measured_hi) = (of("value"), of("value_lo"), of("value_hi"));
            let said = notices(&frames);
            let mut on_the_curve = 0;
            for at in 0..offered.len() {
                let lower = if measured_lo[at].is_nan() { measured[at] } else { measured_lo[at] };
                let upper = if measured_hi[at].is_nan() { f64::INFINITY } else { measured_hi[at] };
                let high = if high[at].is_nan() { f64::INFINITY } else { high[at] };
                assert!(value[at] > 0.0, "{metric} {statistic} at {}", offered[at]);
                if low[at] <= upper && lower <= high {
                    on_the_curve += 1;
                } else {
                    assert_mentions(&said, &format!("at {} user", offered[at]));
                }
            }
            assert!(on_the_curve >= 5, "{metric} {statistic}: {on_the_curve} of {}: {said:#?}", offered.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_benchmark_s_own_minutes_have_not_drifted() {
    for joined in both().await {
        for metric in ["ttft", "e2e"] {
            let query = json!({"queryType": "drift", "deployments": TINY, "metric": metric, "statistic": "p50"});
            let frames = joined.frames(query, SWEEP).await;
            assert_eq!(text(&frames[0], TINY, "direction"), "as_measured", "{metric}");
            assert_eq!(text(&frames[0], TINY, "baseline"), "server", "{metric}");
            let (low, high) = (number(&frames[0], TINY, "ratio_lo"), number(&frames[0], TINY, "ratio_hi"));
            assert!(low <= 1.0 && 1.0 <= high, "{metric}: {low} to {high}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expression_answers_what_the_server_answers() {
    for joined in both().await {
        let query = json!({"queryType": "promql", "expr": "sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[$__rate_interval]))",
            "legendFormat": "up to {{le}} s", "interval": "15s"});
        let frames = joined.frames(query, SWEEP).await;
        assert!(frames.len() > 10, "{}", frames.len());
        assert_mentions(&[frames[0].meta.executed_query_string.as_str()], "_bucket[1m]");
        for frame in &frames {
            let le = &frame.field("Value").unwrap().labels["le"];
            assert_eq!(frame.name, format!("up to {le} s"));
            let Values::Time(times) = &frame.fields[0].values else { panic!() };
            let last_s = times.iter().last().unwrap().unwrap() / 1_000_000_000;
            let theirs = joined
                .server
                .value_of(&format!("sum(rate(vllm:time_to_first_token_seconds_bucket{{le=\"{le}\"}}[1m]))"), last_s);
            assert_close(*numbers(frame.field("Value").unwrap()).last().unwrap(), theirs, le);
        }
        let instant = json!({"queryType": "promql", "expr": "sum(vllm:num_requests_running)", "instant": true});
        let frames = joined.alert(instant, SWEEP).await;
        let theirs = joined.server.value_of("sum(vllm:num_requests_running)", SWEEP.1);
        assert_eq!(numbers(frames[0].field("Value").unwrap()), [theirs]);
    }
}

/// Labels are the identity of an alert: two numbers with the same ones are refused, and a run among them would make the next
/// benchmark another alert.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_are_told_apart_where_runs_are_asked_for_and_nowhere_else() {
    let Some(server) = Server::prometheus(DEMO).await else { return };
    let joined = Joined::over(&[BF16, BF16_REPEAT], server, price()).await;
    let kinds = ["live", "headroom", "overlay", "bottleneck", "drift", "energy", "cost_now"];
    let (first, repeat) = (read(BF16).id, read(BF16_REPEAT).id);
    for (query, expected) in [
        (json!({}), vec![None]),
        (json!({"select": "latest"}), vec![None]),
        (json!({"select": "all"}), vec![Some(&first), Some(&repeat)]),
        (json!({"runs": [&first, &repeat]}), vec![Some(&first), Some(&repeat)]),
        (json!({"runs": [&repeat]}), vec![Some(&repeat)]),
    ] {
        for kind in kinds {
            let mut query = query.clone();
            query["queryType"] = json!(kind);
            query["deployments"] = json!(TINY);
            let frames = joined.alert(query.clone(), SWEEP).await;
            let labels: Vec<&std::collections::BTreeMap<String, String>> =
                frames[0].fields.iter().map(|field| &field.labels).collect();
            let runs: Vec<Option<&String>> = labels.iter().map(|labels| labels.get("run")).collect();
            assert_eq!(runs, expected, "{query}");
            assert!(labels.iter().all(|labels| labels["deployment"] == TINY), "{query}: {labels:?}");
            let judged = frames[0].meta.custom["runs"].as_array().unwrap();
            assert_eq!(
                (frames[0].meta.custom["headroom"].as_str(), judged.len()),
                (Some("alert"), expected.len()),
                "{query}"
            );
            assert_eq!(judged[0]["deployment"], TINY, "{query}");
        }
    }
    let query = json!({"queryType": "headroom", "format": "series", "select": "all", "deployments": TINY});
    let frames = joined.frames(query, SWEEP).await;
    let names: Vec<&str> =
        frames.iter().map(|frame| frame.field("headroom").unwrap().config.display_name_from_ds.as_str()).collect();
    assert!(names.len() == 2 && names[0] != names[1], "a legend tells them apart: {names:?}");
}

/// What is looked at is decided by what production has: not by how many runs the store has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_query_names_and_is_not_there_is_said() {
    let Some(server) = Server::prometheus(DEMO).await else { return };
    let joined = Joined::over(&[BF16], server, json!({})).await;
    for (query, expected) in [
        (json!({"runs": ["nope"]}), "there is no run nope"),
        (json!({"loadModel": "open"}), "are all closed loop: set the load model to closed"),
        (json!({"deployments": ["nope"]}), "there is no deployment nope"),
    ] {
        let mut query = query;
        query["queryType"] = json!("headroom");
        assert_mentions(&notices(&joined.frames(query, SWEEP).await), expected);
    }
}
