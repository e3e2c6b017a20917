//! Production: the deployments of the catalog in a Prometheus.
//!
//! [`source`] is the connection and what it knows of the dictionary: it shares what several ask for ([`kept`]) and puts what one
//! asks for into few requests ([`combined`]); [`target`] finds which series stand for a
//! deployment; [`observe`] turns their history into the engine's observations. What follows from those is the engine's
//! `live`, and how it looks is `query::production`.

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
