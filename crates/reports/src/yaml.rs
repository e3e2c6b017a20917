//! Small YAML documents, read whole.

use serde_json::Value;

use crate::problem::{Code, Problem};

/// The largest YAML document that is read as a whole, bytes. Tables and deployments files have a few kilobytes; reports
/// are never read this way.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Parses a small YAML document. `shape` says in words what it should contain.
pub(crate) fn parse(text: &str, source: &str, shape: &str) -> Result<Value, Problem> {
    let problem = |code, message| Problem { source: source.to_owned(), code, path: None, message };
    if text.trim().is_empty() {
        return Err(problem(Code::Empty, format!("expected {shape}; the file is empty. Write it or remove the file.")));
    }
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        // Only the first line of the parser's message, because the rest quotes the document.
        let reason = error.to_string();
        let reason = reason.lines().next().unwrap_or("not YAML").to_owned();
        problem(Code::Malformed, format!("expected {shape} as YAML; {reason}. Correct the file at that place."))
    })
}
