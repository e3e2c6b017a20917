//! The servers that a set of metric names comes from.

use super::{row::Server, versions::Versions};

/// A server that exports some of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which server.
    pub server: Server,
    /// The prefix of its names: `vllm:`, `ray_vllm_`, `kserve_vllm:`; empty for servers without one.
    pub prefix: String,
    /// The versions that have exactly these names.
    pub versions: Versions,
}
