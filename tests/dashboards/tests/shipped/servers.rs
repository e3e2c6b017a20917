//! A real Prometheus on recorded or written data, and the real backend behind the preview's HTTP.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use clap::Parser as _;
use headroom_dashboards::root;
use headroom_preview::{built, host::Host, http, options::Options, plugins};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The time of the recording in `demo/prometheus`, milliseconds since the Unix epoch: to where its second server is
/// saturated.
pub(super) const RECORDED_MS: (i64, i64) = (1_795_493_825_000, 1_795_494_970_000);

/// When the recorded server behind its limit on admission had refused requests for two minutes, milliseconds since the Unix epoch.
pub(super) const REFUSING_MS: i64 = 1_796_105_775_000;

/// Whether a program is there; where it is not, says that the test is left out.
pub(super) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        println!("left out: no `{program}` on the PATH; it comes with Prometheus");
    }
    found
}

/// A Prometheus that ends with this.
pub(super) struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// On the recorded production of the demo.
    pub(super) fn on_the_recording() -> Self {
        Self::on_blocks("demo/prometheus/tsdb-block.tgz")
    }

    /// On a recorded server that refuses most requests at a limit on admission.
    pub(super) fn behind_a_gate() -> Self {
        Self::on_blocks("crates/prometheus/tests/data/prometheus/gate-tsdb-block.tgz")
    }

    fn on_blocks(archive: &str) -> Self {
        Self::start(|data| {
            let block = root().join(archive);
            let done = Command::new("tar").arg("xzf").arg(block).arg("-C").arg(data).status().unwrap();
            assert!(done.success(), "the recording is unpacked");
        })
    }

    /// On series in the `OpenMetrics` format.
    pub(super) fn on_text(text: &str) -> Self {
        Self::start(|data| {
            let file = data.with_extension("om");
            fs::write(&file, text).unwrap();
            let mut promtool = Command::new("promtool");
            promtool.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&file).arg(data);
            let output = promtool.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        })
    }

    fn start(fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, log) = (folder.path().join("data"), folder.path().join("log"));
        fs::create_dir(&data).unwrap();
        fill(&data);
        // Somebody else may take the port between our asking for a free one and Prometheus' taking it.
        for _ in 0..3 {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let mut child = Command::new("prometheus")
                .arg("--config.file=demo/prometheus/prometheus.yml")
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg("--storage.tsdb.retention.time=100y")
                .arg(format!("--web.listen-address={address}"))
                .current_dir(root())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log).unwrap())
                .spawn()
                .unwrap();
            if becomes_ready(&mut child, address) {
                return Self { child, address, _folder: folder };
            }
        }
        panic!("Prometheus did not become ready:\n{}", fs::read_to_string(&log).unwrap_or_default());
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until it answers; `false` when it ended before or took a minute.
fn becomes_ready(child: &mut Child, address: SocketAddr) -> bool {
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if is_ready(address).unwrap_or(false) {
            return true;
        }
        thread::sleep(Duration::from_millis(100));
    }
    drop(child.kill());
    drop(child.wait());
    false
}

fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET /-/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(status == *b"HTTP/1.1 200")
}

/// The built backend. Cargo builds it for its own package's tests only.
fn backend() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built::backend(&root()).unwrap())
}

/// The data source of the demo in the preview's host, without its page.
pub(super) struct Grafana {
    router: Router,
    host: Arc<Host>,
    _folder: tempfile::TempDir,
    _prometheus: Option<Prometheus>,
}

impl Grafana {
    /// On the reports of the demo with its prices, and this production.
    pub(super) fn on(prometheus: Prometheus) -> Self {
        Self::provisioned("demo/provisioning/datasources/headroom.yaml", Some(prometheus), &[])
    }

    /// On the recorded reports of the demo alone: no price, and nobody said how many GPUs; `None` is no production either.
    pub(super) fn without_prices(prometheus: Option<Prometheus>) -> Self {
        Self::provisioned("provisioning/datasources/headroom.yaml", prometheus, &["tiny-llama-bf16", "tiny-llama-int8"])
    }

    /// Of the demo's deployments those of `recorded`; all, and the file that prices some of them, where it names none.
    fn provisioned(datasources: &str, prometheus: Option<Prometheus>, recorded: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["provisioning/datasources", "dist/datasource", "page"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let datasources = fs::read_to_string(root().join(datasources)).unwrap();
        let all = root().join("demo/reports").canonicalize().unwrap();
        let reports = if recorded.is_empty() { all.clone() } else { at("reports") };
        for deployment in recorded {
            fs::create_dir_all(reports.join(deployment)).unwrap();
            for report in fs::read_dir(all.join(deployment)).unwrap().map(Result::unwrap) {
                fs::copy(report.path(), reports.join(deployment).join(report.file_name())).unwrap();
            }
        }
        let datasources = datasources.replace("$HEADROOM_REPORTS", &reports.display().to_string()).replace(
            "$HEADROOM_PROMETHEUS_URL",
            &prometheus.as_ref().map_or_else(|| "''".to_owned(), |prometheus| format!("http://{}", prometheus.address)),
        );
        let datasources = datasources.replace(
            "storeKind: directory",
            &format!("storeKind: directory\n      catalogPath: {}", at("catalog").display()),
        );
        fs::write(at("provisioning/datasources/headroom.yaml"), datasources).unwrap();
        let manifest = fs::read_to_string(root().join("src/datasource/plugin.json")).unwrap();
        fs::write(at("dist/datasource/plugin.json"), manifest.replace("%VERSION%", "0.1.0")).unwrap();
        fs::write(at("page/index.html"), "").unwrap();
        let (found, _) = plugins::find(&at("dist"));
        let executable = found.iter().find_map(plugins::Plugin::executable).expect("the plugin's executable");
        fs::create_dir_all(executable.parent().unwrap()).unwrap();
        fs::hard_link(backend(), &executable).or_else(|_| fs::copy(backend(), &executable).map(drop)).unwrap();
        let text = |name: &str| at(name).display().to_string();
        let options = Options::parse_from([
            "headroom-preview",
            "--provisioning",
            &text("provisioning"),
            "--plugins",
            &text("dist"),
            "--page",
            &text("page"),
        ]);
        let host = Arc::new(Host::load(&options));
        Self { router: http::router(Arc::clone(&host)), host, _folder: folder, _prometheus: prometheus }
    }

    /// The result of each query by its `refId`; `alert` asks as an alert rule does.
    pub(super) async fn ask(&self, queries: &[Value], (from_ms, to_ms): (i64, i64), alert: bool) -> Value {
        let body = json!({ "queries": queries, "from": from_ms.to_string(), "to": to_ms.to_string() });
        let mut request = Request::post("/api/ds/query").header(header::HOST, "127.0.0.1:3000");
        if alert {
            request = request.header("FromAlert", "true");
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        answer["results"].clone()
    }

    pub(super) async fn stop(self) {
        self.host.backends.stop().await;
    }
}
