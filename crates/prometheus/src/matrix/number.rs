//! Exact numbers: the same double as from the standard library's parser.

/// Up to this number every integer can be represented as a double.
const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// A value as Prometheus writes it: decimal, `NaN`, `+Inf`, `-Inf`. `None` for any other text.
pub(super) fn value(text: &[u8]) -> Option<f64> {
    fast_float2::parse(text).ok()
}

/// A time in seconds, written as a JSON number, in milliseconds; `None` if it is not a number or too large.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let ms = (value(text.as_bytes())? * 1_000.0).round();
    // 2^53 ms are 285,000 years.
    #[allow(clippy::cast_possible_truncation, reason = "checked to be an integer below 2^53")]
    (ms.abs() <= EXACT_INTEGER).then_some(ms as i64)
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
            "17",
            "9007199254740993",
            "0.1",
            "1e-7",
            "123456789012345678901234567890",
            "0.000000000000000000000123",
            "1.7976931348623157e308",
            "1e400",
            "5e-324",
            "2.4703282292062328e-324",
            "+Inf",
            "-Inf",
            "Inf",
            "100.",
            ".5",
            "99999999999999999999",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(value(text.as_bytes()).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        assert!(value(b"NaN").is_some_and(f64::is_nan));
        for text in ["", "-", ".", "1.2.3", "abc", "1 ", "0x10", "1,5", "1e"] {
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
