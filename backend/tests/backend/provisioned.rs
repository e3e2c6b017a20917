//! What ships in `provisioning/` and `demo/` fits the backend. Dashboards and alert rules have a package of their own,
//! `tests/dashboards`.

use std::fs;

use headroom_backend::settings::Settings;
use serde_json::json;

use super::support::{demo, workspace};

#[test]
fn the_provisioned_data_source_is_understood() {
    let text = fs::read_to_string(workspace().join("provisioning/datasources/headroom.yaml")).unwrap();
    for line in ["uid: headroom", "type: headroom-llm-datasource", "access: proxy", "storePath: $HEADROOM_REPORTS"] {
        assert!(text.contains(line), "{line}");
    }
    let settings =
        Settings::from_json(&json!({"storeKind": "directory", "storePath": demo()}), std::path::Path::new("/"));
    assert_eq!(settings.problems, []);
    assert!(settings.store.is_some());
}

#[test]
fn the_demonstrations_deployments_file_has_no_problem() {
    let (deployments, problems) =
        headroom_reports::deployments::Deployments::read_file(&demo().join("deployments.yaml"), "deployments.yaml");
    assert_eq!(problems, []);
    assert_eq!(deployments.len(), 4, "the recorded pair and the published one");
}
