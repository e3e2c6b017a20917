//! A real Prometheus on the recorded production of the demo, or on many copies of it.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::{Workspace, relabel};

/// The recording, of two deployments.
const RECORDING: &str = "demo/prometheus/tsdb-block.tgz";
const RECORDED_DEPLOYMENTS: usize = 2;

/// A server that ends with this.
pub(crate) struct Production {
    child: Child,
    address: SocketAddr,
}

impl Drop for Production {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Production {
    /// On the recording as it is.
    ///
    /// # Errors
    /// When it cannot be unpacked, or Prometheus does not become ready.
    pub(crate) fn recorded(workspace: &Workspace, program: &Path) -> Result<Self> {
        let data = workspace.cache().join("production");
        unpack(workspace, &data)?;
        Self::start(workspace, program, &data)
    }

    /// On so many deployments: the recorded ones and copies of them under other names. Made once and kept.
    ///
    /// # Errors
    /// When Prometheus' `promtool` is missing or fails, or Prometheus does not become ready.
    pub(crate) fn multiplied(workspace: &Workspace, program: &Path, deployments: usize) -> Result<Self> {
        // Another recording has another length.
        let length = workspace.root.join(RECORDING).metadata().context("reading the recording")?.len();
        let data = workspace.cache().join(format!("production-{deployments}-{length}"));
        if !data.is_dir() {
            println!("making {}", data.display());
            let recorded = workspace.cache().join("production");
            unpack(workspace, &recorded)?;
            multiply(&promtool(program), &recorded, &data, deployments / RECORDED_DEPLOYMENTS)?;
        }
        Self::start(workspace, program, &data)
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests of its API it has answered since it started, by its own metrics.
    ///
    /// # Errors
    /// When it does not say.
    pub(crate) fn requests(&self) -> Result<f64> {
        // It counts a request after it has answered.
        thread::sleep(Duration::from_millis(200));
        let answer = get(self.address, "/metrics", Duration::from_secs(30)).context("reading Prometheus' metrics")?;
        let lines = answer
            .lines()
            .filter(|line| line.starts_with("prometheus_http_requests_total{") && line.contains("handler=\"/api/v1/"));
        lines
            .map(|line| {
                let value = line.rsplit(' ').next().unwrap_or_default();
                value.parse::<f64>().with_context(|| format!("expected a count at the end of {line}"))
            })
            .sum()
    }

    fn start(workspace: &Workspace, program: &Path, data: &Path) -> Result<Self> {
        let log = workspace.cache().join("prometheus.log");
        // Somebody else may take the port between our asking for a free one and Prometheus' taking it.
        for _ in 0..3 {
            let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|listener| listener.local_addr())
                .context("asking for a free port")?;
            let child = Command::new(program)
                .arg("--config.file=demo/prometheus/prometheus.yml")
                .arg(format!("--storage.tsdb.path={}", data.display()))
                // The recording grows older than what Prometheus keeps by default.
                .arg("--storage.tsdb.retention.time=100y")
                .arg(format!("--web.listen-address={address}"))
                .current_dir(&workspace.root)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .spawn()
                .with_context(|| format!("starting {}", program.display()))?;
            let mut started = Self { child, address };
            if started.becomes_ready()? {
                return Ok(started);
            }
        }
        bail!("Prometheus did not become ready; its last words are in {}", log.display())
    }

    /// Waits until it answers; `false` when it ended before or took a minute.
    fn becomes_ready(&mut self) -> Result<bool> {
        for _ in 0..600 {
            if self.child.try_wait()?.is_some() {
                return Ok(false);
            }
            let answer = get(self.address, "/-/ready", Duration::from_secs(1));
            if answer.is_ok_and(|answer| answer.split(' ').nth(1) == Some("200")) {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    }
}

/// The answer to a GET, its head included.
fn get(address: SocketAddr, path: &str, patience: Duration) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    // By HTTP 1.0 the answer ends with the connection, in one piece.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A fresh copy of the recording: a Prometheus that was killed leaves a lock and a log behind.
fn unpack(workspace: &Workspace, data: &Path) -> Result<()> {
    if data.exists() {
        fs::remove_dir_all(data)?;
    }
    fs::create_dir_all(data)?;
    let mut tar = Command::new("tar");
    run(tar.arg("xzf").arg(workspace.root.join(RECORDING)).arg("-C").arg(data))
}

/// Prometheus' tool for its files: packages have it beside the server.
fn promtool(program: &Path) -> PathBuf {
    let beside = program.with_file_name("promtool");
    if beside.is_file() { beside } else { "promtool".into() }
}

/// Writes blocks with every recorded series so many times.
fn multiply(promtool: &Path, recorded: &Path, data: &Path, copies: usize) -> Result<()> {
    // It opens a whole database, and a block alone is none.
    fs::create_dir_all(recorded.join("wal"))?;
    let partial = data.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    let text = data.with_extension("openmetrics");
    let mut dump = Command::new(promtool)
        .args(["tsdb", "dump"])
        .arg(recorded)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", promtool.display()))?;
    let lines = dump.stdout.take().context("the output of promtool")?;
    let written = relabel::copies(lines, File::create(&text)?, copies);
    ensure!(dump.wait()?.success(), "`promtool tsdb dump {}` failed", recorded.display());
    written?;
    let mut create = Command::new(promtool);
    run(create.args(["tsdb", "create-blocks-from", "openmetrics"]).arg(&text).arg(&partial))?;
    fs::remove_file(&text)?;
    Ok(fs::rename(&partial, data)?)
}

fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {name}"))?;
    ensure!(
        output.status.success(),
        "{name} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
