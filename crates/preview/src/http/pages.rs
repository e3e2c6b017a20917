//! The page, its files and the plugins' files.

use std::fmt::Write as _;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::{
    assets,
    csp::{self, Policy},
};

/// The placeholder for the settings in the page's template.
const BOOT_DATA: &str = "__BOOT_DATA__";
/// The placeholder for the nonce in the page's template.
const NONCE: &str = "__NONCE__";

/// Parameters in a page's address.
#[derive(Deserialize)]
pub(super) struct PageOptions {
    /// A content security policy that replaces that of the command line.
    csp: Option<String>,
}

/// Every page is the same document; its script reads the address.
pub(super) async fn page(
    State(host): State<Shared>,
    Query(options): Query<PageOptions>,
    headers: HeaderMap,
) -> Response {
    let policy = options.csp.as_deref().and_then(Policy::from_name).unwrap_or(host.csp);
    let file = host.page.join("index.html");
    let Ok(Ok(template)) = tokio::task::spawn_blocking(move || std::fs::read_to_string(file)).await else {
        let text = "The page is not built. Run `npm run build:preview` and reload.\n";
        return (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    };
    let Ok(nonce) = csp::nonce() else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the operating system gives no random bytes").into_response();
    };
    let boot = json!({ "settings": host.frontend_settings(), "user": user() });
    let html = template.replace(NONCE, &nonce).replace(BOOT_DATA, &inside_script(&boot));
    let address = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    match HeaderValue::from_str(&policy.header(&nonce, address)) {
        Ok(policy) => (
            [
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            html,
        )
            .into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, "the Host header cannot be used").into_response(),
    }
}

/// The rights of an administrator that plugins ask for.
const RIGHTS: [&str; 6] = [
    "datasources:create",
    "datasources:explore",
    "datasources:query",
    "datasources:read",
    "datasources:write",
    "plugins:write",
];

/// The signed-in user, in the form that Grafana's page expects: an administrator, so that nothing is hidden.
fn user() -> Value {
    let permissions: Value = RIGHTS.iter().map(|right| ((*right).to_owned(), Value::Bool(true))).collect();
    json!({
        "isSignedIn": true, "id": 1, "uid": "preview", "login": "preview", "name": "Preview", "email": "preview@localhost",
        "orgId": 1, "orgName": "Preview", "orgRole": "Admin", "isGrafanaAdmin": true, "timezone": "browser", "weekStart": "",
        "language": "en-US", "locale": "en-US", "permissions": permissions, "analytics": { "identifier": "" }, "gravatarUrl": "",
        "authenticatedBy": "", "externalUserId": "", "orgCount": 1,
    })
}

/// JSON that cannot end the `<script>` element around it.
fn inside_script(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            other => out.push(other),
        }
    }
    out
}

/// `GET /public/plugins/<id>/<file>`
pub(super) async fn plugin_file(State(host): State<Shared>, Path((id, file)): Path<(String, String)>) -> Response {
    match host.plugin(&id) {
        Some(plugin) => assets::serve(&plugin.folder, &file).await,
        None => (StatusCode::NOT_FOUND, format!("there is no plugin {id:?}")).into_response(),
    }
}

/// `GET /public/<file>`: scripts, icons, pictures and fonts of the page.
pub(super) async fn page_file(State(host): State<Shared>, Path(file): Path<String>) -> Response {
    assets::serve(&host.page, &file).await
}

/// Browsers request it whatever the page says.
pub(super) async fn favicon(State(host): State<Shared>) -> Response {
    assets::serve(&host.page, "img/preview.svg").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_cannot_end_their_script_element() {
        let value = json!({ "name": "</script><script>alert(1)</script>&\u{2028}" });
        let text = inside_script(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
