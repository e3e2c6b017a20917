//! Production beside a benchmark, subject by subject.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::float_cmp,
    reason = "helpers of tests may fail like the tests themselves, and equal means equal"
)]

mod comparing;
mod histograms;
mod limiting;
mod spending;
mod support;
mod timeline;
