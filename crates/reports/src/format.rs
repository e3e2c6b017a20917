//! The description of a report format. The formats themselves, and the list of them, are in
//! [`formats`](crate::formats).

use headroom_engine::run::Run;

use crate::input::{Input, unpacked_name};
use crate::problem::Problems;
use crate::sniff::Sniff;

/// A report format. Each has a file in `formats` with one of these.
pub(crate) struct Format {
    /// Its name for programs, in `snake_case`. Its fuzz target has this name, and so has the folder of `fuzz/corpus`
    /// with its malformed reports. The folder with its recorded reports has it too, unless several formats of a tool
    /// share one with the tool's name.
    pub(crate) id: &'static str,
    /// Its name for people, with the supported versions.
    pub(crate) name: &'static str,
    /// The [`Provenance::tool`](headroom_engine::run::Provenance::tool) of its runs.
    pub(crate) tool: &'static str,
    /// How many load steps one of its files contains.
    pub(crate) steps: Steps,
    /// The line of the README's table: which file to give, and what is in it. Markdown.
    pub(crate) documentation: &'static str,
    /// Whether a file has this format, judged by its first window. At most one format may claim a file.
    pub(crate) recognises: fn(&Sniff<'_>) -> bool,
    /// Reads the file. The input is at the first byte.
    pub(crate) read: fn(&mut Input<'_>, &mut Report<'_>),
    /// Files that the tool writes beside its reports and that contain no load step.
    pub(crate) companions: &'static [Companion],
    /// Files beside a report that contain what it leaves out, in the order in which they are read.
    pub(crate) beside: &'static [Beside],
}

/// How many load steps a tool writes into one file. This decides which files are joined to one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// One or a few per file: the files of a sweep are joined.
    OneAFile,
    /// A whole sweep per file. Files with a single step are joined all the same.
    Sweep,
    /// Whatever a person wrote: such a file is never joined.
    AsGiven,
}

/// A file that a tool writes beside its reports. If a whole folder is given, people should learn what the file is, not
/// only that it is unknown.
pub(crate) struct Companion {
    /// Whether a file is this one.
    pub(crate) recognises: fn(&Sniff<'_>) -> bool,
    /// What it is, and what to give instead; completes the sentence "expected a benchmark report; found …".
    pub(crate) what: &'static str,
}

/// A small file beside a report with information that the report lacks.
pub(crate) struct Beside {
    /// Its name, in the report's folder.
    pub(crate) name: CompanionName,
    /// Puts the information in its text into a run. Other tools have files with this name too; a text of another kind
    /// changes nothing.
    pub(crate) apply: fn(&str, &mut Run),
}

/// The name of a file beside a report.
pub(crate) enum CompanionName {
    /// Always this name.
    Fixed(&'static str),
    /// The report's name with another ending: `stage_0_prometheus_metrics.json` for `stage_0_lifecycle_metrics.json`.
    Ending { report: &'static str, beside: &'static str },
}

impl CompanionName {
    /// Its name beside a report with this name, which may be compressed; `None` if there is none.
    pub(crate) fn beside(&self, report: &str) -> Option<String> {
        match self {
            Self::Fixed(name) => Some((*name).to_owned()),
            Self::Ending { report: end, beside } => {
                Some(format!("{}{beside}", unpacked_name(report).strip_suffix(end)?))
            }
        }
    }

    /// Whether a file with this name may be it.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Fixed(own) => name == *own,
            Self::Ending { beside, .. } => name.ends_with(beside),
        }
    }
}

/// What a reader fills in. The ids of the runs and their `source` are added later, when all bytes are hashed.
pub(crate) struct Report<'s> {
    /// The name of the file for people.
    pub(crate) source: &'s str,
    /// The runs in the file.
    pub(crate) runs: Vec<Run>,
    /// What is wrong with the file.
    pub(crate) problems: Problems,
}
