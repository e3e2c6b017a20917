//! The checks of Grafana's plugin validator on a zip, as far as they apply to a plugin whose backend is not written in
//! Go.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use zip::ZipArchive;

use crate::readme;

/// A file in the zip.
struct Entry {
    mode: u32,
    content: Vec<u8>,
}

type Entries = BTreeMap<String, Entry>;

/// Checks a zip.
///
/// # Errors
/// Lists everything that is wrong with it.
pub(crate) fn check(path: &Path, plugin: &str, version: &str) -> Result<()> {
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let breaches = breaches(&entries(file)?, plugin, version);
    if !breaches.is_empty() {
        bail!("package: {} would refuse {}\n  {}", "Grafana's validator", path.display(), breaches.join("\n  "));
    }
    Ok(())
}

fn entries(file: impl Read + Seek) -> Result<Entries> {
    let mut archive = ZipArchive::new(file)?;
    let mut entries = Entries::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        if file.is_file() {
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            entries.insert(file.name()?.into_owned(), Entry { mode: file.unix_mode().unwrap_or(0) & 0o7777, content });
        }
    }
    Ok(entries)
}

fn breaches(entries: &Entries, plugin: &str, version: &str) -> Vec<String> {
    let mut found = Vec::new();
    let top = format!("{plugin}/");
    for (name, entry) in entries {
        if !name.starts_with(&top) {
            found.push(format!("{name}: everything has to be in the folder {plugin}"));
        }
        let file = name.rsplit('/').next().unwrap_or_default();
        if file.starts_with('.') || name.contains("node_modules") {
            found.push(format!("{name}: does not belong in a plugin"));
        }
        if extension(name) == "svg" {
            found.extend(unsafe_svg(name, &entry.content));
        }
    }
    for name in ["README.md", "CHANGELOG.md", "LICENSE", "plugin.json", "module.js"] {
        match entries.get(&format!("{top}{name}")) {
            None => found.push(format!("{name}: missing")),
            Some(entry) if entry.content.is_empty() => found.push(format!("{name}: empty")),
            Some(entry) => found.extend(dead_links(name, &entry.content)),
        }
    }
    let manifests = entries.iter().filter(|(name, _)| name.ends_with("/plugin.json"));
    for (name, entry) in manifests {
        match serde_json::from_slice::<Value>(&entry.content) {
            Ok(manifest) => {
                let folder = name.trim_end_matches("plugin.json");
                found.extend(
                    manifest_breaches(entries, folder, &manifest, version)
                        .into_iter()
                        .map(|breach| format!("{name}: {breach}")),
                );
            }
            Err(error) => found.push(format!("{name}: not JSON: {error}")),
        }
    }
    if let Some(entry) = entries.get(&format!("{top}plugin.json"))
        && let Ok(manifest) = serde_json::from_slice::<Value>(&entry.content)
    {
        if manifest["id"] != plugin {
            found.push(format!("plugin.json: expected the id {plugin}, found {}", manifest["id"]));
        }
        found.extend(undeclared(entries, &top, &manifest));
    }
    found
}

/// Links in a document to files that are not available on a plugin's page.
fn dead_links(name: &str, content: &[u8]) -> Vec<String> {
    if extension(name) != "md" {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(content);
    readme::relative_links(&text).iter().map(|target| format!("{name}: a relative link, {target}")).collect()
}

/// The problems of one `plugin.json`. `folder` is its folder, with a slash at the end.
fn manifest_breaches(entries: &Entries, folder: &str, manifest: &Value, version: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let info = &manifest["info"];
    for (what, value) in [
        ("id", &manifest["id"]),
        ("name", &manifest["name"]),
        ("info.description", &info["description"]),
        ("info.author.name", &info["author"]["name"]),
        ("info.updated", &info["updated"]),
    ] {
        if text(value).is_empty() {
            found.push(format!("{what} is missing"));
        }
    }
    if manifest.to_string().contains('%') {
        found.push("a placeholder such as %VERSION% was not filled in".to_owned());
    }
    let own = text(&info["version"]);
    if own != version {
        found.push(format!("expected the version {version} of package.json, found {own}"));
    }
    if info["keywords"].as_array().is_none_or(Vec::is_empty) {
        found.push("info.keywords is missing".to_owned());
    }
    let needs = text(&manifest["dependencies"]["grafanaDependency"]);
    let numbers =
        needs.trim_start_matches(">=").split(['.', '-']).take(3).filter(|part| part.parse::<u32>().is_ok()).count();
    if !needs.starts_with(">=") || numbers != 3 {
        found.push(format!("dependencies.grafanaDependency: expected a range such as >=12.0.0, found `{needs}`"));
    }
    let screenshots = info["screenshots"].as_array().into_iter().flatten().map(|shot| text(&shot["path"]));
    for image in [text(&info["logos"]["small"]), text(&info["logos"]["large"])].into_iter().chain(screenshots) {
        if image.is_empty() || image.contains("://") || image.starts_with('/') {
            found.push(format!("expected the path of an image in the plugin, found `{image}`"));
        } else if !entries.contains_key(&format!("{folder}{image}")) {
            found.push(format!("{image} is not in the zip"));
        }
    }
    if manifest["type"] == "app" && info["screenshots"].as_array().is_none_or(Vec::is_empty) {
        found.push("info.screenshots is empty".to_owned());
    }
    for module in ["module.js", "module.js.map"] {
        if !entries.contains_key(&format!("{folder}{module}")) {
            found.push(format!("{module} is missing beside it"));
        }
    }
    found.extend(binaries(entries, folder, manifest));
    found
}

/// The endings of the files that Grafana starts on each platform, as Go names them.
const SUFFIXES: [&str; 6] =
    ["linux_amd64", "linux_arm64", "linux_arm", "darwin_amd64", "darwin_arm64", "windows_amd64.exe"];

fn binaries(entries: &Entries, folder: &str, manifest: &Value) -> Vec<String> {
    let executable = manifest["executable"].as_str().unwrap_or_default();
    if manifest["backend"] != true {
        return Vec::new();
    }
    let prefix = format!("{folder}{executable}_");
    let of_plugin: Vec<(&String, &Entry)> = entries.iter().filter(|(name, _)| name.starts_with(&prefix)).collect();
    let mut found = Vec::new();
    if executable.is_empty() || of_plugin.is_empty() {
        found.push(format!("has a backend, but no binary {executable}_<os>_<arch> is beside it"));
    }
    for (name, entry) in of_plugin {
        let suffix = &name[prefix.len()..];
        if !SUFFIXES.contains(&suffix) {
            found.push(format!("{name}: expected a name that ends with one of {}", SUFFIXES.join(", ")));
        }
        if entry.mode != 0o755 {
            found.push(format!("{name}: expected mode 0755, found {:04o}", entry.mode));
        }
    }
    found
}

/// Nested plugins that the app does not declare, and declared ones that are missing or have another type.
fn undeclared(entries: &Entries, top: &str, manifest: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let includes: Vec<&Value> = manifest["includes"].as_array().into_iter().flatten().collect();
    let declared = |path: &str| includes.iter().find(|include| include["path"] == path);
    for (name, entry) in entries {
        let Some(path) = name.strip_prefix(top).filter(|path| path.ends_with("/plugin.json")) else { continue };
        let nested: Value = serde_json::from_slice(&entry.content).unwrap_or_default();
        match declared(path) {
            None => found.push(format!("plugin.json: {path} is not in `includes`")),
            Some(include) if include["type"] != nested["type"] => {
                found.push(format!("plugin.json: {path} is a {}, not a {}", nested["type"], include["type"]));
            }
            Some(_) => {}
        }
    }
    let dashboards = entries.keys().filter_map(|name| name.strip_prefix(top).filter(|path| is_dashboard(path)));
    let (with, without): (Vec<&str>, Vec<&str>) = dashboards.partition(|path| declared(path).is_some());
    if !with.is_empty() {
        found.extend(without.iter().map(|path| {
            format!("plugin.json: {path} is not in `includes` while others are: their links to it would be dead")
        }));
    }
    for (name, entry) in entries {
        let Some(path) = name.strip_prefix(top).filter(|path| path.starts_with("import/")) else { continue };
        if let Err(breach) = importable(&entry.content) {
            found.push(format!("{path}: {breach}"));
        }
    }
    for path in
        includes.iter().filter(|include| include["type"] != "page").filter_map(|include| include["path"].as_str())
    {
        if !entries.contains_key(&format!("{top}{path}")) {
            found.push(format!("plugin.json: `includes` names {path}, which is not in the zip"));
        }
    }
    found
}

/// Checks that a dashboard asks for its data source when a person imports it, and that it names no other one.
fn importable(content: &[u8]) -> Result<(), String> {
    fn uids(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("datasource").map(|source| source["uid"].as_str().unwrap_or_default().to_owned()));
                map.values().for_each(|inner| uids(inner, found));
            }
            Value::Array(all) => all.iter().for_each(|inner| uids(inner, found)),
            _ => {}
        }
    }
    let model: Value = serde_json::from_slice(content).map_err(|error| format!("not JSON: {error}"))?;
    let input = format!("${{{}}}", model["__inputs"][0]["name"].as_str().unwrap_or_default());
    let mut used = Vec::new();
    uids(&model, &mut used);
    match used.iter().find(|uid| **uid != input) {
        _ if used.is_empty() => Err("asks no data source".to_owned()),
        Some(other) => Err(format!("expected the data source {input} that its `__inputs` ask for, found `{other}`")),
        None => Ok(()),
    }
}

/// Whether a path in the plugin is that of a dashboard that Grafana can import with the app.
fn is_dashboard(path: &str) -> bool {
    path.strip_prefix("dashboards/").is_some_and(|name| !name.contains('/')) && extension(path) == "json"
}

/// SVG files that could run a script in Grafana's page.
fn unsafe_svg(name: &str, content: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(content).to_ascii_lowercase();
    ["<script", "javascript:", "<foreignobject", " onload=", " onclick=", " onerror="]
        .iter()
        .filter(|bad| text.contains(*bad))
        .map(|bad| format!("{name}: contains `{}`", bad.trim()))
        .collect()
}

fn extension(name: &str) -> &str {
    Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use serde_json::json;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Zips a valid plugin, changed by `change`, and checks it.
    fn check(change: impl FnOnce(&mut BTreeMap<String, (u32, String)>), expected: &[&str]) {
        let manifest = |id: &str, kind: &str| {
            json!({
                "id": id, "name": id, "type": kind,
                "info": {
                    "version": "1.2.3", "updated": "2026-11-24", "description": "d", "keywords": ["k"], "author": { "name": "a" },
                    "logos": { "small": "img/logo.svg", "large": "img/logo.svg" },
                    "screenshots": [{ "name": "s", "path": "img/logo.svg" }],
                },
                "dependencies": { "grafanaDependency": ">=12.0.0-0" },
            })
        };
        let mut app = manifest("a-b-app", "app");
        app["includes"] =
            json!([{ "type": "datasource", "path": "datasource/plugin.json" }, { "type": "page", "path": "/a/x" }]);
        let mut datasource = manifest("a-b-datasource", "datasource");
        datasource["backend"] = true.into();
        datasource["executable"] = "gpx_x".into();
        let mut files = BTreeMap::new();
        for name in ["README.md", "CHANGELOG.md", "LICENSE", "module.js", "module.js.map", "img/logo.svg"] {
            files.insert(format!("a-b-app/{name}"), (0o644, "<svg/>".to_owned()));
            files.insert(format!("a-b-app/datasource/{name}"), (0o644, "<svg/>".to_owned()));
        }
        files.insert("a-b-app/plugin.json".into(), (0o644, app.to_string()));
        files.insert("a-b-app/datasource/plugin.json".into(), (0o644, datasource.to_string()));
        files.insert("a-b-app/datasource/gpx_x_linux_amd64".into(), (0o755, "ELF".to_owned()));
        change(&mut files);

        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, (mode, content)) in files {
            zip.start_file(name, SimpleFileOptions::default().unix_permissions(mode)).unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        let found = breaches(&entries(zip.finish().unwrap()).unwrap(), "a-b-app", "1.2.3");
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "expected `{expected}` in `{found}`");
        }
    }

    fn edit(files: &mut BTreeMap<String, (u32, String)>, name: &str, from: &str, to: &str) {
        let (_, content) = files.get_mut(name).unwrap();
        assert!(content.contains(from));
        *content = content.replace(from, to);
    }

    #[test]
    fn a_sound_plugin_passes() {
        check(|_| {}, &[]);
    }

    #[test]
    fn everything_is_in_one_folder() {
        check(|files| drop(files.insert("other/x".into(), (0o644, "x".into()))), &["has to be in the folder"]);
        check(|files| drop(files.insert("a-b-app/.DS_Store".into(), (0o644, "x".into()))), &["does not belong"]);
    }

    #[test]
    fn documents_are_there() {
        check(|files| drop(files.remove("a-b-app/README.md")), &["README.md: missing"]);
        check(|files| files.get_mut("a-b-app/LICENSE").unwrap().1.clear(), &["LICENSE: empty"]);
        check(
            |files| files.get_mut("a-b-app/README.md").unwrap().1 = "see [this](docs/a.md)".into(),
            &["README.md: a relative link, docs/a.md"],
        );
    }

    #[test]
    fn binaries_have_their_name_and_mode() {
        let binary = "a-b-app/datasource/gpx_x_linux_amd64";
        check(|files| files.get_mut(binary).unwrap().0 = 0o644, &["expected mode 0755, found 0644"]);
        check(|files| drop(files.remove(binary)), &["no binary gpx_x_<os>_<arch>"]);
        check(
            |files| {
                let content = files.remove(binary).unwrap();
                files.insert("a-b-app/datasource/gpx_x_linux_x86_64".into(), content);
            },
            &["expected a name that ends with one of"],
        );
    }

    #[test]
    fn the_manifest_is_filled_in() {
        let manifest = "a-b-app/datasource/plugin.json";
        check(|files| edit(files, manifest, "1.2.3", "1.2.4"), &["expected the version 1.2.3"]);
        check(|files| edit(files, manifest, "2026-11-24", "%TODAY%"), &["placeholder"]);
        check(|files| edit(files, manifest, ">=12.0.0-0", "12.x"), &["grafanaDependency"]);
        check(|files| edit(files, manifest, "\"k\"", ""), &["keywords"]);
        check(|files| drop(files.remove("a-b-app/datasource/module.js.map")), &["module.js.map is missing"]);
    }

    #[test]
    fn images_are_there_and_safe() {
        check(
            |files| drop(files.remove("a-b-app/img/logo.svg")),
            &["logo.svg is not in", "logo.svg is not in", "logo.svg is not in"],
        );
        check(
            |files| files.get_mut("a-b-app/img/logo.svg").unwrap().1 = "<svg><script/></svg>".into(),
            &["contains `<script`"],
        );
    }

    #[test]
    fn dashboards_are_included_together_or_not_at_all() {
        let add = |files: &mut BTreeMap<String, (u32, String)>| {
            for name in ["a", "b"] {
                files.insert(format!("a-b-app/dashboards/{name}.json"), (0o644, "{}".into()));
            }
        };
        check(add, &[]);
        check(
            |files| {
                add(files);
                let one = r#"{"type":"dashboard","path":"dashboards/a.json"},{"path":"/a/x""#;
                edit(files, "a-b-app/plugin.json", r#"{"path":"/a/x""#, one);
            },
            &["dashboards/b.json is not in `includes` while others are"],
        );
    }

    #[test]
    fn a_dashboard_to_import_asks_for_its_data_source() {
        let with = |uid: &str| {
            let model = json!({ "__inputs": [{ "name": "DS" }], "panels": [{ "datasource": { "uid": uid } }] });
            move |files: &mut BTreeMap<String, (u32, String)>| {
                files.insert("a-b-app/import/a.json".into(), (0o644, model.to_string()));
            }
        };
        check(with("${DS}"), &[]);
        check(with("headroom"), &["expected the data source ${DS} that its `__inputs` ask for, found `headroom`"]);
    }

    #[test]
    fn nested_plugins_are_declared() {
        let manifest = "a-b-app/plugin.json";
        check(
            |files| edit(files, manifest, "datasource/plugin.json", "panel/plugin.json"),
            &["datasource/plugin.json is not in `includes`", "names panel/plugin.json, which is not in the zip"],
        );
        check(
            |files| edit(files, manifest, "\"type\":\"datasource\"", "\"type\":\"panel\""),
            &["is a \"datasource\", not a \"panel\""],
        );
    }
}
