//! Numbers as the panel shows them too: everything goes through `engine::display`.

use headroom_engine::breaking::State;
use headroom_engine::display;
use headroom_engine::verdict::Verdict;

/// The breaking load: `7.20 users`, `≥ 32 users`, `< 1 user`, `6–8 users` or `not measured`.
#[must_use]
pub(super) fn breaking_load(verdict: &Verdict, unit: &str) -> String {
    let [low, high] = verdict.interval;
    match (verdict.state, verdict.breaking_load, low, high) {
        (State::Cliff, _, Some(low), Some(high)) => {
            format!("{} {unit}", display::interval([Some(low), Some(high)]))
        }
        (State::Edge | State::Cliff, Some(load), _, _) => display::load_with_unit(load, unit),
        (State::Floor, _, Some(low), _) => format!("≥ {}", display::load_with_unit(low, unit)),
        (State::NeverMet, _, _, Some(high)) => format!("< {}", display::load_with_unit(high, unit)),
        _ => "not measured".to_owned(),
    }
}

/// The interval of an answer that is a load; `None` where neither end is known.
#[must_use]
pub(super) fn interval(verdict: &Verdict, unit: &str) -> Option<String> {
    match verdict.interval {
        [None, None] => None,
        ends => Some(format!("{} {unit}", display::interval(ends))),
    }
}

/// The load to measure next.
#[must_use]
pub(super) fn next_level(verdict: &Verdict, unit: &str) -> Option<String> {
    verdict.next_level.map(|load| display::load_with_unit(load, unit))
}

/// A moment as `2026-11-24 04:21 UTC`, in the proleptic Gregorian calendar.
#[must_use]
pub(super) fn utc_minute(ms: i64) -> String {
    let minutes = ms.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let (year, month, day) = civil_date(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

/// Year, month and day of a day since 1970-01-01 (H. Hinnant, "chrono-compatible low-level date
/// algorithms"): years begin in March, so that the leap day is the last of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (ms, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00 UTC"),
            (1_795_494_068_000, "2026-11-24 04:21 UTC"),
        ] {
            assert_eq!(utc_minute(ms), expected);
        }
    }
}
