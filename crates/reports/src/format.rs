//! What a report format is. The formats themselves, and the list of them, are in
//! [`formats`](crate::formats).

use headroom_engine::run::Run;

use crate::input::Input;
use crate::problem::Problems;
use crate::sniff::Sniff;

/// A report format: one file below `formats` with one of these.
pub(crate) struct Format {
    /// Its name among programs, `snake_case`: its fuzz target is called so, and the folder of `fuzz/corpus` with its malformed
    /// reports. The folder with its recorded ones is, too, unless a tool's formats share one that is called as the tool is.
    pub(crate) id: &'static str,
    /// What people call it, with the versions that are read.
    pub(crate) name: &'static str,
    /// What its runs have as [`Provenance::tool`](headroom_engine::run::Provenance::tool).
    pub(crate) tool: &'static str,
    /// How many load steps a file of it holds.
    pub(crate) steps: Steps,
    /// The line of the README's table: which file to give, and what is in it. Markdown.
    pub(crate) documentation: &'static str,
    /// Whether a file is of this format, judged by its first window. At most one format says
    /// so of a file.
    pub(crate) recognises: fn(&Sniff<'_>) -> bool,
    /// Reads the file. The input stands at the first byte.
    pub(crate) read: fn(&mut Input<'_>, &mut Report<'_>),
    /// Files that the tool writes beside its reports and that hold no load step.
    pub(crate) companions: &'static [Companion],
    /// Files beside a report that say what it leaves out, in the order in which they are asked.
    pub(crate) beside: &'static [Beside],
}

/// How many load steps a tool writes into one file, and so which files are joined to one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// One a file, or some: the files of a sweep are joined.
    OneAFile,
    /// A whole sweep a file. Files that hold a single step are joined all the same.
    Sweep,
    /// Whatever a person put in: such a file is never joined.
    AsGiven,
}

/// A file that a tool writes beside its reports. Whoever gives a whole folder should learn what
/// it is, and not that it is unknown.
pub(crate) struct Companion {
    /// Whether a file is this one.
    pub(crate) recognises: fn(&Sniff<'_>) -> bool,
    /// What it is and what to give instead; completes "expected a benchmark report; found …".
    pub(crate) what: &'static str,
}

/// A small file beside a report that completes it.
pub(crate) struct Beside {
    /// Its name, in the report's folder.
    pub(crate) name: CompanionName,
    /// Puts what its text says into a run. Other tools have files of this name too: a text that
    /// is something else changes nothing.
    pub(crate) apply: fn(&str, &mut Run),
}

/// What a file beside a report is called.
pub(crate) enum CompanionName {
    /// Always the same.
    Fixed(&'static str),
    /// As the report is, with another end: `stage_0_lifecycle_metrics.json` and `stage_0_prometheus_metrics.json`.
    Ending { report: &'static str, beside: &'static str },
}

impl CompanionName {
    /// Its name beside a report of this name; `None` where there is none.
    pub(crate) fn beside(&self, report: &str) -> Option<String> {
        match self {
            Self::Fixed(name) => Some((*name).to_owned()),
            Self::Ending { report: end, beside } => Some(format!("{}{beside}", report.strip_suffix(end)?)),
        }
    }

    /// Whether a file of this name may be it.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Fixed(own) => name == *own,
            Self::Ending { beside, .. } => name.ends_with(beside),
        }
    }
}

/// What a reader fills. The identity of the runs and their `source` are added afterwards,
/// when all bytes are hashed.
pub(crate) struct Report<'s> {
    /// The name of the file that is shown to people.
    pub(crate) source: &'s str,
    /// The runs in it.
    pub(crate) runs: Vec<Run>,
    /// What is wrong with it.
    pub(crate) problems: Problems,
}
