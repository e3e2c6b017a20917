//! Production: queries on a real Prometheus with recorded runs of real servers.

mod phases;
mod servers;
