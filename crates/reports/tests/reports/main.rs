//! The readers on real files, and on files that are wrong in every way that we know.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bounds;
mod conclusions;
mod deployments;
mod documents;
mod guidellm_forms;
mod guidellm_values;
mod joining;
mod malformed;
#[path = "../../src/numbers.rs"]
mod numbers;
mod redaction;
mod runs;
mod special;
mod support;
mod tables;
mod tool_reports;
mod tool_values;
