//! JSON text as Grafana's Go code writes it, so that the two can be compared.
//!
//! It differs from `serde_json` in numbers (`1` and not `1.0`, `1e+21` and not `1e21`) and in text (`<`, `>`, `&`,
//! U+2028 and U+2029 are escaped, because Go's JSON may be put into HTML).
//!
//! One difference remains: if two shortest decimals are equally near to a double, Go chooses the one with the even last
//! digit and Rust the larger one. Both are read back as the same double.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

/// Writes `value` as Go does.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, GoFormatter))?;
    Ok(text)
}

/// Like [`to_vec`], as a string.
pub(crate) fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    to_vec(value).map(|text| String::from_utf8_lossy(&text).into_owned())
}

struct GoFormatter;

/// Whether Go writes a plain decimal. Outside this range it writes an exponent: `1e-07` and `1e+21`.
fn is_plain(magnitude: f64) -> bool {
    magnitude == 0.0 || (1e-6..1e21).contains(&magnitude)
}

/// Rust writes `1e21` and `1e-7`; Go writes a sign and at least two digits: `1e+21` and `1e-07`.
fn write_exponential<W: io::Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    write!(writer, "{digits}e{sign}{exponent:0>2}")
}

impl Formatter for GoFormatter {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        if is_plain(value.abs()) { write!(writer, "{value}") } else { write_exponential(writer, &format!("{value:e}")) }
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        // As in Go, the limits are compared in single precision.
        let magnitude = value.abs();
        let plain = magnitude == 0.0 || (1e-6_f32..1e21_f32).contains(&magnitude);
        if plain { write!(writer, "{value}") } else { write_exponential(writer, &format!("{value:e}")) }
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, tail) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(special) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(special))?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        let text: &[u8] = match escape {
            CharEscape::Quote => b"\\\"",
            CharEscape::ReverseSolidus => b"\\\\",
            CharEscape::Solidus => b"/",
            CharEscape::LineFeed => b"\\n",
            CharEscape::CarriageReturn => b"\\r",
            CharEscape::Tab => b"\\t",
            CharEscape::Backspace => b"\\u0008",
            CharEscape::FormFeed => b"\\u000c",
            CharEscape::AsciiControl(byte) => return write!(writer, "\\u{byte:04x}"),
        };
        writer.write_all(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Serialize>(value: T, expected: &str) {
        assert_eq!(to_string(&value).expect("serializable"), expected);
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        check(1.0_f64, "1");
        check(-0.0_f64, "-0");
        check(0.1_f64, "0.1");
        check(1e20_f64, "100000000000000000000");
        check(1e21_f64, "1e+21");
        check(-1.5e300_f64, "-1.5e+300");
        check(0.000_001_f64, "0.000001");
        check(1.5e-7_f64, "1.5e-07");
        check(f64::NAN, "null");
        check(0.1_f32, "0.1");
        check(3e38_f32, "3e+38");
        check(16_777_216_f32, "16777216");
        check(u64::MAX, "18446744073709551615");
    }

    #[test]
    fn text_is_safe_inside_html() {
        check("a<b>&\u{2028}\u{2029}é", "\"a\\u003cb\\u003e\\u0026\\u2028\\u2029é\"");
        check("\"\\/\n\r\t\u{8}\u{c}\u{1}", "\"\\\"\\\\/\\n\\r\\t\\u0008\\u000c\\u0001\"");
    }
}
