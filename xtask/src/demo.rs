//! `cargo xtask demo`: shows the product in a browser, with recorded reports and recorded production.

use std::env;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};

use crate::build::{self, Profile};
use crate::dashboards;
use crate::paths;
use crate::recording::Prometheus;
use crate::shell::{self, say};
use crate::system::{C_COMPILER, PROMETHEUS};
use crate::ward::Ward;

const PREVIEW: &str = "headroom-preview";
/// The folder that the demo uses instead of `provisioning`.
const PROVISIONING: &str = "demo/provisioning";
/// The variable with the address of the Prometheus that the provisioned data source uses.
pub(crate) const PROMETHEUS_URL: &str = "HEADROOM_PROMETHEUS_URL";

/// Builds, starts the preview and opens it.
///
/// # Errors
/// If the build fails or the port is taken.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let profile = if options.build { Profile::Demo } else { Profile::Dev };
    if options.build {
        C_COMPILER.ensure()?;
        build::everything(profile, true)?;
        build::binary(profile, PREVIEW, PREVIEW)?;
    }
    let port = options.port;
    dashboards::write()?;
    let mut command = shell::command(profile.binary(PREVIEW));
    command.args(["--port", &port.to_string(), "--provisioning", PROVISIONING, "--plugins", "dist"]);
    if !options.open {
        command.arg("--no-open");
    }
    // The variable with the folder of the provisioned data source.
    command.env("HEADROOM_REPORTS", paths::at("demo/reports"));
    // It ends with this function.
    let prometheus = production(port)?;
    if let Some(prometheus) = &prometheus {
        command.env(PROMETHEUS_URL, prometheus.url());
    }
    say("demo", shell::display(&command));
    // It ends with this process, however that ends: a demo is usually ended by Ctrl-C.
    let status = Ward::spawn(&command, Stdio::inherit(), Stdio::inherit()).context("starting the preview")?.wait()?;
    if !status.success() {
        bail!("demo: the preview ended with {status}");
    }
    Ok(())
}

/// A Prometheus with the recorded production, unless the environment names one or none is installed.
fn production(port: u16) -> Result<Option<Prometheus>> {
    if env::var_os(PROMETHEUS_URL).is_some_and(|url| !url.is_empty()) {
        say("demo", format!("production is what {PROMETHEUS_URL} says"));
        return Ok(None);
    }
    match PROMETHEUS.ensure() {
        Ok(program) => {
            let prometheus = Prometheus::start(&program, &port.to_string())?;
            say("demo", format!("recorded production in Prometheus at {}", prometheus.url()));
            Ok(Some(prometheus))
        }
        Err(error) => {
            say("demo", format!("no production: {error:#}"));
            Ok(None)
        }
    }
}

/// The options of the command line.
struct Options {
    port: u16,
    open: bool,
    /// Whether to build first. Otherwise it shows what `cargo xtask build` and `cargo build -p headroom-preview` have
    /// built.
    build: bool,
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options { port: 3000, open: has_screen(), build: true };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--no-open" => options.open = false,
            "--no-build" => options.build = false,
            "--port" => {
                let value = rest.next().context("demo: expected a number after --port")?;
                options.port =
                    value.parse().with_context(|| format!("demo: expected a port from 1 to 65535, found `{value}`"))?;
            }
            other => bail!("demo: expected --port, --no-open or --no-build, found `{other}`"),
        }
    }
    Ok(options)
}

/// Whether a browser could be shown.
fn has_screen() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || env::var_os("DISPLAY").is_some()
        || env::var_os("WAYLAND_DISPLAY").is_some()
}
