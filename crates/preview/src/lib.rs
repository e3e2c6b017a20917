//! A small host that runs the built plugins where there is no Grafana.
//!
//! It reads `provisioning/` and the plugins as Grafana does, starts their processes, and serves Grafana's own HTTP
//! paths to a page made of Grafana's own front-end packages. It is for viewing and testing, on 127.0.0.1 only, and its
//! pages say so.

pub mod assets;
pub mod backends;
pub mod browser;
pub mod built;
pub mod csp;
pub mod guard;
pub mod host;
pub mod http;
pub mod options;
pub mod plugins;
pub mod provisioning;
pub mod users;

use std::fmt::Write as _;

use headroom_protocol::client::LogLine;

/// Prints a plugin's log on the terminal: up to level info, or everything with `HEADROOM_PREVIEW_LOG=debug`.
#[allow(clippy::print_stderr, reason = "the terminal is where a person who runs the preview reads the plugins' log")]
fn print_log(plugin: &str, line: &LogLine) {
    static EVERYTHING: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    let everything =
        *EVERYTHING.get_or_init(|| std::env::var("HEADROOM_PREVIEW_LOG").is_ok_and(|level| level == "debug"));
    if everything || line.level <= log::Level::Info {
        let mut text = format!("{:<5} {plugin}: {}", line.level, line.message);
        for (name, value) in &line.values {
            write!(text, " {name}={value}").unwrap_or_default();
        }
        eprintln!("{text}");
    }
}
