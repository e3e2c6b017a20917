//! Reads one sample, in the form that servers write, in one pass.

/// The sample at the start of the bytes.
pub(super) struct Sample {
    /// Milliseconds since 1970-01-01 UTC.
    pub(super) at_ms: i64,
    /// The value.
    pub(super) value: f64,
    /// Number of bytes read, including the comma or bracket after it.
    pub(super) length: usize,
    /// Whether a bracket follows, so that this is the last sample.
    pub(super) last: bool,
}

/// Reads `[1795490830.781,"0.285"],` or `…]` at the start of the bytes. `None` if it is written in any other way or
/// incomplete; then the grammar reads it.
// Inlined into the loop of the reader, which takes most of the time.
#[inline]
pub(super) fn read(bytes: &[u8]) -> Option<Sample> {
    let (at_ms, begin) = whole_second(bytes).or_else(|| any_time(bytes))?;
    let (value, digits) = fast_float2::parse_partial(bytes.get(begin..)?).ok()?;
    let end = begin + digits;
    let last = match bytes.get(end..end + 3)? {
        b"\"]," => false,
        b"\"]]" => true,
        _ => return None,
    };
    Some(Sample { at_ms, value, length: end + 3, last })
}

/// Reads `[1795490830,"`, the start of almost every sample until the year 2286; returns its time and length.
#[inline]
fn whole_second(bytes: &[u8]) -> Option<(i64, usize)> {
    let &[b'[', first @ b'1'..=b'9', b, c, d, e, f, g, h, i @ b'0'..=b'9', j @ b'0'..=b'9', b',', b'"'] =
        bytes.first_chunk::<13>()?
    else {
        return None;
    };
    let hundreds = eight_digits([first, b, c, d, e, f, g, h])?;
    Some(((hundreds * 100 + i64::from(i - b'0') * 10 + i64::from(j - b'0')) * 1_000, 13))
}

/// Converts eight digits at once in one register: first pairs, then fours, then all (Lemire, "Quickly parsing eight
/// digits", 2018; W. Muła's multiplications).
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<i64> {
    const HIGH_HALVES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let digits = u64::from_le_bytes(text);
    // A byte is a digit if its upper half is 3, and still is after adding 6.
    let beyond_nine = digits.wrapping_add(0x0606_0606_0606_0606);
    if digits & HIGH_HALVES != ZEROS || beyond_nine & HIGH_HALVES != ZEROS {
        return None;
    }
    let digits = digits - ZEROS;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let even = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    i64::try_from(even.wrapping_add(odd) >> 32).ok()
}

/// Reads `[1795490830.781,"` with up to twelve digits of seconds (31,000 years) and three decimals; returns its time
/// and length.
fn any_time(bytes: &[u8]) -> Option<(i64, usize)> {
    let rest = bytes.strip_prefix(b"[")?;
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
    rest.get(at..)?.strip_prefix(b",\"")?;
    Some((seconds * 1_000 + ms, 1 + at + 2))
}

/// The value of at most twelve digits.
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
        check("[9999999999,\"1e3\"]]", Some((9_999_999_999_000, 1_000.0, 19, true)));
        check("[1000000000,\"17\"],", Some((1_000_000_000_000, 17.0, 18, false)));
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
            "[0795490830,\"1\"],",
            "[17954:0830,\"1\"],",
            "[17954/0830,\"1\"],",
            "[17954\u{e9}830,\"1\"],",
            "[1.2345,\"1\"],",
            "[1.,\"1\"],",
            "[17,\"\"],",
            "[17,\"\\u0031\"],",
            "[17,\"x\"],",
            "[17,\"1e\"],",
            "[17,\"1 \"],",
            "[17,\"1\"} ",
            "[17,\"1\",2],",
        ] {
            check(other, None);
        }
    }

    #[test]
    fn eight_digits_are_their_number() {
        for number in [0_u32, 1, 9, 10, 99, 12_345_678, 87_654_321, 90_909_090, 9_090_909, 99_999_999] {
            let text = format!("{number:08}");
            assert_eq!(eight_digits(text.as_bytes().try_into().unwrap()), Some(i64::from(number)), "{text}");
        }
        for at in 0..8 {
            for other in [0, b'/', b':', b' ', b'.', b'?', b'p', 0xb0, 0xff] {
                let mut text = *b"12345678";
                text[at] = other;
                assert_eq!(eight_digits(text), None, "{text:?}");
            }
        }
    }
}
