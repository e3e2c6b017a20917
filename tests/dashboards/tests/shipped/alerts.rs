//! The alert rules, for Grafana and for the Prometheus operator.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use headroom_dashboards::{dashboards, list, root};
use serde_json::{Value, json};

use super::promql;
use super::servers::{Grafana, Prometheus, RECORDED_MS, REFUSING_MS, has};

const PROVISIONED: &str = "provisioning/alerting/headroom.yaml";
const MANIFEST: &str = "deploy/prometheus/prometheusrule.yaml";
const SCALED: &str = "deploy/components/keda-vllm/scaledobject.yaml";

fn yaml(file: &str) -> Value {
    let text = fs::read_to_string(root().join(file)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn provisioned() -> Vec<Value> {
    list(&yaml(PROVISIONED)["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

/// Alerts and recordings of the manifest.
fn manifest() -> Vec<Value> {
    list(&yaml(MANIFEST)["spec"]["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let rules: Vec<Value> =
        provisioned().into_iter().chain(manifest().into_iter().filter(|rule| rule["alert"].is_string())).collect();
    let mut used = BTreeSet::new();
    for rule in &rules {
        let annotations = &rule["annotations"];
        let page = page(rule);
        assert!(root().join("docs/runbooks").join(&page).is_file(), "{page} does not exist");
        used.insert(page);
        for key in ["summary", "description"] {
            assert!(annotations[key].as_str().unwrap_or_default().len() > 20, "{key} of {rule}");
        }
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        assert!(["info", "warning", "critical"].contains(&severity), "{rule}");
    }
    let index = fs::read_to_string(root().join("docs/runbooks/README.md")).unwrap();
    for entry in fs::read_dir(root().join("docs/runbooks")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || used.contains(&name), "no alert leads to {name}");
        assert!(name == "README.md" || index.contains(&format!("({name})")), "the index leaves out {name}");
    }
}

/// The file of an alert's runbook, from its link.
fn page(rule: &Value) -> String {
    let link = rule["annotations"]["runbook_url"].as_str().expect("a runbook");
    let file = link.split(['/', '"', '{']).find_map(|part| Some(format!("{}.md", part.strip_suffix(".md")?)));
    file.unwrap_or_else(|| panic!("{link} leads to no page"))
}

/// The texts that templates make: of every annotation of every alert.
fn templates() -> Vec<String> {
    provisioned()
        .into_iter()
        .chain(manifest().into_iter().filter(|rule| rule["alert"].is_string()))
        .flat_map(|rule| rule["annotations"].as_object().unwrap().values().cloned().collect::<Vec<_>>())
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn no_text_writes_a_ratio_with_a_prefix() {
    for text in templates() {
        assert!(!text.contains("humanize }}"), "`humanize` makes 861.6m of 0.8616: {text}");
    }
}

/// Every alert's link, made by the templates that Grafana has from Prometheus.
#[test]
fn links_to_runbooks_are_addresses() {
    if !has("promtool") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let links = |rules: Vec<Value>| -> Vec<(String, String)> {
        let alerts = rules.into_iter().filter(|rule| rule["record"].is_null());
        // `promtool` gives a test's address to the variable, not to the function of the same name.
        let link = |rule: &Value| {
            rule["annotations"]["runbook_url"].as_str().unwrap().replace(" externalURL ", " $externalURL ")
        };
        alerts.map(|rule| (page(&rule), link(&rule))).collect()
    };
    let runbooks: Vec<Value> =
        manifest().into_iter().filter(|rule| rule["record"] == "headroom:runbooks:info").collect();
    assert_eq!(runbooks.len(), 1, "one place says where the runbooks are");
    let home = runbooks[0]["labels"]["url"].as_str().unwrap();
    // Grafana's root_url has a slash at its end or not.
    for (external, rules) in [
        ("https://grafana.test/sub", provisioned()),
        ("https://grafana.test/sub/", provisioned()),
        ("http://prometheus.test/", manifest()),
    ] {
        let home =
            if external.contains("grafana") { "https://grafana.test/sub/a/headroom-llm-app/runbooks" } else { home };
        let links = links(rules);
        let alerts: Vec<Value> = links
            .iter()
            .enumerate()
            .map(|(index, (_, link))| json!({ "alert": format!("A{index}"), "expr": "vector(1)", "annotations": { "link": link } }))
            .collect();
        let groups = json!([{ "name": "home", "rules": runbooks }, { "name": "alerts", "rules": alerts }]);
        let expected: Vec<Value> = links
            .iter()
            .enumerate()
            .map(|(index, (file, _))| {
                let fires = json!({ "exp_labels": {}, "exp_annotations": { "link": format!("{home}/{file}") } });
                json!({ "alertname": format!("A{index}"), "eval_time": "2m", "exp_alerts": [fires] })
            })
            .collect();
        let test = json!({ "rule_files": ["links.yaml"], "evaluation_interval": "1m", "tests": [{ "interval": "1m", "external_url": external, "alert_rule_test": expected }] });
        fs::write(folder.path().join("links.yaml"), json!({ "groups": groups }).to_string()).unwrap();
        fs::write(folder.path().join("test.yaml"), test.to_string()).unwrap();
        promtool(folder.path(), &["test", "rules", "test.yaml"]);
    }
}

/// The alerts of one form by the runbook and the severity.
fn by_page_and_severity(rules: Vec<Value>) -> BTreeMap<(String, String), Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut alerts = BTreeMap::new();
    for rule in rules.into_iter().filter(|rule| rule["record"].is_null()) {
        let key = (page(&rule), text(&rule["labels"]["severity"]));
        let twice = alerts.insert(key, rule);
        assert!(twice.is_none(), "{twice:?}");
    }
    alerts
}

/// An expression of the manifest with what it records written out, without what only groups.
fn written_out(expression: &str) -> String {
    let mut text = expression.to_owned();
    for rule in manifest().iter().filter(|rule| rule["record"].is_string()) {
        text = text.replace(rule["record"].as_str().unwrap(), rule["expr"].as_str().unwrap());
    }
    text.replace(['(', ')', ' '], "")
}

#[test]
fn both_forms_have_the_same_alerts() {
    let (grafana, prometheus) = (by_page_and_severity(provisioned()), by_page_and_severity(manifest()));
    assert_eq!(grafana.keys().collect::<Vec<_>>(), prometheus.keys().collect::<Vec<_>>());
    for (key, rule) in &grafana {
        let other = &prometheus[key];
        assert_eq!(rule["for"], other["for"], "{key:?}");
        if key.0 == "benchmark-drift.md" {
            // A Prometheus has no histogram of the benchmark to compare with; the runbooks say so.
            continue;
        }
        assert_eq!(rule["annotations"]["description"], other["annotations"]["description"], "{key:?}");
        let expression = other["expr"].as_str().unwrap();
        let data = list(&rule["data"]);
        if let Some(same) = data[0]["model"]["expr"].as_str() {
            assert_eq!(written_out(same), written_out(expression), "{key:?}");
        } else {
            let params = &data[1]["model"]["conditions"][0]["evaluator"]["params"];
            let mut bounds: Vec<f64> = list(params).iter().filter_map(Value::as_f64).collect();
            bounds.sort_by(f64::total_cmp);
            assert_eq!(bounds, promql::bounds(expression), "{key:?}");
        }
    }
}

#[test]
fn expressions_parse_and_ask_for_known_metrics() {
    for rule in provisioned() {
        for query in list(&rule["data"]) {
            if let Some(expression) = query["model"]["expr"].as_str() {
                promql::check(PROVISIONED, expression);
            }
        }
    }
    for rule in manifest() {
        promql::check(MANIFEST, rule["expr"].as_str().expect("an expression"));
    }
}

#[test]
fn rules_lead_to_panels_that_exist() {
    let all = dashboards();
    let mut uids = BTreeSet::new();
    for rule in provisioned() {
        assert!(uids.insert(rule["uid"].as_str().unwrap().to_owned()), "{} twice", rule["uid"]);
        let annotations = &rule["annotations"];
        let board = all.iter().find(|one| annotations["__dashboardUid__"] == one.text("uid"));
        let board = board.unwrap_or_else(|| panic!("{annotations}"));
        let id = annotations["__panelId__"].as_str().and_then(|id| id.parse::<i64>().ok());
        let panel = board.panels().into_iter().find(|one| one["id"].as_i64() == id && id.is_some());
        assert!(panel.is_some(), "{}: no panel {}", board.file, annotations["__panelId__"]);
        // The condition is an expression over the query.
        let condition = list(&rule["data"]).iter().find(|query| query["refId"] == rule["condition"]).unwrap();
        assert_eq!(condition["datasourceUid"], "__expr__");
        assert_eq!(condition["model"]["expression"], "A");
    }
}

/// The rules whose condition holds at a time, by the query of each through the real backend, as Grafana's alerting sends it.
async fn firing(prometheus: Prometheus, at_ms: i64) -> BTreeSet<String> {
    let grafana = Grafana::on(prometheus);
    let mut firing = BTreeSet::new();
    for rule in provisioned() {
        let data = list(&rule["data"]);
        let mut model = data[0]["model"].clone();
        model["refId"] = "A".into();
        let span_ms = data[0]["relativeTimeRange"]["from"].as_i64().unwrap() * 1_000;
        // No rule may look back further than it says, and the recording is only so long.
        let results = grafana.ask(&[model], (at_ms - span_ms, at_ms), true).await;
        let result = &results["A"];
        assert_eq!(result["error"], Value::Null, "{}: {result}", rule["uid"]);
        let evaluator = &data[1]["model"]["conditions"][0]["evaluator"];
        let bound = |index: usize| evaluator["params"][index].as_f64().unwrap();
        for frame in list(&result["frames"]) {
            let fields = list(&frame["schema"]["fields"]);
            let kind = frame["schema"]["meta"]["type"].as_str().unwrap_or_default();
            assert!(kind.starts_with("numeric-"), "{}: alerting cannot evaluate {kind}", rule["uid"]);
            for (field, column) in fields.iter().zip(list(&frame["data"]["values"])) {
                let Some(value) = list(column).last().and_then(Value::as_f64).filter(|_| field["type"] == "number")
                else {
                    continue;
                };
                let fires = match evaluator["type"].as_str().unwrap() {
                    "lt" => value < bound(0),
                    "gt" => value > bound(0),
                    "within_range_included" => (bound(0)..=bound(1)).contains(&value),
                    other => panic!("evaluator {other}"),
                };
                if fires {
                    firing.insert(rule["uid"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    grafana.stop().await;
    firing
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_gets_numbers_and_the_right_ones_fire_when_saturated() {
    if !has("prometheus") {
        return;
    }
    let firing = firing(Prometheus::on_the_recording(), RECORDED_MS.1).await;
    // The first server has ended, the second one is saturated; nothing is little headroom any more.
    for expected in
        ["headroom-headroom-exhausted", "headroom-slo-burning", "headroom-kv-cache-wall", "headroom-scrape-down"]
    {
        assert!(firing.contains(expected), "{expected} in {firing:?}");
    }
    for other in ["headroom-headroom-low", "headroom-benchmark-drift", "headroom-shedding"] {
        assert!(!firing.contains(other), "{other} in {firing:?}");
    }
}

/// Behind a limit on admission load, queue and cache are those of what was let in: half of the load would be left by them, and no
/// rule on them fires while most requests are refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_alarms_where_the_load_inside_does_not() {
    if !has("prometheus") {
        return;
    }
    let recorded = manifest().into_iter().find(|rule| rule["record"] == "headroom:refused:ratio_rate5m").unwrap();
    let datasource = json!({ "type": "headroom-llm-datasource", "uid": "headroom" });
    let query = json!({ "refId": "A", "datasource": datasource, "queryType": "promql", "expr": recorded["expr"], "instant": true });
    let grafana = Grafana::on(Prometheus::behind_a_gate());
    let results = grafana.ask(&[query], (REFUSING_MS - 300_000, REFUSING_MS), true).await;
    grafana.stop().await;
    let columns = list(&results["A"]["frames"][0]["data"]["values"]);
    let share = columns.iter().filter_map(|column| list(column).last()?.as_f64()).find(|share| *share <= 1.0);
    assert!(share.is_some_and(|share| share > 0.6), "two thirds in five minutes: {results}");

    let firing = firing(Prometheus::behind_a_gate(), REFUSING_MS).await;
    for expected in ["headroom-shedding", "headroom-headroom-low"] {
        assert!(firing.contains(expected), "{expected} in {firing:?}");
    }
    for silent in ["headroom-headroom-exhausted", "headroom-kv-cache-wall", "headroom-scrape-down"] {
        assert!(!firing.contains(silent), "{silent} in {firing:?}");
    }
}

#[test]
fn promtool_accepts_the_rules_and_their_unit_tests_pass() {
    if !has("promtool") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // JSON is YAML.
    fs::write(folder.path().join("rules.yaml"), yaml(MANIFEST)["spec"].to_string()).unwrap();
    promtool(folder.path(), &["check", "rules", "rules.yaml"]);
    let tests = root().join("deploy/prometheus/tests");
    let mut files: Vec<String> = Vec::new();
    for entry in fs::read_dir(tests).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        fs::copy(&path, folder.path().join(&name)).unwrap();
        files.push(name);
    }
    assert!(files.len() >= 2, "{files:?}");
    let mut arguments = vec!["test", "rules"];
    arguments.extend(files.iter().map(String::as_str));
    promtool(folder.path(), &arguments);
}

/// The autoscaler that ships counts what is refused: eight requests are in a server that holds ten, and of five that arrive three
/// are refused.
#[test]
fn an_autoscaler_counts_requests_that_are_refused() {
    let object: Value = yaml(SCALED);
    let query = object["spec"]["triggers"][0]["metadata"]["query"].as_str().expect("a query");
    promql::check(SCALED, query);
    if !has("promtool") {
        return;
    }
    let series = |name: &str, values: &str| {
        let labels = r#"namespace="private-ai",model_name="mistral-3-int4""#;
        let slo = if name.starts_with("headroom:") { r#",slo="interactive""# } else { "" };
        json!({ "series": format!("{name}{{{labels}{slo}}}"), "values": values })
    };
    let case = |refused: Option<&str>, finished: &str, expected: f64| {
        let mut all = vec![
            series("vllm:num_requests_running", "8x40"),
            series("vllm:num_requests_waiting", "0x40"),
            series("vllm:request_success_total", finished),
            series("headroom:holds:users", "10x40"),
        ];
        all.extend(refused.map(|values| series("vllm:admission_rejections_total", values)));
        let sample = json!({ "labels": "{}", "value": expected });
        let asked = json!({ "expr": format!("round({query}, 0.001)"), "eval_time": "8m", "exp_samples": [sample] });
        json!({ "interval": "15s", "input_series": all, "promql_expr_test": [asked] })
    };
    let tests = json!([
        case(Some("0+45x40"), "0+30x40", 2.0),
        case(Some("0x40"), "0+30x40", 0.8),
        // Nothing finished yet, so that there is nothing to compare with; and a version that does not count it.
        case(Some("0+45x40"), "0x40", 0.8),
        case(None, "0+30x40", 0.8),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let text = json!({ "evaluation_interval": "1m", "tests": tests }).to_string();
    fs::write(folder.path().join("scaled.yaml"), text).unwrap();
    promtool(folder.path(), &["test", "rules", "scaled.yaml"]);
}

/// Runs `promtool` in a folder; it must succeed.
fn promtool(folder: &Path, arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).current_dir(folder).output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "promtool {arguments:?}:\n{said}");
}
