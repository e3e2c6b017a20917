//! Text of a document: unescaped, repaired, and only as much of it as was asked for.

use super::lexer::{self, Token};
use super::parser::{JsonType, Parser};
use super::skip::TEXT;
use super::stop::Stop;

/// Text of the document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) value: String,
    /// Whether the text is longer than what was asked for.
    pub(crate) cut: bool,
}

impl Parser<'_, '_> {
    /// Reads at most about `limit` bytes of a text.
    pub(crate) fn text(&mut self, limit: usize) -> Result<Option<Text>, Stop> {
        if !self.begins(JsonType::Text)? {
            return Ok(None);
        }
        self.input.at += 1;
        let mut bytes = Vec::new();
        let mut cut = false;
        loop {
            let window = self.input.window();
            let from = self.input.at;
            let to = lexer::special(window, from);
            let room = limit.saturating_sub(bytes.len());
            cut |= to - from > room;
            bytes.extend_from_slice(&window[from..from + room.min(to - from)]);
            let byte = window.get(to).copied();
            self.input.at = to;
            match byte {
                Some(b'"') => {
                    self.input.at = to + 1;
                    break;
                }
                Some(b'\\') => {
                    let character = self.unescape()?;
                    if bytes.len() < limit {
                        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    } else {
                        cut = true;
                    }
                }
                Some(_) => return Err(self.malformed(to, TEXT)),
                None => self.more()?,
            }
        }
        self.pending = false;
        Ok(Some(Text { value: String::from_utf8_lossy(&bytes).into_owned(), cut }))
    }

    /// Reads a short text that is a name; longer text is cut.
    pub(crate) fn name(&mut self) -> Result<Option<String>, Stop> {
        Ok(self.text(512)?.map(|text| text.value))
    }

    /// Reads the escape sequence, or the pair of them, that begins with the next backslash.
    fn unescape(&mut self) -> Result<char, Stop> {
        let character = match self.escape_unit()? {
            Escape::Plain(character) => character,
            Escape::Unit(high @ 0xd800..=0xdbff) => match self.low_surrogate()? {
                Some(low) => {
                    let code = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(low) - 0xdc00);
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                None => char::REPLACEMENT_CHARACTER,
            },
            Escape::Unit(unit) => char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER),
        };
        Ok(character)
    }

    /// The escape sequence at the position, complete in the window; moves behind it.
    fn escape_unit(&mut self) -> Result<Escape, Stop> {
        let end = loop {
            match lexer::escape(self.input.window(), self.input.at) {
                Token::Ends(end) => break end,
                Token::Open(_) => self.more()?,
                Token::Bad(bad) => return Err(self.malformed(bad, TEXT)),
            }
        };
        let sequence = &self.input.window()[self.input.at + 1..end];
        let escape = match sequence {
            [b'u', digits @ ..] => Escape::Unit(
                std::str::from_utf8(digits).ok().and_then(|text| u16::from_str_radix(text, 16).ok()).unwrap_or(0xfffd),
            ),
            [b'b'] => Escape::Plain('\u{8}'),
            [b'f'] => Escape::Plain('\u{c}'),
            [b'n'] => Escape::Plain('\n'),
            [b'r'] => Escape::Plain('\r'),
            [b't'] => Escape::Plain('\t'),
            [other] => Escape::Plain(char::from(*other)),
            _ => Escape::Plain(char::REPLACEMENT_CHARACTER),
        };
        self.input.at = end;
        Ok(escape)
    }

    /// The low surrogate after a high one, if it follows.
    fn low_surrogate(&mut self) -> Result<Option<u16>, Stop> {
        while self.input.window().len() < self.input.at + 6 && !self.input.is_last() {
            self.more()?;
        }
        let follows = self.input.window()[self.input.at..].starts_with(b"\\u");
        if !follows {
            return Ok(None);
        }
        let before = self.input.at;
        match self.escape_unit()? {
            Escape::Unit(low @ 0xdc00..=0xdfff) => Ok(Some(low)),
            Escape::Unit(_) | Escape::Plain(_) => {
                self.input.at = before;
                Ok(None)
            }
        }
    }
}

/// The meaning of an escape sequence.
enum Escape {
    Plain(char),
    /// A UTF-16 code unit.
    Unit(u16),
}
