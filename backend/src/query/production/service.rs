//! Whether production meets a service level now.

use headroom_engine::live::{Observation, Presence};
use headroom_engine::slo::{Limit, Slo, Subject};

use super::server_latency::at_statistic;

/// Whether the service level is met in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Every limit certainly holds.
    Met,
    /// A limit is certainly broken.
    Violated,
    /// The bound of a limit lies within the bucket of the percentile.
    Unsure,
    /// There were no requests.
    Idle,
    /// A limit is on something that servers do not measure, or there are no metrics.
    Unknown,
}

impl Service {
    /// Its id in frames.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Violated => "violated",
            Self::Unsure => "unsure",
            Self::Idle => "idle",
            Self::Unknown => "unknown",
        }
    }
}

/// Judges a window. A broken limit decides, even if the others are unknown.
pub(super) fn service(slo: &Slo, presence: Presence, now: &Observation) -> Service {
    match presence {
        Presence::Serving | Presence::Shedding => {}
        Presence::Idle => return Service::Idle,
        Presence::Down | Presence::MetricMissing | Presence::NoData => return Service::Unknown,
    }
    // Refused requests got no answer at all. Servers do not report other errors, so few refusals do not prove that a
    // limit on errors holds.
    if now.refused_share().is_some_and(|share| share > slo.allowed_errors()) {
        return Service::Violated;
    }
    let judged: Vec<Service> = slo.of_servers().limits.iter().map(|limit| of_limit(limit, now)).collect();
    [Service::Violated, Service::Unknown, Service::Unsure]
        .into_iter()
        .find(|state| judged.contains(state))
        .unwrap_or(if judged.is_empty() { Service::Unknown } else { Service::Met })
}

fn of_limit(limit: &Limit, now: &Observation) -> Service {
    let Subject::Latency(latency, statistic) = limit.subject else { return Service::Unknown };
    let Some(value) = now.latencies.get(latency).and_then(|histogram| at_statistic(histogram, statistic)) else {
        return Service::Unknown;
    };
    // The lower bound of a bucket is not part of it.
    let beyond = if statistic.quantile().is_some() { value.lo >= limit.bound } else { !limit.holds(value.lo) };
    if beyond {
        Service::Violated
    } else if value.hi.is_some_and(|hi| limit.holds(hi)) {
        Service::Met
    } else {
        Service::Unsure
    }
}

#[cfg(test)]
mod tests {
    use headroom_engine::live::Histogram;
    use headroom_engine::slo::parse_limit;

    use super::*;

    /// A window with these counts of times to first token in the buckets up to 500, 1,000 and 2,500 ms.
    fn window(counts: [f64; 3]) -> Observation {
        let mut now = Observation::default();
        let all = counts.iter().sum();
        let buckets = [(500.0, counts[0]), (1_000.0, counts[0] + counts[1]), (2_500.0, all), (f64::INFINITY, all)];
        now.latencies.ttft = Some(Histogram::from_cumulative(&buckets, None));
        now
    }

    #[test]
    fn a_request_that_was_refused_is_an_error() {
        let level = |id: &str, limits: &[&str]| Slo {
            id: id.into(),
            ..Slo::custom(limits.iter().map(|limit| parse_limit(limit).unwrap()).collect())
        };
        let check = |slo: &Slo, refused: Option<f64>, requests: Option<f64>, expected: Service| {
            let now = Observation { refused, requests, ..window([100.0, 0.0, 0.0]) };
            assert_eq!(service(slo, Presence::Shedding, &now), expected, "{} {refused:?} {requests:?}", slo.id);
        };
        let named = level("chat", &["ttft_p95=1000ms", "error_rate=5%"]);
        check(&named, Some(6.0), Some(94.0), Service::Violated);
        check(&named, Some(5.0), Some(95.0), Service::Met);
        check(&named, Some(6.0), None, Service::Met);
        check(&named, None, Some(94.0), Service::Met);
        let by_hand = level("custom", &["ttft_p95=1000ms", "error_rate=5%"]);
        check(&by_hand, Some(6.0), Some(94.0), Service::Violated);
        check(&by_hand, Some(0.0), Some(94.0), Service::Unknown);
        // Without a limit on errors, the allowed share is what its percentiles leave out.
        check(&level("chat", &["ttft_p95=1000ms"]), Some(6.0), Some(94.0), Service::Violated);
        check(&level("chat", &["ttft_p95=1000ms"]), Some(4.0), Some(96.0), Service::Met);
    }

    #[test]
    fn a_limit_within_a_bucket_is_not_judged() {
        let slo = |limits: &str| Slo::custom(limits.split(' ').map(|limit| parse_limit(limit).unwrap()).collect());
        for (limits, counts, presence, expected) in [
            ("ttft_p95=1000ms", [99.0, 1.0, 0.0], Presence::Serving, Service::Met),
            ("ttft_p95=1000ms", [90.0, 10.0, 0.0], Presence::Serving, Service::Met),
            ("ttft_p95=1000ms", [50.0, 0.0, 50.0], Presence::Serving, Service::Violated),
            ("ttft_p95=1200ms", [50.0, 0.0, 50.0], Presence::Serving, Service::Unsure),
            ("ttft_p95=1000ms itl_p95=100ms", [99.0, 1.0, 0.0], Presence::Serving, Service::Unknown),
            ("ttft_p95=1000ms itl_p95=100ms", [50.0, 0.0, 50.0], Presence::Serving, Service::Violated),
            // Servers do not count errors, so a limit on them given by hand is unknown, but one of a named service
            // level is left out.
            ("ttft_p95=1000ms error_rate=1%", [99.0, 1.0, 0.0], Presence::Serving, Service::Unknown),
            ("ttft_p95=1000ms", [99.0, 1.0, 0.0], Presence::Idle, Service::Idle),
            ("ttft_p95=1000ms", [99.0, 1.0, 0.0], Presence::Down, Service::Unknown),
        ] {
            assert_eq!(service(&slo(limits), presence, &window(counts)), expected, "{limits} {counts:?} {presence:?}");
        }
        let named = Slo { id: "chat".into(), ..slo("ttft_p95=1000ms error_rate=1%") };
        assert_eq!(service(&named, Presence::Serving, &window([99.0, 1.0, 0.0])), Service::Met);
    }
}
