//! What ships in `provisioning/` and `demo/` fits the backend. Dashboards and alert rules have a package of their own,
//! `tests/dashboards`.

use std::fs;

use headroom_backend::settings::Settings;
use headroom_contract::settings;
use serde_json::json;

use super::support::{demo, workspace};

#[test]
fn the_provisioned_data_source_is_understood() {
    let text = fs::read_to_string(workspace().join("provisioning/datasources/headroom.yaml")).unwrap();
    for line in ["uid: headroom", "type: headroom-llm-datasource", "access: proxy", "storePath: $HEADROOM_REPORTS"] {
        assert!(text.contains(line), "{line}");
    }
    let parsed =
        Settings::from_json(&json!({"storeKind": "directory", "storePath": demo()}), std::path::Path::new("/"));
    assert_eq!(parsed.problems, []);
    assert!(parsed.store.is_some());
}

#[test]
fn the_demonstrations_deployments_file_has_no_problem() {
    let (deployments, problems) =
        headroom_reports::deployments::Deployments::read_file(&demo().join("deployments.yaml"), "deployments.yaml");
    assert_eq!(problems, []);
    assert_eq!(deployments.len(), 4, "the recorded pair and the published one");
}

/// Examples are copied: each key of a store in them is one that is read.
#[test]
fn the_examples_of_stores_name_keys_that_there_are() {
    let known: Vec<&str> = [settings::KEYS, settings::STORE_KEYS]
        .concat()
        .iter()
        .map(|setting| setting.key)
        .chain(settings::STORE_SECRETS.iter().map(|secret| secret.key))
        .collect();
    let mut seen = 0;
    for file in ["docs/stores.md", "deploy/components/s3-store/datasource.yaml"] {
        let text = fs::read_to_string(workspace().join(file)).unwrap();
        for line in text.lines().filter(|line| line.starts_with("      store")) {
            let key = line.trim().split(':').next().unwrap();
            assert!(known.contains(&key), "{file}: {line}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}
