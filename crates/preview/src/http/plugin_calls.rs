//! Health and resources of a data source, passed on to its plugin.

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use headroom_protocol::{HealthStatus, ResourceRequest, ResourceResponse};
use serde_json::{Value, json};

use super::{HOP_BY_HOP, Shared, context, message, unavailable};

/// `GET /api/datasources/uid/<uid>/health`: 200 if it works and 400 if not, as in Grafana.
pub(super) async fn health(State(host): State<Shared>, Path(uid): Path<String>, headers: HeaderMap) -> Response {
    let Some(source) = host.datasource(&uid) else {
        return message(StatusCode::NOT_FOUND, &format!("there is no data source with the uid {uid:?}"));
    };
    let client = match host.backends.client(&source.kind).await {
        Ok(client) => client,
        Err(why) => return unavailable(&source.kind, &why),
    };
    match client.check_health(&context(&host, source, &headers)).await {
        Ok(health) => {
            let status = if health.status == HealthStatus::Ok { StatusCode::OK } else { StatusCode::BAD_REQUEST };
            let mut body = json!({ "status": health.status.as_str(), "message": health.message });
            if health.details != Value::Null {
                body["details"] = health.details;
            }
            (status, Json(body)).into_response()
        }
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// `… /api/datasources/uid/<uid>/resources`
pub(super) async fn resource_root(
    state: State<Shared>,
    Path(uid): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    call(&state, &uid, method, &uri, &headers, body).await
}

/// `… /api/datasources/uid/<uid>/resources/<path>`
pub(super) async fn resource(
    state: State<Shared>,
    Path((uid, _)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    call(&state, &uid, method, &uri, &headers, body).await
}

async fn call(
    host: &Shared,
    uid: &str,
    method: Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let Some(source) = host.datasource(uid) else {
        return message(StatusCode::NOT_FOUND, &format!("there is no data source with the uid {uid:?}"));
    };
    let client = match host.backends.client(&source.kind).await {
        Ok(client) => client,
        Err(why) => return unavailable(&source.kind, &why),
    };
    // Uses the path as it was sent, because a report's name may contain an encoded slash.
    let path = uri.path().split_once("/resources").map_or("", |(_, path)| path.trim_start_matches('/'));
    let url = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let context = context(host, source, headers);
    let headers = context.headers.clone();
    let request = ResourceRequest { path: path.to_owned(), url, method: method.to_string(), headers, body };
    match client.call_resource(&context, request).await {
        Ok(response) => answer(response),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

/// A plugin's response for the browser, without headers that would apply to the whole site.
fn answer(response: ResourceResponse) -> Response {
    let mut out = Response::new(Body::from(response.body));
    *out.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, values) in response.headers.iter() {
        let Ok(name) = HeaderName::try_from(name) else { continue };
        if HOP_BY_HOP.contains(&name) || name == header::SET_COOKIE {
            continue;
        }
        for value in values {
            if let Ok(value) = HeaderValue::from_str(value) {
                out.headers_mut().append(name.clone(), value);
            }
        }
    }
    // As in Grafana: content from a plugin must not run as a page of this site.
    out.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    out.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out
}

#[cfg(test)]
mod tests {
    use headroom_protocol::Headers;

    use super::*;

    #[test]
    fn a_response_keeps_its_headers_and_sets_no_cookie() {
        let response = answer(ResourceResponse {
            status: 201,
            headers: Headers::new()
                .with("Content-Type", "text/csv")
                .with("Link", "a")
                .with("Link", "b")
                .with("Set-Cookie", "x=1")
                .with("Transfer-Encoding", "chunked"),
            body: "a,b".into(),
        });
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/csv");
        assert_eq!(response.headers().get_all(header::LINK).iter().count(), 2);
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], "sandbox");
        assert!(!response.headers().contains_key(header::SET_COOKIE));
        assert!(!response.headers().contains_key(header::TRANSFER_ENCODING));
    }
}
