//! A server of several equal places with one queue before it, first come first served: M/M/c and M/G/c.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use headroom_engine::random::Random;

use crate::trace::{Request, Trace};

/// How long a request is served, seconds; the mean is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Service {
    /// Exponential: M/M/c.
    Exponential,
    /// Lognormal with this standard deviation of the logarithm: M/G/c.
    Lognormal(f64),
}

impl Service {
    fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Exponential => random.exponential(),
            Self::Lognormal(sigma) => libm::exp(sigma * random.normal() - 0.5 * sigma * sigma),
        }
    }
}

/// The first token comes after the wait and this share of the service: the prompt is read first.
pub(crate) const FIRST_TOKEN: f64 = 0.1;

/// A time in a heap: the earliest first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct At(f64);

impl Eq for At {}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for At {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// How requests come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Arriving {
    /// This many users, each of whom sends the next request when the last is answered.
    Users(usize),
    /// At random, this many per second.
    PerSecond(f64),
}

/// The requests of a level in order of arrival: the first `skipped` are not recorded.
pub(crate) fn simulate(
    places: usize,
    service: Service,
    arriving: Arriving,
    skipped: usize,
    recorded: usize,
    random: &mut Random,
) -> Trace {
    let mut free: BinaryHeap<Reverse<At>> = (0..places).map(|_| Reverse(At(0.0))).collect();
    let mut users: BinaryHeap<Reverse<At>> = match arriving {
        Arriving::Users(users) => (0..users).map(|_| Reverse(At(0.0))).collect(),
        Arriving::PerSecond(_) => BinaryHeap::new(),
    };
    let mut clock = 0.0;
    let mut requests = Vec::with_capacity(recorded);
    for index in 0..skipped + recorded {
        let start = match arriving {
            Arriving::Users(_) => users.pop().unwrap().0.0,
            Arriving::PerSecond(rate) => {
                clock += random.exponential() / rate;
                clock
            }
        };
        let place = free.pop().unwrap().0.0;
        let begun = place.max(start);
        let length = service.draw(random);
        let end = begun + length;
        free.push(Reverse(At(end)));
        if matches!(arriving, Arriving::Users(_)) {
            users.push(Reverse(At(end)));
        }
        if index >= skipped {
            requests.push(Request { start, first: begun + FIRST_TOKEN * length, end, tokens: 64.0 });
        }
    }
    Trace { requests }
}

/// Probability that a request to an M/M/c at `rate` (of a service rate of 1 per place) waits: Erlang's C.
pub(crate) fn erlang_c(places: usize, rate: f64) -> f64 {
    let mut blocked = 1.0;
    for place in 1..=places {
        blocked = rate * blocked / (place as f64 + rate * blocked);
    }
    let load = rate / places as f64;
    blocked / (1.0 - load * (1.0 - blocked))
}

/// Quantile `q` of the wait and [`FIRST_TOKEN`] of an exponential service together, in an M/M/c.
pub(crate) fn first_token_quantile(places: usize, rate: f64, q: f64) -> f64 {
    let waits = erlang_c(places, rate);
    // The wait is zero or exponential with rate `drain`; the first token after it is exponential too.
    let drain = places as f64 - rate;
    let token = 1.0 / FIRST_TOKEN;
    let above = |t: f64| {
        let token_alone = libm::exp(-token * t);
        let both = (token * libm::exp(-drain * t) - drain * libm::exp(-token * t)) / (token - drain);
        (1.0 - waits) * token_alone + waits * both
    };
    let (mut low, mut high) = (0.0, 1.0);
    while above(high) > 1.0 - q {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if above(middle) > 1.0 - q { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The simulated M/M/4 waits as often as Erlang says, and its first tokens come when they should.
pub(crate) fn check() {
    let rate = 3.0;
    // Of 4 places at a load of 3: 0.5094, as tables of Erlang's C have it.
    assert!((erlang_c(4, rate) - 0.5094).abs() < 5e-4, "{}", erlang_c(4, rate));
    let mut random = Random::seeded(4);
    let trace = simulate(4, Service::Exponential, Arriving::PerSecond(rate), 5_000, 400_000, &mut random);
    let truth = first_token_quantile(4, rate, 0.95);
    let late = trace.requests.iter().filter(|request| request.first - request.start > truth).count();
    let share = late as f64 / trace.requests.len() as f64;
    assert!((share - 0.05).abs() < 0.004, "{share}");
}
