//! A server of files as people have it: index pages, `ETag`, ranges and a password.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// A running server over a folder. It ends with the test's process.
pub(crate) struct Files {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Files {
    /// A server that wants this in `Authorization`, if anything.
    pub(crate) fn serve(authorization: Option<&'static str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, root) = (Arc::clone(&requests), folder.path().to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, root) = (Arc::clone(&kept), root.clone());
                std::thread::spawn(move || serve(stream, &root, authorization, &kept));
            }
        });
        Self { folder, port, requests }
    }

    /// What was asked since the last call, as `GET /a.json`.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

/// The lines of a request's head. Requests here have no body.
pub(crate) fn head(stream: &TcpStream) -> Vec<String> {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect()
}

fn serve(mut stream: TcpStream, root: &Path, authorization: Option<&str>, kept: &Mutex<Vec<String>>) {
    let head = head(&stream);
    let Some(first) = head.first() else { return };
    let header = |name: &str| {
        head.iter().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    };
    kept.lock().unwrap().push(first.trim_end_matches(" HTTP/1.1").to_owned());
    let (method, path) = first.split_once(' ').unwrap();
    let path = path.split(' ').next().unwrap();
    let mut answer = |status: &str, headers: &str, body: &[u8]| {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
        // Who asked may have gone away.
        drop(stream.write_all(head.as_bytes()));
        if method != "HEAD" {
            drop(stream.write_all(body));
        }
    };
    if authorization.is_some() && header("authorization") != authorization {
        return answer("401 Unauthorized", "", b"who are you?");
    }
    let file = root.join(path.trim_start_matches('/').replace("%20", " "));
    if file.is_dir() {
        return answer("200 OK", "Content-Type: text/html\r\n", index(&file).as_bytes());
    }
    let Ok(content) = fs::read(&file) else { return answer("404 Not Found", "", b"nothing here") };
    let mut hash = DefaultHasher::new();
    content.hash(&mut hash);
    let tag = format!("\"{:x}\"", hash.finish());
    if header("if-match").is_some_and(|wanted| wanted != tag) {
        return answer("412 Precondition Failed", "", b"another one");
    }
    let headers = format!("ETag: {tag}\r\nContent-Type: application/octet-stream\r\n");
    let from = header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from {
        Some(from) if from < content.len() => {
            let range = format!("Content-Range: bytes {from}-{}/{}\r\n", content.len() - 1, content.len());
            answer("206 Partial Content", &format!("{headers}{range}"), &content[from..]);
        }
        _ => answer("200 OK", &headers, &content),
    }
}

fn index(folder: &Path) -> String {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let end = if entry.path().is_dir() { "/" } else { "" };
            format!("{}{end}", entry.file_name().to_string_lossy())
        })
        .collect();
    names.sort();
    let mut links = String::new();
    for name in names {
        writeln!(links, "<a href=\"{}\">{name}</a>", name.replace(' ', "%20")).unwrap();
    }
    format!("<html><h1>Index</h1><a href=\"?C=M;O=A\">sort</a><a href=\"../\">../</a>\n{links}</html>")
}
