//! The Headroom data source process, as a library so that it can be tested.
//!
//! How a number flows through it: [`store`] lists reports, `headroom-reports` reads them, [`catalog`] keeps the runs,
//! [`library`] combines them with deployment facts, and [`query`] turns runs into frames. [`refresh`] makes sure that a
//! hundred panels cause one listing. [`production`] queries a Prometheus about the same deployments. [`usage`] counts
//! the resources that all of it takes.

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
pub mod turns;
pub mod usage;

pub use plugin::HeadroomPlugin;
