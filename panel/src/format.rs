//! Tick labels, and values in their unit.

use headroom_engine::display;

/// A tick's value: whole numbers grouped, fractions with the decimals that the axis needs.
#[must_use]
pub fn tick(value: f64, decimals: usize) -> String {
    if decimals == 0 { display::number(value) } else { display::fixed(value, decimals) }
}

/// A value in its unit, in the words of the command line and the verdict.
#[must_use]
pub fn value(value: f64, unit: &str) -> String {
    match unit {
        "" => display::number(value),
        "ms" => display::milliseconds(value),
        "s" => display::seconds(value),
        "users" | "req/s" => display::load_with_unit(value, unit),
        "percentunit" | "ratio" => display::percent(value),
        _ => format!("{} {unit}", display::number(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks() {
        for (value, decimals, expected) in [
            (0.0, 0, "0"),
            (2000.0, 0, "2,000"),
            (0.2, 1, "0.2"),
            (-0.5, 1, "−0.5"),
            (1e6, 0, "1,000,000"),
            (1.0, 1, "1.0"),
        ] {
            assert_eq!(tick(value, decimals), expected);
        }
    }

    #[test]
    fn values() {
        for (number, unit, expected) in [
            (1105.2, "ms", "1,105 ms"),
            (1.0, "users", "1 user"),
            (1.87, "req/s", "1.87 req/s"),
            (238.9, "tok/s", "239 tok/s"),
            (0.125, "percentunit", "12.5%"),
            (3.0, "", "3"),
        ] {
            assert_eq!(value(number, unit), expected);
        }
    }
}
