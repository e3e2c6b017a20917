//! Finds the built plugins, nested ones too.

use std::{
    env::consts,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Grafana's plugin layout has one level of nesting. Anything deeper than this must be a loop of links.
const MAX_DEPTH: usize = 6;

/// One plugin on disk.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// `id` of its plugin.json.
    pub id: String,
    /// `type`: `app`, `datasource` or `panel`.
    pub kind: String,
    /// `name`.
    pub name: String,
    /// Folder of its plugin.json; the root of `/public/plugins/<id>/`.
    pub folder: PathBuf,
    /// The whole plugin.json.
    pub manifest: Value,
}

impl Plugin {
    /// The process to start if the plugin has a backend: `<executable>_<os>_<arch>` beside plugin.json, with Go's
    /// names.
    pub fn executable(&self) -> Option<PathBuf> {
        if !self.manifest.get("backend").and_then(Value::as_bool).unwrap_or(false) {
            return None;
        }
        let name = self.manifest.get("executable").and_then(Value::as_str)?;
        Some(self.folder.join(format!("{name}_{}", platform_suffix(consts::OS, consts::ARCH))))
    }

    /// `info.version`; empty if there is none.
    pub fn version(&self) -> &str {
        self.manifest.pointer("/info/version").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Go's names for a platform, as Grafana appends them to `executable`.
fn platform_suffix(os: &str, arch: &str) -> String {
    let go_os = if os == "macos" { "darwin" } else { os };
    let go_arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{go_os}_{go_arch}{}", if os == "windows" { ".exe" } else { "" })
}

/// The plugins below a folder, in the order of their paths, and one sentence for each plugin that was left out.
#[must_use]
pub fn find(root: &Path) -> (Vec<Plugin>, Vec<String>) {
    let (mut plugins, mut problems) = (Vec::new(), Vec::new());
    if !root.is_dir() {
        problems.push(format!("plugin folder {} does not exist; run `cargo xtask build` first", root.display()));
        return (plugins, problems);
    }
    walk(root, 0, &mut plugins, &mut problems);
    if plugins.is_empty() && problems.is_empty() {
        problems.push(format!("no plugin.json below {}; run `cargo xtask build` first", root.display()));
    }
    (plugins, problems)
}

fn walk(folder: &Path, depth: usize, plugins: &mut Vec<Plugin>, problems: &mut Vec<String>) {
    let manifest = folder.join("plugin.json");
    if manifest.is_file() {
        match read(folder, &manifest) {
            Ok(plugin) => match plugins.iter().find(|other: &&Plugin| other.id == plugin.id) {
                Some(other) => problems.push(format!(
                    "{} has the id {:?} of {}; it is left out",
                    manifest.display(),
                    plugin.id,
                    other.folder.display()
                )),
                None => plugins.push(plugin),
            },
            Err(error) => problems.push(error.to_string()),
        }
    }
    if depth >= MAX_DEPTH {
        return;
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(format!("cannot list {}: {error}", folder.display()));
            return;
        }
    };
    let mut folders: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    for inner in folders {
        if inner.file_name().is_some_and(|name| name != "node_modules") {
            walk(&inner, depth + 1, plugins, problems);
        }
    }
}

fn read(folder: &Path, file: &Path) -> anyhow::Result<Plugin> {
    let bytes = fs::read(file).map_err(|error| anyhow::anyhow!("cannot read {}: {error}", file.display()))?;
    let manifest: Value =
        serde_json::from_slice(&bytes).map_err(|error| anyhow::anyhow!("{} is not JSON: {error}", file.display()))?;
    let text = |key: &str| {
        manifest
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| anyhow::anyhow!("{} has no `{key}`", file.display()))
    };
    Ok(Plugin { id: text("id")?, kind: text("type")?, name: text("name")?, folder: folder.to_owned(), manifest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn nested_plugins_are_found_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(&root.join("app/plugin.json"), r#"{"id":"x-app","type":"app","name":"X"}"#);
        write(
            &root.join("app/datasource/plugin.json"),
            r#"{"id":"x-ds","type":"datasource","name":"XD","backend":true,"executable":"gpx_x","info":{"version":"1.2.3"}}"#,
        );
        write(&root.join("app/panel/plugin.json"), r#"{"id":"x-panel","type":"panel","name":"XP"}"#);
        write(&root.join("app/twin/plugin.json"), r#"{"id":"x-panel","type":"panel","name":"XP"}"#);
        write(&root.join("app/broken/plugin.json"), "{");
        write(&root.join("app/nameless/plugin.json"), r#"{"id":"y","type":"panel"}"#);
        let (plugins, problems) = find(root);
        assert_eq!(plugins.iter().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>(), ["x-app", "x-ds", "x-panel"]);
        let binary = plugins[1].executable().unwrap();
        assert!(binary.starts_with(root.join("app/datasource")), "{}", binary.display());
        assert_eq!(plugins[1].version(), "1.2.3");
        assert_eq!(plugins[2].executable(), None);
        for needle in ["broken/plugin.json is not JSON", "nameless/plugin.json has no `name`", "has the id \"x-panel\""]
        {
            assert!(problems.iter().any(|problem| problem.contains(needle)), "{needle}: {problems:?}");
        }
    }

    #[test]
    fn platforms_have_the_names_that_grafana_looks_for() {
        let check = |os, arch, expected: &str| assert_eq!(platform_suffix(os, arch), expected);
        check("linux", "x86_64", "linux_amd64");
        check("linux", "aarch64", "linux_arm64");
        check("macos", "aarch64", "darwin_arm64");
        check("windows", "x86_64", "windows_amd64.exe");
        check("linux", "arm", "linux_arm");
    }

    #[test]
    fn nothing_built_says_what_to_run() {
        let folder = tempfile::tempdir().unwrap();
        assert!(find(folder.path()).1[0].contains("cargo xtask build"));
        assert!(find(&folder.path().join("dist")).1[0].contains("cargo xtask build"));
    }
}
