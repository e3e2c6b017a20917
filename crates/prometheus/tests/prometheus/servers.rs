//! Real servers on free loopback ports, with the recorded run in them.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use headroom_prometheus::{Client, Config, Range, Series};
use tempfile::TempDir;

/// The recorded twelve minutes: calm, saturated, recovered, restarted; a scrape each five seconds.
pub(crate) const RECORDED: Range = Range { start_ms: 1_795_490_830_000, end_ms: 1_795_491_525_000, step_ms: 5_000 };

/// Where the test data is.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A program on the PATH; prints that the test is left out when there is none.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let found = env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        println!("left out: no `{name}` on the PATH (Debian's package has the same name)");
    }
    found
}

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of it.
    pub(crate) fn client(&self) -> Client {
        Client::new(&Config::new(self.url())).unwrap()
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts a Prometheus with the recorded run, and with a web configuration.
    pub(crate) async fn prometheus(web: Option<&Path>) -> Option<Self> {
        let program = program("prometheus")?;
        let folder = tempfile::tempdir().unwrap();
        let unpacked = Command::new("tar")
            .arg("xzf")
            .arg(data("prometheus/genuine-tsdb-block.tgz"))
            .arg("-C")
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(unpacked.success());
        fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let mut server = Self { child: sleeper(), port: 0, folder };
        server.restart(&program, web).await;
        Some(server)
    }

    /// Starts it again on its old data; on its old port when it had one.
    pub(crate) async fn restart(&mut self, program: &Path, web: Option<&Path>) {
        self.kill();
        for _ in 0..5 {
            if self.port == 0 {
                self.port = free_port();
            }
            let folder = self.folder.path();
            let mut command = Command::new(program);
            command
                .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
                .arg(format!("--storage.tsdb.path={}", folder.display()))
                // The recording is older than what is kept by default.
                .arg("--storage.tsdb.retention.time=100y")
                .arg(format!("--web.listen-address=127.0.0.1:{}", self.port));
            if let Some(web) = web {
                command.arg(format!("--web.config.file={}", web.display()));
            }
            self.child = start(&mut command, folder);
            // It listens before it answers.
            if self.says("Server is ready to receive web requests").await {
                return;
            }
            self.kill();
            self.port = 0;
        }
        panic!("Prometheus did not start: {}", fs::read_to_string(self.folder.path().join("log")).unwrap());
    }

    /// Starts a VictoriaMetrics with these series in it.
    pub(crate) async fn victoria_metrics(series: &[Series]) -> Option<Self> {
        let program = program("victoria-metrics")?;
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { child: sleeper(), port: 0, folder };
        for _ in 0..5 {
            server.kill();
            server.port = free_port();
            let mut command = Command::new(&program);
            command
                .arg(format!("-storageDataPath={}", server.folder.path().join("data").display()))
                .arg(format!("-httpListenAddr=127.0.0.1:{}", server.port))
                .args(["-retentionPeriod=100y", "-maxLabelsPerTimeseries=64", "-search.latencyOffset=0s"]);
            server.child = start(&mut command, server.folder.path());
            if server.says("started VictoriaMetrics in").await {
                server.import(series).await;
                return Some(server);
            }
        }
        panic!("VictoriaMetrics did not start: {}", fs::read_to_string(server.folder.path().join("log")).unwrap());
    }

    /// Fills a VictoriaMetrics.
    async fn import(&self, series: &[Series]) {
        let mut lines = String::new();
        for one in series {
            let metric: serde_json::Map<_, _> =
                one.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            let line = serde_json::json!({"metric": metric, "values": one.values, "timestamps": one.timestamps_ms});
            lines += &line.to_string();
            lines.push('\n');
        }
        let http = plain_http();
        let response = http.post(format!("{}/api/v1/import", self.url())).body(lines).send().await.unwrap();
        assert!(response.status().is_success(), "{response:?}");
        // What was imported is not searched before it is flushed.
        let flushed = http.get(format!("{}/internal/force_flush", self.url())).send().await.unwrap();
        assert!(flushed.status().is_success(), "{flushed:?}");
    }

    /// Waits until its log has these words; says whether that came about.
    async fn says(&mut self, words: &str) -> bool {
        for _ in 0..1_200 {
            if fs::read_to_string(self.folder.path().join("log")).unwrap().contains(words) {
                return true;
            }
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

/// A process that stands in until a server has started.
fn sleeper() -> Child {
    Command::new("true").spawn().unwrap()
}

fn start(command: &mut Command, folder: &Path) -> Child {
    let log = File::create(folder.join("log")).unwrap();
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Asks without our client and reads without our reader, for comparison.
pub(crate) async fn ask_raw(url: &str, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
    let response = plain_http().post(format!("{url}/api/v1/{path}")).form(form).send().await.unwrap();
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// An HTTP client for plain connections.
fn plain_http() -> reqwest::Client {
    static PROVIDER: OnceLock<rustls::ClientConfig> = OnceLock::new();
    let tls = PROVIDER.get_or_init(|| {
        rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    });
    reqwest::Client::builder().tls_backend_preconfigured(tls.clone()).build().unwrap()
}
