//! Opens the person's browser.

use std::process::{Command, Stdio};

/// Starts the system's browser on an address. Whether one appears is not known; the address is printed anyway.
///
/// # Errors
/// When the system's opener cannot be started.
pub fn open(url: &str) -> std::io::Result<()> {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    Command::new(program)
        .args(arguments)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(drop)
}
