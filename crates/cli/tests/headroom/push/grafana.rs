//! The preview's host on a real address, with the real data source process behind it and a store that takes reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use headroom_preview::host::Host;
use headroom_preview::options::Options;
use headroom_preview::users::ServiceAccount;
use headroom_preview::{built, csp, http, plugins};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::root;

/// A token of a service account that may upload.
pub(super) const EDITOR: &str = "glsa-MARKER-editor";
/// A token of one that may not.
pub(super) const VIEWER: &str = "glsa-MARKER-viewer";

/// What goes wrong on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// This many requests are answered 503.
    Down(usize),
    /// Parts are held up when this many came.
    Stalled(usize),
    /// Every request is sent to another server.
    Elsewhere,
}

/// What comes in, and what is done to it.
#[derive(Debug)]
struct Way {
    fault: Mutex<Fault>,
    parts: AtomicUsize,
    requests: AtomicUsize,
}

/// A Grafana as far as a job meets it.
pub(super) struct Grafana {
    folder: tempfile::TempDir,
    runtime: Runtime,
    host: Arc<Host>,
    way: Arc<Way>,
    /// Its address.
    pub(super) url: String,
}

impl Grafana {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["provisioning/datasources", "dist/datasource", "page", "reports"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let settings = format!(
            "datasources:\n  - name: Headroom\n    uid: headroom\n    type: headroom-llm-datasource\n    jsonData:\n      \
             allowUpload: true\n      storePath: '{}'\n      catalogPath: '{}'\n",
            at("reports").display(),
            at("catalog.sqlite").display()
        );
        fs::write(at("provisioning/datasources/a.yaml"), settings).unwrap();
        fs::copy(root().join("src/datasource/plugin.json"), at("dist/datasource/plugin.json")).unwrap();
        let (found, _) = plugins::find(&at("dist"));
        let program = found.iter().find_map(plugins::Plugin::executable).unwrap();
        fs::copy(backend(), program).unwrap();
        let runtime = Runtime::new().unwrap();
        let account = |token: &str, role: &str| ServiceAccount::parse(&format!("{token}={role}")).unwrap();
        let options = Options {
            port: 0,
            provisioning: at("provisioning"),
            plugins: at("dist"),
            page: at("page"),
            no_open: true,
            csp: csp::Policy::Default,
            service_accounts: vec![account(EDITOR, "Editor"), account(VIEWER, "Viewer")],
        };
        let way =
            Arc::new(Way { fault: Mutex::new(Fault::None), parts: AtomicUsize::new(0), requests: AtomicUsize::new(0) });
        let (host, url) = runtime.block_on(async {
            let host = Arc::new(Host::load(&options));
            let router = http::router(Arc::clone(&host)).layer(middleware::from_fn_with_state(Arc::clone(&way), pass));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            (host, url)
        });
        Self { folder, runtime, host, way, url }
    }

    /// Sets what goes wrong from now on, and counts anew.
    pub(super) fn suffer(&self, fault: Fault) {
        *self.way.fault.lock().unwrap() = fault;
        self.way.parts.store(0, Ordering::SeqCst);
        self.way.requests.store(0, Ordering::SeqCst);
    }

    /// How many parts came since.
    pub(super) fn parts(&self) -> usize {
        self.way.parts.load(Ordering::SeqCst)
    }

    /// How many requests came since.
    pub(super) fn requests(&self) -> usize {
        self.way.requests.load(Ordering::SeqCst)
    }

    /// A path in the store.
    pub(super) fn stored(&self, name: &str) -> PathBuf {
        self.folder.path().join("reports").join(name)
    }

    /// A folder for files of a test.
    pub(super) fn work(&self) -> PathBuf {
        let work = self.folder.path().join("work");
        fs::create_dir_all(&work).unwrap();
        work
    }
}

impl Drop for Grafana {
    fn drop(&mut self) {
        self.runtime.block_on(self.host.backends.stop());
    }
}

/// Counts requests, and does to them what the test asks for.
async fn pass(State(way): State<Arc<Way>>, request: Request, next: Next) -> Response {
    way.requests.fetch_add(1, Ordering::SeqCst);
    let is_part = request.method() == "PUT";
    let fault = {
        let mut fault = way.fault.lock().unwrap();
        let now = *fault;
        if let Fault::Down(left) = now {
            *fault = if left > 1 { Fault::Down(left - 1) } else { Fault::None };
        }
        now
    };
    match fault {
        Fault::Down(_) => return (StatusCode::SERVICE_UNAVAILABLE, "starting").into_response(),
        Fault::Elsewhere => {
            return (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:9/login?token=MARKER")]).into_response();
        }
        Fault::Stalled(after) if is_part && way.parts.load(Ordering::SeqCst) >= after => {
            return std::future::pending().await;
        }
        Fault::None | Fault::Stalled(_) => {}
    }
    let response = next.run(request).await;
    if is_part {
        way.parts.fetch_add(1, Ordering::SeqCst);
    }
    response
}

/// The built data source process. Cargo builds it for its own package's tests only.
fn backend() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built::backend(&root()).unwrap())
}
