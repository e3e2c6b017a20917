//! The part of a level in which every user is busy and nothing is cut off, and how evenly the server worked in it.

use crate::level::{Level, Samples};
use crate::points::are_complete;
use crate::run::LoadModel;
use crate::slo::Latency;
use crate::whole;

/// Number of equal slices of the steady part. Fewer say little about the variation, and shorter ones depend on each
/// other.
const SLICES: usize = 10;

/// Degrees of freedom of a variance from [`SLICES`].
pub(super) const DEGREES: f64 = (SLICES - 1) as f64;

/// A rate with the relative variance of its estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paced {
    /// The rate, per second.
    pub(super) rate: f64,
    /// Variance of the estimate over the square of the rate.
    pub(super) variance: f64,
}

/// What a level served while it was steady.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SteadyPart {
    pub(super) requests: Paced,
    /// Output tokens; `None` if the report does not give them for each request.
    pub(super) tokens: Option<Paced>,
}

/// One request. Times are in seconds after the level's start.
struct Request {
    start: f64,
    first: f64,
    end: f64,
    tokens: f64,
}

impl SteadyPart {
    /// `None` if a level lacks some of its requests or their times, or has too few for a steady part.
    pub(super) fn of(level: &Level, model: LoadModel) -> Option<Self> {
        /// With fewer requests there would be less than two per slice.
        const FEWEST: usize = 20;
        let requests = requests(level)?;
        let [begin, end] = window(&requests, level, model).filter(|_| requests.len() >= FEWEST)?;
        let tokens_known = requests.iter().all(|request| request.tokens.is_finite());
        Some(Self {
            requests: paced(&requests, [begin, end], |_| 1.0)?,
            tokens: if tokens_known { paced(&requests, [begin, end], |request| request.tokens) } else { None },
        })
    }
}

/// Every request of a level in order of start; `None` if one of them or its times are missing.
fn requests(level: &Level) -> Option<Vec<Request>> {
    let samples: &Samples = level.samples.as_ref()?;
    if !are_complete(samples.len(), level, Latency::E2e) || (samples.len() as u64) < level.requests.ok {
        return None;
    }
    let at = |column: &[f64], row: usize| column.get(row).copied().unwrap_or(f64::NAN);
    let mut requests: Vec<Request> = (0..samples.len())
        .map(|row| {
            let start = at(&samples.start_s, row);
            let end = start + at(&samples.e2e_ms, row) / 1000.0;
            let first = start + at(&samples.ttft_ms, row) / 1000.0;
            // Without a first token, or if all tokens came at once, the tokens are spread over the whole request.
            let first = if first < end { first } else { start };
            Request { start, first, end, tokens: at(&samples.output_tokens, row) }
        })
        .collect();
    if !requests.iter().all(|request| request.first.is_finite() && request.end > request.first) {
        return None;
    }
    requests.sort_by(|a, b| a.start.total_cmp(&b.start));
    Some(requests)
}

/// Begin and end of the steady part, seconds after the level's start. It begins when as many requests have started as
/// are in flight, so that each has taken the place of a finished one. It ends at the last start from which even the
/// slowest request would be answered in time.
fn window(requests: &[Request], level: &Level, model: LoadModel) -> Option<[f64; 2]> {
    /// If the slowest requests leave less than this share of the level, the slowest tenth may be cut off.
    const LEAST: f64 = 0.4;
    const SLOWEST: f64 = 0.9;
    let mut took: Vec<f64> = requests.iter().map(|request| request.end - request.start).collect();
    took.sort_by(f64::total_cmp);
    let in_flight = match model {
        LoadModel::Closed => level.load,
        // Little's law.
        LoadModel::Open(_) => level.load * took.iter().sum::<f64>() / took.len() as f64,
    };
    let begin = requests.get(whole::index(in_flight.max(0.0).ceil()))?.start;
    let last = requests.iter().map(|request| request.end).fold(f64::NEG_INFINITY, f64::max);
    let all = last - requests.first()?.start;
    let slowest = *took.last()?;
    let slow = took[whole::index(SLOWEST * (took.len() - 1) as f64)];
    let end = if last - slowest - begin < LEAST * all { last - slow } else { last - slowest };
    // A steady part must be longer than a request.
    (end - begin > slow).then_some([begin, end])
}

/// The rate between `begin` and `end`. What a request brings is spread evenly from its first token to its end.
fn paced(requests: &[Request], [begin, end]: [f64; 2], brings: impl Fn(&Request) -> f64) -> Option<Paced> {
    let slice_s = (end - begin) / SLICES as f64;
    let mut slices = [0.0; SLICES];
    for request in requests.iter().filter(|request| request.end > begin && request.first < end) {
        let pace = brings(request) / (request.end - request.first);
        let place = |at: f64| whole::index(((at - begin) / slice_s).floor().clamp(0.0, DEGREES));
        for (index, slice) in slices.iter_mut().enumerate().take(place(request.end) + 1).skip(place(request.first)) {
            let from = begin + index as f64 * slice_s;
            let overlap = request.end.min(from + slice_s) - request.first.max(from);
            *slice += pace * overlap.max(0.0) / slice_s;
        }
    }
    let count = SLICES as f64;
    let rate = slices.iter().sum::<f64>() / count;
    let off = slices.map(|slice| slice - rate);
    let squares = off.iter().map(|off| off * off).sum::<f64>();
    if !(rate > 0.0 && squares.is_finite()) {
        return None;
    }
    // Neighbouring slices share requests. With so few slices, the estimated autocorrelation is too low by about one
    // over their number.
    let together = off.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
    let correlation = if squares > 0.0 { together / squares + 1.0 / count } else { 0.0 };
    let variance = squares / DEGREES / count * (1.0 + 2.0 * correlation.max(0.0));
    Some(Paced { rate, variance: variance / (rate * rate) })
}
