//! The interface of a plugin.

use crate::{
    context::Context,
    health::Health,
    query::{Query, QueryResponse},
    resource::{ResourceRequest, ResourceResponse},
    stream::{StreamError, StreamRequest, StreamResponse, StreamSender, StreamStatus},
};

/// A data source's backend. An implementation writes `async fn`; every method may run several times at once.
///
/// A future is dropped when Grafana no longer needs the answer, so work stops at its next `.await`. A panic becomes an
/// error of the call in which it happened.
pub trait Plugin: Send + Sync + 'static {
    /// Answers one query. The queries of one request run concurrently, and a failing one does not affect the others.
    fn query(&self, context: &Context, query: &Query) -> impl Future<Output = QueryResponse> + Send;

    /// Answers "Save & test".
    fn check_health(&self, context: &Context) -> impl Future<Output = Health> + Send;

    /// Answers an HTTP request below the data source's own path. By default the answer is "not found".
    fn call_resource(
        &self,
        context: &Context,
        request: ResourceRequest,
    ) -> impl Future<Output = ResourceResponse> + Send {
        let _ = context;
        async move { ResourceResponse::error(404, &format!("this data source has no resource {:?}", request.path)) }
    }

    /// Says whether a user may subscribe to a channel. By default the answer is "not found".
    fn subscribe_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
    ) -> impl Future<Output = StreamResponse> + Send {
        let _ = (context, request);
        async { StreamStatus::NotFound.into() }
    }

    /// Sends data to a channel until it returns or its future is dropped, which happens when the last subscriber has
    /// left.
    fn run_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
        sender: StreamSender,
    ) -> impl Future<Output = Result<(), StreamError>> + Send {
        let _ = (context, sender);
        async { Err(StreamError::Failed(format!("this data source has no channel {:?}", request.path))) }
    }

    /// Receives what a user sends to a channel. By default the answer is "permission denied".
    fn publish_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
    ) -> impl Future<Output = StreamResponse> + Send {
        let _ = (context, request);
        async { StreamStatus::PermissionDenied.into() }
    }

    /// Additional metrics in Prometheus' text format. Request counts and durations are added by the server.
    fn collect_metrics(&self) -> impl Future<Output = String> + Send {
        async { String::new() }
    }
}
