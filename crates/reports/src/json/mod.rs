//! A pull parser for JSON that never holds a whole document: it reads through a window of fixed size, returns the
//! values that are asked for and skips the rest without storing it.
//!
//! It is as strict as RFC 8259 except where real reports are not: `NaN`, `Infinity` and `-Infinity` (as Python writes
//! them) count as null and are reported, and text that is not UTF-8 or has a lone surrogate is repaired with U+FFFD.

mod key;
mod lexer;
mod notes;
mod parser;
mod skip;
mod stop;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use parser::{JsonType, Parser};
pub(crate) use stop::Stop;

/// Deepest nesting that is read. Reports stay below 16.
const MAX_DEPTH: usize = 128;
