//! From benchmark reports to runs.
//!
//! [`read`] takes the bytes of a report of any known tool, plain or compressed with gzip or zstd, and returns every run
//! in it, together with everything that is wrong with it. A report is streamed: memory does not grow with the prompts
//! and outputs in it. Its format is recognised by its content and never by its file name.
//!
//! [`deployments`] adds the facts that reports do not contain.

use std::io::Read;
use std::path::Path;

use headroom_engine::run::Run;

mod cells;
mod companions;
mod content_hash;
mod curve;
pub mod deployments;
mod document;
mod expansion;
mod fields;
mod flat;
mod format;
mod formats;
mod glob;
mod hints;
mod identity;
mod inferencex;
mod input;
mod join;
mod json;
mod limits;
#[cfg(test)]
mod numbers;
mod paths;
pub mod problem;
#[cfg(test)]
mod recorded;
mod secrets;
mod server_evidence;
mod sniff;
mod steps;
mod summary;
mod sweep;
mod time;
mod timing;
mod transcode;
mod tree;
mod utf16;
mod yaml;

pub use input::{PACKED, compression_of};
pub use join::{combine, is_step, join, join_runs};
pub use limits::BESIDE_BYTES;
pub use paths::{completes_others, read_paths};
pub use problem::{Code, Problem, ProblemSeverity};
pub use sweep::{Folders, Joined, Member};
pub use time::ASSUMED_UTC;

use format::{Format, Report};
use formats::FORMATS;
use input::Input;
use json::Parser;
use problem::Problems;
use sniff::Sniff;

/// The version of the readers: if it changes, a report may be read differently than before. It is the SHA-256 of this
/// crate's sources, so that nobody can forget to change it.
pub const READERS: &str = env!("HEADROOM_READERS");

/// The content of a report, and what is wrong with it. Either may be empty; neither excludes the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The runs, in a fixed order: closed loop before open loop.
    pub runs: Vec<Run>,
    /// What could not be read or needs a second look.
    pub problems: Vec<Problem>,
}

impl Reading {
    /// Whether a report was only read in part: it is cut off, or one of its levels is invalid. A file of which nothing
    /// was read does not count.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        let damaged = |problem: &&Problem| problem.code.severity() == ProblemSeverity::Error;
        let errors: Vec<&Problem> = self.problems.iter().filter(damaged).collect();
        let hit = |source: &str| errors.iter().any(|problem| problem.source == source);
        !errors.is_empty() && self.runs.iter().any(|run| sweep::files(&run.provenance.source).any(|file| hit(&file)))
    }
}

/// Reads a report. `source` is its name for people: the file as they named it, or its path below the store's root. It
/// becomes [`Provenance::source`](headroom_engine::run::Provenance::source).
#[must_use]
pub fn read(source: &str, input: impl Read) -> Reading {
    read_with(source, input, formats::recognised)
}

/// Reads a report as the format with this id, whatever its content. Only for fuzzing: a reader then also gets content
/// that it would not otherwise be given, and no time is spent in other readers.
#[cfg(feature = "fuzzing")]
#[must_use]
pub fn read_as(id: &str, source: &str, input: impl Read) -> Reading {
    read_with(source, input, |_| FORMATS.iter().find(|known| known.id == id))
}

/// Completes a run from a text as each of the files would that may stand beside a report, whatever it looks like and whichever
/// tool the run is of: one run for each, in a fixed order. For fuzzing alone.
#[cfg(feature = "fuzzing")]
#[must_use]
pub fn complete_from(text: &str, run: &Run) -> Vec<Run> {
    formats::all_beside()
        .map(|beside| {
            let mut completed = run.clone();
            (beside.apply)(text, &mut completed);
            completed
        })
        .collect()
}

/// A format as people and programs name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatName {
    /// Its name for programs, in `snake_case`.
    pub id: &'static str,
    /// Its name for people, with the supported versions.
    pub name: &'static str,
    /// Which file to give, and what is in it. Markdown.
    pub documentation: &'static str,
}

/// Every format that [`read`] knows.
pub fn formats() -> impl Iterator<Item = FormatName> {
    FORMATS.iter().map(|&Format { id, name, documentation, .. }| FormatName { id, name, documentation })
}

/// The names of all formats in one line, to be printed once, however many files are unknown.
#[must_use]
pub fn format_names() -> String {
    FORMATS.iter().map(|format| format.name).collect::<Vec<_>>().join(", ")
}

/// The tools whose runs may be parts of other runs ([`is_step`]), each once.
#[must_use]
pub fn joined_tools() -> Vec<&'static str> {
    formats::joined_tools()
}

fn read_with(source: &str, input: impl Read, choose: impl FnOnce(&Sniff<'_>) -> Option<&'static Format>) -> Reading {
    let mut input = Input::open(input);
    let mut report = Report { source, runs: Vec::new(), problems: Problems::default() };
    let sniff = Sniff::of(&input.window()[input.at..]);
    let blank = sniff.first().is_none();
    match choose(&sniff) {
        Some(format) => (format.read)(&mut input, &mut report),
        None if blank => report.problems.push(nothing(&mut input, source)),
        None => {
            let problem = unknown(&sniff, source);
            // If a document is damaged where its format would be recognised, it is better to report the damage.
            let problem = if sniff.is_malformed() || (sniff.is_cut() && input.is_last()) {
                let mut parser = Parser::new(&mut input);
                parser.skip().err().map_or(problem, |stop| parser.problem(&stop, source))
            } else {
                problem
            };
            report.problems.push(problem);
        }
    }
    if !report.runs.is_empty() {
        let (hash, outcome) = input.finish();
        if let Err(error) = outcome {
            report.problems.push(input.problem(&error, source));
        }
        identity::identify(&mut report.runs, &hash, source);
    }
    Reading { runs: report.runs, problems: report.problems.told(source) }
}

/// Reads a report that is not a file, as [`read`] does, and completes it as [`read_file`] does. `beside` gives the text of
/// the file with this name in the report's folder, at most [`BESIDE_BYTES`] of it.
#[must_use]
pub fn read_beside(source: &str, input: impl Read, beside: impl FnMut(&str) -> Option<String>) -> Reading {
    let mut reading = read(source, input);
    paths::complete_from(&mut reading, source.rsplit('/').next().unwrap_or(source), beside);
    reading
}

/// Reads the report in a file, as [`read`] does, and completes it from the settings that some tools write beside their
/// reports (inference-perf's `config.yaml` names the model).
#[must_use]
pub fn read_file(path: &Path, source: &str) -> Reading {
    match paths::open(path) {
        Ok(file) => {
            let mut reading = read(source, file);
            paths::complete(&mut reading, path);
            reading
        }
        Err(message) => {
            let problem = Problem { source: source.to_owned(), code: Code::Unreadable, path: None, message };
            Reading { runs: Vec::new(), problems: vec![problem] }
        }
    }
}

/// The problem of a file whose first window is empty: it is empty, or unreadable.
fn nothing(input: &mut Input<'_>, source: &str) -> Problem {
    if let Err(error) = input.slide() {
        return input.problem(&error, source);
    }
    Problem {
        source: source.to_owned(),
        code: Code::Empty,
        path: None,
        message: "expected a benchmark report; the file is empty. The benchmark may have failed before it wrote its \
                  result: run it again."
            .to_owned(),
    }
}

fn unknown(sniff: &Sniff<'_>, source: &str) -> Problem {
    if let Some(what) = formats::companion(sniff) {
        return Problem {
            source: source.to_owned(),
            code: Code::Companion,
            path: None,
            message: format!("expected a benchmark report; found {what}."),
        };
    }
    let found = if sniff.is_json() && sniff.top().is_empty() {
        "a JSON document without keys at its top".to_owned()
    } else if sniff.is_json() {
        format!("a JSON document with the keys {}", sniff.top().join(", "))
    } else {
        sniff.describe().to_owned()
    };
    Problem {
        source: source.to_owned(),
        code: Code::UnknownFormat,
        path: None,
        message: format!("expected a benchmark report; found {found}. Give the file that the benchmark tool wrote."),
    }
}
