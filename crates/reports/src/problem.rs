//! What could not be read, described so that a person can do something about it.

use std::fmt;

use crate::limits;

/// Something that is wrong with a report, a table or a deployments file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, by its name for people.
    pub source: String,
    /// What kind of problem it is.
    pub code: Code,
    /// Its place in the document, for example `benchmarks[3].metrics.time_to_first_token_ms`; `None` if it concerns the
    /// whole file.
    pub path: Option<String>,
    /// What was expected, what was found and what to do next. It never contains a secret or a prompt: values of the
    /// document are quoted only if they are numbers or names.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {path}: {}", self.source, self.message),
            None => write!(f, "{}: {}", self.source, self.message),
        }
    }
}

/// How much of the report is lost to a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProblemSeverity {
    /// Everything measured was read, but something needs a second look.
    Warning,
    /// The file, or a part of it, could not be read.
    Error,
}

impl ProblemSeverity {
    /// `warning` or `error`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The file could not be opened or read.
    Unreadable,
    /// There is nothing in the file.
    Empty,
    /// The gzip or zstd frame is damaged.
    BadCompression,
    /// No reader knows this content.
    UnknownFormat,
    /// The document is not well formed.
    Malformed,
    /// The document ends before it is complete.
    Truncated,
    /// The document is nested deeper than any report.
    TooDeep,
    /// A required value is absent.
    MissingValue,
    /// A value has another type than expected.
    WrongType,
    /// NaN or an infinity where a number is expected.
    NotANumber,
    /// A number that cannot be a measurement.
    OutOfRange,
    /// An unknown load strategy that has no place on a curve.
    UnknownStrategy,
    /// Two levels of one report offered the same load.
    DuplicateLoad,
    /// The report has no level that belongs on a curve.
    NoLevels,
    /// A key or column that is unknown, probably misspelt.
    UnknownKey,
    /// A value that is understood but cannot be used.
    BadValue,
    /// A file that a tool writes beside its reports and that contains no load step: settings, a summary over all steps,
    /// server metrics.
    Companion,
    /// A value that the report does not contain and that was derived or assumed.
    Assumed,
    /// Two values of a report that contradict each other.
    Contradiction,
}

impl Code {
    /// The code as it appears in JSON and in frames, `snake_case`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Empty => "empty",
            Self::BadCompression => "bad_compression",
            Self::UnknownFormat => "unknown_format",
            Self::Malformed => "malformed",
            Self::Truncated => "truncated",
            Self::TooDeep => "too_deep",
            Self::MissingValue => "missing_value",
            Self::WrongType => "wrong_type",
            Self::NotANumber => "not_a_number",
            Self::OutOfRange => "out_of_range",
            Self::UnknownStrategy => "unknown_strategy",
            Self::DuplicateLoad => "duplicate_load",
            Self::NoLevels => "no_levels",
            Self::UnknownKey => "unknown_key",
            Self::BadValue => "bad_value",
            Self::Companion => "companion",
            Self::Assumed => "assumed",
            Self::Contradiction => "contradiction",
        }
    }

    /// How much of the report is lost to a problem of this kind.
    #[must_use]
    pub fn severity(self) -> ProblemSeverity {
        match self {
            Self::NotANumber
            | Self::OutOfRange
            | Self::WrongType
            | Self::DuplicateLoad
            | Self::Companion
            | Self::Assumed
            | Self::Contradiction => ProblemSeverity::Warning,
            Self::Unreadable
            | Self::Empty
            | Self::BadCompression
            | Self::UnknownFormat
            | Self::Malformed
            | Self::Truncated
            | Self::TooDeep
            | Self::MissingValue
            | Self::UnknownStrategy
            | Self::NoLevels
            | Self::UnknownKey
            | Self::BadValue => ProblemSeverity::Error,
        }
    }
}

/// The problems of one file, as many as people read; further ones are only counted.
#[derive(Default)]
pub(crate) struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        if self.kept.len() < limits::PROBLEMS { self.kept.push(problem) } else { self.more += 1 }
    }

    /// Adds the problems of a part of the file.
    pub(crate) fn absorb(&mut self, part: Self) {
        self.more += part.more;
        self.extend(part.kept);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The problems of `source` to report.
    pub(crate) fn told(self, source: &str) -> Vec<Problem> {
        let Self { kept: mut told, more } = self;
        if more > 0 {
            told.push(Problem {
                source: source.to_owned(),
                code: Code::OutOfRange,
                path: None,
                message: format!(
                    "expected a file with fewer mistakes; found {more} more than are told here. Check what the file is."
                ),
            });
        }
        told
    }
}

impl Extend<Problem> for Problems {
    fn extend<T: IntoIterator<Item = Problem>>(&mut self, problems: T) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}
