//! The analysis of LLM serving benchmarks: how much load a deployment holds before it
//! breaks, which limit breaks first, how certain that is, and what a token costs there.
//!
//! Everything here is a pure function of its arguments. The crate does no I/O and knows neither JSON nor Grafana nor
//! Prometheus, so nothing outside can make it fail; bad input becomes a [`Finding`](findings::Finding) in the answer.
//! It compiles for `wasm32-unknown-unknown` and for the host and returns the same bits on both: every transcendental
//! function comes from `libm`, and nothing depends on hash order.
//!
//! Latency is in milliseconds, time in seconds, rates are per second.

pub mod bootstrap;
pub mod bottleneck;
pub mod bounded;
pub mod breaking;
pub mod compare;
pub mod cost;
pub mod curve;
pub mod dependence;
pub mod display;
pub mod distributions;
pub mod findings;
pub mod goodput;
pub mod history;
pub mod interval;
pub mod isotonic;
pub mod judging;
pub mod knee;
pub mod level;
pub mod listed;
pub mod live;
pub mod monotone;
pub mod narrowing;
pub mod next_level;
pub mod pareto;
pub mod plan;
pub mod points;
pub mod random;
pub mod rates;
pub mod repeats;
pub mod run;
pub mod selftest;
pub mod sheet;
pub mod side_by_side;
pub mod slo;
pub mod steady;
pub mod throughput;
pub mod tokens;
pub mod usl;
pub mod verdict;
pub mod what_if;
pub mod workload;

mod between;
mod decimal;
mod gap;
mod order;
mod whole;
