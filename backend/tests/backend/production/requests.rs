//! How many requests Prometheus gets: as many for many deployments as for a few, none for what was asked before, and one for
//! what many ask at once. Prometheus counts them itself.

use std::fmt::Write as _;

use headroom_backend::usage::METRICS;
use headroom_base::tasks::in_order;
use headroom_engine::display::count;
use headroom_protocol::{Plugin as _, QueryError};
use serde_json::{Value, json};

use super::servers::{DEMO, Joined, Server};
use crate::support::{BF16, numbers};

/// Twenty minutes, seconds since the Unix epoch.
const RANGE: (i64, i64) = (1_795_493_800, 1_795_495_000);

/// Every kind that is about deployments.
const KINDS: &[&str] = &["headroom", "live", "bottleneck", "drift", "overlay", "cost_now", "energy", "annotations"];

/// So many servers of a vLLM, each of a model of its own, with the same numbers.
fn servers(deployments: usize) -> String {
    let mut text = String::new();
    let labels = |at: usize| {
        format!(
            "model_name=\"m{at:02}\",namespace=\"lab\",instance=\"10.0.0.{at}:8000\",job=\"vllm\",pod=\"m{at:02}-0\""
        )
    };
    let mut family = |name: &str, more: &str, value: &dyn Fn(i64) -> f64| {
        for at in 0..deployments {
            for step in 0..80_i64 {
                let at_s = RANGE.0 + step * 15;
                let (labels, value) = (labels(at), value(step));
                let sample = if name == "up" {
                    format!("up{{instance=\"10.0.0.{at}:8000\",job=\"vllm\"}} {value} {at_s}")
                } else {
                    format!("{name}{{{labels}{more}}} {value} {at_s}")
                };
                writeln!(text, "{sample}").unwrap();
            }
        }
    };
    family("up", "", &|_| 1.0);
    family("vllm:num_requests_running", "", &|_| 3.0);
    family("vllm:num_requests_waiting", "", &|_| 1.0);
    family("vllm:kv_cache_usage_perc", "", &|_| 0.5);
    family("vllm:generation_tokens_total", "", &|step| step as f64 * 1_500.0);
    family("vllm:prompt_tokens_total", "", &|step| step as f64 * 3_000.0);
    family("vllm:num_preemptions_total", "", &|_| 0.0);
    family("vllm:request_success_total", ",finished_reason=\"stop\"", &|step| step as f64 * 15.0);
    for histogram in ["time_to_first_token", "e2e_request_latency", "request_time_per_output_token"] {
        family(&format!("vllm:{histogram}_seconds_bucket"), ",le=\"1.0\"", &|step| step as f64 * 10.0);
        family(&format!("vllm:{histogram}_seconds_bucket"), ",le=\"+Inf\"", &|step| step as f64 * 15.0);
        family(&format!("vllm:{histogram}_seconds_sum"), "", &|step| step as f64 * 12.0);
        family(&format!("vllm:{histogram}_seconds_count"), "", &|step| step as f64 * 15.0);
    }
    text.push_str("# EOF\n");
    text
}

/// How many requests each kind takes, the first time.
async fn first(joined: &Joined) -> Vec<(&'static str, u64)> {
    let mut counts = Vec::new();
    for kind in KINDS {
        let before = joined.server.requests();
        joined.frames(json!({"queryType": kind}), RANGE).await;
        counts.push((*kind, joined.server.requests() - before));
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_deployments_take_the_requests_of_two() {
    let Some(two) = Server::of_text(&servers(2)).await else { return };
    let Some(sixty) = Server::of_text(&servers(60)).await else { return };
    let (two, sixty) = (Joined::over(&[], two, json!({})).await, Joined::over(&[], sixty, json!({})).await);
    let (few, many) = (first(&two).await, first(&sixty).await);
    assert_eq!(few, many);
    let most = few.iter().map(|(_, requests)| *requests).max().unwrap();
    assert!(most <= 16, "{few:?}");
    // And each of them sees what it would see alone.
    for joined in [&two, &sixty] {
        let frames = joined.frames(json!({"queryType": "live", "fields": ["running", "request_rate"]}), RANGE).await;
        for frame in &frames {
            let rates = numbers(&frame.fields[2]);
            let steady = rates.iter().filter(|rate| (**rate - 1.0).abs() < 1e-9).count();
            assert!(steady > 50, "{}: {rates:?}", frame.name);
            assert!(numbers(&frame.fields[1]).iter().filter(|running| **running == 3.0).count() > 50, "{}", frame.name);
        }
    }
    assert_eq!(sixty.frames(json!({"queryType": "live"}), RANGE).await.len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_is_not_asked_again() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    let sweep = (1_795_494_077, 1_795_494_374);
    for kind in ["drift", "overlay"] {
        let query = || json!({"queryType": kind});
        let before = joined.server.requests();
        let first = joined.frames(query(), sweep).await;
        let took = joined.server.requests() - before;
        // One request for each of the nine levels, which say nothing of the time between tokens of requests.
        assert!((1..=30).contains(&took), "{kind}: {took}");
        let executed = |frames: &[headroom_protocol::frame::Frame]| frames[0].meta.executed_query_string.clone();
        assert!(
            executed(&first).starts_with(&format!("{} to Prometheus, ", count(took, "request"))),
            "{}",
            executed(&first)
        );
        let again = joined.frames(query(), sweep).await;
        assert_eq!(joined.server.requests() - before, took, "{kind}, asked again at once");
        assert!(executed(&again).starts_with("0 requests to Prometheus, "), "{}", executed(&again));
        // A refresh later only the time that moved on is asked: the benchmark's own windows are kept.
        let before = joined.server.requests();
        joined.frames(query(), (sweep.0 + 60, sweep.1 + 60)).await;
        let refresh = joined.server.requests() - before;
        assert!(refresh <= 8, "{kind}: {refresh}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_ask_at_once_is_asked_once() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    let joined = std::sync::Arc::new(joined);
    let ask = |query: Value, range: (i64, i64)| {
        let joined = std::sync::Arc::clone(&joined);
        async move {
            joined.frames(query, range).await;
            Ok::<_, QueryError>(())
        }
    };
    for kind in ["live", "headroom"] {
        let before = joined.server.requests();
        ask(json!({"queryType": kind}), (1_795_494_000, 1_795_494_600)).await.unwrap();
        let alone = joined.server.requests() - before;
        let before = joined.server.requests();
        let crowd = (0..30).map(|_| ask(json!({"queryType": kind}), (1_795_494_005, 1_795_494_605)));
        in_order(crowd).await.unwrap();
        let together = joined.server.requests() - before;
        assert!(together <= alone, "{kind}: {together} for thirty, {alone} for one");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_says_what_it_takes() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    joined.frames(json!({"queryType": "live"}), RANGE).await;
    joined.frames(json!({"queryType": "live"}), RANGE).await;
    let missing = joined.ask(&joined.fixture.context, &json!({"queryType": "live", "fields": ["nope"]}), RANGE).await;
    assert!(missing.error.is_some());
    let text = joined.fixture.plugin.collect_metrics().await;
    let value = |series: &str| {
        let line = text.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or_else(|| panic!("{series}: {text}"))
    };
    assert_eq!(value("headroom_query_seconds_count{kind=\"live\"}"), 3.0);
    assert_eq!(value("headroom_query_errors_total{kind=\"live\"}"), 1.0);
    assert!(value("headroom_query_seconds_count{kind=\"verdict\"}") >= 1.0);
    assert!(value("headroom_prometheus_answers_total{from=\"request\"}") > 0.0);
    assert!(value("headroom_prometheus_answers_total{from=\"shared\"}") > 0.0);
    // Those of the process: other tests run in it too.
    assert!(value("headroom_prometheus_requests_total{outcome=\"ok\"}") > 0.0);
    assert!(value("headroom_prometheus_received_bytes_total") > 0.0);
    assert!(value("headroom_store_refreshes_total{outcome=\"ok\"}") >= 1.0);
    if cfg!(target_os = "linux") {
        assert!(value("headroom_resident_memory_bytes") > 1e6);
    }
    // Every line is one that Prometheus reads, and every metric is among those that are documented.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let known = METRICS.iter().any(|metric| {
            name == metric.name
                || name.strip_prefix(metric.name).is_some_and(|rest| ["_bucket", "_sum", "_count"].contains(&rest))
        });
        assert!(known, "{line}");
    }
}

/// Nobody's targets were everybody's: without servers the scrapes of the whole Prometheus were asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_servers_no_series_are_asked_for() {
    let Some(server) = Server::of_text(&servers(1)).await else { return };
    let joined = Joined::over(&[BF16], server, json!({})).await;
    let query = json!({"queryType": "live", "deployments": ["tiny-llama-bf16"]});
    let frames = joined.frames(query, RANGE).await;
    let executed = &frames[0].meta.executed_query_string;
    assert!(!executed.contains("up{"), "{executed}");
}
