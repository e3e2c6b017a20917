//! The demo's production: a real Prometheus on the recording in `demo/prometheus`.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::paths;
use crate::shell;
use crate::ward::Ward;

/// Start of the recording.
pub(crate) const FROM: &str = "2026-11-24T04:17:05.000Z";
/// A moment near its end at which the second server is saturated. The load ends five seconds later.
pub(crate) const TO: &str = "2026-11-24T04:36:10.000Z";

/// The model of the recorded deployments, as named in `demo/reports/deployments.yaml`.
pub(crate) const MODEL: &str = "tiny-llama (91 M parameters, random weights)";

/// The recorded deployments.
pub(crate) const DEPLOYMENTS: [&str; 2] = ["tiny-llama-bf16", "tiny-llama-int8"];

/// A Prometheus that ends when this is dropped or this process ends. Its data are a copy, which the next start
/// replaces.
pub(crate) struct Prometheus {
    ward: Ward,
    address: SocketAddr,
}

impl Prometheus {
    /// Unpacks the recording below `.cache` and starts `program` on it, on a free port of 127.0.0.1. `name`
    /// distinguishes several of them.
    ///
    /// # Errors
    /// If the recording cannot be unpacked, or Prometheus does not become ready; the message contains the end of its
    /// log.
    pub(crate) fn start(program: &Path, name: &str) -> Result<Self> {
        let folder = paths::at(".cache/prometheus").join(name);
        unpack(&folder)?;
        let log = folder.join("log");
        let mut last_words = String::new();
        // Another program may take the port between the search for a free one and the start of Prometheus.
        for _ in 0..3 {
            let mut prometheus = Self::spawn(program, &folder, &log)?;
            if prometheus.becomes_ready()? {
                return Ok(prometheus);
            }
            last_words = fs::read_to_string(&log).unwrap_or_default();
        }
        let last_words: Vec<&str> = last_words.lines().rev().take(3).collect();
        bail!("demo: Prometheus did not become ready; the end of {}:\n{}", log.display(), last_words.join("\n"))
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn spawn(program: &Path, folder: &Path, log: &Path) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .context("asking for a free port")?;
        let mut command = shell::command(program);
        command
            .arg("--config.file=demo/prometheus/prometheus.yml")
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            // The recording is older than what Prometheus keeps by default.
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"));
        let log = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let ward = Ward::spawn(&command, Stdio::null(), log.into())
            .with_context(|| format!("starting `{}`", shell::display(&command)))?;
        Ok(Self { ward, address })
    }

    /// Waits until it is ready; `false` if it ended before or took a minute.
    fn becomes_ready(&mut self) -> Result<bool> {
        for _ in 0..600 {
            if self.ward.try_wait().context("watching Prometheus")?.is_some() {
                return Ok(false);
            }
            if is_ready(self.address) {
                return Ok(true);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    }
}

/// A fresh copy of the recording, because a killed Prometheus leaves a lock and a log behind.
fn unpack(folder: &Path) -> Result<()> {
    let data = folder.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("removing {}", data.display()))?;
    }
    fs::create_dir_all(&data).with_context(|| format!("creating {}", data.display()))?;
    let mut tar = Command::new("tar");
    tar.arg("xzf").arg(paths::at("demo/prometheus/tsdb-block.tgz")).arg("-C").arg(&data);
    shell::output(&mut tar).map(drop)
}

/// Whether it says that it is ready. Any failure means not yet.
fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let patience = Duration::from_secs(1);
        let mut stream = TcpStream::connect_timeout(&address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        write!(stream, "GET /-/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status == *b"HTTP/1.1 200")
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::PROMETHEUS;

    /// The body of the response to a GET.
    fn ask(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    #[test]
    fn the_recording_is_there_and_prometheus_ends_with_its_owner() {
        let Some(program) = PROMETHEUS.find() else {
            println!("left out: no `prometheus` on the PATH; {}", PROMETHEUS.hint);
            return;
        };
        // A second start on the same folder must begin with a fresh copy.
        for _ in 0..2 {
            let prometheus = Prometheus::start(&program, "test").unwrap();
            // Two servers are up; the int8 one is in the middle of its benchmark.
            let answer = ask(prometheus.address, "/api/v1/query?query=up&time=1795494700");
            for part in [r#""deployment":"tiny-llama-bf16""#, r#"[1795494700,"0"]"#, r#"[1795494700,"1"]"#] {
                assert!(answer.contains(part), "{part} in {answer}");
            }
            let address = prometheus.address;
            drop(prometheus);
            assert!(!is_ready(address));
        }
    }
}
