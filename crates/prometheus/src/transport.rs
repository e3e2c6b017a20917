//! One HTTP call: the request, its retries, its deadline, and the meaning of failures.

use std::{sync::Arc, time::Duration};

use headroom_base::Secret;
use reqwest::{
    StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use tokio::sync::Semaphore;

use crate::{
    address::{shown, shown_address, shown_header},
    causes::chain,
    config::{Auth, Config, Method},
    error::{Error, ErrorKind},
    matrix::ParseError,
    secrets::Secrets,
    tls,
    traffic::UnderWay,
};

/// The most calls that one client has open at a time. Prometheus itself runs twenty queries at a time by default, and a
/// dashboard must not take all of them.
pub const AT_ONCE: usize = 8;
/// The most bytes of an error page that are read.
const MAX_ERROR_BYTES: usize = 64 << 10;
/// The most characters of an error page that are shown.
const SHOWN_CHARS: usize = 200;

/// Consumes the body of an answer as it arrives.
pub(crate) trait Sink {
    /// The result of the sink.
    type Output;

    /// Takes the next bytes.
    ///
    /// # Errors
    /// If they are not what was expected.
    fn feed(&mut self, chunk: &[u8]) -> Result<(), ParseError>;

    /// Whether the rest of the body is not needed.
    fn has_enough(&self) -> bool {
        false
    }

    /// The result from all bytes.
    ///
    /// # Errors
    /// If the body is incomplete.
    fn finish(self) -> Result<Self::Output, ParseError>;
}

/// How one server is reached.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) http: reqwest::Client,
    /// The address that paths are joined to; ends with `/`.
    pub(crate) base: Url,
    pub(crate) secrets: Arc<Secrets>,
}

/// The calls to one server.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    connection: Connection,
    parameters: Vec<(String, Secret)>,
    method: Method,
    timeout: Duration,
    retries: u32,
    /// Places for open calls; whoever has waited longest gets the next one.
    places: Arc<Semaphore>,
}

/// How an attempt failed.
pub(crate) enum Trouble {
    /// A retry may help.
    Passing(Error),
    /// A retry would fail in the same way.
    Lasting(Error),
}

impl Connection {
    /// The connection to the server in the configuration. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address, a header or a certificate cannot be used.
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let base = base_url(&config.url)?;
        let tls = tls::client_config(&config.tls, base.scheme() == "https")?;
        let headers = headers(config)?;
        let credentials = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let secrets = Arc::new(Secrets::of(config, credentials));
        let http = reqwest::Client::builder()
            .user_agent(concat!("headroom/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(config.connect_timeout)
            // A redirect would turn a POST into a GET of a login page, and send credentials to another server.
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| wrong(format!("The HTTP client cannot be set up: {}", chain(&error))))?;
        Ok(Self { http, base, secrets })
    }
}

impl Transport {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self {
            connection: Connection::new(config)?,
            parameters: config.parameters.iter().map(|(name, value)| (name.clone(), Secret::new(value))).collect(),
            method: config.method,
            timeout: config.timeout,
            retries: config.retries,
            places: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// A text from a server, without our secrets.
    pub(crate) fn told(&self, text: String) -> String {
        self.connection.secrets.out_of(text)
    }

    /// The longest expression that fits into one request, characters.
    pub(crate) fn longest_query(&self) -> usize {
        match self.method {
            Method::Get => 4 << 10,
            Method::Post => 256 << 10,
        }
    }

    /// The longest time of a call.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Requests `path` (such as `api/v1/query`) and passes the body to a new sink with every attempt.
    ///
    /// # Errors
    /// If there is no answer, a refusal, or an unexpected answer.
    pub(crate) async fn call<S: Sink>(
        &self,
        path: &str,
        form: &[(&str, String)],
        get_only: bool,
        sink: impl Fn() -> S,
    ) -> Result<S::Output, Error> {
        let mut url = self.connection.base.join(path).map_err(|error| wrong(format!("{path} is no path: {error}")))?;
        if !self.parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(self.parameters.iter().map(|(name, value)| (name, value.expose())));
        }
        let method = if get_only { Method::Get } else { self.method };
        // Waiting for a place does not count towards the timeout. The semaphore is never closed; if it were, there
        // would only be one open call too many.
        let _place = self.places.acquire().await;
        let tries = async {
            let mut attempt = 0;
            loop {
                match self.attempt(&url, method, form, sink()).await {
                    Ok(output) => return Ok(output),
                    Err(Trouble::Passing(_)) if attempt < self.retries => {
                        tokio::time::sleep(pause(attempt)).await;
                        attempt += 1;
                    }
                    Err(Trouble::Passing(error) | Trouble::Lasting(error)) => return Err(error),
                }
            }
        };
        match tokio::time::timeout(self.timeout, tries).await {
            Ok(result) => result.map_err(|error| Error { message: self.told(error.message), ..error }),
            Err(_) => Err(Error::new(
                ErrorKind::Timeout,
                format!(
                    "{} did not answer within {} s. Ask for a shorter time range or a larger step, or raise the timeout \
                     in the settings.",
                    shown(&url),
                    self.timeout.as_secs_f64()
                ),
            )),
        }
    }

    async fn attempt<S: Sink>(
        &self,
        url: &Url,
        method: Method,
        form: &[(&str, String)],
        mut sink: S,
    ) -> Result<S::Output, Trouble> {
        let request = match method {
            Method::Post => self.connection.http.post(url.clone()).form(form),
            Method::Get => {
                let mut url = url.clone();
                if !form.is_empty() {
                    url.query_pairs_mut().extend_pairs(form);
                }
                self.connection.http.get(url)
            }
        };
        let under_way = UnderWay::begin();
        let mut response = request.send().await.map_err(|error| connection(url, &error))?;
        if response.status() != StatusCode::OK {
            return Err(refusal(url, response, &self.connection.secrets).await);
        }
        let mut start = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    UnderWay::receive(chunk.len());
                    let room = looked_at(&self.connection.secrets).saturating_sub(start.len());
                    start.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    sink.feed(&chunk)
                        .map_err(|error| Trouble::Lasting(unreadable(url, &error, &start, &self.connection.secrets)))?;
                    if sink.has_enough() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(error) => return Err(connection(url, &error)),
            }
        }
        let output = sink.finish();
        let output =
            output.map_err(|error| Trouble::Lasting(unreadable(url, &error, &start, &self.connection.secrets)))?;
        under_way.end();
        Ok(output)
    }
}

/// The address in the settings as a base that paths can be joined to.
fn base_url(text: &str) -> Result<Url, Error> {
    let text = text.trim();
    let example = "expected an address such as http://prometheus:9090";
    let mut url =
        Url::parse(text).map_err(|error| wrong(format!("{example}, found `{}`: {error}.", shown_address(text))))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong(format!("{example}, found `{}`.", shown_address(text))));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "The address holds a user name or a password, which would show in messages: put them into basic \
             authentication.",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(format!(
            "{example}, found one with `?` or `#`: put parameters into the settings' own list."
        )));
    }
    // People paste the address of the API, so `/api/v1` at its end is removed.
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/api/v1").unwrap_or(path).to_owned();
    url.set_path(&format!("{path}/"));
    Ok(url)
}

fn headers(config: &Config) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, text: &str, secret: bool| {
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            wrong(format!(
                "The header `{name}` contains a line break or another character that headers must not contain."
            ))
        })?;
        value.set_sensitive(secret);
        headers.insert(name, value);
        Ok::<(), Error>(())
    };
    add(header::ACCEPT, "application/json", false)?;
    match &config.auth {
        Auth::None => {}
        Auth::Bearer(token) => add(header::AUTHORIZATION, &format!("Bearer {}", token.expose().trim()), true)?,
        Auth::Basic { user, password } => {
            let pair = base64(format!("{user}:{}", password.expose()).as_bytes());
            add(header::AUTHORIZATION, &format!("Basic {pair}"), true)?;
        }
    }
    if let Some(tenant) = config.tenant.as_deref().filter(|tenant| !tenant.is_empty()) {
        add(HeaderName::from_static("x-scope-orgid"), tenant, false)?;
    }
    for (name, value) in &config.headers {
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| wrong(format!("Expected the name of a header, found `{}`.", shown_header(name))))?;
        add(name, value.expose(), true)?;
    }
    Ok(headers)
}

/// Base64 with padding (RFC 4648), as basic authentication needs it.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            if place <= three.len() {
                text.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// How long to wait before the next attempt: 100 ms, 200 ms, … up to 2 s, [spread](headroom_base::jittered).
fn pause(attempt: u32) -> Duration {
    headroom_base::jittered(Duration::from_millis((100 << attempt.min(5)).min(2_000)))
}

/// The meaning of a failed connection.
pub(crate) fn connection(url: &Url, error: &reqwest::Error) -> Trouble {
    let place = shown(url);
    if let Some(message) = tls::trouble(&place, error) {
        return Trouble::Lasting(Error::new(ErrorKind::Tls, message));
    }
    if error.is_builder() || error.is_request() && error.is_timeout() && !error.is_connect() {
        return Trouble::Lasting(Error::new(ErrorKind::Unreachable, format!("{place}: {}.", chain(error))));
    }
    let message = if error.is_connect() && error.is_timeout() {
        format!(
            "{place}: no connection in time. Is the host right, and does a firewall or a network policy let it pass?"
        )
    } else if error.is_connect() {
        format!("{place} cannot be reached: {}. Is the server running, and are host and port right?", chain(error))
    } else {
        format!(
            "{place}: the connection broke before the answer was whole ({}). Was the server restarted? Ask again.",
            chain(error)
        )
    };
    Trouble::Passing(Error::new(ErrorKind::Unreachable, message))
}

/// The meaning of a status other than 200.
async fn refusal(url: &Url, mut response: reqwest::Response, secrets: &Secrets) -> Trouble {
    let status = response.status();
    // A redirect to a login page often contains the requested address as a parameter, so only the safe part is shown.
    let location = response.headers().get(header::LOCATION).map(|to| {
        let to = String::from_utf8_lossy(to.as_bytes()).into_owned();
        // It may be a path, so it is resolved against the requested address.
        url.join(&to).map_or_else(|_| shown_address(&to), |to| shown(&to))
    });
    let mut body = Vec::new();
    // An error page that breaks off is used as far as it goes.
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ERROR_BYTES {
            body.truncate(MAX_ERROR_BYTES);
            break;
        }
    }
    let server = server_error(&body);
    let place = shown(url);
    let said = server.as_ref().map_or_else(|| beginning(&body, secrets), |(_, text)| text.clone());
    let says = if said.is_empty() { String::new() } else { format!(" It says: {said}") };
    let lasting = |kind, message: String| Trouble::Lasting(Error::new(kind, message));
    match status.as_u16() {
        300..=399 => lasting(
            ErrorKind::NotPrometheus,
            format!(
                "{place} sends to {} instead of answering ({status}). Use that address when it is a Prometheus; a login \
                 page means that credentials are missing.",
                location.as_deref().unwrap_or("another place")
            ),
        ),
        401 => lasting(
            ErrorKind::Unauthorized,
            format!("{place} wants credentials, or other ones ({status}). Set a token or a user and password.{says}"),
        ),
        403 => lasting(
            ErrorKind::Forbidden,
            format!("{place} does not allow this to these credentials ({status}). Give them the right to read.{says}"),
        ),
        404 => lasting(
            ErrorKind::NotFound,
            format!(
                "{place} does not exist ({status}). The address in the settings is the part before /api/v1: Mimir has \
                 /prometheus there, a VictoriaMetrics cluster /select/0/prometheus.{says}"
            ),
        ),
        405 => lasting(
            ErrorKind::Rejected,
            format!("{place} does not take this kind of request ({status}). Set the method to GET.{says}"),
        ),
        429 => lasting(ErrorKind::Unavailable, format!("{place} is asked too often ({status}). Refresh less.{says}")),
        400 if server.is_none() && said.contains("HTTPS") => {
            lasting(ErrorKind::Tls, format!("{place} speaks TLS: write https:// in the address.{says}"))
        }
        400 | 413 | 414 | 422 if is_limit(&said) => lasting(
            ErrorKind::TooMuch,
            format!(
                "The query asks for more than the server allows: {said}. Shorten the time range or raise the step."
            ),
        ),
        // The server's own message is shown. VictoriaMetrics sends 422, as does Prometheus for what it cannot compute.
        400 | 422 if server.is_some() => lasting(ErrorKind::Rejected, format!("The server refuses the query: {said}")),
        500..=599 => {
            let timed_out = server.as_ref().is_some_and(|(kind, _)| kind == "timeout" || kind == "canceled");
            if timed_out {
                return lasting(
                    ErrorKind::Timeout,
                    format!(
                        "The server gave up on the query: {said}. Ask for a shorter time range or a larger step, or raise \
                         the timeout."
                    ),
                );
            }
            let error = Error::new(ErrorKind::Unavailable, format!("{place} cannot answer now ({status}).{says}"));
            if matches!(status.as_u16(), 502..=504) { Trouble::Passing(error) } else { Trouble::Lasting(error) }
        }
        _ => lasting(ErrorKind::NotPrometheus, format!("{place} answered {status}, which no Prometheus does.{says}")),
    }
}

/// Whether a server's message is about one of its limits.
fn is_limit(said: &str) -> bool {
    ["exceeded maximum resolution", "too many samples", "too many points", "-search.max", "limit"]
        .iter()
        .any(|words| said.contains(words))
}

/// `errorType` and `error` of a Prometheus answer.
fn server_error(body: &[u8]) -> Option<(String, String)> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Refusal {
        #[serde(default)]
        error_type: String,
        error: String,
    }
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    Some((refusal.error_type, refusal.error))
}

fn unreadable(url: &Url, error: &ParseError, start: &[u8], secrets: &Secrets) -> Error {
    if error.too_much {
        return Error::new(
            ErrorKind::TooMuch,
            format!(
                "The answer has {}. Ask for fewer series (aggregate, or select more narrowly), a shorter time range or a \
                 larger step.",
                error.what
            ),
        );
    }
    let found = beginning(start, secrets);
    let place = shown(url);
    let message = if found.starts_with('<') {
        format!("{place} answered with a page and not with data: is it a login page? It begins: {found}")
    } else {
        format!("{place} answered, but not as a Prometheus does: {error}. It begins: {found}")
    };
    Error::new(ErrorKind::NotPrometheus, message)
}

/// How many bytes of a body are used to show its beginning: enough if white space is removed, and enough to contain any
/// shown secret as a whole.
fn looked_at(secrets: &Secrets) -> usize {
    4 * SHOWN_CHARS + secrets.longest()
}

/// The beginning of a body, on one line and without our secrets.
fn beginning(body: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(looked_at(secrets))]).into_owned();
    let line: String = secrets.out_of(text).split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(SHOWN_CHARS).collect()
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let check = |text: &str, expected: Result<&str, &str>| match (base_url(text), expected) {
            (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{text}"),
            (Err(error), Err(words)) => assert!(error.message.contains(words), "{text}: {error}"),
            (found, _) => panic!("{text}: {found:?}"),
        };
        check("http://prometheus:9090", Ok("http://prometheus:9090/"));
        check(" http://prometheus:9090/ ", Ok("http://prometheus:9090/"));
        check("https://mimir/prometheus/", Ok("https://mimir/prometheus/"));
        check("http://vm:8481/select/0/prometheus/api/v1", Ok("http://vm:8481/select/0/prometheus/"));
        check("prometheus:9090", Err("http://prometheus:9090"));
        check("", Err("http://prometheus:9090"));
        check("ftp://host", Err("http://prometheus:9090"));
        check("http://user:MARKER@host", Err("basic"));
        check("http://host/?a=b", Err("parameters"));
        for text in [
            "http://user:MARKER@host",
            "http://user:MARKER@host:port",
            "ftp://user:MARKER@host",
            "user:MARKER@host:9090",
            "http://host:port/?token=MARKER",
            "http://host/?token=MARKER",
            "http://host/#MARKER",
        ] {
            assert!(!base_url(text).unwrap_err().message.contains("MARKER"), "{text}");
        }
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn pauses_grow_and_stay_bounded() {
        for attempt in 0..40 {
            let full = Duration::from_millis((100_u64 << attempt.min(5)).min(2_000));
            let pause = pause(attempt);
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn a_page_is_shown_by_its_beginning_on_one_line() {
        let none = Secrets::default();
        assert_eq!(beginning(b"  <html>\n  <body>x", &none), "<html> <body>x");
        assert_eq!(beginning("ä".repeat(1_000).as_bytes(), &none).chars().count(), SHOWN_CHARS);
    }
}
