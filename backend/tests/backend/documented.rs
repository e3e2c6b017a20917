//! The frames have the columns that their query kinds say, from which the tables of `docs/frames.md` are written: no more and
//! no fewer, in their order.

use std::collections::BTreeSet;
use std::fs;

use headroom_backend::usage::METRICS;
use serde_json::json;

use super::support::{BF16, BF16_OPEN, Fixture, INT8, assert_no_line_ends, documented, field_names, workspace};

/// A section of the document: from the heading of this name to the next of its level.
fn section(heading: &str) -> String {
    let text = fs::read_to_string(workspace().join("docs/frames.md")).unwrap();
    let (_, after) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    after.split("\n## ").next().unwrap().to_owned()
}

#[tokio::test]
async fn levels_and_fit_are_as_documented() {
    let fixture = Fixture::with(&[BF16, INT8, BF16_OPEN]);
    for (query, runs) in [
        (json!({}), 2),
        (json!({"metric": "output_tokens_per_second"}), 2),
        (json!({"loadModel": "open", "metric": "e2e", "statistic": "mean"}), 1),
    ] {
        let frames = fixture.frames(query).await;
        assert_eq!(frames.len(), 2 * runs);
        for pair in frames.chunks(2) {
            for (frame, id) in pair.iter().zip(["levels", "fit"]) {
                assert_eq!(frame.meta.custom["headroom"], id);
                // These reports have every percentile, so nothing stands between two others.
                let expected = documented(id).into_iter().filter(|name| !name.starts_with("<limit>"));
                assert_eq!(field_names(frame), expected.collect::<Vec<_>>());
            }
        }
    }
}

#[tokio::test]
async fn every_number_has_its_unit_and_every_field_a_name_and_a_description() {
    let fixture = Fixture::with(&[BF16, INT8, BF16_OPEN]);
    for query in ["curve", "levels", "verdict"] {
        for load in ["closed", "open"] {
            for frame in fixture.frames(json!({"queryType": query, "loadModel": load})).await {
                for field in &frame.fields {
                    let config = &field.config;
                    assert!(!config.description.is_empty(), "{query} {}", field.name);
                    assert!(!config.display_name_from_ds.is_empty(), "{query} {}", field.name);
                    let expected = match field.name.as_str() {
                        "load"
                        | "breaking_load"
                        | "interval_lo"
                        | "interval_hi"
                        | "max_passing_load"
                        | "first_failing_load"
                        | "next_level"
                        | "load_per_dollar_hour" => {
                            if load == "closed" {
                                "users"
                            } else {
                                "reqps"
                            }
                        }
                        "request_rate"
                        | "steady_request_rate"
                        | "steady_request_rate_lo"
                        | "steady_request_rate_hi" => "reqps",
                        "duration_s" => "s",
                        "error_rate" | "error_rate_lo" | "error_rate_hi" | "unserved" | "unserved_lo"
                        | "unserved_hi" | "kv_cache_use" => "percentunit",
                        "power_w" => "watt",
                        "joules_per_output_token" => "joule",
                        "price_per_hour" => "currencyUSD",
                        "output_tokens_per_dollar_at_break" => "short",
                        name if name.contains("tokens_per_second") => "tok/s",
                        name if name.starts_with("value") && name != "value_count" => "ms",
                        name if ["ttft_", "itl_", "tpot_", "e2e_"].iter().any(|metric| name.starts_with(metric)) => {
                            "ms"
                        }
                        _ => "",
                    };
                    assert_eq!(config.unit, expected, "{query} {load} {}", field.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_table_has_the_levels_columns_at_one_statistic() {
    let fixture = Fixture::with(&[BF16, INT8]);
    let frames = fixture.frames(json!({"queryType": "levels", "statistic": "p50"})).await;
    let [table] = frames.as_slice() else { panic!("{} frames", frames.len()) };
    let expected = documented("table")
        .into_iter()
        .filter(|name| !["mean", "p90", "p95", "p99"].iter().any(|statistic| name.contains(&format!("_{statistic}"))));
    assert_eq!(field_names(table), expected.collect::<Vec<_>>());
    assert_eq!(table.meta.custom["headroom"], "table");
    assert_eq!(table.rows().unwrap(), 17, "9 levels of bf16 and 8 of int8");
}

#[tokio::test]
async fn the_verdict_has_the_documented_columns() {
    let fixture = Fixture::with(&[BF16, INT8]);
    let frames = fixture.frames(json!({"queryType": "verdict"})).await;
    assert_eq!(field_names(&frames[0]), documented("verdict"));
    assert_eq!(frames[0].meta.custom["headroom"], "verdict");
}

/// The keys of a JSON example, as dotted paths; lists count as their first element.
fn keys(prefix: &str, value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                into.insert(path.clone());
                keys(&path, value, into);
            }
        }
        serde_json::Value::Array(items) => {
            if let Some(first) = items.first() {
                keys(prefix, first, into);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_custom_object_has_the_keys_of_the_example() {
    let section = section("`curve`");
    let example = section.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let example: serde_json::Value = serde_json::from_str(example).unwrap();
    // Of two deployments: what is told of one run is not told of every run.
    let fixture = Fixture::with(&[BF16, INT8]);
    let frames = fixture.frames(json!({})).await;
    let (mut documented, mut found) = (BTreeSet::new(), BTreeSet::new());
    keys("", &example, &mut documented);
    for frame in frames.iter().filter(|frame| frame.meta.custom["headroom"] == frames[0].meta.custom["headroom"]) {
        keys("", &frame.meta.custom, &mut found);
    }
    assert_eq!(found, documented);
}

#[tokio::test]
async fn a_cell_of_a_table_has_no_line_ends() {
    let fixture = Fixture::with(&[BF16, INT8]);
    for query_type in ["verdict", "levels"] {
        for frame in fixture.frames(json!({"queryType": query_type})).await {
            assert_no_line_ends(&frame);
        }
    }
}

#[test]
fn the_metrics_of_the_process_are_documented() {
    let text = fs::read_to_string(workspace().join("docs/prometheus.md")).unwrap();
    for metric in METRICS {
        let row = format!("| `{}` | {} | {} |", metric.name, metric.kind, metric.about);
        assert!(text.lines().any(|line| line == row), "docs/prometheus.md lacks the row\n{row}");
    }
    let rows = text.lines().filter(|line| line.starts_with("| `headroom_")).count();
    assert_eq!(rows, METRICS.len(), "a row is about a metric that the process does not have");
}
