//! Tick labels.

use headroom_engine::display;

/// A tick's value: whole numbers grouped, fractions with the decimals that the axis needs.
#[must_use]
pub fn tick(value: f64, decimals: usize) -> String {
    if decimals == 0 { display::number(value) } else { display::fixed(value, decimals) }
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
}
