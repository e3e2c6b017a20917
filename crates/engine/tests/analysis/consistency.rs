//! What the numbers of a level say about each other, and about the client.

use expect_test::{Expect, expect};
use headroom_engine::findings::Code;
use headroom_engine::level::{Distribution, Level, Rates, Requests, Samples};
use headroom_engine::run::{Arrivals, LoadModel, Run};
use headroom_engine::verdict::assess;

use crate::support::{level, run, slo};

/// The kinds of findings that are about consistency.
const KINDS: [Code; 7] = [
    Code::PercentilesOutOfOrder,
    Code::ImpossibleUnits,
    Code::LatenciesDisagree,
    Code::TokenArithmetic,
    Code::ReasoningInTtft,
    Code::NotStreamed,
    Code::ClientSaturated,
];

/// All findings about consistency, so that no case has another one beside the expected one.
fn check(run: &Run, expected: Expect) {
    let verdict = assess(run, &slo(&["ttft_p95=1s"]));
    let found = verdict.findings.iter().filter(|finding| KINDS.contains(&finding.code));
    let lines: Vec<String> =
        found.map(|finding| format!("{} {}: {}", finding.severity.id(), finding.code.id(), finding.message)).collect();
    expected.assert_eq(&lines.join("\n"));
}

fn mean(ms: f64) -> Option<Distribution> {
    Some(Distribution { count: 400, mean: Some(ms), ..Distribution::default() })
}

/// A level in which everything fits: 128 tokens in, 101 out, 20 ms apart after a first token in 300 ms.
fn sound(load: f64) -> Level {
    let per_second = load / 2.3;
    Level {
        concurrency: Some(load),
        requests: Requests { ok: 400, errored: 0, incomplete: 1 },
        rates: Rates {
            requests: Some(per_second),
            output_tokens: Some(101.0 * per_second),
            prompt_tokens: Some(128.0 * per_second),
            total_tokens: Some(229.0 * per_second),
        },
        prompt_tokens: Some(128.0),
        output_tokens: Some(101.0),
        ttft: Some(Distribution {
            count: 400,
            mean: Some(300.0),
            min: Some(100.0),
            max: Some(900.0),
            quantiles: vec![(0.5, 280.0), (0.95, 600.0), (0.99, 800.0)],
            ..Distribution::default()
        }),
        itl: mean(20.0),
        e2e: mean(2300.0),
        ..level(load, 600.0, 400)
    }
}

/// Four levels that fit, the first changed.
fn with(change: impl Fn(&mut Level)) -> Run {
    let mut run = run([1.0, 2.0, 4.0, 8.0].map(sound).to_vec());
    change(&mut run.levels[0]);
    run
}

fn open(load: f64, change: impl Fn(&mut Level)) -> Run {
    let mut run = run(vec![Level { concurrency: Some(4.0), ..sound(load) }]);
    run.load_model = LoadModel::Open(Arrivals::Poisson);
    change(&mut run.levels[0]);
    run
}

#[test]
fn numbers_that_fit_are_left_alone() {
    check(&with(|_| {}), expect![[r#""#]]);
    check(&open(7.0, |_| {}), expect![[r#""#]]);
    // Rounding to whole milliseconds, and zero for what was not measured.
    check(&with(|level| level.ttft.as_mut().unwrap().quantiles = vec![(0.9, 600.4), (0.95, 600.0)]), expect![[r#""#]]);
    check(&with(|level| level.ttft.as_mut().unwrap().quantiles = vec![(0.9, 600.0), (0.95, 0.0)]), expect![[r#""#]]);
}

#[test]
fn percentiles_out_of_order() {
    check(
        &with(|level| level.ttft.as_mut().unwrap().quantiles = vec![(0.5, 280.0), (0.95, 850.0), (0.99, 800.0)]),
        expect![
            "error percentiles_out_of_order: Of TTFT at 1 user p95 850 ms is above p99 800 ms, which no set of requests can give: the report was put together by hand or from several measurements. Take the numbers from the tool's own file."
        ],
    );
    let mut above = with(|_| {});
    for level in &mut above.levels[1..] {
        level.e2e = Some(Distribution { max: Some(2000.0), quantiles: vec![(0.95, 3000.0)], ..mean(2300.0).unwrap() });
    }
    check(
        &above,
        expect![
            "error percentiles_out_of_order: Of E2E at 2 users p95 3,000 ms is above the maximum 2,000 ms, which no set of requests can give: the report was put together by hand or from several measurements. Take the numbers from the tool's own file. The same holds at 4, 8 users."
        ],
    );
}

#[test]
fn seconds_among_milliseconds() {
    check(
        &with(|level| level.e2e = mean(2.3)),
        expect![
            "error impossible_units: At 1 user the first token and the time between tokens add up to 2,300 ms, but a request takes 2.3 ms. That is about a thousand apart: a latency is in seconds where milliseconds are expected, or the other way around. Correct the unit in the report."
        ],
    );
    // A time between tokens in seconds alone only makes the sum smaller, which other things do too.
    check(&with(|level| level.itl = mean(0.02)), expect![[r#""#]]);
    // Without the parts, users and rates tell.
    check(
        &with(|level| {
            level.e2e = mean(2_300_000.0);
            level.itl = None;
        }),
        expect![
            "error impossible_units: 0.435 requests per second of 2,300,000 ms each are 1,000 in flight (Little's law), but at 1 user there were 1. That is about a thousand apart: a latency is in seconds where milliseconds are expected, or the other way around. Correct the unit in the report."
        ],
    );
    check(
        &with(|level| {
            level.ttft = mean(0.3);
            level.itl = mean(0.02);
        }),
        expect![
            "error impossible_units: At 1 user the first token and the time between tokens add up to 2.3 ms, but a request takes 2,300 ms. That is about a thousand apart: a latency is in seconds where milliseconds are expected, or the other way around. Correct the unit in the report."
        ],
    );
}

#[test]
fn latencies_that_are_of_different_requests() {
    check(
        &with(|level| level.e2e = mean(200.0)),
        expect![
            "warning latencies_disagree: At 1 user TTFT mean is 300 ms, after the end of the request (E2E mean 200 ms). The two are of different requests, or one counts something else: find out what before judging by either."
        ],
    );
    check(
        &with(|level| level.itl = mean(60.0)),
        expect![
            "warning latencies_disagree: At 1 user the first token and the time between tokens add up to 6,300 ms, but a request takes 2,300 ms. The two are of different requests, or one counts something else: find out what before judging by either."
        ],
    );
}

#[test]
fn tokens_that_do_not_add_up() {
    check(
        &with(|level| level.rates.output_tokens = level.rates.total_tokens),
        expect![
            "warning token_arithmetic: At 1 user 0.435 requests per second with 101 output tokens each make 43.9 tok/s, but the report has 99.6. One of the three counts something else, such as unfinished requests or the other kind of tokens: find out which before computing a cost from it."
        ],
    );
    check(
        &with(|level| level.rates.prompt_tokens = Some(1.0)),
        expect![
            "warning token_arithmetic: At 1 user 0.435 requests per second with 128 prompt tokens each make 55.7 tok/s, but the report has 1. One of the three counts something else, such as unfinished requests or the other kind of tokens: find out which before computing a cost from it."
        ],
    );
    check(
        &with(|level| level.rates.output_tokens = level.rates.output_tokens.map(|rate| 1.1 * rate)),
        expect![[r#""#]],
    );
}

#[test]
fn tokens_of_unfinished_requests_are_no_contradiction() {
    let short = |factor: f64| {
        with(move |level| {
            level.requests.ok = 4;
            level.rates.output_tokens = level.rates.output_tokens.map(|rate| factor * rate);
        })
    };
    check(&short(1.3), expect![""]);
    let codes = |run: &Run| assess(run, &slo(&["ttft_p95=1s"])).has(Code::TokenArithmetic);
    assert!(codes(&short(1.5)) && !codes(&short(1.3)));
}

/// Two causes that look the same, with opposite remedies.
#[test]
fn a_first_token_that_is_none() {
    let late = |itl_ms: f64| {
        with(|level| {
            level.ttft = mean(1800.0);
            level.itl = mean(itl_ms);
            level.e2e = mean(1800.0 + 100.0 * itl_ms);
            level.prompt_tokens = Some(256.0);
            level.rates = Rates::default();
        })
    };
    check(
        &late(4.9),
        expect![
            "warning reasoning_in_ttft: At 1 user, where nothing queues, the first token takes 1,800 ms of the 2,290 ms of a request, longer than reading 256 prompt tokens can. The model probably reasons first and the client takes that for waiting: TTFT then holds most of the output, and ITL divides the rest by all tokens. Judge by E2E, or let the tool count reasoning tokens as tokens; do not set this TTFT against the server's."
        ],
    );
    check(
        &late(0.1),
        expect![
            "warning not_streamed: At 1 user, where nothing queues, the first token takes 1,800 ms of the 1,810 ms of a request, longer than reading 256 prompt tokens can. The answer arrived in one piece: the server, or a proxy before it, does not stream. Turn streaming on, or buffering off, and measure again; until then judge by E2E."
        ],
    );
    // A long prompt takes its time, and so does a queue.
    let mut long = late(4.9);
    long.levels[0].prompt_tokens = Some(8000.0);
    check(&long, expect![[r#""#]]);
    let mut queue = late(4.9);
    queue.levels.remove(0);
    queue.levels[0] = Level { load: 4.0, concurrency: Some(4.0), ..late(4.9).levels[0].clone() };
    queue.levels.remove(1);
    check(&queue, expect![[r#""#]]);
}

#[test]
fn a_client_that_does_not_offer_the_load() {
    let mut closed = with(|_| {});
    for level in &mut closed.levels[2..] {
        level.concurrency = Some(3.0);
        level.requests.ok = 400;
    }
    check(
        &closed,
        expect![
            "warning client_saturated: At 4 users the client kept only 3 requests in flight: it did not offer the load, so nothing says that the server would not have held it. Its latencies belong to the smaller load. Give the client more processors, several processes or a higher limit on concurrency, and measure again. The same holds at 8 users."
        ],
    );
    // Short levels lose a part to the start, and few requests in a row to the end.
    let mut short = closed.clone();
    short.levels.iter_mut().for_each(|level| level.duration_s = Some(10.0));
    check(&short, expect![[r#""#]]);
    let mut few = closed;
    few.levels.iter_mut().for_each(|level| level.requests.ok = 20);
    check(&few, expect![[r#""#]]);
    // In an open loop what counts is what was sent, answered or not.
    let sent = |ok, incomplete| open(20.0, move |level| level.requests = Requests { ok, errored: 0, incomplete });
    check(&sent(400, 800), expect![[r#""#]]);
    check(
        &sent(400, 200),
        expect![
            "warning client_saturated: At 20 req/s the client sent only 10 requests per second: it did not offer the load, so nothing says that the server would not have held it. Its latencies belong to the smaller load. Give the client more processors, several processes or a higher limit on concurrency, and measure again."
        ],
    );
    // Without requests that were cut off, the times at which they were sent tell.
    let at = |gap_s: f64| {
        open(5.0, move |level| {
            level.requests = Requests { ok: 400, errored: 0, incomplete: 0 };
            let start_s = (0..400).map(|row| gap_s * f64::from(row)).collect();
            level.samples = Some(Samples { start_s, ..Samples::default() });
        })
    };
    check(&at(0.2), expect![[r#""#]]);
    check(
        &at(0.3),
        expect![
            "warning client_saturated: At 5 req/s the client sent only 3.33 requests per second: it did not offer the load, so nothing says that the server would not have held it. Its latencies belong to the smaller load. Give the client more processors, several processes or a higher limit on concurrency, and measure again."
        ],
    );
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.is_sorted());
}
