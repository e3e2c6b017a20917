//! Every kind of remote store, with the real server where it runs here, and with servers that misbehave.

mod files;
mod hostile;
mod servers;
mod suite;
