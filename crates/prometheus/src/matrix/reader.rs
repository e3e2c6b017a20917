//! The reader: a JSON grammar that remembers its state, so that the bytes may be split anywhere.

use super::{
    PARTIAL, ParseError, number, sample,
    token::{self, Lack, Token},
};
use crate::answer::{Remark, RemarkSeverity, Series, add_remark};
use crate::budget::{Exhausted, Held, Taken};

/// An answer of a Prometheus is never nested deeper than this.
const MAX_DEPTH: usize = 128;

/// A longer incomplete token, in bytes, is parsed again only after twice as much has arrived. If it were parsed again
/// with each chunk, the time would grow with the square of its length.
const SHORT_BYTES: usize = 4 << 10;

/// The most remarks of one answer that are kept.
const MOST_NOTICES: usize = 100;
/// Bytes of a sample: a time and a value.
const SAMPLE_BYTES: usize = 16;
/// Bytes of a series without labels and samples, as allocated.
const SERIES_BYTES: usize = 192;
/// Bytes of a label besides its texts, as allocated.
const LABEL_BYTES: usize = 80;

/// Why a token is refused.
enum Wrong {
    /// It is not allowed here.
    Form(String),
    /// There is no memory left for it.
    TooMuch(Exhausted),
}

impl From<String> for Wrong {
    fn from(what: String) -> Self {
        Self::Form(what)
    }
}

impl From<Exhausted> for Wrong {
    fn from(full: Exhausted) -> Self {
        Self::TooMuch(full)
    }
}

/// The content of an answer's body.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Body {
    /// `status`: `success` or `error`; `None` if it was absent.
    pub status: Option<String>,
    /// `errorType`.
    pub error_type: Option<String>,
    /// `error`: the server's message.
    pub error: Option<String>,
    /// `data.resultType`: `matrix`, `vector`, `scalar` or `string`.
    pub result_type: Option<String>,
    /// The series; a scalar is one without labels.
    pub series: Vec<Series>,
    /// Warnings and remarks of the server, and what was left out while reading.
    pub remarks: Vec<Remark>,
    /// Counts the memory that the series take.
    pub held: Held,
}

/// Reads the body of an answer chunk by chunk.
#[derive(Debug)]
pub struct MatrixReader {
    /// The start of a token whose end has not arrived.
    rest: Vec<u8>,
    /// The length that `rest` must reach before it is parsed again.
    wanted: usize,
    /// Number of bytes consumed before `rest`.
    eaten: u64,
    stack: Vec<Frame>,
    next: Next,
    /// What the next value means.
    role: Role,
    body: Body,
    /// Time and value of the sample that is being read.
    sample: (Option<i64>, Option<f64>),
    /// The text of a scalar or string result.
    scalar: Option<String>,
    histograms: usize,
    partial: bool,
    /// Counts the memory that the series take.
    taken: Taken,
    max_bytes: usize,
    /// Reading ends at this number of series.
    max_series: Option<usize>,
    /// Whether there are more series than are read.
    enough: bool,
}

/// An open array or object.
#[derive(Debug, Clone, Copy)]
struct Frame {
    object: bool,
    role: Role,
    /// Number of values so far.
    values: usize,
}

/// What the grammar allows next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Top,
    Status,
    ErrorType,
    Error,
    Texts(RemarkSeverity),
    Partial,
    Data,
    ResultType,
    Result,
    Series,
    Metric,
    Label,
    Values,
    Sample,
    Skip,
}

impl MatrixReader {
    /// A reader that keeps at most `max_bytes` bytes of labels and samples. It stops after `max_series` series; with
    /// `None` it reads all.
    #[must_use]
    pub fn new(max_bytes: usize, max_series: Option<usize>) -> Self {
        Self {
            rest: Vec::new(),
            wanted: 0,
            eaten: 0,
            stack: Vec::new(),
            next: Next::Value,
            role: Role::Top,
            body: Body::default(),
            sample: (None, None),
            scalar: None,
            histograms: 0,
            partial: false,
            taken: Taken::at_most(max_bytes),
            max_bytes,
            max_series,
            enough: false,
        }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// If they are not JSON or not an answer of the query API, or if the answer is too large.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), ParseError> {
        if self.enough {
            return Ok(());
        }
        if self.rest.is_empty() {
            let eaten = self.eat(chunk)?;
            self.rest.extend_from_slice(&chunk[eaten..]);
        } else {
            self.rest.extend_from_slice(chunk);
            if self.rest.len() < self.wanted {
                return Ok(());
            }
            self.eat_rest()?;
        }
        self.wanted = if self.rest.len() > SHORT_BYTES { 2 * self.rest.len() } else { 0 };
        Ok(())
    }

    /// Reads the complete tokens of what has arrived.
    fn eat_rest(&mut self) -> Result<(), ParseError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let eaten = self.eat(&bytes)?;
        bytes.drain(..eaten);
        self.rest = bytes;
        Ok(())
    }

    /// Whether there are more series than are read, so that the rest of the body is not needed.
    #[must_use]
    pub fn has_enough(&self) -> bool {
        self.enough
    }

    /// The content of the body; only its beginning if reading stopped at the number of series.
    ///
    /// # Errors
    /// If it ended too early, or if its result is a string.
    pub fn finish(mut self) -> Result<Body, ParseError> {
        if !self.enough {
            self.eat_rest()?;
        }
        if !self.enough && (self.next != Next::Nothing || !self.rest.is_empty()) {
            let at = self.eaten + self.rest.len() as u64;
            let what = if at == 0 { "an empty body" } else { "the body ends in the middle" };
            return Err(error(at, what));
        }
        if let Some(text) = self.scalar.take() {
            let value = number::value(text.as_bytes())
                .ok_or_else(|| error(self.eaten, "expected numbers, found a text as the result of the query"))?;
            let at_ms = self.sample.0.ok_or_else(|| error(self.eaten, "a scalar without its time"))?;
            self.body.series.push(Series { labels: Vec::new(), timestamps_ms: vec![at_ms], values: vec![value] });
        }
        if self.body.series.is_empty() && self.sample.0.is_some() {
            return Err(error(self.eaten, "a scalar without its value"));
        }
        if self.partial {
            add_remark(&mut self.body.remarks, RemarkSeverity::Warning, PARTIAL);
        }
        if self.histograms > 0 {
            let text = format!(
                "{} series of native histograms were left out: only numbers are read. Wrap the query in \
                 histogram_quantile, histogram_avg or histogram_count.",
                self.histograms
            );
            add_remark(&mut self.body.remarks, RemarkSeverity::Warning, text);
        }
        self.body.held = Held::of(self.taken);
        Ok(self.body)
    }

    /// Reads complete tokens from the start of the bytes; returns the number of bytes read.
    fn eat(&mut self, bytes: &[u8]) -> Result<usize, ParseError> {
        let mut at = 0;
        loop {
            at += self.eat_samples(&bytes[at..]).map_err(|full| self.too_much(full))?;
            at += token::blank(&bytes[at..]);
            let place = self.eaten + at as u64;
            if self.enough {
                break;
            }
            match token::read(&bytes[at..]) {
                Ok((token, length)) => {
                    self.step(token).map_err(|wrong| match wrong {
                        Wrong::Form(what) => error(place, what),
                        Wrong::TooMuch(full) => self.too_much(full),
                    })?;
                    at += length;
                }
                Err(Lack::Cut) => break,
                Err(Lack::Wrong(what)) => return Err(error(place, what)),
            }
        }
        self.eaten += at as u64;
        Ok(at)
    }

    /// Reads samples in their plain form for as long as they follow; returns the number of bytes read.
    fn eat_samples(&mut self, bytes: &[u8]) -> Result<usize, Exhausted> {
        // A comma is read with the sample before it; the grammar handles a missing or superfluous one.
        if !matches!(self.next, Next::Value | Next::ValueOrEnd) {
            return Ok(0);
        }
        let (Some(frame), Some(series)) = (self.stack.last_mut(), self.body.series.last_mut()) else { return Ok(0) };
        if frame.role != Role::Values {
            return Ok(0);
        }
        let mut at = 0;
        while let Some(sample) = sample::read(&bytes[at..]) {
            series.timestamps_ms.push(sample.at_ms);
            series.values.push(sample.value);
            at += sample.length;
            self.taken.add(SAMPLE_BYTES)?;
            self.next = Next::Value;
            if sample.last {
                self.close();
                break;
            }
        }
        Ok(at)
    }

    /// The error for an answer that is too large.
    fn too_much(&self, full: Exhausted) -> ParseError {
        ParseError { at: self.eaten, what: full.what(self.max_bytes), too_much: true }
    }

    /// Applies one token to the grammar.
    fn step(&mut self, token: Token<'_>) -> Result<(), Wrong> {
        match (self.next, token) {
            (Next::Value | Next::ValueOrEnd, Token::Mark(mark @ (b'{' | b'['))) => self.open(mark == b'{'),
            (Next::Value | Next::ValueOrEnd, Token::Text(text)) => {
                self.text(&text)?;
                self.after_value();
                Ok(())
            }
            (Next::Value | Next::ValueOrEnd, Token::Number(text)) => {
                self.number(text)?;
                self.after_value();
                Ok(())
            }
            (Next::Value | Next::ValueOrEnd, Token::Bool(value)) => {
                match self.role {
                    Role::Partial => self.partial = value,
                    Role::Skip => {}
                    role => return Err(role.unexpected("true or false").into()),
                }
                self.after_value();
                Ok(())
            }
            (Next::Value | Next::ValueOrEnd, Token::Null) => {
                // A server without remarks may write null or leave the key out.
                if matches!(self.role, Role::Top | Role::Series | Role::Label | Role::Sample) {
                    return Err(self.role.unexpected("null").into());
                }
                self.after_value();
                Ok(())
            }
            (Next::Key | Next::KeyOrEnd, Token::Text(key)) => self.key(&key),
            (Next::Colon, Token::Mark(b':')) => {
                self.next = Next::Value;
                Ok(())
            }
            (Next::CommaOrEnd, Token::Mark(b',')) => {
                let object = self.stack.last().is_some_and(|frame| frame.object);
                self.next = if object { Next::Key } else { Next::Value };
                self.enter_element();
                Ok(())
            }
            (Next::KeyOrEnd | Next::CommaOrEnd, Token::Mark(b'}')) => self.end(true),
            (Next::ValueOrEnd | Next::CommaOrEnd, Token::Mark(b']')) => self.end(false),
            (next, token) => Err(format!("expected {}, found {}", next.words(), token.words()).into()),
        }
    }

    /// Sets the meaning of the next element of an array.
    fn enter_element(&mut self) {
        if let Some(frame) = self.stack.last().filter(|frame| !frame.object) {
            self.role = match frame.role {
                Role::Result if self.scalar_result(frame.values) => Role::Sample,
                Role::Result => Role::Series,
                Role::Values => Role::Sample,
                role => role,
            };
        }
    }

    /// Whether the result begins with a number, as a scalar does: `[1795490830,"1"]`.
    fn scalar_result(&self, values: usize) -> bool {
        values > 0 && self.sample.0.is_some() && self.body.series.is_empty()
    }

    fn open(&mut self, object: bool) -> Result<(), Wrong> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} levels of nesting").into());
        }
        let fits = match self.role {
            Role::Top | Role::Data | Role::Series | Role::Metric => object,
            Role::Texts(_) | Role::Result | Role::Values | Role::Sample => !object,
            Role::Skip => true,
            _ => false,
        };
        if !fits {
            return Err(self.role.unexpected(if object { "an object" } else { "an array" }).into());
        }
        match (self.role, self.stack.last().map(|frame| frame.role)) {
            (Role::Sample, Some(Role::Result)) => return Err(self.role.unexpected("an array").into()),
            (Role::Sample, _) => self.sample = (None, None),
            (Role::Series, _) if self.max_series.is_some_and(|most| self.body.series.len() >= most) => {
                self.enough = true;
                return Ok(());
            }
            (Role::Series, _) => {
                self.taken.add(SERIES_BYTES)?;
                // The series of a range query are usually as long as the previous one.
                let capacity = self.body.series.last().map_or(0, |series| series.values.len());
                self.body.series.push(Series {
                    labels: Vec::new(),
                    timestamps_ms: Vec::with_capacity(capacity),
                    values: Vec::with_capacity(capacity),
                });
            }
            _ => {}
        }
        self.stack.push(Frame { object, role: self.role, values: 0 });
        if object {
            self.next = Next::KeyOrEnd;
        } else {
            self.next = Next::ValueOrEnd;
            self.enter_element();
        }
        Ok(())
    }

    fn end(&mut self, object: bool) -> Result<(), Wrong> {
        let Some(frame) = self.stack.last().copied().filter(|frame| frame.object == object) else {
            return Err(format!("a `{}` that closes nothing", if object { '}' } else { ']' }).into());
        };
        match (frame.role, self.sample) {
            (Role::Sample, (Some(at_ms), Some(value))) => {
                let series = self.body.series.last_mut().ok_or_else(|| "a sample outside of a series".to_owned())?;
                series.timestamps_ms.push(at_ms);
                series.values.push(value);
                self.taken.add(SAMPLE_BYTES)?;
            }
            (Role::Sample, _) => return Err("expected a time and a value in a sample, found less".to_owned().into()),
            _ => {}
        }
        self.close();
        Ok(())
    }

    /// Closes the innermost array or object.
    fn close(&mut self) {
        self.stack.pop();
        self.after_value();
    }

    fn after_value(&mut self) {
        match self.stack.last_mut() {
            None => self.next = Next::Nothing,
            Some(frame) => {
                frame.values += 1;
                self.next = Next::CommaOrEnd;
            }
        }
    }

    fn key(&mut self, key: &str) -> Result<(), Wrong> {
        self.next = Next::Colon;
        let inside = self.stack.last().map_or(Role::Skip, |frame| frame.role);
        self.role = match (inside, key) {
            (Role::Top, "status") => Role::Status,
            (Role::Top, "errorType") => Role::ErrorType,
            (Role::Top, "error") => Role::Error,
            (Role::Top, "warnings") => Role::Texts(RemarkSeverity::Warning),
            (Role::Top, "infos") => Role::Texts(RemarkSeverity::Info),
            (Role::Top, "isPartial") => Role::Partial,
            (Role::Top, "data") => Role::Data,
            (Role::Data, "resultType") => Role::ResultType,
            (Role::Data, "result") => Role::Result,
            (Role::Series, "metric") => Role::Metric,
            (Role::Series, "values") => Role::Values,
            (Role::Series, "value") => Role::Sample,
            (Role::Series, "histogram" | "histograms") => {
                self.histograms += 1;
                Role::Skip
            }
            (Role::Metric, name) => {
                self.taken.add(LABEL_BYTES + name.len())?;
                if let Some(series) = self.body.series.last_mut() {
                    series.labels.push((name.to_owned(), String::new()));
                }
                Role::Label
            }
            _ => Role::Skip,
        };
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Wrong> {
        let place = match self.role {
            Role::Status => &mut self.body.status,
            Role::ErrorType => &mut self.body.error_type,
            Role::Error => &mut self.body.error,
            Role::ResultType => &mut self.body.result_type,
            Role::Texts(severity) if !self.stack.is_empty() => {
                // Each remark is compared with those before it, so many would also take long.
                if self.body.remarks.len() < MOST_NOTICES {
                    self.taken.add(text.len())?;
                    add_remark(&mut self.body.remarks, severity, text);
                }
                return Ok(());
            }
            Role::Label => {
                self.taken.add(text.len())?;
                if let Some((_, value)) = self.body.series.last_mut().and_then(|series| series.labels.last_mut()) {
                    text.clone_into(value);
                }
                return Ok(());
            }
            Role::Sample => return self.sample_text(text),
            Role::Skip => return Ok(()),
            role => return Err(role.unexpected("a text").into()),
        };
        *place = Some(text.to_owned());
        Ok(())
    }

    /// Takes the value of a sample or of a scalar.
    fn sample_text(&mut self, text: &str) -> Result<(), Wrong> {
        match self.stack.last() {
            Some(Frame { role: Role::Result, values: 1, .. }) => self.scalar = Some(text.to_owned()),
            Some(Frame { role: Role::Sample, values: 1, .. }) => {
                let value = number::value(text.as_bytes());
                self.sample.1 = Some(value.ok_or_else(|| {
                    format!("expected a number in a sample, found `{}`", text.chars().take(40).collect::<String>())
                })?);
            }
            _ => return Err("expected a time and a value in a sample, found a text".to_owned().into()),
        }
        Ok(())
    }

    fn number(&mut self, text: &str) -> Result<(), Wrong> {
        match (self.role, self.stack.last()) {
            (Role::Skip, _) => Ok(()),
            (Role::Series, Some(Frame { role: Role::Result, values: 0, .. }))
            | (Role::Sample, Some(Frame { role: Role::Sample, values: 0, .. })) => {
                let at_ms = number::time_ms(text).ok_or_else(|| format!("expected a time in seconds, found {text}"))?;
                self.sample.0 = Some(at_ms);
                Ok(())
            }
            (role, _) => Err(role.unexpected("a number").into()),
        }
    }
}

fn error(at: u64, what: impl Into<String>) -> ParseError {
    ParseError { at, what: what.into(), too_much: false }
}

impl Next {
    /// Its name in an error message.
    fn words(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::ValueOrEnd => "a value or `]`",
            Self::Key => "a key",
            Self::KeyOrEnd => "a key or `}`",
            Self::Colon => "`:`",
            Self::CommaOrEnd => "`,` or the end of the object or array",
            Self::Nothing => "the end of the body",
        }
    }
}

impl Token<'_> {
    /// Its text in an error message.
    fn words(&self) -> String {
        match self {
            Self::Mark(mark) => format!("`{}`", char::from(*mark)),
            Self::Text(_) => "a text".to_owned(),
            Self::Number(_) => "a number".to_owned(),
            Self::Bool(_) => "true or false".to_owned(),
            Self::Null => "null".to_owned(),
        }
    }
}

impl Role {
    /// The error message for a value that is not allowed here.
    fn unexpected(self, found: &str) -> String {
        let place = match self {
            Self::Top => "an object as the answer",
            Self::Status => "a text in `status`",
            Self::ErrorType => "a text in `errorType`",
            Self::Error => "a text in `error`",
            Self::Texts(_) => "a list of texts in `warnings` or `infos`",
            Self::Partial => "true or false in `isPartial`",
            Self::Data => "an object in `data`",
            Self::ResultType => "a text in `resultType`",
            Self::Result => "a list in `result`",
            Self::Series => "an object as a series",
            Self::Metric => "an object in `metric`",
            Self::Label => "a text as the value of a label",
            Self::Values => "a list in `values`",
            Self::Sample => "a time and a value in a sample",
            Self::Skip => "anything",
        };
        format!("expected {place}, found {found}")
    }
}
