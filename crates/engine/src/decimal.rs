//! A number with a fixed number of decimals, correctly rounded.
//!
//! The standard library writes the same digits. But its code also finds the shortest text of any number, and the tables
//! for that are a tenth of the panel's WebAssembly.

/// The most digits after the point.
pub(crate) const MOST_DECIMALS: usize = 9;

/// Bits after the binary point of a fraction in fixed point.
const FRACTION_BITS: u32 = 96;

/// 2⁹⁶, for [`FRACTION_BITS`].
const ONE: f64 = 79_228_162_514_264_337_593_543_950_336.0;

/// 2⁶⁴: numbers from here on are whole and do not fit in `u64`.
const BEYOND_U64: f64 = 18_446_744_073_709_551_616.0;

/// The digits of a finite number's magnitude before the point, and `decimals` digits (at most [`MOST_DECIMALS`]) after
/// it, rounded to nearest, ties to even.
pub(crate) fn magnitude(value: f64, decimals: usize) -> [String; 2] {
    let decimals = decimals.min(MOST_DECIMALS);
    let value = value.abs();
    if value >= BEYOND_U64 {
        return [text(huge(value)), text(vec![0; decimals])];
    }
    let floor = value.floor();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 2⁶⁴, whole
    let mut whole = floor as u64;
    // The difference is exact, and so is its product with a power of two.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 2⁹⁶
    let fraction = ((value - floor) * ONE) as u128;
    let one = 10_u64.pow(u32::try_from(decimals).unwrap_or(0));
    // Below 2⁹⁶ · 10⁹, which is below 2¹²⁶.
    let scaled = fraction * u128::from(one);
    #[allow(clippy::cast_possible_truncation)] // below 10⁹
    let mut digits = (scaled >> FRACTION_BITS) as u64;
    let rest = scaled & ((1 << FRACTION_BITS) - 1);
    let half = 1 << (FRACTION_BITS - 1);
    let odd = if decimals == 0 { whole } else { digits } % 2 == 1;
    if rest > half || (rest == half && odd) {
        digits += 1;
    }
    if digits == one {
        digits = 0;
        whole += 1;
    }
    let mut fraction = if decimals > 0 { ascending(digits) } else { Vec::new() };
    fraction.resize(decimals, 0);
    [text(ascending(whole)), text(fraction)]
}

/// Digits of a whole number, the last one first.
fn ascending(mut number: u64) -> Vec<u8> {
    let mut digits = Vec::with_capacity(20);
    loop {
        digits.push(last_digit(number));
        number /= 10;
        if number == 0 {
            return digits;
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // below 10
fn last_digit(number: u64) -> u8 {
    (number % 10) as u8
}

/// Digits of a number from [`BEYOND_U64`] on, the last one first: its 53 significant bits, then doubled as often as its
/// exponent says.
fn huge(value: f64) -> Vec<u8> {
    let (mut mantissa, mut doublings) = (value, 0);
    while mantissa >= BEYOND_U64 {
        mantissa *= 0.5;
        doublings += 1;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 2⁶³ to 2⁶⁴, whole
    let mut digits = ascending(mantissa as u64);
    for _ in 0..doublings {
        let mut carry = 0;
        for digit in &mut digits {
            let doubled = *digit * 2 + carry;
            carry = doubled / 10;
            *digit = doubled % 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
}

/// Digits, given last one first, as a text.
fn text(digits: Vec<u8>) -> String {
    digits.into_iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(value: f64, decimals: usize) {
        let [whole, fraction] = magnitude(value, decimals);
        let written = if decimals > 0 { format!("{whole}.{fraction}") } else { whole + &fraction };
        assert_eq!(written, format!("{:.decimals$}", value.abs()), "{value:e} to {decimals}");
    }

    #[test]
    fn ties_go_to_an_even_digit() {
        for value in [0.5, 1.5, 2.5, 0.25, 0.75, 0.125, 0.375, 1e15 + 0.5, 9.5, 99.5, 0.062_5] {
            for decimals in 0..=4 {
                check(value, decimals);
            }
        }
    }

    #[test]
    fn the_smallest_and_the_largest() {
        for value in [
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            5e-324,
            5e-10,
            4.999_999e-10,
            BEYOND_U64,
            18_446_744_073_709_549_568.0,
            1e19,
            -1e25,
            f64::MAX,
            9_007_199_254_740_993.0,
        ] {
            for decimals in [0, 1, 9] {
                check(value, decimals);
            }
        }
    }

    proptest! {
        #[test]
        fn the_standard_library_writes_the_same(bits: u64, decimals in 0..=MOST_DECIMALS) {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                check(value, decimals);
            }
        }

        #[test]
        fn numbers_of_everyday_size_too(value in -1e7..1e7_f64, scale in -9..3_i32, decimals in 0..=MOST_DECIMALS) {
            check(value * libm::exp10(f64::from(scale)), decimals);
        }

        #[test]
        fn and_exact_halves(whole in 0..100_000_u32, bits in 1..12_u32, odd in 0..2048_u32, decimals in 0..=MOST_DECIMALS) {
            let step = f64::from(1_u32 << bits);
            check(f64::from(whole) + f64::from(odd % (1 << bits)) / step, decimals);
        }
    }
}
