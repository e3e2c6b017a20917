//! Every call, from our own client to a plugin in a process of its own.

#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

mod common;

use std::collections::BTreeMap;

use common::{Echo, context, counter, json, query, start, until_running, value_of};
use headroom_protocol::{
    AppSettings, Context, ErrorSource, Headers, HealthStatus, Query, QueryResponse, ResourceRequest, StreamRequest,
    StreamStatus, TimeRange, User, client::ClientError, frame::Frame, frame_json,
};
use serde_json::json;
use tokio_stream::StreamExt as _;

#[path = "../echo_plugin/sample_frames.rs"]
mod sample_frames;

async fn ask(echo: &Echo, context: &Context, order: &str) -> QueryResponse {
    let mut responses = echo.process.client().query(context, &[query("A", order.to_owned())]).await.expect("an answer");
    responses.remove("A").expect("the answer to A")
}

#[tokio::test]
async fn frames_of_every_type_arrive_unchanged() {
    let echo = start(&[]).await;
    echo.process.client().ping().await.expect("it serves");
    let response = ask(&echo, &context("{}"), r#"{"do":"frames"}"#).await;
    assert_eq!(response.error, None);
    let sent: Vec<_> = sample_frames::all()
        .into_iter()
        .map(|frame| if frame.ref_id.is_empty() { Frame { ref_id: "A".into(), ..frame } } else { frame })
        .collect();
    // As JSON, for NaN is not equal to itself.
    let texts = |frames: &[Frame]| -> Vec<String> {
        frames
            .iter()
            .map(|frame| {
                String::from_utf8(frame_json::to_json(frame, frame_json::Include::All).expect("a sound frame"))
                    .expect("UTF-8")
            })
            .collect()
    };
    assert_eq!(texts(&response.frames), texts(&sent));
}

#[tokio::test]
async fn a_request_is_bounded_in_queries_and_in_the_bytes_of_its_answers() {
    let echo = start(&[]).await;
    let of = |count: usize, order: &str| -> Vec<Query> {
        (0..count).map(|n| query(&format!("Q{n}"), order.to_owned())).collect()
    };
    let small = r#"{"do":"size","bytes":1}"#;
    let answered = echo.process.client().query(&context("{}"), &of(500, small)).await.expect("an answer");
    assert_eq!((answered.len(), answered.values().filter(|response| response.error.is_some()).count()), (500, 0));
    let refused = echo.process.client().query(&context("{}"), &of(501, small)).await.expect_err("too many");
    assert!(refused.to_string().contains("holds 501 queries, and at most 500"), "{refused}");

    // Ten answers of 10 MiB: six fit into 64.
    let large = echo
        .process
        .client()
        .query(&context("{}"), &of(10, r#"{"do":"size","bytes":10485760}"#))
        .await
        .expect("an answer");
    let said: Vec<&str> =
        large.values().filter_map(|response| Some(response.error.as_ref()?.message.as_str())).collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert!(said.iter().all(|said| said.contains("more than 64 MiB together")), "{said:?}");
    assert_eq!(ask(&echo, &context("{}"), small).await.error, None, "and the next request is answered");
}

#[tokio::test]
async fn the_whole_context_arrives() {
    let echo = start(&[]).await;
    let user = |role: &str| User {
        login: "ada".into(),
        name: "Ada".into(),
        email: "ada@example.org".into(),
        role: role.into(),
    };
    let full = Context {
        org_id: 3,
        plugin_version: "1.2.3".into(),
        user: Some(user("Editor")),
        app: Some(AppSettings { updated_ms: 99, ..Default::default() }),
        grafana_config: BTreeMap::from([("GF_APP_URL".into(), "http://localhost".into())]),
        user_agent: "Grafana/12.4.0".into(),
        api_version: "v0".into(),
        namespace: "org-3".into(),
        headers: Headers::new().with("FromAlert", "true").with("http_X-Header", "x"),
        ..context(r#"{"a":1}"#)
    };
    let asked = Query {
        ref_id: "Q".into(),
        query_type: "curve".into(),
        max_data_points: 800,
        interval_ms: 15_000,
        time_range: TimeRange { from_ms: i64::MIN, to_ms: i64::MAX },
        json: r#"{"do":"context"}"#.into(),
    };
    let responses = echo.process.client().query(&full, &[asked]).await.expect("an answer");
    let frame = &responses["Q"].frames[0];
    assert_eq!(frame.ref_id, "Q");
    for (key, expected) in [
        ("org_id", "3"),
        ("plugin_id", "echo"),
        ("plugin_version", "1.2.3"),
        ("user", "ada Ada ada@example.org Editor"),
        ("uid", "uid"),
        ("json_data", r#"{"a":1}"#),
        ("updated_ms", "7"),
        ("app", "99"),
        ("grafana_config", r#"{"GF_APP_URL": "http://localhost"}"#),
        ("user_agent", "Grafana/12.4.0"),
        ("api_version", "v0"),
        ("namespace", "org-3"),
        ("from_alert", "true"),
        ("x_header", "x"),
        ("query_type", "curve"),
        ("max_data_points", "800"),
        ("interval_ms", "15000"),
        ("from_ms", "-9223372036854775808"),
        ("to_ms", "9223372036854775807"),
    ] {
        assert_eq!(value_of(frame, key), expected, "{key}");
    }
    for (role, expected) in [
        ("None", "ada Ada ada@example.org None"),
        ("", "ada Ada ada@example.org "),
        ("Later", "ada Ada ada@example.org Later"),
    ] {
        let context = Context { user: Some(user(role)), ..context("") };
        assert_eq!(value_of(&ask(&echo, &context, r#"{"do":"context"}"#).await.frames[0], "user"), expected);
    }
    let nobody = ask(&echo, &Context { data_source: None, ..context("") }, r#"{"do":"context"}"#).await;
    assert_eq!(value_of(&nobody.frames[0], "user"), "nobody");
    assert_eq!(value_of(&nobody.frames[0], "from_alert"), "false");
}

#[tokio::test]
async fn one_bad_query_leaves_the_others_alone() {
    let echo = start(&[]).await;
    let queries = [
        ("good", r#"{"do":"frames"}"#),
        ("malformed", r#"{"do":"#),
        ("unknown", r#"{"do":"dance"}"#),
        ("panic", r#"{"do":"panic"}"#),
        ("downstream", r#"{"do":"error","message":"no route","downstream":true,"status":504}"#),
        ("plugin", r#"{"do":"error","message":"our fault","downstream":false,"status":500}"#),
        ("half", r#"{"do":"half"}"#),
        ("unequal", r#"{"do":"unequal"}"#),
    ];
    let asked: Vec<_> = queries.map(|(ref_id, order)| query(ref_id, order)).to_vec();
    let answers = echo.process.client().query(&context("{}"), &asked).await.expect("answers");
    assert_eq!(answers.len(), queries.len());

    let check = |ref_id: &str, frames: usize, expected: Option<(u16, ErrorSource, &str)>| {
        let answer = &answers[ref_id];
        assert_eq!(answer.frames.len(), frames, "{ref_id}");
        match (&answer.error, expected) {
            (None, None) => {}
            (Some(error), Some((status, source, part))) => {
                assert_eq!((error.status, error.source), (status, source), "{ref_id}");
                assert!(error.message.contains(part), "{ref_id}: {}", error.message);
            }
            (found, _) => panic!("{ref_id}: {found:?}"),
        }
    };
    check("good", 4, None);
    check("malformed", 0, Some((400, ErrorSource::Downstream, "query malformed cannot be read: EOF")));
    check("unknown", 0, Some((400, ErrorSource::Downstream, "unknown variant `dance`")));
    check("panic", 0, Some((500, ErrorSource::Plugin, "Grafana's server log")));
    check("downstream", 0, Some((504, ErrorSource::Downstream, "no route")));
    check("plugin", 0, Some((500, ErrorSource::Plugin, "our fault")));
    check("half", 1, Some((502, ErrorSource::Downstream, "one file is missing")));
    check("unequal", 0, Some((500, ErrorSource::Plugin, "must have one length")));

    let metrics = echo.process.client().collect_metrics().await.expect("metrics");
    assert_eq!(counter(&metrics, r#"headroom_plugin_requests_total{endpoint="query",outcome="ok"}"#), 1);
    assert_eq!(counter(&metrics, r#"headroom_plugin_requests_total{endpoint="query",outcome="panic"}"#), 1);
    assert_eq!(counter(&metrics, r#"headroom_plugin_requests_total{endpoint="query",outcome="error"}"#), 6);
    assert!(
        echo.log
            .lines()
            .iter()
            .any(|line| line.level == log::Level::Error && line.message.starts_with("panic: told to panic"))
    );
}

#[tokio::test]
async fn health_says_what_is_wrong() {
    let echo = start(&[]).await;
    let check = async |context: Context, status: HealthStatus, part: &str, details: serde_json::Value| {
        let health = echo.process.client().check_health(&context).await.expect("an answer");
        assert_eq!(health.status, status, "{}", health.message);
        assert!(health.message.contains(part), "{}", health.message);
        assert_eq!(health.details, details);
    };
    for json_data in ["", "null", "{}", r#"{"fail":false}"#] {
        check(context(json_data), HealthStatus::Ok, "all is well", json!({"secrets": []})).await;
    }
    check(context(r#"{"fail":true}"#), HealthStatus::Error, "told to fail", json!({"verboseMessage": "more"})).await;
    check(context(r#"{"fail":7}"#), HealthStatus::Error, "expected a boolean", json!(null)).await;
    check(context(r#"{"panic":true}"#), HealthStatus::Error, "Grafana's server log", json!(null)).await;
    check(Context::default(), HealthStatus::Error, "no data source was named", json!(null)).await;
}

#[tokio::test]
async fn resources_keep_repeated_headers_both_ways() {
    let echo = start(&[]).await;
    let request = ResourceRequest {
        path: "echo".into(),
        url: "echo?a=1&a=two%20words".into(),
        method: "POST".into(),
        headers: Headers::new().with("X-Many", "1").with("X-Many", "2").with("Accept", "*/*"),
        body: "body".into(),
    };
    let response = echo.process.client().call_resource(&context("{}"), request).await.expect("an answer");
    assert_eq!(response.status, 201);
    assert_eq!(response.headers.get_all("x-repeated"), ["one", "two"]);
    assert_eq!(response.headers.get("content-type"), Some("application/json"));
    assert_eq!(
        json(&response.body),
        json!({
            "method": "POST", "path": "echo", "url": "echo?a=1&a=two%20words", "query": [["a", "1"], ["a", "two words"]],
            "headers": [["Accept", ["*/*"]], ["X-Many", ["1", "2"]]], "body": "body", "user": null,
        })
    );
    for (path, status, message) in [("panic", 500, "Grafana's server log"), ("nowhere", 404, "no such resource")] {
        let request = ResourceRequest { path: path.into(), ..Default::default() };
        let response = echo.process.client().call_resource(&context("{}"), request).await.expect("an answer");
        assert_eq!(response.status, status);
        assert!(json(&response.body)["message"].as_str().is_some_and(|text| text.contains(message)));
    }
}

#[tokio::test]
async fn streams_send_their_schema_once() {
    let echo = start(&[]).await;
    let client = echo.process.client();
    let request = |path: &str| StreamRequest { path: path.into(), data: r#"{"q":1}"#.into() };
    for (path, status, data) in [
        ("ticks", StreamStatus::Ok, r#"{"first":true}"#),
        ("private", StreamStatus::PermissionDenied, ""),
        ("nowhere", StreamStatus::NotFound, ""),
    ] {
        let response = client.subscribe_stream(&context("{}"), request(path)).await.expect("an answer");
        assert_eq!((response.status, response.data.as_ref()), (status, data.as_bytes()), "{path}");
    }
    let published = client.publish_stream(&context("{}"), request("ticks")).await.expect("an answer");
    assert_eq!((published.status, published.data.as_ref()), (StreamStatus::Ok, br#"{"q":1}"#.as_slice()));
    let refused = client.publish_stream(&context("{}"), request("private")).await.expect("an answer");
    assert_eq!(refused.status, StreamStatus::PermissionDenied);

    let packets: Vec<_> = client.run_stream(&context("{}"), request("ticks")).await.expect("a stream").collect().await;
    let packets: Vec<_> = packets.into_iter().map(|packet| json(&packet.expect("a packet"))).collect();
    assert_eq!(packets.len(), 5);
    assert_eq!(packets[0]["schema"]["fields"][0]["config"]["unit"], "short");
    assert_eq!(packets[0]["data"]["values"], json!([[0]]));
    assert_eq!(packets[4], json!({"data": {"values": [[4]]}}));

    for (path, part) in [("fail", "told to fail"), ("panic", "Grafana's server log")] {
        let packets: Vec<_> = client.run_stream(&context("{}"), request(path)).await.expect("a stream").collect().await;
        assert_eq!(packets.len(), 2, "{path}");
        match packets.last() {
            Some(Err(ClientError::Call { call: "RunStream", message, .. })) => {
                assert!(message.contains(part), "{message}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_dropped() {
    let echo = start(&[]).await;
    let client = echo.process.client();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .query(
                    &context("{}"),
                    &[query("A", r#"{"do":"wait","seconds":3600}"#), query("B", r#"{"do":"wait","seconds":3600}"#)],
                )
                .await
        }
    });
    let mut endless = client
        .run_stream(&context("{}"), StreamRequest { path: "endless".into(), ..Default::default() })
        .await
        .expect("a stream");
    endless.next().await.expect("a first packet").expect("a packet");
    until_running(&client, 3).await;
    waiting.abort();
    drop(endless);
    until_running(&client, 0).await;
}

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn messages_may_have_sixteen_mebibytes() {
    let echo = start(&[]).await;
    let client = echo.process.client();
    let call = async |bytes: usize| {
        let request = ResourceRequest { path: "size".into(), body: vec![b'x'; bytes].into(), ..Default::default() };
        client.call_resource(&context("{}"), request).await
    };
    for bytes in [0, 5 * MIB, 16 * MIB - 1024] {
        assert_eq!(call(bytes).await.expect("an answer").body.len(), bytes);
    }
    let refused = call(16 * MIB + 1).await.expect_err("too large a message");
    assert!(matches!(&refused, ClientError::Call { code: tonic::Code::OutOfRange, .. }), "{refused}");
    // What the plugin sends is not limited.
    let order = json!({"do": "size", "bytes": 40 * MIB}).to_string();
    let response = ask(&echo, &context("{}"), &order).await;
    assert_eq!(response.error, None);
    assert_eq!(response.frames[0].rows().expect("a sound frame"), 1);
}
