//! `cargo xtask screenshots`: takes the pictures of the README and of the plugin's page anew.

use anyhow::{Result, bail};

use crate::build::{self, Profile};
use crate::shell;
use crate::system::CHROMIUM;

/// Builds and photographs the demo.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    if let Some(unexpected) = arguments.first() {
        bail!("screenshots: expected no arguments, found `{unexpected}`");
    }
    build::everything(Profile::Dev, true)?;
    let chromium = CHROMIUM.ensure()?;
    shell::run("screenshots", shell::command("node").arg("scripts/screenshots.mjs").env("CHROMIUM", chromium))
}
