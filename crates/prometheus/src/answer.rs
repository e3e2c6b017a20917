//! A server's answer: series in columns, and the remarks that came with them.

use crate::budget::Held;

/// The labels of a series in the order of the answer, with `__name__` if the server sent it.
pub type Labels = Vec<(String, String)>;

/// One series in columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// The times of the values, in milliseconds since 1970-01-01 UTC, ascending.
    pub timestamps_ms: Vec<i64>,
    /// The value at each of the times. `NaN` is what the server computed (0/0, a quantile of nothing); a time without a
    /// value is left out.
    pub values: Vec<f64>,
}

impl Series {
    /// The value of a label; `None` if the series has no such label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The last value, which is the only one in the answer to an instant query.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.values.last().copied()
    }
}

/// An answer with the remarks that the user must see beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// The answer.
    pub data: T,
    /// Remarks, each once.
    pub remarks: Vec<Remark>,
    /// Counts the memory that the answer takes.
    pub held: Held,
}

impl<T> Answer<T> {
    /// Keeps the remarks, with something else made from the answer.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Answer<U> {
        Answer { data: make(self.data), remarks: self.remarks, held: self.held }
    }
}

/// A remark about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub severity: RemarkSeverity,
    /// A sentence or the server's own words.
    pub text: String,
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkSeverity {
    /// Good to know; the answer is complete.
    Info,
    /// The answer may be incomplete or wrong.
    Warning,
}

/// Adds a remark unless it is there already: the parts of a split range repeat them.
pub(crate) fn add_remark(remarks: &mut Vec<Remark>, severity: RemarkSeverity, text: impl Into<String>) {
    let remark = Remark { severity, text: text.into() };
    if !remarks.contains(&remark) {
        remarks.push(remark);
    }
}
