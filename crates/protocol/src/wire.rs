//! The generated messages and services of the protocol.
//!
//! Messages have no `Debug` on purpose (see `build.rs`): they contain decrypted secrets.

#![allow(missing_docs, clippy::pedantic, clippy::let_underscore_must_use, unused_qualifications, unreachable_pub)]

/// Grafana's services and messages.
pub(crate) mod grafana {
    tonic::include_proto!("pluginv2");
}

/// The services that go-plugin itself calls.
pub(crate) mod go_plugin {
    tonic::include_proto!("plugin");
}
