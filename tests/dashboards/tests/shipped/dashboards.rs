//! What a reader and Grafana need of a dashboard.

use std::collections::{BTreeMap, BTreeSet};

use headroom_dashboards::{Dashboard, dashboards, data_sources, list};
use serde_json::Value;

/// The stable uid of each file: links, bookmarks and alerts hold them.
const UIDS: [(&str, &str); 5] = [
    ("fleet-overview.json", "headroom-fleet"),
    ("gpu-health.json", "headroom-gpu"),
    ("quantization-economics.json", "headroom-economics"),
    ("sizing-and-saturation.json", "headroom-sizing"),
    ("vllm-production.json", "headroom-vllm"),
];

#[test]
fn uids_are_stable_and_titles_are_told_apart() {
    let all = dashboards();
    let found: Vec<(&str, &str)> = all.iter().map(|one| (one.file.as_str(), one.text("uid"))).collect();
    assert_eq!(found, UIDS);
    let titles: BTreeSet<&str> = all.iter().map(|one| one.text("title")).collect();
    assert_eq!(titles.len(), all.len(), "{titles:?}");
    for one in &all {
        assert!(one.text("description").len() > 40, "{} says what it is for", one.file);
        // Production has no fixed date.
        assert_eq!(one.model["time"]["to"], "now", "{}", one.file);
    }
}

#[test]
fn every_panel_says_what_it_shows() {
    for one in dashboards() {
        let mut ids = BTreeSet::new();
        for panel in one.all_panels() {
            assert!(ids.insert(panel["id"].as_i64().expect("an id")), "{}: {} twice", one.file, panel["id"]);
            assert!(!panel["title"].as_str().unwrap_or_default().is_empty(), "{}: a panel without a title", one.file);
        }
        for panel in one.panels() {
            let description = panel["description"].as_str().unwrap_or_default();
            assert!(description.len() > 30, "{}: {} has no description", one.file, panel["title"]);
        }
    }
}

#[test]
fn panels_fill_the_grid_without_overlapping() {
    for one in dashboards() {
        let mut taken: BTreeMap<(i64, i64), &Value> = BTreeMap::new();
        for panel in list(&one.model["panels"]) {
            let at = |key: &str| panel["gridPos"][key].as_i64().expect("a place in the grid");
            assert!(at("x") + at("w") <= 24, "{}: {} is too wide", one.file, panel["title"]);
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    let before = taken.insert((x, y), &panel["title"]);
                    assert_eq!(before, None, "{}: {} covers it", one.file, panel["title"]);
                }
            }
        }
    }
}

#[test]
fn data_sources_are_variables() {
    for one in dashboards() {
        let mut found = Vec::new();
        data_sources(&one.model, &mut found);
        assert!(!found.is_empty(), "{}", one.file);
        for source in found {
            let own = source["uid"] == "${datasource}" && source["type"] == "headroom-llm-datasource";
            // Grafana's own annotations, which every dashboard has.
            let grafana = source["uid"] == "-- Grafana --";
            assert!(own || grafana, "{}: {source}", one.file);
        }
    }
}

#[test]
fn variables_that_are_used_exist_and_those_that_exist_are_used() {
    for one in dashboards() {
        let names: BTreeSet<&str> = one.variables().iter().map(|variable| variable["name"].as_str().unwrap()).collect();
        let without: Value = {
            let mut model = one.model.clone();
            model["templating"] = Value::Null;
            model
        };
        let text = without.to_string();
        for name in &names {
            let used = text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
            assert!(used, "{}: ${name} is not used", one.file);
        }
        for used in used(&text) {
            let known = names.contains(used.as_str()) || used.starts_with("__");
            assert!(known, "{}: ${used} does not exist", one.file);
        }
        for variable in one.variables() {
            assert!(!variable["description"].as_str().unwrap_or_default().is_empty(), "{}: {variable}", one.file);
        }
    }
}

/// Names after a `$` or `${`.
fn used(text: &str) -> BTreeSet<String> {
    text.split('$')
        .skip(1)
        .map(|rest| rest.trim_start_matches('{'))
        .map(|rest| rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect::<String>())
        .filter(|name| name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_'))
        .collect()
}

#[test]
fn each_links_to_every_other_and_keeps_the_time() {
    let all = dashboards();
    for one in &all {
        let links = list(&one.model["links"]);
        let found: BTreeSet<&str> = links.iter().filter_map(|link| link["url"].as_str()).collect();
        let expected: Vec<String> = all
            .iter()
            .filter(|other| other.file != one.file)
            .map(|other| format!("/d/{}", other.text("uid")))
            .collect();
        assert_eq!(found, expected.iter().map(String::as_str).collect(), "{}", one.file);
        assert!(links.iter().all(|link| link["keepTime"] == true && link["includeVars"] == true), "{}", one.file);
        for target in targets(one) {
            let known = all.iter().any(|other| target == other.text("uid"));
            assert!(known, "{}: a link to {target}", one.file);
        }
    }
}

/// The uids that data links lead to.
fn targets(one: &Dashboard) -> Vec<String> {
    let text = one.model.to_string();
    let ends = |char: char| !(char.is_ascii_alphanumeric() || char == '-' || char == '_');
    text.split("\"/d/").skip(1).map(|rest| rest.split(ends).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_gpu_panel_without_data_says_why() {
    let all = dashboards();
    let gpu = all.iter().find(|one| one.text("uid") == "headroom-gpu").unwrap();
    for panel in gpu.panels() {
        let text = panel["fieldConfig"]["defaults"]["noValue"].as_str().unwrap_or_default();
        assert!(text.len() > 5, "{} says nothing when there is no data", panel["title"]);
    }
    let fan = gpu.panels().into_iter().find(|panel| panel["title"] == "Fan speed").unwrap();
    assert!(fan["description"].as_str().unwrap().contains("no fan"), "{fan}");
}
