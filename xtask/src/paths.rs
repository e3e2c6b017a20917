//! Paths relative to the workspace root.

use std::env;
use std::path::PathBuf;

/// The folder of unpacked Debian packages; their programs are in `PACKAGE/usr/bin`.
pub(crate) const UNPACKED: &str = ".cache/tools/debian";

/// The workspace root: the folder that holds the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest.parent().map_or_else(|| PathBuf::from("."), PathBuf::from)
}

/// A path below the workspace root.
pub(crate) fn at(relative: &str) -> PathBuf {
    root().join(relative)
}

/// The folder of cargo's output.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| at("target"), PathBuf::from)
}
