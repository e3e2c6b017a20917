//! Production: queries on a real Prometheus with recorded runs of real servers.

mod answers;
mod connection;
mod documented;
mod extremes;
mod long_steps;
mod made;
mod phases;
mod requests;
mod servers;
mod shedding;
mod taken;
