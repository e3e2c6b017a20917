//! A model server with a known capacity: so many requests are answered at once, others wait. It speaks the streaming API of
//! OpenAI, shows its queue as vLLM does, and wants a key.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The key that requests for the model need.
pub(super) const KEY: &str = "MARKER-of-a-key";

/// Requests that are answered at once.
pub(super) const PLACES: usize = 4;

/// From the place in the batch to the first token.
pub(super) const FIRST: Duration = Duration::from_millis(20);
/// From token to token.
const TOKEN: Duration = Duration::from_millis(10);
/// Tokens of an answer.
pub(super) const TOKENS: usize = 8;

#[derive(Default)]
struct State {
    running: usize,
    waiting: usize,
    answered: usize,
    /// Requests that came, whatever became of them.
    asked: usize,
    broken: bool,
    /// Of a hundred prompt tokens those that are in the prefix cache.
    cached: usize,
}

/// A server that runs for as long as the test does.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { address, state: Arc::default() };
        let own = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // A client that leaves in the middle is none of our business.
                thread::spawn(move || drop(own.serve(stream)));
            }
        });
        server
    }

    /// Answers every request with an error from now on.
    pub(super) fn breaks(&self) {
        self.state.0.lock().unwrap().broken = true;
    }

    /// Has so many of a hundred prompt tokens in its prefix cache from now on.
    pub(super) fn caches(&self, percent: usize) {
        self.state.0.lock().unwrap().cached = percent;
    }

    /// Requests that came so far.
    pub(super) fn asked(&self) -> usize {
        self.state.0.lock().unwrap().asked
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let has_key = head.contains(&format!("Bearer {KEY}"));
        let (begins, state) = (|start: &str| head.starts_with(start), &self.state);
        if begins("GET /metrics") {
            return plain(stream, 200, &self.metrics());
        }
        if !begins("POST /v1/chat/completions") {
            return plain(stream, 404, "nothing here");
        }
        if !has_key {
            return plain(stream, 401, "no key");
        }
        {
            let mut now = state.0.lock().unwrap();
            now.asked += 1;
            if now.broken {
                drop(now);
                return plain(stream, 500, "out of order");
            }
            now.waiting += 1;
            now = state.1.wait_while(now, |now| now.running >= PLACES).unwrap();
            now.waiting -= 1;
            now.running += 1;
        }
        let answered = answer(stream);
        let mut now = state.0.lock().unwrap();
        now.running -= 1;
        now.answered += 1;
        state.1.notify_one();
        answered
    }

    fn metrics(&self) -> String {
        let State { running, waiting, answered, cached, .. } = *self.state.0.lock().unwrap();
        let share = running as f64 / PLACES as f64;
        let (queries, hits) = (100 * answered, cached * answered);
        format!(
            "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{{model_name=\"m\"}} {running}\n\
             vllm:num_requests_waiting{{model_name=\"m\"}} {waiting}\nvllm:kv_cache_usage_perc{{model_name=\"m\"}} {share}\n\
             vllm:prefix_cache_queries_total{{model_name=\"m\"}} {queries}\nvllm:prefix_cache_hits_total{{model_name=\"m\"}} {hits}\n"
        )
    }
}

fn plain(mut stream: TcpStream, status: u16, body: &str) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")?;
    for token in 0..TOKENS {
        thread::sleep(if token == 0 { FIRST } else { TOKEN });
        write!(stream, "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" tok\"}}}}]}}\n\n")?;
    }
    write!(stream, "data: [DONE]\n\n")
}
