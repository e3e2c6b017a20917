//! Why the reading of a document stopped.

use std::io;

use super::MAX_DEPTH;
use crate::problem::Code;

/// Why the reading of a document stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It ends too early.
    Truncated,
    /// The byte at this offset is not what was expected.
    Malformed { expected: &'static str, found: u8, offset: u64 },
    /// It is nested deeper than any report.
    TooDeep,
    /// A key or a number is longer than any in a report.
    TooLong,
    /// The file cannot be read.
    Unreadable(io::Error),
}

impl Stop {
    /// The kind of problem and its message, `offset` bytes into the document. For an unreadable file, the error itself.
    pub(super) fn explain(&self, offset: u64) -> Result<(Code, String), &io::Error> {
        Ok(match self {
            Self::Truncated => (
                Code::Truncated,
                format!(
                    "expected the rest of the document; it ends after {offset} bytes. \
                     The benchmark was stopped while writing or the file was copied in part: copy or run it again."
                ),
            ),
            Self::Malformed { expected, found, offset } => (
                Code::Malformed,
                format!(
                    "expected {expected}; found {} at byte {offset}. The file is not valid JSON there: \
                     export or copy it again.",
                    shown(*found)
                ),
            ),
            Self::TooDeep => (
                Code::TooDeep,
                format!(
                    "expected at most {MAX_DEPTH} levels of nesting; found more at byte {offset}. \
                     No benchmark tool writes this: check what the file is."
                ),
            ),
            Self::TooLong => (
                Code::Malformed,
                format!(
                    "expected a key or a number; found one that does not end, at byte {offset}. \
                     The file is damaged there: export or copy it again."
                ),
            ),
            Self::Unreadable(error) => return Err(error),
        })
    }
}

/// A byte as a message may show it.
fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("byte 0x{byte:02x}") }
}
