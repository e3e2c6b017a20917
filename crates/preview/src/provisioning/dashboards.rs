//! Dashboards from the providers in `provisioning/dashboards/*.yaml`.
//!
//! Grafana polls the providers' folders. The preview reads them again for each request, so a saved dashboard shows on
//! reload.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use super::{expand, read_yaml, yaml_files};

/// The folder from which Grafana's packages and container images read provisioning. Shipped files use such paths; the
/// preview replaces this folder by the one on the command line, as a mount would.
const INSTALLED: &str = "/etc/grafana/provisioning";

/// Folders nested deeper than this must be a loop of links.
const MAX_DEPTH: usize = 8;

/// A `file` provider: a folder of dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Folder title in Grafana; empty for the root.
    pub folder: String,
    /// Folder of the JSON files.
    pub path: PathBuf,
    /// Whether sub-folders of `path` give the folder titles.
    pub folders_from_files: bool,
}

/// One dashboard in Grafana's classic JSON model.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// From the JSON; unique over all providers.
    pub uid: String,
    /// From the JSON.
    pub title: String,
    /// Folder title; empty for the root.
    pub folder: String,
    /// The document.
    pub model: Value,
}

/// A list, and one sentence for each item that is missing from it.
#[derive(Debug)]
pub struct Loaded<T> {
    /// The items that were read.
    pub items: Vec<T>,
    /// What could not be read, and why.
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderEntry {
    #[serde(default)]
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    folder: String,
    #[serde(default)]
    options: ProviderOptions,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ProviderOptions {
    #[serde(default)]
    path: String,
    #[serde(default)]
    folders_from_files_structure: bool,
}

/// Reads the providers. A relative path is relative to the working directory, as in Grafana; a path below
/// `/etc/grafana/provisioning` is taken below `provisioning`.
pub fn providers(provisioning: &Path, lookup: expand::Lookup<'_>) -> Loaded<Provider> {
    let mut loaded = Loaded { items: Vec::new(), problems: Vec::new() };
    let files = yaml_files(&provisioning.join("dashboards")).unwrap_or_else(|error| {
        loaded.problems.push(error.to_string());
        Vec::new()
    });
    for file in files {
        let entries = read_yaml(&file).map(|document| match document.get("providers") {
            Some(Value::Array(entries)) => entries.clone(),
            _ => Vec::new(),
        });
        match entries {
            Ok(entries) => {
                for entry in entries {
                    match provider(entry, lookup) {
                        Ok(mut found) => {
                            if let Ok(below) = found.path.strip_prefix(INSTALLED) {
                                found.path = provisioning.join(below);
                            }
                            loaded.items.push(found);
                        }
                        Err(error) => loaded.problems.push(format!("{}: {error}", file.display())),
                    }
                }
            }
            Err(error) => loaded.problems.push(error.to_string()),
        }
    }
    loaded
}

fn provider(entry: Value, lookup: expand::Lookup<'_>) -> anyhow::Result<Provider> {
    let entry: ProviderEntry = serde_json::from_value(expand::value(entry, lookup)?)?;
    anyhow::ensure!(
        entry.kind.is_empty() || entry.kind == "file",
        "dashboard provider {:?} has type {:?}; only `file` is known",
        entry.name,
        entry.kind
    );
    anyhow::ensure!(!entry.options.path.is_empty(), "dashboard provider {:?} has no options.path", entry.name);
    Ok(Provider {
        folder: entry.folder,
        path: entry.options.path.into(),
        folders_from_files: entry.options.folders_from_files_structure,
    })
}

/// Reads every dashboard of every provider, sorted by folder and title.
#[must_use]
pub fn load(providers: &[Provider]) -> Loaded<Dashboard> {
    let mut loaded = Loaded { items: Vec::new(), problems: Vec::new() };
    for provider in providers {
        if provider.path.is_dir() {
            walk(provider, &provider.path, 0, &mut loaded);
        } else {
            loaded.problems.push(format!(
                "dashboard folder {} does not exist (relative paths count from the working directory)",
                provider.path.display()
            ));
        }
    }
    let mut seen = BTreeSet::new();
    let problems = &mut loaded.problems;
    loaded.items.retain(|dashboard| {
        let first = seen.insert(dashboard.uid.clone());
        if !first {
            problems
                .push(format!("two dashboards have the uid {:?}; {:?} is left out", dashboard.uid, dashboard.title));
        }
        first
    });
    loaded.items.sort_by(|a, b| (&a.folder, &a.title).cmp(&(&b.folder, &b.title)));
    loaded
}

fn walk(provider: &Provider, folder: &Path, depth: usize, loaded: &mut Loaded<Dashboard>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            loaded.problems.push(format!("cannot list {}: {error}", folder.display()));
            return;
        }
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < MAX_DEPTH {
                walk(provider, &path, depth + 1, loaded);
            }
        } else if path.extension().is_some_and(|extension| extension == "json") {
            match read(provider, &path) {
                Ok(dashboard) => loaded.items.push(dashboard),
                Err(error) => loaded.problems.push(error.to_string()),
            }
        }
    }
}

fn read(provider: &Provider, file: &Path) -> anyhow::Result<Dashboard> {
    let bytes = fs::read(file).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", file.display()))?;
    let model: Value = serde_json::from_slice(&bytes)
        .map_err(|error| anyhow::anyhow!("{} is not a dashboard: {error}", file.display()))?;
    let text = |key: &str| model.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (uid, title) = (text("uid"), text("title"));
    anyhow::ensure!(
        !uid.is_empty(),
        "{} has no `uid`; give it a stable one so that links to it keep working",
        file.display()
    );
    anyhow::ensure!(!title.is_empty(), "{} has no `title`", file.display());
    let folder = if provider.folders_from_files {
        file.parent()
            .and_then(|parent| parent.strip_prefix(&provider.path).ok())
            .map(|path| path.to_string_lossy().into_owned())
            .unwrap_or_default()
    } else {
        provider.folder.clone()
    };
    Ok(Dashboard { uid, title, folder, model })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn providers_expand_their_path_and_say_what_they_cannot_do() {
        let folder = tempfile::tempdir().unwrap();
        write(
            &folder.path().join("dashboards/p.yaml"),
            "apiVersion: 1\nproviders:\n  - name: a\n    type: file\n    folder: Headroom\n    options:\n      path: ${ROOT}/d\n      \
             foldersFromFilesStructure: true\n  - name: b\n    type: s3\n  - name: c\n",
        );
        let loaded = providers(folder.path(), &|name| (name == "ROOT").then(|| "/srv".to_owned()));
        let expected =
            Provider { folder: "Headroom".to_owned(), path: PathBuf::from("/srv/d"), folders_from_files: true };
        assert_eq!(loaded.items, [expected]);
        assert!(loaded.problems[0].contains("only `file` is known"), "{:?}", loaded.problems);
        assert!(loaded.problems[1].contains("has no options.path"), "{:?}", loaded.problems);
    }

    #[test]
    fn paths_of_an_installed_grafana_are_below_the_folder_of_provisioning() {
        let folder = tempfile::tempdir().unwrap();
        let text = "providers:\n  - options: { path: /etc/grafana/provisioning/dashboards/x }\n  - options: { path: /srv/x }\n";
        write(&folder.path().join("dashboards/p.yaml"), text);
        let found: Vec<PathBuf> =
            providers(folder.path(), &|_| None).items.into_iter().map(|provider| provider.path).collect();
        assert_eq!(found, [folder.path().join("dashboards/x"), PathBuf::from("/srv/x")]);
    }

    #[test]
    fn dashboards_are_found_in_subfolders_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(&root.join("b.json"), r#"{"uid":"b","title":"B"}"#);
        write(&root.join("deep/a.json"), r#"{"uid":"a","title":"A","panels":[]}"#);
        write(&root.join("deep/twin.json"), r#"{"uid":"a","title":"Twin"}"#);
        write(&root.join("nouid.json"), r#"{"title":"B"}"#);
        write(&root.join("broken.json"), "{");
        write(&root.join("notes.txt"), "not a dashboard");
        let check = |folders_from_files: bool, expected: &[(&str, &str)]| {
            let provider = Provider { folder: "F".to_owned(), path: root.to_owned(), folders_from_files };
            let loaded = load(&[provider]);
            let found: Vec<_> = loaded.items.iter().map(|item| (item.folder.as_str(), item.uid.as_str())).collect();
            assert_eq!(found, expected);
            for needle in
                ["nouid.json has no `uid`", "broken.json is not a dashboard", "two dashboards have the uid \"a\""]
            {
                assert!(
                    loaded.problems.iter().any(|problem| problem.contains(needle)),
                    "{needle}: {:?}",
                    loaded.problems
                );
            }
        };
        check(false, &[("F", "a"), ("F", "b")]);
        check(true, &[("", "b"), ("deep", "a")]);
    }

    #[test]
    fn a_missing_folder_is_a_problem() {
        let provider = Provider { folder: String::new(), path: "/does/not/exist".into(), folders_from_files: false };
        assert!(load(&[provider]).problems[0].contains("/does/not/exist"));
    }
}
