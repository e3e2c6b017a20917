//! Reports that are uploaded: into a real folder, through the call that Grafana makes.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use headroom_backend::cancel::Cancel;
use headroom_backend::settings::StoreSettings;
use headroom_backend::store::{ReportPath, Store};
use headroom_protocol::client::{PluginProcess, Start};
use headroom_protocol::{Context, Headers, Plugin as _, ResourceRequest, User};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::support::{BF16, Fixture, INT8, demo, read, request};

/// An empty store into which reports may be uploaded.
fn open() -> Fixture {
    Fixture::configured(&[], json!({"allowUpload": true}))
}

fn report(report: &str) -> Vec<u8> {
    fs::read(demo().join(report)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    let digit = |bits: u8| char::from_digit(u32::from(bits), 16).unwrap();
    Sha256::digest(bytes).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn with_body(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> ResourceRequest {
    let headers = headers.iter().fold(Headers::new(), |headers, (name, value)| headers.with(*name, *value));
    ResourceRequest { headers, body: body.to_vec().into(), ..request(method, url) }
}

impl Fixture {
    async fn send(&self, context: &Context, request: ResourceRequest) -> (u16, Value) {
        let response = self.plugin.call_resource(context, request).await;
        (response.status, serde_json::from_slice(&response.body).unwrap())
    }

    async fn upload(&self, name: &str, body: &[u8]) -> (u16, Value) {
        self.send(&self.context, with_body("POST", &format!("reports?name={name}"), &[], body)).await
    }

    /// Everything below the store but its deployments file, hidden files too.
    fn stored(&self) -> Vec<String> {
        fn walk(folder: &Path, below: &str, into: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{below}{}", entry.file_name().to_str().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), &format!("{name}/"), into);
                } else {
                    into.push(name);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.path(""), "", &mut found);
        found.retain(|name| name != "deployments.yaml");
        found.sort();
        found
    }
}

#[track_caller]
fn refused((status, body): &(u16, Value), expected: u16, part: &str) {
    assert_eq!(*status, expected, "{body}");
    assert!(body["message"].as_str().unwrap().contains(part) && body["error"] == body["message"], "{body}");
}

#[tokio::test]
async fn an_uploaded_report_is_stored_judged_and_listed() {
    let fixture = open();
    let body = report(INT8);
    let (status, answer) = fixture.upload("2026-12-01/llama.json", &body).await;
    assert_eq!(status, 201, "{answer}");
    let given = &answer["reports"][0];
    assert_eq!((&given["outcome"], &given["path"]), (&json!("stored"), &json!("2026-12-01/llama.json")));
    assert_eq!((&given["message"], &given["problems"]), (&Value::Null, &json!([])));
    assert_eq!(fs::read(fixture.path("2026-12-01/llama.json")).unwrap(), body);
    assert_eq!(fixture.stored(), ["2026-12-01/llama.json"]);

    // What the answer says is what a query says, to the last digit.
    let run = &given["runs"][0];
    assert_eq!(run["run"]["id"], json!(read(INT8).id));
    let frames = fixture.frames(json!({"queryType": "verdict"})).await;
    let judged = &frames[0].meta.custom["runs"][0];
    assert_eq!((&run["verdict"], &run["slo"]), (&judged["verdict"], &judged["slo"]));
    assert_eq!(run["run"]["id"], judged["run"]["id"]);
    assert_eq!(fixture.get("runs").await.1[0]["id"], run["run"]["id"]);
}

#[tokio::test]
async fn only_those_who_may_edit_upload_and_only_where_it_is_allowed() {
    let fixture = open();
    let body = report(INT8);
    for (role, expected) in [
        (Some("Viewer"), 403),
        (Some("None"), 403),
        (Some(""), 403),
        (None, 403),
        (Some("Editor"), 201),
        (Some("Admin"), 200),
    ] {
        let user = role.map(|role| User { login: "sa-1-ci".to_owned(), role: role.to_owned(), ..User::default() });
        let context = Context { user, ..fixture.context.clone() };
        let answer = fixture.send(&context, with_body("POST", "reports?name=a.json", &[], &body)).await;
        assert_eq!(answer.0, expected, "{role:?}: {}", answer.1);
        if expected == 403 {
            refused(&answer, 403, "only Editors and Admins, and service accounts");
            let begin = fixture.send(&context, with_body("POST", "reports/uploads", &[], b"{}")).await;
            refused(&begin, 403, "only Editors");
            assert_eq!(fixture.stored(), Vec::<String>::new());
        }
    }
    let off = Fixture::configured(&[], json!({}));
    refused(&off.upload("a.json", &body).await, 403, "(allowUpload)");
    assert_eq!(off.stored(), Vec::<String>::new());
    let none = Fixture::configured(&[], json!({"storePath": "", "allowUpload": true}));
    refused(&none.upload("a.json", &body).await, 400, "no store");
}

#[tokio::test]
async fn the_same_content_is_there_already_and_other_content_overwrites_nothing() {
    let fixture = open();
    let body = report(INT8);
    let (_, first) = fixture.upload("a.json", &body).await;
    let id = &first["reports"][0]["runs"][0]["run"]["id"];
    for (name, body) in
        [("a.json", body.clone()), ("b/other.json", body.clone()), ("a.json", gzip(&body)), ("c.json", gzip(&body))]
    {
        let (status, again) = fixture.upload(name, &body).await;
        let again = &again["reports"][0];
        assert_eq!((status, &again["outcome"], &again["path"]), (200, &json!("known"), &json!("a.json")), "{name}");
        assert_eq!(&again["runs"][0]["run"]["id"], id, "{name}");
        assert_eq!(again["runs"][0]["verdict"], first["reports"][0]["runs"][0]["verdict"]);
    }
    for name in ["a.json", "a.yaml", "a.json.gz"] {
        refused(&fixture.upload(name, &report(BF16)).await, 409, "a.json is in the store with other content");
    }
    assert_eq!(fixture.stored(), ["a.json"]);
    assert_eq!(fs::read(fixture.path("a.json")).unwrap(), body);
    let (status, found) = fixture.get(&format!("reports?content={}", read(INT8).provenance.content_hash)).await;
    assert_eq!((status, &found["reports"][0]["path"]), (200, &json!("a.json")));
    assert_eq!(found["reports"][0]["runs"], first["reports"][0]["runs"]);
    assert_eq!(fixture.get("reports?content=0000").await.0, 404);
    assert_eq!(fixture.get("reports").await.0, 400);

    // What is gone since the last listing is no longer there, however well the catalog remembers it.
    fs::remove_file(fixture.path("a.json")).unwrap();
    let (status, again) = fixture.upload("d.json", &body).await;
    assert_eq!((status, &again["reports"][0]["path"]), (201, &json!("d.json")));
    assert_eq!(fixture.stored(), ["d.json"]);
}

#[tokio::test]
async fn a_compressed_report_stays_compressed_and_its_name_says_so() {
    let fixture = open();
    let body = report(INT8);
    let sent = gzip(&body);
    let request = with_body("POST", "reports?name=a.json", &[("Content-Encoding", "gzip")], &sent);
    let (status, answer) = fixture.send(&fixture.context, request).await;
    assert_eq!((status, &answer["reports"][0]["path"]), (201, &json!("a.json.gz")), "{answer}");
    assert_eq!(fs::read(fixture.path("a.json.gz")).unwrap(), sent);
    assert_eq!(answer["reports"][0]["runs"][0]["run"]["id"], json!(read(INT8).id));
    let packed = zstd::encode_all(report(BF16).as_slice(), 3).unwrap();
    let request = with_body("POST", "reports?name=b.json.gz", &[("Content-Encoding", "zstd")], &packed);
    let (status, answer) = fixture.send(&fixture.context, request).await;
    assert_eq!((status, &answer["reports"][0]["path"]), (201, &json!("b.json.zst")), "{answer}");
    assert_eq!(fixture.stored(), ["a.json.gz", "b.json.zst"]);
}

#[tokio::test]
async fn a_name_cannot_leave_the_store() {
    let fixture = open();
    let outside = fixture.root().join("outside");
    fs::create_dir(&outside).unwrap();
    let body = report(INT8);
    for name in [
        "../x.json",
        "a/../../x.json",
        "%2e%2e/x.json",
        "/x.json",
        "..%5cx.json",
        ".x.json",
        ".git/x.json",
        "x.sh",
        "deployments.yaml",
        "a%00.json",
    ] {
        refused(&fixture.upload(name, &body).await, 400, "expected the path of a report below the store");
    }
    refused(&fixture.upload("", &body).await, 400, "?name=");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, fixture.path("out")).unwrap();
        std::os::unix::fs::symlink(outside.join("x.json"), fixture.path("link.json")).unwrap();
        for name in ["out/x.json", "out/a/x.json", "link.json"] {
            refused(&fixture.upload(name, &body).await, 409, "is a link");
        }
        fs::remove_file(fixture.path("out")).unwrap();
        fs::remove_file(fixture.path("link.json")).unwrap();
    }
    assert_eq!(fixture.stored(), Vec::<String>::new());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!fixture.root().join("x.json").exists());
}

/// A folder that nobody may write to: on a read-only mount, whoever runs the tests, else one without the permission.
#[cfg(unix)]
fn sealed(fixture: &Fixture) -> Option<std::path::PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let read_only = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (path, options) = (words.next()?, words.nth(1)?);
        options.split(',').any(|option| option == "ro").then(|| Path::new(path).to_owned())
    });
    if let Some(path) = read_only.into_iter().find(|path| fs::read_dir(path).is_ok()) {
        return Some(path);
    }
    let folder = fixture.root().join("sealed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    fs::write(folder.join("probe"), "").is_err().then_some(folder)
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_that_cannot_be_written_to_says_so() {
    let fixture = open();
    fixture.write("taken", b"a file");
    refused(&fixture.upload("taken/x.json", &report(INT8)).await, 409, "is no folder");
    let health = fixture.plugin.check_health(&fixture.context).await;
    assert!(!health.message.contains("Uploads are allowed"), "{}", health.message);
    let missing = Fixture::configured(&[], json!({"allowUpload": true, "storePath": fixture.root().join("missing")}));
    refused(&missing.upload("x.json", &report(INT8)).await, 409, "does not exist on the Grafana server");
    let Some(sealed) = sealed(&fixture) else {
        println!("left out: there is no read-only mount, and the tests run as a user whom no permission stops");
        return;
    };
    let sealed = Fixture::configured(&[], json!({"allowUpload": true, "storePath": sealed}));
    for name in ["x.json", "a/x.json"] {
        refused(&sealed.upload(name, &report(INT8)).await, 403, "give that user write permission");
    }
    refused(&begin(&sealed, "x.json", b"{}").await, 403, "give that user write permission");
    let health = sealed.plugin.check_health(&sealed.context).await;
    let told = "Uploads are allowed, and cannot be taken";
    assert!(health.message.contains(told) && health.message.contains("give that user write"), "{}", health.message);
}

/// Buckets and servers of files are read, and reports come into them as they always did.
#[tokio::test]
async fn a_remote_store_takes_no_upload() {
    let server =
        json!({"allowUpload": true, "storeKind": "http", "storeUrl": "http://127.0.0.1:9/", "storeTimeoutSeconds": 1});
    let fixture = Fixture::configured(&[], server);
    refused(&fixture.upload("x.json", &report(INT8)).await, 403, "reports are uploaded into folders alone");
    refused(&begin(&fixture, "x.json", b"{}").await, 403, "reports are uploaded into folders alone");
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_nothing_is_written() {
    let fixture = open();
    for (body, part) in [
        (&b""[..], "the file is empty"),
        (b"hello", "expected a benchmark report"),
        (b"{\"a\": 1}", "a JSON document with the keys a"),
        (&report(INT8)[..2000], "x.json"),
        (&gzip(&report(INT8))[..5000], "x.json.gz"),
    ] {
        let answer = fixture.upload("x.json", body).await;
        refused(&answer, 422, part);
        let given = &answer.1["reports"][0];
        assert_eq!((&given["outcome"], &given["path"]), (&json!("refused"), &Value::Null));
        assert!(!given["problems"].as_array().unwrap().is_empty(), "{given}");
    }
    assert_eq!(fixture.stored(), Vec::<String>::new());
}

/// It was touched a moment ago, so the listing takes it to be still written: the answer is of what was sent.
#[tokio::test]
async fn a_report_that_is_cut_off_is_taken_with_what_could_be_read() {
    let fixture = open();
    let body = report(BF16);
    let (status, answer) = fixture.upload("cut.json", &body[..body.len() * 2 / 3]).await;
    let given = &answer["reports"][0];
    assert_eq!((status, &given["outcome"]), (201, &json!("stored")), "{answer}");
    assert_eq!(
        (&given["problems"][0]["code"], &given["problems"][0]["severity"]),
        (&json!("truncated"), &json!("error"))
    );
    assert!(given["runs"][0]["verdict"]["sentence"].is_string(), "{given}");
    assert_eq!(given["problems"][0]["run"], given["runs"][0]["run"]["id"]);
}

#[tokio::test]
async fn a_bomb_is_refused_before_it_has_expanded() {
    let fixture = open();
    // A report's beginning, then two gigabytes of spaces in 2 MB.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(br#"{"deployment":"#).unwrap();
    let spaces = vec![b' '; 8 << 20];
    for _ in 0..256 {
        encoder.write_all(&spaces).unwrap();
    }
    let bomb = gzip(&encoder.finish().unwrap());
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let answer = fixture.upload("x.json", &bomb).await;
    assert_eq!(answer.0, 422, "{}", answer.1);
    assert_eq!(fixture.stored(), Vec::<String>::new());
}

#[tokio::test]
async fn a_form_brings_several_reports_and_what_completes_them() {
    let fixture = open();
    let mut body = Vec::new();
    for (name, content) in [
        ("a/one.json", report(INT8)),
        ("a/two.json", report(BF16)),
        ("a/bad.json", b"{}".to_vec()),
        ("a/config.yaml", b"server:\n  model_name: m\n".to_vec()),
    ] {
        write!(body, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").unwrap();
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--x--\r\n");
    let kind = [("Content-Type", "multipart/form-data; boundary=x")];
    let answer = fixture.send(&fixture.context, with_body("POST", "reports", &kind, &body)).await;
    refused(&answer, 422, "1 of 4 reports were refused");
    let outcomes: Vec<&str> =
        answer.1["reports"].as_array().unwrap().iter().map(|report| report["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["stored", "stored", "refused", "stored"]);
    assert_eq!(fixture.stored(), ["a/config.yaml", "a/one.json", "a/two.json"]);
    let again = fixture
        .send(&fixture.context, with_body("POST", "reports?name=a/config.yaml", &[], b"server:\n  model_name: m\n"))
        .await;
    assert_eq!((again.0, &again.1["reports"][0]["outcome"]), (200, &json!("known")));
    refused(&fixture.upload("b/config.yaml", &gzip(b"server: {}")).await, 422, "without compression");
}

#[tokio::test]
async fn paths_and_methods_are_refused_with_a_reason() {
    let fixture = open();
    for (method, url, status) in [
        ("PUT", "reports", 405),
        ("DELETE", "reports", 405),
        ("POST", "reports/x", 404),
        ("GET", "reports/uploads", 405),
        ("PUT", "reports/uploads/x", 405),
        ("GET", "reports/uploads/x", 404),
        ("GET", "reports/uploads/x/1", 405),
        ("GET", "reports/uploads/x/commit", 405),
        ("PUT", "reports/uploads/x/first?sha256=0", 400),
        ("PUT", "reports/uploads/x/1", 400),
        ("GET", "reports/uploads/x/1/2", 404),
        ("POST", "reports/uploads", 400),
    ] {
        let (found, body) = fixture.call(&fixture.context, method, url).await;
        assert_eq!(found, status, "{method} {url}: {body}");
    }
}

const PART: usize = 256 << 10;

/// Announces a report in parts.
async fn begin(fixture: &Fixture, name: &str, content: &[u8]) -> (u16, Value) {
    let about = json!({"name": name, "bytes": content.len(), "sha256": sha256(content), "part_bytes": PART});
    fixture.send(&fixture.context, with_body("POST", "reports/uploads", &[], about.to_string().as_bytes())).await
}

fn part(id: &str, number: usize, content: &[u8]) -> ResourceRequest {
    let bytes = content.chunks(PART).nth(number - 1).unwrap();
    with_body("PUT", &format!("reports/uploads/{id}/{number}?sha256={}", sha256(bytes)), &[], bytes)
}

fn commit(id: &str) -> ResourceRequest {
    with_body("POST", &format!("reports/uploads/{id}/commit"), &[], b"")
}

#[tokio::test]
async fn a_report_in_parts_becomes_one_in_any_order() {
    let fixture = open();
    let content = report(BF16);
    let parts = content.len().div_ceil(PART);
    assert!(parts >= 3, "{parts}");
    let (status, begun) = begin(&fixture, "big.json", &content).await;
    assert_eq!((status, &begun["parts"]), (200, &json!(parts)), "{begun}");
    let id = begun["id"].as_str().unwrap();
    let without_last: Vec<usize> = (2..=parts).rev().collect();
    for number in without_last {
        assert_eq!(fixture.send(&fixture.context, part(id, number, &content)).await.0, 200);
    }
    refused(&fixture.send(&fixture.context, commit(id)).await, 409, "parts of the report are missing: 1.");
    let mut wrong = part(id, 1, &content);
    wrong.url = format!("reports/uploads/{id}/1?sha256={}", sha256(b""));
    refused(&fixture.send(&fixture.context, wrong).await, 400, "changed on its way");
    assert_eq!(fixture.get(&format!("reports/uploads/{id}")).await.1["missing"], json!([1]));
    assert_eq!(begin(&fixture, "big.json", &content).await.1["missing"], json!([1]), "beginning again goes on");
    assert_eq!(fixture.get("runs").await.1, json!([]), "no listing shows what is not finished");
    assert_eq!(fixture.send(&fixture.context, part(id, 1, &content)).await.0, 200);
    let (status, answer) = fixture.send(&fixture.context, commit(id)).await;
    assert_eq!((status, &answer["reports"][0]["path"]), (201, &json!("big.json")), "{answer}");
    assert_eq!(answer["reports"][0]["runs"][0]["run"]["id"], json!(read(BF16).id));
    assert_eq!(fixture.stored(), ["big.json"]);
    assert!(fs::read(fixture.path("big.json")).unwrap() == content);
    assert_eq!(fixture.send(&fixture.context, commit(id)).await.0, 404);

    // What is no report is no report in parts either, and its parts go.
    let content = vec![b'x'; PART + 1];
    let (_, begun) = begin(&fixture, "junk.json", &content).await;
    let id = begun["id"].as_str().unwrap();
    for number in 1..=2 {
        assert_eq!(fixture.send(&fixture.context, part(id, number, &content)).await.0, 200);
    }
    assert_eq!(fixture.send(&fixture.context, commit(id)).await.0, 422);
    assert_eq!(fixture.stored(), ["big.json"]);
    let (_, begun) = begin(&fixture, "dropped.json", &content).await;
    let id = begun["id"].as_str().unwrap();
    assert_eq!(
        fixture.send(&fixture.context, with_body("DELETE", &format!("reports/uploads/{id}"), &[], b"")).await.0,
        200
    );
    assert_eq!(fixture.stored(), ["big.json"]);
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_gpx_headroom");

async fn process(fixture: &Fixture) -> PluginProcess {
    let temporary = fixture.root().join("tmp").display().to_string();
    PluginProcess::start(Start::new(PROGRAM).with_variable("TMPDIR", temporary)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_outlive_the_process_that_took_them() {
    let fixture = open();
    let content = report(BF16);
    let parts = content.len().div_ceil(PART);
    let (_, begun) = begin(&fixture, "big.json", &content).await;
    let id = begun["id"].as_str().unwrap();
    for number in 1..=parts {
        let process = process(&fixture).await;
        let answer = process.client().call_resource(&fixture.context, part(id, number, &content)).await.unwrap();
        assert_eq!(answer.status, 200);
        process.stop().await.unwrap();
    }
    let process = process(&fixture).await;
    let answer = process.client().call_resource(&fixture.context, commit(id)).await.unwrap();
    assert_eq!(answer.status, 201, "{:?}", answer.body);
    process.stop().await.unwrap();
    assert!(fs::read(fixture.path("big.json")).unwrap() == content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_store_one_report_once() {
    let fixture = Arc::new(open());
    let body = report(INT8);
    let uploads: Vec<_> = (0..12)
        .map(|number| {
            let (fixture, body) = (Arc::clone(&fixture), body.clone());
            tokio::spawn(async move {
                loop {
                    let (status, answer) = fixture.upload(&format!("{number}.json"), &body).await;
                    if status != 429 {
                        return (status, answer);
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    let mut stored = 0;
    for upload in uploads {
        let (status, answer) = upload.await.unwrap();
        assert!([200, 201].contains(&status), "{answer}");
        stored += usize::from(status == 201);
    }
    assert_eq!((stored, fixture.stored().len()), (1, 1), "the names differ, the content does not");
    assert_eq!(fixture.get("runs").await.1.as_array().unwrap().len(), 1);
}

/// Set for the child: the store to write to.
const STORE: &str = "HEADROOM_TEST_KILLED_STORE";

fn store(root: &Path) -> Store {
    Store::new(&StoreSettings::Directory { typed: root.display().to_string(), path: root.to_owned() })
}

/// The child: writes reports without end. Does nothing in an ordinary run of the tests.
#[test]
fn child_that_uploads_until_it_is_killed() {
    let Some(root) = std::env::var_os(STORE) else { return };
    let store = store(Path::new(&root));
    let content = report(BF16);
    for number in 0_u64.. {
        let path = ReportPath::parse(&format!("{}/{number}.json", std::process::id())).unwrap();
        store.put(&path, content.as_slice()).unwrap();
    }
}

#[test]
fn two_hundred_kills_leave_only_whole_reports() {
    const KILLS: u64 = 200;
    let root = tempfile::tempdir().unwrap();
    let content = report(BF16);
    let (mut whole, mut halves) = (0, 0);
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "uploads::child_that_uploads_until_it_is_killed", "--nocapture"])
            .env(STORE, root.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let folder = root.path().join(child.id().to_string());
        while !folder.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(round % 10));
        child.kill().unwrap();
        child.wait().unwrap();
        let listing = store(root.path()).list(&Cancel::default()).unwrap();
        for mark in &listing.reports {
            let path = root.path().join(&mark.path);
            assert!(fs::read(&path).unwrap() == content, "round {round}: {} is not whole", mark.path);
            whole += 1;
        }
        halves += fs::read_dir(&folder).unwrap().count() - listing.reports.len();
        fs::remove_dir_all(&folder).unwrap();
    }
    assert!(
        whole > 0 && halves > 0,
        "{whole} whole reports, {halves} unfinished ones: the kills were all at one moment"
    );
}
