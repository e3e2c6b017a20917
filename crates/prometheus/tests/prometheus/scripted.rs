//! A server that answers what a test tells it, byte by byte.

use std::{
    io::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};

use headroom_prometheus::Config;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// What happens to one request.
#[derive(Clone)]
pub(crate) enum Act {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// The connection is closed without a word.
    Close,
    /// Nothing, until the client goes away.
    Silence,
    /// More bytes than are held here.
    Flow(Flow),
}

/// Bytes of which a piece comes again and again; then the connection is closed.
#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) begin: String,
    pub(crate) piece: String,
    /// How often the piece comes; without end where that is not said.
    pub(crate) times: Option<usize>,
    pub(crate) end: String,
    /// What lies between two pieces.
    pub(crate) pause: Option<Duration>,
}

impl Flow {
    /// Until the end, or until the client goes away.
    async fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(self.begin.as_bytes()).await?;
        // Many pieces in one call of the system, where none is awaited.
        let together = if self.pause.is_some() { 1 } else { (64 << 10) / self.piece.len().max(1) + 1 };
        let block = self.piece.repeat(together);
        let mut left = self.times.unwrap_or(usize::MAX);
        while left > 0 {
            let now = left.min(together);
            stream.write_all(&block.as_bytes()[..now * self.piece.len()]).await?;
            if self.times.is_some() {
                left -= now;
            }
            if let Some(pause) = self.pause {
                tokio::time::sleep(pause).await;
            }
        }
        stream.write_all(self.end.as_bytes()).await?;
        stream.shutdown().await
    }
}

impl Act {
    /// An answer of that status.
    pub(crate) fn answer(status: &str, kind: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n");
        Self::Bytes(format!("{head}Connection: close\r\n\r\n{body}").into_bytes())
    }

    /// An answer of the API.
    pub(crate) fn json(status: &str, body: &str) -> Self {
        Self::answer(status, "application/json", body)
    }

    /// A body with a piece so many times, in gzip, below a head that lacks its last lines.
    pub(crate) fn packed(head: &str, begin: &str, piece: &str, times: usize, end: &str) -> Self {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(begin.as_bytes()).unwrap();
        let together = piece.repeat(1_000);
        for _ in 0..times / 1_000 {
            gzip.write_all(together.as_bytes()).unwrap();
        }
        gzip.write_all(piece.repeat(times % 1_000).as_bytes()).unwrap();
        gzip.write_all(end.as_bytes()).unwrap();
        let body = gzip.finish().unwrap();
        let mut bytes = format!("{head}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend(body);
        Self::Bytes(bytes)
    }
}

/// A running server.
pub(crate) struct Scripted {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    gone: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Scripted {
    /// Answers one request by each act, and later ones by the last.
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let gone = Arc::new(Notify::new());
        let task = tokio::spawn({
            let (requests, gone) = (Arc::clone(&requests), Arc::clone(&gone));
            async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { return };
                    let (requests, gone, acts) = (Arc::clone(&requests), Arc::clone(&gone), acts.clone());
                    tokio::spawn(async move {
                        let mut stream = stream;
                        let request = read_request(&mut stream).await;
                        let index = {
                            let mut requests = requests.lock().unwrap();
                            requests.push(request);
                            requests.len() - 1
                        };
                        match acts.get(index).or(acts.last()) {
                            Some(Act::Bytes(bytes)) => {
                                // A client that has read enough may be gone.
                                drop(stream.write_all(bytes).await);
                                drop(stream.shutdown().await);
                            }
                            Some(Act::Silence) => {
                                // Ends when the client closes.
                                drop(stream.read(&mut [0; 1]).await);
                                gone.notify_one();
                            }
                            Some(Act::Flow(flow)) => drop(flow.write(&mut stream).await),
                            Some(Act::Close) | None => {}
                        }
                    });
                }
            }
        });
        Self { port, requests, gone, task }
    }

    /// How to reach it.
    pub(crate) fn config(&self) -> Config {
        Config::new(format!("http://127.0.0.1:{}", self.port))
    }

    /// The requests so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// When a client went away without an answer.
    pub(crate) async fn client_gone(&self) {
        self.gone.notified().await;
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request with its body.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned))
                .find_map(|length| length.trim().parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
