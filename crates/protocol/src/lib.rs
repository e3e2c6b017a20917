//! Both sides of Grafana's backend plugin protocol.
//!
//! A plugin implements [`Plugin`] and passes itself to [`serve`]; a host starts a plugin with
//! [`client::PluginProcess`]. They exchange [`frame::Frame`]s. Only this crate deals with gRPC, the handshake and
//! Arrow.

pub mod arrow;
pub mod client;
mod context;
mod convert;
pub mod frame;
pub mod frame_json;
mod go_json;
pub mod hclog;
mod headers;
mod health;
mod instances;
mod metrics;
mod plugin;
mod query;
mod resource;
mod secret;
mod serve;
mod stream;
mod wire;

pub use headroom_base::Secret;

pub use context::{AppSettings, Context, InstanceSettings, SettingsError, User};
pub use headers::Headers;
pub use health::{Health, HealthStatus};
pub use instances::Instances;
pub use plugin::Plugin;
pub use query::{ErrorSource, Query, QueryError, QueryResponse, QueryResponses, TimeRange};
pub use resource::{ResourceRequest, ResourceResponse};
pub use secret::SecureMap;
pub use serve::{Identity, ServeError, serve};
pub use stream::{StreamError, StreamRequest, StreamResponse, StreamSender, StreamStatus};
