//! Production against the benchmark's curve at the same load: is production slower than what was measured?

use super::histogram::Bucketed;
use super::overlay::Bin;
use crate::curve::Curve;
use crate::display;
use crate::points::LevelPoint;
use crate::slo::{Latency, Statistic, Subject};

/// Which way production differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Slower than measured, by more than the uncertainty of buckets and intervals.
    Slower,
    /// Faster than measured, by more than that uncertainty.
    Faster,
    /// No difference that buckets and intervals could show.
    AsMeasured,
    /// Nothing to compare: no production load is within the measured ones.
    Unknown,
}

impl Direction {
    /// Every direction.
    pub const ALL: [Self; 4] = [Self::Slower, Self::Faster, Self::AsMeasured, Self::Unknown];

    /// `slower`, `faster`, `as_measured` or `unknown`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::AsMeasured => "as_measured",
            Self::Unknown => "unknown",
        }
    }
}

/// The comparison at one load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The load of one replica.
    pub load: f64,
    /// Requests behind production's value.
    pub requests: f64,
    /// What production measured, milliseconds. The range includes the bucket and the sample size.
    pub production: Bucketed,
    /// The benchmark's curve there, milliseconds.
    pub curve: f64,
    /// The range of the curve there, milliseconds, from the confidence intervals of its levels.
    pub curve_interval: [Option<f64>; 2],
    /// Production over benchmark; `None` if production's value is known only as a range.
    pub ratio: Option<f64>,
    /// The range of the ratio if both uncertainties are at their worst.
    pub interval: [Option<f64>; 2],
    /// Which way production differs at this load.
    pub direction: Direction,
}

/// The comparison over all loads.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The answer over all loads.
    pub direction: Direction,
    /// Production over benchmark: the mean over the loads that are judged, weighted by requests.
    pub ratio: Option<f64>,
    /// The range of the ratio.
    pub interval: [Option<f64>; 2],
    /// Requests at loads within the measured ones.
    pub requests: f64,
    /// Of these, the requests behind [`ratio`](Self::ratio).
    pub judged: f64,
    /// Requests at loads outside the measured ones.
    pub outside: f64,
    /// The comparison at each load.
    pub loads: Vec<Compared>,
    /// The answer in a sentence.
    pub sentence: String,
}

/// With fewer requests at a load, nothing can be said about a percentile there.
const FEWEST: f64 = 10.0;

/// Compares production's bins with measured points of one latency and statistic. The points come from a benchmark, or
/// from the server's own metrics during it ([`server_point`]). `unit` is the unit of the loads.
#[must_use]
pub fn drift(bins: &[Bin], points: &[LevelPoint], latency: Latency, statistic: Statistic, unit: &str) -> Drift {
    let subject = Subject::Latency(latency, statistic);
    let reference = Reference::of(points);
    let mut loads = Vec::new();
    let (mut requests, mut outside) = (0.0, 0.0);
    for bin in bins {
        let Some(production) = value_of(bin, latency, statistic) else { continue };
        // Requests that the server does not count are no evidence.
        let counted = bin.requests.unwrap_or(0.0);
        match reference.as_ref().and_then(|reference| reference.compare(bin, production)) {
            Some(compared) => {
                requests += counted;
                loads.push(compared);
            }
            None => outside += counted,
        }
    }
    let judged = judged(&loads);
    let mean = |value: fn(&Compared) -> Option<f64>| {
        // If the end of one load's range is open, the end of the mean is open.
        let known: Option<Vec<(f64, f64)>> = judged.iter().map(|one| Some((value(one)?, one.requests))).collect();
        let known = known.filter(|known| !known.is_empty() && known.iter().all(|one| one.0 > 0.0))?;
        let weight: f64 = known.iter().map(|one| one.1).sum();
        Some(libm::exp(known.iter().map(|(ratio, weight)| weight * libm::log(*ratio)).sum::<f64>() / weight))
    };
    let ratio = mean(|one| one.ratio);
    let interval = [mean(|one| one.interval[0]), mean(|one| one.interval[1])];
    let judged_requests = judged.iter().fold(0.0, |sum, one| sum + one.requests);
    let direction = if judged.is_empty() { Direction::Unknown } else { direction(interval) };
    let range = reference.as_ref().map(|reference| reference.middle.range());
    let sentence = sentence(direction, ratio, interval, &subject.label(), outside > 0.0, range, unit);
    Drift { direction, ratio, interval, requests, judged: judged_requests, outside, loads, sentence }
}

/// The loads that count: those with enough requests on both sides to bound the ratio from above and below; if there is
/// none, those that bound it from below; else all. So a load at which few requests were measured does not hide the
/// others.
fn judged(loads: &[Compared]) -> Vec<&Compared> {
    let enough: Vec<&Compared> = loads.iter().filter(|one| one.requests >= FEWEST).collect();
    let low = |one: &Compared| one.interval[0].is_some_and(|low| low > 0.0);
    let both: Vec<&Compared> = enough.iter().copied().filter(|one| low(one) && one.interval[1].is_some()).collect();
    if !both.is_empty() {
        return both;
    }
    let below: Vec<&Compared> = enough.iter().copied().filter(|one| low(one)).collect();
    if below.is_empty() { enough } else { below }
}

/// What a server's metrics said at a load, as a point to compare with; its interval includes the bucket and the sample
/// size.
#[must_use]
pub fn server_point(bin: &Bin, load: f64, latency: Latency, statistic: Statistic) -> Option<LevelPoint> {
    let Bucketed { value, lo, hi } = value_of(bin, latency, statistic)?;
    Some(LevelPoint { load, value: value?, lo: Some(lo), hi, count: bin.counted() })
}

/// What a bin measured, with its full uncertainty.
#[must_use]
pub fn value_of(bin: &Bin, latency: Latency, statistic: Statistic) -> Option<Bucketed> {
    let histogram = bin.latencies.get(latency)?;
    match statistic.quantile() {
        Some(q) => histogram.quantile_interval(q, Some(bin.requests.unwrap_or(0.0))),
        None => histogram.mean().map(|mean| Bucketed { value: Some(mean), lo: mean, hi: Some(mean) }),
    }
}

/// The benchmark's curve, and the curves through the lower and the upper ends of its levels' intervals.
struct Reference {
    middle: Curve,
    low: Option<Curve>,
    high: Option<Curve>,
}

impl Reference {
    fn of(points: &[LevelPoint]) -> Option<Self> {
        let end = |end: fn(&LevelPoint) -> Option<f64>| {
            let known: Vec<LevelPoint> =
                points.iter().filter_map(|point| Some(LevelPoint { value: end(point)?, ..*point })).collect();
            Curve::fit(&known)
        };
        Some(Self { middle: Curve::fit(points)?, low: end(|point| point.lo), high: end(|point| point.hi) })
    }

    /// `None` outside the measured loads. A load within half a bin or a tenth of either end counts as that end, because
    /// nobody runs at exactly 32 requests all the time.
    fn compare(&self, bin: &Bin, production: Bucketed) -> Option<Compared> {
        let (lowest, highest) = self.middle.range();
        let reach = (0.5 * (bin.to - bin.from)).min(0.1 * highest).max(0.1 * bin.load);
        let load = bin.load.clamp(lowest, highest);
        if (load - bin.load).abs() > reach {
            return None;
        }
        let curve = self.middle.value_at(load)?;
        let at = |of: &Option<Curve>| of.as_ref().and_then(|of| of.value_at(load));
        let curve_interval = [at(&self.low).map(|low| low.min(curve)), at(&self.high).map(|high| high.max(curve))];
        let over = |value: f64, by: f64| (by > 0.0).then(|| value / by);
        let interval = [
            curve_interval[1].and_then(|high| over(production.lo, high)),
            production.hi.zip(curve_interval[0]).and_then(|(value, low)| over(value, low)),
        ];
        Some(Compared {
            load: bin.load,
            requests: bin.requests.unwrap_or(0.0),
            production,
            curve,
            curve_interval,
            ratio: production.value.and_then(|value| over(value, curve)),
            interval,
            direction: direction(interval),
        })
    }
}

fn direction(interval: [Option<f64>; 2]) -> Direction {
    match interval {
        [Some(low), _] if low > 1.0 => Direction::Slower,
        [_, Some(high)] if high < 1.0 => Direction::Faster,
        _ => Direction::AsMeasured,
    }
}

fn sentence(
    direction: Direction,
    ratio: Option<f64>,
    interval: [Option<f64>; 2],
    name: &str,
    outside: bool,
    range: Option<(f64, f64)>,
    unit: &str,
) -> String {
    let between = display::interval(interval);
    let times = ratio.map_or_else(|| between.clone(), |ratio| format!("{} ({between})", display::number(ratio)));
    match (direction, range) {
        (Direction::Slower, _) => {
            format!("Slower than measured: {name} is {times} times the benchmark's at the same load.")
        }
        (Direction::Faster, _) => {
            format!("Faster than measured: {name} is {times} times the benchmark's at the same load.")
        }
        (Direction::AsMeasured, _) => format!(
            "As measured: {name} is {times} times the benchmark's at the same load, which is no difference that buckets and \
             sample sizes could show."
        ),
        (Direction::Unknown, None) => format!("Nothing to compare: the benchmark did not measure {name}."),
        (Direction::Unknown, Some((lowest, highest))) if outside => format!(
            "Nothing to compare: production ran at loads that the benchmark did not measure ({} to {}).",
            display::load(lowest),
            display::load_with_unit(highest, unit)
        ),
        (Direction::Unknown, Some(_)) => format!("Nothing to compare: too few requests with {name} in this time."),
    }
}
