//! One sample in the form that servers write, in one pass.

use super::number;

/// What stood at the beginning of the bytes.
pub(super) struct Sample {
    /// Milliseconds since 1970-01-01 UTC.
    pub(super) at_ms: i64,
    /// The value.
    pub(super) value: f64,
    /// How many bytes it took, with the comma or bracket that follows.
    pub(super) length: usize,
    /// Whether a bracket followed: it was the last one.
    pub(super) last: bool,
}

/// Reads `[1795490830.781,"0.285"],` or `…]` at the beginning of the bytes. `None` when it is written in any other
/// way or is not whole; then the grammar decides.
pub(super) fn read(bytes: &[u8]) -> Option<Sample> {
    let rest = bytes.strip_prefix(b"[")?;
    // Twelve digits of seconds are 31,000 years.
    let digits = rest.iter().take(13).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 12 || (digits > 1 && rest[0] == b'0') {
        return None;
    }
    let seconds = integer(&rest[..digits]);
    let mut at = digits;
    let mut ms = 0;
    if rest.get(at) == Some(&b'.') {
        let places = rest[at + 1..].iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
        ms = match places {
            1 => 100,
            2 => 10,
            3 => 1,
            _ => return None,
        } * integer(&rest[at + 1..at + 1 + places]);
        at += 1 + places;
    }
    let text = rest.get(at..)?.strip_prefix(b",\"")?;
    // The longest double in decimal notation has more digits; those are rare enough for the grammar.
    let length = text.iter().take(32).position(|&byte| byte == b'"')?;
    let value = number::value(&text[..length])?;
    let last = match text.get(length + 1..length + 3)? {
        b"]," => false,
        b"]]" => true,
        _ => return None,
    };
    Some(Sample { at_ms: seconds * 1_000 + ms, value, length: 1 + at + 2 + length + 3, last })
}

/// At most twelve digits.
fn integer(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_plain_form_and_leaves_the_rest_to_the_grammar() {
        let check = |text: &str, expected: Option<(i64, f64, usize, bool)>| {
            let found = read(text.as_bytes()).map(|s| (s.at_ms, s.value, s.length, s.last));
            assert_eq!(found, expected, "{text}");
        };
        check("[1795490830,\"0.5\"],[", Some((1_795_490_830_000, 0.5, 19, false)));
        check("[1795490830.7,\"-3\"]]", Some((1_795_490_830_700, -3.0, 20, true)));
        check("[1795490830.75,\"+Inf\"]]", Some((1_795_490_830_750, f64::INFINITY, 23, true)));
        check("[0.001,\"1\"],", Some((1, 1.0, 12, false)));
        for other in [
            "",
            "[",
            "[17",
            "[17,",
            "[17,\"1",
            "[17,\"1\"",
            "[17,\"1\"]",
            "[ 17,\"1\"],",
            "[17, \"1\"],",
            "[17,1],",
            "[1e3,\"1\"],",
            "[-1,\"1\"],",
            "[01,\"1\"],",
            "[1.2345,\"1\"],",
            "[1.,\"1\"],",
            "[17,\"\\u0031\"],",
            "[17,\"x\"],",
            "[17,\"1\"} ",
            "[17,\"1\",2],",
        ] {
            check(other, None);
        }
    }
}
