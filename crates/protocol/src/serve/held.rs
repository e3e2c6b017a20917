//! The services that go-plugin itself calls: the order to stop, and two streams that stay open while host and plugin
//! live.

use std::{pin::Pin, time::Duration};

use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Request, Response, Status, Streaming};

use crate::wire::go_plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server::GrpcBroker, grpc_controller_server::GrpcController,
    grpc_stdio_server::GrpcStdio,
};

use super::stop::Stop;

/// A host that stops us properly closes its streams first and then asks us to stop; this is the time to wait for that.
const TIME_TO_ASK: Duration = Duration::from_millis(500);

type Held<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl GrpcController for Stop {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.stop("the host asked");
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Stop {
    type StreamStdioStream = Held<StdioData>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(hold(self.clone())))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Stop {
    type StartStreamStream = Held<ConnInfo>;

    async fn start_stream(&self, _: Request<Streaming<ConnInfo>>) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(Response::new(hold(self.clone())))
    }
}

/// A stream without items, which ends when we stop. If it breaks before that, the host is gone and we stop.
fn hold<T: Send + 'static>(stop: Stop) -> Held<T> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = stop.stopped() => {}
            () = sender.closed() => tokio::select! {
                () = stop.stopped() => {}
                () = tokio::time::sleep(TIME_TO_ASK) => stop.stop("the host is gone"),
            },
        }
    });
    Box::pin(ReceiverStream::new(receiver))
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_held_stream_ends_with_us() {
        let stop = Stop::default();
        let mut held = hold::<()>(stop.clone());
        stop.stop("the test says so");
        assert!(held.next().await.is_none());
        assert_eq!(stop.reason(), "the test says so");
    }

    #[tokio::test]
    async fn a_broken_stream_means_that_the_host_is_gone() {
        let stop = Stop::default();
        drop(hold::<()>(stop.clone()));
        stop.stopped().await;
        assert_eq!(stop.reason(), "the host is gone");
    }
}
