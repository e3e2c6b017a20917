//! A running tool: what it says, how it ends, and that it ends with us.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use headroom_base::Secret;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

/// How many of a tool's last lines are told when it fails.
const LAST_LINES: usize = 15;

/// How long a tool may take to end once it is asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command line of a tool.
pub(crate) struct Prepared {
    /// The program.
    pub(crate) program: String,
    /// Its arguments; no secret among them, because every user of a machine can read them.
    pub(crate) arguments: Vec<String>,
    /// What its environment has besides ours.
    pub(crate) environment: Vec<(&'static str, Secret)>,
}

impl Prepared {
    /// The command line, as people read it.
    pub(crate) fn shown(&self) -> String {
        let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_./:=,@%+".contains(one);
        let words = std::iter::once(&self.program).chain(&self.arguments);
        let quoted = |word: &String| {
            if word.chars().all(is_plain) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
        };
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// How a tool ended.
pub(crate) enum Ended {
    /// By itself; with its last lines.
    Itself(ExitStatus, Vec<String>),
    /// It was ended, because it took longer than it may.
    TooLong(Vec<String>),
    /// It was ended, because this process was asked to end, and with which exit status that is.
    Stopped(u8),
}

/// Runs a tool to its end with everything that it says in the file `log`, without the `key`. `meanwhile` is called once in
/// `every`.
///
/// # Errors
/// When it cannot be started, or its words cannot be written.
pub(crate) async fn run(
    prepared: &Prepared,
    held: Stdio,
    log: &Path,
    key: Option<&Secret>,
    most: Duration,
    every: Duration,
    mut meanwhile: impl AsyncFnMut(),
) -> Result<Ended> {
    let mut log = File::create(log).with_context(|| format!("expected to write {}", log.display()))?;
    let mut stops = Stops::new()?;
    let mut child = start(prepared, held)?;
    let group = child.id();
    let (sender, mut said) = mpsc::unbounded_channel::<String>();
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(listen(stdout, sender.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(listen(stderr, sender.clone()));
    }
    drop(sender);
    let mut last = VecDeque::new();
    let mut hear = |line: String| -> std::io::Result<()> {
        let line = match key {
            Some(key) if !key.is_empty() => line.replace(key.expose(), "<redacted>"),
            _ => line,
        };
        writeln!(log, "{line}")?;
        if !line.trim().is_empty() {
            last.push_back(line);
        }
        if last.len() > LAST_LINES {
            last.pop_front();
        }
        Ok(())
    };
    let end = Instant::now() + most;
    let mut ticks = tokio::time::interval(every);
    let ended = loop {
        tokio::select! {
            Some(line) = said.recv() => hear(line)?,
            status = child.wait() => break Some(Ok(status?)),
            stopped = stops.next() => break Some(Err(stopped)),
            () = tokio::time::sleep_until(end) => break None,
            _ = ticks.tick() => meanwhile().await,
        }
    };
    let finished = matches!(ended, Some(Ok(_)));
    end_all(&mut child, group, finished).await;
    // What was said before the end and not heard yet. A process that outlived all of that may hold the other end.
    while let Ok(Some(line)) = timeout(Duration::from_millis(500), said.recv()).await {
        hear(line)?;
    }
    let last = last.into();
    Ok(match ended {
        Some(Ok(status)) => Ended::Itself(status, last),
        Some(Err(status)) => Ended::Stopped(status),
        None => Ended::TooLong(last),
    })
}

fn start(prepared: &Prepared, held: Stdio) -> Result<Child> {
    let mut command = Command::new(&prepared.program);
    command.args(&prepared.arguments).stdin(held).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for (name, value) in &prepared.environment {
        command.env(name, value.expose());
    }
    // Of its own, so that it can be ended together with the processes that it starts.
    #[cfg(unix)]
    command.process_group(0);
    command.spawn().with_context(|| {
        format!(
            "expected to start `{}`; is the tool installed? Name its program with --program where it is not in the path",
            prepared.program
        )
    })
}

async fn listen(from: impl AsyncRead + Unpin, to: mpsc::UnboundedSender<String>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    // A stream that breaks has nothing more to say; how the tool ended is told by its status.
    while from.read_until(b'\n', &mut line).await.is_ok_and(|bytes| bytes > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if to.send(text).is_err() {
            return;
        }
    }
}

/// Asks the tool and everything that it started to end, and ends what does not. A tool that has ended may have left workers.
async fn end_all(child: &mut Child, group: Option<u32>, finished: bool) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = group.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            // Where nobody is left of it there is nobody to ask.
            let asked = kill_process_group(group, Signal::TERM).is_ok();
            if asked && !finished && timeout(PATIENCE, child.wait()).await.is_err() {
                kill_process_group(group, Signal::KILL).ok();
            }
        }
    }
    if !finished {
        // It may have ended by itself.
        child.kill().await.ok();
    }
}

/// Ctrl-C and SIGTERM.
struct Stops {
    #[cfg(unix)]
    term: tokio::signal::unix::Signal,
}

/// The exit status of a process that Ctrl-C ended, as shells have it.
const INTERRUPTED: u8 = 130;

impl Stops {
    fn new() -> Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { term: signal(SignalKind::terminate()).context("expected to hear SIGTERM")? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits until this process is asked to end; the exit status for it.
    async fn next(&mut self) -> u8 {
        #[cfg(unix)]
        {
            /// Of SIGTERM.
            const TERMINATED: u8 = 143;
            tokio::select! {
                _ = tokio::signal::ctrl_c() => INTERRUPTED,
                _ = self.term.recv() => TERMINATED,
            }
        }
        #[cfg(not(unix))]
        {
            let heard = tokio::signal::ctrl_c().await;
            drop(heard);
            INTERRUPTED
        }
    }
}
