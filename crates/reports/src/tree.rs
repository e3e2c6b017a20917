//! A small document, or the small part of a large one, held in memory.
//!
//! Most tools write a few kilobytes for one load step. Such a report is read as a whole through the streaming parser,
//! which keeps its tolerance and its notes, and values are then looked up by path.

use crate::json::{JsonType, Parser, Stop};
use crate::limits;
use crate::problem::Code;

/// Bytes that a value takes besides its text.
const VALUE_BYTES: usize = 64;

/// The most bytes of a text that are kept.
const MAX_TEXT: usize = 512;

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    /// A number or an infinity.
    Number(f64),
    /// Text, cut if it is long.
    Text(String),
    List(Vec<Tree>),
    /// Members in the order of the document.
    Map(Vec<(String, Tree)>),
}

/// An absent value.
static NULL: Tree = Tree::Null;

impl Tree {
    /// Reads the next value.
    pub(crate) fn read(parser: &mut Parser<'_, '_>) -> Result<Self, Stop> {
        Self::read_within(parser, &mut Room::default())
    }

    /// Reads the next value, within room that it shares with others.
    pub(crate) fn read_within(parser: &mut Parser<'_, '_>, room: &mut Room) -> Result<Self, Stop> {
        Ok(read(parser, room)?.unwrap_or(Self::Null))
    }

    /// The value at a path such as `latency.p95`, whose keys contain no dot; null if absent.
    pub(crate) fn at(&self, path: &str) -> &Self {
        path.split('.').fold(self, |tree, key| tree.get(key))
    }

    /// The value of a key; null if absent.
    pub(crate) fn get(&self, key: &str) -> &Self {
        self.entries().iter().find(|(name, _)| name == key).map_or(&NULL, |(_, value)| value)
    }

    /// The members of a mapping; empty for other values.
    pub(crate) fn entries(&self) -> &[(String, Self)] {
        if let Self::Map(entries) = self { entries } else { &[] }
    }

    /// The elements of a list; empty for other values.
    pub(crate) fn items(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }

    /// A finite number.
    pub(crate) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number).filter(|number| number.is_finite()) } else { None }
    }

    /// A finite number above zero.
    pub(crate) fn positive(&self) -> Option<f64> {
        self.number().filter(|&number| number > 0.0)
    }

    /// A whole number that is zero or more.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = self.number().filter(|number| (0.0..9.0e15).contains(number) && number.fract() == 0.0)?;
        // In range and whole, as just checked.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(number as u64)
    }

    /// Text that is not empty.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.trim()).filter(|text| !text.is_empty()) } else { None }
    }

    /// A scalar, as people write it; `None` for null and containers.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(_) => self.text().map(str::to_owned),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// How many more bytes of a document may be kept.
pub(crate) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(limits::TREE_BYTES)
    }
}

impl Room {
    /// Takes room for a value with this many bytes of text; `false` if there is none left.
    fn take(&mut self, text: usize) -> bool {
        let room = self.0.checked_sub(VALUE_BYTES + text);
        self.0 = room.unwrap_or(0);
        room.is_some()
    }
}

/// Reads the next value; `None`, which is reported, if there is no room for it.
fn read(parser: &mut Parser<'_, '_>, room: &mut Room) -> Result<Option<Tree>, Stop> {
    if !room.take(0) {
        parser.note(Code::OutOfRange, || {
            format!(
                "expected at most {} bytes of values; found more. What follows here is not read: check what the file is.",
                limits::TREE_BYTES
            )
        });
        parser.skip()?;
        return Ok(None);
    }
    Ok(Some(match parser.kind()? {
        JsonType::Object => {
            let mut entries = Vec::new();
            parser.object(|parser, key| {
                let key = key.to_owned();
                room.take(key.len());
                entries.extend(read(parser, room)?.map(|value| (key, value)));
                Ok(())
            })?;
            Tree::Map(entries)
        }
        JsonType::Array => {
            let mut items = Vec::new();
            parser.array(|parser, _| {
                items.extend(read(parser, room)?);
                Ok(())
            })?;
            Tree::List(items)
        }
        JsonType::Text => {
            let text = parser.text(MAX_TEXT)?.map(|text| text.value).unwrap_or_default();
            room.take(text.len());
            Tree::Text(text)
        }
        // The parser reports NaN and reads it as null.
        JsonType::Number | JsonType::Null => parser.number_or_infinity()?.map_or(Tree::Null, Tree::Number),
        JsonType::Bool => Tree::Bool(parser.scalar()?.is_some_and(|truth| truth == "true")),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;

    #[test]
    fn values_are_found_by_path() {
        let json = br#"{"a": {"b": [1, "x", null]}, "rate": Infinity, "low": -Infinity, "t": true, "e": " "}"#;
        let mut input = Input::over(json);
        let mut parser = Parser::new(&mut input);
        let tree = Tree::read(&mut parser).unwrap();
        assert_eq!(tree.at("a.b").items().len(), 3);
        assert_eq!(tree.at("a.b").items()[0].count(), Some(1));
        assert_eq!(tree.at("a.c.d"), &Tree::Null);
        assert_eq!(tree.at("rate"), &Tree::Number(f64::INFINITY));
        assert_eq!((tree.at("rate").number(), tree.at("low").positive()), (None, None));
        assert_eq!(tree.at("t").scalar().as_deref(), Some("true"));
        assert_eq!(tree.at("e").text(), None);
        assert_eq!(parser.into_problems("a").count(), 0);
    }
}
