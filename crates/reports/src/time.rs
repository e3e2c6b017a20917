//! Times and durations in ISO 8601.

use headroom_base::calendar;

/// Seconds since the Unix epoch of `2026-11-24T03:15:48.802624Z`, or of a time with an offset such as `+02:00`. `None`
/// for local time without a zone, which is not a definite time.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut date = date.split('-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) = (date.next(), date.next(), date.next(), date.next())
    else {
        return None;
    };
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at(zone_at);
    let offset = if zone == "Z" {
        0.0
    } else {
        let (hours, minutes) = zone[1..].split_once(':')?;
        let seconds = hours.parse::<u32>().ok()? * 3600 + minutes.parse::<u32>().ok()? * 60;
        if zone.starts_with('-') { -f64::from(seconds) } else { f64::from(seconds) }
    };
    let mut clock = clock.split(':');
    let hours: u32 = clock.next()?.parse().ok()?;
    let minutes: u32 = clock.next()?.parse().ok()?;
    let seconds: f64 = clock.next().map_or(Some(0.0), |text| text.parse().ok())?;
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hours < 24
        && minutes < 60
        && (0.0..61.0).contains(&seconds)
        && offset.abs() < 86_400.0
        && clock.next().is_none();
    in_range.then(|| {
        let days = calendar::day(year, month, day) as f64;
        days * 86_400.0 + f64::from(hours * 3600 + minutes * 60) + seconds - offset
    })
}

/// The label of a run whose tool wrote local time without a zone.
pub const ASSUMED_UTC: [&str; 2] = ["time zone", "UTC assumed"];

/// Seconds since the Unix epoch of `20261124-032516`, read as UTC.
pub(crate) fn compact(text: &str) -> Option<f64> {
    let (date, clock) = text.split_once('-')?;
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(date, 8) || !digits(clock, 6) {
        return None;
    }
    let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
    let (hours, minutes, seconds_of) = (&clock[..2], &clock[2..4], &clock[4..]);
    seconds(&format!("{year}-{month}-{day}T{hours}:{minutes}:{seconds_of}Z"))
}

/// Seconds since the epoch as whole milliseconds; `None` if they are too large to be exact.
pub(crate) fn milliseconds(seconds: f64) -> Option<i64> {
    let ms = (seconds * 1000.0).round();
    // Far inside the range of i64.
    #[allow(clippy::cast_possible_truncation)]
    (ms.abs() < 9.0e15).then_some(ms as i64)
}

/// Seconds of an ISO 8601 duration in days, hours, minutes and seconds, such as `PT7.048S`; above 0.
pub(crate) fn duration_s(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix('P')?;
    let mut total = 0.0;
    let mut time = false;
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('T') {
            (time, rest) = (true, behind);
            continue;
        }
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let value: f64 = rest[..unit_at].parse().ok()?;
        total += match (time, rest.as_bytes()[unit_at]) {
            (false, b'D') => value * 86_400.0,
            (true, b'H') => value * 3600.0,
            (true, b'M') => value * 60.0,
            (true, b'S') => value,
            _ => return None,
        };
        rest = &rest[unit_at + 1..];
    }
    (total > 0.0 && total.is_finite()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time() {
        let cases = [
            ("1970-01-01T00:00:00Z", Some(0.0)),
            ("2000-03-01T00:00:00Z", Some(951_868_800.0)),
            ("2024-02-29T12:00:00.5Z", Some(1_709_208_000.5)),
            ("2025-11-05T18:00:42Z", Some(1_762_365_642.0)),
            ("2025-11-05T20:00:42+02:00", Some(1_762_365_642.0)),
            ("2025-11-05T18:00:42", None),
            ("2025-13-05T18:00:42Z", None),
            ("2025-11-05", None),
            ("", None),
            ("é-é-éTZ", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn compact_times() {
        assert_eq!(compact("20251105-180042"), Some(1_762_365_642.0));
        for wrong in ["20251305-180042", "2025-11-05", "20251105-1800", "", "2025é105-180042"] {
            assert_eq!(compact(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations() {
        let cases = [
            ("PT7.048S", Some(7.048)),
            ("PT1H2M3S", Some(3723.0)),
            ("P1DT1S", Some(86_401.0)),
            ("PT0S", None),
            ("P1M", None),
            ("7s", None),
            ("PT", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration_s(text), expected, "{text}");
        }
    }
}
