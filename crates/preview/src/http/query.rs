//! `POST /api/ds/query`: passes a panel's queries to the plugins of their data sources.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use headroom_base::{calendar, duration};
use headroom_protocol::{Query, QueryError, QueryResponse, QueryResponses, TimeRange, frame_json};
use serde::Deserialize;
use serde_json::Value;

use super::{Shared, context, message};
use crate::{backends::Unavailable, host::Host, provisioning::datasources::DataSource};

/// The body of the request.
#[derive(Deserialize)]
struct Body {
    queries: Vec<Value>,
    #[serde(default)]
    from: Time,
    #[serde(default)]
    to: Time,
}

/// Milliseconds since 1970-01-01 UTC, as a number or as text; Grafana also accepts `now` and `now-6h`.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Time {
    #[default]
    Absent,
    Number(i64),
    Text(String),
}

/// The handler of the request.
pub(super) async fn query(State(host): State<Shared>, headers: HeaderMap, body: axum::body::Bytes) -> Response {
    let body: Body = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => return message(StatusCode::BAD_REQUEST, &format!("the body is not a query request: {error}")),
    };
    let now = calendar::now_ms();
    let range = match (time(&body.from, now), time(&body.to, now)) {
        (Some(from_ms), Some(to_ms)) => TimeRange { from_ms, to_ms },
        _ => {
            return message(
                StatusCode::BAD_REQUEST,
                "`from` and `to` must be milliseconds since 1970, or such as now-6h",
            );
        }
    };
    if body.queries.is_empty() {
        return message(StatusCode::BAD_REQUEST, "no queries found in request");
    }
    let groups = match group(body.queries, range) {
        Ok(groups) => groups,
        Err(error) => return message(StatusCode::BAD_REQUEST, &error),
    };
    let mut responses = QueryResponses::new();
    for (uid, queries) in groups {
        let answered = match host.datasource(&uid) {
            Some(source) => ask(&host, source, &queries, &headers).await,
            None => fail(
                &queries,
                &QueryError::bad_request(format!("there is no data source with the uid {uid:?}")).with_status(404),
            ),
        };
        responses.extend(answered);
    }
    respond(&responses)
}

/// A time in milliseconds since 1970-01-01 UTC; if absent, now.
fn time(time: &Time, now_ms: i64) -> Option<i64> {
    match time {
        Time::Absent => Some(now_ms),
        Time::Number(ms) => Some(*ms),
        Time::Text(text) => match text.trim() {
            "" | "now" => Some(now_ms),
            text => match text.strip_prefix("now-") {
                Some(back) => {
                    let back_ms = i64::try_from(duration::parse(back)?.as_millis()).ok()?;
                    Some(now_ms.saturating_sub(back_ms))
                }
                None => text.parse().ok(),
            },
        },
    }
}

/// Groups the queries by the uid of their data source.
fn group(queries: Vec<Value>, range: TimeRange) -> Result<BTreeMap<String, Vec<Query>>, String> {
    let mut groups: BTreeMap<String, Vec<Query>> = BTreeMap::new();
    for query in queries {
        let text = |key: &str| query.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| query.get(key).and_then(Value::as_i64).unwrap_or_default();
        let ref_id = if text("refId").is_empty() { "A".to_owned() } else { text("refId") };
        let uid = match query.get("datasource") {
            Some(Value::String(uid)) => uid.clone(),
            Some(reference) => reference.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned(),
            None => String::new(),
        };
        if uid.is_empty() {
            return Err(format!("query {ref_id} names no data source (expected `datasource.uid`)"));
        }
        if uid == "__expr__" {
            return Err(format!("query {ref_id} is an expression; the preview has no expressions, Grafana has"));
        }
        let parsed = Query {
            ref_id,
            query_type: text("queryType"),
            max_data_points: number("maxDataPoints"),
            interval_ms: number("intervalMs"),
            time_range: range,
            json: query.to_string().into(),
        };
        groups.entry(uid).or_default().push(parsed);
    }
    Ok(groups)
}

async fn ask(host: &Host, source: &DataSource, queries: &[Query], headers: &HeaderMap) -> QueryResponses {
    let client = match host.backends.client(&source.kind).await {
        Ok(client) => client,
        Err(Unavailable::Unknown) => {
            let text =
                format!("the preview has no running plugin {:?}; only the plugins built here run in it", source.kind);
            return fail(queries, &QueryError::bad_request(text).with_status(404));
        }
        Err(Unavailable::Down(why)) => {
            let text = format!("plugin {:?} is not running: {why}", source.kind);
            return fail(queries, &QueryError::plugin(text).with_status(503));
        }
    };
    match client.query(&context(host, source, headers), queries).await {
        Ok(responses) => responses,
        Err(error) => fail(queries, &QueryError::plugin(error.to_string())),
    }
}

/// The same error for every query.
fn fail(queries: &[Query], error: &QueryError) -> QueryResponses {
    queries.iter().map(|query| (query.ref_id.clone(), QueryResponse::from(error.clone()))).collect()
}

/// Status 200 if every query was answered, and 207 if one was not: the other answers are still valid.
fn respond(responses: &QueryResponses) -> Response {
    let failed = responses.values().any(|response| response.error.is_some());
    let status = if failed { StatusCode::MULTI_STATUS } else { StatusCode::OK };
    match frame_json::responses_to_json(responses) {
        Ok(json) => (status, [(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(error) => {
            message(StatusCode::INTERNAL_SERVER_ERROR, &format!("the plugin's answer cannot be shown: {error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_what_grafana_takes() {
        let check = |value: Value, expected: Option<i64>| {
            let parsed: Time = serde_json::from_value(value.clone()).unwrap();
            assert_eq!(time(&parsed, 1_000_000_000), expected, "{value}");
        };
        check(json!("1700000000000"), Some(1_700_000_000_000));
        check(json!(1_700_000_000_000_i64), Some(1_700_000_000_000));
        check(json!("now"), Some(1_000_000_000));
        check(json!("now-10m"), Some(999_400_000));
        check(json!("now-1w"), Some(395_200_000));
        check(json!("now-x"), None);
        check(json!("now-"), None);
        check(json!("now-5€"), None);
        check(json!("yesterday"), None);
    }

    #[test]
    fn queries_go_to_their_own_data_source() {
        let range = TimeRange { from_ms: 1, to_ms: 2 };
        let queries = vec![
            json!({"refId": "A", "datasource": {"uid": "x"}, "queryType": "curve", "maxDataPoints": 500, "intervalMs": 1000}),
            json!({"datasource": "y"}),
            json!({"refId": "C", "datasource": {"uid": "x"}}),
        ];
        let groups = group(queries, range).unwrap();
        assert_eq!(groups["x"].iter().map(|query| query.ref_id.as_str()).collect::<Vec<_>>(), ["A", "C"]);
        assert_eq!(groups["y"][0].ref_id, "A");
        let first = &groups["x"][0];
        assert_eq!((first.query_type.as_str(), first.max_data_points, first.interval_ms), ("curve", 500, 1000));
        assert_eq!(first.time_range, range);
        let json: Value = serde_json::from_slice(&first.json).unwrap();
        assert_eq!(json["queryType"], "curve");
    }

    #[test]
    fn a_query_that_cannot_be_asked_says_why() {
        let check = |query: Value, expected: &str| {
            let error = group(vec![query], TimeRange::default()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(json!({"refId": "B"}), "query B names no data source");
        check(json!({"refId": "B", "datasource": {"uid": "__expr__"}}), "query B is an expression");
    }

    #[test]
    fn one_failed_query_makes_the_answer_a_207() {
        let good = QueryResponse::default();
        let bad = QueryResponse::from(QueryError::downstream("no store"));
        let check = |responses: &[(&str, &QueryResponse)], expected: StatusCode| {
            let responses = responses.iter().map(|(id, response)| ((*id).to_owned(), (*response).clone())).collect();
            assert_eq!(respond(&responses).status(), expected);
        };
        check(&[("A", &good)], StatusCode::OK);
        check(&[("A", &good), ("B", &bad)], StatusCode::MULTI_STATUS);
        check(&[("A", &bad)], StatusCode::MULTI_STATUS);
    }
}
