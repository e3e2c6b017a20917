//! The one place where numbers become text, so that the command line, the verdict's sentence
//! and the panel's tooltip agree to the last digit.
//!
//! Numbers are formatted in English, whatever the locale: `1,000` and `13.1`. They have three significant digits, and
//! above 100 none after the point, because a benchmark's third digit is noise already. A number with fewer digits is
//! shown as it is: `12`, `0.93`.

use crate::decimal;
use crate::listed::joined;

/// Shown for an unknown number.
pub const UNKNOWN: &str = "unknown";

/// A plain number, for example `12`, `13.1`, `14.0` (from 13.96), `1,105` or `0.0284`.
#[must_use]
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return UNKNOWN.into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".into() } else { "−∞".into() };
    }
    // Digits after the point that leave three significant ones. A value that rounds up into the next decade keeps its
    // own decade's digits (9.999 is 10.00). Nine digits after the point are enough for any quantity here.
    let mut decimals = 0;
    let mut scaled = value.abs();
    while scaled < 100.0 && decimals < 9 {
        scaled *= 10.0;
        decimals += 1;
    }
    // How many decimals the number itself has, without rounding noise in its last bits.
    let [_, own] = decimal::magnitude(value, decimal::MOST_DECIMALS);
    fixed(value, decimals.min(own.trim_end_matches('0').len()))
}

/// A load in users or requests per second, without the unit.
#[must_use]
pub fn load(value: f64) -> String {
    number(value)
}

/// A load with its unit: `1 user`, `13.1 users`, `1.87 req/s`. `unit` is
/// [`LoadModel::unit`](crate::run::LoadModel::unit).
#[must_use]
pub fn load_with_unit(value: f64, unit: &str) -> String {
    let text = load(value);
    if unit == "users" && text == "1" { "1 user".into() } else { format!("{text} {unit}") }
}

/// Several loads, with the unit once: `1 user`, `8, 16 users`.
#[must_use]
pub fn loads_with_unit(loads: &[f64], unit: &str) -> String {
    match loads {
        [one] => load_with_unit(*one, unit),
        many => {
            let texts: Vec<String> = many.iter().map(|&one| load(one)).collect();
            format!("{} {unit}", joined(&texts, ", "))
        }
    }
}

/// A latency, for example `1,105 ms`, `29.7 ms` or `0.45 ms`.
#[must_use]
pub fn milliseconds(value: f64) -> String {
    with_unit(value, "ms")
}

/// A duration, for example `30 s`.
#[must_use]
pub fn seconds(value: f64) -> String {
    with_unit(value, "s")
}

/// A rate per second without its unit, for example `188` or `2.93`.
#[must_use]
pub fn rate(value: f64) -> String {
    number(value)
}

/// A share from 0 to 1 as a percentage, for example `1%` or `12.5%`.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return number(share);
    }
    let percent = share * 100.0;
    // 0.07 × 100 is 7.000000000000001: such a rounding error is not a fraction.
    let whole = percent.round();
    let value = if (percent - whole).abs() < 1e-9 { whole } else { percent };
    format!("{}%", number(value))
}

/// United States dollars: two decimals, and four below a tenth of a dollar.
#[must_use]
pub fn dollars(value: f64) -> String {
    if !value.is_finite() {
        return number(value);
    }
    let decimals = if value != 0.0 && value.abs() < 0.1 { 4 } else { 2 };
    let text = fixed(value.abs(), decimals);
    if value < 0.0 { format!("−${text}") } else { format!("${text}") }
}

/// A value with its unit: a latency, a duration, a load, a share (unit `ratio`, or Grafana's `percentunit`) or a count.
/// A value without a unit is a plain number.
#[must_use]
pub fn value(value: f64, unit: &str) -> String {
    match unit {
        "" => number(value),
        "ms" => milliseconds(value),
        "s" => seconds(value),
        "users" | "req/s" => load_with_unit(value, unit),
        "percentunit" | "ratio" => percent(value),
        "requests" if number(value) == "1" => "1 request".into(),
        _ => format!("{} {unit}", number(value)),
    }
}

/// An interval of loads without the unit: `12.6–14`, `at least 12.6`, `at most 14`, or
/// `unknown`.
#[must_use]
pub fn interval(ends: [Option<f64>; 2]) -> String {
    match ends {
        [Some(low), Some(high)] => format!("{}–{}", load(low), load(high)),
        [Some(low), None] => format!("at least {}", load(low)),
        [None, Some(high)] => format!("at most {}", load(high)),
        [None, None] => UNKNOWN.into(),
    }
}

/// A number of things: `1 request`, `1,204 requests`.
#[must_use]
pub fn count(value: u64, singular: &str) -> String {
    let text = group(&value.to_string());
    if value == 1 { format!("{text} {singular}") } else { format!("{text} {singular}s") }
}

fn with_unit(value: f64, unit: &str) -> String {
    let text = number(value);
    if text == UNKNOWN { text } else { format!("{text} {unit}") }
}

/// A finite number with a fixed number of decimals (at most nine) and thousands separators. It has a minus sign only if
/// a digit other than zero is shown.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    let [whole, fraction] = decimal::magnitude(value, decimals);
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", group(&whole))
}

/// A run of digits with a comma before every third from the right.
fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.bytes().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(char::from(digit));
    }
    grouped
}
