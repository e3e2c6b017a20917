//! Generates from the contract the TypeScript module and the tables of the documents.

mod documents;
mod typescript;

pub use documents::{alerts, filled, frame, query_keys, secrets, settings};
pub use typescript::module;
