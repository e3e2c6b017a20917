//! Durations as Grafana and Prometheus write them.

use std::time::Duration;

/// The units with their lengths in milliseconds, the longest first. A month has 30 days and a year 365.
const UNITS: [(&str, u64); 8] = [
    ("y", 31_536_000_000),
    ("M", 2_592_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads `15s`, `1m30s`, `500ms`, `1.5h`, `2d`, `1w`, Grafana's `>10s`, or a plain number of seconds. `None` for any
/// other text, for a negative duration, and for one that is too long to hold.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    let text = text.trim().trim_start_matches('>');
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut total_s = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let length = after.find(|char: char| char.is_ascii_digit()).unwrap_or(after.len());
        let (_, unit_ms) = UNITS.iter().find(|(name, _)| *name == &after[..length])?;
        total_s += number * (*unit_ms as f64 / 1_000.0);
        rest = &after[length..];
    }
    (!text.is_empty()).then(|| Duration::try_from_secs_f64(total_s).ok()).flatten()
}

/// Writes a duration as PromQL takes it: in the largest unit up to a week that leaves a whole number. PromQL has no
/// months and no duration of zero, so anything below a millisecond is written as `1ms`.
#[must_use]
pub fn promql(duration: Duration) -> String {
    let ms = duration.as_millis().max(1);
    let mut units = UNITS.iter().skip_while(|(name, _)| *name != "w");
    match units.find(|(_, unit_ms)| ms.is_multiple_of(u128::from(*unit_ms))) {
        Some((name, unit_ms)) => format!("{}{name}", ms / u128::from(*unit_ms)),
        None => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        for (text, seconds) in [
            ("15s", Some(15.0)),
            ("1m", Some(60.0)),
            ("1m30s", Some(90.0)),
            ("500ms", Some(0.5)),
            ("1.5h", Some(5_400.0)),
            ("2d", Some(172_800.0)),
            ("6M", Some(15_552_000.0)),
            (">10s", Some(10.0)),
            ("30", Some(30.0)),
            ("", None),
            ("s", None),
            ("1x", None),
            ("-5s", None),
            ("1e400", None),
        ] {
            assert_eq!(parse(text).map(|found| found.as_secs_f64()), seconds, "{text}");
        }
    }

    #[test]
    fn promql_takes_whole_units() {
        for (ms, expected) in [
            (0, "1ms"),
            (5_000, "5s"),
            (90_000, "90s"),
            (60_000, "1m"),
            (1_500, "1500ms"),
            (7_200_000, "2h"),
            (86_400_000, "1d"),
            (31_536_000_000, "365d"),
        ] {
            let duration = Duration::from_millis(ms);
            assert_eq!(promql(duration), expected);
            assert_eq!(
                parse(expected),
                Some(duration.max(Duration::from_millis(1))),
                "{expected} reads as it was written"
            );
        }
    }
}
