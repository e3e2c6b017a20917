//! A query and its answer.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use headroom_base::tasks::Panicked;
use serde::de::DeserializeOwned;

use crate::frame::Frame;

/// One query of a panel, an alert rule or Explore.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The query's letter in its panel, such as `A`.
    pub ref_id: String,
    /// The `queryType` of the query's JSON; often empty.
    pub query_type: String,
    /// The number of points to return: as many as the panel has pixels; 0 if Grafana did not say.
    pub max_data_points: i64,
    /// Suggested distance between points, milliseconds; 0 if Grafana did not say.
    pub interval_ms: i64,
    /// The dashboard's time range.
    pub time_range: TimeRange,
    /// The query as the query editor saved it, with template variables replaced.
    pub json: Bytes,
}

impl Query {
    /// Reads the query's JSON into `T`. Empty text and `null` are read as `{}`.
    ///
    /// # Errors
    /// A query error with status 400 that says where the JSON is wrong.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, QueryError> {
        let text = self.json.trim_ascii();
        serde_json::from_slice(if text.is_empty() || text == b"null" { b"{}" } else { text }).map_err(|error| {
            QueryError::bad_request(format!(
                "query {} cannot be read: {error}; open it in the query editor and save it again",
                self.ref_id
            ))
        })
    }
}

/// A time range; both ends are in milliseconds since 1970-01-01 UTC. The ends may be any numbers, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// Start.
    pub from_ms: i64,
    /// End.
    pub to_ms: i64,
}

impl TimeRange {
    /// Length in milliseconds; 0 if the end is before the start.
    #[must_use]
    pub fn duration_ms(self) -> u64 {
        if self.to_ms <= self.from_ms { 0 } else { self.to_ms.abs_diff(self.from_ms) }
    }
}

/// The answer to one query: frames, an error, or both if only a part could be answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryResponse {
    /// The data.
    pub frames: Vec<Frame>,
    /// What went wrong.
    pub error: Option<QueryError>,
}

impl QueryResponse {
    /// The HTTP status: the error's, or 200.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.error.as_ref().map_or(200, |error| error.status)
    }
}

impl From<Vec<Frame>> for QueryResponse {
    fn from(frames: Vec<Frame>) -> Self {
        Self { frames, error: None }
    }
}

impl From<QueryError> for QueryResponse {
    fn from(error: QueryError) -> Self {
        Self { frames: Vec::new(), error: Some(error) }
    }
}

impl From<Result<Vec<Frame>, QueryError>> for QueryResponse {
    fn from(result: Result<Vec<Frame>, QueryError>) -> Self {
        result.map_or_else(Self::from, Self::from)
    }
}

/// The answers to the queries of one request, by `ref_id`.
pub type QueryResponses = BTreeMap<String, QueryResponse>;

/// Why a query has no answer, or only a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The message for the user. It must not contain secrets.
    pub message: String,
    /// Who is responsible.
    pub source: ErrorSource,
    /// HTTP status.
    pub status: u16,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

// Not derived, because `source` says who is responsible and is not an underlying error.
impl std::error::Error for QueryError {}

impl From<Panicked> for QueryError {
    fn from(Panicked: Panicked) -> Self {
        Self::plugin("the query ended unexpectedly; Grafana's log says where")
    }
}

impl QueryError {
    /// An error of the plugin itself: status 500.
    pub fn plugin(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: ErrorSource::Plugin, status: 500 }
    }

    /// A failure of a service or a file that the plugin depends on: status 502.
    pub fn downstream(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: ErrorSource::Downstream, status: 502 }
    }

    /// An error in the query or the settings, which the user can correct: status 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: ErrorSource::Downstream, status: 400 }
    }

    /// The same error with another HTTP status.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// Who is responsible for an error. Grafana's own service levels count `Plugin` errors against the plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ErrorSource {
    /// The plugin.
    #[default]
    Plugin,
    /// The query, the settings, or a service behind the plugin.
    Downstream,
}

impl ErrorSource {
    /// Its name in the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Downstream => "downstream",
        }
    }

    /// The source with this name; an unknown one counts as `Plugin`, as in Grafana.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "downstream" { Self::Downstream } else { Self::Plugin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fields = BTreeMap<String, serde_json::Value>;

    #[test]
    fn a_query_without_json_is_the_default_query() {
        let query = |json: &'static str| Query { ref_id: "B".into(), json: json.into(), ..Default::default() };
        for json in ["", "null", "{}"] {
            assert_eq!(query(json).parse::<Fields>(), Ok(Fields::new()), "{json}");
        }
        let error = query("{\"a\":").parse::<Fields>().expect_err("truncated JSON");
        assert_eq!((error.status, error.source), (400, ErrorSource::Downstream));
        assert!(
            error.message.starts_with("query B cannot be read: EOF while parsing a value at line 1 column 5"),
            "{}",
            error.message
        );
    }

    #[test]
    fn any_time_range_has_a_duration() {
        for (from_ms, to_ms, expected) in
            [(0, 1000, 1000), (1000, 0, 0), (5, 5, 0), (i64::MIN, i64::MAX, u64::MAX), (i64::MAX, i64::MIN, 0)]
        {
            assert_eq!(TimeRange { from_ms, to_ms }.duration_ms(), expected);
        }
    }

    #[test]
    fn the_status_is_that_of_the_error() {
        assert_eq!(QueryResponse::default().status(), 200);
        assert_eq!(QueryResponse::from(QueryError::downstream("x")).status(), 502);
        assert_eq!(QueryResponse::from(Err::<Vec<Frame>, _>(QueryError::plugin("x").with_status(503))).status(), 503);
    }
}
