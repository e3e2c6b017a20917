//! The HTTP API: the requests that can be made.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};

use crate::{
    answer::{Answer, Labels, Remark, RemarkSeverity, Series, add_remark},
    budget::{Exhausted, Held, Taken},
    config::Config,
    error::{Error, ErrorKind},
    matrix::{Body, MatrixReader, ParseError},
    range::{Range, Stitched},
    transport::{Sink, Transport},
};

/// The largest list of names or label sets that is read, bytes.
const MAX_LIST_BYTES: usize = 8 << 20;
/// Memory per byte of a list while it is read, at most, as measured: with names of one letter and series of one short
/// label.
const LIST_FACTOR: usize = 16;

/// A client for one server. Clones share connections. Dropping the future of a call ends the request, and with it the
/// query on the server.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    max_points: usize,
    max_bytes: usize,
    /// Reading ends at this number of series.
    max_series: Option<usize>,
}

/// The time range that a list of names or series covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its beginning, in milliseconds since 1970-01-01 UTC.
    pub start_ms: i64,
    /// Its end, in milliseconds since 1970-01-01 UTC.
    pub end_ms: i64,
}

/// What a server says about itself; all fields are `None` for VictoriaMetrics before 1.90.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BuildInfo {
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// Mimir and Thanos: the name of the program.
    #[serde(default)]
    pub application: Option<String>,
}

impl Client {
    /// A client for one server. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address, a header or a certificate cannot be used.
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(config)?,
            max_points: config.max_points,
            max_bytes: config.max_bytes,
            max_series: None,
        })
    }

    /// The same client for a caller that shows at most `most` series: reading ends there.
    #[must_use]
    pub fn showing(&self, most: usize) -> Self {
        Self { max_series: Some(most), ..self.clone() }
    }

    /// The longest expression that the server and all proxies before it accept, in characters. It is shorter with GET,
    /// which puts the expression in the address.
    #[must_use]
    pub fn longest_query(&self) -> usize {
        self.transport.longest_query()
    }

    /// The value of an expression at `at_ms`, or now: series with one sample each; a scalar is a series without labels.
    ///
    /// # Errors
    /// If there is no answer or the query is refused.
    pub async fn query(&self, promql: &str, at_ms: Option<i64>) -> Result<Answer<Vec<Series>>, Error> {
        let mut form = vec![("query", promql.to_owned()), ("timeout", self.server_timeout())];
        if let Some(at_ms) = at_ms {
            form.push(("time", seconds(at_ms)));
        }
        self.ask("api/v1/query", &form, self.max_bytes).await
    }

    /// The values of an expression over a range, requested in as many parts as the server's limits need and joined
    /// again. The series are ordered by their labels.
    ///
    /// # Errors
    /// If the range is empty or reversed, there is no answer, or the query is refused.
    pub async fn query_range(&self, promql: &str, range: Range) -> Result<Answer<Vec<Series>>, Error> {
        if range.step_ms <= 0 || range.end_ms < range.start_ms {
            return Err(Error::new(
                ErrorKind::Rejected,
                format!(
                    "Expected a range that ends after it begins and a step above zero, found {} to {} by {} ms.",
                    range.start_ms, range.end_ms, range.step_ms
                ),
            ));
        }
        let mut stitched = Stitched::default();
        let mut remarks: Vec<Remark> = Vec::new();
        let mut held = Vec::new();
        for part in range.parts(self.max_points) {
            let form = [
                ("query", promql.to_owned()),
                ("start", seconds(part.start_ms)),
                ("end", seconds(part.end_ms)),
                ("step", seconds(part.step_ms)),
                ("timeout", self.server_timeout()),
            ];
            let room = self.max_bytes.saturating_sub(held.iter().map(Held::bytes).sum());
            let answer = self.ask("api/v1/query_range", &form, room).await?;
            for remark in answer.remarks {
                add_remark(&mut remarks, remark.severity, remark.text);
            }
            stitched.add(answer.data);
            held.push(answer.held);
        }
        Ok(Answer { data: stitched.finish(), remarks, held: Held::all(held) })
    }

    /// The label sets of the series that match any of the selectors.
    ///
    /// # Errors
    /// If there is no answer or a selector is refused.
    pub async fn series(&self, selectors: &[&str], window: Option<Window>) -> Result<Answer<Vec<Labels>>, Error> {
        let answer: Answer<Vec<LabelSet>> = self.list("api/v1/series", &listing(selectors, window), false).await?;
        Ok(answer.map(|sets| sets.into_iter().map(|set| set.0).collect()))
    }

    /// The label names of the series that match any of the selectors; without selectors, of all series.
    ///
    /// # Errors
    /// If there is no answer or a selector is refused.
    pub async fn labels(&self, selectors: &[&str], window: Option<Window>) -> Result<Answer<Vec<String>>, Error> {
        self.list("api/v1/labels", &listing(selectors, window), false).await
    }

    /// The values of one label in the series that match any of the selectors; without selectors, in all series. The
    /// values of `__name__` are the names of the metrics.
    ///
    /// # Errors
    /// If there is no answer, a selector is refused, or the label's name is invalid.
    pub async fn label_values(
        &self,
        label: &str,
        selectors: &[&str],
        window: Option<Window>,
    ) -> Result<Answer<Vec<String>>, Error> {
        let plain =
            |(at, byte): (usize, u8)| byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit();
        if label.is_empty() || !label.bytes().enumerate().all(plain) {
            return Err(Error::new(
                ErrorKind::Rejected,
                format!("Expected the name of a label (letters, digits and `_`), found `{label}`."),
            ));
        }
        self.list(&format!("api/v1/label/{label}/values"), &listing(selectors, window), true).await
    }

    /// What the server says about itself; empty if it says nothing (VictoriaMetrics).
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn buildinfo(&self) -> Result<Answer<BuildInfo>, Error> {
        let answer: Answer<BuildInfo> = self.list("api/v1/status/buildinfo", &[], true).await?;
        let told = |text: Option<String>| text.map(|text| self.transport.told(text));
        Ok(answer.map(|info| BuildInfo { version: told(info.version), application: told(info.application) }))
    }

    /// The text that a server shows of itself at `path`, usually `metrics`: here the address is that of the server, and not of a
    /// Prometheus.
    ///
    /// # Errors
    /// When there is no answer, it is longer than 16 MiB, or it is no text.
    pub async fn page(&self, path: &str) -> Result<String, Error> {
        let bytes = self.transport.call(path, &[], true, || Page(Vec::new())).await?;
        String::from_utf8(bytes).map_err(|_| {
            Error::new(
                ErrorKind::NotPrometheus,
                format!("Expected the text of a server's metrics at {path}, found bytes."),
            )
        })
    }

    /// A query whose answer is read as it arrives.
    async fn ask(&self, path: &str, form: &[(&str, String)], room: usize) -> Result<Answer<Vec<Series>>, Error> {
        let reader = || MatrixReader::new(room, self.max_series);
        let body: Body = self.transport.call(path, form, false, reader).await?;
        let told = |text: String| self.transport.told(text);
        match body.status.as_deref() {
            Some("success") => {
                let remarks = body.remarks.into_iter();
                let remarks = remarks.map(|Remark { severity, text }| Remark { severity, text: told(text) });
                Ok(Answer { data: body.series, remarks: remarks.collect(), held: body.held })
            }
            _ => Err(no_success(path, body.error.map(told))),
        }
    }

    /// A list that is read when it is complete.
    async fn list<T: DeserializeOwned + Default>(
        &self,
        path: &str,
        form: &[(&str, String)],
        get_only: bool,
    ) -> Result<Answer<T>, Error> {
        let reply: Reply<T> = self.transport.call(path, form, get_only, Whole::new).await?;
        let told = |text: String| self.transport.told(text);
        if reply.status != "success" {
            return Err(no_success(path, reply.error.map(told)));
        }
        let mut remarks = Vec::new();
        for text in reply.warnings.unwrap_or_default() {
            add_remark(&mut remarks, RemarkSeverity::Warning, told(text));
        }
        for text in reply.infos.unwrap_or_default() {
            add_remark(&mut remarks, RemarkSeverity::Info, told(text));
        }
        if reply.is_partial {
            add_remark(&mut remarks, RemarkSeverity::Warning, crate::matrix::PARTIAL);
        }
        Ok(Answer { data: reply.data.unwrap_or_default(), remarks, held: Held::default() })
    }

    /// A little less than our own timeout, so that the server's message arrives before we give up.
    fn server_timeout(&self) -> String {
        let ms = self.transport.timeout().as_millis();
        format!("{}ms", (ms - ms / 20).max(1))
    }
}

fn no_success(path: &str, error: Option<String>) -> Error {
    match error {
        Some(error) => Error::new(ErrorKind::Rejected, format!("The server refuses the query: {error}")),
        None => Error::new(
            ErrorKind::NotPrometheus,
            format!(
                "The answer of {path} does not say `\"status\": \"success\"`. Is the address that of a Prometheus?"
            ),
        ),
    }
}

/// The form parameters of a request for a list.
fn listing(selectors: &[&str], window: Option<Window>) -> Vec<(&'static str, String)> {
    let mut form: Vec<_> = selectors.iter().map(|selector| ("match[]", (*selector).to_owned())).collect();
    if let Some(window) = window {
        form.push(("start", seconds(window.start_ms)));
        form.push(("end", seconds(window.end_ms)));
    }
    form
}

/// Milliseconds in the API's form, seconds with decimals: `1795490830.781`.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let (whole, rest) = (ms.unsigned_abs() / 1_000, ms.unsigned_abs() % 1_000);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:03}") }
}

/// The JSON envelope of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
    warnings: Option<Vec<String>>,
    infos: Option<Vec<String>>,
    #[serde(default)]
    is_partial: bool,
}

/// The labels of one series in the order of their names. A map would take ten times as much memory for one label.
struct LabelSet(Labels);

impl<'de> Deserialize<'de> for LabelSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the labels of a series")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = Labels::new();
                while let Some(label) = map.next_entry()? {
                    labels.push(label);
                }
                labels.sort_unstable();
                labels.dedup_by(|next, one| next.0 == one.0);
                labels.shrink_to_fit();
                Ok(labels)
            }
        }
        deserializer.deserialize_map(Entries).map(Self)
    }
}

/// Holds a page of metrics until it is whole.
struct Page(Vec<u8>);

/// A page of some hundred metrics of each of some engines has a megabyte at most.
const MAX_PAGE_BYTES: usize = 16 << 20;

impl Sink for Page {
    type Output = Vec<u8>;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), ParseError> {
        let at = (self.0.len() + chunk.len()) as u64;
        if self.0.len() + chunk.len() > MAX_PAGE_BYTES {
            return Err(ParseError {
                at,
                what: format!("more than {} MiB of metrics", MAX_PAGE_BYTES >> 20),
                too_much: true,
            });
        }
        self.0.extend_from_slice(chunk);
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, ParseError> {
        Ok(self.0)
    }
}

/// Collects a body until it is complete.
struct Whole<T> {
    bytes: Vec<u8>,
    taken: Taken,
    output: std::marker::PhantomData<T>,
}

impl<T> Whole<T> {
    fn new() -> Self {
        Self {
            bytes: Vec::new(),
            taken: Taken::at_most(MAX_LIST_BYTES * LIST_FACTOR),
            output: std::marker::PhantomData,
        }
    }
}

impl<T: DeserializeOwned> Sink for Whole<T> {
    type Output = T;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), ParseError> {
        let at = (self.bytes.len() + chunk.len()) as u64;
        self.taken.add(chunk.len() * LIST_FACTOR).map_err(|full| {
            let what = match full {
                Exhausted::Answer => format!("more than {} MiB of names", MAX_LIST_BYTES >> 20),
                Exhausted::Process => full.what(MAX_LIST_BYTES),
            };
            ParseError { at, what, too_much: true }
        })?;
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    fn finish(self) -> Result<T, ParseError> {
        serde_json::from_slice(&self.bytes).map_err(|error| ParseError {
            at: error.column() as u64,
            what: error.to_string(),
            too_much: false,
        })
    }
}

impl Sink for MatrixReader {
    type Output = Body;

    fn feed(&mut self, chunk: &[u8]) -> Result<(), ParseError> {
        Self::feed(self, chunk)
    }

    fn has_enough(&self) -> bool {
        Self::has_enough(self)
    }

    fn finish(self) -> Result<Body, ParseError> {
        Self::finish(self)
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_are_written_exactly() {
        for (ms, text) in [
            (0, "0"),
            (1_795_490_830_000, "1795490830"),
            (1_795_490_830_781, "1795490830.781"),
            (5, "0.005"),
            (-1_500, "-1.500"),
        ] {
            assert_eq!(seconds(ms), text);
        }
    }
}
