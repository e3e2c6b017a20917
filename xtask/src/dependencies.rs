//! Checks the picture in `ARCHITECTURE.md` of which of our crates depends on which. It must agree with the manifests
//! and list the crates in an order in which each depends only on those above it.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::paths;
use crate::shell::{self, say};

/// Prefix of our crates' names in manifests.
const OURS: &str = "headroom-";
/// The text before and after the picture.
const BEGIN: &str = "<!-- dependencies -->\n```text\n";
const END: &str = "```\n<!-- /dependencies -->";

/// Checks the picture against the manifests.
///
/// # Errors
/// If they differ; the message contains the correct picture.
pub(crate) fn check() -> Result<()> {
    let listed =
        shell::output(shell::command("git").args(["ls-files", "backend/Cargo.toml", "crates", "panel/Cargo.toml"]))?;
    let mut manifests = Vec::new();
    for name in listed.lines().filter(|name| name.ends_with("/Cargo.toml")) {
        manifests.push(fs::read_to_string(paths::at(name)).with_context(|| format!("{name} cannot be read"))?);
    }
    let expected = picture(&manifests)?;
    let text = fs::read_to_string(paths::at("ARCHITECTURE.md"))?;
    let shown = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(shown, _)| shown);
    if shown != Some(expected.as_str()) {
        bail!("dependencies: ARCHITECTURE.md should say which crate depends on which:\n{BEGIN}{expected}{END}");
    }
    say("dependencies", format!("{} crates", manifests.len()));
    Ok(())
}

/// One line per crate: its name, and those of our crates that it depends on.
fn picture(manifests: &[String]) -> Result<String> {
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for manifest in manifests {
        let name = value(manifest, "name").context("a manifest without a name")?;
        waiting.insert(name.strip_prefix(OURS).unwrap_or(name), dependencies(manifest));
    }
    let width = waiting.keys().map(|name| name.len()).max().unwrap_or_default();
    let mut lines = String::new();
    while !waiting.is_empty() {
        // Takes crates whose dependencies are all listed already, so that dependencies come first.
        let ready = |needs: &Vec<&str>| needs.iter().all(|need| !waiting.contains_key(need));
        let next: Vec<&str> = waiting.iter().filter(|(_, needs)| ready(needs)).map(|(name, _)| *name).collect();
        if next.is_empty() {
            bail!("these crates depend on each other: {}", waiting.into_keys().collect::<Vec<_>>().join(", "));
        }
        for name in next {
            let needs = waiting.remove(name).unwrap_or_default().join(", ");
            let line = if needs.is_empty() { name.to_owned() } else { format!("{name:<width$} → {needs}") };
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    Ok(lines)
}

/// The value of a key of `[package]`.
fn value<'m>(manifest: &'m str, key: &str) -> Option<&'m str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='))?;
    Some(line.trim().trim_matches('"'))
}

/// Our crates in `[dependencies]`, in alphabetical order. Dependencies for tests are left out.
fn dependencies(manifest: &str) -> Vec<&str> {
    let section = manifest.split("\n[").find_map(|section| section.strip_prefix("dependencies]")).unwrap_or_default();
    let mut found: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix(OURS)?.split(['.', ' ', '=']).next()).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, dependencies: &str) -> String {
        format!(
            "[package]\nname = \"{name}\"\n\n[dependencies]\nserde.workspace = true\n{dependencies}\n\n[dev-dependencies]\nheadroom-tests.workspace = true\n"
        )
    }

    #[test]
    fn each_crate_stands_below_those_that_it_depends_on() {
        let manifests = [
            manifest(
                "headroom-app",
                "headroom-core = { workspace = true, features = [\"x\"] }\nheadroom-base.workspace = true",
            ),
            manifest("headroom-core", "headroom-base.workspace = true"),
            manifest("headroom-base", ""),
        ];
        assert_eq!(picture(&manifests).unwrap(), "base\ncore → base\napp  → base, core\n");
    }

    #[test]
    fn crates_that_depend_on_each_other_are_named() {
        let manifests = [
            manifest("headroom-a", "headroom-b.workspace = true"),
            manifest("headroom-b", "headroom-a.workspace = true"),
        ];
        assert_eq!(picture(&manifests).unwrap_err().to_string(), "these crates depend on each other: a, b");
    }
}
