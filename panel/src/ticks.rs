//! The ticks of an axis.

use crate::scale::Scale;
use headroom_contract::panel::ScaleKind;
use std::f64::consts::{LN_2, LN_10};

/// A tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tick {
    /// Its value, in data units.
    pub value: f64,
    /// Whether it has a label and a grid line; a minor tick only shows the spacing.
    pub major: bool,
}

/// The ticks of an axis, and the precision of their labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ticks {
    /// In ascending order, all inside the domain.
    pub ticks: Vec<Tick>,
    /// Number of decimals that distinguishes neighbouring labels.
    pub decimals: usize,
}

/// The ratio between neighbouring powers of a logarithmic axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// 1, 2, 4, 8: the usual steps of concurrency.
    Two,
    /// 1, 10, 100, with minor ticks in between.
    Ten,
}

/// Ticks for a scale with room for about `room` labels.
#[must_use]
pub fn of(scale: &Scale, base: Base, room: usize) -> Ticks {
    let (lo, hi) = scale.domain();
    let room = room.max(2);
    match (scale.kind(), base) {
        (ScaleKind::Linear, _) => linear(lo, hi, room),
        // Below a factor of four there are too few powers to read a value from.
        (ScaleKind::Log, _) if hi / lo < 4.0 => linear(lo, hi, room),
        (ScaleKind::Log, Base::Two) => powers_of_two(lo, hi, room),
        (ScaleKind::Log, Base::Ten) => decades(lo, hi, room),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten: the smallest step that fits, but at least two ticks, because a single
/// one shows no scale.
fn linear(lo: f64, hi: f64, room: usize) -> Ticks {
    let rough = (hi - lo) / room as f64;
    let exponent = floor_log10(rough);
    let steps =
        [(5, 1), (2, 1), (1, 1), (5, 0), (2, 0), (1, 0)].map(|(mantissa, up)| (f64::from(mantissa), exponent + up));
    let fits = |&(mantissa, exponent): &(f64, i32)| mantissa * pow10(exponent) >= rough * 0.999_999;
    let finest = steps.iter().rposition(fits).unwrap_or(0);
    let mut ticks = Ticks::default();
    for &(mantissa, exponent) in &steps[finest..] {
        ticks = multiples(lo, hi, mantissa, exponent);
        if ticks.ticks.len() >= 2 {
            break;
        }
    }
    ticks
}

/// All multiples of `mantissa · 10^exponent` from `lo` to `hi`.
fn multiples(lo: f64, hi: f64, mantissa: f64, exponent: i32) -> Ticks {
    // Dividing whole multiples by a power of ten (instead of multiplying) gives the shortest decimal: 3 / 10 is 0.3,
    // but 3 × 0.1 is not.
    let at = |multiple: f64| {
        if exponent < 0 { multiple * mantissa / pow10(-exponent) } else { multiple * mantissa * pow10(exponent) }
    };
    let step = at(1.0);
    let last = (hi / step + 1e-9).floor();
    let mut multiple = (lo / step - 1e-9).ceil();
    let mut ticks = Vec::new();
    while multiple <= last {
        // Adding zero turns −0 into 0.
        ticks.push(Tick { value: at(multiple) + 0.0, major: true });
        multiple += 1.0;
    }
    Ticks { ticks, decimals: usize::try_from(-exponent).unwrap_or(0) }
}

/// Powers of two. If there are too many, only every second, third … has a label.
fn powers_of_two(lo: f64, hi: f64, room: usize) -> Ticks {
    // Includes the powers at the ends, whatever the rounding.
    let log2 = |value: f64| libm::log(value) / LN_2;
    let first = exponent_of((log2(lo) - 1e-9).ceil());
    let last = exponent_of((log2(hi) + 1e-9).floor());
    let stride = stride_for(first, last, room);
    let ticks = (first..=last)
        .map(|exponent| Tick { value: power(2.0, exponent), major: exponent.rem_euclid(stride) == 0 })
        .collect();
    Ticks { ticks, decimals: usize::try_from(-first).unwrap_or(0).min(3) }
}

/// Powers of ten, with the multiples 2 to 9 in between. If there is room, 2 and 5 have labels too.
fn decades(lo: f64, hi: f64, room: usize) -> Ticks {
    let first = floor_log10(lo);
    let last = floor_log10(hi);
    let stride = stride_for(first, last, room);
    let count_of = |mantissas: &[f64]| {
        (first..=last)
            .flat_map(|e| mantissas.iter().map(move |m| m * pow10(e)))
            .filter(|v| *v >= lo && *v <= hi)
            .count()
    };
    let labelled: &[f64] = if stride == 1 && count_of(&[1.0, 2.0, 5.0]) <= room {
        &[1.0, 2.0, 5.0]
    } else if stride == 1 && count_of(&[1.0, 3.0]) <= room && count_of(&[1.0]) < 3 {
        &[1.0, 3.0]
    } else {
        &[1.0]
    };
    let mut ticks = Vec::new();
    for exponent in first..=last {
        for mantissa in 1..=9 {
            let mantissa = f64::from(mantissa);
            let value = if exponent < 0 { mantissa / pow10(-exponent) } else { mantissa * pow10(exponent) };
            if value >= lo && value <= hi {
                let major = exponent.rem_euclid(stride) == 0 && labelled.contains(&mantissa);
                ticks.push(Tick { value, major });
            }
        }
    }
    let lowest = ticks.iter().find(|tick| tick.major).map_or(0, |tick| floor_log10(tick.value));
    Ticks { ticks, decimals: usize::try_from(-lowest).unwrap_or(0) }
}

/// The number of powers from one label to the next.
fn stride_for(first: i32, last: i32, room: usize) -> i32 {
    let powers = usize::try_from(last - first + 1).unwrap_or(1);
    i32::try_from(powers.div_ceil(room)).unwrap_or(1).max(1)
}

/// The exponent of the largest power of ten that is at most a positive value.
fn floor_log10(value: f64) -> i32 {
    let exponent = exponent_of((libm::log(value) / LN_10).floor());
    // The logarithm of an exact power may be rounded in either direction.
    if pow10(exponent + 1) <= value {
        exponent + 1
    } else if pow10(exponent) > value {
        exponent - 1
    } else {
        exponent
    }
}

#[allow(clippy::cast_possible_truncation)] // the exponents of f64 lie within ±1100
fn exponent_of(whole: f64) -> i32 {
    whole as i32
}

fn pow10(exponent: i32) -> f64 {
    power(10.0, exponent)
}

/// Exact if the power is a whole number that f64 can represent.
fn power(base: f64, exponent: i32) -> f64 {
    let power = (0..exponent.unsigned_abs()).fold(1.0, |product, _| product * base);
    if exponent < 0 { 1.0 / power } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn check(kind: ScaleKind, base: Base, domain: (f64, f64), room: usize, expected: &Expect) {
        let scale = Scale::new(kind, domain, (0.0, 100.0));
        let ticks = of(&scale, base, room);
        let mut text = String::new();
        for tick in ticks.ticks.iter().filter(|tick| tick.major) {
            write!(text, "{:.*} ", ticks.decimals, tick.value).unwrap();
        }
        write!(text, "| {} minor", ticks.ticks.iter().filter(|tick| !tick.major).count()).unwrap();
        expected.assert_eq(&text);
    }

    #[test]
    fn linear_axes_count_in_ones_twos_and_fives() {
        check(ScaleKind::Linear, Base::Ten, (0.0, 33.6), 8, &expect!["0 5 10 15 20 25 30 | 0 minor"]);
        check(ScaleKind::Linear, Base::Ten, (0.0, 9761.0), 6, &expect!["0 2000 4000 6000 8000 | 0 minor"]);
        check(ScaleKind::Linear, Base::Ten, (0.0, 1.05), 6, &expect!["0.0 0.2 0.4 0.6 0.8 1.0 | 0 minor"]);
        check(ScaleKind::Linear, Base::Ten, (-3.0, 3.0), 6, &expect!["-3 -2 -1 0 1 2 3 | 0 minor"]);
        check(ScaleKind::Linear, Base::Ten, (0.0, 0.003_1), 4, &expect!["0.000 0.001 0.002 0.003 | 0 minor"]);
    }

    #[test]
    fn loads_double_on_a_logarithmic_axis() {
        check(ScaleKind::Log, Base::Two, (0.84, 38.0), 10, &expect!["1 2 4 8 16 32 | 0 minor"]);
        check(ScaleKind::Log, Base::Two, (0.84, 1100.0), 6, &expect!["1 4 16 64 256 1024 | 5 minor"]);
        check(ScaleKind::Log, Base::Two, (0.4, 5.0), 8, &expect!["0.5 1.0 2.0 4.0 | 0 minor"]);
    }

    #[test]
    fn values_go_by_decades_with_twos_and_fives_where_there_is_room() {
        check(ScaleKind::Log, Base::Ten, (90.0, 11_000.0), 8, &expect!["100 200 500 1000 2000 5000 10000 | 13 minor"]);
        check(ScaleKind::Log, Base::Ten, (90.0, 11_000.0), 4, &expect!["100 1000 10000 | 17 minor"]);
        check(ScaleKind::Log, Base::Ten, (0.9, 1e9), 5, &expect!["1 1000 1000000 1000000000 | 79 minor"]);
    }

    #[test]
    fn a_narrow_logarithmic_axis_counts_like_a_linear_one() {
        check(ScaleKind::Log, Base::Ten, (20.0, 62.0), 6, &expect!["20 30 40 50 60 | 0 minor"]);
    }

    proptest! {
        #[test]
        fn ticks_are_few_ascending_and_inside(lo in 1e-4..1e4_f64, factor in 1.01..1e8_f64, room in 2..15_usize, log: bool, two: bool) {
            let kind = if log { ScaleKind::Log } else { ScaleKind::Linear };
            let base = if two { Base::Two } else { Base::Ten };
            let (lo, hi) = (lo, lo * factor);
            let ticks = of(&Scale::new(kind, (lo, hi), (0.0, 1.0)), base, room).ticks;
            let major = ticks.iter().filter(|tick| tick.major).count();
            prop_assert!(major <= room + 2, "{major} labels in room for {room}");
            prop_assert!(kind == ScaleKind::Log || major >= 2, "{major} labels give no scale");
            for pair in ticks.windows(2) {
                prop_assert!(pair[0].value < pair[1].value);
            }
            for tick in ticks {
                prop_assert!(tick.value >= lo * (1.0 - 1e-6) && tick.value <= hi * (1.0 + 1e-6));
            }
        }
    }
}
