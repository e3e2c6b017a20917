//! `cargo xtask bench`: builds the release and measures it against the budgets.

use anyhow::Result;

use crate::build;
use crate::package::{self, Built};
use crate::shell::{self, say};
use crate::system::PROMETHEUS;
use crate::{paths, wasm};

/// Builds the release and runs the measuring program on it, on all of its subjects or on those that are named.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    build::scripts()?;
    // The programs in the zips: on Linux those have another allocator than a program that cargo builds by itself.
    let Built { backend, cli, .. } = package::build_for_this_machine()?;
    let mut command = shell::cargo();
    command.args(["run", "--quiet", "--release", "--package", "xtask-bench", "--"]).arg(paths::root());
    command.arg(cli).arg(backend).arg(wasm::build_selftest()?);
    command.args(arguments);
    // Without a Prometheus the other measurements still run; those that need it are reported as left out.
    match PROMETHEUS.ensure() {
        Ok(program) => drop(command.env("HEADROOM_PROMETHEUS", program)),
        Err(error) => say("bench", format!("no Prometheus: {error:#}")),
    }
    shell::run("bench", &mut command)
}
