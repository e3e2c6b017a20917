//! Rates of a level's steady part.

use headroom_engine::level::{Level, Rates, Requests, Samples};
use headroom_engine::random::Random;
use headroom_engine::rates::{Counted, LevelRates, Rate, level_rates};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::workload::output_tokens_error;

use crate::support::run;

const OUTPUT: Counted = Counted::Tokens(TokenBasis::Output);
const PROMPT: Counted = Counted::Tokens(TokenBasis::Prompt);
const TOTAL: Counted = Counted::Tokens(TokenBasis::Total);

/// A closed loop: each user sends `requests` one after the other, of which one takes 2 s for 100 tokens after 0.2 s, more or
/// less by `noise`. The clock cuts off what ends after `seconds`.
fn closed(users: u32, seconds: f64, noise: f64, seed: u64) -> Level {
    let mut random = Random::seeded(seed);
    let mut samples = Samples::default();
    for _ in 0..users {
        let mut clock = 0.0;
        loop {
            let takes = 2.0 * libm::exp(noise * random.normal());
            if clock + takes > seconds {
                break;
            }
            samples.start_s.push(clock);
            samples.ttft_ms.push(200.0);
            samples.e2e_ms.push(1000.0 * takes);
            samples.output_tokens.push(100.0);
            clock += takes;
        }
    }
    let ok = samples.e2e_ms.len() as f64;
    Level {
        load: f64::from(users),
        duration_s: Some(seconds),
        requests: Requests { ok: samples.e2e_ms.len() as u64, ..Requests::default() },
        rates: Rates {
            requests: Some(ok / seconds),
            output_tokens: Some(100.0 * ok / seconds),
            prompt_tokens: Some(50.0 * ok / seconds),
            total_tokens: Some(150.0 * ok / seconds),
        },
        samples: Some(samples),
        ..Level::default()
    }
}

fn only(level: Level) -> LevelRates {
    level_rates(&run(vec![level]))[0]
}

fn rate(rates: &LevelRates, counted: Counted) -> Rate {
    rates.of(counted).unwrap()
}

#[test]
fn a_level_that_is_cut_off_has_the_rate_of_its_steady_part() {
    // 20 users with 100 tokens every 2 s make 1,000 tokens a second, however long they are watched.
    for seconds in [15.0, 31.0, 240.0] {
        let level = closed(20, seconds, 0.3, 7);
        let told = level.rates.output_tokens.unwrap();
        let found = rate(&only(level), OUTPUT);
        let truth = 1000.0 * libm::exp(-0.5 * 0.3 * 0.3);
        assert!(
            (found.value / truth - 1.0).abs() < 0.05,
            "{seconds} s: {found:?} for {truth}, count over duration {told}"
        );
        let [low, high] = found.interval.map(Option::unwrap);
        assert!(low < truth && truth < high && high / low < 1.4, "{seconds} s: {found:?}");
    }
    // What was in flight when the clock ran out is not counted.
    assert!(closed(20, 15.0, 0.3, 7).rates.output_tokens.unwrap() < 0.98 * 1000.0 * libm::exp(-0.5 * 0.3 * 0.3));
}

#[test]
fn other_tokens_come_as_fast_as_requests_do() {
    let rates = only(closed(20, 60.0, 0.3, 3));
    let [requests, output, prompt, total] = [Counted::Requests, OUTPUT, PROMPT, TOTAL].map(|one| rate(&rates, one));
    let close = |got: f64, expected: f64| assert!((got / expected - 1.0).abs() < 1e-9, "{got} for {expected}");
    close(prompt.value, 50.0 * requests.value);
    close(prompt.interval[0].unwrap(), 50.0 * requests.interval[0].unwrap());
    close(total.value, output.value + prompt.value);
    close(total.interval[1].unwrap(), output.interval[1].unwrap() + prompt.interval[1].unwrap());
    // 100 tokens an answer.
    assert!((output.value / requests.value / 100.0 - 1.0).abs() < 0.01);
    let mut uncounted = closed(20, 60.0, 0.3, 3);
    uncounted.rates.prompt_tokens = None;
    uncounted.rates.total_tokens = None;
    let rates = only(uncounted);
    assert_eq!((rates.of(PROMPT), rates.of(TOTAL)), (None, None), "what was not measured is not computed");
}

/// The rate is count over duration and its doubt is not known.
fn is_unsure(what: &str, level: Level) {
    let expected = level.rates.output_tokens;
    let found = rate(&only(level), OUTPUT);
    assert_eq!((Some(found.value), found.interval), (expected, [None, None]), "{what}");
}

#[test]
fn without_every_request_and_its_times_the_doubt_is_not_known() {
    let whole = || closed(20, 60.0, 0.3, 1);
    is_unsure("no requests", Level { samples: None, ..whole() });
    let samples = whole().samples.unwrap();
    let of = |samples: Samples| Level { samples: Some(samples), ..whole() };
    is_unsure("no starts", of(Samples { start_s: Vec::new(), ..samples.clone() }));
    let mut fewer = samples.clone();
    for column in [&mut fewer.start_s, &mut fewer.ttft_ms, &mut fewer.e2e_ms, &mut fewer.output_tokens] {
        column.truncate(100);
    }
    is_unsure("a selection", of(fewer));
    is_unsure("too short", closed(4, 5.0, 0.0, 1));
}

#[test]
fn a_level_that_goes_up_and_down_is_less_sure() {
    let width = |noise: f64| {
        let [low, high] = rate(&only(closed(8, 60.0, noise, 5)), OUTPUT).interval.map(Option::unwrap);
        libm::log(high / low)
    };
    assert!(width(0.8) > 2.0 * width(0.1), "{} {}", width(0.8), width(0.1));
}

#[test]
fn an_open_loop_is_steady_once_as_many_came_as_are_in_flight() {
    // Ten a second, each of which takes 4 s: 40 are in flight.
    let mut samples = Samples::default();
    for index in 0..600 {
        samples.start_s.push(0.1 * f64::from(index));
        samples.ttft_ms.push(100.0);
        samples.e2e_ms.push(4000.0);
        samples.output_tokens.push(50.0);
    }
    let level = Level { load: 10.0, samples: Some(samples), ..Level::default() };
    let open = Run { load_model: LoadModel::Open(Arrivals::Constant), ..run(vec![level]) };
    let found = rate(&level_rates(&open)[0], OUTPUT);
    assert!((found.value - 500.0).abs() < 5.0, "{found:?}");
    assert_eq!(output_tokens_error(&open), Some(0.0));
    assert_eq!(output_tokens_error(&run(vec![Level::default()])), None);
}
