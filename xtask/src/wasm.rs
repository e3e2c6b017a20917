//! Builds `panel/pkg` from the `panel` crate: compiles, writes bindings, reduces the size.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{self, say};
use crate::stamp::Stamp;
use crate::{npm, paths};

/// The target triple of the panel.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The features that rustc emits for this target, which every browser since 2021 supports. They are listed so that
/// wasm-opt uses nothing newer.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The options that give the smallest compressed size, found by trial. Functions with one caller are not inlined,
/// because then what they share with others repeats; and functions are ordered by name, which puts similar ones next to
/// each other.
const SMALLEST: [&str; 4] =
    ["-Oz", "--converge", "--one-caller-inline-max-function-size=20", "--reorder-functions-by-name"];

/// A variant of the panel's build.
struct Flavour {
    /// The name of its stamps and of its folder below `.cache/bindings`.
    name: &'static str,
    /// Cargo's folder for it, below the target folder. Two sets of features in one folder would rebuild each other's
    /// WebAssembly every time, because its file name is the same.
    target: &'static str,
    features: &'static str,
    package: &'static str,
}

const SHIPPED: Flavour = Flavour { name: "panel", target: "", features: "", package: "panel/pkg" };

/// With the `fingerprint` export, which includes the whole engine and is not shipped.
const SELFTEST: Flavour =
    Flavour { name: "selftest", target: "selftest", features: "selftest", package: ".cache/selftest" };

/// Builds `panel/pkg`. Without `optimise` it skips wasm-opt, which is faster while working on the panel.
///
/// # Errors
/// If a tool is missing or fails.
pub(crate) fn build(optimise: bool) -> Result<()> {
    make(&SHIPPED, optimise).map(drop)
}

/// Builds the panel with its self-test, otherwise as it is shipped; returns the folder.
pub(crate) fn build_selftest() -> Result<PathBuf> {
    make(&SELFTEST, true)
}

fn make(flavour: &Flavour, optimise: bool) -> Result<PathBuf> {
    let compiled = compile(flavour)?;
    let staging = paths::at(".cache/bindings").join(flavour.name);
    write_bindings(flavour, &compiled, &staging)?;
    publish(flavour, &staging, optimise)
}

fn compile(flavour: &Flavour) -> Result<PathBuf> {
    let target = paths::target().join(flavour.target);
    let mut command = cargo()?;
    command.args(["build", "--package", "headroom-panel", "--lib", "--target", TARGET, "--profile", "wasm"]);
    if !flavour.features.is_empty() {
        command.args(["--features", flavour.features]).arg("--target-dir").arg(&target);
    }
    shell::run("wasm", &mut command)?;
    Ok(target.join(TARGET).join("wasm/headroom_panel.wasm"))
}

/// A cargo that can compile for [`TARGET`]; the subcommand must be added.
///
/// # Errors
/// If there is no toolchain for it.
pub(crate) fn cargo() -> Result<Command> {
    if target_installed()? { Ok(shell::cargo()) } else { debian_build_std() }
}

/// Whether the toolchain can compile for WebAssembly. If not, rustup is asked to install the target.
fn target_installed() -> Result<bool> {
    let sysroot = shell::output(shell::command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(true);
    }
    if shell::which("rustup").is_none() {
        return Ok(false);
    }
    say("wasm", format!("the target {TARGET} is missing: installing it with rustup"));
    Ok(shell::run("wasm", shell::command("rustup").args(["target", "add", TARGET])).is_ok())
}

/// Without rustup, Debian's `rustc-web` and `rust-web-src` can compile the standard library for WebAssembly as part of
/// the build.
fn debian_build_std() -> Result<Command> {
    const RUSTC: &str = "/usr/bin/rustc";
    let sources = shell::output(Command::new(RUSTC).args(["--print", "sysroot"]))
        .map(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/std"));
    if !sources.is_ok_and(|sources| sources.is_dir()) {
        bail!(
            "wasm: expected the Rust target {TARGET}, found neither it nor the sources to build it from; run `rustup target add \
             {TARGET}`, or on Debian `apt-get install rustc-web rust-web-src lld`"
        );
    }
    say("wasm", "using Debian's rustc and building the standard library");
    let mut command = shell::cargo();
    command.env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1").args(["-Z", "build-std=std,panic_abort"]);
    Ok(command)
}

fn write_bindings(flavour: &Flavour, compiled: &Path, staging: &Path) -> Result<()> {
    let inputs = [compiled.to_owned(), paths::at("xtask/bindgen")];
    let outputs = ["headroom_panel.js", "headroom_panel_bg.wasm", "headroom_panel.d.ts"].map(|name| staging.join(name));
    let Some(stamp) = Stamp::stale(&format!("{}-bindings", flavour.name), &inputs, "", &outputs)? else {
        say("bindings", "up to date");
        return Ok(());
    };
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--package", "xtask-bindgen", "--"]).arg(compiled).arg(staging);
    shell::run("bindings", &mut command)?;
    stamp.write()
}

/// Copies the bindings to the folder from which they are imported, and the WebAssembly through wasm-opt.
fn publish(flavour: &Flavour, staging: &Path, optimise: bool) -> Result<PathBuf> {
    let package = paths::at(flavour.package);
    let module = package.join("headroom_panel_bg.wasm");
    let mode = if optimise { FEATURES.join(" ") } else { "as compiled".to_owned() };
    let Some(stamp) = Stamp::stale(
        &format!("{}-wasm-opt", flavour.name),
        &[staging.to_owned()],
        &mode,
        &[module.clone(), package.join("headroom_panel.js")],
    )?
    else {
        say("wasm-opt", "up to date");
        return Ok(package);
    };
    fs::create_dir_all(&package)?;
    let source = staging.join("headroom_panel_bg.wasm");
    if optimise {
        npm::install()?;
        let mut command = shell::command(npm::binary("wasm-opt"));
        command.args(SMALLEST).args(["--strip-debug", "--strip-producers", "--strip-target-features"]).args(FEATURES);
        command.arg("-o").arg(&module).arg(&source);
        shell::run("wasm-opt", &mut command)?;
    } else {
        copy(&source, &module)?;
    }
    for name in ["headroom_panel.js", "headroom_panel.d.ts", "headroom_panel_bg.wasm.d.ts"] {
        copy(&staging.join(name), &package.join(name))?;
    }
    say("wasm", format!("{}: {} KB of WebAssembly", flavour.package, fs::metadata(&module)?.len() / 1024));
    stamp.write()?;
    Ok(package)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {} to {}", from.display(), to.display()))?;
    Ok(())
}
