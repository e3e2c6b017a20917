//! The dictionary on what real servers export, and the client on real servers and on broken ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "a test that is left out says so")]

mod certificates;
mod documented;
mod expositions;
mod faults;
mod hostile;
mod live;
mod scripted;
mod secure;
mod servers;
