//! The data source process for tests of other packages: cargo hands a package's programs to that package's own tests alone.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Builds the data source process with the features that tests have, in the repository at `root`; its path.
///
/// # Errors
/// If it does not compile.
pub fn backend(root: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build-tested", "--bin", "gpx_headroom", "--message-format=json"]);
    // Cargo sets these for the program it runs; passed on they make every crate look changed.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_")
            || name == "CARGO_MANIFEST_DIR"
            || name == "CARGO_MANIFEST_PATH"
        {
            cargo.env_remove(&name);
        }
    }
    let output = cargo.current_dir(root).output().context("running cargo")?;
    if !output.status.success() {
        bail!("building gpx_headroom: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "gpx_headroom")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("expected cargo to name the program that it built; it named none")
}
