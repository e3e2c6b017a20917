//! The whole host around a real plugin process: provisioning and plugin folder in, HTTP out.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use clap::Parser as _;
use headroom_preview::{host::Host, http, options::Options, plugins};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A provisioned host with one plugin whose process is `mortal_plugin`.
struct Preview {
    folder: tempfile::TempDir,
    host: Arc<Host>,
    router: Router,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

impl Preview {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let manifest = json!({
            "id": "test-mortal-datasource", "type": "datasource", "name": "Mortal", "backend": true, "executable": "gpx_mortal",
            "info": { "version": "1.0.0", "logos": { "small": "img/logo.svg", "large": "img/logo.svg" } },
        });
        write(&root.join("dist/app/plugin.json"), r#"{"id":"test-app","type":"app","name":"App"}"#);
        write(&root.join("dist/app/datasource/plugin.json"), &manifest.to_string());
        write(&root.join("dist/app/datasource/module.js"), "define([], () => ({}));");
        write(&root.join("dist/app/datasource/a.wasm"), "\0asm");
        write(
            &root.join("page/index.html"),
            "<script type=x>__BOOT_DATA__</script><script nonce=\"__NONCE__\"></script>",
        );
        write(
            &root.join("provisioning/datasources/a.yaml"),
            "datasources:\n  - name: Mortal\n    uid: mortal\n    type: test-mortal-datasource\n    jsonData: {colour: red}\n    \
             secureJsonData: {token: s3cret}\n  - name: Prometheus\n    uid: prom\n    type: prometheus\n",
        );
        write(
            &root.join("provisioning/dashboards/a.yaml"),
            &format!("providers:\n  - name: a\n    options: {{path: '{}'}}\n", root.join("boards").display()),
        );
        write(&root.join("boards/a.json"), r#"{"uid":"board","title":"Board"}"#);
        let (found, _) = plugins::find(&root.join("dist"));
        let binary = found.iter().find_map(plugins::Plugin::executable).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mortal_plugin"), binary).unwrap();
        let text = |name: &str| root.join(name).display().to_string();
        let options = Options::parse_from([
            "headroom-preview",
            "--provisioning",
            &text("provisioning"),
            "--plugins",
            &text("dist"),
            "--page",
            &text("page"),
            "--service-account",
            "t0ken=Viewer",
        ]);
        let host = Arc::new(Host::load(&options));
        assert_eq!(host.problems, Vec::<String>::new());
        Self { router: http::router(Arc::clone(&host)), host, folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
        }
    }

    async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).header(header::HOST, "127.0.0.1:3000").body(Body::empty()).unwrap()).await
    }

    async fn query(&self, body: &Value) -> Answer {
        let request = Request::post("/api/ds/query").header(header::HOST, "127.0.0.1:3000");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn process(&self) -> Option<u64> {
        let answer = self.get("/api/datasources/uid/mortal/resources/who").await;
        (answer.status == StatusCode::OK).then(|| answer.json()["process"].as_u64()).flatten()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_dies_is_started_again_and_ends_with_the_host() {
    let preview = Preview::start();
    let first = preview.process().await.expect("the plugin answers");
    let dying = preview.get("/api/datasources/uid/mortal/resources/die").await;
    assert!(dying.status.is_server_error(), "{}", dying.text());
    let mut second = None;
    // Bounded by the longest wait between two starts; the first restart is due after a quarter of a second.
    for _ in 0..400 {
        second = preview.process().await.filter(|process| *process != first);
        if second.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let second = second.expect("the plugin was started again");
    preview.host.backends.stop().await;
    assert!(!Path::new(&format!("/proc/{second}")).exists() || cfg!(not(target_os = "linux")), "an orphan is left");
    let after = preview.get("/api/datasources/uid/mortal/resources/who").await;
    assert_eq!(after.status, StatusCode::SERVICE_UNAVAILABLE, "{}", after.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_does_not_run_is_an_error_of_each_query() {
    let preview = Preview::start();
    preview.host.backends.stop().await;
    let answer = preview.query(&json!({"queries": [{"refId": "A", "datasource": {"uid": "mortal"}}]})).await;
    assert_eq!(answer.status, StatusCode::MULTI_STATUS);
    assert_eq!(answer.json()["results"]["A"]["status"], 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_answered_each_by_itself() {
    let preview = Preview::start();
    let ask = |id: &str, uid: &str, kind: &str| json!({"refId": id, "datasource": {"uid": uid}, "queryType": kind});
    let good = preview.query(&json!({"queries": [ask("A", "mortal", "")], "from": "now-1h", "to": "now"})).await;
    assert_eq!((good.status, good.json()), (StatusCode::OK, json!({"results": {"A": {"status": 200, "frames": []}}})));

    let mixed = preview
        .query(&json!({"queries": [ask("A", "mortal", ""), ask("B", "mortal", "fail"), ask("C", "prom", ""), ask("D", "none", "")]}))
        .await;
    assert_eq!(mixed.status, StatusCode::MULTI_STATUS);
    let results = mixed.json()["results"].clone();
    assert_eq!(results["A"]["status"], 200);
    assert_eq!(
        results["B"],
        json!({"error": "the store is gone", "errorSource": "downstream", "status": 502, "frames": []})
    );
    assert!(results["C"]["error"].as_str().unwrap().contains("prometheus"), "{results}");
    assert!(results["D"]["error"].as_str().unwrap().contains("\"none\""), "{results}");

    let check = async |body: Value, expected: &str| {
        let answer = preview.query(&body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.text().contains(expected), "{}", answer.text());
    };
    check(json!({"queries": []}), "no queries").await;
    check(json!({}), "queries").await;
    check(json!({"queries": [{"refId": "A"}]}), "names no data source").await;
    check(json!({"queries": [ask("A", "mortal", "")], "from": "yesterday"}), "`from`").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_resources_reach_the_plugin_as_sent() {
    let preview = Preview::start();
    let health = preview.get("/api/datasources/uid/mortal/health").await;
    assert_eq!((health.status, health.json()), (StatusCode::OK, json!({"status": "OK", "message": "the token fits"})));

    let request = Request::put("/api/datasources/uid/mortal/resources/runs/a%2Fb?x=1&y=%20")
        .header(header::HOST, "127.0.0.1:3000")
        .header("x-test", "yes")
        .body(Body::from("12345"))
        .unwrap();
    let answer = preview.send(request).await.json();
    assert_eq!(answer["method"], "PUT");
    assert_eq!((&answer["path"], &answer["url"]), (&json!("runs/a%2Fb"), &json!("runs/a%2Fb?x=1&y=%20")));
    assert_eq!((&answer["header"], &answer["host"]), (&json!("yes"), &Value::Null));
    assert_eq!((&answer["length"], &answer["role"]), (&json!(5), &json!("Admin")));
    assert_eq!(answer["settings"], json!({"colour": "red"}));

    assert_eq!(preview.get("/api/datasources/uid/mortal/resources/teapot").await.status.as_u16(), 418);
    assert_eq!(preview.get("/api/datasources/uid/none/health").await.status, StatusCode::NOT_FOUND);
    assert_eq!(preview.get("/api/datasources/uid/prom/health").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_a_service_accounts_and_stays_with_the_host() {
    let preview = Preview::start();
    let who = async |authorization: Option<&str>| {
        let request = Request::get("/api/datasources/uid/mortal/resources/who").header(header::HOST, "127.0.0.1:3000");
        let request = match authorization {
            Some(authorization) => request.header(header::AUTHORIZATION, authorization),
            None => request,
        };
        preview.send(request.body(Body::empty()).unwrap()).await
    };
    assert_eq!(who(None).await.json()["role"], "Admin");
    let answer = who(Some("Bearer t0ken")).await;
    assert_eq!((&answer.json()["role"], answer.text().contains("t0ken")), (&json!("Viewer"), false));
    let answer = who(Some("Bearer other")).await;
    assert_eq!((answer.status, &answer.json()["message"]), (StatusCode::UNAUTHORIZED, &json!("Invalid API key")));
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_stay_between_the_host_and_the_plugin() {
    let preview = Preview::start();
    for uri in ["/", "/api/frontend/settings", "/api/datasources", "/api/datasources/uid/mortal", "/api/preview/status"]
    {
        let answer = preview.get(uri).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}");
        assert!(!answer.text().contains("s3cret"), "{uri}: {}", answer.text());
    }
    assert_eq!(preview.get("/api/datasources/uid/mortal").await.json()["secureJsonFields"], json!({"token": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_a_fresh_nonce_and_the_policy_that_was_asked_for() {
    let preview = Preview::start();
    let policy = async |uri: &str| {
        let answer = preview.get(uri).await;
        assert_eq!(answer.status, StatusCode::OK, "{uri}");
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let (_, nonce) = policy.split_once("'nonce-").unwrap();
        let nonce = nonce.split('\'').next().unwrap().to_owned();
        assert!(answer.text().contains(&format!("nonce=\"{nonce}\"")), "{}", answer.text());
        (policy, nonce)
    };
    let (default, first) = policy("/d/board/some-slug").await;
    assert!(default.contains("'unsafe-eval'"));
    let (strict, second) = policy("/a/test-app/runs?csp=strict").await;
    assert!(!strict.contains("eval"), "{strict}");
    assert_ne!(first, second);
    assert!(policy("/editor/x?csp=wasm-only").await.0.contains("'wasm-unsafe-eval'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn plugin_files_are_served_and_nothing_beside_them() {
    let preview = Preview::start();
    write(&preview.folder.path().join("dist/secret.txt"), "s3cret");
    let check = async |path: &str, status: u16, kind: Option<&str>| {
        let answer = preview.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        if let Some(kind) = kind {
            assert_eq!(answer.headers[header::CONTENT_TYPE], kind, "{path}");
        }
        assert!(!answer.text().contains("s3cret"), "{path}");
    };
    let base = "/public/plugins/test-mortal-datasource";
    check(&format!("{base}/module.js"), 200, Some("text/javascript; charset=utf-8")).await;
    check(&format!("{base}/a.wasm"), 200, Some("application/wasm")).await;
    check(&format!("{base}/missing.js"), 404, None).await;
    check(&format!("{base}/../../secret.txt"), 404, None).await;
    check(&format!("{base}/..%2F..%2Fsecret.txt"), 404, None).await;
    check(&format!("{base}/%2e%2e/%2e%2e/secret.txt"), 404, None).await;
    check(&format!("{base}/%2Fetc%2Fpasswd"), 404, None).await;
    check("/public/..%2Fdist%2Fsecret.txt", 404, None).await;
    check("/public/plugins/none/module.js", 404, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_are_found_and_unknown_paths_say_what_this_is() {
    let preview = Preview::start();
    let found = preview.get("/api/search?query=boa").await.json();
    assert_eq!((&found[0]["uid"], &found[0]["url"]), (&json!("board"), &json!("/d/board")));
    assert_eq!(preview.get("/api/search?query=other").await.json(), json!([]));
    assert_eq!(preview.get("/api/dashboards/uid/board").await.json()["dashboard"]["title"], "Board");
    assert_eq!(preview.get("/api/dashboards/uid/none").await.status, StatusCode::NOT_FOUND);
    let unknown = preview.get("/explore").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.text().contains("not a Grafana"), "{}", unknown.text());
    let foreign =
        Request::get("/api/datasources").header(header::HOST, "evil.example:3000").body(Body::empty()).unwrap();
    assert_eq!(preview.send(foreign).await.status, StatusCode::FORBIDDEN);
}
