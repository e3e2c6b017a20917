//! A server that was started a while ago, looked at over months: no step ends within its life.

use serde_json::json;

use super::made::{FIRST_S, SCRAPES, exposition, known};
use super::servers::{Joined, number, text};
use crate::support::{notices, numbers};

/// When the server was last scraped, seconds since the Unix epoch; a quarter of an hour after the first time.
const LAST_S: i64 = FIRST_S + (SCRAPES - 1) * 15;
/// Days for which the steps of all queries end before the server's first scrape.
const DAYS: i64 = 81;
const RANGE: (i64, i64) = (LAST_S - DAYS * 86_400, LAST_S);
/// The model of the exposition.
const MODEL: &str = "llama-small-b";

async fn newborn() -> Option<Joined> {
    exposition("0.32.0-saturated.txt.gz", "a:8000").joined(json!({})).await
}

/// The steps are as this test needs them: a fault here is one of the test.
#[test]
fn no_step_ends_within_the_servers_life() {
    for windows in [2_000, 1_440, 500, 240, 200] {
        let step = DAYS * 86_400 / windows;
        assert!(LAST_S / step * step < FIRST_S, "{windows}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_young_server_does_is_seen_over_months() {
    let Some(joined) = newborn().await else { return };
    let frames = joined.frames(json!({"queryType": "live"}), RANGE).await;
    let frame = frames.iter().find(|frame| frame.meta.custom["presence"] == "serving");
    let frame = frame.unwrap_or_else(|| panic!("no deployment serves: {:?}", frames[0].meta.custom));
    for field in
        ["running", "waiting", "request_rate", "output_tokens_per_second", "ttft", "itl", "e2e", "kv_cache_use"]
    {
        assert_eq!(known(frame, field).len(), 1, "{field}: {:?}", frame.field(field));
    }
    // A short life is not thinned out over a long step.
    let tokens = joined.server.value_of("sum(vllm:generation_tokens_total)", LAST_S);
    let lived_s = f64::from(i32::try_from(SCRAPES).unwrap()) * 15.0;
    let rate = known(frame, "output_tokens_per_second")[0];
    assert!((rate / (tokens / lived_s) - 1.0).abs() < 0.05, "{rate} of {}", tokens / lived_s);
    for remark in notices(&frames) {
        for wrong in ["does not count it", "is not here", "has it from", "no metrics"] {
            assert!(!remark.contains(wrong), "what was not looked at is not said to be missing: {remark}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_young_server_is_there_in_every_table() {
    let Some(joined) = newborn().await else { return };
    for kind in ["headroom", "bottleneck", "cost_now", "drift"] {
        let frames = joined.frames(json!({"queryType": kind}), RANGE).await;
        assert_eq!(text(&frames[0], MODEL, "presence"), "serving", "{kind}");
    }
    let frames = joined.frames(json!({"queryType": "cost_now"}), RANGE).await;
    let hours = number(&frames[0], MODEL, "replica_hours");
    assert!((0.2..=0.3).contains(&hours), "a quarter of an hour was paid for, and not {hours} hours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expression_over_months_has_the_newest_point() {
    let Some(joined) = newborn().await else { return };
    let query = json!({"queryType": "promql", "expr": "sum by (model_name) (vllm:num_requests_running)"});
    let frames = joined.frames(query, RANGE).await;
    let values = numbers(frames[0].field("Value").expect("a series"));
    assert_eq!(values, [joined.server.value_of("sum(vllm:num_requests_running)", LAST_S)]);
}
