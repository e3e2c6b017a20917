//! What a deployment served in a time range, and with how many replicas.

use headroom_engine::live::Observation;
use headroom_engine::live::economy::Served;

use crate::production::Wanted;
use crate::query::seen::{Observe, WindowPlan};

/// The observations behind the sums: the whole time range in windows, in each of which replicas are counted once.
pub(super) const OBSERVE: Observe = Observe {
    wanted: Wanted { traffic: true, latencies: false, queue: false, pressure: false, gpu: false, refusals: true },
    over: WindowPlan::Range { most: 240, scrapes: 1, as_panel: false },
};

/// Sums over the time in which a deployment was up.
pub(super) struct Traffic {
    /// Output tokens, with the time and the replicas that they needed.
    pub(super) output: Served,
    /// Prompt tokens; `None` if the server does not count them.
    pub(super) prompt_tokens: Option<f64>,
    /// Finished requests; `None` if the server does not count them.
    pub(super) requests: Option<f64>,
    /// Share of the time in which something was in flight or finished, 0 to 1.
    pub(super) busy: Option<f64>,
}

impl Traffic {
    /// Sums over all windows; `None` if the deployment was up in none of them, or its output is unknown.
    pub(super) fn of(observations: &[Observation]) -> Option<Self> {
        let there: Vec<&Observation> = observations.iter().filter(|one| one.replicas.is_some()).collect();
        let sum =
            |value: fn(&Observation) -> Option<f64>| there.iter().filter_map(|one| value(one)).reduce(|a, b| a + b);
        let seconds: f64 = there.iter().map(|one| one.seconds).sum();
        let tokens = sum(|one| one.output_tokens)?;
        (seconds > 0.0).then(|| Self {
            output: Served {
                tokens,
                seconds,
                replica_seconds: there.iter().map(|one| one.replicas.unwrap_or(0.0) * one.seconds).sum(),
            },
            prompt_tokens: sum(|one| one.prompt_tokens),
            requests: sum(|one| one.requests),
            busy: mean_over_time(there.iter().copied(), |one| {
                one.is_active().map(|active| f64::from(u8::from(active)))
            }),
        })
    }
}

/// The mean of the known values, weighted by the lengths of their windows, because the last window may be shorter.
/// `None` if no value is known.
pub(super) fn mean_over_time<'o>(
    observations: impl IntoIterator<Item = &'o Observation>,
    value: fn(&Observation) -> Option<f64>,
) -> Option<f64> {
    let known = observations.into_iter().filter_map(|one| Some((value(one)?, one.seconds)));
    let (sum, seconds) = known.fold((0.0, 0.0), |(sum, all), (value, seconds)| (sum + value * seconds, all + seconds));
    (seconds > 0.0).then(|| sum / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_window_is_busy_for_as_long_as_it_is() {
        let window = |seconds, running| Observation {
            seconds,
            running: Some(running),
            replicas: Some(1.0),
            output_tokens: Some(0.0),
            ..Observation::default()
        };
        let found = Traffic::of(&[window(3_600.0, 0.0), window(300.0, 0.0), window(100.0, 4.0)]).unwrap();
        assert_eq!(found.busy, Some(0.025), "100 of 4,000 seconds");
    }

    #[test]
    fn what_is_not_counted_is_not_zero() {
        let window = Observation { seconds: 60.0, replicas: Some(2.0), ..Observation::default() };
        assert!(
            Traffic::of(std::slice::from_ref(&window)).is_none(),
            "a deployment without a known output cost nothing a token"
        );
        let served = Observation { output_tokens: Some(600.0), requests: Some(3.0), ..window.clone() };
        let found = Traffic::of(&[window, served.clone(), served]).unwrap();
        assert_eq!((found.output.tokens, found.output.seconds, found.output.replica_seconds), (1_200.0, 180.0, 360.0));
        assert_eq!((found.prompt_tokens, found.requests), (None, Some(6.0)));
    }
}
