//! A figure with its uncertainty, carried through a curve and into a ratio.

use crate::between::between;
use crate::distributions::{CONFIDENCE, normal_cdf, normal_quantile};
use crate::rates::{Rate, RateCurve};

/// Number of equally likely loads within the interval of a load.
const STEPS: usize = 20;

/// Standard normal values in the middle of each of [`STEPS`] equal shares. The outermost are the ends of a 95 %
/// interval.
const PLACES: [f64; STEPS] = [
    -1.959_964, -1.439_531, -1.150_349, -0.934_589, -0.755_415, -0.597_76, -0.453_762, -0.318_639, -0.189_118,
    -0.062_707, 0.062_707, 0.189_118, 0.318_639, 0.453_762, 0.597_76, 0.755_415, 0.934_589, 1.150_349, 1.439_531,
    1.959_964,
];

/// A positive figure with two independent relative errors: one because the load is uncertain, and one of its own.
///
/// The error from the load is not normal. Beyond saturation a rate hardly changes with the load, and below it falls
/// steeply, so treating the load's interval as a normal error would give its far end too much weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubted {
    /// The figure.
    pub value: f64,
    /// The logarithm of the figure at each of the equally likely loads, less the logarithm of `value`.
    by_load: [f64; STEPS],
    /// Standard deviation of the logarithm from its own error.
    own: f64,
    /// Whether the lower and the upper end are known.
    known: [bool; 2],
}

impl Doubted {
    /// A figure with its 95 % interval. Either end may be unknown.
    #[must_use]
    pub fn between(value: f64, interval: [Option<f64>; 2]) -> Self {
        let ends = interval.map(|end| end.map(|end| libm::log(end / value)).filter(|off| off.is_finite()));
        let by_load = PLACES.map(|place| {
            let end = if place < 0.0 { ends[0] } else { ends[1] };
            end.unwrap_or(0.0) * (place / PLACES[STEPS - 1]).abs()
        });
        Self { value, by_load, own: 0.0, known: ends.map(|end| end.is_some()) }
    }

    /// The rate at an uncertain load. With `at_least` the load is a lower bound at which the deployment can always be
    /// run, so higher loads need not be considered. `None` if the load lies outside the measured ones.
    pub(super) fn through(curve: &RateCurve, load: &Self, at_least: bool) -> Option<Self> {
        let rate = curve.at(load.value)?;
        let (first, last) = curve.range();
        let end = |step: usize| load.value * libm::exp(load.by_load[step]);
        let inside = [load.known[0] && end(0) >= first, load.known[1] && end(STEPS - 1) <= last];
        // If an end of the load is unknown, the load may lie anywhere up to the last measured one.
        let place = |step: usize| {
            let share = PLACES[step] / PLACES[STEPS - 1];
            match share > 0.0 {
                true if !inside[1] && !at_least => load.value + (last - load.value) * share,
                false if !inside[0] => load.value + (load.value - first) * share,
                _ => between(end(step), first, last),
            }
        };
        let own = rate.interval.map(|end| end.map(|end| libm::log(end / rate.value).abs() / PLACES[STEPS - 1]));
        let by_load =
            core::array::from_fn(|step| curve.at(place(step)).map_or(0.0, |at| libm::log(at.value / rate.value)));
        Some(Self {
            value: rate.value,
            by_load,
            own: own[0].zip(own[1]).map_or(0.0, |(low, high)| 0.5 * (low + high)),
            known: [inside[0] && own[0].is_some(), inside[1] && own[1].is_some()],
        })
    }

    /// The figure in another unit, of which this is `factor`.
    pub(super) fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, ..self }
    }

    /// The figure divided by an exactly known number.
    pub(super) fn per(self, divisor: f64) -> Self {
        Self { value: self.value / divisor, ..self }
    }

    /// The figure with its 95 % interval.
    #[must_use]
    pub fn rate(&self) -> Rate {
        let one = Self { value: 1.0, by_load: [0.0; STEPS], own: 0.0, known: [true, true] };
        Rate { value: self.value, interval: interval(self, &one, 0.0) }
    }
}

/// The 95 % interval of `a / b`, with another independent error `other` (standard deviation of the logarithm): the ends
/// beyond which the distribution of the quotient over all pairs of loads has 2.5 % each.
pub(super) fn interval(a: &Doubted, b: &Doubted, other: f64) -> [Option<f64>; 2] {
    // If neither figure has an error of its own, the distribution is a step function. This spread smooths it and is too
    // small to matter.
    const LEAST: f64 = 1e-6;
    let spread = (a.own * a.own + b.own * b.own + other * other).sqrt().max(LEAST);
    let share_below = |off: f64| {
        let pairs = a.by_load.iter().flat_map(|of_a| b.by_load.iter().map(move |of_b| of_a - of_b));
        pairs.map(|place| normal_cdf((off - place) / spread)).sum::<f64>() / (STEPS * STEPS) as f64
    };
    let (lowest, highest) = (least(&a.by_load) - most(&b.by_load), most(&a.by_load) - least(&b.by_load));
    let reach = normal_quantile(0.999) * spread;
    let at = |share: f64| root(|off| share_below(off) - share, lowest - reach, highest + reach);
    let tail = 0.5 * (1.0 - CONFIDENCE);
    let value = a.value / b.value;
    let known = [a.known[0] && b.known[1], a.known[1] && b.known[0]];
    let end = |known: bool, share: f64| known.then(|| value * libm::exp(at(share)));
    [end(known[0], tail).map(|low| low.min(value)), end(known[1], 1.0 - tail).map(|high| high.max(value))]
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Where an increasing function is zero between `low` and `high`, by the Illinois variant of the false position.
fn root(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    // Far below the precision that intervals are shown with.
    const EXACT: f64 = 1e-7;
    let (mut below, mut above) = (f(low), f(high));
    let mut side = 0_i8;
    for _ in 0..60 {
        if high - low <= EXACT {
            break;
        }
        let middle = (low * above - high * below) / (above - below);
        let at = f(middle);
        if at.abs() <= EXACT {
            return middle;
        }
        if at > 0.0 {
            (high, above) = (middle, at);
            if side > 0 {
                below *= 0.5;
            }
            side = 1;
        } else {
            (low, below) = (middle, at);
            if side < 0 {
                above *= 0.5;
            }
            side = -1;
        }
    }
    0.5 * (low + high)
}
