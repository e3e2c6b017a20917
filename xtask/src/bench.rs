//! `cargo xtask bench`: builds the release and measures it against the budgets.

use anyhow::Result;

use crate::build::{self, BACKEND, CLI, Profile};
use crate::shell::{self, say};
use crate::system::PROMETHEUS;
use crate::{paths, wasm};

/// Builds the release and runs the measuring program on it, on all of its subjects or on those that are named.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    build::everything(Profile::Release, true)?;
    build::binary(Profile::Release, "headroom-cli", CLI)?;
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--package", "xtask-bench", "--"]).arg(paths::root());
    command.arg(Profile::Release.binary(CLI)).arg(Profile::Release.binary(BACKEND)).arg(wasm::build_selftest()?);
    command.args(arguments);
    // Without a Prometheus the other measurements still run; those that need it are reported as left out.
    match PROMETHEUS.ensure() {
        Ok(program) => drop(command.env("HEADROOM_PROMETHEUS", program)),
        Err(error) => say("bench", format!("no Prometheus: {error:#}")),
    }
    shell::run("bench", &mut command)
}
