//! A server of another kind, such as Grafana: reached with the same trust and credentials, and never by way of a redirect.

use std::time::Duration;

use reqwest::{Url, header};

use crate::{
    config::Config,
    error::{Error, ErrorKind},
    transport::{Connection, Trouble, connection},
};

/// The most bytes of an answer that are read: what a process of ours answers at most.
const MAX_ANSWER: usize = 16 << 20;

/// The connection to one server. Clones share connections.
#[derive(Debug, Clone)]
pub struct Endpoint {
    connection: Connection,
    timeout: Duration,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads it.
    Get,
    /// Adds to it.
    Post,
    /// Sets it.
    Put,
}

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Outgoing<'a> {
    /// Parameters of the address.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Headers beside those of every request.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Vec<u8>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP's status.
    pub status: u16,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Where it sends to instead of answering; without parameters, which may be secret.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there was no answer, and whether a second try may help.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
pub struct NoReply {
    /// Why.
    pub error: Error,
    /// Whether the same request may be answered a moment later.
    pub passing: bool,
}

impl Endpoint {
    /// A connection to the server in the configuration. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address, a header or a certificate cannot be used.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self { connection: Connection::new(config)?, timeout: config.timeout })
    }

    /// Sends one request, once. `path` is below the server's address and has no slash at its start.
    ///
    /// # Errors
    /// If no answer came.
    pub async fn send(&self, verb: Verb, path: &str, outgoing: Outgoing<'_>) -> Result<Reply, NoReply> {
        let hidden = |error: Error| Error { message: self.connection.secrets.out_of(error.message), ..error };
        self.attempt(verb, path, outgoing).await.map_err(|trouble| match trouble {
            Trouble::Passing(error) => NoReply { error: hidden(error), passing: true },
            Trouble::Lasting(error) => NoReply { error: hidden(error), passing: false },
        })
    }

    /// A text from the server, without our secrets.
    #[must_use]
    pub fn told(&self, text: String) -> String {
        self.connection.secrets.out_of(text)
    }

    async fn attempt(&self, verb: Verb, path: &str, outgoing: Outgoing<'_>) -> Result<Reply, Trouble> {
        let wrong = |message: String| Trouble::Lasting(Error::new(ErrorKind::Configuration, message));
        let base = &self.connection.base;
        let mut url = base.join(path).map_err(|error| wrong(format!("{path} is no path: {error}")))?;
        if !outgoing.parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(outgoing.parameters);
        }
        let http = &self.connection.http;
        let mut request = match verb {
            Verb::Get => http.get(url.clone()),
            Verb::Post => http.post(url.clone()),
            Verb::Put => http.put(url.clone()),
        };
        for (name, value) in outgoing.headers {
            request = request.header(*name, *value);
        }
        let sent = request.timeout(self.timeout).body(outgoing.body).send().await;
        let mut response = sent.map_err(|error| no_reply(&url, &error))?;
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let retry_after = text(header::RETRY_AFTER).and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let location = text(header::LOCATION).and_then(|to| url.join(to).ok()).map(|to| crate::address::shown(&to));
        let mut reply = Reply { status: response.status().as_u16(), retry_after, location, body: Vec::new() };
        while let Some(chunk) = response.chunk().await.map_err(|error| no_reply(&url, &error))? {
            if reply.body.len() + chunk.len() > MAX_ANSWER {
                let message = format!("expected an answer of at most {} MiB; found a longer one", MAX_ANSWER >> 20);
                return Err(Trouble::Lasting(Error::new(ErrorKind::TooMuch, message)));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

/// Here a request that ran out of time may be sent again: what is sent is taken once.
fn no_reply(url: &Url, error: &reqwest::Error) -> Trouble {
    if error.is_timeout() && !error.is_connect() {
        let message = format!("{} did not answer in time.", crate::address::shown(url));
        return Trouble::Passing(Error::new(ErrorKind::Timeout, message));
    }
    connection(url, error)
}
