//! A plugin for tests: it answers with what it is told to.

mod sample_frames;

use std::{
    io::Write as _,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use headroom_protocol::{
    Context, ErrorSource, Headers, Health, Identity, Plugin, Query, QueryError, QueryResponse, ResourceRequest,
    ResourceResponse, StreamError, StreamRequest, StreamResponse, StreamSender, StreamStatus,
    frame::{Field, Frame},
    frame_json::Include,
    serve,
};
use serde::Deserialize;
use serde_json::json;

/// What to answer to a query.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Order {
    /// A frame that says who asked for what.
    Context,
    /// The sample frames.
    Frames,
    /// An error.
    Error { message: String, downstream: bool, status: u16 },
    /// Frames and an error.
    Half,
    /// Columns of different lengths.
    Unequal,
    /// A panic whose message has the whole context in it.
    Panic,
    /// A secret name that a data source must have.
    Secret { name: String },
    /// So many bytes of text.
    Size { bytes: usize },
    /// No answer for so long.
    Wait { seconds: u64 },
    /// The same on a thread that cannot be interrupted.
    Block { seconds: u64 },
}

/// `jsonData` that fits nothing but itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    fail: bool,
    panic: bool,
}

#[derive(Default)]
struct Echo {
    /// Waits and streams under way.
    running: Arc<AtomicU64>,
}

/// Counts one more as long as it lives.
struct Running(Arc<AtomicU64>);

impl Running {
    fn one_more(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Plugin for Echo {
    async fn query(&self, context: &Context, query: &Query) -> QueryResponse {
        log::trace!("query {query:?} in {context:?}");
        let order = match query.parse::<Order>() {
            Ok(order) => order,
            Err(error) => {
                log::error!(ref_id = query.ref_id.as_str(), status = error.status; "{error}");
                return error.into();
            }
        };
        match order {
            Order::Context => vec![context_frame(context, query)].into(),
            Order::Frames => sample_frames::all().into(),
            Order::Error { message, downstream, status } => {
                let error = if downstream { QueryError::downstream(message) } else { QueryError::plugin(message) };
                error.with_status(status).into()
            }
            Order::Half => QueryResponse {
                frames: vec![sample_frames::described()],
                error: Some(QueryError::downstream("one file is missing")),
            },
            Order::Unequal => vec![
                Frame::new("f").with_field(Field::new("a", vec![1_i64])).with_field(Field::new("b", vec![1_i64, 2])),
            ]
            .into(),
            Order::Panic => panic!("told to panic by {query:?} in {context:?}"),
            Order::Secret { name } => secret_frame(context, &name).map(|frame| vec![frame]).into(),
            Order::Size { bytes } => {
                vec![Frame::new("size").with_field(Field::new("text", vec!["x".repeat(bytes)]))].into()
            }
            Order::Wait { seconds } => {
                let _running = Running::one_more(&self.running);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Vec::new().into()
            }
            Order::Block { seconds } => {
                let _running = Running::one_more(&self.running);
                let slept = tokio::task::spawn_blocking(move || std::thread::sleep(Duration::from_secs(seconds))).await;
                slept.map(|()| Vec::new()).map_err(|error| QueryError::plugin(error.to_string())).into()
            }
        }
    }

    async fn check_health(&self, context: &Context) -> Health {
        log::debug!("health in {context:?}");
        let Some(settings) = &context.data_source else { return Health::error("no data source was named") };
        match settings.json::<Settings>() {
            Ok(Settings { panic: true, .. }) => panic!("told to panic in {context:?}"),
            Ok(Settings { fail: true, .. }) => {
                Health::error("told to fail").with_details(json!({"verboseMessage": "more"}))
            }
            Ok(_) => {
                Health::ok("all is well").with_details(json!({"secrets": settings.secure.names().collect::<Vec<_>>()}))
            }
            Err(error) => {
                log::error!("{error}: {error:?}");
                Health::error(error.to_string())
            }
        }
    }

    async fn call_resource(&self, context: &Context, request: ResourceRequest) -> ResourceResponse {
        log::info!(path = request.path.as_str(); "resource {request:?} in {context:?}");
        match request.segments()[..] {
            ["echo"] => {
                let headers: Vec<_> = request.headers.iter().collect();
                let body = json!({
                    "method": request.method, "path": request.path, "url": request.url, "query": request.query_pairs(), "headers": headers,
                    "body": String::from_utf8_lossy(&request.body), "user": context.user.as_ref().map(|user| &user.login),
                });
                let response = ResourceResponse::json(201, &body);
                let headers = response.headers.clone().with("X-Repeated", "one").with("X-Repeated", "two");
                ResourceResponse { headers, ..response }
            }
            ["size"] => ResourceResponse { status: 200, headers: Headers::new(), body: request.body },
            ["panic"] => panic!("told to panic by {request:?} in {context:?}"),
            _ => ResourceResponse::error(404, "no such resource"),
        }
    }

    async fn subscribe_stream(&self, context: &Context, request: &StreamRequest) -> StreamResponse {
        log::debug!("subscribe to {request:?} in {context:?}");
        match request.path.as_str() {
            "ticks" | "fail" | "panic" | "endless" => {
                StreamResponse { status: StreamStatus::Ok, data: r#"{"first":true}"#.into() }
            }
            "private" => StreamStatus::PermissionDenied.into(),
            _ => StreamStatus::NotFound.into(),
        }
    }

    async fn run_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
        sender: StreamSender,
    ) -> Result<(), StreamError> {
        log::debug!("run {request:?} in {context:?}");
        let _running = Running::one_more(&self.running);
        let tick = |number: i64| Frame::new("ticks").with_field(Field::new("n", vec![number]).with_unit("short"));
        sender.send_frame(&tick(0), Include::All).await?;
        match request.path.as_str() {
            "ticks" => {
                for number in 1..5 {
                    sender.send_frame(&tick(number), Include::Data).await?;
                }
                Ok(())
            }
            "endless" => {
                tokio::time::sleep(Duration::from_hours(1)).await;
                Ok(())
            }
            "panic" => panic!("told to panic by {request:?} in {context:?}"),
            _ => Err(StreamError::Failed("told to fail".to_owned())),
        }
    }

    async fn publish_stream(&self, _context: &Context, request: &StreamRequest) -> StreamResponse {
        match request.path.as_str() {
            "ticks" => StreamResponse { status: StreamStatus::Ok, data: request.data.clone() },
            _ => StreamStatus::PermissionDenied.into(),
        }
    }

    async fn collect_metrics(&self) -> String {
        format!("# TYPE echo_running gauge\necho_running {}\n", self.running.load(Ordering::SeqCst))
    }
}

fn context_frame(context: &Context, query: &Query) -> Frame {
    let user = context.user.as_ref();
    let settings = context.data_source.as_ref();
    let rows = [
        ("org_id", context.org_id.to_string()),
        ("plugin_id", context.plugin_id.clone()),
        ("plugin_version", context.plugin_version.clone()),
        (
            "user",
            user.map_or_else(
                || "nobody".to_owned(),
                |user| format!("{} {} {} {}", user.login, user.name, user.email, user.role),
            ),
        ),
        ("uid", settings.map_or_else(String::new, |settings| settings.uid.clone())),
        ("url", settings.map_or_else(String::new, |settings| settings.url.clone())),
        (
            "json_data",
            settings.map_or_else(String::new, |settings| String::from_utf8_lossy(&settings.json_data).into_owned()),
        ),
        ("updated_ms", settings.map_or(0, |settings| settings.updated_ms).to_string()),
        ("app", context.app.as_ref().map_or_else(String::new, |app| app.updated_ms.to_string())),
        ("grafana_config", format!("{:?}", context.grafana_config)),
        ("user_agent", context.user_agent.clone()),
        ("api_version", context.api_version.clone()),
        ("namespace", context.namespace.clone()),
        ("from_alert", context.from_alert().to_string()),
        ("x_header", context.headers.get("X-Header").unwrap_or_default().to_owned()),
        ("query_type", query.query_type.clone()),
        ("max_data_points", query.max_data_points.to_string()),
        ("interval_ms", query.interval_ms.to_string()),
        ("from_ms", query.time_range.from_ms.to_string()),
        ("to_ms", query.time_range.to_ms.to_string()),
    ];
    let (keys, values): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    Frame::new("context").with_field(Field::new("key", keys)).with_field(Field::new("value", values))
}

/// Proves that a secret arrived without showing it: its length and its first letter.
fn secret_frame(context: &Context, name: &str) -> Result<Frame, QueryError> {
    let secret = context.data_source.as_ref().and_then(|settings| settings.secure.get(name));
    let secret = secret.ok_or_else(|| QueryError {
        source: ErrorSource::Downstream,
        ..QueryError::bad_request(format!("no secret {name:?}"))
    })?;
    log::warn!("the secret is {secret} or {secret:?}");
    let letter = secret.expose().chars().next().map(String::from);
    let length = i64::try_from(secret.expose().len()).map_err(|error| QueryError::plugin(error.to_string()))?;
    Ok(Frame::new("secret")
        .with_field(Field::new("letter", vec![letter]))
        .with_field(Field::new("length", vec![length])))
}

fn main() -> ExitCode {
    match serve(Echo::default(), Identity { name: "echo_plugin", version: env!("CARGO_PKG_VERSION") }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}
