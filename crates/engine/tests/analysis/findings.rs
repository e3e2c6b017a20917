//! Findings: each appears where it should and nowhere else, and says what to do.

use expect_test::{Expect, expect};
use headroom_engine::breaking::BreakingState;
use headroom_engine::display;
use headroom_engine::findings::{Code, Finding, FindingSeverity, foremost};
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::verdict::{IntervalMethod, assess};

use crate::support::{level, run, slo};

/// The findings of one kind as `severity@load: message`.
fn check_limits(run: &Run, limits: &[&str], code: Code, expected: Expect) {
    let verdict = assess(run, &slo(limits));
    let lines: Vec<String> = verdict
        .findings
        .iter()
        .filter(|finding| finding.code == code)
        .map(|finding| {
            let at = finding.load.map_or_else(|| "run".to_owned(), display::load);
            format!("{}@{at}: {}", finding.severity.id(), finding.message)
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

fn check(run: &Run, code: Code, expected: Expect) {
    check_limits(run, &["ttft_p95=1s"], code, expected);
}

fn levels(rows: &[(f64, f64, u64)]) -> Run {
    run(rows.iter().map(|&(load, ms, ok)| level(load, ms, ok)).collect())
}

fn healthy() -> Run {
    levels(&[(2.0, 400.0, 400), (4.0, 700.0, 400), (6.0, 1100.0, 400), (8.0, 1500.0, 400)])
}

fn mean(ms: f64) -> Option<Distribution> {
    Some(Distribution { count: 400, mean: Some(ms), ..Distribution::default() })
}

#[test]
fn of_a_healthy_run_is_told_that_its_interval_is_not_known() {
    let codes: Vec<&str> =
        assess(&healthy(), &slo(&["ttft_p95=1s"])).findings.iter().map(|finding| finding.code.id()).collect();
    assert_eq!(codes, ["interval_unknown"]);
}

#[test]
fn few_samples() {
    check(
        &levels(&[(2.0, 400.0, 4), (4.0, 700.0, 30), (6.0, 1100.0, 72), (8.0, 1500.0, 71)]),
        Code::FewSamples,
        expect![[r#"
            warning@4: TTFT p95 at 4 users rests on 30 requests: too few to say how high it may really be. Measure this level until it has 72, about 144 s."#]],
    );
    // Of two limits the one that needs more is named, once a level.
    let mut both = healthy();
    for level in &mut both.levels {
        let ttft = level.ttft.as_mut().unwrap();
        ttft.count = 300;
        ttft.quantiles.push((0.99, 2.0 * ttft.quantiles[0].1));
    }
    check_limits(
        &both,
        &["ttft_p95=1s", "ttft_p99=3s"],
        Code::FewSamples,
        expect![[r#"
        warning@4: TTFT p99 at 4 users rests on 300 requests: too few to say how high it may really be. Measure this level until it has 368, about 74 s.
        warning@6: TTFT p99 at 6 users rests on 300 requests: too few to say how high it may really be. Measure this level until it has 368, about 74 s."#]],
    );
    // More requests would not make a level pass that fails beyond chance.
    let mut fails = levels(&[(2.0, 400.0, 400), (4.0, 1700.0, 40), (8.0, 1900.0, 400)]);
    fails.levels[1].ttft.as_mut().unwrap().min = Some(900.0);
    check(
        &fails,
        Code::FewSamples,
        expect![
            "warning@4: TTFT p95 at 4 users rests on 40 requests: too few to say how high it may really be. Measure this level until it has 72, about 108 s."
        ],
    );
    fails.levels[1].ttft.as_mut().unwrap().min = Some(1200.0);
    check(&fails, Code::FewSamples, expect![""]);
    // How many requests there were is not known, which is not the same as few.
    check(&levels(&[(2.0, 400.0, 0), (4.0, 1400.0, 0)]), Code::FewSamples, expect![""]);
}

#[test]
fn few_levels() {
    check(&healthy(), Code::FewLevels, expect![""]);
    // Where the sweep ended while passing nothing is read off a curve: higher loads are what is missing.
    check(&levels(&[(2.0, 400.0, 400)]), Code::FewLevels, expect![""]);
    check(
        &levels(&[(2.0, 400.0, 400), (4.0, 500.0, 400), (8.0, 1100.0, 400)]),
        Code::FewLevels,
        expect![
            "warning@run: Only 3 levels measured what the limits are about; 4 are needed to know how the curve bends around the limit, that is two on either side. Measure more levels."
        ],
    );
}

#[test]
fn a_dip_that_noise_explains_is_none() {
    let point = |load, lo: f64, hi: f64| {
        let ttft: Vec<f64> = (0..400).map(|i| lo + (hi - lo) * f64::from(i) / 400.0).collect();
        Level {
            samples: Some(Samples { e2e_ms: ttft.clone(), ttft_ms: ttft.clone(), ..Samples::default() }),
            ..level(load, ttft[380], 400)
        }
    };
    let noisy = run(vec![
        point(1.0, 100.0, 400.0),
        point(2.0, 90.0, 395.0),
        point(4.0, 500.0, 900.0),
        point(8.0, 900.0, 1900.0),
    ]);
    check(&noisy, Code::NonMonotone, expect![""]);
    // Levels on either side of the limit that may be one and the same.
    let close = run(vec![
        point(1.0, 100.0, 1060.0),
        point(2.0, 90.0, 1040.0),
        point(4.0, 700.0, 1900.0),
        point(8.0, 900.0, 2900.0),
    ]);
    check(&close, Code::NonMonotone, expect![""]);
    assert!(!assess(&close, &slo(&["ttft_p95=1s"])).sentence.contains("Not monotone"));
    // A real one far from the answer changes nothing.
    let dip = |levels: [(f64, f64, f64); 4]| run(levels.map(|(load, lo, hi)| point(load, lo, hi)).to_vec());
    let warm_up = dip([(1.0, 100.0, 800.0), (2.0, 90.0, 395.0), (4.0, 500.0, 900.0), (8.0, 900.0, 1900.0)]);
    check(&warm_up, Code::NonMonotone, expect![""]);
    // At a level that decides it moves the curve.
    let decides = dip([(1.0, 100.0, 300.0), (2.0, 100.0, 800.0), (4.0, 90.0, 395.0), (8.0, 900.0, 1900.0)]);
    check(
        &decides,
        Code::NonMonotone,
        expect![
            "info@2: TTFT p95 fell from 765 ms at 2 users to 380 ms at 4 users, which more load cannot cause: a warm-up or too few requests can. It does not change which levels pass; measure the lower load again to see the true curve."
        ],
    );
    // Two levels of one load, as a client sends that cannot send more.
    let same = dip([(1.0, 100.0, 300.0), (2.0, 100.0, 800.0), (2.03, 90.0, 395.0), (8.0, 900.0, 1900.0)]);
    check(&same, Code::NonMonotone, expect![""]);
}

/// Findings of these kinds in this order, as codes; those behind the bar are not told at once.
fn check_foremost(kinds: &[(FindingSeverity, Code)], expected: usize) {
    let findings: Vec<Finding> =
        kinds.iter().map(|&(severity, code)| Finding { code, severity, load: None, message: String::new() }).collect();
    assert_eq!(foremost(&findings).len(), expected, "{kinds:?}");
}

#[test]
fn the_kinds_that_matter_most_are_told_at_once() {
    use Code::{ErrorsHigh, FewLevels, FewSamples, NextLevel, NonMonotone, ToolWarning, WideInterval};
    use FindingSeverity::{Error, Info, Warning};
    check_foremost(&[], 0);
    check_foremost(&[(Warning, FewLevels), (Info, NextLevel)], 2);
    // Of one kind all are told, as one.
    check_foremost(&[(Warning, FewSamples), (Warning, FewSamples), (Warning, FewLevels), (Info, NextLevel)], 4);
    check_foremost(&[(Warning, NonMonotone), (Warning, FewSamples), (Warning, FewLevels), (Info, NextLevel)], 3);
    // Every error is told.
    let errors = [ErrorsHigh, NonMonotone, FewSamples, FewLevels].map(|code| (Error, code));
    check_foremost(&[&errors[..], &[(Warning, WideInterval)]].concat(), 4);
    // What a tool warned of is something else each time.
    check_foremost(&[(Info, ToolWarning); 5], 3);
}

#[test]
fn impossible_throughput() {
    // 10 users, 100 tokens in 2 s each: 500 tokens per second and no more.
    let with = |rate| {
        let mut run = healthy();
        run.levels[0] = Level {
            load: 10.0,
            duration_s: None,
            output_tokens: Some(100.0),
            e2e: mean(2000.0),
            rates: Rates { output_tokens: Some(rate), ..Rates::default() },
            ..level(10.0, 400.0, 400)
        };
        run.levels[0].duration_s = None;
        run
    };
    check(&with(500.0), Code::ImpossibleThroughput, expect![""]);
    check(&with(570.0), Code::ImpossibleThroughput, expect![""]);
    check(
        &with(1000.0),
        Code::ImpossibleThroughput,
        expect![
            "error@10: 10 users cannot produce 1,000 output tok/s: an answer of 100 tokens takes about 2 s at the reported latencies, so at most about 500 tok/s are possible (Little's law). The rate probably counts prompt tokens too, or the latencies leave out part of the answer, such as reasoning tokens. Find out which before computing a cost from it."
        ],
    );
    // In a level of 10 s a head start of one request each is possible: a fifth more.
    let mut short = with(680.0);
    short.levels[0].duration_s = Some(10.0);
    check(&short, Code::ImpossibleThroughput, expect![""]);
    // Without the length of an answer nothing can be said.
    let mut unknown = with(1000.0);
    unknown.levels[0].output_tokens = None;
    check(&unknown, Code::ImpossibleThroughput, expect![""]);
    // TTFT and ITL stand in for the whole.
    let mut parts = with(1000.0);
    parts.levels[0].e2e = None;
    parts.levels[0].ttft = Some(Distribution { mean: Some(218.0), ..parts.levels[0].ttft.clone().unwrap() });
    parts.levels[0].itl = mean(18.0);
    check(
        &parts,
        Code::ImpossibleThroughput,
        expect![
            "error@10: 10 users cannot produce 1,000 output tok/s: an answer of 100 tokens takes about 2 s at the reported latencies, so at most about 500 tok/s are possible (Little's law). The rate probably counts prompt tokens too, or the latencies leave out part of the answer, such as reasoning tokens. Find out which before computing a cost from it."
        ],
    );
}

#[test]
fn level_too_short() {
    let mut run = healthy();
    run.levels[1].e2e = mean(20_000.0);
    run.levels[3].e2e = mean(15_000.0);
    check(
        &run,
        Code::LevelTooShort,
        expect![
            "warning@4: The level at 4 users lasted 60 s, only 3 times one of its own requests (20 s): most of it is start and end, not steady state. Let it run for at least 80 s."
        ],
    );
}

#[test]
fn dataset_exhausted() {
    let ended = |counts: [(u64, u64); 4]| {
        let mut run = healthy();
        for (level, (ok, incomplete)) in run.levels.iter_mut().zip(counts) {
            level.requests = Requests { ok, errored: 0, incomplete };
        }
        run
    };
    check(
        &ended([(95, 1), (141, 3), (160, 0), (160, 0)]),
        Code::DatasetExhausted,
        expect![
            "warning@6: The levels at 6, 8 users all ended after exactly 160 requests: the data set or a request limit ran out before the time did, so they are shorter than the others. Give the benchmark more prompts, or let them repeat."
        ],
    );
    // A fixed number of requests at every level is a design, not an accident.
    check(&ended([(160, 0); 4]), Code::DatasetExhausted, expect![""]);
    // Ended by the clock.
    check(&ended([(95, 1), (141, 3), (160, 8), (160, 8)]), Code::DatasetExhausted, expect![""]);
}

#[test]
fn errors_high() {
    let with = |errored: [u64; 4]| {
        let mut run = healthy();
        for (level, errored) in run.levels.iter_mut().zip(errored) {
            level.requests.errored = errored;
        }
        run
    };
    check(&with([0, 4, 8, 20]), Code::ErrorsHigh, expect![""]);
    check(
        &with([0, 40, 0, 400]),
        Code::ErrorsHigh,
        expect![
            "error@4: 9.09% of the requests at 4 users failed, a load that counts as passing. Latencies are of the others only and look better than what users got. Look at the server's log."
        ],
    );
    check(&with([0, 0, 100, 400]), Code::ErrorsHigh, expect![""]);
    check_limits(
        &with([0, 0, 100, 400]),
        &["ttft_p95=1s", "error_rate=50%"],
        Code::ErrorsHigh,
        expect![
            "warning@6: 20% of the requests at 6 users failed, the first load that does not pass. Latencies are of the others only and look better than what users got, so the true breaking load may be lower. Look at the server's log."
        ],
    );
    check_limits(
        &with([0, 40, 0, 0]),
        &["ttft_p95=1s", "error_rate=20%"],
        Code::ErrorsHigh,
        expect![
            "error@4: 9.09% of the requests at 4 users failed, a load that counts as passing. Latencies are of the others only and look better than what users got. Look at the server's log."
        ],
    );
}

#[test]
fn requests_that_were_cut_off_matter_where_a_level_passes_by_the_others() {
    let told = |run: &Run| assess(run, &slo(&["ttft_p95=1s"])).has(Code::IncompleteHigh);
    let with = |index: usize, cut_off: u64| {
        let mut run = healthy();
        run.levels[index].requests.incomplete = cut_off;
        run
    };
    assert!(told(&with(1, 40)) && !told(&with(1, 20)), "5% are no more than lie beyond the percentile");
    assert!(!told(&with(2, 100)), "a level that fails does not pass for that");
    let far = levels(&[(2.0, 100.0, 400), (4.0, 300.0, 400), (8.0, 9000.0, 400)]);
    let mut cut_off = far;
    cut_off.levels[1].requests.incomplete = 40;
    assert!(!told(&cut_off), "300 ms would have to become a second");
    // An interval from every request leaves them out.
    let mut sampled = with(1, 40);
    for level in &mut sampled.levels {
        let p95 = level.ttft.as_ref().unwrap().quantiles[0].1;
        let ttft: Vec<f64> = (0..400).map(|i| p95 * (0.5 + f64::from(i) / 760.0)).collect();
        level.samples = Some(Samples { e2e_ms: ttft.clone(), ttft_ms: ttft, ..Samples::default() });
    }
    assert_eq!(assess(&sampled, &slo(&["ttft_p95=1s"])).interval_method, IntervalMethod::Bootstrap);
    assert!(!told(&sampled));
}

#[test]
fn incomplete_requests_are_never_more_than_information() {
    let mut run = healthy();
    for level in &mut run.levels {
        level.requests.incomplete = 2000;
    }
    check(
        &run,
        Code::IncompleteHigh,
        expect![
            "info@4: When the level at 4 users ended, 2,000 of 2,400 requests (83.3%) were still running. They count neither as success nor as error, but slow ones are cut off more often than fast ones, so the percentiles may be a little low. A longer level makes the share smaller."
        ],
    );
    let verdict = assess(&run, &slo(&["ttft_p95=1s", "error_rate=0"]));
    assert!(
        verdict.findings.iter().all(|finding| finding.severity == FindingSeverity::Info),
        "{:#?}",
        verdict.findings
    );
    assert_eq!(verdict.breaking_load, assess(&healthy(), &slo(&["ttft_p95=1s"])).breaking_load);
}

#[test]
fn a_single_user_that_is_too_slow() {
    let slow = |load| levels(&[(load, 1400.0, 400), (2.0 * load, 1500.0, 400)]);
    check(
        &slow(1.0),
        Code::LatencyFloor,
        expect![
            "warning@1: Even a single user is served too slowly, so no load will meet the limit. A single request must get faster (more tensor parallelism, a smaller or quantized model, shorter prompts) or the limit must be looser."
        ],
    );
    // Of one user nothing is known where four were measured.
    check(&slow(4.0), Code::LatencyFloor, expect![""]);
    // Whatever else is not decided.
    let mut open = slow(4.0);
    for level in &mut open.levels {
        level.itl =
            Some(Distribution { count: 400, quantiles: vec![(0.5, 20.0), (0.99, 90.0)], ..Distribution::default() });
    }
    check_limits(&open, &["ttft_p95=1s", "itl_p95=50ms"], Code::LatencyFloor, expect![""]);
    check_limits(&open, &["ttft_p95=1s", "itl_p95=50ms"], Code::PercentileMissing, expect![""]);
}

#[test]
fn metric_not_measured() {
    check_limits(
        &healthy(),
        &["itl_p95=50ms", "queue_depth=0"],
        Code::MetricNotMeasured,
        expect![[r#"
        error@run: No level measured ITL p95, so whether ITL p95 ≤ 50 ms holds is not known. Benchmark again with streaming responses and ITL p95 among the reported statistics, or judge by a limit that was measured.
        error@run: No level measured queue depth, so whether queue depth ≤ 0 requests holds is not known. The report does not carry it: benchmark with a tool that asks the server too (AIPerf does, inference-perf with a Prometheus), judge it from the server's metrics, or leave this limit out."#]],
    );
    let mut partly = healthy();
    partly.levels[0].itl = Some(Distribution { count: 400, quantiles: vec![(0.95, 20.0)], ..Distribution::default() });
    check_limits(
        &partly,
        &["ttft_p95=1s", "itl_p95=50ms"],
        Code::MetricNotMeasured,
        expect![
            "warning@2: ITL p95 was not measured above 2 users, so ITL p95 ≤ 50 ms may break before the answer. Measure it there too."
        ],
    );
}

#[test]
fn wide_interval() {
    let noisy = |count: usize, spread: f64| {
        let at = |load: f64, centre: f64| {
            let ttft: Vec<f64> = (0..count).map(|i| centre * (1.0 + spread * i as f64 / count as f64)).collect();
            Level {
                samples: Some(Samples { e2e_ms: ttft.clone(), ttft_ms: ttft.clone(), ..Samples::default() }),
                ..level(load, ttft[count * 95 / 100], count as u64)
            }
        };
        run((1..=8).map(|users| at(f64::from(users), 300.0 + 20.0 * f64::from(users))).collect())
    };
    check_limits(&noisy(400, 1.0), &["ttft_p95=780ms"], Code::WideInterval, expect![""]);
    check_limits(
        &noisy(72, 2.0),
        &["ttft_p95=1160ms"],
        Code::WideInterval,
        expect![
            "warning@5.08: The breaking load is only known to lie within 4.22–5.80 users, wider than the gap between the levels around it. Measure 5 and 6 users longer: about 3 times as many requests make it as narrow as the gap."
        ],
    );
    check_limits(&noisy(4000, 0.2), &["ttft_p95=476ms"], Code::WideInterval, expect![""]);
    check_limits(
        &noisy(400, 1.0),
        &["ttft_p95=626ms"],
        Code::WideInterval,
        expect![
            "warning@1.05: The interval of the breaking load is open: by 95% confidence bounds not even the lowest level is certain to pass. Measure the levels up to the answer longer."
        ],
    );
    check_limits(
        &noisy(400, 1.0),
        &["ttft_p95=890ms"],
        Code::WideInterval,
        expect![
            "warning@7.82: The interval of the breaking load is open: by 95% confidence bounds not even the highest level is certain to fail. Measure the levels from the answer on longer, and add a higher one."
        ],
    );
    check_limits(
        &noisy(40, 1.0),
        &["ttft_p95=780ms"],
        Code::WideInterval,
        expect![
            "warning@5: The interval of the breaking load is open: TTFT p95 has too few requests for an upper bound at every level that passes. Measure the levels up to the answer longer."
        ],
    );
}

#[test]
fn what_the_tool_says_is_passed_on_once() {
    let mut run = healthy();
    for level in &mut run.levels[1..] {
        level.tool_warnings = vec!["p95 rests on few requests".into()];
    }
    // 8 users lie beyond the first level that fails.
    check(&run, Code::ToolWarning, expect!["info@4: guidellm says about 4, 6 users: p95 rests on few requests"]);
    // The same words with other figures are one thing to know.
    for (index, late) in [0.273, 0.415, 0.5].into_iter().enumerate() {
        run.levels[index].tool_warnings = vec![format!("root_late: p95 delay was {late}s")];
    }
    check(
        &run,
        Code::ToolWarning,
        expect![
            "info@2: guidellm says about 2 users: root_late: p95 delay was 0.273s. With other figures it says the same about 4, 6 users."
        ],
    );
}

#[test]
fn loads_that_nobody_typed_are_explained() {
    let offered = |model, asked: [Option<f64>; 4]| {
        let mut run = healthy();
        run.load_model = model;
        for (level, asked) in run.levels.iter_mut().zip(asked) {
            level.asked_load = asked;
        }
        run
    };
    let open = LoadModel::Open(Arrivals::Constant);
    check(&offered(open, [None; 4]), Code::LoadAsOffered, expect![""]);
    check(
        &offered(open, [None, None, Some(12.0), Some(24.0)]),
        Code::LoadAsOffered,
        expect![
            "info@6: The client fell behind: asked for 12, 24 req/s it sent 6, 8 req/s. The loads shown are what it sent, so what is said of the server holds."
        ],
    );
    check(
        &offered(LoadModel::Closed, [None, Some(3.0), None, None]),
        Code::LoadAsOffered,
        expect![
            "info@4: The loads shown are requests in flight, in the mean: the tool was asked for 3 users and had 4 requests. A session that asks several things at once has more than one, and a user who pauses less."
        ],
    );
    // Beyond the first level that fails it changes nothing.
    check(&offered(open, [None, None, None, Some(24.0)]), Code::LoadAsOffered, expect![""]);
    // A sweep that ended because the client could not send more says nothing of higher loads, and a higher one is not asked for.
    let ended = offered(open, [None, None, None, Some(24.0)]);
    check_limits(
        &ended,
        &["ttft_p95=2s"],
        Code::LoadAsOffered,
        expect![
            "warning@8: The client fell behind: asked for 24 req/s it sent 8 req/s. The loads shown are what it sent, so what is said of the server holds. Give the client more processors, several processes or a higher limit on concurrency before measuring higher."
        ],
    );
    let verdict = assess(&ended, &slo(&["ttft_p95=2s"]));
    assert_eq!(verdict.state, BreakingState::Floor);
    assert!(!verdict.sentence.contains("Measure"), "{}", verdict.sentence);
}

/// Each kind that speaks of single levels, by a run that has it at the last level alone, which lies beyond the first that fails.
#[test]
fn nothing_is_told_of_levels_that_cannot_decide() {
    type Change = fn(&mut Level);
    let at_the_last: [(&str, Change); 6] = [
        ("errors", |level| level.requests.errored = 400),
        ("cut off", |level| level.requests.incomplete = 2000),
        ("short", |level| level.e2e = mean(20_000.0)),
        ("few", |level| level.ttft.as_mut().unwrap().count = 3),
        ("tool", |level| level.tool_warnings = vec!["odd".into()]),
        ("client", |level| level.concurrency = Some(3.0)),
    ];
    let healthy =
        levels(&[(2.0, 400.0, 401), (4.0, 700.0, 402), (6.0, 1100.0, 403), (8.0, 1500.0, 404), (16.0, 2500.0, 405)]);
    let told = |run: &Run| assess(run, &slo(&["ttft_p95=1s"])).findings;
    let before = told(&healthy);
    for (what, change) in at_the_last {
        let mut run = healthy.clone();
        change(&mut run.levels[4]);
        assert_eq!(told(&run), before, "{what}");
    }
}
