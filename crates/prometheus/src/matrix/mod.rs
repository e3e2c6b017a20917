//! Reads an answer of the query API as it arrives: bytes in, columns out.
//!
//! The body of a range query consists almost only of samples, `[1795490830,"0.285"],`, and is never held as a whole.
//! [`reader`] consumes it chunk by chunk. [`sample`] reads the plain form of a sample in one pass over its bytes.
//! Everything else (white space, escapes, another order of keys, a sample split by the network) goes through the
//! complete JSON grammar in [`token`], into the same columns.

mod number;
mod reader;
mod sample;
mod token;

pub use self::reader::{Body, MatrixReader};

/// An error: the bytes are not an answer of the query API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at byte {at}")]
pub struct ParseError {
    /// The position, in bytes from the start of the body.
    pub at: u64,
    /// What was expected and what was found.
    pub what: String,
    /// Whether the answer is too large, rather than damaged.
    pub too_much: bool,
}

/// The remark on an answer that VictoriaMetrics marks as partial.
pub(crate) const PARTIAL: &str =
    "The server says that its answer is partial: a part of its storage did not answer. Values may be too low.";

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
