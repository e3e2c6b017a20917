//! Real servers on free loopback ports with a recording in them, and a data source that asks them.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use headroom_protocol::frame::Frame;
use headroom_protocol::{Context, Plugin as _, Query, QueryResponse, TimeRange};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Fixture, numbers, texts, workspace};

/// The engine of the demonstration's reports: the benchmarks themselves, as the server's metrics saw them.
pub(crate) const DEMO: &str = "demo/prometheus/tsdb-block.tgz";
/// Twelve minutes of three deployments; chat-b is calm, saturated, recovered and restarted.
pub(crate) const PHASES: &str = "crates/prometheus/tests/data/prometheus/genuine-tsdb-block.tgz";
/// Six minutes of a server with a limit on admission: below it, far beyond it, and below it again. The README beside it says how it
/// was made.
pub(crate) const GATE: &str = "crates/prometheus/tests/data/prometheus/gate-tsdb-block.tgz";

/// A server that ends with the test.
pub(crate) struct Server {
    program: PathBuf,
    folder: TempDir,
    child: Option<Child>,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// A Prometheus with the recording in it; `None`, said, where none is installed.
    pub(crate) async fn prometheus(recording: &str) -> Option<Self> {
        let program = program("prometheus")?;
        let folder = tempfile::tempdir().unwrap();
        let archive = workspace().join(recording);
        let unpacked = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(folder.path()).status().unwrap();
        assert!(unpacked.success(), "{recording}");
        Self::over(program, folder).await
    }

    /// A Prometheus with these metrics in it, in the text format of `OpenMetrics`.
    pub(crate) async fn of_text(open_metrics: &str) -> Option<Self> {
        let (program, promtool) = (program("prometheus")?, program("promtool")?);
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("metrics.om");
        fs::write(&text, open_metrics).unwrap();
        let made = Command::new(promtool)
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .arg(&text)
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::over(program, folder).await
    }

    async fn over(program: PathBuf, folder: TempDir) -> Option<Self> {
        fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let mut server = Self { program, folder, child: None, port: 0 };
        server.start(Self::prometheus_command, "Server is ready to receive web requests").await;
        Some(server)
    }

    fn prometheus_command(&self) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new(&self.program);
        command
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.display()))
            // The recordings are older than what is kept by default.
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{}", self.port));
        command
    }

    /// A VictoriaMetrics with everything that a Prometheus scraped in a time; `None`, said, where none is installed.
    pub(crate) async fn victoria_metrics(recorded: &Self, (from_s, to_s): (i64, i64)) -> Option<Self> {
        let program = program("victoria-metrics")?;
        let mut server = Self { program, folder: tempfile::tempdir().unwrap(), child: None, port: 0 };
        server.start(Self::victoria_metrics_command, "started VictoriaMetrics in").await;
        let all = format!("{{__name__=~\".+\"}}[{}s]", to_s - from_s);
        let mut lines = String::new();
        for series in recorded.ask_raw("query", &[("query", &all), ("time", &to_s.to_string())]) {
            let samples = series["values"].as_array().unwrap();
            #[allow(clippy::cast_possible_truncation, reason = "times of this century")]
            let times: Vec<i64> =
                samples.iter().map(|one| (one[0].as_f64().unwrap() * 1_000.0).round() as i64).collect();
            let values: Vec<f64> = samples.iter().map(|one| one[1].as_str().unwrap().parse().unwrap()).collect();
            lines += &json!({"metric": series["metric"], "values": values, "timestamps": times}).to_string();
            lines.push('\n');
        }
        server.http("POST", "/api/v1/import", "application/json", &lines);
        // What was imported is not searched before it is flushed.
        server.http("GET", "/internal/force_flush", "", "");
        Some(server)
    }

    fn victoria_metrics_command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(format!("-storageDataPath={}", self.folder.path().join("data").display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{}", self.port))
            .args(["-retentionPeriod=100y", "-maxLabelsPerTimeseries=64", "-search.latencyOffset=0s"]);
        command
    }

    /// Starts it on a free port, or on the one that it had.
    async fn start(&mut self, command: fn(&Self) -> Command, ready: &str) {
        let had = self.port;
        for _ in 0..5 {
            self.port = if had == 0 { free_port() } else { had };
            let log = File::create(self.folder.path().join("log")).unwrap();
            let child = command(self).stdout(Stdio::null()).stderr(log).spawn().unwrap();
            self.child = Some(child);
            if self.says(ready).await {
                return;
            }
            // Somebody else took the port.
            self.kill();
        }
        panic!("{} did not start: {}", self.program.display(), self.log());
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Starts a killed Prometheus again on its old data and port.
    pub(crate) async fn revive(&mut self) {
        self.kill();
        self.start(Self::prometheus_command, "Server is ready to receive web requests").await;
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it listens on the loopback.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until its log has these words; whether that came about.
    async fn says(&mut self, words: &str) -> bool {
        for _ in 0..1_200 {
            if self.log().contains(words) {
                return true;
            }
            let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// The series of an answer, asked without our client and read without our reader, for comparison.
    pub(crate) fn ask_raw(&self, path: &str, form: &[(&str, &str)]) -> Vec<Value> {
        let pairs: Vec<String> = form.iter().map(|(key, value)| format!("{key}={}", percent_encoded(value))).collect();
        let path = format!("/api/v1/{path}");
        let body = self.http("POST", &path, "application/x-www-form-urlencoded", &pairs.join("&"));
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(answer["status"], "success", "{answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// How many requests of its API a Prometheus has answered, as it counts them itself.
    pub(crate) fn requests(&self) -> u64 {
        let text = self.http("GET", "/metrics", "", "");
        let counts = text
            .lines()
            .filter(|line| line.starts_with("prometheus_http_requests_total{") && line.contains("handler=\"/api/v1/"));
        counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// The one value of an expression at a time; `NaN` when it has none.
    pub(crate) fn value_of(&self, promql: &str, at_s: i64) -> f64 {
        match self.ask_raw("query", &[("query", promql), ("time", &at_s.to_string())]).as_slice() {
            [] => f64::NAN,
            [one] => one["value"][1].as_str().unwrap().parse().unwrap(),
            several => panic!("{promql}: {} series", several.len()),
        }
    }

    /// One request in the HTTP of 1996, whose answers come in one piece.
    fn http(&self, method: &str, path: &str, content_type: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')), "{head} {body}");
        body.to_owned()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A program on the PATH; prints that the test is left out when there is none.
#[allow(clippy::print_stdout, reason = "a test that is left out says so")]
fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let found =
        std::env::split_paths(&folders).map(|folder: PathBuf| folder.join(name)).find(|path: &PathBuf| path.is_file());
    if found.is_none() {
        println!("left out: no `{name}` on the PATH (Debian's packages `prometheus` and `victoria-metrics` have it)");
    }
    found
}

/// A data source over reports and a Prometheus.
pub(crate) struct Joined {
    pub(crate) fixture: Fixture,
    pub(crate) server: Server,
}

impl Joined {
    /// Reports of the demonstration beside a recording, with more settings.
    pub(crate) async fn new(reports: &[&str], recording: &str, settings: Value) -> Option<Self> {
        Some(Self::over(reports, Server::prometheus(recording).await?, settings).await)
    }

    /// The same over a server that runs. Queries over production never wait for the store, so the reports are read
    /// here: on a busy machine the first answers would otherwise know no benchmark.
    pub(crate) async fn over(reports: &[&str], server: Server, mut settings: Value) -> Self {
        settings["prometheusUrl"] = json!(server.url());
        let fixture = Fixture::configured(reports, settings);
        fixture.frames(json!({"queryType": "verdict", "slo": "interactive"})).await;
        Self { fixture, server }
    }

    /// What a query answers over a time range in seconds since the Unix epoch.
    pub(crate) async fn ask(&self, context: &Context, json: &Value, (from_s, to_s): (i64, i64)) -> QueryResponse {
        let query = Query {
            ref_id: "A".to_owned(),
            json: json.to_string().into(),
            time_range: TimeRange { from_ms: from_s * 1_000, to_ms: to_s * 1_000 },
            interval_ms: 5_000,
            max_data_points: 1_000,
            ..Query::default()
        };
        self.fixture.plugin.query(context, &query).await
    }

    /// The frames of a query that must succeed.
    pub(crate) async fn frames(&self, json: Value, range: (i64, i64)) -> Vec<Frame> {
        let response = self.ask(&self.fixture.context, &json, range).await;
        assert_eq!(response.error, None, "{json}");
        for frame in &response.frames {
            frame.rows().unwrap();
        }
        response.frames
    }

    /// The frames of a query as an alert rule asks it: no user, and a header.
    pub(crate) async fn alert(&self, json: Value, range: (i64, i64)) -> Vec<Frame> {
        let context = Context {
            user: None,
            headers: headroom_protocol::Headers::new().with("FromAlert", "true"),
            ..self.fixture.context.clone()
        };
        let response = self.ask(&context, &json, range).await;
        assert_eq!(response.error, None, "{json}");
        response.frames
    }
}

/// The row of a deployment in a table.
fn row_of(frame: &Frame, deployment: &str) -> usize {
    let names = texts(frame.field("deployment").unwrap());
    names.iter().position(|name| name == deployment).unwrap_or_else(|| panic!("{deployment} is not among {names:?}"))
}

/// A number of a deployment's row; `NaN` when it is empty.
pub(crate) fn number(frame: &Frame, deployment: &str, field: &str) -> f64 {
    let field = frame.field(field).unwrap_or_else(|| panic!("no field {field} in {}", frame.name));
    numbers(field)[row_of(frame, deployment)]
}

/// A text of a deployment's row.
pub(crate) fn text(frame: &Frame, deployment: &str, field: &str) -> String {
    let field = frame.field(field).unwrap_or_else(|| panic!("no field {field} in {}", frame.name));
    texts(field)[row_of(frame, deployment)].clone()
}
