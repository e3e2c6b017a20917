//! Starts the echo plugin.

#![allow(dead_code, reason = "each test program uses its own part")]

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use headroom_protocol::{
    Context, InstanceSettings, Query,
    client::{LogLine, PluginClient, PluginProcess, Start},
    frame::{Frame, Values},
};
use serde_json::Value;

/// The plugin's program.
pub(crate) const ECHO_PLUGIN: &str = env!("CARGO_BIN_EXE_echo_plugin");

/// A running plugin and what it has logged.
pub(crate) struct Echo {
    pub(crate) process: PluginProcess,
    pub(crate) log: Log,
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<LogLine>>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn contains(&self, part: &str) -> bool {
        self.lines().iter().any(|line| line.message.contains(part))
    }

    pub(crate) fn push(&self, line: LogLine) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

pub(crate) async fn start(variables: &[(&str, &str)]) -> Echo {
    let log = Log::default();
    let lines = log.clone();
    let mut start = Start::new(ECHO_PLUGIN).with_log(move |line| lines.push(line));
    for (name, value) in variables {
        start = start.with_variable(*name, *value);
    }
    Echo { process: PluginProcess::start(start).await.expect("the echo plugin starts"), log }
}

/// A request about a data source of those settings.
pub(crate) fn context(json_data: &'static str) -> Context {
    let settings = InstanceSettings {
        uid: "uid".into(),
        name: "Echo".into(),
        json_data: json_data.into(),
        updated_ms: 7,
        ..Default::default()
    };
    Context { org_id: 1, plugin_id: "echo".into(), data_source: Some(settings), ..Default::default() }
}

pub(crate) fn query(ref_id: &str, json: impl Into<bytes::Bytes>) -> Query {
    Query { ref_id: ref_id.into(), json: json.into(), ..Default::default() }
}

/// The value behind a key in the plugin's `context` frame.
pub(crate) fn value_of(frame: &Frame, key: &str) -> String {
    let (Some(Values::String(keys)), Some(Values::String(values))) =
        (frame.field("key").map(|field| &field.values), frame.field("value").map(|field| &field.values))
    else {
        panic!("not a context frame: {frame:?}")
    };
    let row = keys
        .iter()
        .position(|known| known.is_some_and(|known| known == key))
        .unwrap_or_else(|| panic!("no {key} in {frame:?}"));
    values.get(row).cloned().unwrap_or_default()
}

/// A counter in Prometheus' text.
pub(crate) fn counter(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' ')));
    line.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).parse().expect("a number")
}

/// So long that what has not happened then never will: a test that fails is better than one that hangs.
pub(crate) const NEVER: Duration = Duration::from_mins(1);

/// Waits until so many waits and streams are under way in the plugin.
pub(crate) async fn until_running(client: &PluginClient, number: u64) {
    let running = async {
        while counter(&client.collect_metrics().await.expect("metrics"), "echo_running") != number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(NEVER, running).await.unwrap_or_else(|_| panic!("there never were {number} under way"));
}

/// Waits until a file is gone.
pub(crate) fn until_gone(path: &Path) {
    let started = Instant::now();
    while path.exists() {
        assert!(started.elapsed() < NEVER, "{} is still there", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}
