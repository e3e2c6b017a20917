//! Converts UTF-16 text, which PowerShell's `>` writes, to UTF-8.

use std::io::{self, Read};

/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// Whether these are the first bytes of UTF-16 text with a byte order mark; if so, whether the high byte of each unit
/// comes first.
pub(crate) fn begins(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        _ => None,
    }
}

/// A reader of UTF-8 over one of UTF-16. Invalid characters become U+FFFD.
pub(crate) struct Utf16<R> {
    reader: R,
    high_first: bool,
    /// Bytes that were read but not decoded yet: half a unit, or half a pair of units.
    raw: Vec<u8>,
    /// Decoded UTF-8; it has been returned up to `given`.
    text: String,
    given: usize,
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(reader: R, high_first: bool) -> Self {
        Self { reader, high_first, raw: Vec::new(), text: String::new(), given: 0 }
    }

    /// Decodes the next chunk; `false` at the end.
    fn decode(&mut self) -> io::Result<bool> {
        let had = self.raw.len();
        self.reader.by_ref().take(CHUNK as u64).read_to_end(&mut self.raw)?;
        let last = self.raw.len() == had;
        if self.raw.is_empty() {
            return Ok(false);
        }
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            if self.high_first { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        let mut kept = self.raw.len() % 2;
        // The second half of a character may be in the next chunk.
        if !last && units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            units.pop();
            kept += 2;
        }
        if last && kept > 0 {
            // Half a unit at the end is not a character.
            units.push(0xfffd);
            kept = 0;
        }
        self.raw.drain(..self.raw.len() - kept);
        self.text.clear();
        self.given = 0;
        self.text.extend(char::decode_utf16(units).map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)));
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        // A chunk may be half a character and decode to nothing.
        while self.given == self.text.len() {
            if !self.decode()? {
                return Ok(0);
            }
        }
        let rest = &self.text.as_bytes()[self.given..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let high_first = begins(bytes).unwrap();
        let mut text = String::new();
        Utf16::new(bytes, high_first).read_to_string(&mut text).unwrap();
        assert_eq!(text.trim_start_matches('\u{feff}'), expected);
    }

    fn encoded(text: &str, high_first: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit| if high_first { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn both_orders_and_every_character() {
        for text in ["{\"a\": 1}\r\n", "Größe µs 🚀", "", &"ab🚀".repeat(CHUNK)] {
            for high_first in [false, true] {
                check(&encoded(text, high_first), text);
            }
        }
        // Half of a pair, and half of a unit.
        check(&[0xff, 0xfe, 0x3d, 0xd8, b'a', 0], "\u{fffd}a");
        check(&[0xff, 0xfe, b'a', 0, b'b'], "a\u{fffd}");
    }
}
