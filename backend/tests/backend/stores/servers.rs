//! Starts servers of stores on 127.0.0.1, and puts objects into them with programs that are not ours.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::workspace;

/// Puts a file at a path of a store.
type Put = dyn Fn(&str, &Path);

/// A running store, with the settings of a data source that reads it.
pub(crate) struct Served {
    /// `jsonData` without a bucket's prefix.
    pub(crate) settings: Value,
    pub(crate) secrets: Vec<(&'static str, String)>,
    /// Where the server listens.
    pub(crate) port: u16,
    put: Box<Put>,
    remove: Box<dyn Fn(&str)>,
    start: Box<dyn Fn() -> Option<Child>>,
    running: Option<Child>,
    folder: tempfile::TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Served {
    /// Puts an object there.
    pub(crate) fn put(&self, path: &str, content: &[u8]) {
        let file = self.folder.path().join("object");
        fs::write(&file, content).unwrap();
        (self.put)(path, &file);
    }

    pub(crate) fn remove(&self, path: &str) {
        (self.remove)(path);
    }

    /// Ends the server, so that it keeps what it has.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.running.take() {
            run(Command::new("kill").arg(child.id().to_string()));
            child.wait().unwrap();
        }
    }

    /// Starts it, with what it had.
    pub(crate) fn start(&mut self) {
        self.running = (self.start)();
        wait_for(self.port);
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    let until = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < until, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn run(program: &mut Command) {
    let output = program.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{program:?}: {said}");
}

/// curl, which fails when the server refuses.
fn curl() -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail-with-body", "--noproxy", "*"]);
    curl
}

/// A server that is a Go program, built once per test program. `None`, with a line on standard error, where there is no
/// Go, or no curl to put objects with.
fn built(package: &str) -> Option<PathBuf> {
    for program in ["go", "curl"] {
        let mut command = Command::new(program);
        command.arg(if program == "go" { "version" } else { "--version" });
        if command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            // Past the test runner, which keeps what a passing test prints to itself.
            let line = format!("left out: the tests against {package}, because there is no `{program}` here");
            writeln!(std::io::stderr(), "{line}").unwrap_or_default();
            return None;
        }
    }
    let name = package.rsplit('/').next().unwrap();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    run(Command::new("go")
        .arg("build")
        .arg("-C")
        .arg(workspace().join("tests/go-stores"))
        .args(["-mod=readonly", "-o"])
        .arg(&program)
        .arg(package));
    Some(program)
}

/// The keys of the S3 server.
const KEY: &str = "HEADROOMKEY";
pub(crate) const SECRET: &str = "MARKER-of-the-secret-access-key";

/// A request about an object of the S3 server on this port.
fn signed(port: u16, path: &str) -> Command {
    let mut curl = curl();
    curl.args(["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]);
    curl.args(["--aws-sigv4", "aws:amz:us-east-1:s3", "--user", &format!("{KEY}:{SECRET}")]);
    curl.arg(format!("http://127.0.0.1:{port}/reports/{}", path.replace(' ', "%20")));
    curl
}

/// Puts a file into the S3 server on this port.
pub(crate) fn put_s3(port: u16, path: &str, file: &Path) {
    run(signed(port, path).arg("--upload-file").arg(file));
}

/// An S3 server over a folder: `versitygw`.
pub(crate) fn s3() -> Option<Served> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| built("github.com/versity/versitygw/cmd/versitygw")).clone()?;
    let folder = tempfile::tempdir().unwrap();
    for name in ["data/reports", "sidecar"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let port = free_port();
    let root = folder.path().to_owned();
    let start = move || {
        let log = File::create(root.join("log")).unwrap();
        let child = Command::new(&program)
            .args(["--port", &format!("127.0.0.1:{port}"), "--access", KEY, "--secret", SECRET, "posix", "--sidecar"])
            .arg(root.join("sidecar"))
            .arg(root.join("data"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        Some(child.unwrap())
    };
    let mut served = Served {
        settings: json!({
            "storeKind": "s3",
            "storeBucket": "reports",
            "storeEndpoint": format!("http://127.0.0.1:{port}"),
            "storeTimeoutSeconds": 5,
        }),
        secrets: vec![("storeAccessKeyId", KEY.to_owned()), ("storeSecretAccessKey", SECRET.to_owned())],
        port,
        put: Box::new(move |path, file| put_s3(port, path, file)),
        remove: Box::new(move |path| run(signed(port, path).args(["--request", "DELETE"]))),
        start: Box::new(start),
        running: None,
        folder,
    };
    served.start();
    Some(served)
}

/// Google Cloud Storage: `fake-gcs-server`, which checks no credentials.
pub(crate) fn gcs() -> Option<Served> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| built("github.com/fsouza/fake-gcs-server")).clone()?;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("data/reports")).unwrap();
    let port = free_port();
    let root = folder.path().to_owned();
    let start = move || {
        let log = File::create(root.join("log")).unwrap();
        let child = Command::new(&program)
            .args(["-scheme", "http", "-host", "127.0.0.1", "-port", &port.to_string(), "-public-host"])
            .arg(format!("127.0.0.1:{port}"))
            .args(["-backend", "filesystem", "-filesystem-root"])
            .arg(root.join("data"))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        Some(child.unwrap())
    };
    let escaped = |path: &str| path.replace('/', "%2F").replace(' ', "%20");
    let mut served = Served {
        settings: json!({
            "storeKind": "gcs",
            "storeBucket": "reports",
            "storeEndpoint": format!("http://127.0.0.1:{port}"),
            "storeAuth": "none",
            "storeTimeoutSeconds": 5,
        }),
        secrets: Vec::new(),
        port,
        put: Box::new(move |path, file| {
            let name = escaped(path);
            let url = format!("http://127.0.0.1:{port}/upload/storage/v1/b/reports/o?uploadType=media&name={name}");
            run(curl().arg("--data-binary").arg(format!("@{}", file.display())).arg(url));
        }),
        remove: Box::new(move |path| {
            let url = format!("http://127.0.0.1:{port}/storage/v1/b/reports/o/{}", escaped(path));
            run(curl().args(["--request", "DELETE"]).arg(url));
        }),
        start: Box::new(start),
        running: None,
        folder,
    };
    served.start();
    Some(served)
}

/// A child that ends with this value.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Python's server of a folder; `None` where there is no Python.
pub(crate) fn python(folder: &Path, port: u16) -> Option<Running> {
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]).arg(folder).arg(port.to_string());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
    wait_for(port);
    Some(Running(child))
}

/// The account of every Azurite and its key, which everybody knows.
///
/// Source: <https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key>
const ACCOUNT: &str = "devstoreaccount1";
pub(crate) const ACCOUNT_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// The parameters of a shared access signature for the whole account, which ends at this time. OpenSSL signs it.
pub(crate) fn signature(rights: &str, until: &str) -> String {
    let text = format!("{ACCOUNT}\\n{rights}\\nb\\nco\\n\\n{until}\\n\\n\\n2019-12-12\\n");
    let script = format!(
        "key=$(printf '{ACCOUNT_KEY}' | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n'); printf '{text}' \
         | openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary | openssl base64 -A"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let signed = String::from_utf8(output.stdout).unwrap().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    assert!(!signed.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let until = until.replace(':', "%3A");
    format!("sv=2019-12-12&ss=b&srt=co&sp={rights}&se={until}&sig={signed}")
}

/// Azure Blob Storage: `azurite-blob`, where somebody has installed it (`npm install --global azurite`). It is no
/// dependency of ours because it alone is twice as large as all others of npm together.
pub(crate) fn azure() -> Option<Served> {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let root = folder.path().to_owned();
    let start = move || {
        let log = File::create(root.join("log")).unwrap();
        let mut command = Command::new("azurite-blob");
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--disableTelemetry", "--location"]);
        command.arg(root.join("data")).stdout(log.try_clone().unwrap()).stderr(log).spawn().ok()
    };
    let running = start();
    if running.is_none() {
        // Past the test runner, which keeps what a passing test prints to itself.
        writeln!(std::io::stderr(), "left out: the test against Azurite, because there is no `azurite-blob` here")
            .unwrap_or_default();
        return None;
    }
    wait_for(port);
    let base = format!("http://127.0.0.1:{port}/{ACCOUNT}");
    let rights = signature("rwdlc", "2099-01-01T00:00:00Z");
    let container = format!("{base}/reports?restype=container&{rights}");
    run(curl().args(["--request", "PUT", "--header", "Content-Length: 0"]).arg(container));
    let url = {
        let base = base.clone();
        move |path: &str| format!("{base}/reports/{}?{rights}", path.replace(' ', "%20"))
    };
    let to_remove = url.clone();
    Some(Served {
        settings: json!({
            "storeKind": "azure",
            "storeAccount": ACCOUNT,
            "storeBucket": "reports",
            "storeEndpoint": base,
            "storeTimeoutSeconds": 5,
        }),
        secrets: vec![("storeAccountKey", ACCOUNT_KEY.to_owned())],
        port,
        put: Box::new(move |path, file| {
            let mut curl = curl();
            curl.args(["--header", "x-ms-blob-type: BlockBlob", "--upload-file"]).arg(file);
            run(curl.arg(url(path)));
        }),
        remove: Box::new(move |path| run(curl().args(["--request", "DELETE"]).arg(to_remove(path)))),
        start: Box::new(start),
        running,
        folder,
    })
}
