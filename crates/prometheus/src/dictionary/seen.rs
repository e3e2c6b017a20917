//! Which servers the names of metrics come from.

use super::{row::Server, versions::Versions};

/// A server that some names come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which server.
    pub server: Server,
    /// What stands before the name: `vllm:`, `ray_vllm_`, `kserve_vllm:`; empty for servers without a prefix.
    pub prefix: String,
    /// The versions that have exactly these names.
    pub versions: Versions,
}
