//! Production: the deployments of the catalog, as seen in a Prometheus.
//!
//! [`source`] is the connection, with what it knows of the dictionary. It shares answers that several callers need
//! ([`kept`]) and combines the expressions of one caller into few requests ([`combined`]). [`target`] finds the series
//! of a deployment. [`observe`] turns their history into the engine's observations. The engine's `live` analyses those,
//! and `query::production` turns the results into frames.

mod combined;
mod gpu;
mod kept;
mod ledger;
mod observe;
mod presence;
mod source;
mod target;
pub mod time;

pub(crate) use gpu::selector as gpu_selector;
pub(crate) use ledger::Ledger;
pub(crate) use observe::{Observed, Wanted, Windows, observe};
pub(crate) use presence::sighting;
pub use source::Production;
pub(crate) use source::{Lasting, When};
pub(crate) use target::{Candidate, Target, find};
