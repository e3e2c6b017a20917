//! Keeps the plugins' processes running: starts them, restarts those that die, and ends them properly.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use headroom_protocol::client::{LogLine, PluginClient, PluginProcess, Start};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// Wait before the first restart; each further restart waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// Longest wait between restarts.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A process that ran this long was healthy, so the next restart is quick again.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// A program to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// Plugin id.
    pub plugin: String,
    /// The executable.
    pub path: PathBuf,
    /// Its environment variables. As in Grafana, none of the preview's own are passed on, except those that the user
    /// asked for.
    pub variables: Vec<(String, String)>,
}

/// The state of a plugin's process.
#[derive(Clone)]
enum ProcessState {
    /// Not ready yet.
    Starting,
    /// Ready to answer.
    Running { client: PluginClient, process: Option<u32> },
    /// Not running, and why. It will be started again.
    Down(String),
}

/// Why a plugin cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// No such plugin, or one without a process.
    Unknown,
    /// Its process is not running; the text says why.
    Down(String),
}

/// The running processes by plugin id.
pub struct Backends {
    running: BTreeMap<String, watch::Receiver<ProcessState>>,
    stop: watch::Sender<bool>,
}

impl Backends {
    /// Starts every program and returns at once. Each line of a plugin's log goes to `on_log`, with the plugin's id.
    pub fn start(programs: Vec<Program>, on_log: fn(&str, &LogLine)) -> Self {
        let (stop, stopped) = watch::channel(false);
        let running = programs
            .into_iter()
            .map(|program| {
                let (sender, state) = watch::channel(ProcessState::Starting);
                let id = program.plugin.clone();
                let stopped = stopped.clone();
                tokio::spawn(async move {
                    supervise(program, &sender, stopped, on_log).await;
                    sender.send_replace(ProcessState::Down("the preview is shutting down".to_owned()));
                });
                (id, state)
            })
            .collect();
        Self { running, stop }
    }

    /// A connection to a plugin; waits while it is starting.
    ///
    /// # Errors
    /// When there is no such process, or it is down.
    pub async fn client(&self, plugin: &str) -> Result<PluginClient, Unavailable> {
        let mut state = self.running.get(plugin).ok_or(Unavailable::Unknown)?.clone();
        let settled = state.wait_for(|state| !matches!(state, ProcessState::Starting)).await;
        match settled.map(|state| state.clone()) {
            Ok(ProcessState::Running { client, .. }) => Ok(client),
            Ok(ProcessState::Down(why)) => Err(Unavailable::Down(why)),
            Ok(ProcessState::Starting) | Err(_) => Err(Unavailable::Down("the preview is shutting down".to_owned())),
        }
    }

    /// The operating system's number of a plugin's process, while it runs.
    #[must_use]
    pub fn process(&self, plugin: &str) -> Option<u32> {
        match &*self.running.get(plugin)?.borrow() {
            ProcessState::Running { process, .. } => *process,
            ProcessState::Starting | ProcessState::Down(_) => None,
        }
    }

    /// Ends every process and waits until they are gone. Later calls fail.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        for state in self.running.values() {
            // A supervisor drops its end of the channel when its process is gone.
            let mut state = state.clone();
            while state.changed().await.is_ok() {}
        }
    }
}

async fn supervise(
    program: Program,
    state: &watch::Sender<ProcessState>,
    mut stop: watch::Receiver<bool>,
    on_log: fn(&str, &LogLine),
) {
    let mut wait = FIRST_WAIT;
    loop {
        let plugin = program.plugin.clone();
        let mut start = Start::new(&program.path).with_log(move |line| on_log(&plugin, &line));
        for (name, value) in &program.variables {
            start = start.with_variable(name, value);
        }
        let started = Instant::now();
        let process = tokio::select! {
            process = PluginProcess::start(start) => process,
            () = stopping(&mut stop) => return,
        };
        let why = match process {
            Ok(process) => match run(process, state, &mut stop).await {
                Some(why) => why,
                None => return,
            },
            Err(error) => error.to_string(),
        };
        if started.elapsed() >= HEALTHY_AFTER {
            wait = FIRST_WAIT;
        }
        state.send_replace(ProcessState::Down(format!("{why}; the next try is in {} s", wait.as_secs_f32())));
        tokio::select! {
            () = sleep(wait) => {}
            () = stopping(&mut stop) => return,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Publishes a process as running and waits for its end; `None` if it was ended because the preview stops.
async fn run(
    mut process: PluginProcess,
    state: &watch::Sender<ProcessState>,
    stop: &mut watch::Receiver<bool>,
) -> Option<String> {
    state.send_replace(ProcessState::Running { client: process.client(), process: process.id() });
    tokio::select! {
        status = process.ended() => Some(match status {
            Ok(status) => format!("its process ended by itself ({status})"),
            Err(error) => error.to_string(),
        }),
        () = stopping(stop) => {
            // If it does not end properly it is killed, so there is nothing to report.
            process.stop().await.map(drop).unwrap_or_default();
            None
        }
    }
}

/// Returns when the preview stops. Unlike `wait_for`, it does not keep a borrow of the channel.
async fn stopping(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.map(drop).unwrap_or_default();
}
