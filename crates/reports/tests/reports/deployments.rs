//! Facts that reports do not carry, and the mistakes people make writing them down.

use std::path::Path;

use headroom_engine::run::{DollarsPerHour, Known, Run};
use headroom_reports::deployments::Deployments;
use serde_json::json;

use crate::support::{data, told};

fn run(source: &str) -> Run {
    headroom_reports::read_file(&data().join("guidellm/0.8.1-concurrent-int8.json.zst"), source).runs.remove(0)
}

/// The name that `yaml` gives the run of a path, if an entry matches, and the problems.
fn check(yaml: &str, expected: Option<&str>, problems: &[&str]) {
    let (deployments, found) = Deployments::from_yaml(yaml, "deployments.yaml");
    assert_eq!(told(&found), problems, "{yaml}\n{found:?}");
    let mut run = run("store/int8/a.json");
    run.deployment.name = None;
    deployments.apply(&mut run);
    assert_eq!(run.deployment.name.map(|known| known.value).as_deref(), expected, "{yaml}");
}

#[test]
fn every_way_to_match() {
    let one = |matches: &str| format!("deployments:\n  - name: hit\n    match: {matches}\n");
    let id = run("x").id;
    for (matches, hit) in [
        ("{ path: \"int8/**\" }", true),
        ("{ path: \"bf16/**\" }", false),
        ("{ model: tiny-llama-* }", true),
        ("{ model: other }", false),
        ("{ labels: { quantization: int8-w8a8 } }", false),
        ("{ labels: { deployment: tiny-llama-int8 } }", true),
        ("{ path: \"int8/**\", model: other }", false),
        ("{ path: \"int8/**\", labels: { deployment: tiny-llama-int8 } }", true),
        ("{ run: 0123456789abcdef }", false),
    ] {
        check(&one(matches), hit.then_some("hit"), &[]);
    }
    check(&one(&format!("{{ run: \"{id}\" }}")), Some("hit"), &[]);
}

#[test]
fn the_first_match_wins_and_overrides_hints_only() {
    let yaml = "
deployments:
  - { name: other, match: { path: \"bf16/**\" }, gpus: 8 }
  - name: first
    match: { path: \"**\" }
    hardware: AMD EPYC
    gpus: 1
    engine: vllm 0.32.0
    price: { dollars_per_hour: 0.85, source: list, region: us-east-1, date: 2025-12-29 }
  - { name: second, match: { path: \"**\" }, quantization: bf16 }
";
    let (deployments, problems) = Deployments::from_yaml(yaml, "deployments.yaml");
    assert_eq!(problems, vec![]);
    assert_eq!(deployments.len(), 3);
    let mut run = run("int8/a.json");
    let hinted = run.deployment.clone();
    deployments.apply(&mut run);
    let known = |value: &str| Some(Known { value: value.to_owned(), source: "deployments.yaml".to_owned() });
    assert_eq!(run.deployment.name, known("first"));
    assert_eq!(run.deployment.hardware, known("AMD EPYC"));
    assert_eq!(run.deployment.engine, known("vllm 0.32.0"));
    assert_eq!(run.deployment.quantization, hinted.quantization);
    assert_eq!(run.deployment.model, hinted.model);
    let price = run.deployment.price.unwrap();
    assert_eq!(price.per_hour, DollarsPerHour(0.85));
    assert_eq!(
        (price.source.as_deref(), price.region.as_deref(), price.date.as_deref()),
        (Some("list"), Some("us-east-1"), Some("2025-12-29"))
    );
}

#[test]
fn mistakes_are_named() {
    check(
        "deployments:\n  - { name: hit, macth: { path: \"**\" } }",
        None,
        &["unknown_key deployments[0].macth", "missing_value deployments[0].match"],
    );
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\", modle: x } }",
        Some("hit"),
        &["unknown_key deployments[0].match.modle"],
    );
    check("deployments:\n  - { name: hit, match: {} }", None, &["missing_value deployments[0].match"]);
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, gpus: 1.5 }",
        Some("hit"),
        &["bad_value deployments[0].gpus"],
    );
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, gpus: many }",
        Some("hit"),
        &["bad_value deployments[0].gpus"],
    );
    check("deployments:\n  - { name: [a], match: { path: \"**\" } }", None, &["wrong_type deployments[0].name"]);
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, price: { dollar_per_hour: 1 } }",
        Some("hit"),
        &["unknown_key deployments[0].price.dollar_per_hour", "missing_value deployments[0].price.dollars_per_hour"],
    );
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, price: { dollars_per_hour: -1 } }",
        Some("hit"),
        &["bad_value deployments[0].price.dollars_per_hour"],
    );
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, price: { dollars_per_hour: 0 } }",
        Some("hit"),
        &["bad_value deployments[0].price.dollars_per_hour"],
    );
    check(
        "deployments:\n  - { name: hit, match: { path: \"**\" }, price: { dollars_per_hour: 1, date: 2025-02-30 } }",
        Some("hit"),
        &["bad_value deployments[0].price.date"],
    );
    check(
        "deployments:\n  - just text\n  - { name: hit, match: { path: \"**\" } }",
        Some("hit"),
        &["wrong_type deployments[0]"],
    );
    check("deployments: {}", None, &["wrong_type deployments"]);
    check("deployment: []", None, &["unknown_key deployment"]);
    check(
        "deployments:\n  - { name: hit, match: { labels: { a: [1] } } }",
        None,
        &["wrong_type deployments[0].match.labels.a"],
    );
    check("deployments: []", None, &[]);
    check("deployments: [", None, &["malformed"]);
    check("", None, &["empty"]);
}

#[test]
fn a_typo_is_answered_with_the_word_that_was_meant() {
    let (_, problems) =
        Deployments::from_yaml("deployments:\n  - { name: a, match: { path: x }, quantisation: bf16 }", "d.yaml");
    assert!(problems[0].message.contains("Did you mean `quantization`?"), "{}", problems[0].message);
    let (_, problems) = Deployments::from_yaml("deployments:\n  - name: a\n   match: x", "d.yaml");
    assert!(problems[0].message.contains("line 3"), "{}", problems[0].message);
}

#[test]
fn settings_have_the_same_form() {
    let list = json!([{ "name": "from settings", "match": { "path": "**" }, "gpus": "2" }]);
    for value in [json!({ "deployments": list }), list] {
        let (mut deployments, problems) = Deployments::from_json_value(&value, "data source settings");
        assert_eq!(problems, vec![]);
        let (file, _) =
            Deployments::from_yaml("deployments:\n  - { name: file, match: { path: \"**\" } }", "deployments.yaml");
        deployments.append(file);
        let mut run = run("a.json");
        deployments.apply(&mut run);
        let known = |value: &str| Some(Known { value: value.to_owned(), source: "data source settings".to_owned() });
        assert_eq!(run.deployment.name, known("from settings"));
        assert_eq!(run.deployment.gpus.map(|known| known.value), Some(2));
    }
    let (none, problems) = Deployments::from_json_value(&json!(null), "data source settings");
    assert!(none.is_empty() && problems.is_empty());
}

#[test]
fn a_file_that_is_not_there() {
    let (deployments, problems) = Deployments::read_file(Path::new("no such file.yaml"), "deployments.yaml");
    assert!(deployments.is_empty());
    assert_eq!(told(&problems), ["unreadable"]);
}

#[test]
fn production_is_found_by_labels_that_are_all_given() {
    type Series<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);
    let check = |production: &str, expected: Option<Series<'_>>, problems: &[&str]| {
        let yaml = format!("deployments:\n  - {{ name: a, match: {{ path: \"**\" }}, production: {production} }}");
        let (deployments, found) = Deployments::from_yaml(&yaml, "deployments.yaml");
        assert_eq!(told(&found), problems, "{yaml}\n{found:?}");
        assert_eq!(deployments.len(), 1, "the other facts of the entry are kept");
        let production = deployments.production(&run("a.json")).map(|production| {
            let labels = production.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            (production.model_name.as_deref().unwrap_or(""), production.namespace.as_deref().unwrap_or(""), labels)
        });
        assert_eq!(
            production,
            expected.map(|(model, namespace, labels)| (model, namespace, labels.to_vec())),
            "{yaml}"
        );
    };
    check("{ model_name: llama }", Some(("llama", "", &[])), &[]);
    check(
        "{ model_name: llama, namespace: lab, labels: { deployment: chat-b } }",
        Some(("llama", "lab", &[("deployment", "chat-b")])),
        &[],
    );
    check("{}", None, &["missing_value deployments[0].production"]);
    check("{ gpu_labels: { Hostname: a } }", None, &["missing_value deployments[0].production"]);
    check("llama", None, &["wrong_type deployments[0].production"]);
    check("{ model_name: a, labels: [b] }", None, &["wrong_type deployments[0].production.labels"]);
    check("{ model_name: a, labels: { pod: 7 } }", None, &["bad_value deployments[0].production.labels.pod"]);
    check("{ model_name: a, labels: { \"x-y\": b } }", None, &["bad_value deployments[0].production.labels.x-y"]);
    check(
        "{ model: a }",
        None,
        &["unknown_key deployments[0].production.model", "missing_value deployments[0].production"],
    );
    let renamed = "deployments:\n  - { match: { model: tiny-llama-* }, model: Tiny, production: { model_name: a } }";
    let (deployments, _) = Deployments::from_yaml(renamed, "d.yaml");
    let mut applied = run("a.json");
    for _ in 0..2 {
        assert!(deployments.production(&applied).is_some(), "{:?}", applied.deployment.model);
        deployments.apply(&mut applied);
    }
    // Both entries give one model its own name; each has its own series.
    let siblings = "deployments:\n  - { match: { model: another }, model: Tiny, quantization: int8, production: { model_name: a } }\n  \
                    - { match: { model: tiny-llama-* }, model: Tiny, quantization: bf16, production: { model_name: b } }";
    let (deployments, _) = Deployments::from_yaml(siblings, "d.yaml");
    let mut applied = run("a.json");
    for _ in 0..2 {
        assert_eq!(deployments.production(&applied).and_then(|found| found.model_name.as_deref()), Some("b"));
        deployments.apply(&mut applied);
    }
    let other = "deployments:\n  - { name: a, match: { path: other }, production: { model_name: a } }";
    assert_eq!(Deployments::from_yaml(other, "d.yaml").0.production(&run("a.json")), None);
}
