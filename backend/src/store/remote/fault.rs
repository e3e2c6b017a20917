//! Why a remote store did not answer as it should, in words for people.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;

use crate::settings::SettingsProblem;

/// Why a remote store did not answer as it should. It prints as one or two sentences, without a full stop, that contain
/// no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What kind of failure it is.
    pub kind: FaultKind,
    message: String,
}

/// Kinds of failure. Two kinds differ if a person or the program must react differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The settings are invalid.
    Configuration,
    /// The credentials are missing or wrong, or do not permit this.
    Refused,
    /// The credentials were valid once.
    Expired,
    /// There is no such bucket, container or page.
    NoStore,
    /// The server sends to another place, which is not followed.
    Redirected,
    /// There is no trusted connection.
    Untrusted,
    /// Nothing answers at the address.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// The connection broke before the answer was whole.
    Broken,
    /// The server says that it cannot answer now.
    Unavailable,
    /// The object is gone.
    Gone,
    /// The object is another one than was listed.
    Changed,
    /// Anything else.
    Unexpected,
}

impl FaultKind {
    /// Whether somebody must change the settings, or what they name, before another attempt can succeed.
    #[must_use]
    pub fn is_of_settings(self) -> bool {
        matches!(self, Self::Configuration | Self::Refused | Self::Expired | Self::NoStore | Self::Redirected)
    }

    /// Whether another attempt a moment later may succeed.
    pub(super) fn is_passing(self) -> bool {
        matches!(self, Self::Unreachable | Self::Timeout | Self::Broken | Self::Unavailable)
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Invalid settings.
    pub(super) fn configuration(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Configuration, message)
    }

    /// A setting that cannot be used.
    pub(super) fn of_settings(problem: &SettingsProblem) -> Self {
        Self::configuration(problem.to_string())
    }

    /// The same, said of one object.
    pub(super) fn about(self, path: &str) -> Self {
        Self { message: format!("{path} cannot be read: {}", self.message), ..self }
    }

    /// `place` did not answer in time.
    pub(super) fn timeout(place: &str, within: Duration) -> Self {
        Self::new(
            FaultKind::Timeout,
            format!(
                "{place} did not answer within {} s. Is it overloaded, or does a firewall drop what it sends? Raise the \
                 store's timeout in the settings if it is only slow",
                within.as_secs_f64()
            ),
        )
    }

    /// The connection to `place` broke while an answer arrived.
    pub(super) fn broken(place: &str, why: &str) -> Self {
        Self::new(
            FaultKind::Broken,
            format!("{place}: the connection broke before the answer was whole ({why}). Was the server restarted?"),
        )
    }

    /// `place` says that the credentials were valid until a time that is over.
    pub(super) fn expired(place: &str, status: StatusCode, code: Option<&str>) -> Self {
        let said = said(status, code);
        Self::new(
            FaultKind::Expired,
            format!("{place}: the credentials have expired ({said}). Put new ones into the data source's settings"),
        )
    }

    /// There is no `place`.
    pub(super) fn no_store(place: &str) -> Self {
        let message = format!("{place} does not exist. Create it, or correct its name in the data source's settings");
        Self::new(FaultKind::NoStore, message)
    }

    /// What an answer other than success means. `code` is the word that the server has for it, such as `NoSuchBucket`.
    pub(super) fn of_status(place: &str, status: StatusCode, code: Option<&str>) -> Self {
        let said = said(status, code);
        let is = |part: &str| code.is_some_and(|code| code.contains(part));
        let (kind, message) = match status.as_u16() {
            400 | 401 | 403 if is("TimeTooSkewed") => (
                FaultKind::Refused,
                format!(
                    "{place} refuses the request because its clock and this machine's differ ({said}). Set both right"
                ),
            ),
            // Some servers do not find the user of an access key.
            404 if is("User") || is("AccessKey") => refused(place, &said),
            401 | 403 => refused(place, &said),
            400 if is("AuthorizationHeaderMalformed") || is("Region") => (
                FaultKind::Configuration,
                format!(
                    "{place} expects another region ({said}). Set the bucket's region in the data source's settings"
                ),
            ),
            400 if is("InvalidToken") || is("Auth") => refused(place, &said),
            404 if is("Bucket") || is("Container") => (
                FaultKind::NoStore,
                format!(
                    "{place} does not exist ({said}). Create it, or correct its name in the data source's settings"
                ),
            ),
            404 | 410 => (FaultKind::Gone, format!("{place} has nothing there ({said})")),
            412 | 416 => (FaultKind::Changed, format!("{place} has another content there now ({said})")),
            300..=399 => (
                FaultKind::Redirected,
                format!(
                    "{place} sends to another address instead of answering ({said}), which is not followed. Set the \
                     address and the region that hold the reports; a login page means that credentials are missing"
                ),
            ),
            429 | 500..=599 => (
                FaultKind::Unavailable,
                format!("{place} cannot answer now ({said}). It is asked again at the next refresh"),
            ),
            _ => (FaultKind::Unexpected, format!("{place} answered {said}, which was not expected")),
        };
        Self::new(kind, message)
    }

    /// The fault among an error and its causes.
    pub(super) fn among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(fault) = error.downcast_ref::<Self>() {
                return Some(fault);
            }
            cause = error.source();
        }
        None
    }
}

/// The credentials are wrong, or do not permit this.
fn refused(place: &str, said: &str) -> (FaultKind, String) {
    (
        FaultKind::Refused,
        format!(
            "{place} refuses these credentials, or they do not allow to list and read ({said}). Check them in the data \
             source's settings, and their rights on the server"
        ),
    )
}

/// A status with the server's own word for it.
fn said(status: StatusCode, code: Option<&str>) -> String {
    code.map_or_else(|| status.as_str().to_owned(), |code| format!("{} {code}", status.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, code: Option<&str>, kind: FaultKind, words: &str) {
        let fault = Fault::of_status("s3://b", StatusCode::from_u16(status).unwrap(), code);
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.to_string().contains(words), "{fault}");
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        check(403, Some("AccessDenied"), FaultKind::Refused, "(403 AccessDenied)");
        check(403, Some("SignatureDoesNotMatch"), FaultKind::Refused, "refuses these credentials");
        check(401, None, FaultKind::Refused, "(401)");
        check(403, Some("RequestTimeTooSkewed"), FaultKind::Refused, "clock");
        check(404, Some("XAdminUserNotFound"), FaultKind::Refused, "refuses these credentials");
        check(404, Some("NoSuchBucket"), FaultKind::NoStore, "does not exist");
        check(404, Some("ContainerNotFound"), FaultKind::NoStore, "does not exist");
        check(404, Some("NoSuchKey"), FaultKind::Gone, "nothing there");
        check(412, Some("PreconditionFailed"), FaultKind::Changed, "another content");
        check(301, Some("PermanentRedirect"), FaultKind::Redirected, "not followed");
        check(503, Some("SlowDown"), FaultKind::Unavailable, "(503 SlowDown)");
        check(418, None, FaultKind::Unexpected, "418");
        check(400, Some("AuthorizationHeaderMalformed"), FaultKind::Configuration, "region");
    }
}
