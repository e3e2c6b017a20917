//! What an HTTP server offers: an index page with the pages below it, a list in JSON, or one report.

use std::collections::HashSet;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use headroom_prometheus::Auth;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use reqwest::Url;

use super::AT_ONCE;
use super::caller::{Answer, Caller, Expected};
use super::fault::{Fault, FaultKind};
use super::index::{self, Link};
use super::source::{Content, Source};
use crate::catalog::FileMark;
use crate::settings::{Authentication, RemoteSettings};
use crate::store::reports::{Gathering, MAX_DEPTH, is_for_listing, is_hidden, nanoseconds};

/// How often a request is repeated that failed for a passing reason.
const RETRIES: u32 = 3;

/// The most pages of one listing.
const MAX_PAGES: usize = 10_000;

/// The most bytes of an index page or a list: some ten thousand entries. A larger document is a report.
const MAX_LIST_BYTES: u64 = 8 << 20;

/// A server of files. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Web {
    caller: Caller,
    auth: Auth,
    /// What was set.
    start: Url,
    /// The folder that paths are below: that of `start`.
    root: Url,
}

/// What is at an address.
enum Page {
    Links(Vec<Link>),
    Report,
}

impl Web {
    /// The server at this address.
    ///
    /// # Errors
    /// If the address or the secrets cannot be used.
    pub(super) fn open(url: &str, settings: &RemoteSettings, caller: Caller) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::configuration(format!("storeUrl: {why}"));
        let start = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
            .ok_or_else(|| wrong("expected an address such as https://server/reports/; found something else"))?;
        if !start.username().is_empty() || start.password().is_some() {
            return Err(wrong(
                "holds a user name or a password, which would show in messages: set storeUser and storePassword",
            ));
        }
        if start.query().is_some() || start.fragment().is_some() {
            return Err(wrong("expected an address without `?` and `#`; found one. Give the folder itself"));
        }
        let root = start.join("./").map_err(|_| wrong("expected an address with a path; found one without"))?;
        Ok(Self { caller, auth: auth(settings)?, start, root })
    }

    /// Sends a request, again if it fails for a passing reason.
    async fn ask(&self, method: &Method, url: &Url, extra: &HeaderMap, expected: Expected) -> Result<Answer, Fault> {
        let mut attempt = 0;
        loop {
            let request = self.caller.request(method.clone(), url.clone()).headers(extra.clone());
            let request = match &self.auth {
                Auth::None => request,
                Auth::Bearer(token) => request.bearer_auth(token.expose().trim()),
                Auth::Basic { user, password } => request.basic_auth(user, Some(password.expose())),
            };
            let request = request.build().map_err(|_| {
                Fault::configuration("secureJsonData.storeToken: expected a token; found one that no header can hold")
            })?;
            match self.caller.send(request, expected).await {
                Err(fault) if fault.kind.is_passing() && attempt < RETRIES => {
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                answered => return answered,
            }
        }
    }

    /// The path of an address below the root; `None` if it is elsewhere.
    fn path(&self, url: &Url) -> Option<String> {
        if url.origin() != self.root.origin() || url.query().is_some() {
            return None;
        }
        let path = decoded(url.path().strip_prefix(self.root.path())?.trim_end_matches('/'))?;
        let is_plain = path.split('/').all(|name| !matches!(name, "" | "." | ".."));
        is_plain.then_some(path)
    }

    /// The address of a path.
    fn url(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        url
    }

    /// What is at an address.
    async fn page(&self, url: &Url) -> Result<Page, Fault> {
        let mut answer = self.ask(&Method::GET, url, &HeaderMap::new(), Expected::Stream).await?;
        let kind = text(answer.headers(), &header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let is_html = kind.contains("html");
        let mut page = Vec::new();
        let until = tokio::time::Instant::now() + self.caller.timeout();
        while let Some(frame) =
            tokio::time::timeout_at(until, answer.body_mut().frame()).await.map_err(|_| self.caller.late())?
        {
            // Other frames are trailers.
            let Ok(data) = frame?.into_data() else { continue };
            page.extend_from_slice(&data);
            let is_large = page.len() as u64 > MAX_LIST_BYTES;
            if is_html && is_large {
                let place = self.caller.place();
                return Err(Fault::new(
                    FaultKind::Unexpected,
                    format!(
                        "{place}: expected an index page of at most {} MiB; found a larger one",
                        MAX_LIST_BYTES >> 20
                    ),
                ));
            }
            // A list begins with a bracket. What does not is a report, and is not fetched any further here.
            let first = page.iter().find(|byte| !byte.is_ascii_whitespace());
            if !is_html && (is_large || first.is_some_and(|first| *first != b'[')) {
                return Ok(Page::Report);
            }
        }
        if is_html {
            return Ok(Page::Links(index::of_html(&String::from_utf8_lossy(&page), url)));
        }
        Ok(index::of_json(&page, url).map_or(Page::Report, Page::Links))
    }

    /// The paths of all files that the pages lead to and that are for a listing.
    async fn walk(&self, into: &mut Gathering) -> Result<Vec<String>, Fault> {
        let mut files = Vec::new();
        let mut pages = vec![(self.start.clone(), 0)];
        let mut seen: HashSet<Url> = HashSet::from([self.start.clone()]);
        let mut read = 0;
        while let Some((page, depth)) = pages.pop() {
            let links = match self.page(&page).await {
                Ok(Page::Links(links)) => links,
                Ok(Page::Report) => {
                    files.extend(self.path(&page).filter(|_| page == self.start));
                    continue;
                }
                Err(fault) if page == self.start && fault.kind == FaultKind::Gone => {
                    return Err(Fault::no_store(self.caller.place()));
                }
                // A server that does not answer one page now may not answer the next one either.
                Err(fault) if page == self.start || fault.kind.is_passing() => return Err(fault),
                Err(fault) => {
                    let folder = self.path(&page).unwrap_or_default();
                    into.incomplete(format!("the folder {folder} cannot be read and is left out: {fault}"));
                    continue;
                }
            };
            read += 1;
            for link in links {
                let (Link::Folder(url) | Link::File(url)) = &link;
                // Links to other servers, to folders above and to sorted forms of the page have no path.
                let Some(path) = self.path(url).filter(|path| !is_hidden(path)) else { continue };
                if !seen.insert(url.clone()) {
                    continue;
                }
                if !into.count() {
                    return Ok(files);
                }
                match link {
                    Link::File(_) if is_for_listing(&path) => files.push(path),
                    Link::File(_) => {}
                    Link::Folder(_) if depth >= MAX_DEPTH => into
                        .incomplete(format!("the folder {path} is more than {MAX_DEPTH} folders deep and is left out")),
                    Link::Folder(_) if read + pages.len() >= MAX_PAGES => into
                        .incomplete(format!("the folder {path} is left out because there are more than {MAX_PAGES}")),
                    Link::Folder(url) => pages.push((url, depth + 1)),
                }
            }
        }
        Ok(files)
    }

    /// The state of a file, from the headers of an answer.
    fn mark(path: &str, headers: &HeaderMap) -> FileMark {
        let modified = text(headers, &header::LAST_MODIFIED).and_then(|date| httpdate::parse_http_date(date).ok());
        FileMark {
            path: path.to_owned(),
            size: text(headers, &header::CONTENT_LENGTH).and_then(|size| size.parse().ok()).unwrap_or_default(),
            changed_ns: modified.map_or(0, nanoseconds),
            tag: text(headers, &header::ETAG).map(str::to_owned),
        }
    }

    async fn state(&self, path: &str) -> Result<FileMark, Fault> {
        let (url, none) = (self.url(path), HeaderMap::new());
        let answer = match self.ask(&Method::HEAD, &url, &none, Expected::Stream).await {
            // Some servers know no HEAD. The body of this answer is not fetched.
            Err(fault) if fault.kind == FaultKind::Unexpected => {
                self.ask(&Method::GET, &url, &none, Expected::Stream).await?
            }
            answered => answered?,
        };
        Ok(Self::mark(path, answer.headers()))
    }

    /// The content of a file from byte `at` on, if it still has the state in `mark`.
    async fn content(&self, mark: &FileMark, at: u64) -> Result<Answer, Fault> {
        let mut extra = HeaderMap::new();
        let mut add = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                extra.insert(name, value);
            }
        };
        // A weak tag never matches, by definition.
        if let Some(tag) = mark.tag.as_deref().filter(|tag| !tag.starts_with("W/")) {
            add(header::IF_MATCH, tag);
        }
        if at > 0 {
            add(header::RANGE, &format!("bytes={at}-"));
        }
        let answer = self.ask(&Method::GET, &self.url(&mark.path), &extra, Expected::Stream).await?;
        let found = Self::mark(&mark.path, answer.headers());
        let is_part = answer.status() == StatusCode::PARTIAL_CONTENT;
        let is_another = found.tag != mark.tag
            || found.changed_ns != mark.changed_ns
            || (!is_part && found.size > 0 && mark.size > 0 && found.size != mark.size);
        // What stands beside a report is fetched without being listed before.
        if is_another && *mark != FileMark::unknown(&mark.path) {
            return Err(Fault::new(FaultKind::Changed, format!("{} has another content now", self.caller.place())));
        }
        Ok(answer)
    }
}

impl Source for Web {
    fn list<'a>(&'a self, into: &'a mut Gathering) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            let files = self.walk(into).await?;
            let mut states = stream::iter(files)
                .map(|path| async move {
                    let state = self.state(&path).await;
                    (path, state)
                })
                .buffer_unordered(AT_ONCE);
            while let Some((path, state)) = states.next().await {
                match state {
                    Ok(mark) => into.file(mark),
                    // It was removed after the page was made.
                    Err(fault) if fault.kind == FaultKind::Gone => {}
                    Err(fault) if fault.kind.is_passing() => return Err(fault),
                    Err(fault) => into.incomplete(format!("{path} is left out: {fault}")),
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn look<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<FileMark, Fault>> {
        self.state(path).boxed()
    }

    fn open<'a>(&'a self, mark: &'a FileMark) -> BoxFuture<'a, Result<Content, Fault>> {
        async move {
            let body = self.content(mark, 0).await?.into_body();
            let arriving = Arriving { web: self.clone(), mark: mark.clone(), body, at: 0, skip: 0, attempt: 0 };
            Ok(stream::try_unfold(arriving, |mut arriving| async move {
                Ok(arriving.next().await?.map(|part| (part, arriving)))
            })
            .boxed())
        }
        .boxed()
    }
}

/// A file on its way. If the connection breaks, it is asked for again from where it broke.
struct Arriving {
    web: Web,
    mark: FileMark,
    body: http_body_util::combinators::BoxBody<Bytes, Fault>,
    /// How many bytes have arrived.
    at: u64,
    /// How many bytes of the body arrived before: some servers always send a whole file.
    skip: u64,
    attempt: u32,
}

impl Arriving {
    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            match self.body.frame().await {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    // Other frames are trailers.
                    let Ok(mut data) = frame.into_data() else { continue };
                    let known = self.skip.min(data.len() as u64);
                    self.skip -= known;
                    data.advance(usize::try_from(known).unwrap_or(data.len()));
                    self.at += data.len() as u64;
                    if !data.is_empty() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(fault)) if fault.kind.is_passing() && self.attempt < RETRIES => {
                    tokio::time::sleep(pause(self.attempt)).await;
                    self.attempt += 1;
                    let answer = self.web.content(&self.mark, self.at).await?;
                    self.skip = if answer.status() == StatusCode::PARTIAL_CONTENT { 0 } else { self.at };
                    self.body = answer.into_body();
                }
                Some(Err(fault)) => return Err(fault),
            }
        }
    }
}

/// How the client identifies itself.
fn auth(settings: &RemoteSettings) -> Result<Auth, Fault> {
    let user = settings.user.clone();
    match (settings.authentication, settings.secret("storeToken"), user) {
        (Authentication::Environment, _, _) => Err(Fault::configuration(
            "storeAuth: expected `secrets` or `none` for a store of kind `http`; found `environment`",
        )),
        (Authentication::None, _, _) | (Authentication::Secrets, None, None) => Ok(Auth::None),
        (Authentication::Secrets, Some(token), None) => Ok(Auth::Bearer(token.clone())),
        (Authentication::Secrets, None, Some(user)) => {
            let password = settings.secret("storePassword").cloned().unwrap_or_default();
            Ok(Auth::Basic { user, password })
        }
        (Authentication::Secrets, Some(_), Some(_)) => Err(Fault::configuration(
            "storeUser: expected a user and a password or the bearer token `storeToken`; found both. Remove one",
        )),
    }
}

/// The text of a header.
fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A path of an address without its escapes; `None` if it is no UTF-8 then.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after.get(..2).filter(|_| *byte == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

/// How long to wait before the next attempt: 150 ms, 300 ms, 600 ms, [spread](headroom_base::jittered).
fn pause(attempt: u32) -> Duration {
    headroom_base::jittered(Duration::from_millis(150 << attempt.min(5)))
}
