//! Headroom's own table of levels, for numbers that were published as a table and whose reports are lost: one row per
//! level, as CSV, or as YAML with facts about deployment and workload.
//!
//! ```csv
//! users,ttft_p95_ms,itl_p95_ms,output_tokens_per_second,requests
//! 1,574,54,35,4
//! ```
//!
//! ```yaml
//! source: where the numbers were published
//! deployment: { name: chat, hardware: NVIDIA L4, gpus: 4 }
//! workload: { prompt_tokens: 256, output_tokens: 256 }
//! levels:
//!   - { users: 1, ttft_p95_ms: 574, itl_p95_ms: 54, output_tokens_per_second: 35, requests: 4 }
//! ```
//!
//! Rates in the table are the only ones that exist, so curves use them. Other rates are computed from counts and
//! duration if these are given. An empty cell means not measured.

mod column;
mod csv;
mod document;
mod row;

/// The tool that runs of a table name if the table names none.
const TOOL: &str = "table";

pub(crate) use csv::CSV;
pub(crate) use document::YAML;
