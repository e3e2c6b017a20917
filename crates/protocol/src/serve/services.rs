//! Grafana's own services. A panic becomes an error of the call in which it happened, and dropping a call stops its
//! work.

use std::{
    collections::{BTreeMap, HashMap},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use headroom_base::tasks::{Panicked, isolated};
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};

use crate::{
    convert,
    health::{Health, HealthStatus},
    metrics::{Endpoint, Metrics, Outcome},
    plugin::Plugin,
    query::QueryError,
    resource::ResourceResponse,
    stream::{StreamError, StreamRequest, StreamSender},
    wire::grafana::{
        CallResourceRequest, CallResourceResponse, CheckHealthRequest, CheckHealthResponse, CollectMetricsRequest,
        CollectMetricsResponse, DataFrameFormat, DataResponse, PublishStreamRequest, PublishStreamResponse,
        QueryDataRequest, QueryDataResponse, RunStreamRequest, StreamPacket, SubscribeStreamRequest,
        SubscribeStreamResponse, collect_metrics_response::Payload, data_server::Data, diagnostics_server::Diagnostics,
        resource_server::Resource, stream_server::Stream as StreamService,
    },
};

use super::stop::Stop;

/// The message for users after a panic. The panic's own text may reveal too much; it is in the log.
const PANICKED: &str =
    "the plugin failed in a way that its makers did not foresee; the details are in Grafana's server log";

/// The most queries in one request. A panel has a few, Grafana's letters for them end at 26, and a report collects some
/// hundred. Each further query takes memory before anything has looked at it.
const MOST_QUERIES: usize = 500;

/// The most queries of one request that are answered at the same time. The others wait, so that one request cannot take
/// all of the memory for answers.
const QUERIES_AT_ONCE: usize = 16;

/// The most bytes of all answers to one request together. A panel with a hundred deployments has a few MiB, and a
/// browser that gets more than this hangs.
const MOST_BYTES: usize = 64 << 20;

/// The most packets that a stream may send before they are read.
const PACKETS_AHEAD: usize = 16;

pub(super) struct Services<P> {
    pub(super) plugin: Arc<P>,
    pub(super) stop: Stop,
    pub(super) metrics: Arc<Metrics>,
}

impl<P> Clone for Services<P> {
    fn clone(&self) -> Self {
        Self { plugin: Arc::clone(&self.plugin), stop: self.stop.clone(), metrics: Arc::clone(&self.metrics) }
    }
}

impl<P> Services<P> {
    fn record(&self, endpoint: Endpoint, outcome: Outcome, since: Instant) {
        self.metrics.record(endpoint, outcome, since.elapsed());
    }
}

#[tonic::async_trait]
impl<P: Plugin> Data for Services<P> {
    async fn query_data(&self, request: Request<QueryDataRequest>) -> Result<Response<QueryDataResponse>, Status> {
        let started = Instant::now();
        let request = request.into_inner();
        let format = request.format();
        let context =
            Arc::new(convert::context_from_wire(request.plugin_context, convert::headers_from_single(request.headers)));

        if request.queries.len() > MOST_QUERIES {
            self.record(Endpoint::Query, Outcome::Error, started);
            return Err(Status::invalid_argument(format!(
                "the request holds {} queries, and at most {MOST_QUERIES} are answered at once: ask for fewer",
                request.queries.len()
            )));
        }
        let turns = Arc::new(Semaphore::new(QUERIES_AT_ONCE));
        let bytes = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let mut ref_ids = HashMap::new();
        for query in request.queries.into_iter().map(convert::query_from_wire) {
            let (plugin, context, ref_id) = (Arc::clone(&self.plugin), Arc::clone(&context), query.ref_id.clone());
            let (turns, bytes) = (Arc::clone(&turns), Arc::clone(&bytes));
            let task = tasks.spawn(async move {
                // The semaphore is never closed, so this always succeeds.
                let _turn = turns.acquire().await;
                if bytes.load(Ordering::Relaxed) > MOST_BYTES {
                    return too_large(&query.ref_id, format);
                }
                let response = convert::response_to_wire(plugin.query(&context, &query).await, &query.ref_id, format);
                let size: usize = response.frames.iter().map(bytes::Bytes::len).sum();
                if bytes.fetch_add(size, Ordering::Relaxed) + size > MOST_BYTES {
                    return too_large(&query.ref_id, format);
                }
                response
            });
            ref_ids.insert(task.id(), ref_id);
        }

        let mut responses = BTreeMap::new();
        while let Some(joined) = tasks.join_next_with_id().await {
            let (id, response, outcome) = match joined {
                Ok((id, response)) => {
                    let outcome = if response.error.is_empty() { Outcome::Ok } else { Outcome::Error };
                    (id, response, outcome)
                }
                Err(error) => (error.id(), panicked_response(format), Outcome::Panic),
            };
            self.record(Endpoint::Query, outcome, started);
            responses.insert(ref_ids.remove(&id).unwrap_or_default(), response);
        }
        Ok(Response::new(QueryDataResponse { responses }))
    }
}

fn too_large(ref_id: &str, format: DataFrameFormat) -> DataResponse {
    let error = QueryError::bad_request(format!(
        "the answers to this request have more than {} MiB together: ask for fewer runs, deployments or series, or put \
         the queries into several panels",
        MOST_BYTES >> 20
    ));
    convert::response_to_wire(error.into(), ref_id, format)
}

fn panicked_response(format: DataFrameFormat) -> DataResponse {
    convert::response_to_wire(QueryError::plugin(PANICKED).into(), "", format)
}

#[tonic::async_trait]
impl<P: Plugin> Diagnostics for Services<P> {
    async fn check_health(
        &self,
        request: Request<CheckHealthRequest>,
    ) -> Result<Response<CheckHealthResponse>, Status> {
        let started = Instant::now();
        let request = request.into_inner();
        let context = convert::context_from_wire(request.plugin_context, convert::headers_from_single(request.headers));
        let plugin = Arc::clone(&self.plugin);
        let (health, outcome) = match isolated(async move { plugin.check_health(&context).await }).await {
            Ok(health) if health.status == HealthStatus::Error => (health, Outcome::Error),
            Ok(health) => (health, Outcome::Ok),
            Err(Panicked) => (Health::error(PANICKED), Outcome::Panic),
        };
        self.record(Endpoint::Health, outcome, started);
        Ok(Response::new(convert::health_to_wire(health)))
    }

    async fn collect_metrics(
        &self,
        _: Request<CollectMetricsRequest>,
    ) -> Result<Response<CollectMetricsResponse>, Status> {
        let plugin = Arc::clone(&self.plugin);
        let own = isolated(async move { plugin.collect_metrics().await })
            .await
            .map_err(|Panicked| Status::internal(PANICKED))?;
        let prometheus = (self.metrics.to_prometheus() + &own).into();
        Ok(Response::new(CollectMetricsResponse { metrics: Some(Payload { prometheus }) }))
    }
}

type ResponseStream<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl<P: Plugin> Resource for Services<P> {
    type CallResourceStream = ResponseStream<CallResourceResponse>;

    async fn call_resource(
        &self,
        request: Request<CallResourceRequest>,
    ) -> Result<Response<Self::CallResourceStream>, Status> {
        let started = Instant::now();
        let (context, request) = convert::resource_from_wire(request.into_inner());
        let plugin = Arc::clone(&self.plugin);
        let (response, outcome) = match isolated(async move { plugin.call_resource(&context, request).await }).await {
            Ok(response) if response.status >= 400 => (response, Outcome::Error),
            Ok(response) => (response, Outcome::Ok),
            Err(Panicked) => (ResourceResponse::error(500, PANICKED), Outcome::Panic),
        };
        self.record(Endpoint::Resource, outcome, started);
        Ok(Response::new(Box::pin(tokio_stream::once(Ok(convert::resource_to_wire(response))))))
    }
}

#[tonic::async_trait]
impl<P: Plugin> StreamService for Services<P> {
    async fn subscribe_stream(
        &self,
        request: Request<SubscribeStreamRequest>,
    ) -> Result<Response<SubscribeStreamResponse>, Status> {
        let request = request.into_inner();
        let context = convert::context_from_wire(request.plugin_context, convert::headers_from_single(request.headers));
        let request = StreamRequest { path: request.path, data: request.data };
        let plugin = Arc::clone(&self.plugin);
        let response = isolated(async move { plugin.subscribe_stream(&context, &request).await }).await;
        let response = response.map_err(|Panicked| Status::internal(PANICKED))?;
        let status = convert::stream_status_to_wire(response.status).into();
        Ok(Response::new(SubscribeStreamResponse { status, data: response.data }))
    }

    type RunStreamStream = ResponseStream<StreamPacket>;

    async fn run_stream(&self, request: Request<RunStreamRequest>) -> Result<Response<Self::RunStreamStream>, Status> {
        let started = Instant::now();
        let request = request.into_inner();
        let context = convert::context_from_wire(request.plugin_context, convert::headers_from_single(request.headers));
        let request = StreamRequest { path: request.path, data: request.data };
        let (sender, receiver) = mpsc::channel(PACKETS_AHEAD);
        let services = self.clone();
        tokio::spawn(async move {
            let (plugin, packets) = (Arc::clone(&services.plugin), StreamSender(sender.clone()));
            let run = isolated(async move { plugin.run_stream(&context, &request, packets).await });
            let (failure, outcome) = tokio::select! {
                () = services.stop.stopped() => (None, Outcome::Ok),
                () = sender.closed() => (None, Outcome::Ok),
                result = run => match result {
                    Ok(Ok(()) | Err(StreamError::Closed)) => (None, Outcome::Ok),
                    Ok(Err(error)) => (Some(Status::unknown(error.to_string())), Outcome::Error),
                    Err(Panicked) => (Some(Status::internal(PANICKED)), Outcome::Panic),
                },
            };
            services.record(Endpoint::Stream, outcome, started);
            if let Some(status) = failure {
                // The receiver may have left in the meantime.
                sender.send(Err(status)).await.unwrap_or_default();
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn publish_stream(
        &self,
        request: Request<PublishStreamRequest>,
    ) -> Result<Response<PublishStreamResponse>, Status> {
        let request = request.into_inner();
        let context = convert::context_from_wire(request.plugin_context, convert::headers_from_single(request.headers));
        let request = StreamRequest { path: request.path, data: request.data };
        let plugin = Arc::clone(&self.plugin);
        let response = isolated(async move { plugin.publish_stream(&context, &request).await }).await;
        let response = response.map_err(|Panicked| Status::internal(PANICKED))?;
        // Both kinds of answer number their statuses in the same way.
        let status = convert::stream_status_to_wire(response.status).into();
        Ok(Response::new(PublishStreamResponse { status, data: response.data }))
    }
}
