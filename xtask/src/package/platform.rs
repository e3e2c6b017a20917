//! The systems that Grafana runs on, and how our programs are compiled for each of them.

use std::env::consts;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::build::{self, BACKEND, CLI};
use crate::paths;
use crate::python_tools::CARGO_ZIGBUILD;
use crate::shell::{self, say};
use crate::system;

/// A system that Grafana runs on.
#[derive(Clone, Copy)]
pub(crate) struct Platform {
    os: &'static str,
    arch: &'static str,
    /// Linux binaries are linked statically with musl, because Grafana's own container image has no glibc.
    pub(super) triple: &'static str,
}

const PLATFORMS: [Platform; 5] = [
    Platform { os: "linux", arch: "x86_64", triple: "x86_64-unknown-linux-musl" },
    Platform { os: "linux", arch: "aarch64", triple: "aarch64-unknown-linux-musl" },
    Platform { os: "macos", arch: "x86_64", triple: "x86_64-apple-darwin" },
    Platform { os: "macos", arch: "aarch64", triple: "aarch64-apple-darwin" },
    Platform { os: "windows", arch: "x86_64", triple: "x86_64-pc-windows-gnu" },
];

/// Our programs for one platform.
pub(crate) struct Built {
    /// The platform.
    pub(super) platform: Platform,
    /// The data source process.
    pub(crate) backend: PathBuf,
    /// The command line.
    pub(crate) cli: PathBuf,
}

impl Platform {
    /// The end of a zip's name, as Grafana's catalogue wants it: `linux_amd64`.
    ///
    /// # Errors
    /// If Grafana does not run on this processor.
    pub(super) fn suffix(self) -> Result<String> {
        let name = build::executable(self.os, self.arch)?;
        let suffix = name.strip_prefix(BACKEND).unwrap_or(&name).trim_start_matches('_');
        Ok(suffix.trim_end_matches(".exe").to_owned())
    }

    /// The data source process's name in the plugin.
    ///
    /// # Errors
    /// If Grafana does not run on this processor.
    pub(super) fn executable(self) -> Result<String> {
        build::executable(self.os, self.arch)
    }

    /// A program's file name on this platform.
    pub(super) fn program(self, name: &str) -> String {
        format!("{name}{}", if self.os == "windows" { ".exe" } else { "" })
    }

    fn is_host(self) -> bool {
        self.os == consts::OS && self.arch == consts::ARCH
    }
}

/// Compiles our programs for this machine or, if `all`, for every platform that can be linked here.
///
/// # Errors
/// If a platform that can be linked here does not compile.
pub(super) fn build(all: bool) -> Result<Vec<Built>> {
    let mut built = Vec::new();
    for platform in PLATFORMS.into_iter().filter(|platform| all || platform.is_host()) {
        if platform.os == "macos" && consts::OS != "macos" {
            // rustls-platform-verifier asks macOS itself whom it trusts, and Apple's frameworks are on no other system.
            say("package", format!("{}: left out, it links on macOS alone", platform.suffix()?));
            continue;
        }
        built.push(compile(platform)?);
    }
    if built.is_empty() {
        bail!("package: expected a system that Grafana runs on, found {} on {}", consts::OS, consts::ARCH);
    }
    Ok(built)
}

fn compile(platform: Platform) -> Result<Built> {
    install(platform)?;
    let mut command = cargo_for(platform)?;
    command.args(["--package", "headroom-backend", "--bin", BACKEND, "--package", "headroom-cli", "--bin", CLI]);
    command.args(["--profile", "release", "--locked", "--target", platform.triple]);
    // Without the folders of this machine in messages of panics, so that two machines build the same bytes.
    command.env("CARGO_ENCODED_RUSTFLAGS", remapped().join("\u{1f}"));
    command.env("CFLAGS", remapped_c().join(" "));
    shell::run("package", &mut command)?;
    let folder = paths::target().join(platform.triple).join("release");
    let program = |name: &str| folder.join(platform.program(name));
    Ok(Built { platform, backend: program(BACKEND), cli: program(CLI) })
}

/// Installs the standard library for a platform if rustup can.
fn install(platform: Platform) -> Result<()> {
    let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(&sysroot).join("lib/rustlib").join(platform.triple).join("lib").is_dir() {
        return Ok(());
    }
    if shell::which("rustup").is_none() {
        bail!(
            "package: expected Rust's standard library for {}, found none and no rustup to install it",
            platform.triple
        );
    }
    say("package", format!("the target {} is missing: installing it with rustup", platform.triple));
    shell::run("package", shell::command("rustup").args(["target", "add", platform.triple]))
}

/// SQLite and zstd are written in C, so every platform needs a C compiler of its own: musl's for this machine, Zig's for
/// another one.
fn cargo_for(platform: Platform) -> Result<Command> {
    if platform.is_host() {
        if platform.os == "linux" {
            system::MUSL_COMPILER.ensure()?;
        }
        let mut cargo = shell::cargo();
        cargo.arg("build");
        return Ok(cargo);
    }
    let mut zigbuild = shell::command(CARGO_ZIGBUILD.ensure()?);
    zigbuild.arg("zigbuild").env("CARGO_ZIGBUILD_PYTHON_PATH", CARGO_ZIGBUILD.python());
    Ok(zigbuild)
}

/// The folders of this machine that would be in the programs, and what stands for them.
fn folders() -> [(PathBuf, &'static str); 2] {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    [(paths::root(), "/headroom"), (home.unwrap_or_else(|| "/cargo".into()), "/cargo")]
}

fn remapped() -> Vec<String> {
    let remap = |(from, to): (PathBuf, &str)| format!("--remap-path-prefix={}={to}", from.display());
    folders().into_iter().map(remap).collect()
}

fn remapped_c() -> Vec<String> {
    let remap = |(from, to): (PathBuf, &str)| format!("-ffile-prefix-map={}={to}", from.display());
    folders().into_iter().map(remap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_named_as_grafana_names_it() {
        let suffixes: Vec<String> = PLATFORMS.iter().map(|platform| platform.suffix().unwrap()).collect();
        assert_eq!(suffixes, ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64"]);
        let windows = PLATFORMS[4];
        assert_eq!(windows.program("headroom"), "headroom.exe");
        assert_eq!(windows.executable().unwrap(), "gpx_headroom_windows_amd64.exe");
    }
}
