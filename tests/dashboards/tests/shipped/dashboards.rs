//! What a reader and Grafana need of a dashboard.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use headroom_dashboards::{Dashboard, dashboards, data_sources, list, root};
use serde_json::Value;

/// The stable uid of each file: links, bookmarks and alerts hold them.
const UIDS: [(&str, &str); 6] = [
    ("fleet-overview.json", "headroom-fleet"),
    ("gpu-health.json", "headroom-gpu"),
    ("headroom-status.json", "headroom-status"),
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
    for one in dashboards().into_iter().filter(|one| !one.is_shared()) {
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

/// Dashboards that the app's `plugin.json` includes: file name and uid.
fn included() -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(root().join("src/plugin.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let all = list(&manifest["includes"]).iter().filter(|include| include["type"] == "dashboard");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|one| (text(&one["path"]).replace("dashboards/", ""), text(&one["uid"]))).collect()
}

#[test]
fn the_app_includes_every_dashboard_that_files_have_but_the_one_for_sharing() {
    let files = dashboards().into_iter().filter(|one| !one.is_shared());
    let expected: BTreeSet<(String, String)> =
        files.map(|one| (one.file.clone(), one.text("uid").to_owned())).collect();
    assert_eq!(included(), expected);
}

#[test]
fn each_links_to_every_other_and_keeps_the_time() {
    let all: Vec<Dashboard> = dashboards().into_iter().filter(|one| !one.is_shared()).collect();
    for one in &all {
        // By tag: Grafana lists those that are there, so a dashboard that somebody removed leaves no dead link.
        let [link] = list(&one.model["links"]) else { panic!("{}: {}", one.file, one.model["links"]) };
        assert_eq!((&link["type"], &link["tags"]), (&"dashboards".into(), &serde_json::json!(["headroom"])));
        assert!(list(&one.model["tags"]).contains(&"headroom".into()), "{} is in no other's links", one.file);
        assert!(link["keepTime"] == true && link["includeVars"] == true, "{}", one.file);
        // Data links name a uid: both ways to install have them.
        for target in targets(one) {
            let known = included().iter().any(|(_, uid)| *uid == target);
            assert!(known, "{}: a link to {target}", one.file);
        }
    }
}

#[test]
fn the_one_for_sharing_has_nothing_that_a_public_dashboard_does_not_resolve() {
    let all = dashboards();
    let one = all.iter().find(|one| one.is_shared()).unwrap();
    assert_eq!(
        (one.variables(), list(&one.model["links"]), list(&one.model["annotations"]["list"])),
        (&[][..], &[][..], &[][..])
    );
    assert_eq!((used(&one.model.to_string()), targets(one)), (BTreeSet::new(), Vec::new()));
    assert!(!list(&one.model["tags"]).contains(&"headroom".into()), "it is no place to work in");
    // Grafana's server reads the uid of each target and knows no default: it is that of the provisioned data source.
    let text = fs::read_to_string(root().join("provisioning/datasources/headroom.yaml")).unwrap();
    let provisioned: Value = serde_saphyr::from_str(&text).unwrap();
    let uid = &provisioned["datasources"][0]["uid"];
    for target in one.panels().into_iter().flat_map(|panel| list(&panel["targets"])) {
        assert_eq!(target["datasource"]["uid"], *uid, "{target}");
        let narrowed = ["deployments", "namespaces", "models", "slo"].iter().any(|key| !target[*key].is_null());
        assert!(!narrowed, "{target}");
    }
    for other in all.iter().filter(|other| !other.is_shared()) {
        let says = other.text("description").contains(&format!("share “{}” instead", one.text("title")));
        assert!(says && !other.variables().is_empty(), "{} does not say why it cannot be shared", other.file);
    }
}

#[test]
fn a_load_model_is_chosen_only_where_the_title_says_so() {
    // Everywhere else the backend's rule holds, which alert rules follow too: a deployment that was measured in an open
    // loop alone must not have an alert and an empty panel.
    for one in dashboards() {
        for panel in one.panels() {
            for target in list(&panel["targets"]) {
                let said = match target["loadModel"].as_str() {
                    None => continue,
                    Some("closed") => "over users",
                    Some(_) => "request rate",
                };
                let title = panel["title"].as_str().unwrap_or_default();
                assert!(title.contains(said), "{}: {title} asks for {} alone", one.file, target["loadModel"]);
            }
        }
    }
}

#[test]
fn a_service_level_is_called_chosen_only_where_there_is_a_choice() {
    for one in dashboards() {
        let has_choice = one.variables().iter().any(|variable| variable["name"] == "slo");
        for panel in one.panels() {
            let description = panel["description"].as_str().unwrap_or_default();
            let says = description.contains("chosen service level");
            assert!(has_choice || !says, "{}: {} has no service level to choose", one.file, panel["title"]);
        }
    }
}

#[test]
fn tables_fit_a_small_screen_beside_the_menu() {
    // What Grafana leaves a dashboard of a window of 1280 pixels beside its docked menu.
    const CONTENT: f64 = 940.0;
    // Between two columns of the grid.
    const GAP: f64 = 8.0;
    // Borders and padding of a panel.
    const CHROME: f64 = 18.0;
    for one in dashboards() {
        for panel in one.panels().into_iter().filter(|panel| panel["type"] == "table") {
            let place = format!("{}: {}", one.file, panel["title"]);
            let custom = &panel["fieldConfig"]["defaults"]["custom"];
            assert!(custom["wrapHeaderText"] == true && custom["wrapText"] == true, "{place} cuts long texts");
            let columns = panel["gridPos"]["w"].as_f64().unwrap();
            let room = (CONTENT + GAP) / 24.0 * columns - GAP - CHROME;
            let widths: Vec<f64> = list(&panel["fieldConfig"]["overrides"])
                .iter()
                .flat_map(|one| list(&one["properties"]))
                .filter(|property| property["id"] == "custom.width" || property["id"] == "custom.minWidth")
                .filter_map(|property| property["value"].as_f64())
                .collect();
            let needed: f64 = widths.iter().sum();
            assert!(needed <= room, "{place}: its columns need {needed} of {room} pixels");
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

#[test]
fn an_empty_table_or_chart_says_why_and_an_empty_cell_stays_empty() {
    for one in dashboards() {
        for panel in one.panels() {
            if panel["type"] != "table" && panel["type"] != "timeseries" {
                continue;
            }
            let place = format!("{}: {}", one.file, panel["title"]);
            let text = panel["fieldConfig"]["defaults"]["noValue"].as_str().unwrap_or_default();
            // Grafana's own panels do not show why a query failed, only that it did.
            assert!(text.ends_with("A red mark above means that the query failed; it says why."), "{place}: {text}");
            // The text is for a panel without an answer. Grafana would write it into every empty cell, too, and into tooltips.
            let first = &list(&panel["fieldConfig"]["overrides"])[0];
            let cleared = serde_json::json!({
                "matcher": { "id": "byRegexp", "options": "/.*/" },
                "properties": [{ "id": "noValue", "value": null }]
            });
            assert_eq!(*first, cleared, "{place}");
        }
    }
}

#[test]
fn no_table_computes_with_cells_that_may_be_empty() {
    for one in dashboards() {
        for panel in one.panels() {
            for transformation in list(&panel["transformations"]) {
                // It takes an empty cell for 0 and shows what is divided by it as infinity.
                assert_ne!(transformation["id"], "calculateField", "{}: {}", one.file, panel["title"]);
            }
        }
    }
}

#[test]
fn provisioning_enables_the_app_and_holds_wherever_grafana_is_started() {
    let yaml =
        |file: &str| -> Value { serde_saphyr::from_str(&fs::read_to_string(root().join(file)).unwrap()).unwrap() };
    let apps = yaml("provisioning/plugins/headroom.yaml");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(root().join("src/plugin.json")).unwrap()).unwrap();
    let [app] = list(&apps["apps"]) else { panic!("{apps}") };
    assert_eq!((&app["type"], &app["disabled"]), (&manifest["id"], &false.into()));
    for provider in list(&yaml("provisioning/dashboards/dashboards.yaml")["providers"]) {
        let path = provider["options"]["path"].as_str().unwrap();
        let below = path
            .strip_prefix("/etc/grafana/provisioning/")
            .unwrap_or_else(|| panic!("{path} depends on where Grafana is started"));
        assert!(root().join("provisioning").join(below).is_dir(), "{path}");
    }
}
