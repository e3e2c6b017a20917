//! Builds and runs the Go host. For tests of any crate that has a plugin to start: include it with `#[path]`.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// The host's program, built once per test program. `None`, with a line on standard error, where there is no Go.
pub(crate) fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM.get_or_init(build).as_deref()
}

fn build() -> Option<PathBuf> {
    if Command::new("go").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        // Past the test runner, which keeps what a passing test prints to itself.
        let line = "left out: the tests against Grafana's own Go libraries, because there is no `go` here";
        writeln!(std::io::stderr(), "{line}").unwrap_or_default();
        return None;
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("tests/go-host"))
        .find(|folder| folder.is_dir());
    let sources = sources.expect("tests/go-host is in this repository");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("go-host{}", std::env::consts::EXE_SUFFIX));
    let built = Command::new("go")
        .arg("build")
        .arg("-C")
        .arg(sources)
        .args(["-mod=readonly", "-o"])
        .arg(&program)
        .arg(".")
        .output();
    let built = built.expect("go runs");
    assert!(built.status.success(), "the Go host does not build:\n{}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}

/// Has the host start `plugin`, ask it everything that `scenario` says, and stop it; returns what it saw (see `seen` in scenario.go).
pub(crate) fn play(host: &Path, plugin: &Path, scenario: &Value) -> Value {
    let file = tempfile_for(scenario);
    let output = Command::new(host).arg("run").arg(plugin).arg(&file).output().expect("the host starts");
    std::fs::remove_file(&file).expect("the scenario's file is ours");
    assert!(output.status.success(), "the host gave up:\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the host writes JSON")
}

fn tempfile_for(scenario: &Value) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("scenario-{}-{}.json", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, scenario.to_string()).expect("the target folder can be written");
    file
}
