//! The table of which query kind takes which key is true: each key that a kind takes changes what it answers. That it reads no
//! other is seen to by the reader of queries, and tested beside it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use headroom_backend::query::kinds;
use headroom_contract::query::{KEYS, QuerySpec};
use headroom_protocol::Context;
use serde_json::{Value, json};

use super::servers::{DEMO, Joined};
use crate::support::{BF16, BF16_OPEN, BF16_REPEAT};

/// The recorded benchmark and a minute after it in which nothing happened, seconds since the Unix epoch.
const RANGE: (i64, i64) = (1_795_494_077, 1_795_494_440);

/// A query, and the same one with another value of the key.
fn asked(key: &str) -> (Value, Value) {
    let other = |value: Value| (json!({}), json!({ key: value }));
    match key {
        "deployments" | "models" | "namespaces" | "runs" => other(json!(["nope"])),
        "select" => other(json!("latest")),
        "loadModel" => other(json!("open")),
        "slo" => other(json!("median")),
        "limits" => {
            (json!({"slo": "custom", "limits": ["ttft_p95=1s"]}), json!({"slo": "custom", "limits": ["e2e_p50=2s"]}))
        }
        // Of two metrics with limits on two statistics.
        "metric" => {
            let slo = || json!({"slo": "custom", "limits": ["ttft_p95=1s", "e2e_p50=2s"]});
            let mut other = slo();
            other["metric"] = json!("e2e");
            (slo(), other)
        }
        "statistic" => other(json!("mean")),
        "window" => other(json!("20s")),
        "format" => other(json!("series")),
        "fields" => other(json!(["age_days"])),
        "kinds" => other(json!(["restarts"])),
        "interval" => (json!({"format": "series"}), json!({"format": "series", "interval": "60s"})),
        "expr" => other(json!("up + 1")),
        "legendFormat" => other(json!("a name")),
        "instant" => other(json!(true)),
        other => panic!("say what another value of `{other}` is"),
    }
}

/// What this recording cannot show, and why.
const UNSEEN: &[(&str, &str, &str)] = &[
    ("annotations", "select", "the latency has not changed against the benchmark, whichever that is"),
    ("annotations", "metric", "no latency has changed"),
    ("annotations", "statistic", "no latency has changed"),
    ("bottleneck", "window", "its servers were there throughout, whatever counts as now"),
    ("drift", "window", "its servers were there throughout, whatever counts as now"),
    ("cost_now", "window", "its servers were there throughout, whatever counts as now"),
    ("energy", "limits", "it has no GPUs, which is said under either limit"),
    ("energy", "window", "it has no GPUs, which is said instead of whether it is idle"),
];

/// Everything that a panel and an alert rule get.
async fn answers(joined: &Joined, kind: &QuerySpec, mut query: Value) -> String {
    query["queryType"] = json!(kind.id);
    if kind.id == "promql" && query.get("expr").is_none() {
        query["expr"] = json!("up");
    }
    if kind.id == "live" && query.get("fields").is_some() {
        query["fields"] = json!(["running"]);
    }
    let panel = &joined.fixture.context;
    let rule = Context { user: None, ..panel.clone() };
    let mut said = String::new();
    for context in [panel, &rule] {
        let mut response = joined.ask(context, &query, RANGE).await;
        for frame in &mut response.frames {
            // How many requests it took depends on what was asked before.
            frame.meta.executed_query_string.clear();
        }
        said = format!("{said}{:?} {:?}\n", response.error, response.frames);
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_that_a_kind_takes_changes_its_answer() {
    let settings = json!({"slos": [{"id": "median", "limits": ["e2e_p50=900ms"]}]});
    let Some(joined) = Joined::new(&[BF16, BF16_REPEAT, BF16_OPEN], DEMO, settings).await else { return };
    let mut wrong = Vec::new();
    for kind in kinds() {
        let mut before: HashMap<String, String> = HashMap::new();
        for key in KEYS.iter().filter(|key| key.part.is_some_and(|part| kind.takes(part))) {
            let (one, other) = asked(key.name);
            if let Entry::Vacant(unknown) = before.entry(one.to_string()) {
                unknown.insert(answers(&joined, &kind, one.clone()).await);
            }
            let changed = answers(&joined, &kind, other.clone()).await != before[&one.to_string()];
            let unseen = UNSEEN.iter().any(|(id, name, _)| (*id, *name) == (kind.id, key.name));
            if changed == unseen {
                wrong.push(format!("{} with {one} against {other}: changed {changed}", kind.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
