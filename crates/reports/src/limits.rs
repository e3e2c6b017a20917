//! How much of one file is kept. Real reports stay far below these limits; anything beyond is damaged, made up, or not
//! a report, and must not use up a server's memory.

/// The largest number that is read. A larger one is no measurement, and products and sums with it overflow.
pub(crate) const LARGEST: f64 = 1e100;

/// The most load steps of one report.
pub(crate) const LEVELS: usize = 4_096;

/// The most bytes of a table with one row per request.
pub(crate) const ROWS_BYTES: usize = 32 << 20;

/// The most requests of one report whose own numbers are kept.
pub(crate) const REQUESTS: usize = 300_000;

/// The most problems of one file that are listed one by one.
pub(crate) const PROBLEMS: usize = 1_000;

/// The most labels of one report, and the most conclusions of its tool.
pub(crate) const LABELS: usize = 1_000;

/// The most cells of a line of a table. GuideLLM's have 230.
pub(crate) const CELLS: usize = 4_096;

/// The most bytes of a file that completes a report. A server has about a hundred metrics, and each engine of each
/// replica has them all.
pub const BESIDE_BYTES: u64 = 8 << 20;

/// The most bytes of a document that is held as a tree, including its structure.
pub(crate) const TREE_BYTES: usize = 16 << 20;

/// The message for load steps beyond [`LEVELS`].
pub(crate) fn more_levels() -> String {
    format!("expected at most {LEVELS} load steps in one file; found more, which are not read. Check what the file is.")
}

/// The message for requests beyond [`REQUESTS`].
pub(crate) fn more_requests() -> String {
    format!(
        "expected at most {REQUESTS} requests with numbers of their own in one file; found more. The levels that these \
         belong to have the percentiles of the tool alone: give fewer loads a file where you need more."
    )
}
