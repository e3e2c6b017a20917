//! The client and the dictionary on a real Prometheus and a real VictoriaMetrics with a recorded run of real vLLM.

use std::{collections::BTreeMap, fs, time::Duration};

use headroom_engine::live;
use headroom_prometheus::{
    Client, Config, ErrorKind, Histogram, Range, Series,
    dictionary::{Missing, Over, Quantity, Resolved, Selector},
};
use serde_json::Value;

use crate::servers::{RECORDED, Server, ask_raw, data, program};

const MINUTE: Duration = Duration::from_mins(1);

/// A percentile of buckets as a server computes it.
fn p95(buckets: Result<String, Missing>) -> Result<String, Missing> {
    Ok(format!("histogram_quantile(0.95, {})", buckets?))
}

/// Series by their labels, as bits, so that `NaN` equals itself.
type Bits = BTreeMap<Vec<(String, String)>, Vec<(i64, u64)>>;

fn bits(series: &[Series]) -> Bits {
    series
        .iter()
        .map(|one| {
            let mut labels = one.labels.clone();
            labels.sort();
            (labels, one.timestamps_ms.iter().copied().zip(one.values.iter().map(|value| value.to_bits())).collect())
        })
        .collect()
}

/// The same from an answer that `serde_json` read.
fn bits_of_json(answer: &Value) -> Bits {
    assert_eq!(answer["status"], "success", "{answer}");
    let result = answer["data"]["result"].as_array().unwrap();
    result
        .iter()
        .map(|one| {
            let labels = one["metric"].as_object().unwrap().iter();
            let samples = one["values"].as_array().unwrap().iter().map(|sample| {
                let at_ms = (sample[0].as_f64().unwrap() * 1_000.0).round();
                #[allow(clippy::cast_possible_truncation, reason = "times of this century")]
                (at_ms as i64, sample[1].as_str().unwrap().parse::<f64>().unwrap().to_bits())
            });
            (
                labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
                samples.collect(),
            )
        })
        .collect()
}

async fn resolved(client: &Client) -> Resolved {
    let window = headroom_prometheus::Window { start_ms: RECORDED.start_ms, end_ms: RECORDED.end_ms };
    client.discover(&Selector::all().equal("job", "vllm"), Some(window)).await.unwrap().data
}

#[tokio::test]
async fn the_dictionary_s_queries_give_the_recorded_answers() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    let resolved = resolved(&client).await;
    let all = Selector::all();
    let by = &["deployment"][..];
    let model = &["deployment", "model_name"][..];
    let queries = [
        ("gen_tps", resolved.rate(Quantity::OutputTokens, &all, MINUTE, by)),
        ("rps", resolved.rate(Quantity::Success, &all, MINUTE, &["deployment", "finished_reason"])),
        ("ttft_p95", p95(resolved.buckets(Quantity::Ttft, &all, MINUTE, model))),
        ("itl_p95", p95(resolved.buckets(Quantity::Itl, &all, MINUTE, model))),
        ("itl_version_agnostic", p95(resolved.buckets(Quantity::Itl, &all, MINUTE, by))),
        ("queue_p95", p95(resolved.buckets(Quantity::QueueTime, &all, MINUTE, model))),
        ("kv", resolved.value(Quantity::KvUse, &all, by)),
        ("running", resolved.value(Quantity::Running, &all, by)),
        ("waiting", resolved.value(Quantity::Waiting, &all, by)),
    ];
    for (name, query) in queries {
        let query = query.unwrap();
        let file = data(&format!("prometheus/responses/run12m-prom-{name}.json"));
        let recorded: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let found = client.query_range(&query, RECORDED).await.unwrap();
        assert_eq!(bits(&found.data), bits_of_json(&recorded), "{name}: {query}");
        assert_eq!(found.remarks, [], "{name}");
    }
}

/// One deployment of the recording exports both names of the inter-token latency, two export one of them.
#[tokio::test]
async fn both_names_of_a_quantity_never_count_twice() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    let resolved = resolved(&client).await;
    let sources: Vec<_> = resolved.sources(Quantity::Itl).iter().map(|source| source.name.as_str()).collect();
    assert_eq!(sources, ["vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"]);
    let query = resolved.buckets(Quantity::Itl, &Selector::all(), MINUTE, &["deployment"]).unwrap();
    let one = "sum by (le, deployment) (rate(vllm:inter_token_latency_seconds_bucket[1m]))";
    let (found, expected) =
        (client.query_range(&query, RECORDED).await.unwrap(), client.query_range(one, RECORDED).await.unwrap());
    assert_eq!(bits(&found.data), bits(&expected.data));
    let union = "sum by (le, deployment) (rate({__name__=~\"vllm:(inter_token_latency|time_per_output_token)_seconds_bucket\"}[1m]))";
    let error = client.query_range(union, RECORDED).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
    assert!(error.message.contains("same labelset"), "{error}");
}

/// The buckets of a time as the engine judges them.
fn judged(histogram: &Histogram, index: usize) -> live::Histogram {
    let buckets: Vec<(f64, f64)> = histogram.buckets(index).iter().map(|bucket| (bucket.le, bucket.count)).collect();
    live::Histogram::from_cumulative(&buckets, None)
}

#[tokio::test]
async fn quantiles_from_buckets_are_those_of_the_server_with_their_bounds() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    let resolved = resolved(&client).await;
    let all = Selector::all();
    let mut idle = 0;
    let mut first_bucket = 0;
    for quantity in [Quantity::Ttft, Quantity::Itl, Quantity::E2e, Quantity::QueueTime, Quantity::PromptLength] {
        let query = resolved.buckets(quantity, &all, MINUTE, &["deployment"]).unwrap();
        let histograms = Histogram::from_series(&client.query_range(&query, RECORDED).await.unwrap().data);
        assert_eq!(histograms.len(), 3, "{query}");
        for phi in [0.5, 0.95, 0.99] {
            let query = format!("histogram_quantile({phi}, {query})");
            let server = client.query_range(&query, RECORDED).await.unwrap().data;
            for histogram in &histograms {
                assert!(!histogram.uneven(), "{quantity:?}");
                let theirs = server.iter().find(|one| one.labels == histogram.labels).unwrap();
                assert_eq!(theirs.timestamps_ms, histogram.timestamps_ms);
                for (index, theirs) in theirs.values.iter().enumerate() {
                    let Some(found) = judged(histogram, index).quantile(phi) else {
                        idle += 1;
                        assert!(theirs.is_nan(), "{quantity:?} {phi}: idle against {theirs}");
                        continue;
                    };
                    let hi = found.hi.unwrap_or(f64::INFINITY);
                    assert!(found.lo <= *theirs && *theirs <= hi, "{quantity:?} {phi}: {found:?} against {theirs}");
                    match found.value {
                        Some(value) => assert!(
                            (value - theirs).abs() <= 1e-12 * theirs.abs(),
                            "{quantity:?} {phi}: {found:?} against {theirs}"
                        ),
                        // A share of the first bucket's width is no measurement, whatever the server says.
                        None => first_bucket += 1,
                    }
                }
            }
        }
    }
    assert!(idle > 100 && first_bucket > 100, "{idle} idle, {first_bucket} in the first bucket");
}

/// The queue was empty, and no server can say better than "at most 0.3 s"; the mean can.
#[tokio::test]
async fn an_empty_queue_reads_as_at_most_its_first_bound() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    let resolved = resolved(&client).await;
    // The calm phase of the first deployment.
    let chat = Selector::all().equal("deployment", "chat-a");
    let calm = Some(1_795_491_000_000);
    let query = resolved.buckets(Quantity::QueueTime, &chat, MINUTE, &[]).unwrap();
    let [histogram] = &Histogram::from_series(&client.query(&query, calm).await.unwrap().data)[..] else {
        panic!("{query}")
    };
    let found = judged(histogram, 0).quantile(0.95).unwrap();
    assert_eq!((found.value, found.lo, found.hi), (None, 0.0, Some(0.3)));
    let query = resolved.total(Quantity::QueueTime, &chat, MINUTE, &[]).unwrap();
    let total = client.query(&query, calm).await.unwrap().data[0].last().unwrap();
    let mean_s = total / histogram.buckets(0).last().unwrap().count;
    assert!(mean_s > 0.0 && mean_s < 0.001, "{mean_s}");
}

#[tokio::test]
async fn a_range_in_parts_is_the_range_in_one() {
    let Some(server) = Server::prometheus(None).await else { return };
    let query = "sum by (deployment, le) (rate(vllm:time_to_first_token_seconds_bucket[1m]))";
    let whole = server.client().query_range(query, RECORDED).await.unwrap().data;
    for max_points in [1, 7, 139, 140, 141] {
        let mut config = Config::new(server.url());
        config.max_points = max_points;
        let parts = Client::new(&config).unwrap().query_range(query, RECORDED).await.unwrap().data;
        assert_eq!(bits(&parts), bits(&whole), "{max_points} points a part");
        assert!(parts.iter().zip(&whole).all(|(a, b)| a.labels == b.labels), "another order");
    }

    // 13,901 points, more than Prometheus gives at once.
    let dense = Range { step_ms: 50, ..RECORDED };
    let query = "sum by (deployment) (vllm:num_requests_running)";
    let all = server.client().query_range(query, dense).await.unwrap().data;
    assert_eq!(dense.points(), 13_901);
    assert!(all.iter().any(|series| series.values.len() == 13_901), "{:?}", all[0].values.len());
    assert!(all.iter().all(|series| series.timestamps_ms.windows(2).all(|pair| pair[0] < pair[1])));
    let mut config = Config::new(server.url());
    config.max_points = 20_000;
    let error = Client::new(&config).unwrap().query_range(query, dense).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooMuch, "{error}");
}

#[tokio::test]
async fn names_labels_and_errors_of_a_real_prometheus() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    let window = Some(headroom_prometheus::Window { start_ms: RECORDED.start_ms, end_ms: RECORDED.end_ms });
    let info = client.buildinfo().await.unwrap().data;
    assert!(info.version.is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit())));
    let models = client.label_values("model_name", &[], window).await.unwrap().data;
    assert_eq!(models, ["llama-3-8b", "qwen-legacy"]);
    let labels = client.labels(&["vllm:num_requests_running"], window).await.unwrap().data;
    assert!(labels.iter().any(|label| label == "deployment"), "{labels:?}");
    let series = client.series(&["vllm:num_requests_running"], window).await.unwrap().data;
    assert_eq!(series.len(), 3);

    let error = client.query("sum(", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    assert!(error.message.contains("parse error"), "{error}");
    let scalar = client.query("1 + 1", None).await.unwrap().data;
    assert_eq!((scalar.len(), scalar[0].last()), (1, Some(2.0)));
    assert_eq!(client.query("\"text\"", None).await.unwrap_err().kind, ErrorKind::NotPrometheus);
    let mut config = Config::new(format!("{}/prometheus", server.url()));
    config.retries = 0;
    let error = Client::new(&config).unwrap().query("up", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    // A window of raw samples is a matrix, too.
    let raw =
        client.query("vllm:num_requests_running{deployment=\"chat-a\"}[30s]", Some(RECORDED.end_ms)).await.unwrap();
    assert!(raw.data[0].values.len() >= 5, "{raw:?}");
}

#[tokio::test]
async fn what_is_asked_raw_is_what_is_read() {
    let Some(server) = Server::prometheus(None).await else { return };
    let client = server.client();
    for query in [
        "vllm:num_requests_running",
        "{job=\"vllm\",__name__=~\"vllm:.*_(sum|count)\"}",
        "rate(vllm:e2e_request_latency_seconds_bucket[1m])",
        "rate(vllm:e2e_request_latency_seconds_sum[1m]) / rate(vllm:e2e_request_latency_seconds_count[1m])",
        "vllm:cache_config_info",
        "vector(1) / 0",
    ] {
        let raw = ask_raw(
            &server.url(),
            "query_range",
            &[("query", query), ("start", "1795490830"), ("end", "1795491525"), ("step", "5")],
        )
        .await;
        let found = client.query_range(query, RECORDED).await.unwrap().data;
        assert_eq!(bits(&found), bits_of_json(&raw), "{query}");
        assert!(!found.is_empty(), "{query}");
    }
}

/// All samples of the recording that the dictionary knows, as they were scraped.
async fn recording(client: &Client) -> Vec<Series> {
    client.query("{job=\"vllm\"}[15m]", Some(RECORDED.end_ms + 60_000)).await.unwrap().data
}

#[tokio::test]
async fn victoria_metrics_gives_the_same_values() {
    let Some(prometheus) = Server::prometheus(None).await else { return };
    let recording = recording(&prometheus.client()).await;
    let Some(server) = Server::victoria_metrics(&recording).await else { return };
    let client = server.client();
    let resolved = resolved(&client).await;
    assert_eq!(client.buildinfo().await.unwrap().data.version, None);
    let all = Selector::all();
    let by = &["deployment"][..];

    // Gauges are what they are in Prometheus. Asked between scrapes the two agree on which sample counts.
    for quantity in [Quantity::Running, Quantity::Waiting, Quantity::KvUse] {
        let query = resolved.value_over(quantity, Over::Max, &all, MINUTE, by).unwrap();
        let at = Some(1_795_491_200_500);
        let (ours, theirs) =
            (client.query(&query, at).await.unwrap().data, prometheus.client().query(&query, at).await.unwrap().data);
        assert_eq!((ours.len(), theirs.len()), (3, 3), "{query}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!((&ours.labels, &ours.timestamps_ms), (&theirs.labels, &theirs.timestamps_ms), "{query}");
            // It keeps about twelve digits.
            let (ours, theirs) = (ours.values[0], theirs.values[0]);
            assert!((ours - theirs).abs() <= 1e-11 * theirs.abs(), "{query}: {ours} against {theirs}");
        }
    }
    // Rates are computed differently, so they are compared with the same server's.
    for (query, raw) in [
        (
            resolved.rate(Quantity::OutputTokens, &all, MINUTE, by).unwrap(),
            "sum by (deployment) (rate(vllm:generation_tokens_total[1m]))",
        ),
        (
            p95(resolved.buckets(Quantity::Itl, &all, MINUTE, by)).unwrap(),
            "histogram_quantile(0.95, sum by (le, deployment) (rate(vllm:inter_token_latency_seconds_bucket[1m])))",
        ),
        (
            resolved.total(Quantity::E2e, &all, MINUTE, by).unwrap(),
            "sum by (deployment) (rate(vllm:e2e_request_latency_seconds_sum[1m]))",
        ),
    ] {
        let raw = ask_raw(
            &server.url(),
            "query_range",
            &[("query", raw), ("start", "1795490830"), ("end", "1795491525"), ("step", "5")],
        )
        .await;
        let found = client.query_range(&query, RECORDED).await.unwrap().data;
        assert_eq!(bits(&found), bits_of_json(&raw), "{query}");
        assert_eq!(found.len(), 3, "{query}");
        // It leaves out what is not a number.
        assert!(found.iter().all(|series| series.values.iter().all(|value| !value.is_nan())), "{query}");
    }
    // The label that a dialect renames.
    let info =
        client.query(&resolved.series(Quantity::CacheConfig, &all).unwrap(), Some(1_795_491_200_000)).await.unwrap();
    assert!(info.data.iter().all(|series| series.label("num_gpu_blocks").is_some()), "{info:?}");

    let error = client.query("sum(", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
    let whole = client.query_range("vllm:num_requests_running", Range { step_ms: 50, ..RECORDED }).await.unwrap().data;
    let mut config = Config::new(server.url());
    config.max_points = 20_000;
    let one = Client::new(&config).unwrap();
    let unsplit = one.query_range("vllm:num_requests_running", Range { step_ms: 50, ..RECORDED }).await.unwrap().data;
    assert_eq!(bits(&whole), bits(&unsplit));
}

#[tokio::test]
async fn a_server_that_is_killed_is_a_clean_error_and_is_found_again() {
    let Some(mut server) = Server::prometheus(None).await else { return };
    let program = program("prometheus").unwrap();
    let mut config = Config::new(server.url());
    config.retries = 0;
    let client = Client::new(&config).unwrap();
    assert_eq!(client.query("1", None).await.unwrap().data[0].last(), Some(1.0));

    // A query that takes long enough to be interrupted.
    let slow = "max_over_time((sum by (le) (rate({job=\"vllm\",__name__=~\"vllm:.*_bucket\"}[5m])))[10m:100ms])";
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.query_range(slow, Range { step_ms: 1_000, ..RECORDED }).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.kill();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("the connection broke before the answer"), "{error}");
    let error = client.query("1", None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("Is the server running"), "{error}");

    // The same client, whose pool holds dead connections.
    server.restart(&program, None).await;
    let patient = Client::new(&Config::new(server.url())).unwrap();
    assert_eq!(patient.query("1", None).await.unwrap().data[0].last(), Some(1.0));
    assert_eq!(client.query("1", None).await.unwrap().data[0].last(), Some(1.0));
}
