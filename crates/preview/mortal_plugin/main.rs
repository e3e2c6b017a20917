//! A plugin for tests: it says who it is and what it was asked, and dies when told to.

use std::{
    io::Write as _,
    process::{self, ExitCode},
};

use headroom_protocol::{
    Context, Health, Identity, Plugin, Query, QueryError, QueryResponse, ResourceRequest, ResourceResponse, serve,
};
use serde_json::{Value, json};

struct Mortal;

impl Plugin for Mortal {
    async fn query(&self, _: &Context, query: &Query) -> QueryResponse {
        match query.query_type.as_str() {
            "fail" => QueryError::downstream("the store is gone").into(),
            _ => QueryResponse::default(),
        }
    }

    /// Whether the secret arrived; never the secret.
    async fn check_health(&self, context: &Context) -> Health {
        let secret = context.data_source.as_ref().and_then(|settings| settings.secure.get("token"));
        match secret.map(headroom_protocol::Secret::expose) {
            Some("s3cret") => Health::ok("the token fits"),
            _ => Health::error("the token does not fit"),
        }
    }

    async fn call_resource(&self, context: &Context, request: ResourceRequest) -> ResourceResponse {
        if request.path == "die" {
            process::exit(3);
        }
        let settings: Value = context
            .data_source
            .as_ref()
            .and_then(|settings| serde_json::from_slice(&settings.json_data).ok())
            .unwrap_or_default();
        let body = json!({
            "process": process::id(),
            "method": request.method,
            "path": request.path,
            "url": request.url,
            "header": request.headers.get("x-test"),
            "host": request.headers.get("host"),
            "length": request.body.len(),
            "role": context.user.as_ref().map(|user| user.role.as_str()),
            "settings": settings,
        });
        ResourceResponse::json(if request.path == "teapot" { 418 } else { 200 }, &body)
    }
}

fn main() -> ExitCode {
    match serve(Mortal, Identity { name: "mortal_plugin", version: env!("CARGO_PKG_VERSION") }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}
