//! Why a server gave no answer, and what to do about it.

/// Why there is no answer. It prints as one or two sentences that a user can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Which kind of failure it is.
    pub kind: ErrorKind,
    /// What was expected, what was found, where, and what to do next.
    pub message: String,
}

/// Kinds of failure. Two kinds differ if a person must react differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The settings are invalid: for example, something is not a URL or not a certificate.
    Configuration,
    /// Nothing answers at that address, or the connection broke.
    Unreachable,
    /// No trusted connection: an unknown authority, a different name, or a refused client certificate.
    Tls,
    /// 401: the credentials are missing or wrong.
    Unauthorized,
    /// 403: the credentials are valid but do not permit this.
    Forbidden,
    /// 404: there is nothing at this path.
    NotFound,
    /// The query is refused: it does not parse, or it cannot be computed.
    Rejected,
    /// More samples or points than this server or these settings allow.
    TooMuch,
    /// No answer in time.
    Timeout,
    /// The server is up but cannot answer now.
    Unavailable,
    /// Something answers that is not a Prometheus.
    NotPrometheus,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}
