//! Converts data to pixels and back.

use headroom_contract::panel::ScaleKind;

/// A monotone map from a data domain to a pixel range. The range may be reversed, as on a y axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    kind: ScaleKind,
    domain: (f64, f64),
    range: (f64, f64),
    /// Start and length of the domain as distances: logarithms if the scale is logarithmic.
    low: f64,
    length: f64,
}

impl Scale {
    /// Creates a scale. The domain comes from [`crate::domain`], which gives finite ends in ascending order, both
    /// positive for [`ScaleKind::Log`].
    #[must_use]
    pub fn new(kind: ScaleKind, domain: (f64, f64), range: (f64, f64)) -> Self {
        debug_assert!(
            domain.0 < domain.1 && (kind == ScaleKind::Linear || domain.0 > 0.0),
            "domain {domain:?} for {kind:?}"
        );
        let distance = |value: f64| if kind == ScaleKind::Log { libm::log(value) } else { value };
        let low = distance(domain.0);
        Self { kind, domain, range, low, length: distance(domain.1) - low }
    }

    /// Linear or logarithmic.
    #[must_use]
    pub fn kind(&self) -> ScaleKind {
        self.kind
    }

    /// The smallest and the largest value on the axis.
    #[must_use]
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// Whether a value is on the axis.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        value >= self.domain.0 && value <= self.domain.1
    }

    /// The pixel of a value. Values outside the domain are extrapolated, except that a logarithmic scale puts values
    /// that are not positive at the low end.
    #[must_use]
    pub fn position(&self, value: f64) -> f64 {
        let distance = match self.kind {
            ScaleKind::Linear => value - self.low,
            ScaleKind::Log if value <= 0.0 => 0.0,
            ScaleKind::Log => libm::log(value) - self.low,
        };
        self.range.0 + distance / self.length * (self.range.1 - self.range.0)
    }

    /// The value at a pixel.
    #[must_use]
    pub fn value(&self, position: f64) -> f64 {
        let distance = self.low + (position - self.range.0) / (self.range.1 - self.range.0) * self.length;
        if self.kind == ScaleKind::Log { libm::exp(distance) } else { distance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(kind: ScaleKind, domain: (f64, f64), pairs: &[(f64, f64)]) {
        let scale = Scale::new(kind, domain, (100.0, 300.0));
        for &(value, pixel) in pairs {
            assert!(
                (scale.position(value) - pixel).abs() < 1e-9,
                "{kind:?} {domain:?}: {value} is at {}",
                scale.position(value)
            );
        }
    }

    #[test]
    fn linear_keeps_differences() {
        check(ScaleKind::Linear, (0.0, 40.0), &[(0.0, 100.0), (10.0, 150.0), (40.0, 300.0), (50.0, 350.0)]);
    }

    #[test]
    fn log_keeps_ratios() {
        check(ScaleKind::Log, (1.0, 100.0), &[(1.0, 100.0), (10.0, 200.0), (100.0, 300.0)]);
    }

    #[test]
    fn log_puts_what_is_not_positive_at_the_low_end() {
        check(ScaleKind::Log, (1.0, 100.0), &[(0.0, 100.0), (-5.0, 100.0)]);
    }

    proptest! {
        #[test]
        fn there_and_back(lo in 1e-3..1e3_f64, factor in 1.01..1e6_f64, share in 0.0..1.0_f64, log: bool, backwards: bool) {
            let kind = if log { ScaleKind::Log } else { ScaleKind::Linear };
            let range = if backwards { (400.0, 10.0) } else { (10.0, 400.0) };
            let scale = Scale::new(kind, (lo, lo * factor), range);
            let value = lo + share * (lo * factor - lo);
            let back = scale.value(scale.position(value));
            prop_assert!((back - value).abs() <= 1e-9 * value, "{value} came back as {back}");
        }

        #[test]
        fn order_is_kept(lo in 1e-3..1e3_f64, factor in 1.01..1e6_f64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, log: bool) {
            let kind = if log { ScaleKind::Log } else { ScaleKind::Linear };
            let scale = Scale::new(kind, (lo, lo * factor), (0.0, 500.0));
            let at = |share: f64| scale.position(lo + share * (lo * factor - lo));
            prop_assert!(a > b || at(a) <= at(b));
        }
    }
}
