//! Twelve recorded minutes of a real server that was calm, saturated, recovered, and killed and started again: what
//! each query says of each of them.

use serde_json::{Value, json};

use super::servers::{Joined, PHASES, number, text};
use crate::support::{BF16, assert_mentions, notices, numbers, texts};

/// The deployment whose benchmark the recorded one is judged by.
const CHAT: &str = "tiny-llama-bf16";
/// The whole recording, seconds since the Unix epoch.
const WHOLE: (i64, i64) = (1_795_490_860, 1_795_491_520);
/// The phases as they were driven, without the seconds in which one became the next.
const CALM: (i64, i64) = (1_795_490_920, 1_795_491_040);
const SATURATED: (i64, i64) = (1_795_491_080, 1_795_491_240);
const RECOVERED: (i64, i64) = (1_795_491_280, 1_795_491_380);
const RESTARTED: (i64, i64) = (1_795_491_450, 1_795_491_520);
/// The server was gone.
const GONE: (i64, i64) = (1_795_491_390, 1_795_491_415);

/// A benchmark, and the recording of chat-b as its deployment in production.
async fn recorded() -> Option<Joined> {
    let production = json!({"model_name": "llama-3-8b", "labels": {"deployment": "chat-b"}});
    let deployments = json!([{"name": CHAT, "match": {"path": "tiny-llama-bf16/**"}, "production": production}]);
    Joined::new(&[BF16], PHASES, json!({"deployments": deployments})).await
}

/// The query with what counts as now being the whole time range.
fn over(kind: &str, (from_s, to_s): (i64, i64)) -> Value {
    json!({"queryType": kind, "deployments": CHAT, "window": format!("{}s", to_s - from_s)})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phases_are_told_apart() {
    let Some(joined) = recorded().await else { return };
    let frames = joined.frames(over("bottleneck", WHOLE), WHOLE).await;
    let phases = frames[0].meta.custom["deployments"][0]["phases"].as_array().unwrap().clone();
    let found: Vec<(&str, i64)> = phases
        .iter()
        .map(|phase| (phase["phase"].as_str().unwrap(), phase["from_ms"].as_i64().unwrap() / 1_000))
        .collect();
    // What was done and when, by the record of who drove it.
    let driven = [
        ("calm", 1_795_490_890),
        ("saturated", 1_795_491_043),
        ("recovered", 1_795_491_257),
        ("restarted", 1_795_491_424),
    ];
    let names: Vec<&str> = found.iter().map(|one| one.0).filter(|name| !["idle", "down"].contains(name)).collect();
    assert_eq!(names, driven.map(|one| one.0), "{found:?}");
    for (name, began_s) in &driven[1..] {
        let at = found.iter().find(|one| one.0 == *name).unwrap().1;
        assert!((at - began_s).abs() <= 20, "{name} began at {began_s}, seen at {at}");
    }
    assert!(found.iter().any(|one| one.0 == "down"), "the server was killed: {found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headroom_and_bottleneck_of_each_phase() {
    let Some(joined) = recorded().await else { return };
    for (name, range, phase, bottleneck, sign) in [
        ("calm", CALM, "calm", "none_seen", 1.0),
        ("saturated", SATURATED, "saturated", "kv_cache_wall", -1.0),
        ("recovered", RECOVERED, "calm", "none_seen", 1.0),
        ("restarted", RESTARTED, "calm", "none_seen", 1.0),
    ] {
        let frames = joined.frames(over("headroom", range), range).await;
        let left = number(&frames[0], CHAT, "headroom");
        assert!(left * sign > 0.0, "{name}: headroom {left}");
        assert_eq!(text(&frames[0], CHAT, "presence"), "serving", "{name}");
        let (low, high) = (number(&frames[0], CHAT, "headroom_lo"), number(&frames[0], CHAT, "headroom_hi"));
        // An end that the benchmark does not give is empty.
        let around = (low.is_nan() || low <= left) && (high.is_nan() || left <= high);
        assert!(around && !(low.is_nan() && high.is_nan()), "{name}: {low} {left} {high}");
        let again = 1.0 - number(&frames[0], CHAT, "load") / number(&frames[0], CHAT, "holds");
        assert!((again - left).abs() < 1e-12, "{name}: {again} {left}");

        let alert = joined.alert(over("headroom", range), range).await;
        let [frame] = alert.as_slice() else { panic!("{} frames", alert.len()) };
        let [field] = frame.fields.as_slice() else { panic!("{:?}", frame.fields) };
        assert_eq!(numbers(field), [left], "{name}: the rule sees what the panel shows");
        assert_eq!((field.labels["deployment"].as_str(), field.labels["slo"].as_str()), (CHAT, "interactive"));

        let frames = joined.frames(over("bottleneck", range), range).await;
        assert_eq!(text(&frames[0], CHAT, "bottleneck"), bottleneck, "{name}");
        assert_eq!(text(&frames[0], CHAT, "phase"), phase, "{name}");
        let evidence = text(&frames[0], CHAT, "evidence");
        assert_eq!(
            evidence.contains("of the KV cache was in use"),
            bottleneck == "kv_cache_wall",
            "{name}: {evidence}"
        );
        let limited = joined.alert(over("bottleneck", range), range).await;
        assert_eq!(numbers(&limited[0].fields[0]), [f64::from(u8::from(sign < 0.0))], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_gone_is_down_and_neither_idle_nor_empty() {
    let Some(joined) = recorded().await else { return };
    let frames = joined.frames(over("headroom", GONE), GONE).await;
    assert_eq!(text(&frames[0], CHAT, "presence"), "down");
    assert!(number(&frames[0], CHAT, "headroom").is_nan(), "a server that is down has no headroom");
    assert_mentions(&[text(&frames[0], CHAT, "sentence").as_str()], "scrape");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_limited_a_server_before_it_went_is_not_said_of_now() {
    let Some(joined) = recorded().await else { return };
    let range = (SATURATED.0, GONE.1);
    for (kind, column, told) in [("bottleneck", "bottleneck", "evidence"), ("drift", "direction", "sentence")] {
        let frames = joined.frames(over(kind, range), range).await;
        assert_eq!(text(&frames[0], CHAT, "presence"), "down", "{kind}");
        assert_eq!(texts(frames[0].field(column).unwrap()), [""], "{kind}");
        assert_mentions(&[text(&frames[0], CHAT, told).as_str()], "from before 2026-11-24 03:3");
        let alert = joined.alert(over(kind, range), range).await;
        assert!(numbers(&alert[0].fields[0])[0].is_nan(), "{kind}: an alert on what was");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_counter_reset_is_a_restart_and_no_spike() {
    let Some(joined) = recorded().await else { return };
    let frames = joined.frames(over("live", WHOLE), WHOLE).await;
    let tokens = numbers(frames[0].field("output_tokens_per_second").unwrap());
    let times = times_s(&frames[0]);
    let highest = |range: (i64, i64)| {
        let within = times.iter().zip(&tokens).filter(|(at, _)| range.0 <= **at && **at <= range.1);
        within.map(|one| *one.1).filter(|value| !value.is_nan()).fold(0.0, f64::max)
    };
    let (saturated, around) = (highest(SATURATED), highest((GONE.0 - 10, RESTARTED.1)));
    assert!(saturated > 100.0 && around < saturated, "{saturated} tok/s saturated, {around} around the restart");
    assert!(tokens.iter().all(|value| value.is_nan() || *value >= 0.0), "{tokens:?}");

    let marks = joined.frames(json!({"queryType": "annotations", "deployments": CHAT}), WHOLE).await;
    let titles = texts(marks[0].field("title").unwrap());
    let restarts: Vec<usize> = (0..titles.len()).filter(|at| titles[*at].contains("restarted")).collect();
    assert_eq!(restarts.len(), 1, "{titles:?}");
    let at = times_s(&marks[0])[restarts[0]];
    assert!((1_795_491_382..=1_795_491_445).contains(&at), "restarted at {at}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_episode_has_its_beginning_end_and_cause() {
    let Some(joined) = recorded().await else { return };
    let query = json!({"queryType": "annotations", "deployments": CHAT, "kinds": ["episodes"]});
    let frames = joined.frames(query, WHOLE).await;
    assert_eq!(frames[0].rows().unwrap(), 1, "{:?}", frames[0].fields);
    let began = times_s(&frames[0])[0];
    let headroom_protocol::frame::Values::Time(ends) = &frames[0].field("timeEnd").unwrap().values else { panic!() };
    let ended = ends.iter().next().unwrap().unwrap() / 1_000_000_000;
    assert!((began - 1_795_491_043).abs() <= 15 && (ended - 1_795_491_257).abs() <= 15, "{began} to {ended}");
    assert_eq!(texts(frames[0].field("title").unwrap()), [format!("{CHAT} saturated: KV cache full")]);
    // Grafana finds them by the names that it displays: under any other an episode is no region.
    for field in &frames[0].fields {
        let config = &field.config;
        assert_eq!((config.display_name.as_str(), config.display_name_from_ds.as_str()), ("", ""), "{}", field.name);
    }
    assert_eq!(texts(frames[0].field("tags").unwrap()), [format!("saturation,kv_cache_wall,{CHAT},lab")]);
}

/// A queue without anyone in it reads as its bound in `histogram_quantile`: 0.285 s for a first bucket up to 0.3 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_queue_is_not_a_wait() {
    let Some(joined) = recorded().await else { return };
    let query = json!({"queryType": "live", "deployments": CHAT, "fields": ["queue", "waiting"], "statistic": "p95"});
    let frames = joined.frames(query, CALM).await;
    let (value, low, high) = (
        numbers(frames[0].field("queue").unwrap()),
        numbers(frames[0].field("queue_lo").unwrap()),
        numbers(frames[0].field("queue_hi").unwrap()),
    );
    // 5 % of the requests cannot have waited longer than twenty times the mean of all.
    let known: Vec<f64> = high.iter().copied().filter(|high| !high.is_nan()).collect();
    assert!(known.len() > 5 && known.iter().all(|high| *high < 5.0), "{high:?}");
    for (low, (value, high)) in low.iter().zip(value.iter().zip(&high)) {
        assert!(low.is_nan() || *low == 0.0 && low <= value && value <= high, "{low} {value} {high}");
    }
    assert!(numbers(frames[0].field("waiting").unwrap()).iter().all(|waiting| *waiting < 1.0));

    let mean = json!({"queryType": "live", "deployments": CHAT, "fields": ["queue"], "statistic": "mean"});
    let frames = joined.frames(mean, CALM).await;
    let mean = numbers(frames[0].field("queue").unwrap());
    assert!(mean.iter().any(|mean| *mean > 0.0) && mean.iter().all(|mean| mean.is_nan() || *mean < 1.0), "{mean:?}");
}

/// Longer answers than the benchmark's fill the cache sooner, and the load alone does not show it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_workload_is_said() {
    let Some(joined) = recorded().await else { return };
    for kind in ["overlay", "drift"] {
        let frames = joined.frames(over(kind, WHOLE), WHOLE).await;
        let said = notices(&frames);
        assert_mentions(&said, "output tokens a request and the benchmark had 64");
    }
}

pub(super) fn times_s(frame: &headroom_protocol::frame::Frame) -> Vec<i64> {
    match &frame.field("time").unwrap().values {
        headroom_protocol::frame::Values::Time(times) => {
            times.iter().map(|at| at.copied().unwrap_or_default() / 1_000_000_000).collect()
        }
        other => panic!("{other:?}"),
    }
}
