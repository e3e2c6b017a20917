//! What queries answer: values, selection, errors, alerts.

use std::fs;

use headroom_backend::query::panel::PANEL;
use headroom_engine::cost::{Figures, LoadRule};
use headroom_engine::curve::Curve;
use headroom_engine::points::level_points;
use headroom_engine::slo::{Latency, Slo, Statistic, Subject, parse_limit, preset};
use headroom_engine::throughput::throughput_at;
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::assess;
use headroom_protocol::frame::FrameType;
use headroom_protocol::{Context, ErrorSource};
use serde_json::{Value, json};

use super::support::{
    BF16, BF16_OLD, BF16_OPEN, BF16_REPEAT, Fixture, INT8, assert_mentions, context, notices, numbers, read, texts,
    workspace,
};

const ALL: &[&str] = &[BF16, BF16_REPEAT, BF16_OLD, BF16_OPEN, INT8];

fn labels(frames: &[headroom_protocol::frame::Frame]) -> Vec<&str> {
    frames
        .iter()
        .filter(|frame| frame.meta.custom["headroom"] != "fit")
        .filter_map(|frame| frame.meta.custom["run"]["label"].as_str())
        .collect()
}

#[tokio::test]
async fn level_values_are_those_of_the_report() {
    let fixture = Fixture::with(ALL);
    let run = read(BF16);
    let frames = fixture.frames(json!({"deployments": ["tiny-llama-bf16"]})).await;
    let column = |name: &str| numbers(frames[0].field(name).unwrap());
    let measured = |value: fn(&headroom_engine::level::Level) -> Option<f64>| -> Vec<f64> {
        run.levels.iter().map(|level| value(level).unwrap_or(f64::NAN)).collect()
    };
    assert_eq!(column("load"), [1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0]);
    assert_eq!(column("ok"), [17.0, 30.0, 48.0, 84.0, 88.0, 108.0, 100.0, 112.0, 98.0]);
    assert_eq!(column("ttft_p95"), measured(|level| level.ttft.as_ref()?.quantile(0.95)));
    assert_eq!(column("ttft_p95"), column("value"), "the default service level's first limit is on TTFT p95");
    assert_eq!(column("itl_mean"), measured(|level| level.itl.as_ref()?.mean));
    assert_eq!(column("output_tokens_per_second"), measured(|level| level.rates.output_tokens));
    let (lo, hi, value) = (column("value_lo"), column("value_hi"), column("value"));
    for level in 0..value.len() {
        // An end that the data cannot give is empty.
        assert!(lo[level].is_nan() || lo[level] <= value[level], "level {level}");
        assert!(hi[level].is_nan() || hi[level] >= value[level], "level {level}");
    }
    let custom = &frames[0].meta.custom;
    assert_eq!(custom["run"]["model"], "tiny-llama (91 M parameters, random weights)", "from deployments.yaml");
    assert_eq!(custom["run"]["gpus"], Value::Null, "nobody said");
    assert_eq!(
        (&custom["metric"], &custom["statistic"], &custom["unit"]),
        (&json!("ttft"), &json!("p95"), &json!("ms"))
    );
}

#[tokio::test]
async fn a_rate_has_no_statistic_and_the_unit_that_people_write() {
    let fixture = Fixture::with(&[INT8]);
    let frames = fixture.frames(json!({"metric": "request_rate", "statistic": "p99"})).await;
    let custom = &frames[0].meta.custom;
    assert_eq!((&custom["statistic"], &custom["unit"]), (&Value::Null, &json!("req/s")));
    assert_eq!(frames[0].field("value").unwrap().config.unit, "reqps", "in Grafana's spelling");
    let column = |name: &str| numbers(frames[0].field(name).unwrap());
    assert_eq!(column("value"), column("request_rate"));
    assert!(column("value_lo").iter().all(|low| low.is_nan()), "one level says nothing about how rates vary");
}

#[tokio::test]
async fn the_fit_is_the_engines_curve() {
    let fixture = Fixture::with(&[INT8]);
    let run = read(INT8);
    for (metric, statistic, subject) in [
        ("ttft", "p95", Subject::Latency(Latency::Ttft, Statistic::P95)),
        ("e2e", "mean", Subject::Latency(Latency::E2e, Statistic::Mean)),
    ] {
        let frames = fixture.frames(json!({"metric": metric, "statistic": statistic})).await;
        let curve = Curve::fit(&level_points(&run, subject)).unwrap();
        let (loads, values) = (numbers(&frames[1].fields[0]), numbers(&frames[1].fields[1]));
        let drawn: Vec<(f64, f64)> = loads.into_iter().zip(values).collect();
        assert_eq!(drawn, curve.sample(200));
        for level in &run.levels {
            assert!(drawn.iter().any(|(load, _)| *load == level.load), "a sample at level {}", level.load);
        }
    }
    let frames = fixture.frames(json!({"metric": "output_tokens_per_second"})).await;
    let (loads, values) = (numbers(&frames[1].fields[0]), numbers(&frames[1].fields[1]));
    assert!(loads.len() >= 200);
    for (load, value) in loads.into_iter().zip(values) {
        assert_eq!(Some(value), throughput_at(&run, load), "the same spline as the verdict's throughput");
    }
}

#[tokio::test]
async fn the_verdict_is_the_engines() {
    let fixture = Fixture::with(ALL);
    let limits = ["ttft_p95=1000ms", "itl_p95=100ms"];
    let frames = fixture.frames(json!({"queryType": "verdict", "slo": "custom", "limits": limits})).await;
    let slo = Slo::custom(limits.iter().map(|limit| parse_limit(limit).unwrap()).collect());
    let frame = &frames[0];
    assert_eq!(frame.meta.frame_type, Some(FrameType::NumericLong));
    assert_eq!(frame.meta.type_version, [0, 1]);
    for (row, report) in [BF16, INT8].into_iter().enumerate() {
        let verdict = assess(&read(report), &slo);
        let number = |name: &str| Some(numbers(frame.field(name).unwrap())[row]).filter(|value| !value.is_nan());
        assert_eq!(number("breaking_load"), verdict.breaking_load, "{report}");
        assert_eq!([number("interval_lo"), number("interval_hi")], verdict.interval, "{report}");
        assert_eq!(number("max_passing_load"), verdict.max_passing_load, "{report}");
        assert_eq!(texts(frame.field("state").unwrap())[row], verdict.state.id());
        let custom = &frame.meta.custom["runs"][row];
        assert_eq!(custom["verdict"]["breaking_load"], json!(verdict.breaking_load));
        assert_eq!(custom["verdict"]["findings"].as_array().unwrap().len(), verdict.findings.len());
        let findings = &texts(frame.field("findings").unwrap())[row];
        assert!(verdict.findings.iter().all(|finding| findings.contains(&finding.message)), "{findings}");
        assert_eq!(custom["slo"]["limits"][0]["label"], "TTFT p95 ≤ 1,000 ms");
    }
    assert_eq!(texts(frame.field("deployment").unwrap()), ["tiny-llama-bf16", "tiny-llama-int8"]);
}

#[tokio::test]
async fn what_a_dollar_buys_is_empty_where_something_is_not_known() {
    let columns = async |fixture: &Fixture, query: Value| {
        let frames = fixture.frames(query).await;
        let column = |name: &str| numbers(frames[0].field(name).unwrap());
        (column("output_tokens_per_dollar_at_break"), column("load_per_dollar_hour"))
    };
    let priced = json!({"deployments": [{"name": "tiny-llama-bf16", "match": {"path": "tiny-llama-bf16/**"},
                                         "price": {"dollars_per_hour": 0.5}}]});
    let fixture = Fixture::configured(&[BF16, INT8], priced);
    let verdict = json!({"queryType": "verdict", "slo": "interactive"});
    let (tokens, load) = columns(&fixture, verdict).await;
    let run = read(BF16);
    let verdict = assess(&run, &preset("interactive").unwrap());
    let breaks = verdict.breaking_load.unwrap();
    let figures = Figures::of(&verdict.sheet(&run), TokenBasis::Output, LoadRule::Interpolated);
    let expected = figures.served.unwrap().tokens_per_second * 3_600.0 / 0.5;
    // Of the steady parts, which is near what the levels say of all of their time.
    assert!((expected / (throughput_at(&run, breaks).unwrap() * 3_600.0 / 0.5) - 1.0).abs() < 0.15, "{expected}");
    assert!((tokens[0] / expected - 1.0).abs() < 1e-12, "{} {expected}", tokens[0]);
    assert_eq!(load[0], breaks / 0.5);
    assert!(tokens[1].is_nan() && load[1].is_nan(), "int8 has no price: {tokens:?} {load:?}");
    // A sweep that ended while passing, one that never passed, and a limit that was not measured.
    for limit in ["ttft_p95=1000s", "ttft_p95=1ms", "queue_depth=5"] {
        let query = json!({"queryType": "verdict", "slo": "custom", "limits": [limit]});
        let (tokens, load) = columns(&fixture, query).await;
        assert!(tokens.iter().chain(&load).all(|value| value.is_nan()), "{limit}: {tokens:?} {load:?}");
    }
}

#[tokio::test]
async fn text_beside_the_numbers() {
    let fixture = Fixture::with(&[BF16]);
    for (limit, state, starts) in [
        ("ttft_p95=1000s", "floor", "≥ 32 users"),
        ("ttft_p95=1ms", "never_met", "< 1 user"),
        ("queue_depth=5", "not_measured", "not measured"),
    ] {
        let frames = fixture.frames(json!({"slo": "custom", "limits": [limit]})).await;
        let verdict = &frames[0].meta.custom["verdict"];
        assert_eq!(verdict["state"], state);
        assert_eq!(verdict["text"]["breaking_load"], starts);
    }
    let frames = fixture.frames(json!({})).await;
    let verdict = &frames[0].meta.custom["verdict"];
    let number = headroom_engine::display::load(verdict["breaking_load"].as_f64().unwrap());
    assert_eq!(verdict["text"]["breaking_load"], format!("{number} users"));
    assert!(verdict["sentence"].as_str().unwrap().contains(&number), "{verdict}");
}

#[tokio::test]
async fn runs_are_selected_and_labelled() {
    let fixture = Fixture::with(ALL);
    assert_eq!(labels(&fixture.frames(json!({})).await), ["tiny-llama-bf16", "tiny-llama-int8"]);
    let latest = fixture.frames(json!({"select": "latest", "deployments": ["tiny-llama-bf16"]})).await;
    assert_eq!(latest[0].meta.custom["run"]["source"], BF16_REPEAT);
    let all = fixture.frames(json!({"select": "all", "deployments": "{tiny-llama-bf16}"})).await;
    assert_eq!(
        labels(&all),
        [
            "tiny-llama-bf16 · guidellm 0.5.4",
            "tiny-llama-bf16 · guidellm 0.8.1 · 2026-11-24 04:21 UTC",
            "tiny-llama-bf16 · guidellm 0.8.1 · 2026-11-24 04:26 UTC",
        ]
    );
    let display: Vec<&str> =
        all.iter().step_by(2).map(|frame| frame.field("value").unwrap().config.display_name_from_ds.as_str()).collect();
    assert_eq!(display, labels(&all), "the legend's names are unique");
    let open = fixture.frames(json!({"loadModel": "open"})).await;
    assert_eq!(labels(&open), ["tiny-llama-bf16"]);
    assert_eq!(open[0].meta.custom["run"]["load_unit"], "req/s");
}

/// Explore and a new panel follow the name of a panel in the metadata; a frame without it is a table of its own.
#[tokio::test]
async fn what_the_panel_draws_names_it_and_nothing_else_does() {
    let manifest = fs::read(workspace().join("src/panel/plugin.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let (full, empty) = (Fixture::with(&[BF16, INT8]), Fixture::with(&[]));
    for (query_type, expected) in [("curve", manifest["id"].as_str().unwrap()), ("verdict", PANEL), ("levels", "")] {
        for fixture in [&full, &empty] {
            for frame in fixture.frames(json!({"queryType": query_type})).await {
                assert_eq!(frame.meta.preferred_visualisation_plugin_id, expected, "{query_type} {}", frame.name);
            }
        }
    }
    let rule = Context { user: None, ..full.context.clone() };
    for frame in full.query_as(&rule, json!({"queryType": "verdict"})).await.frames {
        assert_eq!(frame.meta.preferred_visualisation_plugin_id, "", "an alert rule has no picture");
    }
}

#[tokio::test]
async fn a_bad_query_is_a_precise_error_of_its_own() {
    let fixture = Fixture::with(&[INT8]);
    for (query, part) in [
        (json!({"metric": "tftt"}), "query A: metric: expected ttft, itl"),
        (json!({"slo": "nope"}), "there is no service level `nope`; expected `custom` or one of interactive"),
        (json!({"slo": "custom", "limits": ["ttft_p95=1"]}), "1 of what?"),
        (json!({"deployments": ["$deployment"]}), "was not replaced"),
        (json!("text"), "expected a query as a JSON object"),
    ] {
        let response = fixture.query(query.clone()).await;
        let error = response.error.unwrap_or_else(|| panic!("{query} is an error"));
        assert!(error.message.contains(part), "{query}: {}", error.message);
        assert_eq!((error.status, error.source), (400, ErrorSource::Downstream), "{query}");
        assert_eq!(response.frames, []);
    }
}

#[tokio::test]
async fn the_store_not_being_there_is_said_precisely() {
    let check = async |settings: Value, status: u16, part: &str| {
        let fixture = Fixture::configured(&[], settings.clone());
        let error = fixture.query(json!({})).await.error.unwrap_or_else(|| panic!("{settings} is an error"));
        assert!(error.message.contains(part), "{settings}: {}", error.message);
        assert_eq!((error.status, error.source), (status, ErrorSource::Downstream), "{settings}");
    };
    check(json!({"storePath": ""}), 400, "has no store of reports to read: set the folder").await;
    check(json!({"storePath": 5}), 400, "storePath: expected text; found a number").await;
    check(json!({"storePath": "nowhere"}), 400, "nowhere (relative to Grafana's working directory").await;
    check(json!({"storePath": "nowhere"}), 400, "does not exist on the Grafana server").await;
    check(json!({"storePath": "reports/deployments.yaml"}), 400, "is a file and not a folder").await;
    check(json!({"storeKind": "ftp", "storePath": "x"}), 400, "expected `directory`").await;
}

#[tokio::test]
async fn empty_and_unreadable_settings_still_answer() {
    let fixture = Fixture::with(&[INT8]);
    for json_data in ["", "null", "{}", "{\"later\": [1, {\"x\": 2}]}"] {
        let mut context = context(&json!({}));
        context.data_source.as_mut().unwrap().json_data = json_data.into();
        context.data_source.as_mut().unwrap().uid = format!("uid {json_data}");
        let error = fixture.query_as(&context, json!({})).await.error.unwrap();
        assert!(error.message.contains("has no store of reports to read: set the folder"), "{}", error.message);
    }
    let mut broken = context(&json!({}));
    broken.data_source.as_mut().unwrap().json_data = "{\"a\"".into();
    broken.data_source.as_mut().unwrap().uid = "broken".to_owned();
    let error = fixture.query_as(&broken, json!({})).await.error.unwrap();
    assert!(error.message.contains("(jsonData) of data source \"Headroom\""), "{}", error.message);
    let error = fixture.query_as(&Context::default(), json!({})).await.error.unwrap();
    assert_eq!(error.source, ErrorSource::Plugin);
}

#[tokio::test]
async fn bad_reports_are_notices_beside_the_good_ones() {
    let fixture = Fixture::with(&[INT8]);
    let text = fs::read(fixture.path(INT8)).unwrap();
    fixture.write("empty.json", b"");
    fixture.write("note.json", b"not json");
    fixture.write("cut/half.json", &text[..text.len() / 2]);
    for query_type in ["curve", "levels", "verdict"] {
        let frames = fixture.frames(json!({"queryType": query_type, "deployments": ["tiny-llama-int8"]})).await;
        for name in ["empty.json", "note.json", "cut/half.json"] {
            assert_mentions(&notices(&frames), name);
        }
        assert!(!frames[0].fields.is_empty());
    }
}

#[tokio::test]
async fn no_data_says_why() {
    let fixture = Fixture::with(&[]);
    let check = async |query: Value, part: &str| {
        for query_type in ["curve", "levels", "verdict"] {
            let mut query = query.clone();
            query["queryType"] = json!(query_type);
            let frames = fixture.frames(query).await;
            assert_eq!(frames.len(), 1);
            assert_eq!(frames[0].fields, []);
            assert_mentions(&notices(&frames), part);
        }
    };
    check(json!({}), "holds no benchmark run").await;
    fixture.add(BF16_OPEN);
    let (status, _) = fixture.call(&fixture.context, "POST", "refresh").await;
    assert_eq!(status, 200);
    check(json!({"loadModel": "closed"}), "all open loop: set the load model to open").await;
    check(json!({"deployments": ["tiny"]}), "no run of the deployment tiny; the store has tiny-llama-bf16").await;
}

#[tokio::test]
async fn settings_win_over_the_stores_deployments_file() {
    let facts = json!([{"name": "renamed", "match": {"path": "tiny-llama-int8/**"}, "gpus": 2,
                        "price": {"dollars_per_hour": 0.85, "source": "list", "date": "2026-11-01"}}]);
    let fixture = Fixture::configured(&[BF16, INT8], json!({"deployments": facts}));
    let frames = fixture.frames(json!({"queryType": "verdict"})).await;
    let frame = &frames[0];
    assert_eq!(texts(frame.field("deployment").unwrap()), ["renamed", "tiny-llama-bf16"]);
    assert_eq!(numbers(frame.field("price_per_hour").unwrap())[0], 0.85);
    assert_eq!(texts(frame.field("price_source").unwrap())[0], "list, 2026-11-01");
    assert_eq!(numbers(frame.field("gpus").unwrap())[0], 2.0);
    assert!(numbers(frame.field("gpus").unwrap())[1].is_nan(), "unknown stays unknown");
}

#[tokio::test]
async fn a_broken_default_service_level_is_an_error_only_where_it_is_used() {
    let fixture = Fixture::configured(&[INT8], json!({"defaultSlo": "gone"}));
    let error = fixture.query(json!({})).await.error.unwrap();
    assert!(error.message.contains("`gone`") && error.message.contains("choose another"), "{}", error.message);
    assert_eq!(fixture.query(json!({"slo": "interactive"})).await.error, None);
}
