//! Headroom's own table of levels, for numbers that were published as a table and whose
//! reports are gone: one row a level, as CSV or, with facts about deployment and workload,
//! as YAML.
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
//! Rates that the table states are the only ones there are, so they are what curves use;
//! those that it does not state are computed from counts and duration where these are given.
//! An empty cell is not measured.

mod column;
mod csv;
mod document;
mod row;

/// What runs of a table name as their tool when it names none.
const TOOL: &str = "table";

pub(crate) use csv::CSV;
pub(crate) use document::YAML;
