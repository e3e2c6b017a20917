//! npm: installs the packages in `package-lock.json`, and runs scripts in `package.json`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::paths;
use crate::shell::{self, say};

/// Installs the locked packages if `node_modules` contains others.
///
/// # Errors
/// If Node.js or npm is missing, or npm fails.
pub(crate) fn install() -> Result<()> {
    if shell::which("npm").is_none() {
        bail!(
            "npm: expected Node.js 20 or newer with npm on the PATH, found none; install it from https://nodejs.org or your distribution"
        );
    }
    if installed().unwrap_or(false) {
        say("npm", "node_modules is up to date");
        return Ok(());
    }
    shell::run("npm", shell::command("npm").args(["ci", "--no-audit", "--no-fund"]))
}

/// Whether every package in the lock file is installed in its version, by npm's own list of what it installed. Packages
/// for other platforms are optional and may be absent.
fn installed() -> Result<bool> {
    let (locked, present) = (json("package-lock.json")?, json("node_modules/.package-lock.json")?);
    let packages = locked["packages"].as_object().context("package-lock.json: expected `packages`")?;
    Ok(packages.iter().filter(|(path, _)| !path.is_empty()).all(|(path, package)| {
        let found = &present["packages"][path];
        // After an interrupted installation the list is still that of the previous one.
        let there = found["version"] == package["version"] && paths::at(path).join("package.json").is_file();
        there || (found.is_null() && package["optional"] == true)
    }))
}

fn json(relative: &str) -> Result<Value> {
    let path = paths::at(relative);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

/// `npm run SCRIPT`.
pub(crate) fn script(name: &str) -> Command {
    let mut command = shell::command("npm");
    command.args(["run", "--silent", name]);
    command
}

/// A program from an npm package.
pub(crate) fn binary(name: &str) -> PathBuf {
    paths::at("node_modules/.bin").join(name)
}

/// The version in `package.json`.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn version() -> Result<String> {
    json("package.json")?["version"].as_str().map(str::to_owned).context("package.json: expected a version")
}
