//! The dictionary of serving metrics: the name of each quantity by server, version and prefix.
//!
//! It consists of data ([`serving`] and [`gpu`] contain the rows) and one way to use them. [`resolve`] takes the names
//! and labels that a Prometheus has and determines which of them provide each [`Quantity`], and why one is missing.
//! [`Resolved`] then writes the PromQL. `docs/metrics.md` is generated from the same rows.

mod gpu;
mod labels;
mod matcher;
mod missing;
mod promql;
mod quantity;
mod resolve;
mod row;
mod seen;
mod serving;
mod together;
mod version;
mod versions;

pub use self::{
    labels::{DIALECTS, LabelDialect},
    matcher::{Condition, Matcher, Selector},
    missing::Missing,
    promql::Over,
    quantity::Quantity,
    resolve::{DISCOVERY_PATTERN, Resolved, Source, known, resolve},
    row::{Aggregate, DictionaryRow, Group, MetricName, MetricType, Once, Relabel, Server, Unit},
    seen::Seen,
    together::Together,
    version::{READ_VERSIONS, Version},
    versions::Versions,
};

/// All rows, in the order of [`Quantity::ALL`].
pub fn rows() -> impl Iterator<Item = &'static DictionaryRow> {
    serving::ROWS.iter().chain(gpu::ROWS)
}

impl Quantity {
    /// Its name in queries and settings.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// The quantity with this name; `None` if there is none.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        rows().find(|row| row.key == key).map(|row| row.quantity)
    }

    /// Its row of the dictionary.
    #[must_use]
    pub fn row(self) -> &'static DictionaryRow {
        // The rows are in the order of the quantities; a test checks that.
        let index = self as usize;
        let of_servers = serving::ROWS.len();
        if index < of_servers { &serving::ROWS[index] } else { &gpu::ROWS[index - of_servers] }
    }
}

#[cfg(test)]
mod tests;
