//! The shipped dashboards, as their tests walk them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One shipped dashboard.
pub struct Dashboard {
    /// Its file's name.
    pub file: String,
    /// Its JSON.
    pub model: Value,
}

/// Every shipped dashboard, in the order of their files' names.
///
/// # Panics
/// When the folder cannot be read or a file is no JSON: a test has nothing to do then.
#[must_use]
#[allow(clippy::expect_used, reason = "the tests' own reading; they fail by panicking")]
pub fn dashboards() -> Vec<Dashboard> {
    let folder = root().join("provisioning/dashboards/headroom");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder of the dashboards")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("a dashboard that can be read");
            let model = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file} is no JSON: {error}"));
            Dashboard { file, model }
        })
        .collect()
}

impl Dashboard {
    /// Whether it is the one for sharing externally, which has no variables.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.text("uid") == "headroom-status"
    }

    /// A text of the dashboard, empty when it is missing.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.model[key].as_str().unwrap_or_default()
    }

    /// Every panel, those inside collapsed rows too, and the rows themselves.
    #[must_use]
    pub fn all_panels(&self) -> Vec<&Value> {
        list(&self.model["panels"]).iter().flat_map(|panel| [panel].into_iter().chain(list(&panel["panels"]))).collect()
    }

    /// Every panel that shows something: no rows.
    #[must_use]
    pub fn panels(&self) -> Vec<&Value> {
        self.all_panels().into_iter().filter(|panel| panel["type"] != "row").collect()
    }

    /// The variables.
    #[must_use]
    pub fn variables(&self) -> &[Value] {
        list(&self.model["templating"]["list"])
    }
}

/// The entries of a list; none when it is not one.
#[must_use]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Every data source reference in a JSON.
pub fn data_sources<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("datasource").filter(|source| !source.is_null()));
            map.values().for_each(|inner| data_sources(inner, found));
        }
        Value::Array(entries) => entries.iter().for_each(|inner| data_sources(inner, found)),
        _ => {}
    }
}

/// The models of the recorded production, as their servers call them.
const RECORDED_MODELS: [&str; 2] = ["tiny-llama-bf16", "tiny-llama-int8"];

/// A query with its variables replaced as the front end replaces them when a dashboard is opened for the first time on
/// the recorded production; `gpus` is the text of the variable of that name.
#[must_use]
pub fn opened(query: &Value) -> Value {
    opened_on(&RECORDED_MODELS, query)
}

/// The same on a production that has these models.
#[must_use]
pub fn opened_on(models: &[&str], query: &Value) -> Value {
    match query {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), field(models, key, value))).collect(),
        other => other.clone(),
    }
}

fn field(models: &[&str], key: &str, value: &Value) -> Value {
    match (key, value) {
        ("datasource", _) => serde_json::json!({ "type": "headroom-llm-datasource", "uid": "headroom" }),
        // A list of all is an empty list.
        (_, Value::Array(entries))
            if entries.iter().any(|entry| entry.as_str().is_some_and(|text| text.starts_with('$'))) =>
        {
            Value::Array(Vec::new())
        }
        (_, Value::String(text)) => Value::String(replaced_on(models, text)),
        (_, other) => other.clone(),
    }
}

/// The first choice of every variable that stands in a text, on the recorded production.
#[must_use]
pub fn replaced(text: &str) -> String {
    replaced_on(&RECORDED_MODELS, text)
}

fn replaced_on(models: &[&str], text: &str) -> String {
    let all_models = format!("({})", models.join("|"));
    [
        ("$namespace", "(private-ai)"),
        ("$model_name", &all_models),
        ("$gpus", "gpu!=\"\""),
        ("$slo", "interactive"),
        ("$select", "most_requests"),
        ("$window", "5m"),
        ("$statistic", "p95"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}
