//! The calls that Grafana makes.

use bytes::{Bytes, BytesMut};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    context::Context,
    convert,
    health::Health,
    query::{Query, QueryResponses},
    resource::{ResourceRequest, ResourceResponse},
    stream::{StreamRequest, StreamResponse},
    wire::grafana::{
        CallResourceRequest, CheckHealthRequest, CollectMetricsRequest, DataFrameFormat, PublishStreamRequest,
        QueryDataRequest, RunStreamRequest, SubscribeStreamRequest, data_client::DataClient,
        diagnostics_client::DiagnosticsClient, resource_client::ResourceClient, stream_client::StreamClient,
    },
};

use super::ClientError;

/// A connection to a running plugin. Clones share it.
#[derive(Clone, Debug)]
pub struct PluginClient {
    pub(super) channel: Channel,
}

fn failed(call: &'static str) -> impl Fn(Status) -> ClientError {
    move |status| ClientError::Call { call, code: status.code(), message: status.message().to_owned() }
}

impl PluginClient {
    /// Succeeds if the plugin says that it serves.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let request = HealthCheckRequest { service: "plugin".to_owned() };
        HealthClient::new(self.channel.clone()).check(request).await.map(drop).map_err(failed("ping"))
    }

    /// Sends queries; the answer has one entry per `ref_id`.
    ///
    /// # Errors
    /// If the call as a whole fails, or a frame cannot be read.
    pub async fn query(&self, context: &Context, queries: &[Query]) -> Result<QueryResponses, ClientError> {
        let request = QueryDataRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            headers: convert::headers_to_single(&context.headers),
            queries: queries.iter().map(convert::query_to_wire).collect(),
            format: DataFrameFormat::Arrow.into(),
        };
        // As in Grafana, the size of a plugin's answer is not limited.
        let mut client = DataClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        let answer = client.query_data(request).await.map_err(failed("QueryData"))?.into_inner();
        answer
            .responses
            .into_iter()
            .map(|(ref_id, response)| match convert::response_from_wire(response) {
                Ok(response) => Ok((ref_id, response)),
                Err(source) => Err(ClientError::Frame { ref_id, source }),
            })
            .collect()
    }

    /// Asks for the result of "Save & test".
    ///
    /// # Errors
    /// If the call fails. That a data source does not work is an answer and not an error.
    pub async fn check_health(&self, context: &Context) -> Result<Health, ClientError> {
        let request = CheckHealthRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            headers: convert::headers_to_single(&context.headers),
        };
        let answer =
            DiagnosticsClient::new(self.channel.clone()).check_health(request).await.map_err(failed("CheckHealth"))?;
        Ok(convert::health_from_wire(answer.into_inner()))
    }

    /// The plugin's metrics in Prometheus' text format.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn collect_metrics(&self) -> Result<String, ClientError> {
        let mut client = DiagnosticsClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        let answer =
            client.collect_metrics(CollectMetricsRequest::default()).await.map_err(failed("CollectMetrics"))?;
        let text = answer.into_inner().metrics.unwrap_or_default().prometheus;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Passes an HTTP request on to the plugin.
    ///
    /// # Errors
    /// If the call fails, or the plugin sends no answer.
    pub async fn call_resource(
        &self,
        context: &Context,
        request: ResourceRequest,
    ) -> Result<ResourceResponse, ClientError> {
        let request = CallResourceRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            path: request.path,
            method: request.method,
            url: request.url,
            headers: convert::headers_to_lists(&request.headers),
            body: request.body,
        };
        let failed = failed("CallResource");
        let mut client = ResourceClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        let mut parts = client.call_resource(request).await.map_err(&failed)?.into_inner();
        let first = parts
            .message()
            .await
            .map_err(&failed)?
            .ok_or_else(|| failed(Status::new(Code::DataLoss, "the answer is empty")))?;
        let mut body = BytesMut::from(first.body.as_ref());
        while let Some(part) = parts.message().await.map_err(&failed)? {
            body.extend_from_slice(&part.body);
        }
        let status = u16::try_from(first.code).unwrap_or(500);
        Ok(ResourceResponse { status, headers: convert::headers_from_lists(first.headers), body: body.freeze() })
    }

    /// Asks whether this user may subscribe to a channel.
    ///
    /// # Errors
    /// If the call fails. A refusal is an answer and not an error.
    pub async fn subscribe_stream(
        &self,
        context: &Context,
        request: StreamRequest,
    ) -> Result<StreamResponse, ClientError> {
        let request = SubscribeStreamRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            path: request.path,
            data: request.data,
            headers: convert::headers_to_single(&context.headers),
        };
        let answer = StreamClient::new(self.channel.clone())
            .subscribe_stream(request)
            .await
            .map_err(failed("SubscribeStream"))?
            .into_inner();
        Ok(convert::stream_response_from_wire(answer.status, answer.data))
    }

    /// Subscribes to a channel. Dropping the stream ends it in the plugin too.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn run_stream(
        &self,
        context: &Context,
        request: StreamRequest,
    ) -> Result<impl Stream<Item = Result<Bytes, ClientError>> + Send + Unpin + use<>, ClientError> {
        let request = RunStreamRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            path: request.path,
            data: request.data,
            headers: convert::headers_to_single(&context.headers),
        };
        let mut client = StreamClient::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        let packets = client.run_stream(request).await.map_err(failed("RunStream"))?.into_inner();
        Ok(packets.map(|packet| packet.map(|packet| packet.data).map_err(failed("RunStream"))))
    }

    /// Sends data to a channel.
    ///
    /// # Errors
    /// If the call fails. A refusal is an answer and not an error.
    pub async fn publish_stream(
        &self,
        context: &Context,
        request: StreamRequest,
    ) -> Result<StreamResponse, ClientError> {
        let request = PublishStreamRequest {
            plugin_context: Some(convert::context_to_wire(context)),
            path: request.path,
            data: request.data,
            headers: convert::headers_to_single(&context.headers),
        };
        let answer = StreamClient::new(self.channel.clone())
            .publish_stream(request)
            .await
            .map_err(failed("PublishStream"))?
            .into_inner();
        Ok(convert::stream_response_from_wire(answer.status, answer.data))
    }
}
