//! Secrets reach no log, whatever goes wrong and however much is logged.

#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

mod common;

use common::{context, query, start};
use headroom_protocol::{Context, Headers, ResourceRequest, SecureMap, StreamRequest};
use serde_json::Value;
use tokio_stream::StreamExt as _;

/// Nothing else anywhere contains this.
const MARKER: &str = "mArKeR-5up3r-53cr3t";

fn secret_context(json_data: &'static str) -> Context {
    let secure: SecureMap = [("apiKey".to_owned(), MARKER.to_owned())].into_iter().collect();
    let mut context = context(json_data);
    if let Some(settings) = &mut context.data_source {
        settings.secure = secure.clone();
        settings.url = format!("http://user:{MARKER}@localhost");
    }
    context.app = Some(headroom_protocol::AppSettings { secure, ..Default::default() });
    context.headers = Headers::new().with("Authorization", format!("Bearer {MARKER}")).with("Cookie", MARKER);
    context.grafana_config.insert("GF_SECURE_SOCKS_DATASOURCE_PROXY_CLIENT_KEY".to_owned(), MARKER.to_owned());
    context
}

#[tokio::test]
async fn no_log_line_has_a_secret() {
    let echo = start(&[("GF_PLUGIN_LOG_LEVEL", "trace"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")]).await;
    let client = echo.process.client();
    let orders = [
        r#"{"do":"secret","name":"apiKey"}"#,
        r#"{"do":"secret","name":"missing"}"#,
        r#"{"do":"panic"}"#,
        r#"{"do":"unequal"}"#,
        r#"{"do":"#,
        r#"{"do":"context"}"#,
    ];
    // Every query in good settings, in settings that do not fit, and in settings that are not JSON.
    for json_data in ["{}", r#"{"fail":"yes"}"#, r#"{"panic":true}"#, r#"{"fail":"#] {
        let context = secret_context(json_data);
        let queries: Vec<_> = orders.iter().enumerate().map(|(n, order)| query(&format!("Q{n}"), *order)).collect();
        let answers = client.query(&context, &queries).await.expect("answers");
        // The secret did arrive, or this test would prove nothing.
        let frame = &answers["Q0"].frames[0];
        assert_eq!(
            frame.field("length").map(|field| &field.values),
            Some(&vec![i64::try_from(MARKER.len()).expect("short")].into())
        );
        client.check_health(&context).await.expect("an answer");
        for path in ["echo", "panic", "nowhere"] {
            let headers = Headers::new().with("Authorization", MARKER);
            client
                .call_resource(&context, ResourceRequest { path: path.into(), headers, ..Default::default() })
                .await
                .expect("an answer");
        }
        for path in ["ticks", "fail", "panic", "nowhere"] {
            let request = StreamRequest { path: path.into(), ..Default::default() };
            client.subscribe_stream(&context, request.clone()).await.expect("an answer");
            let packets: Vec<_> = client.run_stream(&context, request).await.expect("a stream").collect().await;
            assert!(!packets.is_empty());
        }
    }
    // A message that is too large is refused below us, in a library.
    let large = ResourceRequest { path: "size".into(), body: MARKER.repeat(1 << 20).into(), ..Default::default() };
    client.call_resource(&secret_context("{}"), large).await.expect_err("too large a message");

    let log = echo.log.clone();
    echo.process.stop().await.expect("it stops");
    let lines = log.lines();
    for level in [log::Level::Error, log::Level::Warn, log::Level::Info, log::Level::Debug, log::Level::Trace] {
        assert!(lines.iter().any(|line| line.level == level), "nothing was logged at the level {level}");
    }
    for line in &lines {
        let text = format!("{} {}", line.message, Value::Object(line.values.clone()));
        assert!(!text.contains(MARKER), "{text}");
        assert!(line.values.contains_key("@module"), "not a line in go-plugin's form: {text}");
    }
    // The places where it would have shown were reached.
    for part in [
        "panic: told to panic by",
        "the secret is <redacted> or <redacted>",
        "cannot be read",
        "resource ResourceRequest",
    ] {
        assert!(log.contains(part), "nothing was logged with {part:?}");
    }
}
