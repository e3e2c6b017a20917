//! Our client against a plugin made with the SDK, which listens on TCP and knows nothing of an orderly end.
#![allow(clippy::expect_used, reason = "helpers of tests are tests too")]

use headroom_protocol::{
    Context, HealthStatus, InstanceSettings, Query, ResourceRequest, User,
    client::{ClientError, PluginProcess, Start},
    frame::{Column, Values},
};

#[tokio::test]
async fn a_plugin_of_the_sdk_is_started_asked_and_stopped() {
    let process =
        PluginProcess::start(Start::new(env!("CARGO_BIN_EXE_oracle_sdk_plugin"))).await.expect("the plugin starts");
    let client = process.client();
    let settings = InstanceSettings { uid: "uid".into(), json_data: "{}".into(), ..Default::default() };
    let user = User { role: "Viewer".into(), ..Default::default() };
    let context = Context { org_id: 1, data_source: Some(settings), user: Some(user), ..Default::default() };

    let health = client.check_health(&context).await.expect("an answer");
    assert_eq!((health.status, health.message.as_str()), (HealthStatus::Ok, "sdk"));

    let query = Query { ref_id: "A".into(), json: "{}".into(), ..Default::default() };
    let answers = client.query(&context, &[query]).await.expect("answers");
    let frame = &answers["A"].frames[0];
    assert_eq!(frame.name, "sdk");
    assert_eq!(frame.field("count").map(|field| &field.values), Some(&vec![Some(1_u32), Some(2)].into()));
    assert_eq!(frame.field("text").map(|field| &field.values), Some(&vec!["a", "b"].into()));
    let number = frame.field("number").expect("a column");
    assert_eq!(number.labels["model"], "llama");
    assert!(
        matches!(&number.values, Values::Float64(Column::Required(values)) if values[0].to_bits() == 1.5_f64.to_bits() && values[1].is_nan())
    );

    // It has no such service: an error of the one call.
    let missing = client.call_resource(&context, ResourceRequest::default()).await.expect_err("no resources");
    assert!(matches!(missing, ClientError::Call { call: "CallResource", .. }), "{missing}");

    let stopped = process.stop().await.expect("it stops");
    assert!(stopped.killed, "it does not know how to end when asked");
}
