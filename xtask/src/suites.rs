//! `cargo xtask test`: runs all tests and prints one summary.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::build::{self, CLI, Profile};
use crate::shell::{self, say, seconds};
use crate::stamp::walk;
use crate::system::{self, C_COMPILER, CHROMIUM, OPENSSL, PROMETHEUS, Program, VICTORIA_METRICS};
use crate::tally::Tally;
use crate::{bits, npm, paths};

/// A group of tests that is run by one command.
struct Suite {
    name: &'static str,
    about: &'static str,
    /// Whether it runs the output of `cargo xtask build`.
    needs_build: bool,
    /// Whether it runs only if it is named, because it takes too long for every change.
    when_named: bool,
    run: fn() -> Result<Tally>,
}

/// Runs the named suites; without names, all of them.
///
/// The last line is always the sum, because pipelines read it.
///
/// # Errors
/// If there is no such suite, or a program that all of them need is missing.
pub(crate) fn command(arguments: &[String]) -> Result<ExitCode> {
    let suites = suites();
    if arguments.iter().any(|argument| argument == "--list") {
        for suite in &suites {
            say(suite.name, suite.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = arguments.iter().find(|argument| suites.iter().all(|suite| suite.name != *argument)) {
        let names: Vec<&str> = suites.iter().map(|suite| suite.name).collect();
        bail!("test: expected a suite of {}, found `{unknown}`", names.join(", "));
    }
    let named = |suite: &&Suite| arguments.iter().any(|name| name == suite.name);
    let chosen: Vec<&Suite> =
        suites.iter().filter(|suite| named(suite) || arguments.is_empty() && !suite.when_named).collect();

    C_COMPILER.ensure()?;
    let start = Instant::now();
    let built =
        if chosen.iter().any(|suite| suite.needs_build) { build::everything(Profile::Dev, true) } else { Ok(()) };
    if let Err(error) = &built {
        eprintln!("error: {error:#}");
    }
    let mut results = Vec::new();
    for suite in chosen {
        println!("\n== {}: {}", suite.name, suite.about);
        let began = Instant::now();
        let tally =
            if suite.needs_build && built.is_err() { Ok(Tally::failed("the build failed")) } else { (suite.run)() };
        let tally = tally.unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Tally::failed(&format!("{error:#}"))
        });
        results.push((suite.name, tally, began.elapsed()));
    }

    println!();
    let mut total = Tally::default();
    for (name, tally, time) in &results {
        println!(
            "{name:<12} {:>5} passed {:>4} failed {:>4} skipped  {:>9}",
            tally.passed,
            tally.failed,
            tally.skipped,
            seconds(*time)
        );
        for reason in &tally.reasons {
            println!("{:<12} {}", "", reason.lines().next().unwrap_or_default());
        }
        total.add(tally);
    }
    println!("{:<12} {}", "time", seconds(start.elapsed()));
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    Ok(if total.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn suites() -> Vec<Suite> {
    vec![
        Suite {
            name: "rust",
            about: "unit, property and golden tests of every crate; what fuzzing started from and found, read again",
            needs_build: false,
            when_named: false,
            run: rust,
        },
        Suite {
            name: "bits",
            about: "the analysis gives the same bits on the host and in WebAssembly",
            needs_build: false,
            when_named: false,
            run: bits::compare,
        },
        Suite { name: "node", about: "the TypeScript of the plugins", needs_build: true, when_named: false, run: node },
        Suite {
            name: "frames",
            about: "Grafana's front end reads our frames",
            needs_build: false,
            when_named: false,
            run: frames,
        },
        Suite {
            name: "browser",
            about: "the demo in headless Chromium, against the command line's numbers",
            needs_build: true,
            when_named: false,
            run: browser,
        },
        Suite {
            name: "grafana",
            about: "the plugin in the Grafana server at GRAFANA_URL; without one its tests are read and listed",
            needs_build: false,
            when_named: false,
            run: grafana,
        },
        Suite {
            name: "levitate",
            about: "every Grafana import exists in the oldest Grafana supported",
            needs_build: true,
            when_named: false,
            run: levitate,
        },
        Suite {
            name: "kubernetes",
            about: "deploy/ on a real Kubernetes API server, which takes minutes to compile: only when it is named",
            needs_build: false,
            when_named: true,
            run: kubernetes,
        },
    ]
}

/// Installs programs without which a suite would leave out tests. If one cannot be installed, it says so; in an
/// unattended run that is an error.
fn ensure_all(suite: &str, programs: &[Program]) -> Result<()> {
    for program in programs {
        match program.ensure() {
            Err(error) if system::unattended() => return Err(error),
            Err(error) => say(suite, format!("{error:#}")),
            Ok(_) => {}
        }
    }
    Ok(())
}

fn rust() -> Result<Tally> {
    ensure_all("rust", &[PROMETHEUS, VICTORIA_METRICS, OPENSSL])?;
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--exclude", "xtask-bindgen", "--no-fail-fast", "--", "--show-output"]);
    run_suite("rust", &mut command)
}

fn node() -> Result<Tally> {
    npm::install()?;
    run_suite("node", &mut npm::script("test"))
}

fn frames() -> Result<Tally> {
    npm::install()?;
    run_suite("frames", shell::command("node").arg("--test").args(files_below("tests/frames", ".test.mjs")?))
}

fn browser() -> Result<Tally> {
    let chromium = match CHROMIUM.ensure() {
        Ok(chromium) => chromium,
        Err(error) if system::unattended() => return Err(error),
        Err(error) => return Ok(Tally::left_out(&format!("{error:#}"))),
    };
    ensure_all("browser", &[PROMETHEUS])?;
    npm::install()?;
    let mut command = shell::command("node");
    command.arg("--test").args(files_below("tests/e2e", ".test.mjs")?).env("CHROMIUM", chromium);
    run_suite("browser", &mut command)
}

/// The suite that needs a Grafana server, which is not installed here. Without a server its tests are only listed,
/// which reads every file and the shipped dashboards that tests are made from.
fn grafana() -> Result<Tally> {
    npm::install()?;
    let mut command = shell::command(npm::binary("playwright"));
    command.args(["test", "--config", "tests/grafana"]);
    if env::var_os("GRAFANA_URL").is_some_and(|url| !url.is_empty()) {
        command.env("CHROMIUM", CHROMIUM.ensure()?);
        return run_suite("grafana", &mut command);
    }
    let mut tally = run_suite("grafana", command.arg("--list"))?;
    tally.add(&Tally::left_out("the tests in a Grafana server: GRAFANA_URL names none"));
    Ok(tally)
}

fn levitate() -> Result<Tally> {
    npm::install()?;
    run_suite("levitate", &mut npm::script("levitate"))
}

/// API server, etcd, kubectl and tests are one Go program, because linking Kubernetes once takes long enough.
fn kubernetes() -> Result<Tally> {
    if shell::which("go").is_none() {
        return Ok(Tally::left_out("the tests on a Kubernetes API server: there is no `go` here"));
    }
    ensure_all("kubernetes", &[PROMETHEUS, VICTORIA_METRICS])?;
    build::binary(Profile::Dev, "headroom-cli", CLI)?;
    let mut command = shell::command("go");
    command.env("HEADROOM_PROGRAM", Profile::Dev.binary(CLI));
    // These settings halve the time: garbage collection is not needed while everything fits in memory, and nobody reads
    // the debug information.
    command.env("GOGC", "400").env("CGO_ENABLED", "0");
    command.args(["test", "-C", "tests/kubernetes", "-mod=readonly", "-p", "2", "-vet=off"]);
    command.args(["-ldflags=-s -w", "-gcflags=all=-dwarf=false", "-count=1", "-timeout=20m", "-v", "."]);
    run_suite("kubernetes", &mut command)
}

/// The files in a folder with this ending, in the order of their names.
fn files_below(folder: &str, ending: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(&paths::at(folder), &mut files)?;
    files.retain(|file| file.to_string_lossy().ends_with(ending));
    files.sort();
    if files.is_empty() {
        bail!("test: expected tests named *{ending} in {folder}, found none");
    }
    Ok(files)
}

/// Runs a test runner, stores its whole output in `.cache/test`, prints what matters and counts the results.
pub(crate) fn run_suite(name: &str, command: &mut Command) -> Result<Tally> {
    let folder = paths::at(".cache/test");
    fs::create_dir_all(&folder)?;
    let log_path = folder.join(format!("{name}.log"));
    let mut log = File::create(&log_path).with_context(|| format!("creating {}", log_path.display()))?;
    say(name, format!("{} (whole output: .cache/test/{name}.log)", shell::display(command)));

    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting `{}`", shell::display(command)))?;
    let mut tally = Tally::default();
    let mut echo = Echo::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let bytes = line?;
            let line = String::from_utf8_lossy(&bytes);
            writeln!(log, "{line}")?;
            tally.read(&line);
            if echo.shows(&line) {
                println!("{line}");
            }
        }
    }
    let mut tally = tally.finish();
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // A build error, or a runner whose output is counted wrongly here.
        tally.failed = 1;
    }
    if status.success() && tally == Tally::default() {
        tally = Tally::one(true);
    }
    Ok(tally)
}

/// Leaves out what is not interesting: names of passed tests and what they printed.
#[derive(Default)]
struct Echo {
    in_successes: bool,
}

impl Echo {
    fn shows(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.in_successes = true;
        } else if line == "failures:" || line.starts_with("test result:") {
            self.in_successes = false;
        }
        let passed =
            line.starts_with("test ") && line.ends_with("... ok") || line.starts_with("ok ") || line.trim().is_empty();
        let passed = passed || line.starts_with("=== ") || line.trim_start().starts_with("--- PASS: ");
        !self.in_successes && !passed
    }
}
