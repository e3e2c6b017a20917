//! What the analysis tells, subject by subject, always through its public interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "helpers of tests may fail like the tests themselves"
)]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "checks and fixtures read like the data they hold"
)]

mod bootstrap;
mod bounds;
mod breaking;
mod comparisons;
mod consistency;
mod contests;
mod costs;
mod curve;
mod display;
mod findings;
mod fronts;
mod goodputs;
mod histories;
mod limits;
mod narrowings;
mod over_limits;
mod plans;
mod points;
mod published_tables;
mod rates;
mod repeated;
mod same_bits;
mod served;
mod shapes;
mod sheets;
mod statistics;
mod support;
mod throughput;
mod validation;
mod verdicts;
mod workloads;
