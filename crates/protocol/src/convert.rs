//! Converts between our types and the messages of the protocol.

use std::collections::BTreeMap;

use crate::{
    arrow,
    context::{AppSettings, Context, InstanceSettings, User},
    frame::FrameError,
    frame_json::{self, Include},
    headers::Headers,
    health::{Health, HealthStatus},
    query::{ErrorSource, Query, QueryError, QueryResponse, TimeRange},
    resource::{ResourceRequest, ResourceResponse},
    stream::{StreamResponse, StreamStatus},
    wire::grafana as wire,
};

/// Prefix of the names of headers that came with the user's HTTP request, in messages with one value per header.
const HTTP_HEADER_PREFIX: &str = "http_";

pub(crate) fn context_from_wire(context: Option<wire::PluginContext>, headers: Headers) -> Context {
    let context = context.unwrap_or_default();
    Context {
        org_id: context.org_id,
        plugin_id: context.plugin_id,
        plugin_version: context.plugin_version,
        user: context.user.map(|user| User { login: user.login, name: user.name, email: user.email, role: user.role }),
        data_source: context.data_source_instance_settings.map(|settings| InstanceSettings {
            id: settings.id,
            uid: settings.uid,
            name: settings.name,
            url: settings.url,
            user: settings.user,
            database: settings.database,
            basic_auth_enabled: settings.basic_auth_enabled,
            basic_auth_user: settings.basic_auth_user,
            json_data: settings.json_data,
            secure: settings.decrypted_secure_json_data.into_iter().collect(),
            updated_ms: settings.last_updated_ms,
            api_version: settings.api_version,
        }),
        app: context.app_instance_settings.map(|settings| AppSettings {
            json_data: settings.json_data,
            secure: settings.decrypted_secure_json_data.into_iter().collect(),
            updated_ms: settings.last_updated_ms,
            api_version: settings.api_version,
        }),
        grafana_config: context.grafana_config,
        user_agent: context.user_agent,
        api_version: context.api_version,
        namespace: context.namespace,
        headers,
    }
}

pub(crate) fn context_to_wire(context: &Context) -> wire::PluginContext {
    wire::PluginContext {
        org_id: context.org_id,
        plugin_id: context.plugin_id.clone(),
        plugin_version: context.plugin_version.clone(),
        user: context.user.as_ref().map(|user| wire::User {
            login: user.login.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.clone(),
        }),
        data_source_instance_settings: context.data_source.as_ref().map(|settings| wire::DataSourceInstanceSettings {
            id: settings.id,
            uid: settings.uid.clone(),
            name: settings.name.clone(),
            url: settings.url.clone(),
            user: settings.user.clone(),
            database: settings.database.clone(),
            basic_auth_enabled: settings.basic_auth_enabled,
            basic_auth_user: settings.basic_auth_user.clone(),
            json_data: settings.json_data.clone(),
            decrypted_secure_json_data: settings.secure.exposed(),
            last_updated_ms: settings.updated_ms,
            api_version: settings.api_version.clone(),
        }),
        app_instance_settings: context.app.as_ref().map(|settings| wire::AppInstanceSettings {
            json_data: settings.json_data.clone(),
            decrypted_secure_json_data: settings.secure.exposed(),
            last_updated_ms: settings.updated_ms,
            api_version: settings.api_version.clone(),
        }),
        grafana_config: context.grafana_config.clone(),
        user_agent: context.user_agent.clone(),
        api_version: context.api_version.clone(),
        namespace: context.namespace.clone(),
    }
}

/// The headers of a message with one value per header.
pub(crate) fn headers_from_single(headers: BTreeMap<String, String>) -> Headers {
    let mut read = Headers::new();
    for (name, value) in headers {
        read.append(name.strip_prefix(HTTP_HEADER_PREFIX).unwrap_or(&name), value);
    }
    read
}

/// The first value of each header.
pub(crate) fn headers_to_single(headers: &Headers) -> BTreeMap<String, String> {
    headers.iter().filter_map(|(name, values)| Some((name.to_owned(), values.first()?.clone()))).collect()
}

pub(crate) fn headers_from_lists(headers: BTreeMap<String, wire::StringList>) -> Headers {
    let mut read = Headers::new();
    for (name, list) in headers {
        for value in list.values {
            read.append(name.as_str(), value);
        }
    }
    read
}

pub(crate) fn headers_to_lists(headers: &Headers) -> BTreeMap<String, wire::StringList> {
    headers.iter().map(|(name, values)| (name.to_owned(), wire::StringList { values: values.to_vec() })).collect()
}

pub(crate) fn query_from_wire(query: wire::DataQuery) -> Query {
    let range = query.time_range.unwrap_or_default();
    Query {
        ref_id: query.ref_id,
        query_type: query.query_type,
        max_data_points: query.max_data_points,
        interval_ms: query.interval_ms,
        time_range: TimeRange { from_ms: range.from_epoch_ms, to_ms: range.to_epoch_ms },
        json: query.json,
    }
}

pub(crate) fn query_to_wire(query: &Query) -> wire::DataQuery {
    wire::DataQuery {
        ref_id: query.ref_id.clone(),
        query_type: query.query_type.clone(),
        max_data_points: query.max_data_points,
        interval_ms: query.interval_ms,
        time_range: Some(wire::TimeRange {
            from_epoch_ms: query.time_range.from_ms,
            to_epoch_ms: query.time_range.to_ms,
        }),
        json: query.json.clone(),
    }
}

/// Writes an answer. If its frames cannot be written, it becomes an error, so that no answer is lost.
pub(crate) fn response_to_wire(
    response: QueryResponse,
    ref_id: &str,
    format: wire::DataFrameFormat,
) -> wire::DataResponse {
    let status = response.status();
    let frames = response.frames.into_iter().map(|mut frame| {
        if frame.ref_id.is_empty() {
            ref_id.clone_into(&mut frame.ref_id);
        }
        match format {
            wire::DataFrameFormat::Arrow => arrow::encode(&frame),
            wire::DataFrameFormat::Json => frame_json::to_json(&frame, Include::All),
        }
    });
    match frames.map(|bytes| bytes.map(Into::into)).collect::<Result<Vec<_>, FrameError>>() {
        Ok(frames) => {
            let (error, error_source) = match response.error {
                Some(error) => (error.message, error.source.as_str().to_owned()),
                None => Default::default(),
            };
            wire::DataResponse {
                frames,
                error,
                status: status.into(),
                error_source,
                format: format.into(),
                ..Default::default()
            }
        }
        Err(error) => response_to_wire(QueryError::plugin(error.to_string()).into(), ref_id, format),
    }
}

pub(crate) fn response_from_wire(response: wire::DataResponse) -> Result<QueryResponse, FrameError> {
    let frames = response.frames.iter().map(|bytes| arrow::decode(bytes)).collect::<Result<_, _>>()?;
    let error = (!response.error.is_empty()).then(|| QueryError {
        message: response.error,
        source: ErrorSource::from_name(&response.error_source),
        status: u16::try_from(response.status).ok().filter(|status| *status != 0).unwrap_or(500),
    });
    Ok(QueryResponse { frames, error })
}

pub(crate) fn health_to_wire(health: Health) -> wire::CheckHealthResponse {
    use wire::check_health_response::HealthStatus as Wire;
    let status = match health.status {
        HealthStatus::Unknown => Wire::Unknown,
        HealthStatus::Ok => Wire::Ok,
        HealthStatus::Error => Wire::Error,
    };
    let details = if health.details.is_null() { String::new() } else { health.details.to_string() };
    wire::CheckHealthResponse { status: status.into(), message: health.message, json_details: details.into() }
}

pub(crate) fn health_from_wire(health: wire::CheckHealthResponse) -> Health {
    use wire::check_health_response::HealthStatus as Wire;
    let status = match health.status() {
        Wire::Unknown => HealthStatus::Unknown,
        Wire::Ok => HealthStatus::Ok,
        Wire::Error => HealthStatus::Error,
    };
    // Details are only for the front end; if they are not JSON, the rest of the answer is still used.
    let details = serde_json::from_slice(&health.json_details).unwrap_or_default();
    Health { status, message: health.message, details }
}

pub(crate) fn resource_from_wire(request: wire::CallResourceRequest) -> (Context, ResourceRequest) {
    let headers = headers_from_lists(request.headers);
    let context = context_from_wire(request.plugin_context, headers.clone());
    (
        context,
        ResourceRequest { path: request.path, url: request.url, method: request.method, headers, body: request.body },
    )
}

pub(crate) fn resource_to_wire(response: ResourceResponse) -> wire::CallResourceResponse {
    wire::CallResourceResponse {
        code: response.status.into(),
        headers: headers_to_lists(&response.headers),
        body: response.body,
    }
}

pub(crate) fn stream_status_to_wire(status: StreamStatus) -> wire::subscribe_stream_response::Status {
    match status {
        StreamStatus::Ok => wire::subscribe_stream_response::Status::Ok,
        StreamStatus::NotFound => wire::subscribe_stream_response::Status::NotFound,
        StreamStatus::PermissionDenied => wire::subscribe_stream_response::Status::PermissionDenied,
    }
}

/// Both kinds of answer number their statuses as the subscription's answer does.
pub(crate) fn stream_response_from_wire(status: i32, data: bytes::Bytes) -> StreamResponse {
    use wire::subscribe_stream_response::Status as Wire;
    let status = match Wire::try_from(status) {
        Ok(Wire::Ok) => StreamStatus::Ok,
        Ok(Wire::NotFound) => StreamStatus::NotFound,
        // An unknown status must not grant access.
        Ok(Wire::PermissionDenied) | Err(_) => StreamStatus::PermissionDenied,
    };
    StreamResponse { status, data }
}
