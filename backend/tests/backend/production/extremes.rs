//! Settings and queries with whatever can be written into them: an answer or an error that names what is wrong, and never a
//! panic.

use std::time::Duration;

use headroom_contract::query::{KEYS, QUERY_TYPE};
use headroom_contract::settings::{KEYS as SETTINGS, PROMETHEUS_KEYS};
use headroom_protocol::{Context, ErrorSource, Plugin as _, Query, QueryError, TimeRange};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::connection::Recorder;
use crate::support::{BF16, Fixture, context};

/// What nobody means and anybody can type.
fn extreme() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        " ",
        "$__all",
        "All",
        "${x}",
        "{",
        "{,}",
        "{a,b}",
        "\u{0}",
        "\"",
        "\\",
        "}) or up{",
        "NaN",
        "inf",
        "-1s",
        "0s",
        "1ms",
        "5000000000000000000s",
        "99999999999999y",
        "1e308",
        "-1e308",
        "1e-320",
        "18446744073709551616",
        "custom",
        "all",
        "ttft_p95=1e308ms",
        "ttft_p95=0ms",
        "ttft_p95=-1ms",
        "error_rate=1e300%",
        "up[5000000000000000000s]",
        "http://[::1",
        "a=b&=&c",
        "GET",
        "series",
        "open",
    ];
    let numbers = [
        json!(0),
        json!(-0.0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(f64::MAX),
        json!(f64::MIN),
        json!(f64::MIN_POSITIVE),
        json!(5e-324),
        json!(0.5),
        json!(1e18),
        json!(86_400),
    ];
    let leaf = prop_oneof![
        select(texts.to_vec()).prop_map(|text| json!(text)),
        select(numbers.to_vec()),
        any::<f64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
        Just(Value::Null),
        any::<bool>().prop_map(|on| json!(on)),
        Just(json!("x".repeat(10_000))),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            proptest::collection::hash_map(
                select(vec![
                    "id",
                    "name",
                    "limits",
                    "match",
                    "price",
                    "dollars_per_hour",
                    "gpus",
                    "production",
                    "labels"
                ]),
                inner,
                0..4
            )
            .prop_map(|map| json!(map)),
        ]
    })
}

/// An object with some of these keys.
fn object(keys: Vec<&'static str>) -> impl Strategy<Value = Value> {
    proptest::collection::hash_map(select(keys), extreme(), 0..5).prop_map(|map| json!(map))
}

fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => Just(1_795_494_077_000),
        4 => Just(1_795_494_374_000),
        1 => select(vec![0, 1, -1, i64::MIN, i64::MAX, 99_999_999_999_999, -99_999_999_999_999]),
        1 => any::<i64>(),
    ]
}

#[derive(Debug, Clone)]
struct Case {
    settings: Value,
    query: Value,
    from_ms: i64,
    to_ms: i64,
    interval_ms: i64,
    value: &'static str,
}

fn case() -> impl Strategy<Value = Case> {
    let settings = SETTINGS.iter().chain(PROMETHEUS_KEYS).map(|setting| setting.key);
    let settings: Vec<&'static str> =
        settings.filter(|key| !["storePath", "storeKind", "catalogPath", "prometheusUrl"].contains(key)).collect();
    let kinds: Vec<&'static str> = headroom_backend::query::kinds().iter().map(|kind| kind.id).collect();
    let keys: Vec<&'static str> = KEYS.iter().map(|key| key.name).filter(|name| *name != QUERY_TYPE).collect();
    let query = (select(kinds), object(keys)).prop_map(|(kind, mut query)| {
        query[QUERY_TYPE] = json!(kind);
        query
    });
    let interval = select(vec![0, 1, 15_000, -1, i64::MIN, i64::MAX]);
    let value = select(vec!["0", "1", "-1", "NaN", "+Inf", "-Inf", "1.7976931348623157e308", "5e-324"]);
    (object(settings), query, moment(), moment(), interval, value).prop_map(
        |(settings, query, from_ms, to_ms, interval_ms, value)| Case {
            settings,
            query,
            from_ms,
            to_ms,
            interval_ms,
            value,
        },
    )
}

/// What a Prometheus with one model server says, whose every number is `value`.
fn said(request: &str, value: &str) -> String {
    let form: Vec<(String, String)> = request
        .split(['?', '&', '\n', ' '])
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let of = |key: &str| form.iter().find(|(known, _)| known == key).map_or("0", |(_, value)| value.as_str());
    let labels = json!({"__name__": "vllm:num_requests_running", "model_name": "tiny-llama-bf16", "job": "v", "instance": "a:1",
        "pod": "p", "le": "+Inf"});
    let names = [
        "vllm:num_requests_running",
        "vllm:num_requests_waiting",
        "vllm:generation_tokens_total",
        "vllm:request_success_total",
        "vllm:prompt_tokens_total",
        "vllm:time_to_first_token_seconds_bucket",
        "vllm:kv_cache_usage_perc",
        "DCGM_FI_DEV_POWER_USAGE",
        "up",
    ];
    let data = if request.contains("/label/") || request.contains("/labels") {
        json!(names)
    } else if request.contains("/series") {
        json!([labels])
    } else if request.contains("/query_range") {
        let at = |key: &str| of(key).parse::<f64>().unwrap_or_default();
        let mut values = vec![json!([at("start"), value])];
        if at("end") > at("start") {
            values.push(json!([at("end"), value]));
        }
        json!({"resultType": "matrix", "result": [{"metric": labels, "values": values}]})
    } else {
        json!({"resultType": "vector", "result": [{"metric": labels, "value": [of("time").parse::<f64>().unwrap_or_default(), value]}]})
    };
    json!({"status": "success", "data": data}).to_string()
}

/// Fails where what happened is the plugin's own fault, which a panic is.
fn check(case: &Case, error: Option<&QueryError>) -> Result<(), TestCaseError> {
    if let Some(error) = error {
        prop_assert_ne!(error.source, ErrorSource::Plugin, "{}: {:?}", error.message, case);
    }
    Ok(())
}

async fn answered(case: &Case, fixture: &Fixture) -> Result<(), TestCaseError> {
    let value = case.value;
    let server = Recorder::with(move |request| ("200 OK".to_owned(), said(request, value)));
    let mut settings = case.settings.clone();
    settings["storePath"] = json!(fixture.path(""));
    settings["catalogPath"] = json!(fixture.root().join("catalog.sqlite"));
    settings["prometheusUrl"] = json!(server.url());
    let mut with = context(&settings);
    // Instances are known by their settings' time of change.
    with.data_source.as_mut().unwrap().uid = server.url().into();
    let query = Query {
        ref_id: "A".to_owned(),
        json: case.query.to_string().into(),
        time_range: TimeRange { from_ms: case.from_ms, to_ms: case.to_ms },
        interval_ms: case.interval_ms,
        ..Query::default()
    };
    for context in [with.clone(), Context { user: None, ..with.clone() }] {
        let response = fixture.plugin.query(&context, &query).await;
        check(case, response.error.as_ref())?;
        for frame in &response.frames {
            prop_assert!(frame.rows().is_ok(), "{:?}: {:?}", case, frame);
        }
    }
    let (from, to) = (case.from_ms, case.to_ms);
    for url in [format!("production?from={from}&to={to}"), format!("namespaces?from={from}&to={to}"), "slos".to_owned()]
    {
        let (status, body) = fixture.call(&with, "GET", &url).await;
        prop_assert!(status != 500, "{url}: {body} {:?}", case);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_can_be_written_is_a_panic(case in case()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let fixture = Fixture::with(&[BF16]);
        runtime.block_on(answered(&case, &fixture))?;
        runtime.shutdown_timeout(Duration::from_secs(5));
    }
}

/// Some answers are times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_is_no_time_is_none() {
    let fixture = Fixture::with(&[BF16]);
    for kind in headroom_backend::query::kinds() {
        for value in ["-Inf", "+Inf", "NaN", "1e300"] {
            let case = Case {
                settings: json!({}),
                query: json!({QUERY_TYPE: kind.id, "expr": "up"}),
                from_ms: 1_795_494_077_000,
                to_ms: 1_795_494_374_000,
                interval_ms: i64::MAX,
                value,
            };
            answered(&case, &fixture).await.unwrap_or_else(|error| panic!("{value} {}: {error}", kind.id));
        }
    }
}

/// How often targets are scraped is multiplied by this and that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interval_longer_than_time_is_a_wrong_setting() {
    let fixture = Fixture::with(&[BF16]);
    for kind in headroom_backend::query::kinds() {
        for interval in [json!("5000000000000000000s"), json!(1e18), json!("500000000000y"), json!(1e-300)] {
            let case = Case {
                settings: json!({"timeInterval": interval}),
                query: json!({QUERY_TYPE: kind.id, "expr": "up", "interval": interval, "window": interval}),
                from_ms: 1_795_494_077_000,
                to_ms: 1_795_494_374_000,
                interval_ms: i64::MAX,
                value: "1",
            };
            answered(&case, &fixture).await.unwrap_or_else(|error| panic!("{interval} {}: {error}", kind.id));
        }
    }
}
