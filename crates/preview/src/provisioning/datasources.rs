//! Data sources from `provisioning/datasources/*.yaml`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{expand, read_yaml, yaml_files};

/// One provisioned data source with its values expanded.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataSource {
    /// Numeric id in the order of reading, from 1; Grafana's front end still carries it beside the uid.
    #[serde(skip)]
    pub id: i64,
    /// Name that users see; unique.
    pub name: String,
    /// Plugin id.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable identifier; derived from the name if the file has none.
    #[serde(default)]
    pub uid: String,
    /// `proxy` or `direct`.
    #[serde(default = "proxy")]
    pub access: String,
    /// Address of the system behind it; empty if the plugin needs none.
    #[serde(default)]
    pub url: String,
    /// User for the data source's own login.
    #[serde(default)]
    pub user: String,
    /// Name of the database.
    #[serde(default)]
    pub database: String,
    /// Whether basic authentication is on.
    #[serde(default)]
    pub basic_auth: bool,
    /// User for basic authentication.
    #[serde(default)]
    pub basic_auth_user: String,
    /// Whether browser requests include cookies and credentials.
    #[serde(default)]
    pub with_credentials: bool,
    /// Whether this is the default data source.
    #[serde(default)]
    pub is_default: bool,
    /// Plugin settings.
    #[serde(default, deserialize_with = "map_or_null")]
    pub json_data: Map<String, Value>,
    /// Secrets. They are passed only to the plugin's process, so this type has no `Debug` and no `Serialize`.
    #[serde(default, deserialize_with = "map_or_null")]
    pub secure_json_data: Map<String, Value>,
}

/// Grafana's default access mode.
fn proxy() -> String {
    "proxy".to_owned()
}

/// A map; an empty YAML value (null) becomes an empty map.
fn map_or_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::<Map<String, Value>>::deserialize(deserializer)?.unwrap_or_default())
}

/// The provisioned data sources, and the problems of those that were left out.
pub struct Loaded {
    /// In the order of files and of entries in a file.
    pub datasources: Vec<DataSource>,
    /// One sentence for each file or entry that was left out.
    pub problems: Vec<String>,
}

/// Reads every file of `provisioning/datasources`. A bad file is reported by name and does not hide the others.
pub fn load(provisioning: &Path, lookup: expand::Lookup<'_>) -> Loaded {
    let mut loaded = Loaded { datasources: Vec::new(), problems: Vec::new() };
    let files = match yaml_files(&provisioning.join("datasources")) {
        Ok(files) => files,
        Err(error) => {
            loaded.problems.push(error.to_string());
            return loaded;
        }
    };
    for file in files {
        match read_yaml(&file) {
            Ok(document) => read_document(&document, &file.display().to_string(), lookup, &mut loaded),
            Err(error) => loaded.problems.push(error.to_string()),
        }
    }
    loaded
}

fn read_document(document: &Value, file: &str, lookup: expand::Lookup<'_>, loaded: &mut Loaded) {
    let entries = match document.get("datasources") {
        Some(Value::Array(entries)) => entries.as_slice(),
        None | Some(Value::Null) => &[],
        Some(_) => {
            loaded.problems.push(format!("{file}: `datasources` must be a list"));
            &[]
        }
    };
    for (index, entry) in entries.iter().enumerate() {
        match read_entry(entry, lookup) {
            Ok(mut source) => {
                if let Some(other) =
                    loaded.datasources.iter().find(|other| other.uid == source.uid || other.name == source.name)
                {
                    loaded.problems.push(format!(
                        "{file}: data source {:?} (uid {:?}) has the name or uid of {:?}, which was read before; give it its own",
                        source.name, source.uid, other.name
                    ));
                    continue;
                }
                source.id = i64::try_from(loaded.datasources.len()).unwrap_or(i64::MAX - 1) + 1;
                loaded.datasources.push(source);
            }
            Err(error) => loaded.problems.push(format!("{file}: data source {} cannot be read: {error}", index + 1)),
        }
    }
}

fn read_entry(entry: &Value, lookup: expand::Lookup<'_>) -> anyhow::Result<DataSource> {
    let expanded = expand::value(entry.clone(), lookup)?;
    let mut source: DataSource = serde_json::from_value(expanded)?;
    anyhow::ensure!(!source.name.is_empty(), "it has an empty name");
    anyhow::ensure!(!source.kind.is_empty(), "{:?} has an empty type", source.name);
    if source.uid.is_empty() {
        source.uid = uid_from_name(&source.name);
    }
    Ok(source)
}

/// A uid for an entry without one: the same after restarts, and within Grafana's alphabet.
fn uid_from_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn load_text(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("datasources")).unwrap();
        fs::write(folder.path().join("datasources/a.yaml"), text).unwrap();
        load(folder.path(), &|name| (name == "TOKEN").then(|| "s3cret".to_owned()))
    }

    #[test]
    fn a_full_entry_keeps_every_value_and_expands_variables() {
        let loaded = load_text(
            "apiVersion: 1\ndatasources:\n  - name: Headroom\n    uid: headroom\n    type: headroom-llm-datasource\n    access: proxy\n    \
             url: http://localhost:9090\n    isDefault: true\n    jsonData:\n      paths: [./demo]\n      limit: 5\n      on: true\n    \
             secureJsonData:\n      token: $TOKEN\n",
        );
        assert_eq!(loaded.problems, Vec::<String>::new());
        let source = &loaded.datasources[0];
        assert_eq!((source.id, source.uid.as_str(), source.kind.as_str()), (1, "headroom", "headroom-llm-datasource"));
        assert!(source.is_default);
        assert_eq!(
            Value::Object(source.json_data.clone()),
            serde_json::json!({"paths": ["./demo"], "limit": 5, "on": true})
        );
        assert_eq!(source.secure_json_data["token"], "s3cret");
    }

    #[test]
    fn empty_settings_and_a_missing_uid_are_filled_in() {
        let loaded = load_text("datasources:\n  - name: My Source\n    type: x\n    jsonData:\n");
        assert_eq!(loaded.problems, Vec::<String>::new());
        assert_eq!(loaded.datasources[0].uid, "my-source");
        assert_eq!(loaded.datasources[0].access, "proxy");
        assert!(loaded.datasources[0].json_data.is_empty());
    }

    #[test]
    fn one_bad_entry_is_a_problem_and_does_not_hide_the_others() {
        let check = |text: &str, names: &[&str], problem: &str| {
            let loaded = load_text(text);
            assert_eq!(
                loaded.datasources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(),
                names,
                "{text}"
            );
            assert!(loaded.problems.iter().any(|found| found.contains(problem)), "{text}: {:?}", loaded.problems);
        };
        check("datasources:\n  - type: x\n  - name: b\n    type: y\n", &["b"], "`name`");
        check("datasources:\n  - name: b\n    type: y\n  - name: b\n    type: z\n", &["b"], "was read before");
        check("datasources: 5\n", &[], "must be a list");
        check("datasources:\n  - name: [\n", &[], "is not valid YAML");
        check("datasources:\n  - name: a\n    type: x\n    url: $__file{/does/not/exist}\n", &[], "/does/not/exist");
    }

    #[test]
    fn no_folder_is_no_data_source() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load(folder.path(), &|_| None);
        assert!(loaded.datasources.is_empty() && loaded.problems.is_empty());
    }
}
