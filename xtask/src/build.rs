//! `cargo xtask build`: builds the plugin into `dist/`, as Grafana loads it.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, say};
use crate::stamp::Stamp;
use crate::{lock, npm, paths, wasm};

/// The name of the data source process in cargo.
pub(crate) const BACKEND: &str = "gpx_headroom";

/// The name of the command line in cargo.
pub(crate) const CLI: &str = "headroom";

/// How the host binaries are compiled. The WebAssembly always has its own profile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Fast to compile, shared with the tests.
    Dev,
    /// Optimised, and fast to link.
    Demo,
    /// As shipped.
    Release,
}

impl Profile {
    /// Its name for `cargo --profile`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Demo => "demo",
            Self::Release => "release",
        }
    }

    /// A binary that this profile built.
    pub(crate) fn binary(self, name: &str) -> PathBuf {
        let folder = if self == Self::Dev { "debug" } else { self.name() };
        paths::target().join(folder).join(format!("{name}{}", consts::EXE_SUFFIX))
    }
}

/// Parses the command line of `build` and runs it.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    let (mut profile, mut wasm_only, mut optimise) = (Profile::Dev, false, true);
    for argument in arguments {
        match argument.as_str() {
            "--demo" => profile = Profile::Demo,
            "--release" => profile = Profile::Release,
            "--wasm-only" => wasm_only = true,
            "--no-opt" => optimise = false,
            other => bail!("build: expected --demo, --release, --wasm-only or --no-opt, found `{other}`"),
        }
    }
    if wasm_only {
        let _lock = lock::build()?;
        return wasm::build(optimise);
    }
    everything(profile, optimise)
}

/// Builds the whole plugin and the preview's page.
pub(crate) fn everything(profile: Profile, optimise: bool) -> Result<()> {
    let _lock = lock::build()?;
    wasm::build(optimise)?;
    front_end()?;
    backend(profile)
}

/// Builds the parts that are the same on every platform.
pub(crate) fn scripts() -> Result<()> {
    let _lock = lock::build()?;
    wasm::build(true)?;
    front_end()
}

/// The three plugins' scripts and the preview's page.
fn front_end() -> Result<()> {
    npm::install()?;
    let mut inputs = front_end_configuration()?;
    inputs.extend(
        ["src", "panel/pkg", "provisioning/dashboards", "docs/runbooks", "README.md", "CHANGELOG.md", "LICENSE"]
            .map(paths::at),
    );
    let outputs =
        ["dist/plugin.json", "dist/module.js", "dist/datasource/module.js", "dist/panel/module.js"].map(paths::at);
    match Stamp::stale("front-end", &inputs, "", &outputs)? {
        None => say("front end", "up to date"),
        Some(stamp) => {
            shell::run("front end", &mut npm::script("build"))?;
            stamp.write()?;
        }
    }
    let mut inputs = front_end_configuration()?;
    inputs.push(paths::at("crates/preview/page"));
    match Stamp::stale("preview-page", &inputs, "", &[paths::at(".cache/preview/index.html")])? {
        None => say("preview", "page is up to date"),
        Some(stamp) => {
            shell::run("preview", &mut npm::script("build:preview"))?;
            stamp.write()?;
        }
    }
    Ok(())
}

/// The lock file and every configuration file in the root.
fn front_end_configuration() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(paths::root())? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_file() && matches!(extension, Some("json" | "mjs" | "cjs" | "js" | "ts")) {
            files.push(path);
        }
    }
    Ok(files)
}

/// Compiles the data source process and puts it where Grafana looks for it.
pub(crate) fn backend(profile: Profile) -> Result<()> {
    binary(profile, "headroom-backend", BACKEND)?;
    let name = executable(consts::OS, consts::ARCH)?;
    let installed = paths::at("dist/datasource").join(&name);
    install_binary(&profile.binary(BACKEND), &installed)?;
    say("backend", format!("dist/datasource/{name}"));
    Ok(())
}

/// Compiles one program of the workspace.
pub(crate) fn binary(profile: Profile, package: &str, name: &str) -> Result<()> {
    let step = package.trim_start_matches("headroom-");
    let mut cargo = shell::cargo();
    match profile {
        Profile::Dev => cargo.args(["build-tested", "--bin", name]),
        Profile::Demo | Profile::Release => {
            cargo.args(["build", "--package", package, "--bin", name, "--profile", profile.name()])
        }
    };
    shell::run(step, &mut cargo)
}

/// The name of the file that Grafana starts on an operating system and a processor, which are named as in Go.
pub(crate) fn executable(os: &str, arch: &str) -> Result<String> {
    let arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm",
        other => bail!("backend: Grafana runs on x86_64, aarch64 and arm, found `{other}`"),
    };
    Ok(match os {
        "linux" => format!("gpx_headroom_linux_{arch}"),
        "macos" => format!("gpx_headroom_darwin_{arch}"),
        "windows" => format!("gpx_headroom_windows_{arch}.exe"),
        other => bail!("backend: Grafana runs on linux, macos and windows, found `{other}`"),
    })
}

/// Replaces a binary by renaming, because the old one may be running.
fn install_binary(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let partial = to.with_extension("partial");
    fs::copy(from, &partial).with_context(|| format!("copying {}", from.display()))?;
    make_executable(&partial)?;
    fs::rename(&partial, to).with_context(|| format!("installing {}", to.display()))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the Unix half can fail")]
fn make_executable(_path: &Path) -> Result<()> {
    Ok(())
}
