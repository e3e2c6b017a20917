//! The plugin's side: its process from start to end.

mod held;
mod listen;
mod services;
mod stop;

use std::{sync::Arc, time::Duration};

use tonic::transport::Server;

use crate::{
    hclog,
    metrics::Metrics,
    plugin::Plugin,
    wire::{
        go_plugin::{
            grpc_broker_server::GrpcBrokerServer, grpc_controller_server::GrpcControllerServer,
            grpc_stdio_server::GrpcStdioServer,
        },
        grafana::{
            data_server::DataServer, diagnostics_server::DiagnosticsServer, resource_server::ResourceServer,
            stream_server::StreamServer,
        },
    },
};

use services::Services;
use stop::Stop;

/// The largest accepted message in bytes, as in Grafana's own SDK.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// How long requests in progress may continue after the order to stop. The host waits 2 s before it kills the process,
/// and when Grafana restarts it waits for its plugins one after the other.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// The name and version of the plugin.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Name in the log.
    pub name: &'static str,
    /// Version in the log.
    pub version: &'static str,
}

/// Why a plugin process could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The program was started by hand.
    #[error(
        "this program is a plugin that Grafana starts; it does nothing on its own. Copy the plugin's folder into Grafana's plugin folder, \
         list its ids under allow_loading_unsigned_plugins, and restart Grafana"
    )]
    NotStartedByHost,
    /// The host offers only other versions of the protocol.
    #[error(
        "this plugin speaks version 2 of Grafana's plugin protocol, and the host offers {0}; use a version of Grafana from 12 on"
    )]
    ProtocolVersion(String),
    /// The host requires TLS between itself and the plugin, which Grafana never does.
    #[error("the host asks for TLS (PLUGIN_CLIENT_CERT is set), which this plugin does not speak")]
    Tls,
    /// No socket could be opened.
    #[error("no socket could be opened {place}: {source}")]
    Listen {
        /// Where.
        place: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The host did not read the line with the socket's address.
    #[error("the host does not read the plugin's standard output: {0}")]
    Handshake(std::io::Error),
    /// Threads or signal handlers could not be set up.
    #[error("the process could not be set up: {0}")]
    Setup(std::io::Error),
    /// The server failed while it ran.
    #[error("the server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves `plugin` until the host or a signal asks it to stop, or the host is gone. Call it from a `main` without a
/// runtime.
///
/// Starts the log (see [`hclog::init`]). When it returns, `main` should return too: work that still runs on blocking
/// threads ends with the process.
///
/// # Errors
/// If the process was not started by a host, or cannot open its socket.
pub fn serve(plugin: impl Plugin, identity: Identity) -> Result<(), ServeError> {
    hclog::init(identity.name);
    listen::check_host()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(ServeError::Setup)?;
    let result = runtime.block_on(run(plugin, identity));
    // Unlike a plain drop, this does not wait for blocking work.
    runtime.shutdown_background();
    result
}

/// Number of threads for blocking work: computations, disk access, name resolution. Enough for many data sources that
/// read a slow store at once. It is a quarter of the runtime's default, with which memory was seen to reach gigabytes,
/// because each thread holds an answer.
const BLOCKING_THREADS: usize = 128;

async fn run(plugin: impl Plugin, identity: Identity) -> Result<(), ServeError> {
    let stop = Stop::default();
    stop.watch_signals().map_err(ServeError::Setup)?;
    #[cfg(unix)]
    stop.watch_parent();

    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("plugin", tonic_health::ServingStatus::Serving).await;

    let services = Services { plugin: Arc::new(plugin), stop: stop.clone(), metrics: Arc::new(Metrics::default()) };
    let router = Server::builder()
        .add_service(health_service)
        .add_service(DataServer::new(services.clone()).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(DiagnosticsServer::new(services.clone()).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(ResourceServer::new(services.clone()).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(StreamServer::new(services).max_decoding_message_size(LARGEST_MESSAGE))
        .add_service(GrpcControllerServer::new(stop.clone()))
        .add_service(GrpcStdioServer::new(stop.clone()))
        .add_service(GrpcBrokerServer::new(stop.clone()));

    let listener = listen::open()?;
    listener.announce()?;
    log::debug!(version = identity.version; "{} is ready", identity.name);

    let stopped = stop.clone();
    let server = router.serve_with_incoming_shutdown(listener.incoming, async move { stopped.stopped().await });
    let overdue = async {
        stop.stopped().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    let result = tokio::select! {
        result = server => result.map_err(ServeError::from),
        () = overdue => Ok(()),
    };
    log::debug!("{} stops: {}", identity.name, stop.reason());
    result
}
