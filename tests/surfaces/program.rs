//! The command line, as a person or a pipeline runs it.

use std::process::{Command, Output};

use serde_json::Value;

use crate::stores::{LAB, Store};

/// `headroom` in a store.
pub(crate) struct Program<'a> {
    store: &'a Store,
    limits: Vec<String>,
}

impl<'a> Program<'a> {
    pub(crate) fn of(store: &'a Store, limits: &[&str]) -> Self {
        let limits = limits.iter().flat_map(|limit| ["--limit".to_owned(), (*limit).to_owned()]).collect();
        Self { store, limits }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headroom"));
        command.args(arguments).args(&self.limits).current_dir(self.store.root());
        command.env_remove("NO_COLOR").env_remove("COLUMNS").output().unwrap()
    }

    /// A report that is damaged and readable ends with 1, and says as much as it can all the same.
    fn answer(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What `analyze` says to programs.
    pub(crate) fn analyze(&self) -> Value {
        self.answer(&["analyze", LAB, "--format", "json"])
    }

    /// What `analyze` says to people, without line breaks.
    pub(crate) fn text(&self) -> String {
        let output = self.run(&["analyze", LAB, "--color", "never"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What `compare` says of two paths.
    pub(crate) fn compare(&self, a: &str, b: &str) -> Value {
        self.answer(&["compare", a, b, "--format", "json"])
    }

    /// What `check` says of one path against another. It may fail, which is an answer.
    pub(crate) fn check(&self, path: &str, baseline: &str) -> Value {
        let output = self.run(&["check", path, "--baseline", baseline, "--format", "json"]);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
