//! Finds where tokens end. Pure functions over a slice of a document.

/// How far a token extends in the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// It ends before this index.
    Ends(usize),
    /// It extends to the end of the slice; scanning may continue from this index.
    Open(usize),
    /// The byte at this index is not allowed.
    Bad(usize),
}

/// The first index at or after `at` that is not white space.
#[inline]
pub(super) fn blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The index of the first quote, backslash or control character at or after `at`; the length of the slice if there is
/// none.
#[inline]
pub(super) fn special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Eight bytes at a time. A byte x is zero if (x - 1) & !x has its high bit set, which is exact for the lowest such
    // byte of a word. Bytes below 0x20 are found in the same way.
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * 0x22);
        let slash = word ^ (ONES * 0x5c);
        let found = (word.wrapping_sub(ONES * 0x20) & !word)
            | (quote.wrapping_sub(ONES) & !quote)
            | (slash.wrapping_sub(ONES) & !slash);
        let found = found & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' || byte == b'\\' || byte < 0x20 {
            return at;
        }
        at += 1;
    }
    at
}

/// A member's name, and where its value begins.
pub(super) struct Member {
    pub(super) name: std::ops::Range<usize>,
    pub(super) value: usize,
}

/// The member at or after `at`, if it is completely in the slice and its name has no escapes, as for nearly every
/// member. `None` leaves everything else to slower code.
#[inline]
pub(super) fn plain_member(bytes: &[u8], at: usize, first: bool) -> Option<Member> {
    let mut at = blank(bytes, at);
    if !first {
        if bytes.get(at) != Some(&b',') {
            return None;
        }
        at = blank(bytes, at + 1);
    }
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let start = at + 1;
    let end = special(bytes, start);
    if bytes.get(end) != Some(&b'"') {
        return None;
    }
    let colon = blank(bytes, end + 1);
    (bytes.get(colon) == Some(&b':')).then_some(Member { name: start..end, value: colon + 1 })
}

/// Where a text ends: behind its closing quote. Its opening quote is before `at`.
#[inline]
pub(super) fn text(bytes: &[u8], mut at: usize) -> Token {
    loop {
        at = special(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Token::Ends(at + 1),
            Some(b'\\') => match escape(bytes, at) {
                Token::Ends(next) => at = next,
                other => return other,
            },
            Some(_) => return Token::Bad(at),
            None => return Token::Open(at),
        }
    }
}

/// Where an escape sequence ends. Its backslash is at `at`.
#[inline]
pub(super) fn escape(bytes: &[u8], at: usize) -> Token {
    match bytes.get(at + 1) {
        None => Token::Open(at),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Token::Ends(at + 2),
        Some(b'u') => {
            for digit in at + 2..at + 6 {
                match bytes.get(digit) {
                    None => return Token::Open(at),
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => return Token::Bad(digit),
                }
            }
            Token::Ends(at + 6)
        }
        Some(_) => Token::Bad(at + 1),
    }
}

/// Where a number ends that begins at `start` (RFC 8259 §6). At the end of the slice, a number is complete only if the
/// slice is the `last` one of the document.
#[inline]
pub(super) fn number(bytes: &[u8], start: usize, last: bool) -> Token {
    let mut at = start;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at = digits(bytes, at + 1),
        Some(_) => return Token::Bad(at),
        None => return Token::Open(start),
    }
    if bytes.get(at) == Some(&b'.') {
        let from = at + 1;
        at = digits(bytes, from);
        if at == from {
            return if at < bytes.len() { Token::Bad(at) } else { Token::Open(start) };
        }
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        let from = at;
        at = digits(bytes, from);
        if at == from {
            return if at < bytes.len() { Token::Bad(at) } else { Token::Open(start) };
        }
    }
    if at == bytes.len() && !last { Token::Open(start) } else { Token::Ends(at) }
}

#[inline]
fn digits(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b'0'..=b'9') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The words that are values. The last three are not JSON but Python's.
const WORDS: [&[u8]; 6] = [b"null", b"true", b"false", b"NaN", b"Infinity", b"-Infinity"];

/// Where a word ends that begins at `at`.
#[inline]
pub(super) fn word(bytes: &[u8], at: usize) -> Token {
    let rest = bytes.get(at..).unwrap_or_default();
    // No two words begin with the same byte.
    let Some(word) = WORDS.into_iter().find(|word| word.first() == rest.first()) else { return Token::Bad(at) };
    match word.iter().zip(rest).position(|(wanted, found)| wanted != found) {
        Some(wrong) => Token::Bad(at + wrong),
        None if rest.len() < word.len() => Token::Open(at),
        None => Token::Ends(at + word.len()),
    }
}
