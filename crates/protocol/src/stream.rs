//! Live streams: a channel `ds/<uid>/<path>` that Grafana's users follow.

use bytes::Bytes;
use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    frame::Frame,
    frame_json::{self, Include},
    wire::grafana::StreamPacket,
};

/// Which channel, and what the front end sent along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamRequest {
    /// The channel's path below the data source.
    pub path: String,
    /// What the front end sent: JSON, or nothing.
    pub data: Bytes,
}

/// Whether a request about a channel is granted, with data to go with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamResponse {
    /// Granted or not.
    pub status: StreamStatus,
    /// JSON, or nothing. A subscriber gets it before the stream's first packet.
    pub data: Bytes,
}

impl From<StreamStatus> for StreamResponse {
    fn from(status: StreamStatus) -> Self {
        Self { status, data: Bytes::new() }
    }
}

/// Answer to a request about a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamStatus {
    /// Granted.
    #[default]
    Ok,
    /// There is no such channel.
    NotFound,
    /// This user may not.
    PermissionDenied,
}

/// Why a stream ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Nobody follows the channel any more. A stream returns this as it is; it is not logged.
    #[error("the last subscriber has left")]
    Closed,
    /// A frame could not be written.
    #[error(transparent)]
    Frame(#[from] crate::frame::FrameError),
    /// The stream's own reason. Grafana starts the stream again after a while.
    #[error("{0}")]
    Failed(String),
}

/// Where a running stream puts its packets.
#[derive(Clone)]
pub struct StreamSender(pub(crate) mpsc::Sender<Result<StreamPacket, Status>>);

impl StreamSender {
    /// Sends a frame: at first with its schema ([`Include::All`]), and with data alone while the schema stays the same.
    ///
    /// # Errors
    /// [`StreamError::Closed`] when nobody listens any more, [`StreamError::Frame`] when the fields differ in length.
    pub async fn send_frame(&self, frame: &Frame, include: Include) -> Result<(), StreamError> {
        self.send_bytes(frame_json::to_json(frame, include)?.into()).await
    }

    /// Sends bytes as they are; Grafana expects JSON.
    ///
    /// # Errors
    /// [`StreamError::Closed`] when nobody listens any more.
    pub async fn send_bytes(&self, bytes: Bytes) -> Result<(), StreamError> {
        self.0.send(Ok(StreamPacket { data: bytes })).await.map_err(|_| StreamError::Closed)
    }
}
