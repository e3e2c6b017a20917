//! Seeded pseudo-random numbers, the same on every target.

/// `SplitMix64`: 64 bits of state, passes `BigCrush`, and any seed is good.
///
/// Source: Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator; equal seeds give equal sequences.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform between 0 and 1, both excluded.
    pub fn uniform(&mut self) -> f64 {
        // The 53 bits of an f64's mantissa, moved off zero by half a step.
        const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;
        ((self.bits() >> 11) as f64 + 0.5) * STEP
    }

    /// Uniform among `0, 1, …, count − 1`; 0 for a count of zero. The bias of the multiplication
    /// is below `count / 2⁶⁴`.
    pub fn below(&mut self, count: usize) -> usize {
        let product = u128::from(self.bits()) * count as u128;
        // The high half is below `count` and so fits.
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// Puts `values` into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Standard normal, by the method of Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * libm::cos(2.0 * core::f64::consts::PI * self.uniform())
    }
}
