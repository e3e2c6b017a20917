//! How much of one file is kept. Reports stay far below; what is beyond is damaged, made up,
//! or something else by another name, and must not cost a server its memory.

/// The largest number that is read. A larger one measures nothing, and its products and sums overflow.
pub(crate) const LARGEST: f64 = 1e100;

/// Load steps of one report.
pub(crate) const LEVELS: usize = 4_096;

/// Bytes of a table with one row a request.
pub(crate) const ROWS_BYTES: usize = 32 << 20;

/// Requests of one report whose own numbers are kept.
pub(crate) const REQUESTS: usize = 300_000;

/// Problems of one file that are told one by one.
pub(crate) const PROBLEMS: usize = 1_000;

/// Labels of one report, and conclusions of its tool.
pub(crate) const LABELS: usize = 1_000;

/// Cells of a line of a table. GuideLLM's have 230.
pub(crate) const CELLS: usize = 4_096;

/// Bytes of a file beside a report that completes it. A server has some hundred metrics, and each engine of each replica has
/// them all.
pub(crate) const BESIDE_BYTES: u64 = 8 << 20;

/// Bytes of a document that is held as a tree, with what keeps it together.
pub(crate) const TREE_BYTES: usize = 16 << 20;

/// What is told of load steps beyond [`LEVELS`].
pub(crate) fn more_levels() -> String {
    format!("expected at most {LEVELS} load steps in one file; found more, which are not read. Check what the file is.")
}

/// What is told of requests beyond [`REQUESTS`].
pub(crate) fn more_requests() -> String {
    format!(
        "expected at most {REQUESTS} requests with numbers of their own in one file; found more. The levels that these \
         belong to have the percentiles of the tool alone: give fewer loads a file where you need more."
    )
}
