//! The answer to "Save & test".

/// Whether the data source works, and a sentence for the user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Whether it works.
    pub status: HealthStatus,
    /// The message for the user. It must not contain secrets.
    pub message: String,
    /// Details for the front end: a JSON object, or `Null`.
    pub details: serde_json::Value,
}

impl Health {
    /// It works.
    pub fn ok(message: impl Into<String>) -> Self {
        Self { status: HealthStatus::Ok, message: message.into(), details: serde_json::Value::Null }
    }

    /// It does not work; the message says why and what to do.
    pub fn error(message: impl Into<String>) -> Self {
        Self { status: HealthStatus::Error, message: message.into(), details: serde_json::Value::Null }
    }

    /// Adds details.
    #[must_use]
    pub fn with_details(self, details: serde_json::Value) -> Self {
        Self { details, ..self }
    }
}

/// A data source's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthStatus {
    /// Not stated.
    #[default]
    Unknown,
    /// Works.
    Ok,
    /// Does not work.
    Error,
}

impl HealthStatus {
    /// Its name in Grafana's HTTP API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }
}
