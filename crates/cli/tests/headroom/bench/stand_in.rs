//! A small stand-in for GuideLLM: it takes the same command line, sends real requests to a real server as a closed loop, and
//! writes what it measured in the form of GuideLLM's own report. GuideLLM itself needs gigabytes, and half a minute to start.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// What the program should do instead of measuring; empty for measuring.
const MODE: &str = "STAND_IN_MODE";
/// The command line, a word a line.
const WORDS: &str = "STAND_IN_WORDS";

/// Writes a program that is this test's own binary as the tool.
pub(super) fn program(folder: &Path, mode: &str) -> String {
    let path = folder.join(format!("stand-in{mode}"));
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "#!/bin/sh\n{WORDS}=$(printf '%s\\n' \"$@\")\nexport {WORDS}\nexport {MODE}={mode}\n\
         exec '{}' --exact bench::stand_in::is_a_tool --nocapture --quiet\n",
        own.display()
    );
    fs::write(&path, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    path.to_str().unwrap().to_owned()
}

/// As a test it does nothing: it is the tool when the script calls it.
#[test]
fn is_a_tool() {
    let Ok(words) = std::env::var(WORDS) else { return };
    let words: Vec<&str> = words.lines().collect();
    let after = |name: &str| words.iter().position(|word| *word == name).map(|at| words[at + 1]).unwrap();
    let settings: Value = serde_json::from_slice(&fs::read(after("--config")).unwrap()).unwrap();
    let backend = &settings["spec"]["backend"];
    let report = after("--output").strip_prefix("kind=json,path=").unwrap();
    match std::env::var(MODE).unwrap().as_str() {
        "fails" => {
            println!("connecting with {}", backend["api_key"]);
            eprintln!("error: the data set could not be loaded");
            std::process::exit(3);
        }
        "rubbish" => fs::write(report, "{\"benchmarks\": 7}").unwrap(),
        "silent" => {}
        _ => {
            let profile: Value = serde_json::from_str(after("--profile")).unwrap();
            let users = usize::try_from(profile["streams"][0].as_u64().unwrap()).unwrap();
            let seconds: f64 = after("--constraint").rsplit_once('=').unwrap().1.parse().unwrap();
            fs::write(report, measured(backend, users, seconds).to_string()).unwrap();
        }
    }
}

/// One request as it went; times in seconds since 1970.
struct Sent {
    start: f64,
    first: f64,
    end: f64,
    ok: bool,
}

/// A closed loop of so many users for so long; the report of it.
fn measured(backend: &Value, users: usize, seconds: f64) -> Value {
    let address = backend["target"].as_str().unwrap().strip_prefix("http://").unwrap();
    let key = backend["api_key"].as_str().unwrap_or_default();
    let sent = Mutex::new(Vec::new());
    let (begin, end) = (Instant::now(), Instant::now() + Duration::from_secs_f64(seconds));
    let start_time = now();
    thread::scope(|scope| {
        for _ in 0..users {
            scope.spawn(|| {
                while Instant::now() < end {
                    let one = ask(address, key, end);
                    sent.lock().unwrap().push(one);
                }
            });
        }
    });
    let (duration, end_time) = (begin.elapsed().as_secs_f64().min(seconds), start_time + seconds);
    let sent = sent.into_inner().unwrap();
    let row = |one: &Sent| {
        let (ttft, latency) = (1000.0 * (one.first - one.start), one.end - one.start);
        let tokens = super::server::TOKENS as f64;
        json!({ "request_start_time": one.start, "request_end_time": one.end, "request_latency": latency,
            "prompt_tokens": 16, "output_tokens": tokens, "time_to_first_token_ms": ttft,
            "inter_token_latency_ms": 1000.0 * (one.end - one.first) / (tokens - 1.0),
            "time_per_output_token_ms": 1000.0 * latency / tokens })
    };
    let cut = |one: &&Sent| one.end > end_time;
    let rows =
        |wanted: bool| -> Vec<Value> { sent.iter().filter(|one| one.ok == wanted && !cut(one)).map(row).collect() };
    let (ok, errored) = (rows(true), rows(false));
    let statistics = |key: &str| {
        let mut values: Vec<f64> = ok.iter().map(|row| row[key].as_f64().unwrap()).collect();
        values.sort_by(f64::total_cmp);
        let at = |percent: usize| values.get(percent * values.len() / 100).or(values.last()).copied().unwrap_or(0.0);
        let sum: f64 = values.iter().sum();
        json!({ "successful": { "mean": sum / values.len().max(1) as f64, "median": at(50), "count": values.len(), "total_sum": sum,
            "percentiles": { "p50": at(50), "p90": at(90), "p95": at(95), "p99": at(99) } } })
    };
    let incomplete = sent.iter().filter(cut).count();
    let metrics = json!({
        "request_totals": { "successful": ok.len(), "errored": errored.len(), "incomplete": incomplete, "total": sent.len() },
        "request_latency": statistics("request_latency"), "time_to_first_token_ms": statistics("time_to_first_token_ms"),
        "inter_token_latency_ms": statistics("inter_token_latency_ms"), "time_per_output_token_ms": statistics("time_per_output_token_ms"),
        "prompt_token_count": statistics("prompt_tokens"), "output_token_count": statistics("output_tokens"),
    });
    json!({ "metadata": { "version": 2, "guidellm_version": "0.8.1" },
        "config": { "spec": { "backend": { "kind": "openai_http", "target": backend["target"], "model": backend["model"] },
            "data": [{ "kind": "synthetic_text", "prompt_tokens": 16, "output_tokens": super::server::TOKENS }] } },
        "benchmarks": [{ "type_": "generative_benchmark",
            "config": { "strategy": { "type_": "concurrent", "streams": users }, "backend": { "model": backend["model"] } },
            "metrics": metrics, "requests": { "successful": ok, "errored": errored, "incomplete": [] },
            "start_time": start_time, "end_time": end_time, "duration": duration }],
        "conclusions": [] })
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Sends one request. One that is not answered by `end` is given up then.
fn ask(address: &str, key: &str, end: Instant) -> Sent {
    let start = now();
    let mut one = Sent { start, first: f64::INFINITY, end: f64::INFINITY, ok: false };
    let body = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"word\"}]}";
    let Ok(mut stream) = TcpStream::connect(address) else { return Sent { end: now(), ..one } };
    let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left)).unwrap();
    let sent = write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut status = String::new();
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if status.is_empty() {
            status.clone_from(&line);
        }
        if line.starts_with("data: ") && one.first.is_infinite() {
            one.first = now();
        }
        if line == "data: [DONE]" {
            return Sent { end: now(), ok: true, ..one };
        }
    }
    // Refused at once, or cut off by the clock.
    let refused = sent.is_err() || (!status.is_empty() && !status.contains(" 200 "));
    if refused {
        thread::sleep(Duration::from_millis(20));
        one.end = now();
    }
    one
}
