//! The pull parser: a reader asks for the value that it expects, and gets it or learns that it does not exist.

use super::MAX_DEPTH;
use super::key::Key;
use super::lexer::{self, Member, Token};
use super::notes::Notes;
use super::skip::{ARRAY_SEPARATOR, KEY, OBJECT_SEPARATOR, Progress, Skip, TEXT, VALUE};
use super::stop::Stop;
use crate::input::Input;
use crate::limits;
use crate::problem::{Code, Problem};

/// Reads one document, value by value.
///
/// The methods that read a value return `None` (or `false`) if the value is null, and also if it has another type,
/// which is reported. In both cases the value is skipped and reading continues. Only a document that is not JSON
/// [stops](Stop) the reading.
pub(crate) struct Parser<'i, 'r> {
    pub(super) input: &'i mut Input<'r>,
    frames: Vec<Frame>,
    /// Whether the value of the current key or index has not been read yet.
    pub(super) pending: bool,
    notes: Notes,
}

/// An open container, and the parser's position in it.
enum Frame {
    Object(Key),
    Array(usize),
}

/// The type of the next value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonType {
    Object,
    Array,
    Text,
    /// A number, including the infinities.
    Number,
    Bool,
    /// Null or NaN.
    Null,
}

impl JsonType {
    fn name(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::Text => "text",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Null => "null",
        }
    }
}

impl<'i, 'r> Parser<'i, 'r> {
    /// A parser for the document that begins at the input's position.
    pub(crate) fn new(input: &'i mut Input<'r>) -> Self {
        Self { input, frames: Vec::new(), pending: true, notes: Notes::default() }
    }

    /// What was ignored while reading, as problems of `source`.
    pub(crate) fn into_problems(self, source: &str) -> impl Iterator<Item = Problem> {
        self.notes.problems(source)
    }

    /// The position, for example `benchmarks[3].metrics`; `None` at the top.
    pub(crate) fn path(&self) -> Option<String> {
        let mut path = String::new();
        for frame in &self.frames {
            match frame {
                Frame::Object(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key.as_str());
                }
                Frame::Array(index) => {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        (!path.is_empty()).then_some(path)
    }

    /// The problem that stopped the reading.
    pub(crate) fn problem(&self, stop: &Stop, source: &str) -> Problem {
        match stop.explain(self.input.offset()) {
            Ok((code, message)) => Problem { source: source.to_owned(), code, path: self.path(), message },
            Err(error) => self.input.problem(error, source),
        }
    }

    /// Adds a problem at the current position, to be reported with the others.
    pub(crate) fn note(&mut self, code: Code, message: impl FnOnce() -> String) {
        let path = self.path().unwrap_or_else(|| "document".to_owned());
        self.notes.add(code, path, message);
    }

    /// Reads an object: calls `each` with every key. Values that `each` does not read are skipped. `false` if the value
    /// is not an object.
    pub(crate) fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Result<(), Stop>) -> Result<bool, Stop> {
        if !self.begins(JsonType::Object)? {
            return Ok(false);
        }
        self.enter(Frame::Object(Key::EMPTY))?;
        let mut first = true;
        while let Some(key) = self.next_key(first)? {
            first = false;
            self.pending = true;
            each(self, key.as_str())?;
            if self.pending {
                self.skip()?;
            }
        }
        self.leave();
        Ok(true)
    }

    /// Reads an object of which only the members in `names` matter: calls `each` with the index of the name. A faster
    /// [`Parser::object`], for rows of which there are hundreds of thousands.
    pub(crate) fn members(
        &mut self,
        names: &[&str],
        mut each: impl FnMut(&mut Self, usize) -> Result<(), Stop>,
    ) -> Result<bool, Stop> {
        if !self.begins(JsonType::Object)? {
            return Ok(false);
        }
        self.enter(Frame::Object(Key::EMPTY))?;
        let mut first = true;
        loop {
            let window = self.input.window();
            let which = if let Some(Member { name, value }) = lexer::plain_member(window, self.input.at, first) {
                let which = names.iter().position(|known| known.as_bytes() == &window[name.clone()]);
                let key = Key::at_start(&window[name.start..], name.len());
                self.input.at = value;
                self.in_key(key);
                which
            } else {
                let Some(key) = self.next_key(first)? else { break };
                names.iter().position(|known| *known == key.as_str())
            };
            first = false;
            self.pending = true;
            if let Some(which) = which {
                each(self, which)?;
            }
            if self.pending {
                self.skip()?;
            }
        }
        self.leave();
        Ok(true)
    }

    /// Reads an array: calls `each` with every index. Values that `each` does not read are skipped. `false` if the
    /// value is not an array.
    pub(crate) fn array(&mut self, mut each: impl FnMut(&mut Self, usize) -> Result<(), Stop>) -> Result<bool, Stop> {
        if !self.begins(JsonType::Array)? {
            return Ok(false);
        }
        self.enter(Frame::Array(0))?;
        let mut index = 0;
        while self.next_element(index)? {
            self.pending = true;
            each(self, index)?;
            if self.pending {
                self.skip()?;
            }
            index += 1;
        }
        self.leave();
        Ok(true)
    }

    /// Reads a number. NaN, infinities and numbers beyond [`limits::LARGEST`] are reported and count as null.
    pub(crate) fn number(&mut self) -> Result<Option<f64>, Stop> {
        if !self.begins(JsonType::Number)? {
            return Ok(None);
        }
        let end = self.number_end()?;
        let parsed = std::str::from_utf8(&self.input.window()[self.input.at..end])
            .ok()
            .and_then(|text| text.parse::<f64>().ok());
        self.input.at = end;
        self.pending = false;
        match parsed {
            Some(number) if number.abs() <= limits::LARGEST => Ok(Some(number)),
            Some(_) => {
                self.note(Code::OutOfRange, || {
                    format!(
                        "expected a number of at most {:e}; found a larger one. It is treated as not measured: \
                         check the tool that wrote it.",
                        limits::LARGEST
                    )
                });
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Reads a number or an infinity, which tools write if there is no limit.
    pub(crate) fn number_or_infinity(&mut self) -> Result<Option<f64>, Stop> {
        if self.kind()? == JsonType::Number {
            let positive = self.input.window().get(self.input.at) == Some(&b'I');
            if positive || self.minus_infinity()? {
                self.skip()?;
                return Ok(Some(if positive { f64::INFINITY } else { f64::NEG_INFINITY }));
            }
        }
        self.number()
    }

    /// Reads a whole number that is zero or more.
    pub(crate) fn count(&mut self) -> Result<Option<u64>, Stop> {
        let Some(number) = self.number()? else { return Ok(None) };
        // Above 2^53, not every whole number can be represented.
        if (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0 {
            // In range and whole, as just checked.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Ok(Some(number as u64));
        }
        self.note(Code::OutOfRange, || {
            format!(
                "expected a whole number that is zero or more; found {number}. It is treated as not measured: \
                 check the tool that wrote it."
            )
        });
        Ok(None)
    }

    /// Reads text, a number or a truth value, as people write it; `None` for null and for containers, which are not a
    /// problem here.
    pub(crate) fn scalar(&mut self) -> Result<Option<String>, Stop> {
        match self.kind()? {
            JsonType::Text => self.name(),
            JsonType::Number => Ok(self.number()?.map(|number| number.to_string())),
            JsonType::Bool => {
                let value = self.input.window().get(self.input.at) == Some(&b't');
                self.skip()?;
                Ok(Some(value.to_string()))
            }
            JsonType::Object | JsonType::Array | JsonType::Null => Ok(None),
        }
    }

    /// Skips a value.
    pub(crate) fn skip(&mut self) -> Result<(), Stop> {
        let mut walk = Skip::new(self.frames.len());
        loop {
            let at = self.input.at;
            match walk.run(self.input.window(), at, self.input.is_last()) {
                Progress::Done(end) => {
                    self.input.at = end;
                    self.pending = false;
                    return Ok(());
                }
                Progress::More(from) => {
                    self.input.at = from;
                    self.more()?;
                }
                Progress::Bad(bad, expected) => return Err(self.malformed(bad, expected)),
                Progress::TooDeep(at) => {
                    self.input.at = at;
                    return Err(Stop::TooDeep);
                }
            }
        }
    }

    /// The type of the next value.
    pub(crate) fn kind(&mut self) -> Result<JsonType, Stop> {
        self.blank()?;
        let window = self.input.window();
        match window.get(self.input.at) {
            Some(b'{') => Ok(JsonType::Object),
            Some(b'[') => Ok(JsonType::Array),
            Some(b'"') => Ok(JsonType::Text),
            Some(b'0'..=b'9' | b'-' | b'I') => Ok(JsonType::Number),
            Some(b't' | b'f') => Ok(JsonType::Bool),
            Some(b'n' | b'N') => Ok(JsonType::Null),
            Some(_) => Err(self.malformed(self.input.at, VALUE)),
            None => Err(Stop::Truncated),
        }
    }

    /// Expects the end of the file after the document.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        loop {
            self.input.at = lexer::blank(self.input.window(), self.input.at);
            if self.input.at < self.input.window().len() {
                return Err(self.malformed(self.input.at, "the end of the file"));
            }
            if !self.input.slide().map_err(Stop::Unreadable)? {
                return Ok(());
            }
        }
    }

    /// Whether a value of this type comes next. Null is skipped; a value of another type, or an invalid number, is
    /// reported and skipped.
    pub(super) fn begins(&mut self, wanted: JsonType) -> Result<bool, Stop> {
        let found = self.kind()?;
        let first = self.input.window().get(self.input.at).copied();
        let infinite = found == JsonType::Number && (first == Some(b'I') || self.minus_infinity()?);
        if found == wanted && !infinite {
            return Ok(true);
        }
        if infinite || first == Some(b'N') {
            self.note(Code::NotANumber, || {
                format!(
                    "expected {}; found {}. It is treated as not measured: check the tool that wrote it.",
                    wanted.name(),
                    if infinite { "an infinity" } else { "NaN" }
                )
            });
        } else if found != JsonType::Null {
            self.note(Code::WrongType, || {
                format!(
                    "expected {}; found {}. It is treated as missing: check that the report is of a supported version.",
                    wanted.name(),
                    found.name()
                )
            });
        }
        self.skip()?;
        Ok(false)
    }

    fn minus_infinity(&mut self) -> Result<bool, Stop> {
        loop {
            match &self.input.window()[self.input.at..] {
                [b'-', next, ..] => return Ok(*next == b'I'),
                [b'-'] => self.more()?,
                _ => return Ok(false),
            }
        }
    }

    fn number_end(&mut self) -> Result<usize, Stop> {
        loop {
            match lexer::number(self.input.window(), self.input.at, self.input.is_last()) {
                Token::Ends(end) => return Ok(end),
                Token::Open(_) => self.more()?,
                Token::Bad(bad) => return Err(self.malformed(bad, "a number")),
            }
        }
    }

    /// Skips white space, to a byte of the document or its end.
    fn blank(&mut self) -> Result<(), Stop> {
        loop {
            self.input.at = lexer::blank(self.input.window(), self.input.at);
            if self.input.at < self.input.window().len() {
                return Ok(());
            }
            self.more()?;
        }
    }

    /// Reads more of the document into the window. Callers must scan again from the position.
    pub(super) fn more(&mut self) -> Result<(), Stop> {
        let knew_the_end = self.input.is_last();
        if self.input.slide().map_err(Stop::Unreadable)? || self.input.is_last() != knew_the_end {
            return Ok(());
        }
        Err(if self.input.is_last() { Stop::Truncated } else { Stop::TooLong })
    }

    pub(super) fn malformed(&mut self, at: usize, expected: &'static str) -> Stop {
        self.input.at = at;
        let found = self.input.window().get(at).copied().unwrap_or_default();
        Stop::Malformed { expected, found, offset: self.input.offset() }
    }

    fn enter(&mut self, frame: Frame) -> Result<(), Stop> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        self.input.at += 1;
        self.frames.push(frame);
        Ok(())
    }

    fn leave(&mut self) {
        self.frames.pop();
        self.pending = false;
    }

    /// Moves to the next member and its value; `None` after the end of the object.
    fn next_key(&mut self, first: bool) -> Result<Option<Key>, Stop> {
        let window = self.input.window();
        if let Some(Member { name, value }) = lexer::plain_member(window, self.input.at, first) {
            let key = Key::at_start(&window[name.start..], name.len());
            self.input.at = value;
            self.in_key(key);
            return Ok(Some(key));
        }
        self.blank()?;
        let byte = self.input.window().get(self.input.at).copied();
        match byte {
            Some(b'}') => {
                self.input.at += 1;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.input.at += 1;
                self.blank()?;
            }
            _ if first => {}
            _ => return Err(self.malformed(self.input.at, OBJECT_SEPARATOR)),
        }
        if self.input.window().get(self.input.at) != Some(&b'"') {
            return Err(self.malformed(self.input.at, KEY));
        }
        let key = self.key_text()?;
        self.blank()?;
        if self.input.window().get(self.input.at) != Some(&b':') {
            return Err(self.malformed(self.input.at, KEY));
        }
        self.input.at += 1;
        self.in_key(key);
        Ok(Some(key))
    }

    fn in_key(&mut self, key: Key) {
        if let Some(Frame::Object(current)) = self.frames.last_mut() {
            *current = key;
        }
    }

    /// Reads the key whose opening quote is next, and moves behind its closing quote.
    fn key_text(&mut self) -> Result<Key, Stop> {
        loop {
            let (window, from) = (self.input.window(), self.input.at + 1);
            match lexer::text(window, from) {
                Token::Ends(end) => {
                    let raw = &window[from..end - 1];
                    if raw.contains(&b'\\') {
                        let name = self.text(usize::MAX)?;
                        return Ok(Key::new(name.map(|text| text.value).unwrap_or_default().as_bytes()));
                    }
                    let key = Key::new(raw);
                    self.input.at = end;
                    return Ok(key);
                }
                Token::Open(_) => self.more()?,
                Token::Bad(bad) => return Err(self.malformed(bad, TEXT)),
            }
        }
    }

    /// Moves to the element `index`; `false` after the end of the array.
    fn next_element(&mut self, index: usize) -> Result<bool, Stop> {
        self.blank()?;
        match self.input.window().get(self.input.at) {
            Some(b']') => {
                self.input.at += 1;
                return Ok(false);
            }
            Some(b',') if index > 0 => self.input.at += 1,
            _ if index == 0 => {}
            _ => return Err(self.malformed(self.input.at, ARRAY_SEPARATOR)),
        }
        // A bracket after a comma is not an element; `kind` refuses it when the value is read.
        if let Some(Frame::Array(current)) = self.frames.last_mut() {
            *current = index;
        }
        Ok(true)
    }
}
