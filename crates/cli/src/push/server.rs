//! The data source that reports are sent to: one call after the other, tried again where that may help.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use headroom_prometheus::{Auth, Config, Endpoint, Outgoing, Reply, Secret, Tls, Verb};
use serde_json::Value;

use crate::arguments::Push;

/// How often a request is sent again.
const RETRIES: u32 = 8;
/// The first pause; each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause: together they last a minute, in which a Grafana is restarted.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How long an answer may take: a report of hundreds of megabytes is read before it.
const TIMEOUT: Duration = Duration::from_mins(5);
/// The most characters of an answer that is no JSON.
const SHOWN: usize = 200;

/// A data source.
pub(super) struct Server {
    endpoint: Endpoint,
    /// The path of its resources.
    resources: String,
    has_token: bool,
}

/// An answer in JSON, with HTTP's status.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// What it says.
    pub(super) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or("it does not say why")
    }
}

impl Server {
    /// The server that the arguments name. Nothing is sent yet.
    ///
    /// # Errors
    /// If a file cannot be read, or the address or a certificate cannot be used.
    pub(super) fn new(request: &Push) -> Result<Self> {
        let token = match &request.token_file {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("expected a token in {}", path.display()))?;
                Some(Secret::new(text.trim()))
            }
            None => request.token.clone(),
        };
        let ca_pem = match &request.ca {
            Some(path) => Some(
                std::fs::read_to_string(path)
                    .with_context(|| format!("expected certificates in {}", path.display()))?,
            ),
            None => None,
        };
        let has_token = token.is_some();
        let config = Config {
            auth: token.map_or(Auth::None, Auth::Bearer),
            tls: Tls { ca_pem, skip_verify: request.insecure, ..Tls::default() },
            timeout: TIMEOUT,
            ..Config::new(request.to.clone())
        };
        let endpoint = Endpoint::new(&config)?;
        let resources = format!("api/datasources/uid/{}/resources", request.data_source);
        Ok(Self { endpoint, resources, has_token })
    }

    /// Sends a request until it is answered for good.
    ///
    /// # Errors
    /// If no answer comes, or one that no data source gives.
    pub(super) async fn call(&self, verb: Verb, path: &str, outgoing: Outgoing<'_>) -> Result<Answer> {
        let path = format!("{}/{path}", self.resources);
        let mut tries = 0;
        loop {
            let wait = match self.endpoint.send(verb, &path, outgoing.clone()).await {
                Ok(reply) if !may_be_retried(reply.status) || tries == RETRIES => return self.read(&reply),
                Ok(reply) => reply.retry_after,
                Err(failed) if !failed.passing || tries == RETRIES => return Err(failed.error.into()),
                Err(_) => None,
            };
            tokio::time::sleep(pause(tries).max(wait.unwrap_or_default()).min(LONGEST_PAUSE)).await;
            tries += 1;
        }
    }

    fn read(&self, reply: &Reply) -> Result<Answer> {
        let status = reply.status;
        let advice = match status {
            300..=399 => {
                let to = reply.location.as_deref().unwrap_or("another place");
                return Err(anyhow!(
                    "expected an answer of Grafana; it sends to {to} ({status}), which is not followed because the token would go \
                     along. Give that address by --to if it is Grafana's"
                ));
            }
            401 if self.has_token => " Is the token one of this Grafana, and not expired?",
            401 => " Give the token of a service account in HEADROOM_TOKEN or by --token-file.",
            413 => " A proxy allows less: give a smaller --part-size.",
            _ => "",
        };
        let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
        match body {
            Some(body) if matches!(status, 401 | 413) => {
                let answer = Answer { status, body };
                Err(anyhow!(
                    "the server answers {status}: {}.{advice}",
                    self.endpoint.told(answer.message().to_owned())
                ))
            }
            Some(body) => Ok(Answer { status, body }),
            None => {
                let text = self.endpoint.told(String::from_utf8_lossy(&reply.body).into_owned());
                let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
                Err(anyhow!("expected an answer of a Headroom data source; found {status}.{advice} It begins: {text}"))
            }
        }
    }
}

/// A full store stays full; everything else that a server says of itself may be over in a moment.
fn may_be_retried(status: u16) -> bool {
    const FULL: u16 = 507;
    status == 429 || (500..600).contains(&status) && status != FULL
}

/// The pause before the next try, [spread](headroom_base::jittered).
fn pause(tries: u32) -> Duration {
    headroom_base::jittered(FIRST_PAUSE.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_last_a_minute_together() {
        let mut together = Duration::ZERO;
        for tries in 0..RETRIES {
            let full = FIRST_PAUSE.saturating_mul(1 << tries).min(LONGEST_PAUSE);
            let pause = pause(tries);
            assert!(pause >= full / 2 && pause <= full, "{tries}: {pause:?}");
            together += full;
        }
        assert!(together > Duration::from_secs(45) && together < Duration::from_secs(90), "{together:?}");
    }

    #[test]
    fn what_may_be_over_in_a_moment_is_tried_again() {
        for (status, expected) in [
            (200, false),
            (403, false),
            (409, false),
            (422, false),
            (429, true),
            (500, true),
            (503, true),
            (507, false),
        ] {
            assert_eq!(may_be_retried(status), expected, "{status}");
        }
    }
}
