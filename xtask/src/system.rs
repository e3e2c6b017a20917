//! Programs of others: finds them, and installs them with the system's package manager if that is possible without
//! asking.
//!
//! A package that would start a service is never installed; only its files are unpacked, below `.cache`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::paths::{self, UNPACKED};
use crate::shell::{self, say};

/// A program that a task needs.
pub(crate) struct Program {
    /// Its possible names; the first one found in the PATH is used.
    pub(crate) names: &'static [&'static str],
    /// Its Debian package.
    pub(crate) package: &'static str,
    /// Where to get it on other systems.
    pub(crate) hint: &'static str,
    /// Whether the package starts a service at every boot, which no test and no demo may leave behind.
    pub(crate) is_service: bool,
}

/// The browser of the end-to-end tests.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    package: "chromium",
    hint: "install Chromium or Chrome",
    is_service: false,
};

/// For the recorded production of the demo; the client of its API is tested against it too.
pub(crate) const PROMETHEUS: Program = Program {
    names: &["prometheus"],
    package: "prometheus",
    hint: "install Prometheus, https://prometheus.io/download (the demo and the tests start it on a port of their own)",
    is_service: true,
};

/// Another implementation of the same API.
pub(crate) const VICTORIA_METRICS: Program = Program {
    names: &["victoria-metrics"],
    package: "victoria-metrics",
    hint: "install VictoriaMetrics (the tests start it on a port of their own)",
    is_service: true,
};

/// Creates certificates for tests of TLS.
pub(crate) const OPENSSL: Program =
    Program { names: &["openssl"], package: "openssl", hint: "install OpenSSL's program", is_service: false };

/// Checks shell scripts.
pub(crate) const SHELLCHECK: Program = Program {
    names: &["shellcheck"],
    package: "shellcheck",
    hint: "install ShellCheck, https://www.shellcheck.net",
    is_service: false,
};

/// The C compiler that builds SQLite.
pub(crate) const C_COMPILER: Program = Program {
    names: &["cc", "gcc", "clang"],
    package: "gcc",
    hint: "install a C compiler (it builds SQLite)",
    is_service: false,
};

/// The C compiler for binaries that need no system library.
pub(crate) const MUSL_COMPILER: Program = Program {
    names: &["musl-gcc"],
    package: "musl-tools",
    hint: "install musl's gcc wrapper (it builds SQLite)",
    is_service: false,
};

impl Program {
    /// The path of the first of its names that is found in the PATH.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| shell::which(name))
    }

    /// Finds the program, and installs it if it is missing and the system allows that without a password.
    ///
    /// # Errors
    /// If it is missing and cannot be installed; the message says how to get it.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        if let Some(name) = self.find() {
            return Ok(name);
        }
        if self.is_service {
            return self.unpack();
        }
        let Some(mut apt) = apt_get() else {
            bail!("{}: expected on the PATH, found none; {}", self.names[0], self.hint);
        };
        say(self.names[0], format!("not found: installing Debian's package `{}`", self.package));
        // A new machine has no package lists, and old lists name versions that no longer exist.
        if let Some(mut update) = apt_get() {
            shell::run("apt-get", update.args(["update", "-qq"]))?;
        }
        shell::run("apt-get", apt.args(["install", "-y", "-qq", "--no-install-recommends", self.package]))?;
        match self.find() {
            Some(name) => Ok(name),
            None => bail!("{}: not on the PATH after installing `{}`; {}", self.names[0], self.package, self.hint),
        }
    }

    /// Unpacks the programs of the Debian package. Nothing is installed, so no service is set up, and only permission
    /// to write below `.cache` is needed.
    fn unpack(&self) -> Result<PathBuf> {
        let name = self.names[0];
        if shell::which("apt-get").is_none() || shell::which("dpkg-deb").is_none() {
            bail!("{name}: expected on the PATH, found none; {}", self.hint);
        }
        say(
            name,
            format!("not found: unpacking Debian's package `{}` into {UNPACKED}; no service is set up", self.package),
        );
        // Not in the folders in which programs are searched, so that an incomplete folder, left by a kill, is never
        // used.
        let aside = paths::at(UNPACKING).join(self.package);
        remove(&aside)?;
        let archive = download(self.package, &aside).with_context(|| format!("{name}: {}", self.hint))?;
        shell::output(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(&aside))?;
        let program = self.names.iter().map(|name| aside.join("usr/bin").join(name)).find(|program| program.is_file());
        let program = program.with_context(|| format!("{name}: not in Debian's package `{}`", self.package))?;
        // The libraries that a package needs are not unpacked with it, so the program may not run.
        shell::output(Command::new(program).arg("--version")).with_context(|| format!("{name}: {}", self.hint))?;
        install(&aside, &paths::at(UNPACKED).join(self.package))?;
        self.find().with_context(|| format!("{name}: not on the PATH after unpacking `{}`", self.package))
    }
}

/// The folder in which packages are unpacked before they are complete.
const UNPACKING: &str = ".cache/unpacking";

/// Moves a complete folder to its place in one step.
fn install(whole: &Path, place: &Path) -> Result<()> {
    remove(place)?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    }
    fs::rename(whole, place).with_context(|| format!("moving {} to {}", whole.display(), place.display()))
}

/// Removes a folder if it exists.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Downloads a package's archive into a folder. `apt-get` checks it against the signed lists, and writes only into that
/// folder. If the machine's own lists name versions that no longer exist, separate lists are used.
fn download(package: &str, folder: &Path) -> Result<PathBuf> {
    let state = folder.join("apt");
    let lists = state.join("lists/partial");
    fs::create_dir_all(&lists).with_context(|| format!("creating {}", lists.display()))?;
    let apt = |own_lists: bool, arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(folder).args(["-qq", "-o"]).arg(format!("Dir::Cache={}", state.display()));
        if own_lists {
            command.arg("-o").arg(format!("Dir::State::Lists={}", state.join("lists").display()));
        }
        command.args(arguments);
        command
    };
    if shell::output(&mut apt(false, &["download", package])).is_err() {
        shell::output(&mut apt(true, &["update"]))?;
        shell::output(&mut apt(true, &["download", package]))?;
    }
    fs::remove_dir_all(&state).with_context(|| format!("removing {}", state.display()))?;
    let archives = fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path());
    let mut archives = archives.filter(|path| path.extension().is_some_and(|extension| extension == "deb"));
    archives.next().with_context(|| format!("`apt-get download {package}` left no archive in {}", folder.display()))
}

/// `apt-get`, if it exists and can be used: as root, or through sudo without a password.
fn apt_get() -> Option<Command> {
    shell::which("apt-get")?;
    let root = shell::output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0");
    let mut command = if root {
        shell::command("apt-get")
    } else {
        shell::output(Command::new("sudo").args(["-n", "true"])).ok()?;
        let mut command = shell::command("sudo");
        command.args(["-n", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Some(command)
}

/// Whether this is an unattended run, in which a missing program is a failure instead of a remark.
pub(crate) fn unattended() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_was_unpacked_by_half_is_replaced_by_the_whole() {
        let root = std::env::temp_dir().join(format!("headroom-unpack-{}", std::process::id()));
        let (aside, place) = (root.join("unpacking/tool"), root.join("tools/tool"));
        fs::create_dir_all(aside.join("usr/bin")).unwrap();
        fs::write(aside.join("usr/bin/tool"), "whole").unwrap();
        for half in [true, false] {
            if half {
                fs::create_dir_all(place.join("usr/bin")).unwrap();
                fs::write(place.join("usr/bin/other"), "half").unwrap();
            }
            install(&aside, &place).unwrap();
            let found: Vec<_> =
                fs::read_dir(place.join("usr/bin")).unwrap().map(|file| file.unwrap().file_name()).collect();
            assert_eq!((found, aside.exists()), (vec!["tool".into()], false));
            fs::create_dir_all(aside.parent().unwrap()).unwrap();
            fs::rename(&place, &aside).unwrap();
        }
        fs::remove_dir_all(&root).unwrap();
        remove(&root).unwrap();
    }
}
