//! Live streams: channels `ds/<uid>/<path>` that Grafana's users subscribe to.

use bytes::Bytes;
use tokio::sync::mpsc;
use tonic::Status;

use crate::{
    frame::Frame,
    frame_json::{self, Include},
    wire::grafana::StreamPacket,
};

/// The channel, and the data that the front end sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamRequest {
    /// The channel's path below the data source.
    pub path: String,
    /// The data that the front end sent: JSON, or empty.
    pub data: Bytes,
}

/// The answer to a request about a channel, with data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamResponse {
    /// Whether the request is granted.
    pub status: StreamStatus,
    /// JSON, or empty. A subscriber gets it before the stream's first packet.
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
    /// This user is not allowed.
    PermissionDenied,
}

/// Why a stream ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The channel has no subscribers any more. A stream returns this error unchanged; it is not logged.
    #[error("the last subscriber has left")]
    Closed,
    /// A frame could not be written.
    #[error(transparent)]
    Frame(#[from] crate::frame::FrameError),
    /// The stream's own reason. Grafana restarts the stream after a while.
    #[error("{0}")]
    Failed(String),
}

/// Sends the packets of a running stream.
#[derive(Clone)]
pub struct StreamSender(pub(crate) mpsc::Sender<Result<StreamPacket, Status>>);

impl StreamSender {
    /// Sends a frame: at first with its schema ([`Include::All`]), then only its data while the schema stays the same.
    ///
    /// # Errors
    /// [`StreamError::Closed`] if there are no subscribers any more, [`StreamError::Frame`] if the fields differ in
    /// length.
    pub async fn send_frame(&self, frame: &Frame, include: Include) -> Result<(), StreamError> {
        self.send_bytes(frame_json::to_json(frame, include)?.into()).await
    }

    /// Sends raw bytes; Grafana expects JSON.
    ///
    /// # Errors
    /// [`StreamError::Closed`] if there are no subscribers any more.
    pub async fn send_bytes(&self, bytes: Bytes) -> Result<(), StreamError> {
        self.0.send(Ok(StreamPacket { data: bytes })).await.map_err(|_| StreamError::Closed)
    }
}
