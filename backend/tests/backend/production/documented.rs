//! The frames of production have the fields that `docs/frames.md` says, in its order, and each has a name and a
//! description.

use std::fs;

use headroom_backend::query::panel::PANEL;
use headroom_protocol::frame::Frame;
use serde_json::{Value, json};

use super::servers::{DEMO, Joined};
use crate::support::{BF16, assert_no_line_ends, workspace};

const SWEEP: (i64, i64) = (1_795_494_077, 1_795_494_374);

/// What the document says of a query: from its heading to the next.
fn section(query: &str) -> String {
    let text = fs::read_to_string(workspace().join("docs/frames.md")).unwrap();
    let (_, after) = text.split_once(&format!("\n### `{query}`\n")).unwrap_or_else(|| panic!("no section {query}"));
    after.split("\n### ").next().unwrap().split("\n## ").next().unwrap().to_owned()
}

fn code_spans(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The fields of the first table of a text.
fn of_table(text: &str) -> Vec<String> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| field")).skip(2);
    rows.take_while(|line| line.starts_with('|')).flat_map(|row| code_spans(row.split('|').nth(1).unwrap())).collect()
}

/// The fields of a sentence that begins with these words, up to its end.
fn of_sentence(text: &str, begin: &str, end: &str) -> Vec<String> {
    let (_, after) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin:?} in {text}"));
    code_spans(after.split(end).next().unwrap())
}

fn names(frame: &Frame) -> Vec<String> {
    frame.fields.iter().map(|field| field.name.clone()).collect()
}

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
    let ask = async |kind: &str| joined.frames(json!({"queryType": kind}), SWEEP).await;

    for kind in ["live", "headroom", "bottleneck", "drift", "energy", "cost_now"] {
        let frames = ask(kind).await;
        assert_eq!(names(&frames[0]), of_table(&section(kind)), "{kind}");
        assert_eq!(frames[0].meta.custom["headroom"], kind);
    }
    let text = section("overlay");
    let frames = ask("overlay").await;
    let of = |kind: &str| frames.iter().find(|frame| frame.meta.custom["headroom"] == kind).unwrap();
    assert_eq!(names(of("overlay")), of_sentence(&text, "was there throughout:", "."));
    let bins = of_sentence(&text, "draws itself.", ". Requests");
    assert_eq!(names(of("overlay_bins")), bins);
    let levels = ["load".to_owned(), "load_seen".to_owned()].into_iter().chain(bins.into_iter().skip(3));
    assert_eq!(names(of("overlay_levels")), levels.collect::<Vec<_>>());
    let text = section("drift");
    let (_, loads) = text.split_once("**drift_loads**").unwrap();
    assert_eq!(names(&ask("drift").await[1]), of_table(loads));
    let frames = joined.frames(json!({"queryType": "headroom", "format": "series"}), SWEEP).await;
    assert_eq!(names(&frames[0]), of_sentence(&section("headroom"), "(`timeseries-wide`) with", ", and `meta"));
    let frames = ask("annotations").await;
    assert_eq!(names(&frames[0]), ["time", "timeEnd", "title", "text", "tags"]);
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
