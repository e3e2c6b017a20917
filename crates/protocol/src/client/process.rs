//! A plugin process, from its start to its end.

use std::{
    env, fs, io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, ChildStdout, Command},
    sync::mpsc,
    task::JoinSet,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use crate::wire::go_plugin::{
    ConnInfo, Empty, grpc_broker_client::GrpcBrokerClient, grpc_controller_client::GrpcControllerClient,
    grpc_stdio_client::GrpcStdioClient,
};

use super::{ClientError, LogLine, PluginClient};

/// How long a plugin may take until it says where it listens; go-plugin's own limit.
const TIME_TO_START: Duration = Duration::from_mins(1);
/// How long it may take to end when asked, before it is killed; go-plugin's own limit.
const TIME_TO_STOP: Duration = Duration::from_secs(2);

/// How to start a plugin.
pub struct Start {
    program: PathBuf,
    variables: Vec<(String, String)>,
    on_log: Arc<dyn Fn(LogLine) + Send + Sync>,
}

impl Start {
    /// For a plugin's program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), variables: Vec::new(), on_log: Arc::new(drop) }
    }

    /// Adds an environment variable. As in Grafana, the plugin gets none of the host's own variables.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Calls `on_log` with every line of the plugin's log.
    #[must_use]
    pub fn with_log(mut self, on_log: impl Fn(LogLine) + Send + Sync + 'static) -> Self {
        self.on_log = Arc::new(on_log);
        self
    }
}

/// A running plugin. Dropping it kills the process; [`PluginProcess::stop`] ends it properly.
pub struct PluginProcess {
    client: PluginClient,
    child: Child,
    /// Tasks that read the log and hold the host's streams open.
    tasks: JoinSet<()>,
    /// The folder of its socket.
    _folder: SocketFolder,
}

/// How a plugin process ended.
#[derive(Debug)]
pub struct Stopped {
    /// Its exit status.
    pub status: ExitStatus,
    /// Whether it was killed, because it did not end when asked.
    pub killed: bool,
}

impl PluginProcess {
    /// Starts a plugin and connects to it.
    ///
    /// # Errors
    /// If it cannot be started, ends at once, or does not say where it listens.
    pub async fn start(start: Start) -> Result<Self, ClientError> {
        let program = start.program.display().to_string();
        let spawn_error = |source| ClientError::Spawn { program: program.clone(), source };
        let folder = SocketFolder::new().map_err(spawn_error)?;
        let mut child = command(&start, &folder).spawn().map_err(spawn_error)?;

        let mut tasks = JoinSet::new();
        if let Some(stderr) = child.stderr.take() {
            tasks.spawn(forward_log(stderr, Arc::clone(&start.on_log)));
        }
        let stdout = child.stdout.take().ok_or_else(|| spawn_error(io::ErrorKind::BrokenPipe.into()))?;
        let (address, stdout) = match timeout(TIME_TO_START, handshake(&program, stdout)).await {
            Ok(Ok(announced)) => announced,
            Ok(Err(ClientError::NoHandshake { program, found })) => {
                // Its exit status is more informative than a closed pipe.
                let ended = timeout(TIME_TO_STOP, child.wait()).await;
                let found = ended.ok().and_then(Result::ok).map_or(found, |status| status.to_string());
                return Err(ClientError::NoHandshake { program, found });
            }
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(ClientError::Timeout { program, seconds: TIME_TO_START.as_secs() }),
        };
        tasks.spawn(forward_log(stdout, start.on_log));

        let channel =
            connect(&address).await.map_err(|source| ClientError::Connect { address: address.to_string(), source })?;
        hold_streams(&channel, &mut tasks);
        Ok(Self { client: PluginClient { channel }, child, tasks, _folder: folder })
    }

    /// A connection to the plugin. It may outlive the process; its calls fail then.
    #[must_use]
    pub fn client(&self) -> PluginClient {
        self.client.clone()
    }

    /// The process id; `None` once the process has ended.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// If the operating system does not say how it ended.
    pub async fn ended(&mut self) -> Result<ExitStatus, ClientError> {
        self.child.wait().await.map_err(ClientError::Wait)
    }

    /// Asks the plugin to end, and kills it if it has not ended after 2 s.
    ///
    /// # Errors
    /// If the operating system does not say how it ended.
    pub async fn stop(mut self) -> Result<Stopped, ClientError> {
        let mut controller = GrpcControllerClient::new(self.client.channel.clone());
        // Its answer does not matter, because it may be gone before it can answer. What counts is that it ends.
        let ended = timeout(TIME_TO_STOP, async {
            controller.shutdown(Empty {}).await.map(drop).unwrap_or_default();
            self.child.wait().await
        })
        .await;
        let (status, killed) = if let Ok(status) = ended {
            (status, false)
        } else {
            self.child.start_kill().map_err(ClientError::Wait)?;
            (self.child.wait().await, true)
        };
        // The last lines of the log are still in the pipe.
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        timeout(TIME_TO_STOP, drained).await.unwrap_or_default();
        Ok(Stopped { status: status.map_err(ClientError::Wait)?, killed })
    }
}

fn command(start: &Start, folder: &SocketFolder) -> Command {
    let mut command = Command::new(&start.program);
    command
        .env_clear()
        .env("grafana_plugin_type", "datasource")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .env("PLUGIN_PROTOCOL_VERSIONS", "2")
        .env("PLUGIN_UNIX_SOCKET_DIR", &folder.0)
        .envs(start.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    // Windows needs this variable to open sockets.
    if let Some(root) = env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// A folder for the socket that no other user can enter. It is removed on drop, even if the plugin was killed.
struct SocketFolder(PathBuf);

impl SocketFolder {
    fn new() -> io::Result<Self> {
        use std::{
            sync::atomic::{AtomicU32, Ordering},
            time::{SystemTime, UNIX_EPOCH},
        };
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        let name = format!("gph-{:x}-{:x}-{nanos:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = env::temp_dir().join(name);
        private_builder().create(&folder)?;
        Ok(Self(folder))
    }
}

#[cfg(unix)]
fn private_builder() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// On Windows a user's temporary folder is private already.
#[cfg(windows)]
fn private_builder() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        // Errors are ignored: it only removes leftovers.
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// The address at which a plugin listens.
#[derive(Debug, PartialEq, Eq)]
enum Address {
    #[cfg(unix)]
    Unix(PathBuf),
    Tcp(String),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            #[cfg(unix)]
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => f.write_str(address),
        }
    }
}

/// Reads the line in which a plugin says where it listens.
async fn handshake(program: &str, stdout: ChildStdout) -> Result<(Address, BufReader<ChildStdout>), ClientError> {
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    let read = stdout.read_line(&mut line).await;
    if !matches!(read, Ok(length) if length > 0) {
        let found = read.map_or_else(|error| error.to_string(), |_| "its output was closed".to_owned());
        return Err(ClientError::NoHandshake { program: program.to_owned(), found });
    }
    match parse_handshake(line.trim()) {
        Some(address) => Ok((address, stdout)),
        None => Err(ClientError::Handshake { program: program.to_owned(), line: line.trim().to_owned() }),
    }
}

/// Accepts only go-plugin's core version 1, Grafana's protocol version 2 and gRPC.
fn parse_handshake(line: &str) -> Option<Address> {
    match line.split('|').collect::<Vec<_>>()[..] {
        #[cfg(unix)]
        ["1", "2", "unix", path, "grpc", ..] => Some(Address::Unix(PathBuf::from(path))),
        ["1", "2", "tcp", address, "grpc", ..] => Some(Address::Tcp(address.to_owned())),
        _ => None,
    }
}

async fn connect(address: &Address) -> Result<Channel, tonic::transport::Error> {
    // The name is sent as the request's authority and has no meaning; a socket's path would be refused there.
    let endpoint = Endpoint::from_static("http://plugin");
    match address {
        #[cfg(unix)]
        Address::Unix(path) => {
            let path: Arc<std::path::Path> = Arc::from(path.as_path());
            let connector = tower::service_fn(move |_| {
                let path = Arc::clone(&path);
                async move { tokio::net::UnixStream::connect(path).await.map(TokioIo::new) }
            });
            endpoint.connect_with_connector(connector).await
        }
        Address::Tcp(address) => {
            let address: Arc<str> = Arc::from(address.as_str());
            let connector = tower::service_fn(move |_| {
                let address = Arc::clone(&address);
                async move { tokio::net::TcpStream::connect(&*address).await.map(TokioIo::new) }
            });
            endpoint.connect_with_connector(connector).await
        }
    }
}

/// Opens the two streams that show a plugin that its host is alive.
fn hold_streams(channel: &Channel, tasks: &mut JoinSet<()>) {
    let mut stdio = GrpcStdioClient::new(channel.clone());
    tasks.spawn(async move {
        if let Ok(answer) = stdio.stream_stdio(()).await {
            let mut output = answer.into_inner();
            while let Ok(Some(_)) = output.message().await {}
        }
    });
    let mut broker = GrpcBrokerClient::new(channel.clone());
    tasks.spawn(async move {
        let (sender, receiver) = mpsc::channel::<ConnInfo>(1);
        if let Ok(answer) = broker.start_stream(ReceiverStream::new(receiver)).await {
            let mut connections = answer.into_inner();
            while let Ok(Some(_)) = connections.message().await {}
        }
        drop(sender);
    });
}

async fn forward_log(output: impl AsyncRead + Unpin, on_log: Arc<dyn Fn(LogLine) + Send + Sync>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    // Reads bytes instead of `lines()`, which ends at the first line that is not UTF-8.
    while matches!(output.read_until(b'\n', &mut line).await, Ok(length) if length > 0) {
        on_log(LogLine::parse(String::from_utf8_lossy(&line).trim_end()));
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_protocol_that_we_speak_is_accepted() {
        assert_eq!(parse_handshake("1|2|tcp|127.0.0.1:10000|grpc"), Some(Address::Tcp("127.0.0.1:10000".into())));
        #[cfg(unix)]
        assert_eq!(parse_handshake("1|2|unix|/tmp/p|grpc|more"), Some(Address::Unix("/tmp/p".into())));
        for line in
            ["", "hello", "1|2|unix|/tmp/p|netrpc", "2|2|unix|/tmp/p|grpc", "1|1|unix|/tmp/p|grpc", "1|2|pipe|p|grpc"]
        {
            assert_eq!(parse_handshake(line), None, "{line}");
        }
    }
}
