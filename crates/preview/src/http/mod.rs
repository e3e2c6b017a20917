//! Grafana's HTTP paths, as far as the front end uses them.

mod api;
mod pages;
mod plugin_calls;
mod query;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{any, get, post},
};
use headroom_protocol::{Context, Headers, User};
use serde_json::json;

use crate::{backends::Unavailable, guard, host::Host, provisioning::datasources::DataSource, users};

/// Largest body of a request, bytes: users upload reports of a few hundred megabytes.
const MAX_BODY: usize = 1 << 30;

/// The shared state of the handlers.
type Shared = Arc<Host>;

/// The routes of every path.
pub fn router(host: Arc<Host>) -> Router {
    Router::new()
        .route("/", get(pages::page))
        .route("/d/{uid}", get(pages::page))
        .route("/d/{uid}/{slug}", get(pages::page))
        .route("/a/{*app}", get(pages::page))
        .route("/editor/{plugin}", get(pages::page))
        .route("/public/plugins/{id}/{*file}", get(pages::plugin_file))
        .route("/public/{*file}", get(pages::page_file))
        .route("/favicon.ico", get(pages::favicon))
        .route("/api/health", get(api::health))
        .route("/api/frontend/settings", get(api::frontend_settings))
        .route("/api/preview/status", get(api::status))
        .route("/api/search", get(api::search))
        .route("/api/dashboards/uid/{uid}", get(api::dashboard))
        .route("/api/plugins/{id}/settings", get(api::plugin_settings))
        .route("/api/datasources", get(api::datasources))
        .route("/api/datasources/uid/{uid}", get(api::datasource))
        .route("/api/datasources/uid/{uid}/health", get(plugin_calls::health))
        .route("/api/datasources/uid/{uid}/resources", any(plugin_calls::resource_root))
        .route("/api/datasources/uid/{uid}/resources/{*path}", any(plugin_calls::resource))
        .route("/api/ds/query", post(query::query))
        .fallback(|| async { message(StatusCode::NOT_FOUND, "the preview has no such page; it is not a Grafana") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&host), known_user))
        .layer(middleware::from_fn(guard::same_site))
        .with_state(host)
}

/// An error in Grafana's form.
fn message(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "message": text }))).into_response()
}

/// The answer if a plugin cannot be asked.
fn unavailable(plugin: &str, why: &Unavailable) -> Response {
    match why {
        Unavailable::Unknown => message(
            StatusCode::NOT_FOUND,
            &format!("plugin {plugin:?} has no running backend in this preview; only the plugins built here are"),
        ),
        Unavailable::Down(why) => {
            message(StatusCode::SERVICE_UNAVAILABLE, &format!("plugin {plugin:?} is not running: {why}"))
        }
    }
}

/// Headers that belong to one connection and must not be passed on.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Who makes a request; `None` if its credentials are those of nobody.
fn user(host: &Host, headers: &HeaderMap) -> Option<User> {
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    users::user(&host.service_accounts, authorization)
}

/// Refuses requests with a token that nobody has, as Grafana does.
async fn known_user(State(host): State<Shared>, request: Request, next: Next) -> Response {
    if user(&host, request.headers()).is_none() {
        return message(StatusCode::UNAUTHORIZED, "Invalid API key");
    }
    next.run(request).await
}

/// What a plugin is told about a request for a data source.
fn context(host: &Host, source: &DataSource, headers: &HeaderMap) -> Context {
    host.context(source, user(host, headers), forwarded(headers))
}

/// A request's headers, as they are passed to a plugin. Credentials for the host are not among them, as in Grafana.
fn forwarded(headers: &HeaderMap) -> Headers {
    let mut forwarded = Headers::new();
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(name)
            && *name != header::AUTHORIZATION
            && let Ok(value) = value.to_str()
        {
            forwarded.append(name.as_str(), value);
        }
    }
    forwarded
}
