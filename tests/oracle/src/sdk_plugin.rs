//! A plugin made with grafana-plugin-sdk 0.5.0: one frame for every query, and a healthy answer.

use grafana_plugin_sdk::{
    backend::{
        self, BoxDataResponseStream, CheckHealthRequest, CheckHealthResponse, CollectMetricsRequest,
        CollectMetricsResponse, DataQueryError, DataQueryStatus, DataResponse, QueryDataRequest,
    },
    data,
    prelude::*,
};

#[derive(Clone, Debug, GrafanaPlugin)]
#[grafana_plugin(plugin_type = "datasource")]
struct SdkPlugin;

#[derive(Debug)]
struct QueryError {
    ref_id: String,
    source: Box<data::Error>,
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "query {}: {}", self.ref_id, self.source)
    }
}

impl std::error::Error for QueryError {}

impl DataQueryError for QueryError {
    fn ref_id(self) -> String {
        self.ref_id
    }

    fn status(&self) -> DataQueryStatus {
        DataQueryStatus::Internal
    }
}

#[tonic::async_trait]
impl backend::DataService for SdkPlugin {
    type Query = serde_json::Value;
    type QueryError = QueryError;
    type Stream = BoxDataResponseStream<QueryError>;

    async fn query_data(&self, request: QueryDataRequest<Self::Query, Self>) -> Self::Stream {
        let answers: Vec<_> = request.queries.into_iter().map(|query| answer(query.ref_id)).collect();
        Box::pin(tokio_stream::iter(answers))
    }
}

fn answer(ref_id: String) -> Result<DataResponse, QueryError> {
    let number =
        [1.5_f64, f64::NAN].into_field("number").with_labels([("model".to_owned(), "llama".to_owned())].into());
    let frame =
        [[Some(1_u32), Some(2)].into_opt_field("count"), ["a", "b"].into_field("text"), number].into_frame("sdk");
    match frame.check() {
        Ok(frame) => Ok(DataResponse::new(ref_id.clone(), vec![frame])),
        Err(source) => Err(QueryError { ref_id, source: Box::new(source) }),
    }
}

#[tonic::async_trait]
impl backend::DiagnosticsService for SdkPlugin {
    type CheckHealthError = std::convert::Infallible;

    async fn check_health(&self, _: CheckHealthRequest<Self>) -> Result<CheckHealthResponse, Self::CheckHealthError> {
        Ok(CheckHealthResponse::ok("sdk".to_owned()))
    }

    type CollectMetricsError = std::convert::Infallible;

    async fn collect_metrics(
        &self,
        _: CollectMetricsRequest<Self>,
    ) -> Result<CollectMetricsResponse, Self::CollectMetricsError> {
        Ok(CollectMetricsResponse::new(None))
    }
}

#[grafana_plugin_sdk::main(services(data, diagnostics))]
async fn plugin() -> SdkPlugin {
    SdkPlugin
}
