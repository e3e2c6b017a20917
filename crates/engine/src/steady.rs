//! Whether the server kept up with the rates of an open loop.

use crate::level::{Distribution, Level};
use crate::run::{Arrivals, LoadModel, Run};

/// A rate counts as served if no more than this share of it was unserved. In the long run the unserved share is either
/// zero or keeps growing: below its capacity a server serves everything, above it the queue grows as long as the load
/// lasts. A tenth allows for chance and for the start and end of the level, which are known less precisely.
pub const UNSERVED: f64 = 0.1;

/// With fewer requests sent, a rate does not show whether it was served: one request more or less is half of what is
/// allowed.
const FEWEST: u64 = 20;

/// The share of an offered rate that was not served, with the ends of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unserved {
    /// The share: 0 if everything was served, 1 if nothing was.
    pub share: f64,
    /// Lower end of the interval.
    pub lo: f64,
    /// Upper end of the interval.
    pub hi: f64,
    /// Requests that were answered.
    pub count: u64,
}

/// The share of an open-loop level's rate that was not served. `None` for a closed loop, which offers only what is
/// served, and if too little is known.
#[must_use]
pub fn unserved(level: &Level, model: LoadModel) -> Option<Unserved> {
    let LoadModel::Open(arrivals) = model else { return None };
    let requests = level.requests;
    let sent = requests.ok + requests.errored + requests.incomplete;
    let counted = sent > 0;
    if counted && requests.ok == 0 && requests.errored > 0 {
        return Some(Unserved { share: 1.0, lo: 1.0, hi: 1.0, count: 0 });
    }
    if counted && sent < FEWEST {
        return None;
    }
    let arrived = sent_rate(level).filter(|_| arrivals == Arrivals::Poisson);
    let ratio = served_rate(level)? / arrived.map_or(level.load, |arrived| arrived_rate(arrived, level.load));
    let share = (1.0 - ratio).max(0.0);
    // Evenly spaced requests arrive without chance; and if every start is known, the actual rate is used.
    let chance =
        if arrivals == Arrivals::Poisson && arrived.is_none() && counted { 1.96 / (sent as f64).sqrt() } else { 0.0 };
    let around = chance * ratio;
    share.is_finite().then(|| Unserved {
        share,
        lo: (share - around).max(0.0),
        hi: (share + around).min(1.0).max(share),
        count: requests.ok,
    })
}

/// Requests served over requests offered at an open-loop level, 0 to 1; see [`unserved`].
#[must_use]
pub fn keep_up_ratio(level: &Level, model: LoadModel) -> Option<f64> {
    unserved(level, model).map(|unserved| 1.0 - unserved.share)
}

/// The lowest offered rate of which more than [`UNSERVED`] was not served. From there on the queue grows as long as the
/// level lasts, so the latencies depend on the level's length.
#[must_use]
pub fn first_not_kept_up(run: &Run) -> Option<f64> {
    run.levels
        .iter()
        .find(|level| unserved(level, run.load_model).is_some_and(|unserved| unserved.share > UNSERVED))
        .map(|level| level.load)
}

/// Requests answered per second while there was something to answer.
///
/// A level begins before its first answer and, if it ends after a number of requests, lasts until the last one. So over
/// the whole level fewer requests are answered per second than arrive, however fast the server is: the level is longer
/// by the time of one request. Only the time after the first token is subtracted, because a queue shows in the time
/// before it.
fn served_rate(level: &Level) -> Option<f64> {
    /// If a level is mostly start and end, nothing is subtracted: another finding says that it is too short.
    const MOST: f64 = 0.5;
    let rate = level.rates.requests.filter(|rate| rate.is_finite() && *rate >= 0.0)?;
    let lasted = level.duration_s.filter(|duration| duration.is_finite() && *duration > 0.0);
    let share = lasted.zip(decoding_s(level)).map_or(0.0, |(duration, decoding)| decoding / duration);
    Some(if share < MOST { rate / (1.0 - share) } else { rate })
}

/// Mean time from a request's first token to its last one, seconds.
fn decoding_s(level: &Level) -> Option<f64> {
    let mean = |distribution: &Option<Distribution>| {
        distribution.as_ref()?.mean.filter(|value| value.is_finite() && *value > 0.0)
    };
    let whole = || Some(mean(&level.e2e)? - mean(&level.ttft)?);
    let parts = || Some((level.output_tokens? - 1.0) * mean(&level.itl)?);
    whole().or_else(parts).filter(|ms| ms.is_finite() && *ms > 0.0).map(|ms| ms / 1000.0)
}

/// The rate at which random requests arrived: the actual one, if it differs from the requested rate by no more than
/// chance. Otherwise the requested rate, because a client that sent less did not offer the load.
fn arrived_rate((sent, count): (f64, usize), asked: f64) -> f64 {
    let chance = 3.0 / (count as f64).sqrt();
    if (sent / asked - 1.0).abs() <= chance { sent } else { asked }
}

/// Requests started per second, and how many started, if the start of every answered or failed request is known.
fn sent_rate(level: &Level) -> Option<(f64, usize)> {
    let starts = &level.samples.as_ref()?.start_s;
    let known = || starts.iter().copied().filter(|start| start.is_finite());
    let (count, first, last) =
        (known().count(), known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    (count as u64 >= (level.requests.ok + level.requests.errored).max(2) && last > first)
        .then(|| ((count - 1) as f64 / (last - first), count))
}
