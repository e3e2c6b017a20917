//! What tables choose, order and join by exists in the answers, and where something is not known a cell is empty.
//!
//! Grafana's front end drops a column without a word when its name has changed.

use std::collections::{BTreeMap, BTreeSet};

use headroom_dashboards::{Dashboard, dashboards, list, opened};
use serde_json::{Value, json};

use super::servers::{Grafana, Prometheus, RECORDED_MS, has};

/// The columns of each query's frames by `refId`, as tables name them.
type Columns = BTreeMap<String, BTreeSet<String>>;

/// The answers of a panel by `refId`.
async fn answers(grafana: &Grafana, panel: &Value) -> Value {
    let queries: Vec<Value> = list(&panel["targets"]).iter().map(opened).collect();
    grafana.ask(&queries, RECORDED_MS, false).await
}

fn columns(results: &Value) -> Columns {
    let named = |field: &Value| {
        let shown = field["config"]["displayNameFromDS"].as_str().filter(|name| !name.is_empty());
        shown.or(field["name"].as_str()).unwrap_or_default().to_owned()
    };
    let of_result = |result: &Value| {
        list(&result["frames"]).iter().flat_map(|frame| list(&frame["schema"]["fields"])).map(named).collect()
    };
    results.as_object().unwrap().iter().map(|(id, result)| (id.clone(), of_result(result))).collect()
}

/// The names that a pattern such as `^(A|B)$` lists; `None` for any other pattern.
fn listed(pattern: &str) -> Option<Vec<String>> {
    let inner = pattern.trim_matches('/').strip_prefix("^(")?.strip_suffix(")$")?;
    Some(inner.split('|').map(|name| name.replace('\\', "")).collect())
}

/// Every column that a panel names, each with the queries that must have it; all of them where it does not say.
fn mentioned(panel: &Value) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    for transformation in list(&panel["transformations"]) {
        let options = &transformation["options"];
        let filter = &transformation["filter"];
        let of = (filter["id"] == "byRefId").then(|| filter["options"].as_str().unwrap().to_owned());
        let names = match transformation["id"].as_str().unwrap() {
            "filterFieldsByName" => {
                listed(options["include"]["pattern"].as_str().unwrap_or_default()).unwrap_or_default()
            }
            "organize" => options["indexByName"].as_object().unwrap().keys().cloned().collect(),
            "joinByField" => vec![options["byField"].as_str().unwrap().to_owned()],
            "sortBy" => list(&options["sort"]).iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect(),
            other => panic!("{other} is not known to this test"),
        };
        found.extend(names.into_iter().map(|name| (of.clone(), name)));
    }
    for override_ in list(&panel["fieldConfig"]["overrides"]).iter().filter(|_| panel["type"] == "table") {
        let matcher = &override_["matcher"];
        let text = matcher["options"].as_str().unwrap_or_default();
        let names = match matcher["id"].as_str().unwrap() {
            "byName" => vec![text.to_owned()],
            _ => listed(text).unwrap_or_default(),
        };
        found.extend(names.into_iter().map(|name| (None, name)));
    }
    found
}

/// The columns that panels of a dashboard name and no answer has.
async fn unknown(grafana: &Grafana, one: &Dashboard) -> Vec<String> {
    let mut found = Vec::new();
    for panel in one.panels() {
        let names = mentioned(panel);
        if names.is_empty() {
            continue;
        }
        let columns = columns(&answers(grafana, panel).await);
        for (of, name) in names {
            let has = |id: &str| columns.get(id).is_some_and(|all| all.contains(&name));
            let known = of.as_deref().map_or_else(|| columns.keys().any(|id| has(id)), has);
            if !known {
                found.push(format!("{}: {}: no column {name:?} in {of:?}", one.file, panel["title"]));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_that_a_table_names_is_answered_with_prices_and_without() {
    if !has("prometheus") {
        return;
    }
    for grafana in
        [Grafana::on(Prometheus::on_the_recording()), Grafana::without_prices(Some(Prometheus::on_the_recording()))]
    {
        for one in dashboards() {
            assert_eq!(unknown(&grafana, &one).await, Vec::<String>::new());
        }
        grafana.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_an_empty_cell_and_no_number() {
    let prometheus = if has("prometheus") { Some(Prometheus::on_the_recording()) } else { None };
    let with_production = prometheus.is_some();
    let grafana = Grafana::without_prices(prometheus);
    let mut empty = BTreeSet::new();
    for one in dashboards() {
        for panel in one.panels().into_iter().filter(|panel| panel["type"] == "table") {
            for (id, result) in answers(&grafana, panel).await.as_object().unwrap() {
                for frame in list(&result["frames"]) {
                    for (field, column) in list(&frame["schema"]["fields"]).iter().zip(list(&frame["data"]["values"])) {
                        let name = field["name"].as_str().unwrap();
                        // JSON has no infinity: Grafana writes it, and NaN, beside the values.
                        let entities = list(&frame["data"]["entities"]);
                        assert!(
                            entities.iter().all(Value::is_null),
                            "{}: {} {id}: {entities:?}",
                            one.file,
                            panel["title"]
                        );
                        let costs = ["dollar", "price"].iter().any(|part| name.contains(part)) || name == "gpus";
                        if costs {
                            assert!(list(column).iter().all(Value::is_null), "{}: {name}: {column}", panel["title"]);
                            empty.insert(name.to_owned());
                        }
                    }
                }
            }
        }
    }
    grafana.stop().await;
    let mut expected = vec!["gpus", "price_per_hour", "output_tokens_per_dollar_at_break", "load_per_dollar_hour"];
    if with_production {
        expected.extend(["tokens_per_dollar", "dollars_per_million_output_tokens", "dollars_per_hour"]);
    }
    assert!(expected.iter().all(|name| empty.contains(*name)), "{empty:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_prometheus_queries_of_production_say_so_and_those_of_reports_answer() {
    let grafana = Grafana::without_prices(None);
    for one in dashboards() {
        for panel in one.panels() {
            let results = answers(&grafana, panel).await;
            for target in list(&panel["targets"]) {
                let result = &results[target["refId"].as_str().unwrap()];
                let of_reports = ["curve", "levels", "verdict"].iter().any(|kind| target["queryType"] == *kind);
                let said = result["error"].as_str().unwrap_or_default();
                let place = format!("{}: {} {}", one.file, panel["title"], target["refId"]);
                assert_eq!(said.contains("Prometheus"), !of_reports, "{place}: {said}");
                assert_eq!(said.is_empty(), of_reports, "{place}: {said}");
            }
        }
    }
    grafana.stop().await;
}

#[test]
fn patterns_are_lists_of_names() {
    assert_eq!(listed("^(A|B c)$"), Some(vec!["A".to_owned(), "B c".to_owned()]));
    assert_eq!(listed("/^(Ratio)$/"), Some(vec!["Ratio".to_owned()]));
    assert_eq!((listed("^none$"), listed("(low)$")), (None, None));
    assert_eq!(mentioned(&json!({})), []);
}
