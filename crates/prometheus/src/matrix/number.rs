//! Numbers, exactly: the same double that the standard library's parser gives.

/// The powers of ten that a double holds without rounding.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The largest integer up to which every integer is a double.
const EXACT_INTEGER: u64 = 1 << 53;

/// A value as Prometheus writes it: decimal, `NaN`, `+Inf`, `-Inf`.
///
/// A decimal with an integer mantissa up to 2^53 and at most 22 places is one correctly rounded division (Clinger,
/// "How to Read Floating Point Numbers Accurately", 1990); everything else is left to the standard library.
/// `None` for what is no number.
pub(super) fn value(text: &[u8]) -> Option<f64> {
    short_decimal(text).or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

/// The fast half of [`value`]; `None` when it is not certain to be exact.
fn short_decimal(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    // Nineteen digits fit into 64 bits; longer ones are not exact anyway.
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    let mut mantissa: u64 = 0;
    let mut seen: usize = 0;
    let mut point = None;
    for &byte in digits {
        if byte.is_ascii_digit() {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            seen += 1;
        } else if byte == b'.' && point.is_none() {
            point = Some(seen);
        } else {
            return None;
        }
    }
    if seen == 0 || seen > 19 || mantissa > EXACT_INTEGER {
        return None;
    }
    let places = point.map_or(0, |before| seen - before);
    let magnitude = mantissa as f64 / EXACT_POWERS.get(places)?;
    Some(if negative { -magnitude } else { magnitude })
}

/// A time in seconds, written as a JSON number, in milliseconds; `None` when it is no time that fits.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let ms = (text.parse::<f64>().ok()? * 1_000.0).round();
    // 2^53 ms are 285,000 years.
    #[allow(clippy::cast_possible_truncation, reason = "checked to be an integer below 2^53")]
    (ms.abs() <= EXACT_INTEGER as f64).then_some(ms as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_number_gives_the_double_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "0.285",
            "0.2849999999999999",
            "1",
            "17",
            "9007199254740993",
            "9007199254740991",
            "0.1",
            "1e-7",
            "123456789012345678901234567890",
            "0.000000000000000000000123",
            "1.7976931348623157e308",
            "5e-324",
            "+Inf",
            "-Inf",
            "Inf",
            "100.",
            ".5",
            "9223372036854775807",
            "99999999999999999999",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(value(text.as_bytes()).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        assert!(value(b"NaN").is_some_and(f64::is_nan));
        for text in ["", "-", ".", "1.2.3", "abc", "1 ", "0x10", "1,5"] {
            assert_eq!(value(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn times_are_rounded_to_milliseconds() {
        let check = |text: &str, ms: Option<i64>| assert_eq!(time_ms(text), ms, "{text}");
        check("1795490830", Some(1_795_490_830_000));
        check("1795490830.781", Some(1_795_490_830_781));
        check("1.79549083e9", Some(1_795_490_830_000));
        check("-1.5", Some(-1_500));
        check("1e300", None);
    }
}
