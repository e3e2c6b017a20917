//! The dictionary on what real servers export, and the client on real servers and on broken ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod expositions;
