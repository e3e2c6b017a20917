//! `cargo xtask screenshots`: retakes the pictures of the README and of the plugin's page.

use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::demo::PROMETHEUS_URL;
use crate::recording::Prometheus;
use crate::system::{CHROMIUM, PROMETHEUS};
use crate::{dashboards, shell};

/// Builds the demo and takes the pictures.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    if let Some(unexpected) = arguments.first() {
        bail!("screenshots: expected no arguments, found `{unexpected}`");
    }
    build::everything(Profile::Dev, true)?;
    let chromium = CHROMIUM.ensure()?;
    dashboards::write()?;
    let prometheus = Prometheus::start(&PROMETHEUS.ensure()?, "screenshots")?;
    let mut command = shell::command("node");
    command.arg("scripts/screenshots.mjs").env("CHROMIUM", chromium).env(PROMETHEUS_URL, prometheus.url());
    shell::run("screenshots", &mut command)
}
