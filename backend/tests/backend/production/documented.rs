//! The frames of production have the columns that their query kinds say, from which the tables of `docs/frames.md` are
//! written, in their order, and each has a name and a description.

use headroom_backend::query::panel::PANEL;
use headroom_protocol::frame::Frame;
use serde_json::{Value, json};

use super::servers::{DEMO, Joined};
use crate::support::{BF16, assert_no_line_ends, documented, field_names};

const SWEEP: (i64, i64) = (1_795_494_077, 1_795_494_374);

/// The object has these keys and no others.
#[track_caller]
fn assert_custom(frame: &Frame, keys: &[&str]) {
    let Value::Object(custom) = &frame.meta.custom else { panic!("{:?}", frame.meta.custom) };
    let mut found: Vec<&str> = custom.keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    found.sort_unstable();
    keys.sort_unstable();
    assert_eq!(found, keys, "{}", frame.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_is_as_documented() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    for (query, ids) in [
        (json!({"queryType": "live"}), &["live"][..]),
        (json!({"queryType": "headroom"}), &["headroom"]),
        (json!({"queryType": "headroom", "format": "series"}), &["headroom_series"]),
        (json!({"queryType": "overlay"}), &["overlay", "overlay_bins", "overlay_levels"]),
        (json!({"queryType": "bottleneck"}), &["bottleneck"]),
        (json!({"queryType": "drift"}), &["drift", "drift_loads"]),
        (json!({"queryType": "energy"}), &["energy"]),
        (json!({"queryType": "cost_now"}), &["cost_now"]),
        (json!({"queryType": "annotations"}), &["annotations"]),
        (json!({"queryType": "promql", "expr": "up"}), &["promql"]),
    ] {
        let frames = joined.frames(query.clone(), SWEEP).await;
        // Of many frames of one kind the first one says which.
        let first = frames.iter().take(ids.len());
        let found: Vec<&str> = first.map(|frame| frame.meta.custom["headroom"].as_str().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
        for (frame, id) in frames.iter().zip(ids) {
            assert_eq!(field_names(frame), documented(id), "{query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_custom_object_has_the_documented_keys() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    let ask = async |json: Value| joined.frames(json, SWEEP).await;
    let live = ask(json!({"queryType": "live"})).await;
    assert_custom(&live[0], &["headroom", "deployment", "presence", "presence_text", "statistic", "side", "run"]);
    let overlay = ask(json!({"queryType": "overlay"})).await;
    let keys = [
        "headroom",
        "deployment",
        "presence",
        "presence_text",
        "load",
        "metric",
        "statistic",
        "unit",
        "side",
        "load_unit",
        "slo",
        "run",
        "production_verdict",
    ];
    for frame in &overlay {
        assert_custom(frame, &keys);
    }
    let headroom = ask(json!({"queryType": "headroom"})).await;
    assert_custom(&headroom[0], &["headroom", "window_s", "deployments"]);
    let series = ask(json!({"queryType": "headroom", "format": "series"})).await;
    assert_custom(&series[0], &["headroom", "deployment", "presence", "presence_text", "run"]);
    // The objects of `curve`, so that a view reads one form.
    let curve = ask(json!({})).await;
    let run = &curve[0].meta.custom["run"];
    assert_eq!(&headroom[0].meta.custom["deployments"][0]["run"], run);
    assert_eq!(&live[0].meta.custom["run"], run);
    let verdict = curve[0].meta.custom["verdict"].as_object().unwrap();
    for object in [&headroom[0].meta.custom["deployments"][0]["verdict"], &overlay[0].meta.custom["production_verdict"]]
    {
        let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
        assert_eq!(keys, verdict.keys().collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_has_a_name_a_description_and_its_unit() {
    let Some(joined) = Joined::new(&[BF16], DEMO, json!({})).await else { return };
    for kind in ["live", "headroom", "overlay", "bottleneck", "drift", "energy", "cost_now", "annotations"] {
        for frame in joined.frames(json!({"queryType": kind}), SWEEP).await {
            let panel = if kind == "overlay" { PANEL } else { "" };
            assert_eq!(frame.meta.preferred_visualisation_plugin_id, panel, "{kind}: what Explore shows it with");
            // An annotation's text is shown in a tooltip, which knows line ends.
            if kind != "annotations" {
                assert_no_line_ends(&frame);
            }
            for field in &frame.fields {
                let config = &field.config;
                // Grafana finds the parts of an annotation by the names that it displays.
                let named = kind != "annotations";
                assert_eq!(!config.display_name_from_ds.is_empty(), named, "{kind} {}", field.name);
                assert!(!config.description.is_empty(), "{kind} {}", field.name);
                let expected = match field.name.as_str() {
                    "load" | "load_from" | "load_to" | "load_seen" | "holds" | "spare_load" => Some("users"),
                    "request_rate" => Some("reqps"),
                    "seconds" => Some("s"),
                    "ttft" | "itl" | "e2e" | "queue" | "value" | "value_lo" | "value_hi" | "benchmark" => Some("ms"),
                    name if name.ends_with("tokens_per_second") => Some("tok/s"),
                    name if name.starts_with("headroom") => Some("percentunit"),
                    name if name.starts_with("joules") => Some("joule"),
                    name if name.starts_with("dollars") => Some("currencyUSD"),
                    "kv_cache_use" | "gpu_utilization" | "prefix_cache_hits" | "busy" | "used" => Some("percentunit"),
                    _ => None,
                };
                if let Some(expected) = expected {
                    assert_eq!(config.unit, expected, "{kind} {}", field.name);
                }
            }
        }
    }
}
