//! HTTP to one server, through the same client and the same TLS as everything else here.

use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use headroom_prometheus::{ErrorKind, Secret, Tls, chain, tls};
use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
};
use reqwest::Url;

use super::fault::{Fault, FaultKind};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// The most bytes of an answer that is read as a whole: a page of a bucket's listing has a thousand entries, and an index
/// page some ten thousand.
const MAX_PAGE_BYTES: usize = 16 << 20;
/// The most bytes of an error's answer that are looked at.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// How much of an answer is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// All of it, within the timeout: it is a page of moderate size.
    Page,
    /// Its headers: its body may have any size.
    Stream,
}

/// An answer of success.
pub(super) type Answer = http::Response<BoxBody<Bytes, Fault>>;

/// Calls one server. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    http: reqwest::Client,
    /// The store's name for people, at the beginning of messages.
    place: String,
    /// How long the server may be silent.
    timeout: Duration,
    /// Must not be shown, not even if a server says them.
    secrets: Vec<Secret>,
    /// The compression that the server may apply, which is never removed here: what is stored is what is read.
    encoding: HeaderValue,
}

impl Caller {
    /// A caller for the store `place`, which trusts the authorities in `ca_pem` alone, if there are any, and otherwise
    /// those of the system.
    ///
    /// # Errors
    /// If the certificates cannot be used.
    pub(super) fn new(
        place: &str,
        timeout: Duration,
        ca_pem: Option<&Secret>,
        secrets: Vec<Secret>,
    ) -> Result<Self, Fault> {
        let trusted = Tls { ca_pem: ca_pem.map(|pem| pem.expose().to_owned()), ..Tls::default() };
        let tls = match tls::client_config(&trusted, true) {
            // Plain HTTP works on systems without certificate authorities.
            Err(error) if ca_pem.is_none() && error.kind == ErrorKind::Configuration => {
                tls::client_config(&trusted, false)
            }
            configured => configured,
        };
        let tls = tls.map_err(|error| Fault::configuration(format!("secureJsonData.storeCACert: {error}")))?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("headroom/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            // Between two parts of an answer.
            .read_timeout(timeout)
            .no_gzip()
            // A redirect would send credentials and requests to a server that nobody has set.
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| Fault::configuration(format!("the HTTP client cannot be set up: {}", chain(&error))))?;
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        Ok(Self { http, place: place.to_owned(), timeout, secrets, encoding: HeaderValue::from_static("identity") })
    }

    /// The same for Google Cloud Storage, which decompresses objects unless it is told that it need not.
    pub(super) fn taking_gzip(self) -> Self {
        Self { encoding: HeaderValue::from_static("gzip"), ..self }
    }

    /// A request to fill in and [`send`](Self::send).
    pub(super) fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.http.request(method, url)
    }

    /// Sends a request and returns its answer.
    ///
    /// # Errors
    /// If there is no answer, or one that is not of success.
    pub(super) async fn send(&self, request: reqwest::Request, expected: Expected) -> Result<Answer, Fault> {
        // Credentials may come from another server, which must be named when it is the one that fails.
        match request.url().host_str() {
            Some(host) if !self.place.contains(host) => {
                Self { place: format!("{} at {host}", self.place), ..self.clone() }.send_to(request, expected).await
            }
            _ => self.send_to(request, expected).await,
        }
    }

    async fn send_to(&self, mut request: reqwest::Request, expected: Expected) -> Result<Answer, Fault> {
        request.headers_mut().insert(ACCEPT_ENCODING, self.encoding.clone());
        let answered = tokio::time::timeout(self.timeout, self.http.execute(request)).await;
        let response = answered.map_err(|_| self.late())?.map_err(|error| self.failed(&error))?;
        let (parts, body) = http::Response::<reqwest::Body>::from(response).into_parts();
        let caller = self.clone();
        let mut body = body.map_err(move |error| caller.failed(&error)).boxed();
        if !parts.status.is_success() {
            let mut page = BytesMut::new();
            // An error page that breaks off, or takes too long, is used as far as it goes.
            let collecting = collect(&mut body, MAX_ERROR_BYTES, &mut page);
            drop(tokio::time::timeout(self.timeout, collecting).await);
            return Err(self.refusal(parts.status, &parts.headers, &page));
        }
        if expected == Expected::Stream {
            return Ok(http::Response::from_parts(parts, body));
        }
        let mut page = BytesMut::new();
        let collecting = collect(&mut body, MAX_PAGE_BYTES, &mut page);
        let whole = tokio::time::timeout(self.timeout, collecting).await.map_err(|_| self.late())??;
        if !whole {
            let most = MAX_PAGE_BYTES >> 20;
            let place = &self.place;
            return Err(Fault::new(
                FaultKind::Unexpected,
                format!("{place}: expected a list of at most {most} MiB; found a larger one. Is it a list of reports?"),
            ));
        }
        let page = Full::new(page.freeze()).map_err(|never| match never {}).boxed();
        Ok(http::Response::from_parts(parts, page))
    }

    /// The store's name for people.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// How long the server may be silent.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The server did not answer in time.
    pub(super) fn late(&self) -> Fault {
        Fault::timeout(&self.place, self.timeout)
    }

    /// The meaning of a request that failed.
    pub(super) fn failed(&self, error: &reqwest::Error) -> Fault {
        let place = &self.place;
        if let Some(message) = tls::trouble(place, error) {
            return Fault::new(FaultKind::Untrusted, message);
        }
        if error.is_connect() && error.is_timeout() {
            return Fault::new(
                FaultKind::Timeout,
                format!(
                    "{place}: no connection in time. Is the host right, and does a firewall or a network policy let it \
                     pass?"
                ),
            );
        }
        if error.is_timeout() {
            return self.late();
        }
        if error.is_connect() {
            let why = chain(error);
            return Fault::new(
                FaultKind::Unreachable,
                format!("{place} cannot be reached: {why}. Is the server running, and are host and port right?"),
            );
        }
        Fault::broken(place, &chain(error))
    }

    /// The meaning of an answer that is not of success.
    fn refusal(&self, status: StatusCode, headers: &HeaderMap, page: &[u8]) -> Fault {
        let page = String::from_utf8_lossy(page);
        let in_page = || Some(page.split_once("<Code>")?.1.split_once("</Code>")?.0);
        let code = headers.get("x-ms-error-code").and_then(|code| code.to_str().ok()).or_else(in_page);
        let code = code.filter(|code| self.may_show(code));
        // Azure has no code of its own for a shared access signature that has ended.
        let expired =
            page.contains("not valid in the specified time frame") || code.is_some_and(|code| code.contains("Expired"));
        if expired { Fault::expired(&self.place, status, code) } else { Fault::of_status(&self.place, status, code) }
    }

    /// Whether a word that a server said is its name for an error, and no secret of ours.
    fn may_show(&self, word: &str) -> bool {
        (1..=64).contains(&word.len())
            && word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
            && !self.secrets.iter().any(|secret| word.contains(secret.expose()) || secret.expose().contains(word))
    }
}

/// Collects a body. `false` if it has more than `most` bytes.
async fn collect(body: &mut BoxBody<Bytes, Fault>, most: usize, page: &mut BytesMut) -> Result<bool, Fault> {
    while let Some(frame) = body.frame().await {
        // Other frames are trailers.
        let Ok(data) = frame?.into_data() else { continue };
        if page.len() + data.len() > most {
            return Ok(false);
        }
        page.extend_from_slice(&data);
    }
    Ok(true)
}

/// The HTTP client of `object_store`. Its own options are not used: they are those of another client.
impl HttpConnector for Caller {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Caller {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string().parse().map_err(|_| {
            let place = &self.place;
            in_http(Fault::configuration(format!("{place}: expected the address of a server; found one that is none")))
        })?;
        let expected = match parts.uri.query() {
            // The listings of S3 and Google Cloud Storage, and of Azure.
            Some(query) if query.contains("list-type=") || query.contains("comp=list") => Expected::Page,
            _ if parts.method == Method::GET => Expected::Stream,
            _ => Expected::Page,
        };
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        // Nothing is written into a store, so a body is that of a request for a token, in one piece.
        *request.body_mut() = body.as_bytes().cloned().map(reqwest::Body::from);
        let (parts, body) = self.send(request, expected).await.map_err(in_http)?.into_parts();
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(in_http))))
    }
}

/// A fault in the form by which `object_store` decides whether to try again.
fn in_http(fault: Fault) -> HttpError {
    let kind = match fault.kind {
        FaultKind::Timeout => HttpErrorKind::Timeout,
        FaultKind::Broken => HttpErrorKind::Interrupted,
        kind if kind.is_passing() => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, fault)
}
