//! The host's side: starts a plugin as Grafana does, and calls it.

mod calls;
mod log_line;
mod process;

pub use calls::PluginClient;
pub use log_line::LogLine;
pub use process::{PluginProcess, Start, Stopped};

/// Why a plugin could not be started, asked or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The program could not be started.
    #[error("the plugin {program} could not be started: {source}; build it first, and check that it may be executed")]
    Spawn {
        /// Its path.
        program: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The program ended, or closed its output, before it said where it listens.
    #[error("the plugin {program} ended before it said where it listens ({found}); its own words are in its log")]
    NoHandshake {
        /// Its path.
        program: String,
        /// What is known about how it ended.
        found: String,
    },
    /// The first line that the program wrote is not a handshake.
    #[error("the plugin {program} must begin with a line such as \"1|2|unix|PATH|grpc\", and began with {line:?}")]
    Handshake {
        /// Its path.
        program: String,
        /// Its first line.
        line: String,
    },
    /// The program did not write its handshake in time.
    #[error("the plugin {program} did not say within {seconds} s where it listens")]
    Timeout {
        /// Its path.
        program: String,
        /// How long it had, seconds.
        seconds: u64,
    },
    /// Nothing listens at the program's address.
    #[error("no connection to the plugin at {address}: {source}")]
    Connect {
        /// The address that the program gave.
        address: String,
        /// Why not.
        source: tonic::transport::Error,
    },
    /// The plugin refused or aborted a call.
    #[error("the plugin's call {call} failed with {code}: {message}")]
    Call {
        /// Which call.
        call: &'static str,
        /// gRPC's name of the error.
        code: tonic::Code,
        /// The plugin's message.
        message: String,
    },
    /// The plugin sent a frame that cannot be read.
    #[error("the plugin's answer to query {ref_id} cannot be read: {source}")]
    Frame {
        /// The query.
        ref_id: String,
        /// What is wrong.
        source: crate::frame::FrameError,
    },
    /// The process could not be waited for.
    #[error("the end of the plugin process could not be awaited: {0}")]
    Wait(std::io::Error),
}
