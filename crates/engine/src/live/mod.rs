//! Production: what live traffic does to a deployment, beside what its benchmark says it holds.
//!
//! How the numbers flow: a metrics store gives [`Observation`]s of time windows, and [`bins`](overlay::bins) groups
//! them by load into production's own curve. That curve is a [`Run`](crate::run::Run) like a benchmark's; [`drift`]
//! compares it and [`limits`] explains it. [`headroom()`](headroom::headroom) needs only the load.
//!
//! A server's histograms are never exact: a quantile lies in a [`Bucketed`] range, and every answer here keeps that
//! range. Latencies are in milliseconds.

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
