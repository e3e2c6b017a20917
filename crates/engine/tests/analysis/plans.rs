//! What to measure next, and when nothing is left to measure.

use headroom_engine::level::{Level, Rates, Requests, Samples};
use headroom_engine::plan::{
    Budget, Cost, Done, Goal, LONGEST, Measured, Plan, Resource, SHORTEST, Step, Why, expected_cost, plan, within,
};
use headroom_engine::random::Random;
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::verdict::assess;
use proptest::prelude::*;

use crate::support::{level, run, slo};

const GOAL: Goal = Goal { until_width: 0.2, first: 1.0, most: None };

/// The plan after runs of levels with these p95s of TTFT from 200 requests, under a limit of 1 s.
fn planned(runs: &[&[(f64, f64)]], goal: &Goal) -> Plan {
    let runs: Vec<Run> =
        runs.iter().map(|levels| run(levels.iter().map(|&(load, p95)| level(load, p95, 200)).collect())).collect();
    plan_of(&runs, goal)
}

fn plan_of(runs: &[Run], goal: &Goal) -> Plan {
    let limit = slo(&["ttft_p95=1000ms"]);
    let verdicts: Vec<_> = runs.iter().map(|run| assess(run, &limit)).collect();
    let measured: Vec<Measured> = runs.iter().zip(&verdicts).map(|(run, verdict)| Measured { run, verdict }).collect();
    plan(&measured, goal)
}

fn check(levels: &[(f64, f64)], expected: Plan) {
    assert_eq!(planned(&[levels], &GOAL), expected, "{levels:?}");
}

fn measure(load: f64, length: f64, why: Why) -> Plan {
    Plan::Measure(Step { load, length, why })
}

#[test]
fn it_doubles_until_it_breaks_and_closes_in() {
    assert_eq!(planned(&[], &GOAL), measure(1.0, SHORTEST, Why::Begin));
    check(&[], measure(1.0, SHORTEST, Why::Begin));
    check(&[(1.0, 100.0)], measure(2.0, SHORTEST, Why::Holds(1.0)));
    check(&[(1.0, 100.0), (2.0, 110.0), (4.0, 150.0)], measure(8.0, SHORTEST, Why::Holds(4.0)));
    check(&[(4.0, 3000.0)], measure(2.0, SHORTEST, Why::Fails(4.0)));
    check(&[(1.0, 3000.0)], Plan::Done(Done::Smallest(1.0)));
    check(&[(4.0, 400.0), (8.0, 800.0), (16.0, 1600.0)], measure(12.0, 1.0, Why::Between(8.0, 16.0)));
    check(&[(13.0, 800.0), (14.0, 990.0), (15.0, 1010.0)], Plan::Done(Done::OneUser(14.0, 15.0)));
    let near = [(180.0, 800.0), (200.0, 900.0), (208.0, 4000.0)];
    check(&near, Plan::Done(Done::Narrow(0.04)));
    let narrower = Goal { until_width: 0.01, ..GOAL };
    assert_eq!(planned(&[&near], &narrower), Plan::Done(Done::NearerThanRuns(200.0, 208.0)));
}

#[test]
fn a_highest_load_is_kept_to() {
    let goal = Goal { most: Some(6.0), ..GOAL };
    assert_eq!(planned(&[&[(4.0, 100.0)]], &goal), measure(6.0, SHORTEST, Why::Holds(4.0)));
    assert_eq!(planned(&[&[(4.0, 100.0), (6.0, 120.0)]], &goal), Plan::Done(Done::Highest(6.0)));
}

#[test]
fn what_cannot_be_judged_is_not_measured_on() {
    let mut without = run(vec![Level { load: 4.0, ..Level::default() }]);
    assert_eq!(plan_of(std::slice::from_ref(&without), &GOAL), Plan::Done(Done::NotJudged));
    // A client that offered less than it was asked for cannot be asked for more.
    without.levels = vec![Level { asked_load: Some(16.0), ..level(9.0, 100.0, 200) }];
    without.load_model = LoadModel::Open(Arrivals::Constant);
    without.levels[0].rates.requests = Some(9.0);
    assert_eq!(plan_of(&[without], &GOAL), Plan::Done(Done::Client(9.0)));
}

/// A level of so many requests whose TTFT is exponential, with a p95 that grows linearly to 1 s at 20 users.
fn noisy(load: f64, count: usize, factor: f64, random: &mut Random) -> Level {
    let ttft_ms: Vec<f64> = (0..count).map(|_| factor * load * 16.7 * random.exponential()).collect();
    let start_s: Vec<f64> = (0..count).map(|row| row as f64).collect();
    let e2e_ms = ttft_ms.iter().map(|ttft| ttft + 500.0).collect();
    let samples = Samples { start_s, ttft_ms, e2e_ms, ..Samples::default() };
    let requests = Requests { ok: count as u64, ..Requests::default() };
    Level { load, requests, samples: Some(samples), ..Level::default() }
}

#[test]
fn few_requests_ask_for_longer_levels_and_many_for_another_load() {
    let with = |loads: &[f64], count: usize| {
        let mut random = Random::seeded(7);
        plan_of(&[run(loads.iter().map(|&load| noisy(load, count, 1.0, &mut random)).collect())], &GOAL)
    };
    // Loads near each other with a hundred requests each: noise is what makes it wide.
    let Plan::Measure(step) = with(&[10.0, 16.0, 19.0, 21.0, 24.0, 28.0], 100) else { panic!("it is wide") };
    assert!(matches!(step.why, Why::Requests(..)), "{step:?}");
    assert!(step.length > 1.0 && step.length <= LONGEST, "{step:?}");
    // Loads far from each other with many: what the curve does between them.
    let Plan::Measure(step) = with(&[2.0, 8.0, 32.0], 4000) else { panic!("it is wide") };
    assert!(matches!(step.why, Why::Between(..)) && step.length.total_cmp(&1.0).is_eq(), "{step:?}");
}

#[test]
fn levels_that_scatter_are_repeated_three_times() {
    let loads = [4.0, 8.0, 12.0, 16.0, 18.0, 22.0, 26.0, 32.0];
    let factors = [1.0, 1.3, 0.8, 1.25, 0.8, 1.3, 0.8, 1.2];
    let mut random = Random::seeded(3);
    let levels = loads.iter().zip(factors).map(|(&load, factor)| noisy(load, 1500, factor, &mut random));
    let mut runs = vec![run(levels.collect())];
    let mut asked = Vec::new();
    // Each repeat is another run; it ends.
    while let Plan::Measure(step) = plan_of(&runs, &GOAL) {
        assert!(matches!(step.why, Why::Scatter(sigma) if sigma > 0.05), "{step:?}");
        asked.push(step.load);
        let level = noisy(step.load, 1500, 1.0, &mut random);
        let lacks = |run: &&mut Run| run.levels.iter().all(|known| known.load.total_cmp(&step.load).is_ne());
        match runs.iter_mut().find(lacks) {
            Some(run) => {
                run.levels.push(level);
                run.levels.sort_by(|a, b| a.load.total_cmp(&b.load));
            }
            None => runs.push(run(vec![level])),
        }
        assert!(asked.len() <= 4, "{asked:?}");
    }
    assert_eq!(asked.len(), 4, "two more of each of two levels: {asked:?}");
}

#[test]
fn a_budget_ends_it() {
    let next = measure(8.0, 1.0, Why::Holds(4.0));
    let cost = |_: Step| Cost { seconds: 60.0, tokens: Some(1000.0), dollars: Some(0.1), levels: 1 };
    let spent = Cost { seconds: 100.0, tokens: Some(5000.0), dollars: Some(0.5), levels: 3 };
    for (budget, expected) in [
        (Budget::default(), None),
        (Budget { seconds: Some(160.0), ..Budget::default() }, None),
        (Budget { seconds: Some(159.0), ..Budget::default() }, Some(Resource::Time)),
        (Budget { tokens: Some(5999.0), ..Budget::default() }, Some(Resource::Tokens)),
        (Budget { dollars: Some(0.55), ..Budget::default() }, Some(Resource::Dollars)),
        (Budget { levels: Some(3), ..Budget::default() }, Some(Resource::Levels)),
        (Budget { levels: Some(4), ..Budget::default() }, None),
    ] {
        let found = within(next, spent, cost, &budget);
        assert_eq!(found, expected.map_or(next, |resource| Plan::Done(Done::Spent(resource))), "{budget:?}");
    }
    // What is not known is not held to the budget, but what is spent is.
    let unknown = |_: Step| Cost { seconds: 60.0, levels: 1, ..Cost::default() };
    let budget = Budget { tokens: Some(6000.0), ..Budget::default() };
    assert_eq!(within(next, spent, unknown, &budget), next);
    let spent = Cost { tokens: Some(6000.0), ..spent };
    assert_eq!(within(next, spent, unknown, &budget), Plan::Done(Done::Spent(Resource::Tokens)));
    let done = Plan::Done(Done::NotJudged);
    assert_eq!(within(done, spent, cost, &budget), done);
}

#[test]
fn what_a_level_costs_is_what_the_measured_ones_show() {
    let rated = |load: f64, rate: Option<f64>| Level {
        load,
        rates: Rates { total_tokens: rate, ..Rates::default() },
        ..Level::default()
    };
    let run = run(vec![rated(2.0, Some(100.0)), rated(4.0, Some(180.0))]);
    let tokens = |load: f64| expected_cost(Some(&run), load, 60.0, 20.0, Some(3.6)).tokens;
    // At most: between two levels the upper one, above the highest in proportion.
    assert_eq!([tokens(1.0), tokens(3.0), tokens(8.0)], [Some(6000.0), Some(10_800.0), Some(21_600.0)]);
    let cost = expected_cost(None, 8.0, 60.0, 20.0, Some(3.6));
    assert_eq!((cost.seconds, cost.tokens, cost.dollars), (80.0, None, Some(0.08)));
}

proptest! {
    /// Whatever a server does, the plan ends after few levels, and asks for loads that can be offered and were not measured.
    #[test]
    fn it_always_ends(edge in 0.3..500.0_f64, steep in 0.5..8.0_f64, first in 1.0..64.0_f64, open: bool) {
        let model = if open { LoadModel::Open(Arrivals::Poisson) } else { LoadModel::Closed };
        let goal = Goal { first: first.floor(), ..GOAL };
        let mut levels: Vec<Level> = Vec::new();
        for count in 0.. {
            prop_assert!(count < 40, "{:?}", levels.iter().map(|level| level.load).collect::<Vec<_>>());
            let so_far = Run { load_model: model, ..run(levels.clone()) };
            let step = match plan_of(&[so_far], &goal) {
                Plan::Measure(step) => step,
                Plan::Done(_) => break,
            };
            prop_assert!(step.load > 0.0 && step.load.is_finite());
            prop_assert!(open || step.load.fract() == 0.0);
            prop_assert!((SHORTEST..=LONGEST).contains(&step.length));
            prop_assert!(levels.iter().all(|level| level.load.total_cmp(&step.load).is_ne()), "{step:?}");
            let value = 1000.0 * libm::pow(step.load / edge, steep);
            let at = levels.partition_point(|level| level.load < step.load);
            let mut new = level(step.load, value, 400);
            new.rates.requests = open.then_some(step.load);
            levels.insert(at, new);
        }
    }
}
