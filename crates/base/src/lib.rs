//! Small things that several crates need and none of them owns.
//!
//! - [`calendar`]: moments as people write them, and the clock.
//! - [`duration`]: durations as Grafana and Prometheus write them.
//! - [`hexadecimal`]: bytes as people compare them.
//! - [`jittered`]: pauses before something is tried again.
//! - [`Secret`]: text that is never printed.
//! - [`tasks`]: work on other threads, and many futures at once with their results in order.
//!
//! Nothing here knows of benchmarks, Grafana or Prometheus' metrics, and nothing here depends on another of our crates.

pub mod calendar;
pub mod duration;
mod hex;
mod pause;
mod secret;
#[cfg(feature = "tasks")]
pub mod tasks;

pub use hex::hexadecimal;
pub use pause::jittered;
pub use secret::Secret;
