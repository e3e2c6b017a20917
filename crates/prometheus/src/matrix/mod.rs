//! Reads an answer of the query API as it arrives: bytes in, columns out.
//!
//! The body of a range query is almost all samples, `[1795490830,"0.285"],`, and is never held: [`reader`] eats it
//! chunk by chunk, [`sample`] reads the plain form of a sample in one pass over its bytes, and whatever is written
//! differently (white space, escapes, another order of keys, a sample cut in two by the network) goes through a whole
//! JSON grammar in [`token`] to the same columns.

mod number;
mod reader;
mod sample;
mod token;

pub use self::reader::{Body, MatrixReader};

/// The bytes are no answer of the query API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at byte {at}")]
pub struct ParseError {
    /// Where, in bytes from the beginning of the body.
    pub at: u64,
    /// What was expected and what was found.
    pub what: String,
    /// More than may be kept, and not a damaged body.
    pub too_much: bool,
}

/// What is said beside an answer that VictoriaMetrics marks as partial.
pub(crate) const PARTIAL: &str =
    "The server says that its answer is partial: a part of its storage did not answer. Values may be too low.";

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
