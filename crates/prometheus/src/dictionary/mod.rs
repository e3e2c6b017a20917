//! The dictionary of serving metrics: what a quantity is called by each server, in each version, under each prefix.
//!
//! It is data ([`serving`] and [`gpu`] hold the rows) and one way to use it: [`resolve`] takes the names and labels that
//! a Prometheus has now and says which of them serve each [`Quantity`], and why one is missing; [`Resolved`] then
//! writes the PromQL. `docs/metrics.md` is generated from the same rows.

mod gpu;
mod labels;
mod matcher;
mod missing;
mod promql;
mod quantity;
mod resolve;
mod row;
mod serving;
mod versions;

pub use self::{
    labels::{DIALECTS, LabelDialect},
    matcher::{Matcher, Op, Selector},
    missing::Missing,
    promql::Over,
    quantity::Quantity,
    resolve::{DISCOVERY_PATTERN, Resolved, Seen, Source, known, resolve},
    row::{Aggregate, Group, Kind, Name, Once, Relabel, Row, Server, Unit},
    versions::{READ_VERSIONS, Version, Versions},
};

/// All rows, in the order of [`Quantity::ALL`].
pub fn rows() -> impl Iterator<Item = &'static Row> {
    serving::ROWS.iter().chain(gpu::ROWS)
}

#[cfg(test)]
mod tests;
