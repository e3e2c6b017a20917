//! Prometheus and what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics): a client, a columnar reader of its answers,
//! and the dictionary of serving metrics.
//!
//! - [`Client`] asks; [`Config`] says whom and how.
//! - [`matrix`] reads answers as they arrive into columns.
//! - [`dictionary`] knows what a quantity is called by each server and version, and writes its PromQL.
//! - [`Histogram`] puts the series of buckets of one histogram together.

mod address;
mod answer;
mod budget;
mod client;
mod config;
pub mod dictionary;
mod discover;
mod error;
mod histogram;
pub mod matrix;
mod range;
mod secrets;
mod tls;
mod traffic;
mod transport;

pub use headroom_base::Secret;

pub use self::{
    address::{shown_address, shown_header},
    answer::{Answer, Labels, Remark, RemarkSeverity, Series},
    budget::{Held, PROCESS_BYTES, held_bytes},
    client::{BuildInfo, Client, Window},
    config::{Auth, ClientCertificate, Config, Method, Tls},
    error::{Error, ErrorKind},
    histogram::{Bucket, Histogram},
    range::{Range, stitched},
    traffic::{Traffic, traffic},
    transport::AT_ONCE,
};
