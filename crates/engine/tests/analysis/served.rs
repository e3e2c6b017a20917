//! What makes a load fail whatever its latencies are: a rate that was not served, and requests that failed.

use headroom_engine::breaking::BreakingState;
use headroom_engine::findings::Code;
use headroom_engine::judging::judging;
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples};
use headroom_engine::live::headroom::headroom;
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::sheet::Sheet;
use headroom_engine::slo::{Limit, Slo, Subject, presets};
use headroom_engine::verdict::{Verdict, assess};

use crate::support::{level, run, slo};

/// Levels of `(offered, served)` requests per second for a minute, every TTFT p95 at 100 ms.
fn open(arrivals: Arrivals, rates: &[(f64, f64)]) -> Run {
    let levels = rates.iter().map(|&(offered, served)| Level {
        rates: Rates { requests: Some(served), ..Rates::default() },
        ..level(offered, 100.0, (served * 60.0) as u64)
    });
    Run { load_model: LoadModel::Open(arrivals), ..run(levels.collect()) }
}

/// The state, the load and the limit that binds.
fn answer(verdict: &Verdict) -> (BreakingState, Option<f64>, String) {
    (verdict.state, verdict.breaking_load, verdict.binding.map_or_else(String::new, |limit| limit.label()))
}

#[test]
fn a_rate_that_was_not_served_does_not_hold() {
    let swamped = open(Arrivals::Constant, &[(10.0, 10.0), (20.0, 20.0), (40.0, 39.8), (60.0, 46.3)]);
    let limits = slo(&["ttft_p95=1s"]);
    let verdict = assess(&swamped, &limits);
    assert_eq!(answer(&verdict), (BreakingState::Cliff, Some(40.0), "unserved load ≤ 10%".to_owned()));
    assert_eq!((verdict.max_passing_load, verdict.first_failing_load), (Some(40.0), Some(60.0)));
    assert_eq!(
        verdict.sentence,
        "Holds 40 req/s. Of 60 req/s only 46.3 were served (77.2%), so a queue grows for as long as that load lasts. \
         Measure 50 req/s next."
    );
    // Everything that is computed from a sheet says the same.
    assert_eq!(Sheet::of(&swamped, &limits).breaking().load, Some(40.0));
    assert_eq!(headroom(20.0, 1.0, &verdict).holds, Some(40.0));
    let lowest = assess(&open(Arrivals::Constant, &[(28.6, 5.17), (40.0, 5.2)]), &slo(&["ttft_p95=1s"]));
    assert_eq!(lowest.state, BreakingState::NeverMet);
    assert!(lowest.sentence.contains("of 28.6 req/s only 5.17 were served (18.1%)"), "{}", lowest.sentence);
}

#[test]
fn the_share_is_a_limit_like_any_other() {
    let swamped = open(Arrivals::Constant, &[(10.0, 10.0), (20.0, 20.0), (40.0, 39.8), (60.0, 46.3)]);
    let holds = |limits: &[&str]| assess(&swamped, &slo(limits)).max_passing_load;
    assert_eq!(holds(&["ttft_p95=1s", "unserved=25%"]), Some(60.0));
    assert_eq!(holds(&["ttft_p95=1s", "unserved=0.1%"]), Some(20.0));
    // It is among the limits only where it changes something, and never in a closed loop.
    let ids = |run: &Run, limits: &[&str]| -> Vec<String> {
        judging(run, &slo(limits)).limits.iter().map(Limit::id).collect()
    };
    assert_eq!(ids(&swamped, &["ttft_p95=1s"]), ["ttft_p95", "unserved"]);
    let served = open(Arrivals::Constant, &[(10.0, 10.0), (20.0, 19.0)]);
    assert_eq!(ids(&served, &["ttft_p95=1s"]), ["ttft_p95"]);
    let closed = Run { load_model: LoadModel::Closed, ..swamped };
    assert_eq!(ids(&closed, &["ttft_p95=1s", "unserved=25%"]), ["ttft_p95"]);
    assert_eq!(assess(&closed, &slo(&["ttft_p95=1s"])).state, BreakingState::Floor);
}

/// Ten requests per second for ten seconds, all answered, each five seconds after its first token: the level lasts 15 s.
#[test]
fn the_time_of_the_last_requests_is_not_the_servers_fault() {
    let mean = |ms: f64| Some(Distribution { count: 100, mean: Some(ms), ..Distribution::default() });
    let served = |lasted: f64| {
        let level = Level {
            duration_s: Some(lasted),
            rates: Rates { requests: Some(100.0 / lasted), ..Rates::default() },
            e2e: mean(5100.0),
            ttft: Some(Distribution {
                count: 100,
                mean: Some(100.0),
                quantiles: vec![(0.95, 110.0)],
                ..Distribution::default()
            }),
            ..level(10.0, 110.0, 100)
        };
        let run = Run { load_model: LoadModel::Open(Arrivals::Constant), ..run(vec![level]) };
        assess(&run, &slo(&["ttft_p95=1s"])).state
    };
    assert_eq!(served(15.0), BreakingState::Floor);
    assert_eq!(served(25.0), BreakingState::NeverMet, "of a queue it is");
}

#[test]
fn arrivals_at_random_are_judged_by_how_many_arrived() {
    // 84 of 100 arrived within the time, by chance, and all were served.
    let mut level = level(10.0, 100.0, 84);
    level.duration_s = Some(10.0);
    level.rates.requests = Some(8.4);
    let starts: Vec<f64> = (0..84).map(|index| f64::from(index) * 10.0 / 83.0).collect();
    level.samples =
        Some(Samples { start_s: starts, ttft_ms: vec![100.0; 84], e2e_ms: vec![200.0; 84], ..Samples::default() });
    let poisson = Run { load_model: LoadModel::Open(Arrivals::Poisson), ..run(vec![level.clone()]) };
    assert_eq!(assess(&poisson, &slo(&["ttft_p95=1s"])).state, BreakingState::Floor);
    // Sixteen more arrived and failed, and when they did is not in the report: what it has is no count of arrivals.
    let mut failing = level.clone();
    failing.requests.errored = 16;
    let poisson = Run { load_model: LoadModel::Open(Arrivals::Poisson), ..run(vec![failing]) };
    assert_eq!(assess(&poisson, &slo(&["ttft_p95=1s"])).state, BreakingState::NeverMet);
    // Of even arrivals none is missing by chance.
    let constant = Run { load_model: LoadModel::Open(Arrivals::Constant), ..run(vec![level]) };
    assert_eq!(assess(&constant, &slo(&["ttft_p95=1s"])).state, BreakingState::NeverMet);
}

/// An M/M/1 queue: requests at a rate of 1, each served in `service` seconds on average, all of them from the start on.
fn queue(service: f64, count: usize, seed: u64) -> Level {
    let mut random = Random::seeded(seed);
    let mut exponential = |mean: f64| -mean * libm::log(1.0 - random.uniform());
    let (mut now, mut free) = (0.0_f64, 0.0_f64);
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        now += exponential(1.0);
        let begins = now.max(free);
        free = begins + exponential(service);
        rows.push((now, 1000.0 * (begins - now) + 20.0, 1000.0 * (free - now)));
    }
    Level {
        ttft: None,
        rates: Rates { requests: Some(1.0), ..Rates::default() },
        samples: Some(Samples {
            start_s: rows.iter().map(|row| row.0).collect(),
            ttft_ms: rows.iter().map(|row| row.1).collect(),
            e2e_ms: rows.iter().map(|row| row.2).collect(),
            ..Samples::default()
        }),
        ..level(1.0, 0.0, count as u64)
    }
}

#[test]
fn a_level_that_never_came_to_rest_is_a_finding() {
    let found = |service: f64, seed: u64| {
        let run = Run { load_model: LoadModel::Open(Arrivals::Poisson), ..run(vec![queue(service, 300, seed)]) };
        assess(&run, &slo(&["ttft_p95=1000s"]))
    };
    let seeds = 1..=200;
    let told = |service: f64| seeds.clone().filter(|&seed| found(service, seed).has(Code::NotSteady)).count();
    assert!(told(1.5) >= 190, "overloaded by half: {}", told(1.5));
    assert!(told(0.5) <= 4, "half busy: {}", told(0.5));
    let verdict = found(1.5, 1);
    assert!(verdict.sentence.contains("TTFT was still climbing at the end of 1 req/s"), "{}", verdict.sentence);
}

#[test]
fn errors_beyond_what_a_service_level_bears_fail_a_load() {
    let mut failing = run([4.0, 8.0, 16.0, 32.0].map(|load| level(load, 100.0, 400)).to_vec());
    failing.levels[3].requests.errored = 600;
    let check = |slo: &Slo, bound: &str| {
        let verdict = assess(&failing, slo);
        assert_eq!(answer(&verdict), (BreakingState::Cliff, Some(16.0), format!("error rate ≤ {bound}")), "{}", slo.id);
    };
    check(&slo(&["ttft_p95=1s"]), "5%");
    check(&slo(&["ttft_p95=1s", "error_rate=2%"]), "2%");
    check(&Slo { id: "chat".into(), ..slo(&["ttft_p95=1s"]) }.with_bound(Subject::ErrorRate, 0.01), "1%");
    // Whoever means it may bear more.
    assert_eq!(assess(&failing, &slo(&["ttft_p95=1s", "error_rate=90%"])).max_passing_load, Some(32.0));
    failing.levels.iter_mut().for_each(|level| level.requests.errored = 600);
    assert_eq!(assess(&failing, &slo(&["ttft_p95=1s"])).state, BreakingState::NeverMet);
}

#[test]
fn every_preset_limits_errors_and_says_by_whom() {
    for slo in presets() {
        let limit = slo.limits.iter().find(|limit| limit.subject == Subject::ErrorRate).copied();
        let limit = limit.unwrap_or_else(|| panic!("{} limits no errors", slo.id));
        assert!(limit.bound <= slo.bearable_errors(), "{}: {}", slo.id, limit.label());
        let own = ["interactive", "break_2s", "acceptable_800ms", "capacity_report"].contains(&slo.id.as_str());
        assert_eq!(slo.source.contains("of errors it says nothing"), !own, "{}", slo.id);
    }
}

#[test]
fn what_a_report_does_not_count_leaves_a_named_level_its_answer() {
    let mut uncounted = run([4.0, 8.0].map(|load| level(load, 100.0, 400)).to_vec());
    uncounted.levels.iter_mut().for_each(|level| level.requests = Requests::default());
    let named = Slo { id: "chat".into(), ..slo(&["ttft_p95=1s", "error_rate=1%"]) };
    let verdict = assess(&uncounted, &named);
    assert_eq!(verdict.state, BreakingState::Floor);
    assert!(verdict.sentence.contains("error rate was not measured and may break earlier."), "{}", verdict.sentence);
    assert!(verdict.has(Code::MetricNotMeasured));
    // A limit given by hand is meant: it is not known to hold.
    assert_eq!(assess(&uncounted, &slo(&["ttft_p95=1s", "error_rate=1%"])).state, BreakingState::NotMeasured);
}
