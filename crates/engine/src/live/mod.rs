//! Production: what live traffic does to a deployment, beside what its benchmark says it holds.
//!
//! The way of the numbers: a metrics store gives [`Observation`]s of windows of time, [`bins`](overlay::bins) gathers
//! them by load into a curve of production's own, and that curve, a [`Run`](crate::run::Run) like a benchmark's, is
//! what [`drift`] compares and [`limits`] explains. [`headroom()`](headroom::headroom) needs the load alone.
//!
//! What a server's histograms say is never exact: a quantile lies in a [`Bucketed`] range, and every answer here
//! carries that range on. Latencies are milliseconds.

pub mod drift;
pub mod economy;
pub mod headroom;
pub mod histogram;
pub mod limits;
pub mod observation;
pub mod overlay;
pub mod phases;
pub mod presence;
pub mod workload;

pub use histogram::{Bucketed, Histogram};
pub use observation::{Latencies, Observation};
pub use presence::Presence;
