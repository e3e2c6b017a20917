//! The range that each axis shows: all visible data, with a small margin.

use headroom_contract::panel::ScaleKind;

/// Share of the data's extent that is left free beyond its last value, so that a marker at the edge is not cut off and
/// an arrow fits.
const AIR: f64 = 0.05;

/// A limit above this multiple of the largest value would squeeze the data flat, so it is shown at the edge instead.
const LIMIT_REACH: f64 = 2.5;

/// The same multiple on a logarithmic axis, where distance takes less room.
const LOG_LIMIT_REACH: f64 = 10.0;

/// The end of an interval is cut off above this multiple of the largest measured value.
const INTERVAL_REACH: f64 = 1.5;

/// Smallest and largest of the finite values seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The smallest; positive infinity before the first value.
    pub lo: f64,
    /// The largest; negative infinity before the first value.
    pub hi: f64,
}

impl Default for Extent {
    fn default() -> Self {
        Self { lo: f64::INFINITY, hi: f64::NEG_INFINITY }
    }
}

impl Extent {
    /// Takes a value into account; values that are not finite are ignored.
    #[inline(never)] // for the size of the WebAssembly: a picture calls it in a dozen places
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.lo = self.lo.min(value);
            self.hi = self.hi.max(value);
        }
    }

    /// Whether any value was seen.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.lo > self.hi
    }
}

/// The domain of the load axis: from zero on a linear one (half the capacity should look like half the way), around the
/// data on a logarithmic one.
#[must_use]
pub fn of_loads(kind: ScaleKind, loads: Extent) -> (f64, f64) {
    if loads.is_empty() || loads.hi <= 0.0 {
        return match kind {
            ScaleKind::Linear => (0.0, 1.0),
            ScaleKind::Log => (1.0, 10.0),
        };
    }
    match kind {
        ScaleKind::Linear => (loads.lo.min(0.0), loads.hi + AIR * (loads.hi - loads.lo.min(0.0))),
        ScaleKind::Log => padded_log(loads),
    }
}

/// The values that determine the value axis.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Measured values and the fitted lines.
    pub measured: Extent,
    /// Ends of the intervals that are drawn.
    pub intervals: Extent,
    /// Limits that are drawn.
    pub limits: Vec<f64>,
    /// Lower end that the user set.
    pub min: Option<f64>,
    /// Upper end that the user set.
    pub max: Option<f64>,
}

/// The domain of the value axis: all measured values, and intervals and limits that are not too far away.
#[must_use]
pub fn of_values(kind: ScaleKind, values: &Values) -> (f64, f64) {
    let mut shown = values.measured;
    if shown.is_empty() {
        for &limit in &values.limits {
            shown.add(limit);
        }
    }
    if shown.is_empty() || (kind == ScaleKind::Log && shown.hi <= 0.0) {
        return match kind {
            ScaleKind::Linear => (0.0, 1.0),
            ScaleKind::Log => (1.0, 10.0),
        };
    }
    let measured = shown;
    if values.intervals.hi <= measured.hi * INTERVAL_REACH {
        shown.add(values.intervals.hi);
    } else if !values.intervals.is_empty() {
        shown.add(measured.hi * INTERVAL_REACH);
    }
    let log_floor = measured.lo / LOG_LIMIT_REACH;
    if !values.intervals.is_empty() && (kind == ScaleKind::Linear || values.intervals.lo > log_floor) {
        shown.add(values.intervals.lo);
    }
    for &limit in &values.limits {
        let within = match kind {
            ScaleKind::Linear => limit <= measured.hi * LIMIT_REACH,
            ScaleKind::Log => limit <= measured.hi * LOG_LIMIT_REACH && limit >= log_floor && limit > 0.0,
        };
        if within {
            shown.add(limit);
        }
    }
    let automatic = match kind {
        ScaleKind::Linear if shown.lo >= 0.0 => (0.0, shown.hi + AIR * shown.hi),
        ScaleKind::Linear => (shown.lo - AIR * (shown.hi - shown.lo), shown.hi + AIR * (shown.hi - shown.lo)),
        ScaleKind::Log => padded_log(shown),
    };
    asked_for(kind, automatic, values.min, values.max)
}

/// The automatic domain, with the ends that the user set if they result in a valid axis.
fn asked_for(kind: ScaleKind, automatic: (f64, f64), min: Option<f64>, max: Option<f64>) -> (f64, f64) {
    let possible = |end: &f64| end.is_finite() && (kind == ScaleKind::Linear || *end > 0.0);
    let lo = min.filter(possible).unwrap_or(automatic.0);
    let hi = max.filter(possible).unwrap_or(automatic.1);
    if lo < hi { (lo, hi) } else { widened(kind, automatic) }
}

/// Widens an empty domain: there must be an axis even if all values are zero.
fn widened(kind: ScaleKind, (lo, hi): (f64, f64)) -> (f64, f64) {
    match kind {
        _ if lo < hi => (lo, hi),
        ScaleKind::Linear => (lo, lo + 1.0),
        ScaleKind::Log => (lo, lo * 10.0),
    }
}

fn padded_log(extent: Extent) -> (f64, f64) {
    // Only positive values have a place. If there are others, the axis begins three decades below the largest value.
    let lo = if extent.lo > 0.0 { extent.lo } else { extent.hi / 1000.0 };
    let factor = libm::exp(libm::log(extent.hi / lo) * AIR).max(1.12);
    (lo / factor, extent.hi * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extent(values: &[f64]) -> Extent {
        let mut extent = Extent::default();
        for &value in values {
            extent.add(value);
        }
        extent
    }

    fn check(kind: ScaleKind, measured: &[f64], intervals: &[f64], limits: &[f64], expected: (f64, f64)) {
        let values = Values {
            measured: extent(measured),
            intervals: extent(intervals),
            limits: limits.to_vec(),
            ..Values::default()
        };
        let (lo, hi) = of_values(kind, &values);
        assert!((lo - expected.0).abs() < 1e-9 && (hi - expected.1).abs() < 1e-9, "{kind:?}: {:?}", (lo, hi));
    }

    #[test]
    fn a_linear_value_axis_starts_at_zero_and_ends_just_above_the_data() {
        check(ScaleKind::Linear, &[100.0, 200.0], &[], &[], (0.0, 210.0));
    }

    #[test]
    fn a_limit_within_reach_is_on_the_axis() {
        check(ScaleKind::Linear, &[100.0, 200.0], &[], &[400.0], (0.0, 420.0));
    }

    #[test]
    fn a_limit_out_of_reach_does_not_squeeze_the_data() {
        check(ScaleKind::Linear, &[100.0, 200.0], &[], &[10_000.0], (0.0, 210.0));
    }

    #[test]
    fn a_wild_interval_is_cut() {
        check(ScaleKind::Linear, &[100.0, 200.0], &[50.0, 5000.0], &[], (0.0, 315.0));
    }

    #[test]
    fn all_zero_is_still_an_axis() {
        check(ScaleKind::Linear, &[0.0, 0.0], &[], &[], (0.0, 1.0));
    }

    #[test]
    fn no_data_shows_the_limit() {
        check(ScaleKind::Linear, &[], &[], &[1000.0], (0.0, 1050.0));
    }

    #[test]
    fn loads_start_at_zero_unless_logarithmic() {
        assert_eq!(of_loads(ScaleKind::Linear, extent(&[1.0, 40.0])), (0.0, 42.0));
        let (lo, hi) = of_loads(ScaleKind::Log, extent(&[1.0, 32.0]));
        assert!(lo > 0.8 && lo < 1.0 && hi > 32.0 && hi < 40.0, "{:?}", (lo, hi));
    }

    proptest! {
        #[test]
        fn every_domain_makes_a_scale(
            measured in proptest::collection::vec(-1e6..1e6_f64, 0..6),
            intervals in proptest::collection::vec(-1e7..1e7_f64, 0..6),
            limits in proptest::collection::vec(-1e3..1e9_f64, 0..3),
            min in proptest::option::of(-10.0..10.0_f64),
            max in proptest::option::of(-10.0..10.0_f64),
            log: bool,
        ) {
            let kind = if log { ScaleKind::Log } else { ScaleKind::Linear };
            let values = Values { measured: extent(&measured), intervals: extent(&intervals), limits, min, max };
            for (lo, hi) in [of_values(kind, &values), of_loads(kind, values.measured)] {
                prop_assert!(lo.is_finite() && hi.is_finite() && lo < hi, "{kind:?} gives {lo} to {hi}");
                prop_assert!(kind == ScaleKind::Linear || lo > 0.0, "{kind:?} gives {lo} to {hi}");
            }
        }

        #[test]
        fn measured_values_are_always_inside(measured in proptest::collection::vec(0.001..1e6_f64, 1..9), log: bool) {
            let kind = if log { ScaleKind::Log } else { ScaleKind::Linear };
            let (lo, hi) = of_values(kind, &Values { measured: extent(&measured), ..Values::default() });
            for value in measured {
                prop_assert!(lo <= value && value <= hi, "{value} is outside {lo} to {hi}");
            }
        }
    }
}
