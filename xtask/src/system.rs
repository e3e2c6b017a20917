//! Programs that are not ours: finding them, and getting them with the system's package manager where that can be done
//! without asking.
//!
//! A package that would start a service is never installed: only its files are unpacked, below `.cache`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::paths::{self, UNPACKED};
use crate::shell::{self, say};

/// A program that a task needs.
pub(crate) struct Program {
    /// Names it goes by; the first one found on the PATH is used.
    pub(crate) names: &'static [&'static str],
    /// Debian's package.
    pub(crate) package: &'static str,
    /// Where anyone else gets it.
    pub(crate) hint: &'static str,
    /// Whether the package starts a service on every boot, which no test and no demo may leave behind.
    pub(crate) is_service: bool,
}

/// The browser of the end-to-end tests.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    package: "chromium",
    hint: "install Chromium or Chrome",
    is_service: false,
};

/// Holds the recorded production of the demo; the client of its API is tested against it too.
pub(crate) const PROMETHEUS: Program = Program {
    names: &["prometheus"],
    package: "prometheus",
    hint: "install Prometheus, https://prometheus.io/download (the demo and the tests start it on a port of their own)",
    is_service: true,
};

/// The same API from another hand.
pub(crate) const VICTORIA_METRICS: Program = Program {
    names: &["victoria-metrics"],
    package: "victoria-metrics",
    hint: "install VictoriaMetrics (the tests start it on a port of their own)",
    is_service: true,
};

/// Makes certificates for tests of TLS.
pub(crate) const OPENSSL: Program =
    Program { names: &["openssl"], package: "openssl", hint: "install OpenSSL's program", is_service: false };

/// Reads shell scripts for what goes wrong when they run.
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

/// The C compiler for binaries that need no library of the system.
pub(crate) const MUSL_COMPILER: Program = Program {
    names: &["musl-gcc"],
    package: "musl-tools",
    hint: "install musl's gcc wrapper (it builds SQLite)",
    is_service: false,
};

impl Program {
    /// The first of the names that is on the PATH, with its folder.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| shell::which(name))
    }

    /// Finds the program, getting it when it is missing and the system allows that without a password.
    ///
    /// # Errors
    /// When it is missing and cannot be had; the message says how to get it.
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
        // A new machine has no package lists; a stale list names versions that are gone.
        if let Some(mut update) = apt_get() {
            shell::run("apt-get", update.args(["update", "-qq"]))?;
        }
        shell::run("apt-get", apt.args(["install", "-y", "-qq", "--no-install-recommends", self.package]))?;
        match self.find() {
            Some(name) => Ok(name),
            None => bail!("{}: not on the PATH after installing `{}`; {}", self.names[0], self.package, self.hint),
        }
    }

    /// Takes the programs out of Debian's package: nothing of it is installed, so no service is set up, and no right but
    /// that to write below `.cache` is needed.
    fn unpack(&self) -> Result<PathBuf> {
        let name = self.names[0];
        if shell::which("apt-get").is_none() || shell::which("dpkg-deb").is_none() {
            bail!("{name}: expected on the PATH, found none; {}", self.hint);
        }
        say(
            name,
            format!("not found: unpacking Debian's package `{}` into {UNPACKED}; no service is set up", self.package),
        );
        // Beside the folders in which programs are looked for: what a kill leaves here is never taken for the whole.
        let aside = paths::at(UNPACKING).join(self.package);
        remove(&aside)?;
        let archive = download(self.package, &aside).with_context(|| format!("{name}: {}", self.hint))?;
        shell::output(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(&aside))?;
        let program = self.names.iter().map(|name| aside.join("usr/bin").join(name)).find(|program| program.is_file());
        let program = program.with_context(|| format!("{name}: not in Debian's package `{}`", self.package))?;
        // A package's libraries are not unpacked with it.
        shell::output(Command::new(program).arg("--version")).with_context(|| format!("{name}: {}", self.hint))?;
        install(&aside, &paths::at(UNPACKED).join(self.package))?;
        self.find().with_context(|| format!("{name}: not on the PATH after unpacking `{}`", self.package))
    }
}

/// Where packages are unpacked before they are whole.
const UNPACKING: &str = ".cache/unpacking";

/// Puts a folder that is whole in its place, in one step.
fn install(whole: &Path, place: &Path) -> Result<()> {
    remove(place)?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    }
    fs::rename(whole, place).with_context(|| format!("moving {} to {}", whole.display(), place.display()))
}

/// Removes a folder that may not be there.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Fetches a package's archive into a folder. `apt-get` checks it against the lists, which are signed, and keeps everything
/// that it writes in that folder; only a machine whose own lists name versions that are gone gets others, of ours.
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

/// `apt-get`, when there is one and we may use it: as root, or through sudo without a password.
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

/// Whether this runs unattended, where a missing program is a failure and not a remark.
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
