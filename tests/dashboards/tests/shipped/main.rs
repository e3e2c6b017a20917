//! What ships for Grafana and Prometheus: dashboards and alert rules.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]
#![allow(clippy::print_stdout, reason = "a test that is left out says why")]

mod alerts;
mod dashboards;
mod data;
mod promql;
mod servers;
mod transformations;
