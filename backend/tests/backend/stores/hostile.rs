//! Servers that misbehave: a real one with somebody in between.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use headroom_protocol::HealthStatus;
use serde_json::{Value, json};

use super::files::{Files, head};
use super::servers::{self, Served};
use super::suite::{look, reports, source};
use crate::support::{BF16, BF16_OLD, INT8, demo};

/// What happens to an answer.
#[derive(Debug, Clone)]
enum Deed {
    /// It passes.
    Pass,
    /// It does not come.
    Silence,
    /// It comes a byte at a time.
    Drip,
    /// The connection breaks after half of it.
    Die,
    /// This comes instead, head and body.
    Instead(String),
}

type Choice = dyn Fn(&str) -> Deed + Send + Sync;

/// Somebody between the client and a server, who decides by the first line of a request.
struct Between {
    port: u16,
    choice: Arc<Mutex<Arc<Choice>>>,
}

impl Between {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let choice: Arc<Mutex<Arc<Choice>>> = Arc::new(Mutex::new(Arc::new(|_: &str| Deed::Pass)));
        let chosen = Arc::clone(&choice);
        // They end with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let choice = Arc::clone(&chosen.lock().unwrap());
                std::thread::spawn(move || pass(stream, server, choice.as_ref()));
            }
        });
        Self { port, choice }
    }

    fn does(&self, choice: impl Fn(&str) -> Deed + Send + Sync + 'static) {
        *self.choice.lock().unwrap() = Arc::new(choice);
    }
}

fn pass(mut client: TcpStream, server: u16, choice: &Choice) {
    let head = head(&client);
    let Some(first) = head.first() else { return };
    let deed = choice(first);
    if let Deed::Instead(answer) = &deed {
        drop(client.write_all(answer.as_bytes()));
        return;
    }
    let mut upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
    write!(upstream, "{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).unwrap();
    let mut answer = Vec::new();
    drop(upstream.read_to_end(&mut answer));
    let half = answer.len() / 2;
    // Who asked may have gone away.
    match deed {
        Deed::Pass => drop(client.write_all(&answer)),
        Deed::Silence => std::thread::sleep(Duration::from_mins(1)),
        Deed::Drip => {
            for byte in answer {
                if client.write_all(&[byte]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        Deed::Die => drop(client.write_all(&answer[..half])),
        Deed::Instead(_) => {}
    }
}

fn answer(status: &str, headers: &str, body: &str) -> Deed {
    let length = body.len();
    Deed::Instead(format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"))
}

/// The refusal of an S3 server.
fn refusal(status: &str, code: &str) -> Deed {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>MARKER-echo</Message></Error>");
    answer(status, "Content-Type: application/xml\r\n", &body)
}

fn report(name: &str) -> Vec<u8> {
    fs::read(demo().join(name)).unwrap()
}

/// Whether a request is for a report's content.
fn is_report(first: &str) -> bool {
    first.starts_with("GET") && first.contains(".json")
}

/// A store whose two reports are known, and what a server between does then. `expected` is what is said; afterwards all
/// is well again.
async fn check(settings: Value, store: &Store, between: &Between) {
    let fixture = source(&settings, &store.secrets());
    store.put("a.json", &report(INT8));
    let (status, said) = look(&fixture).await;
    assert_eq!(status, HealthStatus::Ok, "{said}");
    let known = ["a.json"];
    assert_eq!(reports(&fixture).await, known);

    let count = || Arc::new(AtomicUsize::new(0));
    // A new report each time, so that something must be fetched.
    let number = AtomicUsize::new(0);
    let new_one = || {
        let name = format!("new-{}.json", number.fetch_add(1, Ordering::Relaxed));
        let text = String::from_utf8(report(BF16_OLD)).unwrap();
        store.put(&name, format!("{}{text}", " ".repeat(number.load(Ordering::Relaxed))).as_bytes());
        name
    };
    let cases: [(&str, Box<Choice>); 7] = [
        ("refuses these credentials", Box::new(|_| refusal("403 Forbidden", "AccessDenied"))),
        ("the credentials have expired", Box::new(|_| refusal("400 Bad Request", "ExpiredToken"))),
        ("cannot answer now (503", Box::new(|_| refusal("503 Slow Down", "SlowDown"))),
        ("sends to another address", Box::new(|_| answer("302 Found", "Location: http://127.0.0.1:9/x\r\n", ""))),
        ("did not answer within 1 s", Box::new(|_| Deed::Silence)),
        ("did not answer within", Box::new(|_| Deed::Drip)),
        ("the connection broke", Box::new(|first| if is_report(first) { Deed::Die } else { Deed::Pass })),
    ];
    for (expected, choice) in cases {
        let name = new_one();
        between.does(choice);
        let (status, said) = look(&fixture).await;
        assert_eq!(status, HealthStatus::Ok, "{expected}: {said}");
        let refused_list = said.contains(expected);
        assert!(refused_list && said.contains("What was read before is shown"), "{expected}: {said}");
        assert!(reports(&fixture).await.contains(&"a.json".to_owned()), "{expected}: nothing is forgotten");
        between.does(|_| Deed::Pass);
        let (_, said) = look(&fixture).await;
        assert!(!said.contains("What was read before"), "{expected}: {said}");
        assert!(
            reports(&fixture).await.iter().any(|path| path.starts_with("new-")),
            "{name} is read afterwards: {said}"
        );
        store.remove(&name);
        look(&fixture).await;
    }

    // What passes by itself is not even noticed.
    let first_two = |count: Arc<AtomicUsize>, deed: Deed| {
        move |first: &str| {
            let fails = is_report(first) && count.fetch_add(1, Ordering::Relaxed) < 2;
            if fails { deed.clone() } else { Deed::Pass }
        }
    };
    for deed in [refusal("500 Internal Server Error", "InternalError"), Deed::Die] {
        let name = new_one();
        between.does(first_two(count(), deed));
        let (status, said) = look(&fixture).await;
        assert_eq!(status, HealthStatus::Ok, "{said}");
        assert!(!said.contains("What was read before"), "{said}");
        assert_eq!(reports(&fixture).await, ["a.json", name.as_str()]);
        store.remove(&name);
        between.does(|_| Deed::Pass);
        look(&fixture).await;
    }

    // An object that changes between its listing and its reading is read later, as a whole.
    let name = new_one();
    let to = format!("/{name}");
    let replace = store.putting(&name, &report(BF16));
    let once = AtomicUsize::new(0);
    between.does(move |first| {
        if is_report(first) && first.contains(&to) && once.fetch_add(1, Ordering::Relaxed) == 0 {
            replace();
        }
        Deed::Pass
    });
    let (_, said) = look(&fixture).await;
    assert!(said.contains("still being written"), "{said}");
    assert_eq!(reports(&fixture).await, known);
    look(&fixture).await;
    assert_eq!(reports(&fixture).await, ["a.json", name.as_str()]);
}

/// A server and how to put reports there.
enum Store {
    S3(Served),
    Files(Files),
}

impl Store {
    fn put(&self, path: &str, content: &[u8]) {
        match self {
            Self::S3(served) => served.put(path, content),
            Self::Files(files) => fs::write(files.folder.path().join(path), content).unwrap(),
        }
    }

    /// Puts a report there when it is called, from any thread.
    fn putting(&self, path: &str, content: &[u8]) -> impl Fn() + Send + Sync + 'static {
        let content = content.to_vec();
        let (path, kept) = (path.to_owned(), tempfile::tempdir().unwrap());
        let file = kept.path().join("object");
        fs::write(&file, &content).unwrap();
        let to: Box<dyn Fn() + Send + Sync> = match self {
            Self::S3(served) => {
                let port = served.port;
                Box::new(move || servers::put_s3(port, &path, &file))
            }
            Self::Files(files) => {
                let target = files.folder.path().join(path);
                Box::new(move || {
                    fs::copy(&file, &target).unwrap();
                })
            }
        };
        move || {
            let _kept = &kept;
            to();
        }
    }

    fn remove(&self, path: &str) {
        match self {
            Self::S3(served) => served.remove(path),
            Self::Files(files) => fs::remove_file(files.folder.path().join(path)).unwrap(),
        }
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::S3(served) => served.secrets.clone(),
            Self::Files(_) => Vec::new(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misbehaving_bucket_forgets_nothing_and_recovers() {
    let Some(served) = servers::s3() else { return };
    let between = Between::before(served.port);
    let mut settings = served.settings.clone();
    settings["storeEndpoint"] = json!(format!("http://127.0.0.1:{}", between.port));
    settings["storeTimeoutSeconds"] = json!(1);
    check(settings, &Store::S3(served), &between).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_misbehaving_server_of_files_forgets_nothing_and_recovers() {
    let files = Files::serve(None);
    let between = Between::before(files.port);
    let url = format!("http://127.0.0.1:{}/", between.port);
    let settings = json!({ "storeKind": "http", "storeUrl": url, "storeTimeoutSeconds": 1 });
    check(settings, &Store::Files(files), &between).await;
}
