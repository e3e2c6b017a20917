//! Prometheus and what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics): a client, a columnar reader of its answers,
//! and the dictionary of serving metrics.
//!
//! - [`Client`] asks; [`Config`] says whom and how.
//! - [`matrix`] reads answers as they arrive into columns.

mod answer;
mod client;
mod config;
mod error;
pub mod matrix;
mod range;
mod secret;
mod tls;
mod transport;

pub use self::{
    answer::{Answer, Labels, Notice, Series, Severity},
    client::{BuildInfo, Client, Metadata, Window},
    config::{Auth, ClientCertificate, Config, Method, Tls},
    error::{Error, ErrorKind},
    range::Range,
    secret::Secret,
};
