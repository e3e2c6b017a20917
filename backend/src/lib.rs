//! The Headroom data source process, as a library so that it can be tested.
//!
//! The way of a number through it: [`store`] lists reports, `headroom-reports` reads them,
//! [`catalog`] keeps the runs, [`library`] joins both with deployment facts, [`query`] turns
//! runs into frames. [`refresh`] sees to it that a hundred panels cause one listing.
//! [`production`] asks a Prometheus about the same deployments. [`usage`] counts what all of it takes.

pub mod cancel;
pub mod catalog;
mod health;
pub mod instance;
pub mod library;
mod plugin;
pub mod production;
pub mod query;
pub mod refresh;
mod resources;
pub mod run_cache;
pub mod settings;
pub mod store;
pub mod usage;

pub use plugin::HeadroomPlugin;
