//! Situations that no recording has: versions side by side, idle servers, GPUs, missing metrics, warnings.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;

use flate2::read::GzDecoder;
use headroom_protocol::frame::Frame;
use serde_json::json;

use super::servers::{Joined, Server, number, text};
use crate::support::{BF16, BF16_OPEN, assert_mentions, notices, numbers, workspace};

/// The first scrape, seconds since the Unix epoch, and how many follow it, fifteen seconds apart.
pub(super) const FIRST_S: i64 = 1_795_500_000;
pub(super) const SCRAPES: i64 = 61;
const RANGE: (i64, i64) = (FIRST_S, FIRST_S + (SCRAPES - 1) * 15);

/// Series in the text format, from one scrape to the last.
#[derive(Default)]
pub(super) struct Scraped(String);

impl Scraped {
    /// A series that has this value at each scrape.
    pub(super) fn with(mut self, series: &str, value: impl Fn(f64) -> f64) -> Self {
        for scrape in 0..SCRAPES {
            writeln!(self.0, "{series} {} {}", value(scrape as f64), FIRST_S + scrape * 15).unwrap();
        }
        self
    }

    /// What a server of these labels shows while it does nothing.
    fn idle(self, labels: &str) -> Self {
        self.with(&format!("up{{{labels}}}"), |_| 1.0)
            .with(&format!("vllm:num_requests_running{{model_name=\"m\",{labels}}}"), |_| 0.0)
            .with(&format!("vllm:num_requests_waiting{{model_name=\"m\",{labels}}}"), |_| 0.0)
            .with(&format!("vllm:generation_tokens_total{{model_name=\"m\",{labels}}}"), |_| 9_000.0)
    }

    pub(super) async fn joined(self, settings: serde_json::Value) -> Option<Joined> {
        let server = Server::of_text(&format!("{}# EOF\n", self.0)).await?;
        Some(Joined::over(&[BF16], server, settings).await)
    }
}

/// What a real server of that version showed.
fn exposed(file: &str) -> String {
    let path = workspace().join("crates/prometheus/tests/data/metrics").join(file);
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// The same as if it had counted up to it scrape by scrape.
pub(super) fn exposition(file: &str, instance: &str) -> Scraped {
    let exposed = exposed(file);
    let mut scraped = Scraped::default().with(&format!("up{{job=\"vllm\",instance=\"{instance}\"}}"), |_| 1.0);
    for line in exposed.lines().filter(|line| line.starts_with("vllm:")) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.trim_end_matches('}').trim_end_matches(',');
        let series = format!("{name}{{job=\"vllm\",instance=\"{instance}\",{labels}}}");
        let counts = ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end));
        scraped = scraped.with(&series, |scrape| if counts { value * scrape / (SCRAPES - 1) as f64 } else { value });
    }
    scraped
}

/// The numbers of a field that are known.
pub(super) fn known(frame: &Frame, field: &str) -> Vec<f64> {
    numbers(frame.field(field).unwrap()).into_iter().filter(|value| !value.is_nan()).collect()
}

/// Everything that a version has is there, and what it lacks is named with the version that brought it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_version_gives_what_it_has_and_says_what_it_lacks() {
    let everything = [
        "concurrency",
        "load",
        "running",
        "waiting",
        "replicas",
        "up",
        "request_rate",
        "output_tokens_per_second",
        "prompt_tokens_per_second",
        "kv_cache_use",
        "preemptions_per_second",
    ];
    for (file, said) in [
        ("0.8.5-V0-saturated.txt.gz", Some("ITL of ")),
        ("0.10.2-V1.txt.gz", None),
        ("0.13.0-saturated.txt.gz", None),
        ("0.32.0-saturated.txt.gz", None),
    ] {
        let Some(joined) = exposition(file, "a:8000").joined(json!({})).await else { return };
        let frames = joined.frames(json!({"queryType": "live"}), RANGE).await;
        let frame = frames.iter().find(|frame| frame.meta.custom["presence"] == "serving").unwrap();
        let remarks = notices(&frames);
        for field in everything {
            let alike = known(frame, field);
            assert!(!alike.is_empty(), "{file} has {field}: {remarks:#?}");
        }
        let shown = exposed(file);
        // What was observed how often; of an older version's names the second.
        let observed = |metric: &str| {
            let counts = shown.lines().filter(|line| line.starts_with(&format!("vllm:{metric}_seconds_count")));
            counts.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).reduce(|a, b| a + b)
        };
        for (field, names) in [
            ("ttft", ["time_to_first_token", "time_to_first_token"]),
            ("itl", ["request_time_per_output_token", "time_per_output_token"]),
            ("e2e", ["e2e_request_latency", "e2e_request_latency"]),
            ("queue", ["request_queue_time", "request_queue_time"]),
        ] {
            let count = observed(names[0]).or_else(|| observed(names[1])).unwrap_or_else(|| panic!("{file}: {field}"));
            assert_eq!(
                !known(frame, field).is_empty(),
                count > 0.0,
                "{file} observed {field} {count} times: {remarks:#?}"
            );
        }
        for field in ["output_tokens_per_second", "kv_cache_use"] {
            assert!(known(frame, field).iter().any(|value| *value > 0.0), "{file}: {field}");
        }
        if let Some(said) = said {
            assert_mentions(&remarks, said);
        }
        let hits = known(frame, "prefix_cache_hits");
        let lacks = remarks.iter().any(|remark| remark.to_lowercase().contains("prefix"));
        assert!(
            !hits.is_empty() || lacks,
            "{file}: prefix-cache hits are there, or it is said that they are not: {remarks:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_down_missing_and_unknown_are_four_answers() {
    let idle = "job=\"vllm\",instance=\"idle:8000\",namespace=\"idle\"";
    let bare = "job=\"vllm\",instance=\"bare:8000\",namespace=\"bare\"";
    let mut scraped = Scraped::default()
        .idle(idle)
        .with(&format!("up{{{bare}}}"), |_| 1.0)
        .with(&format!("vllm:generation_tokens_total{{model_name=\"bare\",{bare}}}"), |scrape| scrape);
    // It stopped being scraped in the middle.
    let down = "job=\"vllm\",instance=\"down:8000\",namespace=\"down\"";
    for scrape in 0..SCRAPES {
        let at_s = FIRST_S + scrape * 15;
        let up = u8::from(scrape < SCRAPES / 2);
        writeln!(scraped.0, "up{{{down}}} {up} {at_s}").unwrap();
        if up == 1 {
            writeln!(scraped.0, "vllm:num_requests_running{{model_name=\"down\",{down}}} 3 {at_s}").unwrap();
        }
    }
    let Some(joined) = scraped.joined(json!({})).await else { return };
    let query = json!({"queryType": "headroom", "window": "2m"});
    let frames = joined.frames(query, RANGE).await;
    for (deployment, presence) in
        [("m", "idle"), ("down", "down"), ("bare", "metric_missing"), ("tiny-llama-bf16", "no_data")]
    {
        assert_eq!(text(&frames[0], deployment, "presence"), presence, "{deployment}");
        assert!(number(&frames[0], deployment, "headroom").is_nan(), "{deployment}");
    }
    assert_eq!(number(&frames[0], "m", "concurrency").to_bits(), 0.0_f64.to_bits(), "idle is a load of zero");
    assert!(number(&frames[0], "down", "concurrency").is_nan(), "down is no load at all");

    // An alert rule on scrapes that fail.
    let up = joined.alert(json!({"queryType": "live", "fields": ["up"], "window": "1m"}), RANGE).await;
    let of = |deployment: &str| {
        let field = up[0].fields.iter().find(|field| field.labels["deployment"] == deployment).unwrap();
        numbers(field)[0]
    };
    assert_eq!((of("m"), of("down"), of("bare")), (1.0, 0.0, 1.0));
    assert!(of("tiny-llama-bf16").is_nan(), "what was never there is not down");

    // Nobody waits in an idle server's queue, and it has no percentile.
    let frames = joined.frames(json!({"queryType": "live", "namespaces": "idle"}), RANGE).await;
    let frame = frames.iter().find(|frame| frame.meta.custom["deployment"] == "m").unwrap();
    for latency in ["ttft", "itl", "e2e", "queue", "queue_lo", "queue_hi"] {
        assert_eq!(known(frame, latency), Vec::<f64>::new(), "{latency}");
    }
    assert_eq!(frame.meta.custom["presence"], "idle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn energy_is_power_over_tokens_with_idle_time_in_it() {
    let labels = "job=\"vllm\",instance=\"a:8000\",namespace=\"chat\",pod=\"chat-0\"";
    let gpu = |uuid: &str, pod: &str| {
        format!(
            "job=\"dcgm\",instance=\"n1:9400\",Hostname=\"n1\",UUID=\"{uuid}\",gpu=\"0\",exported_namespace=\"chat\",exported_pod=\"{pod}\",namespace=\"gpu\",pod=\"dcgm-1\""
        )
    };
    let power = |uuid: &str, pod: &str| format!("DCGM_FI_DEV_POWER_USAGE{{{}}}", gpu(uuid, pod));
    let scraped = Scraped::default()
        .with(&format!("up{{{labels}}}"), |_| 1.0)
        .with(&format!("vllm:num_requests_running{{model_name=\"m\",{labels}}}"), |scrape| {
            f64::from(u8::from(scrape < 30.0))
        })
        .with(&format!("vllm:num_requests_waiting{{model_name=\"m\",{labels}}}"), |_| 0.0)
        // 20 tokens a second for half of the time.
        .with(&format!("vllm:generation_tokens_total{{model_name=\"m\",{labels}}}"), |scrape| scrape.min(30.0) * 300.0)
        .with(&format!("vllm:prompt_tokens_total{{model_name=\"m\",{labels}}}"), |scrape| scrape.min(30.0) * 900.0)
        .with(&power("GPU-1", "chat-0"), |_| 300.0)
        .with(&power("GPU-2", "chat-0"), |_| 100.0)
        .with(&power("GPU-3", "other-0"), |_| 700.0);
    let Some(joined) = scraped.joined(json!({})).await else { return };
    let frames = joined.frames(json!({"queryType": "energy", "deployments": "m"}), RANGE).await;
    let value = |field: &str| number(&frames[0], "m", field);
    assert_eq!((value("watts"), value("gpus")), (400.0, 2.0), "the neighbour's GPU is not counted");
    let (seconds, tokens) = (900.0, 9_000.0);
    let near = |found: f64, expected: f64, what: &str| {
        assert!((found / expected - 1.0).abs() < 0.06, "{what}: {found}, expected {expected}");
    };
    near(value("joules"), 400.0 * seconds, "joules");
    near(value("output_tokens"), tokens, "tokens");
    near(value("joules_per_output_token"), 400.0 * seconds / tokens, "a token, with the idle half in it");
    near(value("joules_per_token"), 400.0 * seconds / (tokens * 4.0), "prompt tokens count as well");
    assert!((0.45..=0.56).contains(&value("busy")), "busy {}", value("busy"));
    let alert = joined.alert(json!({"queryType": "energy", "deployments": "m"}), RANGE).await;
    assert_eq!(numbers(&alert[0].fields[0]), [value("joules_per_output_token")]);
}

/// A server that is asked for more than it can do finishes what it can. What arrives is more, and the queue tells.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_of_an_open_loop_is_what_arrives() {
    let labels = "job=\"vllm\",instance=\"a:8000\",model_name=\"tiny-llama-bf16\"";
    let scraped = |waiting: f64| {
        Scraped::default()
            .with("up{job=\"vllm\",instance=\"a:8000\"}", |_| 1.0)
            .with(&format!("vllm:num_requests_running{{{labels}}}"), |_| 8.0)
            .with(&format!("vllm:num_requests_waiting{{{labels}}}"), move |scrape| scrape * waiting)
            .with(&format!("vllm:generation_tokens_total{{{labels}}}"), |scrape| scrape * 600.0)
            // Two a second.
            .with(&format!("vllm:request_success_total{{finished_reason=\"stop\",{labels}}}"), |scrape| scrape * 30.0)
    };
    // The queue stays, or grows by one a second.
    for (growth, arrives) in [(0.0, 2.0), (15.0, 3.0)] {
        let Some(server) = Server::of_text(&format!("{}# EOF\n", scraped(growth).0)).await else { return };
        let joined = Joined::over(&[BF16_OPEN], server, json!({})).await;
        let query = json!({"queryType": "headroom", "deployments": "tiny-llama-bf16", "loadModel": "open"});
        let frames = joined.frames(query, RANGE).await;
        let load = number(&frames[0], "tiny-llama-bf16", "load");
        assert!((load - arrives).abs() < 0.02, "{load} of {arrives} a second");
        assert_eq!(frames[0].field("load").unwrap().config.unit, "reqps");
    }
}

/// Every query of production answers an alert rule with one row of numbers that are told apart by labels.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_answers_an_alert_rule() {
    let Some(joined) = exposition("0.32.0-saturated.txt.gz", "a:8000").joined(json!({})).await else { return };
    for kind in ["live", "headroom", "overlay", "bottleneck", "drift", "energy", "cost_now"] {
        let frames = joined.alert(json!({"queryType": kind}), RANGE).await;
        let [frame] = frames.as_slice() else { panic!("{kind}: {} frames", frames.len()) };
        assert_eq!(frame.meta.frame_type, Some(headroom_protocol::frame::FrameType::NumericWide), "{kind}");
        assert_eq!(frame.rows().unwrap(), 1, "{kind}");
        let mut labels: Vec<&str> = frame.fields.iter().map(|field| field.labels["deployment"].as_str()).collect();
        assert!(labels.len() >= 2, "{kind}: {labels:?}");
        labels.dedup();
        assert_eq!(labels.len(), frame.fields.len(), "{kind}: each series once");
        for field in &frame.fields {
            numbers(field);
        }
    }
}
