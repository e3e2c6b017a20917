//! What alert rules on benchmarks get.

use headroom_protocol::frame::{Frame, FrameType};
use headroom_protocol::{Context, Headers, User};
use serde_json::{Value, json};

use super::support::{BF16, BF16_OLD, BF16_OPEN, BF16_REPEAT, Fixture, INT8, numbers};

const ALL: &[&str] = &[BF16, BF16_REPEAT, BF16_OLD, BF16_OPEN, INT8];

#[tokio::test]
async fn an_alert_gets_one_number_per_deployment() {
    let fixture = Fixture::with(ALL);
    let person = fixture.context.clone();
    let rule = Context { headers: Headers::new().with("FromAlert", "true"), ..person.clone() };
    let nobody = Context { user: None, ..person.clone() };
    for query_type in ["verdict", "curve", "levels"] {
        for context in [&rule, &nobody] {
            let response = fixture.query_as(context, json!({"queryType": query_type, "slo": "break_2s"})).await;
            assert_eq!(response.error, None);
            let [frame] = response.frames.as_slice() else { panic!("{} frames", response.frames.len()) };
            assert_eq!(frame.meta.frame_type, Some(FrameType::NumericWide));
            assert_eq!(frame.rows().unwrap(), 1);
            assert_eq!(frame.fields.len(), 2);
            for (field, deployment) in frame.fields.iter().zip(["tiny-llama-bf16", "tiny-llama-int8"]) {
                assert_eq!(field.name, "breaking_load");
                assert_eq!(field.labels.keys().collect::<Vec<_>>(), ["deployment", "model", "slo"]);
                assert_eq!(
                    (field.labels["deployment"].as_str(), field.labels["slo"].as_str()),
                    (deployment, "break_2s")
                );
                assert!(numbers(field)[0] > 0.0);
            }
        }
    }
    // A person without a role is a person.
    let viewer = Context { user: Some(User { role: "None".to_owned(), ..User::default() }), ..person };
    assert_eq!(fixture.query_as(&viewer, json!({})).await.frames.len(), 4);
}

#[tokio::test]
async fn what_an_alert_compares_when_there_is_no_breaking_load() {
    let fixture = Fixture::with(&[BF16]);
    let rule = Context { user: None, ..fixture.context.clone() };
    for (limit, expected) in [("ttft_p95=1000s", Some(32.0)), ("ttft_p95=1ms", Some(0.0)), ("queue_depth=5", None)] {
        let response = fixture.query_as(&rule, json!({"slo": "custom", "limits": [limit]})).await;
        let number = numbers(&response.frames[0].fields[0])[0];
        assert_eq!(Some(number).filter(|number| !number.is_nan()), expected, "{limit}");
    }
}

/// The answer to a rule, which nobody asks.
async fn ruled(fixture: &Fixture, query: Value) -> Frame {
    let rule = Context { user: None, ..fixture.context.clone() };
    let response = fixture.query_as(&rule, query.clone()).await;
    assert_eq!(response.error, None, "{query}");
    let [frame] = response.frames.as_slice() else { panic!("{} frames", response.frames.len()) };
    frame.clone()
}

#[tokio::test]
async fn the_next_benchmark_leaves_the_labels_of_an_alert_as_they_are() {
    let before = Fixture::with(&[BF16]);
    let after = Fixture::with(&[BF16, BF16_REPEAT]);
    for query in
        [json!({"select": "latest"}), json!({"select": "latest", "queryType": "verdict", "fields": ["age_days"]})]
    {
        let (old, new) = (ruled(&before, query.clone()).await, ruled(&after, query.clone()).await);
        assert_eq!((old.fields.len(), new.fields.len()), (1, 1));
        assert_eq!(old.fields[0].labels, new.fields[0].labels, "{query}");
        let run = |frame: &Frame| frame.meta.custom["runs"][0].clone();
        assert_eq!(run(&old)["deployment"], "tiny-llama-bf16");
        assert_ne!(run(&old)["run"], run(&new)["run"], "it is said which run the number is from");
    }
}

#[tokio::test]
async fn runs_that_are_asked_for_one_by_one_are_told_apart() {
    let fixture = Fixture::with(ALL);
    let all = ruled(&fixture, json!({"select": "all"})).await;
    let runs: std::collections::BTreeSet<&str> = all.fields.iter().map(|field| field.labels["run"].as_str()).collect();
    assert_eq!((runs.len(), all.fields.len()), (4, 4), "alerting refuses two numbers with the same labels");
    let named: Vec<&str> = runs.into_iter().take(2).collect();
    let some = ruled(&fixture, json!({"runs": named})).await;
    assert_eq!(some.fields.iter().map(|field| field.labels["run"].as_str()).collect::<Vec<_>>().len(), 2);
}
