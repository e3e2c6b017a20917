//! Programs that are not ours: finding them, and installing them with the system's package manager
//! where that can be done without asking.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::{self, say};

/// A program that a task needs.
pub(crate) struct Program {
    /// Names it goes by; the first one found on the PATH is used.
    pub(crate) names: &'static [&'static str],
    /// Debian's package.
    pub(crate) package: &'static str,
    /// Where anyone else gets it.
    pub(crate) hint: &'static str,
}

/// The browser of the end-to-end tests.
pub(crate) const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    package: "chromium",
    hint: "install Chromium or Chrome",
};

/// Holds the recorded production of the demo; the client of its API is tested against it too.
pub(crate) const PROMETHEUS: Program = Program {
    names: &["prometheus"],
    package: "prometheus",
    hint: "install Prometheus, https://prometheus.io/download (the demo and the tests start it on a port of their own)",
};

/// The same API from another hand.
pub(crate) const VICTORIA_METRICS: Program = Program {
    names: &["victoria-metrics"],
    package: "victoria-metrics",
    hint: "install VictoriaMetrics (the tests start it on a port of their own)",
};

/// Makes certificates for tests of TLS.
pub(crate) const OPENSSL: Program =
    Program { names: &["openssl"], package: "openssl", hint: "install OpenSSL's program" };

/// The C compiler that builds SQLite.
pub(crate) const C_COMPILER: Program =
    Program { names: &["cc", "gcc", "clang"], package: "gcc", hint: "install a C compiler (it builds SQLite)" };

/// The C compiler for binaries that need no library of the system.
pub(crate) const MUSL_COMPILER: Program =
    Program { names: &["musl-gcc"], package: "musl-tools", hint: "install musl's gcc wrapper (it builds SQLite)" };

impl Program {
    /// The first of the names that is on the PATH, with its folder.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        self.names.iter().find_map(|name| shell::which(name))
    }

    /// Finds the program, installing it when it is missing and the system allows that without a password.
    ///
    /// # Errors
    /// When it is missing and cannot be installed; the message says how to get it.
    pub(crate) fn ensure(&self) -> Result<PathBuf> {
        if let Some(name) = self.find() {
            return Ok(name);
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
