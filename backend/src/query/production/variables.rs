//! Grafana's interval variables. The front end leaves them to the data source, which alone knows the step.

use std::time::Duration;

use headroom_base::duration::promql;

use crate::production::time::rate_window;

/// The expression with `$__interval`, `$__interval_ms`, `$__rate_interval`, `$__rate_interval_ms`, `$__range`,
/// `$__range_s` and `$__range_ms` replaced, each also in the form `${…}`.
pub(super) fn replace(expression: &str, step: Duration, scrape: Duration, range: Duration) -> String {
    let rate = rate_window(step, scrape);
    let values = [
        ("__interval_ms", step.as_millis().to_string()),
        ("__interval", promql(step)),
        ("__rate_interval_ms", rate.as_millis().to_string()),
        ("__rate_interval", promql(rate)),
        ("__range_ms", range.as_millis().to_string()),
        ("__range_s", range.as_secs().to_string()),
        ("__range", promql(Duration::from_secs(range.as_secs().max(1)))),
    ];
    let mut replaced = String::with_capacity(expression.len());
    let mut rest = expression;
    while let Some(at) = rest.find('$') {
        replaced.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let (name, length) = if let Some((name, _)) = braced {
            (name, name.len() + 2)
        } else {
            let length = after.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
            let length = length.unwrap_or(after.len());
            (&after[..length], length)
        };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => replaced.push_str(value),
            None => replaced.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_replaced_and_nothing_else() {
        let seconds = Duration::from_secs;
        for (expression, expected) in [
            ("rate(x[$__rate_interval])", "rate(x[75s])"),
            ("rate(x[${__rate_interval}])", "rate(x[75s])"),
            ("x[$__interval] / $__interval_ms", "x[1m] / 60000"),
            ("x[$__range] + $__range_s + $__range_ms", "x[6h] + 21600 + 21600000"),
            ("label_replace(x, \"a\", \"$1\", \"b\", \"(.*)$\")", "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)$\")"),
            ("x{a=\"$ä\"} $", "x{a=\"$ä\"} $"),
            ("$__interval$__interval", "1m1m"),
            ("${other} $__intervals", "${other} $__intervals"),
        ] {
            assert_eq!(replace(expression, seconds(60), seconds(15), seconds(21_600)), expected);
        }
    }
}
