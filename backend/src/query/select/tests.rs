use headroom_engine::run::{Arrivals, Deployment, Known, LoadModel, Provenance, Workload};
use serde_json::{Value, json};

use super::*;

/// A run: id, deployment, model, load model, number of successful requests, start in minutes, version.
type Row = (&'static str, &'static str, &'static str, LoadKind, u64, i64, &'static str);

const CLOSED: LoadKind = LoadKind::Closed;
const OPEN: LoadKind = LoadKind::Open;

const STORE: &[Row] = &[
    ("b-main", "bf16", "llama", CLOSED, 685, 20, "0.8.1"),
    ("b-repeat", "bf16", "llama", CLOSED, 250, 30, "0.8.1"),
    ("b-old", "bf16", "llama", CLOSED, 122, 10, "0.5.4"),
    ("b-open", "bf16", "llama", OPEN, 217, 5, "0.8.1"),
    ("a-main", "int8", "llama", CLOSED, 450, 40, "0.8.1"),
    ("m-main", "mist", "mistral", CLOSED, 10, 50, "0.8.1"),
];

/// What a query asks for.
fn request(json: &Value) -> Request {
    crate::query::read(json, "").unwrap_or_else(|error| panic!("{json}: {error}")).request
}

fn headers(rows: &[Row]) -> Vec<Header> {
    let known = |text: &str| Some(Known { value: text.to_owned(), source: "test".to_owned() });
    rows.iter()
        .map(|&(id, deployment, model, load, ok_count, minute, version)| Header {
            run: Run {
                id: id.to_owned(),
                provenance: Provenance {
                    tool: "guidellm".to_owned(),
                    tool_version: Some(version.to_owned()),
                    started_ms: Some(minute * 60_000),
                    ..Provenance::default()
                },
                deployment: Deployment { name: known(deployment), model: known(model), ..Deployment::default() },
                workload: Workload::default(),
                load_model: if load == CLOSED { LoadModel::Closed } else { LoadModel::Open(Arrivals::Poisson) },
                levels: Vec::new(),
                off_curve: Vec::new(),
            },
            level_count: 3,
            ok_count,
            members: Vec::new(),
        })
        .collect()
}

/// The chosen runs as `id = label`. The notices must contain these texts.
#[track_caller]
fn check(rows: &[Row], query: &Value, expected: &[&str], notices: &[&str]) {
    let headers = headers(rows);
    let request = request(query);
    let selection = select(&headers, &request);
    let chosen: Vec<String> =
        selection.chosen.iter().map(|(header, label)| format!("{} = {label}", header.run.id)).collect();
    assert_eq!(chosen, expected, "{query}");
    let found: Vec<&str> = selection.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(found.len(), notices.len(), "{query}: {found:?}");
    for (found, expected) in found.iter().zip(notices) {
        assert!(found.contains(expected), "{query}: {found:?} should contain {expected:?}");
    }
}

#[test]
fn one_run_of_each_deployment_in_the_order_of_names() {
    check(STORE, &json!({}), &["b-main = bf16", "a-main = int8", "m-main = mist"], &[]);
    check(STORE, &json!({"select": "latest"}), &["b-repeat = bf16", "a-main = int8", "m-main = mist"], &[]);
    check(STORE, &json!({"loadModel": "open"}), &["b-open = bf16"], &[]);
}

#[test]
fn several_runs_of_a_deployment_are_told_apart_by_what_differs() {
    check(
        STORE,
        &json!({"select": "all", "deployments": ["bf16"]}),
        &[
            "b-old = bf16 · guidellm 0.5.4",
            "b-main = bf16 · guidellm 0.8.1 · 1970-01-01 00:20 UTC",
            "b-repeat = bf16 · guidellm 0.8.1 · 1970-01-01 00:30 UTC",
        ],
        &[],
    );
    let twins: &[Row] = &[("x1", "d", "m", CLOSED, 1, 7, "1"), ("x2", "d", "m", CLOSED, 1, 7, "1")];
    check(twins, &json!({"select": "all"}), &["x1 = d · x1", "x2 = d · x2"], &[]);
    let near: &[Row] = &[("12345678a", "d", "m", CLOSED, 1, 7, "1"), ("12345678b", "d", "m", CLOSED, 1, 7, "1")];
    check(near, &json!({"select": "all"}), &["12345678a = d · 12345678a", "12345678b = d · 12345678b"], &[]);
}

#[test]
fn ties_are_the_same_every_time() {
    let rows: &[Row] = &[
        ("x1", "d", "m", CLOSED, 5, 7, "1"),
        ("x3", "d", "m", CLOSED, 5, 9, "1"),
        ("x2", "d", "m", CLOSED, 5, 9, "1"),
    ];
    check(rows, &json!({}), &["x3 = d"], &[]);
    let mut turned = rows.to_vec();
    turned.reverse();
    check(&turned, &json!({}), &["x3 = d"], &[]);
}

#[test]
fn filters_by_name_model_and_run() {
    check(STORE, &json!({"models": ["mistral"]}), &["m-main = mist"], &[]);
    check(STORE, &json!({"deployments": ["int8", "mist"]}), &["a-main = int8", "m-main = mist"], &[]);
    check(STORE, &json!({"runs": ["b-repeat"], "select": "most_requests"}), &["b-repeat = bf16"], &[]);
    check(STORE, &json!({"runs": ["b-open"]}), &["b-open = bf16"], &[]);
}

#[test]
fn without_a_load_model_it_is_closed_loop_and_open_loop_where_there_is_nothing_else() {
    let open: &[Row] = &[("o", "d", "m", OPEN, 1, 1, "1"), ("p", "e", "m", OPEN, 1, 1, "1")];
    check(open, &json!({}), &["o = d", "p = e"], &[]);
    check(open, &json!({"deployments": ["e"]}), &["p = e"], &[]);
    let mixed: &[Row] =
        &[("o", "d", "m", OPEN, 9, 1, "1"), ("c", "e", "m", CLOSED, 1, 1, "1"), ("x", "e", "m", OPEN, 9, 1, "1")];
    check(mixed, &json!({}), &["c = e"], &[]);
    // In production, each deployment is judged by the runs that it has.
    let headers = headers(mixed);
    for (query, expected) in [
        (json!({}), vec!["o", "c"]),
        (json!({"loadModel": "closed"}), vec!["c"]),
        (json!({"loadModel": "open"}), vec!["o", "x"]),
        (json!({"runs": ["o", "c"]}), vec!["o", "c"]),
        (json!({"runs": ["c", "x"]}), vec!["c"]),
    ] {
        let found = select_each(&headers, &request(&query));
        let chosen: Vec<&str> = found.runs.iter().map(|header| header.run.id.as_str()).collect();
        assert_eq!(chosen, expected, "{query}");
    }
}

#[test]
fn production_is_told_of_runs_that_it_cannot_be_judged_by() {
    let only_open: &[Row] = &[("o", "d", "m", OPEN, 1, 1, "1")];
    for (rows, query, expected) in [
        (STORE, json!({}), None),
        (&[], json!({}), Some("the store holds no benchmark run")),
        (STORE, json!({"runs": ["nope"]}), Some("there is no run nope")),
        (only_open, json!({"loadModel": "closed"}), Some("all open loop: set the load model to open")),
        // Production may serve something that nobody has benchmarked.
        (STORE, json!({"deployments": ["nope"]}), None),
        (STORE, json!({"models": ["nope"]}), None),
    ] {
        let headers = headers(rows);
        let found = select_each(&headers, &request(&query)).notices;
        assert_eq!(found.len(), usize::from(expected.is_some()), "{query}: {found:?}");
        assert!(found.iter().all(|notice| notice.text.contains(expected.unwrap_or_default())), "{query}: {found:?}");
    }
}

/// How many of them are shown is decided once production is known: a deployment in production must not lose its
/// benchmark to two hundred others that are not.
#[test]
fn every_deployment_may_be_in_production() {
    let all: Vec<Header> = (0..300)
        .map(|at| {
            let mut header = headers(STORE)[0].clone();
            header.run.id = format!("n{at:04}");
            header.run.deployment.name = Some(Known { value: format!("d{at:04}"), source: "test".to_owned() });
            header
        })
        .collect();
    assert_eq!(select_each(&all, &request(&json!({"queryType": "live"}))).runs.len(), 300);
}

#[test]
fn one_answer_never_mixes_load_models() {
    check(
        STORE,
        &json!({"runs": ["b-main", "b-open"]}),
        &["b-main = bf16"],
        &["1 of the runs asked for are open loop and are left out"],
    );
}

#[test]
fn no_data_is_explained() {
    check(&[], &json!({}), &[], &["the store holds no benchmark run"]);
    check(
        STORE,
        &json!({"deployments": ["nope"]}),
        &[],
        &["no run of the deployment nope; the store has bf16, int8, mist"],
    );
    check(STORE, &json!({"deployments": ["bf16", "nope"]}), &["b-main = bf16"], &["no run of the deployment nope"]);
    check(STORE, &json!({"models": ["nope"]}), &[], &["no run of the model nope; the store has llama, mistral"]);
    check(STORE, &json!({"runs": ["nope"]}), &[], &["there is no run nope"]);
    check(STORE, &json!({"deployments": ["bf16"], "models": ["mistral"]}), &[], &["no run matches all of the filters"]);
    check(
        STORE,
        &json!({"loadModel": "open", "deployments": ["int8"]}),
        &[],
        &["open-loop runs (request rate) were asked for, but the 1 runs that match are all closed loop"],
    );
    let only_open: &[Row] = &[("o", "d", "m", OPEN, 1, 1, "1")];
    check(only_open, &json!({"loadModel": "closed"}), &[], &["all open loop: set the load model to open"]);
}

#[test]
fn an_answer_holds_a_bounded_number_of_runs() {
    let mut headers = headers(STORE);
    for at in 0..1000 {
        let mut header = headers[0].clone();
        header.run.id = format!("n{at:04}");
        header.run.provenance.started_ms = Some(i64::from(at) * 1000);
        headers.push(header);
    }
    let request = request(&json!({"select": "all", "deployments": ["bf16"]}));
    let selection = select(&headers, &request);
    assert_eq!(selection.chosen.len(), MOST_RUNS);
    assert!(selection.chosen.iter().all(|(header, _)| header.run.provenance.started_ms >= Some(800_000)), "the newest");
    assert!(selection.notices[0].text.starts_with("1003 runs match; the newest 200"), "{:?}", selection.notices);
    let labels: BTreeSet<&String> = selection.chosen.iter().map(|(_, label)| label).collect();
    assert_eq!(labels.len(), MOST_RUNS, "labels are unique");
}
