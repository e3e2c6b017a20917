//! The licence texts of everything of others that is in the package, as those licences ask for.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::shipped::{Component, Components, Key, Registry};
use crate::stamp::walk;

/// The name of the file in the package.
pub(super) const FILE: &str = "THIRD-PARTY-LICENSES.txt";

const HEAD: &str = "Headroom is licensed under the Apache License 2.0, see LICENSE. It contains the software of others that is\n\
listed here, each under its own licence. Below the list is every licence text, with the software that it came with.\n";

/// What Rust's own compiler links into every program.
const RUST: &str = "Rust's standard library (https://www.rust-lang.org): Apache-2.0 OR MIT\n\
musl libc (https://musl.libc.org), in the programs for Linux: MIT\n";

/// The file's text.
///
/// # Errors
/// Names the components of which neither a licence nor a text is known.
pub(super) fn text(components: &Components) -> Result<String> {
    let mut texts: BTreeMap<String, Vec<&Key>> = BTreeMap::new();
    let mut unknown = Vec::new();
    let mut list = String::new();
    for (key, component) in components {
        let found = texts_of(component)?;
        if component.licence.is_empty() && found.is_empty() {
            unknown.push(format!("{} {}", key.1, key.2));
        }
        let licence = if component.licence.is_empty() { "see the text below" } else { &component.licence };
        let note = if found.is_empty() { ", its package has no text of it" } else { "" };
        writeln!(list, "{}: {licence}{note}", named(key))?;
        for text in found {
            texts.entry(text).or_default().push(key);
        }
    }
    if !unknown.is_empty() {
        bail!("package: no licence is known for {}; it may not be shipped", unknown.join(", "));
    }
    let mut all = format!("{HEAD}\n{RUST}{list}");
    // In the order of their first component, which is that of the list.
    let mut texts: Vec<(Vec<&Key>, String)> = texts.into_iter().map(|(text, of)| (of, text)).collect();
    texts.sort();
    for (of, text) in texts {
        let names: Vec<String> = of.into_iter().map(named).collect();
        write!(all, "\n{}\n{}\n\n{text}\n", "=".repeat(80), names.join(", "))?;
    }
    Ok(all)
}

fn named((registry, name, version): &Key) -> String {
    match registry {
        Registry::Cargo => format!("{name} {version}"),
        Registry::Npm => format!("{name} {version} (npm)"),
    }
}

/// The texts of a component, those of the C libraries inside of it too. The same text with other line ends is one.
fn texts_of(component: &Component) -> Result<Vec<String>> {
    let mut files = Vec::new();
    walk(&component.folder, &mut files)?;
    files.sort();
    let mut texts: Vec<String> = Vec::new();
    for file in files.into_iter().filter(|file| is_licence(&component.folder, file)) {
        let text = String::from_utf8_lossy(&fs::read(file)?).replace('\r', "");
        let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned();
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok(texts)
}

/// Whether a file holds a licence: by its name, at the root of the component or of a library inside of it.
fn is_licence(root: &Path, file: &Path) -> bool {
    let Ok(inner) = file.strip_prefix(root) else { return false };
    let name = file.file_name().map(|name| name.to_string_lossy().to_ascii_uppercase()).unwrap_or_default();
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let is_text = matches!(extension.as_deref(), None | Some("md" | "txt" | "mit" | "apache" | "bsd" | "unlicense"))
        || name.starts_with("LICENSE-")
        || name.starts_with("LICENSE.");
    let is_source = matches!(extension.as_deref(), Some("rs" | "toml" | "json" | "js" | "html" | "py"));
    let named = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];
    inner.components().count() <= 3 && is_text && !is_source && named.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn component(folder: &Path, licence: &str) -> Component {
        Component { licence: licence.into(), folder: folder.into(), sha256: None, uses: BTreeSet::new() }
    }

    fn key(name: &str) -> Key {
        (Registry::Cargo, name.to_owned(), "1.0.0".to_owned())
    }

    #[test]
    fn every_text_stands_once_with_those_it_came_with() {
        let root = std::env::temp_dir().join(format!("headroom-licences-{}", std::process::id()));
        let (a, b, c) = (root.join("a"), root.join("b"), root.join("c"));
        for (path, text) in [
            (a.join("LICENSE-MIT"), "the text\r\nof a licence  \r\n"),
            (a.join("src/license.rs"), "code"),
            (b.join("LICENSE"), "the text\nof a licence\n"),
            (b.join("zstd/COPYING"), "that of a library inside"),
            (c.join("Cargo.toml"), ""),
        ] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let all = |third: &str| -> Components {
            [("a", component(&a, "MIT")), ("b", component(&b, "MIT")), ("c", component(&c, third))]
                .into_iter()
                .map(|(name, component)| (key(name), component))
                .collect()
        };
        let text = text(&all("ISC"));
        let refused = super::text(&all("")).unwrap_err().to_string();
        fs::remove_dir_all(&root).unwrap();
        let text = text.unwrap();
        assert_eq!(text.matches("the text\nof a licence\n").count(), 1, "{text}");
        assert!(text.contains("a 1.0.0, b 1.0.0\n\nthe text"), "{text}");
        assert!(text.contains("b 1.0.0\n\nthat of a library inside"), "{text}");
        assert!(text.contains("c 1.0.0: ISC, its package has no text of it"), "{text}");
        assert!(!text.contains("code"), "{text}");
        assert!(refused.contains("c 1.0.0"), "{refused}");
    }
}
