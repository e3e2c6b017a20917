//! A server that answers what a test tells it, byte by byte.

use std::sync::{Arc, Mutex};

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
