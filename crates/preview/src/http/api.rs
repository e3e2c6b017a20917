//! The requests that the preview answers itself, without a plugin.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Shared, message};
use crate::{
    host::{self, GRAFANA_VERSION},
    provisioning::dashboards,
};

/// `GET /api/health`
pub(super) async fn health() -> Json<Value> {
    Json(json!({ "database": "ok", "version": GRAFANA_VERSION, "commit": "headroom-preview" }))
}

/// `GET /api/frontend/settings`
pub(super) async fn frontend_settings(State(host): State<Shared>) -> Json<Value> {
    Json(host.frontend_settings())
}

/// `GET /api/preview/status`: for the preview's own start page.
pub(super) async fn status(State(host): State<Shared>) -> Json<Value> {
    let plugins: Vec<Value> = host
        .plugins
        .iter()
        .map(|plugin| {
            let mut meta = host::meta(plugin);
            meta["process"] = host.backends.process(&plugin.id).into();
            meta
        })
        .collect();
    let problems: Vec<String> = host.problems.clone();
    Json(json!({ "plugins": plugins, "problems": problems }))
}

/// The filters of a dashboard search.
#[derive(Deserialize)]
pub(super) struct Search {
    /// Part of a title.
    #[serde(default)]
    query: String,
    /// A tag that the dashboard must have.
    #[serde(default)]
    tag: String,
}

/// `GET /api/search`
pub(super) async fn search(State(host): State<Shared>, Query(search): Query<Search>) -> Json<Value> {
    let wanted = search.query.to_lowercase();
    let found: Vec<Value> = dashboards::load(&host.providers)
        .items
        .into_iter()
        .filter(|dashboard| dashboard.title.to_lowercase().contains(&wanted))
        .filter(|dashboard| search.tag.is_empty() || has_tag(&dashboard.model, &search.tag))
        .map(|dashboard| {
            json!({
                "uid": dashboard.uid, "title": dashboard.title, "type": "dash-db", "url": format!("/d/{}", dashboard.uid),
                "folderTitle": dashboard.folder, "tags": dashboard.model.get("tags").cloned().unwrap_or_else(|| json!([])),
                "description": dashboard.model.get("description").cloned().unwrap_or_default(),
            })
        })
        .collect();
    Json(Value::Array(found))
}

fn has_tag(dashboard: &Value, tag: &str) -> bool {
    dashboard.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(|one| one == tag))
}

/// `GET /api/dashboards/uid/<uid>`
pub(super) async fn dashboard(State(host): State<Shared>, Path(uid): Path<String>) -> Response {
    let loaded = dashboards::load(&host.providers);
    if let Some(dashboard) = loaded.items.into_iter().find(|dashboard| dashboard.uid == uid) {
        Json(json!({
        "dashboard": dashboard.model,
        "meta": { "type": "db", "canEdit": false, "canSave": false, "provisioned": true, "folderTitle": dashboard.folder,
                  "url": format!("/d/{uid}") },
    }))
    .into_response()
    } else {
        let hint = loaded.problems.first().map(|problem| format!("; {problem}")).unwrap_or_default();
        message(StatusCode::NOT_FOUND, &format!("there is no dashboard with the uid {uid:?}{hint}"))
    }
}

/// `GET /api/plugins/<id>/settings`
pub(super) async fn plugin_settings(State(host): State<Shared>, Path(id): Path<String>) -> Response {
    match host.plugin(&id) {
        Some(plugin) => {
            let mut meta = host::meta(plugin);
            meta["jsonData"] = json!({});
            meta["pinned"] = json!(true);
            Json(meta).into_response()
        }
        None => message(StatusCode::NOT_FOUND, &format!("there is no plugin {id:?}")),
    }
}

/// `GET /api/datasources`
pub(super) async fn datasources(State(host): State<Shared>) -> Json<Value> {
    Json(host.datasources.iter().map(|source| host.datasource_record(source)).collect())
}

/// `GET /api/datasources/uid/<uid>`
pub(super) async fn datasource(State(host): State<Shared>, Path(uid): Path<String>) -> Response {
    match host.datasource(&uid) {
        Some(source) => Json(host.datasource_record(source)).into_response(),
        None => message(StatusCode::NOT_FOUND, &format!("there is no data source with the uid {uid:?}")),
    }
}
