//! The SDK's generated client against our server, over its real socket.
#![cfg(unix)]
#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

use std::{
    collections::HashMap,
    process::{Child, ChildStdout, Command, Stdio},
};

use grafana_plugin_sdk::pluginv2::{
    CallResourceRequest, CheckHealthRequest, CollectMetricsRequest, DataQuery, DataSourceInstanceSettings,
    PluginContext, PublishStreamRequest, QueryDataRequest, RunStreamRequest, StringList, SubscribeStreamRequest,
    TimeRange, User, data_client::DataClient, diagnostics_client::DiagnosticsClient, resource_client::ResourceClient,
    stream_client::StreamClient,
};
use headroom_protocol::{arrow, frame::Values};
use hyper_util::rt::TokioIo;
use tonic::transport::{Channel, Endpoint};

/// A running plugin; killed when dropped.
struct Plugin {
    channel: Channel,
    child: Child,
    _stdout: std::io::BufReader<ChildStdout>,
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).unwrap_or_default();
    }
}

async fn start() -> Plugin {
    use std::io::BufRead as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_oracle_echo_plugin"));
    command.env_clear().env("grafana_plugin_type", "datasource").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the echo plugin starts");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a handshake");
    let socket = line.trim_end().split('|').nth(3).expect("a path").to_owned();
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { tokio::net::UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let channel = Endpoint::from_static("http://plugin").connect_with_connector(connector).await.expect("a connection");
    Plugin { channel, child, _stdout: stdout }
}

fn context(role: &str) -> PluginContext {
    PluginContext {
        org_id: 1,
        plugin_id: "echo".into(),
        user: Some(User { login: "ada".into(), role: role.into(), ..Default::default() }),
        data_source_instance_settings: Some(DataSourceInstanceSettings { uid: "uid".into(), ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test]
async fn queries() {
    let plugin = start().await;
    let query = |ref_id: &str, json: &'static str| DataQuery {
        ref_id: ref_id.into(),
        json: json.into(),
        time_range: Some(TimeRange { from_epoch_ms: i64::MIN, to_epoch_ms: i64::MAX }),
        ..Default::default()
    };
    // A role that the SDK's own server refuses, empty jsonData, and a query that is not JSON beside one that is.
    let request = QueryDataRequest {
        plugin_context: Some(context("None")),
        headers: HashMap::new(),
        queries: vec![query("A", r#"{"do":"frames"}"#), query("B", "{"), query("C", r#"{"do":"context"}"#)],
    };
    let answers =
        DataClient::new(plugin.channel.clone()).query_data(request).await.expect("answers").into_inner().responses;
    assert_eq!((answers["A"].status, answers["B"].status, answers["C"].status), (200, 400, 200));
    assert!(answers["B"].error.contains("query B cannot be read"));
    let described = arrow::decode(&answers["A"].frames[1]).expect("a frame");
    let field = described.field("ttft_p95").expect("a column");
    assert_eq!(
        (field.labels["deployment"].as_str(), field.config.unit.as_str()),
        ("int4", "ms"),
        "labels and configuration together"
    );
    let context = arrow::decode(&answers["C"].frames[0]).expect("a frame");
    let Some(Values::String(values)) = context.field("value").map(|field| &field.values) else { panic!("{context:?}") };
    assert!(values.iter().any(|value| value.is_some_and(|value| value.ends_with(" None"))));
}

#[tokio::test]
async fn diagnostics() {
    let plugin = start().await;
    let mut client = DiagnosticsClient::new(plugin.channel.clone());
    let health = client
        .check_health(CheckHealthRequest { plugin_context: Some(context("")), headers: HashMap::new() })
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!((health.status, health.message.as_str()), (1, "all is well"));
    let metrics =
        client.collect_metrics(CollectMetricsRequest { plugin_context: None }).await.expect("an answer").into_inner();
    let text = String::from_utf8(metrics.metrics.expect("metrics").prometheus.clone()).expect("UTF-8");
    assert!(text.contains("headroom_plugin_requests_total{endpoint=\"health\",outcome=\"ok\"} 1"), "{text}");
}

#[tokio::test]
async fn resources() {
    let plugin = start().await;
    let request = CallResourceRequest {
        plugin_context: Some(context("Viewer")),
        path: "echo".into(),
        method: "GET".into(),
        url: "echo?a=1".into(),
        headers: HashMap::from([("X-Many".to_owned(), StringList { values: vec!["1".into(), "2".into()] })]),
        body: bytes::Bytes::new(),
    };
    let mut parts =
        ResourceClient::new(plugin.channel.clone()).call_resource(request).await.expect("an answer").into_inner();
    let answer = parts.message().await.expect("an answer").expect("a first part");
    assert_eq!((answer.code, &answer.headers["X-Repeated"].values), (201, &vec!["one".to_owned(), "two".to_owned()]));
    assert!(String::from_utf8_lossy(&answer.body).contains(r#"["X-Many",["1","2"]]"#));
    assert!(parts.message().await.expect("the end").is_none());
}

#[tokio::test]
async fn streams() {
    let plugin = start().await;
    let mut client = StreamClient::new(plugin.channel.clone());
    let path = || "ticks".to_owned();
    let subscribed = client
        .subscribe_stream(SubscribeStreamRequest {
            plugin_context: Some(context("")),
            path: path(),
            data: bytes::Bytes::new(),
        })
        .await;
    assert_eq!(subscribed.expect("an answer").into_inner().status, 0);
    let published = client
        .publish_stream(PublishStreamRequest {
            plugin_context: Some(context("")),
            path: "private".into(),
            data: Vec::new(),
        })
        .await;
    assert_eq!(published.expect("an answer").into_inner().status, 2);
    let run = client
        .run_stream(RunStreamRequest { plugin_context: Some(context("")), path: path(), data: bytes::Bytes::new() })
        .await;
    let mut packets = run.expect("a stream").into_inner();
    let mut count = 0;
    while packets.message().await.expect("a packet").is_some() {
        count += 1;
    }
    assert_eq!(count, 5);
}
