//! `gpx_headroom`: the process that Grafana starts for the data source.

use std::io::Write;
use std::process::ExitCode;

use headroom_backend::HeadroomPlugin;
use headroom_protocol::{Identity, ServeError, serve};

const IDENTITY: Identity = Identity { name: "headroom", version: env!("CARGO_PKG_VERSION") };

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some_and(|argument| argument == "--version" || argument == "-V") {
        return say(std::io::stdout(), &format!("gpx_headroom {}", IDENTITY.version));
    }
    match serve(HeadroomPlugin::new(), IDENTITY) {
        Ok(()) => ExitCode::SUCCESS,
        // Started by a person and not by a host, so the message is plain text and not the log's JSON.
        Err(error @ ServeError::NotStartedByHost) => {
            say(std::io::stderr(), &error.to_string());
            ExitCode::FAILURE
        }
        Err(error) => {
            log::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a line. Errors are ignored: if it cannot be printed, nobody reads it.
fn say(mut to: impl Write, line: &str) -> ExitCode {
    match writeln!(to, "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
