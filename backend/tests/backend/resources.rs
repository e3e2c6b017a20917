//! The lists behind editors, variables and the page of runs.

use headroom_protocol::{Context, User};
use serde_json::{Value, json};

use super::support::{BF16, BF16_OLD, BF16_OPEN, Fixture, INT8, read, texts};

const ALL: &[&str] = &[BF16, BF16_OLD, BF16_OPEN, INT8];

fn column<'a>(list: &'a Value, key: &str) -> Vec<&'a Value> {
    list.as_array().unwrap().iter().map(|item| &item[key]).collect()
}

#[tokio::test]
async fn deployments_and_models_are_ordered_and_counted() {
    let fixture = Fixture::with(ALL);
    let (status, deployments) = fixture.get("deployments").await;
    assert_eq!(status, 200);
    let model = "tiny-llama (91 M parameters, random weights)";
    assert_eq!(
        deployments,
        json!([
            { "name": "tiny-llama-bf16", "model": model, "quantization": "bf16",
              "hardware": "2 CPU cores (AMD EPYC), shared with the benchmark client", "gpus": null, "runs": 3 },
            { "name": "tiny-llama-int8", "model": model, "quantization": "int8 (W8A8)",
              "hardware": "1 CPU core (AMD EPYC)", "gpus": null, "runs": 1 },
        ])
    );
    assert_eq!(fixture.get("models").await.1, json!([{ "name": model, "runs": 4 }]));
    assert_eq!(column(&fixture.get("/deployments?deployment=tiny-llama-int8").await.1, "runs"), [&json!(1)]);
    assert_eq!(fixture.get("models?deployment=nope").await.1, json!([]));
    assert_eq!(column(&fixture.get("deployments?deployment=All").await.1, "runs").len(), 2);
}

/// Who has to choose a model must be able to choose the runs of none.
#[tokio::test]
async fn runs_whose_model_nobody_names_can_be_chosen_where_others_have_one() {
    const TABLE: &str = "deployment: { name: nameless }\nlevels: [ { users: 1, ttft_p95_ms: 50, requests: 90 } ]";
    let fixture = Fixture::with(&[]);
    fixture.write("nameless.yaml", TABLE.as_bytes());
    // With nothing to choose a variable is empty, which narrows nothing.
    assert_eq!(fixture.get("models").await.1, json!([]));
    assert_eq!(fixture.frames(json!({"queryType": "verdict", "models": []})).await[0].rows().unwrap(), 1);
    let fixture = Fixture::with(&[INT8]);
    fixture.write("nameless.yaml", TABLE.as_bytes());
    let model = "tiny-llama (91 M parameters, random weights)";
    assert_eq!(fixture.get("models").await.1, json!([{ "name": model, "runs": 1 }, { "name": "unknown", "runs": 1 }]));
    for (chosen, deployment) in [(model, "tiny-llama-int8"), ("unknown", "nameless")] {
        let frames = fixture.frames(json!({"queryType": "verdict", "models": [chosen]})).await;
        assert_eq!(texts(frames[0].field("deployment").unwrap()), [deployment]);
    }
    assert_eq!(column(&fixture.get("deployments?model=unknown").await.1, "name"), [&json!("nameless")]);
    assert_eq!(column(&fixture.get("runs?model=unknown").await.1, "deployment"), [&json!("nameless")]);
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_found_by_id() {
    let fixture = Fixture::with(ALL);
    fixture.write("bad.json", b"");
    let (_, runs) = fixture.get("runs").await;
    assert_eq!(column(&runs, "source"), [INT8, BF16, BF16_OLD, BF16_OPEN]);
    let ok: u64 = read(INT8).levels.iter().map(|level| level.requests.ok).sum();
    assert_eq!((&runs[0]["requests"], &runs[0]["levels"], &runs[0]["problems"]), (&json!(ok), &json!(8), &json!(0)));
    assert_eq!(column(&runs, "load_unit"), ["users", "users", "users", "req/s"]);
    let (_, narrowed) = fixture
        .get("runs?deployment=tiny-llama-int8&deployment=x&model=tiny-llama+(91+M+parameters,+random+weights)")
        .await;
    assert_eq!(column(&narrowed, "source"), [INT8]);
    assert_eq!(fixture.get("runs?model=other").await.1, json!([]));

    let id = runs[0]["id"].as_str().unwrap();
    let (status, run) = fixture.get(&format!("runs/{id}")).await;
    assert_eq!((status, &run["source"], &run["problem_list"]), (200, &json!(INT8), &json!([])));
    let (status, error) = fixture.get("runs/nope").await;
    assert_eq!(status, 404);
    assert!(
        error["error"].as_str().unwrap().contains("no run `nope`") && error["error"] == error["message"],
        "{error}"
    );

    let (_, problems) = fixture.get("problems").await;
    assert_eq!(column(&problems, "source"), ["bad.json"]);
    assert_eq!((&problems[0]["run"], &problems[0]["code"]), (&Value::Null, &json!("empty")));
}

#[tokio::test]
async fn service_levels_are_presets_and_own_ones_with_one_default() {
    let own = json!([{"id": "chat", "name": "Chat", "source": "SLA", "limits": ["ttft_p95=1500ms"]}]);
    let fixture = Fixture::configured(&[], json!({"slos": own, "defaultSlo": "chat"}));
    let (_, slos) = fixture.get("slos").await;
    assert_eq!(slos.as_array().unwrap().len(), headroom_engine::slo::presets().len() + 1);
    let default: Vec<&Value> = slos.as_array().unwrap().iter().filter(|slo| slo["default"] == true).collect();
    assert_eq!(
        default,
        [&json!({ "id": "chat", "name": "Chat", "source": "SLA", "default": true, "limits": [
            { "id": "ttft_p95", "subject": "ttft", "statistic": "p95", "bound": 1500.0, "unit": "ms",
              "label": "TTFT p95 ≤ 1,500 ms" } ] })]
    );
    assert_eq!(slos[0]["id"], "chat", "the default comes first: a variable without a value takes the first");
}

#[tokio::test]
async fn service_levels_and_metrics_need_no_store() {
    let fixture = Fixture::configured(&[], json!({"storePath": ""}));
    assert_eq!(fixture.get("slos").await.0, 200);
    let (status, metrics) = fixture.get("metrics").await;
    assert_eq!(status, 200);
    assert_eq!(column(&metrics, "id"), ["ttft", "itl", "tpot", "e2e", "request_rate", "output_tokens_per_second"]);
    assert_eq!(metrics[0]["statistics"], json!(["mean", "p50", "p90", "p95", "p99"]));
    assert_eq!(metrics[4]["statistics"], json!([]));
    let (status, error) = fixture.get("runs").await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("no store"), "{error}");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_with_a_reason() {
    let fixture = Fixture::with(&[]);
    for (method, url, status) in [
        ("GET", "nope", 404),
        ("GET", "", 404),
        ("GET", "runs/a/b", 404),
        ("POST", "runs", 405),
        ("DELETE", "runs/x", 405),
        ("GET", "refresh", 405),
        ("HEAD", "runs", 200),
    ] {
        let (found, body) = fixture.call(&fixture.context, method, url).await;
        assert_eq!(found, status, "{method} {url}: {body}");
    }
}

#[tokio::test]
async fn editors_and_administrators_may_refresh() {
    let fixture = Fixture::with(&[INT8]);
    for (role, expected) in
        [(Some("Viewer"), 403), (Some("None"), 403), (None, 403), (Some("Editor"), 200), (Some("Admin"), 200)]
    {
        let user = role.map(|role| User { role: role.to_owned(), ..User::default() });
        let context = Context { user, ..fixture.context.clone() };
        let (status, body) = fixture.call(&context, "POST", "refresh").await;
        assert_eq!(status, expected, "{role:?}: {body}");
    }
    assert_eq!(fixture.get("runs").await.1.as_array().unwrap().len(), 1);
    fixture.add(BF16);
    assert_eq!(fixture.call(&fixture.context, "POST", "refresh").await.1["runs"], 2);
    assert_eq!(fixture.get("runs").await.1.as_array().unwrap().len(), 2);
}
