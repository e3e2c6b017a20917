//! `cargo xtask …`: all tasks of this repository, in one place and in Rust, so that a clone needs only a Rust toolchain
//! and Node.js.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a build tool talks to its terminal")]

mod bench;
mod bits;
mod build;
mod circles;
mod dashboards;
mod demo;
mod dependencies;
mod lint;
mod lock;
mod modules;
mod npm;
mod package;
mod paths;
mod pins;
mod plugin_zip;
mod python_tools;
mod readme;
mod recording;
mod screenshots;
mod shell;
mod stamp;
mod suites;
mod system;
mod tally;
mod tidy;
mod validate;
mod ward;
mod wasm;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask COMMAND

  build [--demo|--release] [--wasm-only] [--no-opt]
      Builds the plugin into dist/: WebAssembly, front end, backend binary, preview page.
      --wasm-only stops after panel/pkg; --no-opt leaves wasm-opt out.
  demo [--port 3000] [--no-open] [--no-build]
      Builds, then shows the recorded reports and production at http://127.0.0.1:3000. Everything that it starts ends
      with it.
  test [SUITE…] [--list]
      Runs every test, or the suites named, and sums up.
  bench
      Measures parsing, memory, sizes, latency and requests to Prometheus against their budgets.
  package [--all] [--repository https://…]
      Makes the zips of the plugin and of the command line below target/package, for this machine or for all platforms
      that link here, with licences, checksums and a bill of materials, and checks them by Grafana's rules. Links of the
      README in them lead to the repository's address; without one they are left out.
  validate
      Judges simulated servers whose breaking load is known, and writes the table of docs/validation.md.
  screenshots
      Takes the README's and the plugin's pictures anew, from the demo.
  lint
      Formatting, lints, licences, types and the rules of this repository.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "build" => build::command(rest)?,
        "bench" => bench::command(rest)?,
        "demo" => demo::command(rest)?,
        "lint" => lint::command(rest)?,
        "package" => package::command(rest)?,
        "screenshots" => screenshots::command(rest)?,
        "validate" => validate::command(rest)?,
        "test" => return suites::command(rest),
        "help" | "--help" | "-h" => print!("{HELP}"),
        other => bail!("expected a command, found `{other}`; `cargo xtask help` lists them"),
    }
    Ok(ExitCode::SUCCESS)
}
