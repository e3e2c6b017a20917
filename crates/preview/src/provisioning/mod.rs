//! Reads `provisioning/` as Grafana does at its start.

pub mod dashboards;
pub mod datasources;
pub mod expand;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The `.yaml` and `.yml` files of a folder, in the order of their names; empty if there is no such folder.
///
/// # Errors
/// If the folder exists and cannot be read.
pub fn yaml_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| anyhow::anyhow!("cannot list {}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The content of a YAML file. Errors contain the file's name.
///
/// # Errors
/// If the file cannot be read or is not YAML.
pub fn read_yaml(file: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(file).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", file.display()))?;
    // As in Grafana's YAML: only `true` and `false` are booleans, so that a name such as `on` or `y` stays a text.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| anyhow::anyhow!("{} is not valid YAML: {error}", file.display()))
}
