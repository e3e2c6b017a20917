//! The shipped dashboards, with the time range of the recording.
//!
//! As shipped they open on the last hours, which is right for production but shows nothing of a recording. Dashboards
//! of production open on the recorded deployments, because the published ones beside them have no production data.

use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::paths;
use crate::recording::{DEPLOYMENTS, FROM, MODEL, TO};
use crate::stamp::walk;

/// The dashboard that only shows production.
const PRODUCTION: &str = "headroom-vllm";

/// Writes them to the folder that `demo/provisioning` names.
///
/// # Errors
/// If one of them cannot be read or is not a dashboard.
pub(crate) fn write() -> Result<()> {
    let target = paths::at(".cache/demo/dashboards");
    if target.exists() {
        fs::remove_dir_all(&target).with_context(|| format!("removing {}", target.display()))?;
    }
    fs::create_dir_all(&target).with_context(|| format!("creating {}", target.display()))?;
    let mut files = Vec::new();
    walk(&paths::at("provisioning/dashboards/headroom"), &mut files)?;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let written = recorded(&text).with_context(|| format!("reading {}", file.display()))?;
        let Some(name) = file.file_name() else { continue };
        fs::write(target.join(name), written).with_context(|| format!("writing {}", target.display()))?;
    }
    Ok(())
}

/// A dashboard that opens on the recording and does not refresh, because its data never change.
fn recorded(dashboard: &str) -> Result<String> {
    let mut model: Value = serde_json::from_str(dashboard)?;
    let Some(map) = model.as_object_mut() else { bail!("expected a dashboard as a JSON object, found {model}") };
    map.insert("time".to_owned(), json!({ "from": FROM, "to": TO }));
    map.insert("refresh".to_owned(), json!(""));
    let is_production = model["uid"] == PRODUCTION;
    // Indexing would add an empty list to a dashboard without variables.
    let variables = model.pointer_mut("/templating/list").and_then(Value::as_array_mut);
    for variable in variables.into_iter().flatten() {
        let opens_on: &[&str] = match variable["name"].as_str() {
            Some("model") => &[MODEL],
            Some("deployment") if is_production => &DEPLOYMENTS,
            _ => continue,
        };
        variable["current"] = json!({ "text": opens_on, "value": opens_on });
    }
    Ok(serde_json::to_string(&model)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_the_refresh_and_what_is_chosen_change() {
        let dashboard = r#"{"uid":"a","time":{"from":"now-6h","to":"now"},"refresh":"1m","panels":[{"id":1}]}"#;
        let written: Value = serde_json::from_str(&recorded(dashboard).unwrap()).unwrap();
        let expected = json!({"uid": "a", "time": {"from": FROM, "to": TO}, "refresh": "", "panels": [{"id": 1}]});
        assert_eq!(written, expected);
        let choice = |current: Value| json!({ "name": "model", "current": current });
        let dashboard =
            json!({ "templating": { "list": [{ "name": "slo" }, choice(json!({ "value": ["$__all"] }))] } });
        let written: Value = serde_json::from_str(&recorded(&dashboard.to_string()).unwrap()).unwrap();
        let expected = json!([{ "name": "slo" }, choice(json!({ "text": [MODEL], "value": [MODEL] }))]);
        assert_eq!(written["templating"]["list"], expected);
        let opened = |uid: &str| {
            let dashboard = json!({ "uid": uid, "templating": { "list": [{ "name": "deployment" }] } });
            let written: Value = serde_json::from_str(&recorded(&dashboard.to_string()).unwrap()).unwrap();
            written["templating"]["list"][0]["current"]["value"].clone()
        };
        assert_eq!((opened(PRODUCTION), opened("headroom-fleet")), (json!(DEPLOYMENTS), Value::Null));
        assert!(recorded("[]").unwrap_err().to_string().contains("a JSON object"));
    }
}
