//! What of others is compiled into the package: crates, as cargo resolves them for each program and platform, and npm
//! packages, as the scripts' source maps name them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::shell;
use crate::stamp::walk;
use crate::{paths, wasm};

/// A program or module of ours and the platform that it is compiled for.
pub(super) struct Root<'a> {
    /// The package in cargo.
    pub(super) package: &'a str,
    /// The target triple.
    pub(super) triple: &'a str,
}

/// The WebAssembly in the panel.
pub(super) const PANEL: Root<'static> = Root { package: "headroom-panel", triple: wasm::TARGET };

/// Where a component comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Registry {
    /// crates.io.
    Cargo,
    /// registry.npmjs.org.
    Npm,
}

/// Identifies a component: its registry, name and version.
pub(super) type Key = (Registry, String, String);

/// A crate or npm package of others that is part of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Component {
    /// An SPDX expression, as its package says.
    pub(super) licence: String,
    /// Its source on this machine.
    pub(super) folder: PathBuf,
    /// SHA-256 of its archive in the registry, in hexadecimal; known for crates.
    pub(super) sha256: Option<String>,
    /// The components that it uses itself.
    pub(super) uses: BTreeSet<Key>,
}

/// All components, in one order.
pub(super) type Components = BTreeMap<Key, Component>;

/// The components of these programs and of the scripts in `dist`.
///
/// # Errors
/// If cargo or a source map says something unexpected.
pub(super) fn components(roots: &[Root<'_>]) -> Result<Components> {
    let metadata = shell::output(shell::cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let known = crates(&serde_json::from_str(&metadata)?)?;
    let hashes = checksums(&fs::read_to_string(paths::at("Cargo.lock"))?);
    let mut found = Components::new();
    for root in roots {
        let tree = shell::output(shell::cargo().args([
            "tree",
            "--locked",
            "--package",
            root.package,
            "--target",
            root.triple,
            // A macro runs in the compiler, and a build script before it: neither is in the program.
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "depth",
            "--format",
            "{p}",
        ]))?;
        for (key, uses) in edges(&tree)? {
            let Some((licence, folder)) = known.get(&key) else {
                bail!("package: cargo's tree names {} {}, and its metadata do not", key.1, key.2);
            };
            let component = found.entry(key.clone()).or_insert_with(|| Component {
                licence: licence.clone(),
                folder: folder.clone(),
                sha256: hashes.get(&(key.1.clone(), key.2.clone())).cloned(),
                uses: BTreeSet::new(),
            });
            component.uses.extend(uses);
        }
    }
    found.extend(scripts()?);
    Ok(found)
}

/// Licence and folder of every crate of others.
fn crates(metadata: &Value) -> Result<BTreeMap<Key, (String, PathBuf)>> {
    let packages = metadata["packages"].as_array().context("cargo metadata: expected `packages`")?;
    let mut found = BTreeMap::new();
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let text = |key: &str| package[key].as_str().map(str::to_owned);
        let name = text("name").context("cargo metadata: expected a package's name")?;
        let version = text("version").with_context(|| format!("cargo metadata: expected the version of {name}"))?;
        let manifest = text("manifest_path").with_context(|| format!("cargo metadata: expected where {name} is"))?;
        let folder = Path::new(&manifest).parent().map(Path::to_owned).unwrap_or_default();
        // Very old crates separate two licences by a slash.
        let licence = text("license").unwrap_or_default().replace('/', " OR ");
        found.insert((Registry::Cargo, name, version), (licence, folder));
    }
    Ok(found)
}

/// Which crates of others a tree of `cargo tree --prefix depth` contains, and which each of them uses. Crates without a
/// registry are ours: they stand in the tree with their folder.
fn edges(tree: &str) -> Result<BTreeMap<Key, BTreeSet<Key>>> {
    let mut found: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
    // The crates from the root down to the last line; `None` for ours.
    let mut above: Vec<Option<Key>> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        let (depth, rest) = line.split_at(digits);
        let depth: usize = depth.parse().with_context(|| format!("cargo tree: expected a depth before `{line}`"))?;
        let mut words = rest.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) else {
            bail!("cargo tree: expected `NAME vVERSION`, found `{line}`");
        };
        // `(*)` stands behind a crate whose own crates are listed further up.
        let ours = words.any(|word| word.starts_with('(') && word != "(*)");
        let key = (!ours).then(|| (Registry::Cargo, name.to_owned(), version.to_owned()));
        if let Some(key) = &key {
            found.entry(key.clone()).or_default();
            if let Some(Some(user)) = depth.checked_sub(1).and_then(|parent| above.get(parent)) {
                found.entry(user.clone()).or_default().insert(key.clone());
            }
        }
        above.truncate(depth);
        above.push(key);
    }
    Ok(found)
}

/// SHA-256 of the crates' archives, by name and version, from `Cargo.lock`.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            Some(((value(package, "name")?, value(package, "version")?), value(package, "checksum")?))
        })
        .collect()
}

/// The npm packages of which a source is in a script below `dist`.
fn scripts() -> Result<Components> {
    let mut files = Vec::new();
    walk(&paths::at("dist"), &mut files)?;
    let mut found = Components::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "map")) {
        let map: Value = serde_json::from_slice(&fs::read(file)?)
            .with_context(|| format!("reading the source map {}", file.display()))?;
        let sources = map["sources"].as_array().map(Vec::as_slice).unwrap_or_default();
        for folder in sources.iter().filter_map(Value::as_str).filter_map(npm_folder) {
            let folder = paths::at(folder);
            let manifest: Value = serde_json::from_slice(&fs::read(folder.join("package.json"))?)
                .with_context(|| format!("reading {}/package.json", folder.display()))?;
            let text = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
            let key = (Registry::Npm, text("name"), text("version"));
            let component = Component { licence: text("license"), folder, sha256: None, uses: BTreeSet::new() };
            found.insert(key, component);
        }
    }
    Ok(found)
}

/// The folder of the npm package that a source of a source map belongs to, such as `node_modules/@scope/name`.
fn npm_folder(source: &str) -> Option<&str> {
    let start = source.find("node_modules/")?;
    let (_, inner) = source.rsplit_once("node_modules/")?;
    let names = if inner.starts_with('@') { 2 } else { 1 };
    let length = inner.split('/').take(names).map(|name| name.len() + 1).sum::<usize>() - 1;
    source.get(start..source.len() - inner.len() + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        (Registry::Cargo, name.to_owned(), "1.0.0".to_owned())
    }

    #[test]
    fn the_tree_says_who_uses_whom() {
        let tree = "0ours v0.1.0 (/x/ours)\n1a v1.0.0\n2b v1.0.0\n3c v1.0.0\n1other v0.1.0 (/x/other)\n2c v1.0.0 (*)\n1b v1.0.0 (*)\n";
        let expected: BTreeMap<Key, BTreeSet<Key>> = [
            (key("a"), BTreeSet::from([key("b")])),
            (key("b"), BTreeSet::from([key("c")])),
            (key("c"), BTreeSet::new()),
        ]
        .into();
        assert_eq!(edges(tree).unwrap(), expected);
        assert!(edges("nonsense").is_err());
    }

    #[test]
    fn a_source_map_names_npm_packages_by_their_folders() {
        for (source, expected) in [
            ("webpack://x/./node_modules/lodash/fp.js", Some("node_modules/lodash")),
            ("webpack://x/./node_modules/@grafana/schema/dist/a.mjs", Some("node_modules/@grafana/schema")),
            ("webpack://x/./node_modules/a/node_modules/@b/c/d.js", Some("node_modules/a/node_modules/@b/c")),
            ("webpack://x/./src/panel/module.ts", None),
        ] {
            assert_eq!(npm_folder(source), expected, "{source}");
        }
    }

    /// What the lock file says of the crates that the process is made of.
    #[test]
    fn the_components_of_the_process_are_known_with_their_hashes() {
        let found = components(&[Root { package: "headroom-backend", triple: "x86_64-unknown-linux-musl" }]).unwrap();
        let sqlite = found.iter().find(|((_, name, _), _)| name == "libsqlite3-sys").expect("SQLite is part of it").1;
        assert_eq!(sqlite.sha256.as_ref().map(String::len), Some(64));
        assert!(sqlite.folder.join("Cargo.toml").is_file() && sqlite.licence.contains("MIT"), "{sqlite:?}");
        // What only the compiler or a test needs is no part of it.
        for absent in ["serde_derive", "proptest", "headroom-engine"] {
            assert!(!found.keys().any(|(_, name, _)| name == absent), "{absent}");
        }
    }
}
