//! Running a program to its end and asking what it used.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use wait4::Wait4 as _;

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// From start to end.
    pub(crate) wall: Duration,
    /// The most memory it had, bytes.
    pub(crate) peak_bytes: u64,
}

/// Runs a program with its output thrown away.
pub(crate) fn run(command: &mut Command) -> Result<Usage> {
    let start = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {}", command.get_program().display()))?;
    let end = child.wait4()?;
    let wall = start.elapsed();
    if !end.status.success() {
        bail!("{} ended with {}", command.get_program().display(), end.status);
    }
    Ok(Usage { wall, peak_bytes: end.rusage.maxrss })
}

/// The quickest of several runs: whatever else the machine did made the others slower, never faster.
pub(crate) fn best(runs: usize, mut make: impl FnMut() -> Command) -> Result<Usage> {
    let mut best = run(&mut make())?;
    for _ in 1..runs {
        let usage = run(&mut make())?;
        best.wall = best.wall.min(usage.wall);
        best.peak_bytes = best.peak_bytes.max(usage.peak_bytes);
    }
    Ok(best)
}
