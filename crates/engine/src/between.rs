//! A number kept inside an interval.

/// `value` clamped to `low ≤ value ≤ high`; `low` must not be above `high`. The standard library's `clamp` panics when
/// they are reversed, and formatting the two numbers in its message takes a tenth of the panel's WebAssembly.
#[allow(clippy::manual_clamp, reason = "`clamp` brings its panic along")]
pub(crate) fn between(value: f64, low: f64, high: f64) -> f64 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}
