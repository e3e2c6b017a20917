//! Prometheus and servers with the same HTTP API (Thanos, Mimir, VictoriaMetrics): a client, a columnar reader of its
//! answers, and the dictionary of serving metrics.
//!
//! - [`Client`] sends queries; [`Config`] says to which server and how.
//! - [`matrix`] reads answers as they arrive into columns.
//! - [`dictionary`] knows the name of a quantity in each server and version, and writes its PromQL.
//! - [`Page`] reads the metrics page of a server itself, without a Prometheus between.
//! - [`Endpoint`] speaks to servers of other kinds in the same way, such as Grafana.
//! - [`Histogram`] is built from the series of its buckets.

mod address;
mod answer;
mod budget;
mod causes;
mod client;
mod config;
pub mod dictionary;
mod discover;
mod endpoint;
mod error;
mod exposition;
mod histogram;
pub mod matrix;
mod range;
mod secrets;
pub mod tls;
mod traffic;
mod transport;

pub use headroom_base::Secret;

pub use self::{
    address::{shown_address, shown_header},
    answer::{Answer, Labels, Remark, RemarkSeverity, Series},
    budget::{Held, PROCESS_BYTES, held_bytes},
    causes::chain,
    client::{BuildInfo, Client, Window},
    config::{Auth, ClientCertificate, Config, Method, Tls},
    endpoint::{Endpoint, NoReply, Outgoing, Reply, Verb},
    error::{Error, ErrorKind},
    exposition::Page,
    histogram::{Bucket, Histogram},
    range::{Range, stitched},
    traffic::{Traffic, traffic},
    transport::AT_ONCE,
};
