//! Which of two is the cheaper one, and when that cannot be told.

use headroom_engine::breaking::{Breaking, BreakingState};
use headroom_engine::cost::{
    Contest, Doubted, LoadRule, Measure, Ratio, Reach, Served, cheaper, cheapest_of_each, load_ratio, ratio_of,
    ratio_of_repeats, stretches, successions,
};
use headroom_engine::rates::{Counted, Rate, RateCurve, RatedLevel};
use headroom_engine::run::{DollarsPerHour, Price, RUN_SCATTER, Workload};
use headroom_engine::sheet::{Bound, Columns, LevelColumns, LimitColumns, Measured, Quantity, RateColumns, Sheet};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::workload::{Work, work};

const OUTPUT: Measure = Measure::Tokens(TokenBasis::Output);
const PRICE: DollarsPerHour = DollarsPerHour(2.0);

type Ends = [Option<f64>; 2];

/// Tokens at this rate, and a tenth as many requests.
fn served(rate: f64, interval: Ends) -> Served {
    let tokens = Doubted::between(rate, interval);
    let requests = Doubted::between(0.1 * rate, interval.map(|end| end.map(|end| 0.1 * end)));
    Served::new(TokenBasis::Output, Doubted::between(10.0, [Some(9.0), Some(11.0)]), tokens, Some(requests), false)
}

fn ratio(a: Ends, b: Ends) -> Ratio {
    ratio_of(OUTPUT, (&served(200.0, a), PRICE), (&served(100.0, b), PRICE)).unwrap()
}

fn both(low: f64, high: f64) -> Ends {
    [Some(low), Some(high)]
}

#[test]
fn a_ratio_carries_the_intervals_of_both_sides_and_what_runs_differ_by() {
    let close = |got: Option<f64>, expected: f64| (got.unwrap() - expected).abs() < 1e-4;
    // Two runs without doubts of their own differ by √2 · 1.96 · 5 % all the same.
    let exact = ratio(both(200.0, 200.0), both(100.0, 100.0));
    let runs = 2.0_f64.sqrt() * 1.959_964 * RUN_SCATTER;
    assert!(
        close(exact.interval[0], 2.0 * libm::exp(-runs)) && close(exact.interval[1], 2.0 * libm::exp(runs)),
        "{exact:?}"
    );
    assert_eq!((cheaper(&exact), exact.by_repeats), (Some(true), false));
    // Errors that are independent of each other add up about as squares do.
    let unsure = ratio(both(180.0, 220.0), both(90.0, 110.0));
    let (own, other) = (libm::log(200.0 / 180.0), libm::log(110.0 / 100.0));
    let low = 2.0 * libm::exp(-(own * own + other * other + runs * runs).sqrt());
    assert!((unsure.interval[0].unwrap() / low - 1.0).abs() < 0.01, "{unsure:?} for {low}");
    let open = ratio([None, Some(220.0)], both(90.0, 110.0));
    assert!(open.interval[0].is_none() && open.interval[1].is_some());
    assert_eq!(cheaper(&open), None, "an open end cannot decide");
    // The load of the two is the same, and so is its ratio.
    let loads =
        ratio_of(Measure::Load, (&served(200.0, [None; 2]), PRICE), (&served(100.0, [None; 2]), PRICE)).unwrap();
    assert!(loads.value.total_cmp(&1.0).is_eq() && cheaper(&loads).is_none(), "{loads:?}");
}

/// A sweep that ended while passing holds at least what it measured.
#[test]
fn a_floor_makes_a_ratio_at_least_or_at_most() {
    let floor = |served: Served| {
        let tokens = Doubted::between(served.tokens_per_second, [served.interval[0], None]);
        Served { at_least: true, tokens, ..served }
    };
    let check = |a: Served, b: Served, reach: Reach, winner: Option<bool>| {
        let ratio = ratio_of(OUTPUT, (&a, PRICE), (&b, PRICE)).unwrap();
        assert_eq!((ratio.reach(), cheaper(&ratio)), (reach, winner), "{ratio:?}");
    };
    let (more, less) = (served(200.0, both(199.0, 201.0)), served(100.0, both(99.0, 101.0)));
    check(more, less, Reach::Exact, Some(true));
    check(floor(more), less, Reach::AtLeast, Some(true));
    check(floor(less), more, Reach::AtLeast, None);
    check(more, floor(less), Reach::AtMost, None);
    check(less, floor(more), Reach::AtMost, Some(false));
    check(floor(more), floor(less), Reach::Open, None);
    assert_eq!(
        [Reach::AtLeast.words(), Reach::AtLeast.inverse().words(), Reach::Exact.sign()],
        ["at least ", "at most ", ""]
    );
}

#[test]
fn loads_are_compared_with_and_without_what_runs_differ_by() {
    let held = |load: f64| Breaking {
        state: BreakingState::Edge,
        load: Some(load),
        interval: [Some(0.97 * load), Some(1.03 * load)],
        max_passing_load: Some(8.0),
        first_failing_load: Some(16.0),
        non_monotone: false,
    };
    let told = |scatter: f64| cheaper(&load_ratio(&held(11.0), &held(10.0), LoadRule::Interpolated, scatter).unwrap());
    assert_eq!((told(0.0), told(RUN_SCATTER)), (Some(true), None));
    // A level passes by few requests: its load is in doubt, too.
    assert_eq!(LoadRule::LastPassingLevel.interval(&held(11.0)), [Some(8.0), Some(1.03 * 11.0)]);
}

#[test]
fn repeats_show_what_runs_differ_by() {
    let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
    let (a, b) = (some(&[110.0, 111.0, 109.0]), some(&[100.0, 101.0, 99.0]));
    let tenth = ratio_of_repeats(&a, &b).unwrap();
    assert!((tenth.value - 1.1).abs() < 1e-3 && tenth.by_repeats && cheaper(&tenth) == Some(true), "{tenth:?}");
    assert_eq!(cheaper(&ratio_of_repeats(&some(&[90.0, 111.0, 129.0]), &b).unwrap()), None);
    assert_eq!(ratio_of_repeats(&a[..2], &b), None, "two runs show too little");
    assert_eq!(ratio_of_repeats(&[a[0], a[1], None], &b), None, "a run without an answer would move the mean");
}

/// Mean lengths and the standard error of the answers' one.
fn lengths(prompt: f64, output: f64) -> Workload {
    let known = |length: f64| Some(length).filter(|length| length.is_finite());
    Workload { prompt_tokens: known(prompt), output_tokens: known(output), shape: None }
}

#[test]
fn the_work_is_the_same_within_five_per_cent_and_two_standard_errors() {
    let check = |a: (f64, f64, Option<f64>), b: (f64, f64, Option<f64>), expected: Work| {
        assert_eq!(work((&lengths(a.0, a.1), a.2), (&lengths(b.0, b.1), b.2)), expected, "{a:?} {b:?}");
    };
    check((256.0, 128.0, Some(0.1)), (256.0, 132.0, Some(0.1)), Work::Same);
    check((256.0, 128.0, Some(0.1)), (256.0, 140.0, Some(0.1)), Work::Differs);
    check((256.0, 128.0, Some(5.0)), (256.0, 140.0, Some(5.0)), Work::Same);
    check((256.0, 128.0, None), (256.0, 140.0, None), Work::Differs);
    check((256.0, 128.0, None), (280.0, 128.0, None), Work::Differs);
    check((f64::NAN, 128.0, None), (256.0, 128.0, None), Work::Unknown);
    check((f64::NAN, 128.0, None), (256.0, 256.0, None), Work::Differs);
    let named = |shape: &str| Workload { shape: Some(shape.into()), ..Workload::default() };
    assert_eq!(work((&named("chat"), None), (&named("chat"), None)), Work::Same);
    assert_eq!(work((&named("chat"), None), (&named("code"), None)), Work::Unknown);
}

/// Longer answers on one server are more tokens and fewer requests: only what both say is the server's.
#[test]
fn where_the_work_differs_tokens_and_requests_must_agree() {
    let (up, down) = (ratio(both(190.0, 210.0), both(95.0, 105.0)), Some(false));
    let fewer = Ratio { value: 0.5, interval: both(0.4, 0.6), ..up };
    let check = |measure, work, requests, expected: Option<bool>| {
        let contest = Contest { measure, ratio: up, requests, work, impossible: [false, false] };
        assert_eq!(contest.cheaper(), expected, "{measure:?} {work:?}");
        // Of rates that are impossible nothing follows for tokens.
        let impossible = Contest { impossible: [false, true], ..contest };
        assert_eq!(impossible.cheaper(), expected.filter(|_| measure != OUTPUT), "{measure:?} {work:?}");
    };
    check(OUTPUT, Work::Same, Some(fewer), Some(true));
    check(OUTPUT, Work::Same, None, Some(true));
    for work in [Work::Differs, Work::Unknown] {
        check(OUTPUT, work, Some(up), Some(true));
        check(OUTPUT, work, Some(fewer), None);
        check(OUTPUT, work, None, None);
        check(Measure::Load, work, Some(up), None);
    }
    assert_eq!(cheaper(&fewer), down);
}

/// Levels `(load, TTFT, tokens per second)`, each known to one per cent, for a dollar an hour.
fn sheet(levels: &[(f64, f64, f64)]) -> Sheet {
    let column = |of: &dyn Fn(&(f64, f64, f64)) -> f64| levels.iter().map(of).collect::<Vec<f64>>();
    let rates = |factor: f64| RateColumns {
        value: column(&|level| factor * level.2),
        lo: column(&|level| 0.99 * factor * level.2),
        hi: column(&|level| 1.01 * factor * level.2),
    };
    let measured = Measured {
        value: column(&|level| level.1),
        lo: column(&|level| 0.99 * level.1),
        hi: column(&|level| 1.01 * level.1),
        count: column(&|_| 500.0),
    };
    Sheet::from(Columns {
        name: "one".into(),
        load_unit: "users".into(),
        levels: LevelColumns {
            load: column(&|level| level.0),
            tokens: rates(1.0),
            requests: rates(0.01),
            ..LevelColumns::default()
        },
        basis: TokenBasis::Output,
        limits: vec![LimitColumns {
            quantity: Quantity { label: "TTFT p95".into(), unit: "ms".into(), is_latency: true },
            bound: Bound { value: 500.0, label: "TTFT p95 ≤ 500 ms".into() },
            measured,
            at_least: column(&|_| f64::NAN),
            at_most: column(&|_| f64::NAN),
            verdict: None,
        }],
        in_question: Some(0),
        price: Some(Price { per_hour: DollarsPerHour(1.0), source: None, region: None, date: None }),
        gpus: None,
        quantization: None,
        workload: lengths(256.0, 100.0),
        output_tokens_error: None,
        impossible_rates: false,
        few_requests: Vec::new(),
    })
}

/// Slow to answer and large.
const LARGE: [(f64, f64, f64); 5] =
    [(1.0, 400.0, 40.0), (8.0, 600.0, 280.0), (16.0, 900.0, 520.0), (32.0, 1500.0, 900.0), (64.0, 4000.0, 1000.0)];
/// Quick and small.
const SMALL: [(f64, f64, f64); 5] =
    [(1.0, 100.0, 60.0), (4.0, 200.0, 200.0), (8.0, 450.0, 330.0), (16.0, 1200.0, 420.0), (32.0, 3000.0, 440.0)];

#[test]
fn over_a_limit_the_one_ahead_is_told_where_both_have_an_answer() {
    let (small, large) = (sheet(&SMALL), sheet(&LARGE));
    let bounds: Vec<f64> = (0..=76).map(|step| 200.0 + 50.0 * f64::from(step)).collect();
    let found = stretches(&small, &large, &bounds, OUTPUT, LoadRule::Interpolated);
    // Below 400 ms the large one holds no load, so nothing is said there.
    assert!((found[0].from - 400.0).abs() < 1e-6, "{found:?}");
    let told: Vec<(Option<bool>, bool)> = found.iter().map(|stretch| (stretch.a_ahead, stretch.certain)).collect();
    let (a, b) = (Some(true), Some(false));
    // At last the small one was measured no further: it is behind by what it yields at least, so nobody is known to be ahead.
    assert_eq!(told, [(a, true), (a, false), (b, false), (b, true)], "{found:?}");
    assert!((2900.0..3000.0).contains(&found[3].to), "{found:?}");
    // One stretch ends where the next begins, to the last digits.
    assert!(found.windows(2).all(|pair| (pair[1].from / pair[0].to - 1.0).abs() < 1e-9), "{found:?}");
    // A mark says "cheaper from here" where that is beyond doubt, and not where the lines cross.
    let changes = successions(&[&small, &large], &bounds, TokenBasis::Output, LoadRule::Interpolated);
    assert_eq!(changes.iter().map(|change| (change.below, change.above)).collect::<Vec<_>>(), [(0, 1)]);
    assert!((changes[0].bound / found[3].from - 1.0).abs() < 1e-9 && changes[0].bound > found[2].from, "{changes:?}");
}

#[test]
fn the_cheapest_beats_every_other_beyond_doubt() {
    let (small, large) = (sheet(&SMALL), sheet(&LARGE));
    let of = |rate: f64| Some(served(rate, both(0.99 * rate, 1.01 * rate)));
    let told = |rates: [Option<Served>; 2]| cheapest_of_each(&[&small, &large], &rates, TokenBasis::Output);
    assert_eq!(told([of(100.0), of(130.0)]), [1]);
    assert!(told([of(100.0), of(110.0)]).is_empty(), "a tenth from single runs");
    assert!(told([of(100.0), None]).is_empty(), "there is no other");
    let mut long = sheet(&LARGE);
    long.workload = lengths(4096.0, 100.0);
    let pair = [of(100.0), of(130.0)];
    assert!(cheapest_of_each(&[&small, &long], &pair, TokenBasis::Output).is_empty(), "another workload");
    // Each workload has a cheapest one.
    let four = [&small, &long, &large, &long];
    let rates = [of(100.0), of(900.0), of(130.0), of(300.0)];
    assert_eq!(cheapest_of_each(&four, &rates, TokenBasis::Output), [2, 1]);
}

#[test]
fn a_rate_between_two_levels_is_as_sure_as_they_are() {
    let level = |index: usize, load: f64, value: f64, off: f64| RatedLevel {
        index,
        load,
        rate: Rate { value, interval: [Some(value * libm::exp(-off)), Some(value * libm::exp(off))] },
        in_flight: None,
    };
    let levels = [level(0, 4.0, 100.0, 0.1), level(1, 8.0, 200.0, 0.1), level(2, 16.0, 150.0, 0.2)];
    let curve = RateCurve::through(Counted::Requests, levels.to_vec()).unwrap();
    let off = |load: f64| {
        let rate = curve.at(load).unwrap();
        libm::log(rate.interval[1].unwrap() / rate.value)
    };
    let close = |got: f64, expected: f64| assert!((got - expected).abs() < 1e-9, "{got} for {expected}");
    close(off(4.0), 0.1);
    close(off(8.0), 0.1);
    close(off(16.0), 0.2);
    // Halfway each counts for half.
    close(off(6.0), 0.1 / 2.0_f64.sqrt());
    assert_eq!((curve.at(3.9), curve.at(16.1)), (None, None));
}
