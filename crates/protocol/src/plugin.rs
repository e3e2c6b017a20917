//! What a plugin does.

use crate::{
    context::Context,
    health::Health,
    query::{Query, QueryResponse},
    resource::{ResourceRequest, ResourceResponse},
    stream::{StreamError, StreamRequest, StreamResponse, StreamSender, StreamStatus},
};

/// A data source's backend. An implementation writes `async fn`; every method may run many times at once.
///
/// A future is dropped when Grafana no longer wants the answer, so work stops at its next `.await`.
/// A panic is an error of the one call that it happened in.
pub trait Plugin: Send + Sync + 'static {
    /// Answers one query. The queries of one request run side by side, and one that fails leaves the others alone.
    fn query(&self, context: &Context, query: &Query) -> impl Future<Output = QueryResponse> + Send;

    /// Answers "Save & test".
    fn check_health(&self, context: &Context) -> impl Future<Output = Health> + Send;

    /// Answers an HTTP request under the data source's own path. Not found unless implemented.
    fn call_resource(
        &self,
        context: &Context,
        request: ResourceRequest,
    ) -> impl Future<Output = ResourceResponse> + Send {
        let _ = context;
        async move { ResourceResponse::error(404, &format!("this data source has no resource {:?}", request.path)) }
    }

    /// Says whether a user may follow a channel. Not found unless implemented.
    fn subscribe_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
    ) -> impl Future<Output = StreamResponse> + Send {
        let _ = (context, request);
        async { StreamStatus::NotFound.into() }
    }

    /// Feeds a channel until it returns or its future is dropped, which happens when the last follower has left.
    fn run_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
        sender: StreamSender,
    ) -> impl Future<Output = Result<(), StreamError>> + Send {
        let _ = (context, sender);
        async { Err(StreamError::Failed(format!("this data source has no channel {:?}", request.path))) }
    }

    /// Takes what a user sends to a channel. Denied unless implemented.
    fn publish_stream(
        &self,
        context: &Context,
        request: &StreamRequest,
    ) -> impl Future<Output = StreamResponse> + Send {
        let _ = (context, request);
        async { StreamStatus::PermissionDenied.into() }
    }

    /// Further metrics in Prometheus' text format; request counts and durations are written without it.
    fn collect_metrics(&self) -> impl Future<Output = String> + Send {
        async { String::new() }
    }
}
