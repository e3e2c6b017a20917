//! Moments in UTC, in the proleptic Gregorian calendar. Leap seconds are not counted, as in Unix time.

use std::time::{SystemTime, UNIX_EPOCH};

const MS_PER_DAY: i64 = 86_400_000;

/// The clock of this machine, milliseconds since the Unix epoch; 0 while it is set to a time before that.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A moment, milliseconds since the Unix epoch, as `2026-11-24 04:21 UTC`.
#[must_use]
pub fn utc_minute(ms: i64) -> String {
    let (date, second) = split(ms);
    format!("{date} {:02}:{:02} UTC", second / 3_600, second / 60 % 60)
}

/// A moment, milliseconds since the Unix epoch, as `2026-11-24 04:21:08Z`.
#[must_use]
pub fn utc_second(ms: i64) -> String {
    let (date, second) = split(ms);
    format!("{date} {:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// A moment by RFC 3339 with microseconds, `2026-11-24T06:03:58.000001Z`. A time before 1970 is written as
/// `1970-01-01T00:00:00.000000Z`.
#[must_use]
pub fn rfc3339_micros(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (date, second) = split(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let micros = since.subsec_micros();
    format!("{date}T{:02}:{:02}:{:02}.{micros:06}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// The date, and the second of that day (0 to 86,399).
fn split(ms: i64) -> (String, i64) {
    let (days, of_day) = (ms.div_euclid(MS_PER_DAY), ms.rem_euclid(MS_PER_DAY) / 1_000);
    let (year, month, day) = date(days);
    (format!("{year:04}-{month:02}-{day:02}"), of_day)
}

/// Year, month (1 to 12) and day (1 to 31) of a day counted from 1970-01-01, which is day 0.
///
/// By H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is the
/// last of its year, and an era is the 400 years after which the calendar repeats.
#[must_use]
pub fn date(days: i64) -> (i64, i64, i64) {
    let from_march_0 = days + 719_468;
    let era = from_march_0.div_euclid(146_097);
    let day_of_era = from_march_0.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The day of a date, counted from 1970-01-01: the inverse of [`date`]. Days beyond the end of a month run on into the
/// next one.
#[must_use]
pub fn day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_as_people_write_them() {
        for (ms, minute, second) in [
            (0, "1970-01-01 00:00 UTC", "1970-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59 UTC", "1969-12-31 23:59:59Z"),
            (951_782_400_000, "2000-02-29 00:00 UTC", "2000-02-29 00:00:00Z"),
            (1_795_494_068_000, "2026-11-24 04:21 UTC", "2026-11-24 04:21:08Z"),
            (4_107_542_399_999, "2100-02-28 23:59 UTC", "2100-02-28 23:59:59Z"),
            (4_107_542_400_000, "2100-03-01 00:00 UTC", "2100-03-01 00:00:00Z"),
        ] {
            assert_eq!((utc_minute(ms).as_str(), utc_second(ms).as_str()), (minute, second));
        }
    }

    #[test]
    fn timestamps_of_a_log_are_rfc_3339() {
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
            (1_709_251_200_000_001, "2024-03-01T00:00:00.000001Z"),
            (1_795_500_238_000_000, "2026-11-24T06:03:58.000000Z"),
        ] {
            assert_eq!(rfc3339_micros(UNIX_EPOCH + Duration::from_micros(micros)), expected);
        }
        assert_eq!(rfc3339_micros(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00.000000Z");
    }

    /// 400 years, after which the calendar repeats, on either side of the epoch.
    #[test]
    fn a_date_and_its_day_are_each_other_s_inverse() {
        let mut before = date(-146_098);
        for days in -146_097..146_097 {
            let (year, month, of_month) = date(days);
            assert_eq!(day(year, month, of_month), days);
            assert!((year, month, of_month) > before && (1..=12).contains(&month) && (1..=31).contains(&of_month));
            before = (year, month, of_month);
        }
    }
}
