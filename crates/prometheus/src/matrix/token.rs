//! JSON tokens, from bytes that may end anywhere.

use std::borrow::Cow;

/// An answer of a Prometheus never has a longer name, text or number, in bytes.
const MAX_TOKEN_BYTES: usize = 1 << 20;

/// One token.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// One of `{ } [ ] : ,`.
    Mark(u8),
    /// A string, without its escapes.
    Text(Cow<'a, str>),
    /// A number, as it is written.
    Number(&'a str),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// Why no token can be read.
#[derive(Debug, PartialEq)]
pub(super) enum Lack {
    /// It is incomplete: more bytes must arrive.
    Cut,
    /// It is not JSON.
    Wrong(String),
}

/// The number of bytes of white space at the start.
pub(super) fn blank(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// The token at the start of the bytes, and its length.
///
/// # Errors
/// If it is incomplete or not a token.
pub(super) fn read(bytes: &[u8]) -> Result<(Token<'_>, usize), Lack> {
    match bytes.first() {
        None => Err(Lack::Cut),
        Some(&mark @ (b'{' | b'}' | b'[' | b']' | b':' | b',')) => Ok((Token::Mark(mark), 1)),
        Some(b'"') => text(&bytes[1..]).map(|(text, length)| (Token::Text(text), length + 1)),
        Some(b'-' | b'0'..=b'9') => number(bytes).map(|(text, length)| (Token::Number(text), length)),
        Some(b't') => word(bytes, b"true", Token::Bool(true)),
        Some(b'f') => word(bytes, b"false", Token::Bool(false)),
        Some(b'n') => word(bytes, b"null", Token::Null),
        Some(other) => Err(Lack::Wrong(format!("expected JSON, found {}", shown(*other)))),
    }
}

/// A byte, as people read it.
fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("byte {byte:#04x}") }
}

fn word<'a>(bytes: &[u8], expected: &[u8], token: Token<'a>) -> Result<(Token<'a>, usize), Lack> {
    let found = &bytes[..bytes.len().min(expected.len())];
    if found == expected {
        Ok((token, expected.len()))
    } else if expected.starts_with(found) {
        Err(Lack::Cut)
    } else {
        Err(Lack::Wrong(format!("expected `{}`, found another word", String::from_utf8_lossy(expected))))
    }
}

/// A number and its length. It is complete only if something follows that does not belong to it.
fn number(bytes: &[u8]) -> Result<(&str, usize), Lack> {
    let belongs = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = bytes.iter().take(MAX_TOKEN_BYTES).take_while(|byte| belongs(byte)).count();
    if length == MAX_TOKEN_BYTES {
        return Err(Lack::Wrong("a number of more than a megabyte".to_owned()));
    }
    if length == bytes.len() {
        return Err(Lack::Cut);
    }
    let text = std::str::from_utf8(&bytes[..length]).unwrap_or_default();
    if is_number(text.as_bytes()) {
        Ok((text, length))
    } else {
        Err(Lack::Wrong(format!("expected a JSON number, found `{}`", text.chars().take(40).collect::<String>())))
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
fn is_number(text: &[u8]) -> bool {
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix(b".") {
        let places = digits(after);
        if places == 0 {
            return false;
        }
        rest = &after[places..];
    }
    if let [b'e' | b'E', after @ ..] = rest {
        let after = match after {
            [b'+' | b'-', after @ ..] => after,
            _ => after,
        };
        let power = digits(after);
        return power > 0 && power == after.len();
    }
    rest.is_empty()
}

/// A string, after its opening quote, and its length with the closing quote.
fn text(bytes: &[u8]) -> Result<(Cow<'_, str>, usize), Lack> {
    let mut owned: Option<Vec<u8>> = None;
    let mut from = 0;
    let mut at = 0;
    loop {
        let run = bytes[at..].iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)).count();
        at += run;
        if at > MAX_TOKEN_BYTES {
            return Err(Lack::Wrong("a text of more than a megabyte".to_owned()));
        }
        match bytes.get(at) {
            None => return Err(Lack::Cut),
            Some(b'"') => break,
            Some(b'\\') => {
                let owned = owned.get_or_insert_default();
                owned.extend_from_slice(&bytes[from..at]);
                let (char, length) = escape(&bytes[at + 1..])?;
                owned.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                at += 1 + length;
                from = at;
            }
            Some(other) => return Err(Lack::Wrong(format!("a text holds a raw {}", shown(*other)))),
        }
    }
    let wrong = |_| Lack::Wrong("a text that is not UTF-8".to_owned());
    let text = match owned {
        None => Cow::Borrowed(std::str::from_utf8(&bytes[..at]).map_err(wrong)?),
        Some(mut owned) => {
            owned.extend_from_slice(&bytes[from..at]);
            Cow::Owned(String::from_utf8(owned).map_err(|error| wrong(error.utf8_error()))?)
        }
    };
    Ok((text, at + 1))
}

/// The character that an escape stands for, and its length; without the backslash.
fn escape(bytes: &[u8]) -> Result<(char, usize), Lack> {
    let plain = match bytes.first() {
        None => return Err(Lack::Cut),
        Some(&char @ (b'"' | b'\\' | b'/')) => char::from(char),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            let first = hex(&bytes[1..])?;
            if !(0xd800..0xe000).contains(&first) {
                return char::from_u32(first).map(|char| (char, 5)).ok_or_else(half_a_pair);
            }
            match &bytes[5..] {
                [b'\\', b'u', rest @ ..] => {
                    let second = hex(rest)?;
                    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
                        return Err(half_a_pair());
                    }
                    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    return char::from_u32(code).map(|char| (char, 11)).ok_or_else(half_a_pair);
                }
                [] | [b'\\'] => return Err(Lack::Cut),
                _ => return Err(half_a_pair()),
            }
        }
        Some(other) => return Err(Lack::Wrong(format!("expected an escape, found {}", shown(*other)))),
    };
    Ok((plain, 1))
}

fn half_a_pair() -> Lack {
    Lack::Wrong("half a surrogate pair".to_owned())
}

/// Four hexadecimal digits.
fn hex(bytes: &[u8]) -> Result<u32, Lack> {
    let mut code = 0;
    for at in 0..4 {
        let byte = *bytes.get(at).ok_or(Lack::Cut)?;
        let digit = char::from(byte)
            .to_digit(16)
            .ok_or_else(|| Lack::Wrong(format!("expected four hexadecimal digits, found {}", shown(byte))))?;
        code = code * 16 + digit;
    }
    Ok(code)
}
