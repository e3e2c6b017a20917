//! Production: queries on a real Prometheus with recorded runs of real servers.

mod answers;
mod made;
mod phases;
mod servers;
