//! Runs other programs and reports on them in plain lines.

use std::env;
use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::paths::{self, UNPACKED};

/// Prints one line about one step: `wasm         up to date`.
pub(crate) fn say(step: &str, what: impl Display) {
    println!("{step:<12} {what}");
}

/// Seconds as a person reads them.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// A command that runs in the workspace root and finds the programs that were unpacked for this repository.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    // Cargo sets these variables for the program it runs. If another cargo gets them, also through the tests, it
    // recompiles every crate.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" || text == "CARGO_MANIFEST_PATH" {
            command.env_remove(&name);
        }
    }
    // If a folder's name cannot be part of the list, the PATH is left unchanged.
    if let Ok(path) = env::join_paths(search_path()) {
        command.env("PATH", path);
    }
    command
}

/// The folders in which programs are searched: those in the PATH, then those of unpacked packages.
fn search_path() -> Vec<PathBuf> {
    let own = env::var_os("PATH").unwrap_or_default();
    let unpacked = fs::read_dir(paths::at(UNPACKED)).into_iter().flatten().flatten();
    let mut unpacked: Vec<PathBuf> = unpacked.map(|package| package.path().join("usr/bin")).collect();
    unpacked.sort();
    env::split_paths(&own).chain(unpacked).collect()
}

/// The `cargo` that runs this program.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command line as a person would type it in the workspace root.
pub(crate) fn display(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut line = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        let relative = Path::new(argument).strip_prefix(paths::root()).map_or(argument, Path::as_os_str);
        line.push(' ');
        line.push_str(&relative.to_string_lossy());
    }
    line
}

/// Runs a command with its output on this terminal; prints the command and how long it took.
///
/// # Errors
/// If the program cannot be started or ends with another status than 0.
pub(crate) fn run(step: &str, command: &mut Command) -> Result<()> {
    say(step, display(command));
    let start = Instant::now();
    let status = command.status().with_context(|| cannot_start(command))?;
    if !status.success() {
        bail!("{step}: `{}` ended with {status}", display(command));
    }
    say(step, format!("done in {}", seconds(start.elapsed())));
    Ok(())
}

/// Runs a command silently and returns what it printed on standard output, trimmed.
///
/// # Errors
/// If the program cannot be started or ends with another status than 0; the message contains standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let result = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    if !result.status.success() {
        let stderr = String::from_utf8_lossy(&result.stderr);
        bail!("`{}` ended with {}: {}", display(command), result.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&result.stdout).trim().to_owned())
}

fn cannot_start(command: &Command) -> String {
    format!("starting `{}`: is it installed and on the PATH?", display(command))
}

/// The full path of a program in the PATH, or of an unpacked one.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    search_path().into_iter().map(|folder| folder.join(&file)).find(|path| path.is_file())
}
