//! What is said of two deployments under other limits than the service level's, and of what no figure says.

use expect_test::{Expect, expect};
use headroom_engine::compare::unmeasured_quality;
use headroom_engine::cost::{LoadRule, Stretch, ahead};
use headroom_engine::run::{DollarsPerHour, Known, Price, Run};
use headroom_engine::sheet::Sheet;
use headroom_engine::side_by_side::{Question, side_by_side};
use headroom_engine::tokens::TokenBasis;
use headroom_engine::verdict::assess;

use crate::support::{published_bf16, published_int4, run, slo};

fn known(value: &str) -> Option<Known<String>> {
    Some(Known { value: value.to_owned(), source: "test".to_owned() })
}

fn named(mut run: Run, name: &str, quantization: Option<&str>, dollars: Option<f64>) -> Run {
    run.deployment.name = known(name);
    run.deployment.quantization = quantization.and_then(known);
    run.deployment.price =
        dollars.map(|dollars| Price { per_hour: DollarsPerHour(dollars), source: None, region: None, date: None });
    run
}

/// The sentences, and the rows under each limit.
fn check(runs: &[Run], limit: &str, expected: &Expect) {
    let sheets: Vec<Sheet> = runs.iter().map(|run| assess(run, &slo(&[limit])).sheet(run)).collect();
    let question = Question {
        basis: TokenBasis::Output,
        rule: LoadRule::Interpolated,
        baseline: 0,
        load: None,
        replicas: None,
        spare: 0,
        over_limits: true,
    };
    let found = side_by_side(&sheets, &question);
    let mut told = [found.sentences, found.notes].concat();
    for row in found.over {
        let cells: Vec<String> = row.runs.iter().map(|cell| format!("{} ({})", cell.text, cell.detail)).collect();
        told.push(format!("{} | {}", row.label, cells.join(" | ")));
    }
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn the_published_pair_under_each_limit_and_what_it_cannot_carry() {
    let bf16 = named(published_bf16(), "bf16", Some("bf16"), Some(3.40));
    let int4 = named(published_int4(), "int4", Some("int4 (w4a16)"), Some(0.85));
    check(
        &[bf16, int4],
        "ttft_p95=1s",
        &expect![[r#"
        A dollar buys 2.09 times as many output tokens with int4 as with bf16 under TTFT p95 ≤ 1,000 ms, but which is cheaper cannot be told, because the token rates of int4 and bf16 are more than their latencies allow: find out what they count.
        By output tokens per dollar, over the limit on TTFT p95: int4 is ahead by the figures, but this may be chance, from 932 ms to 2,993 ms. Elsewhere between 500 ms and 4,000 ms one of the two has no answer, or one that may be more.
        Too few requests to be sure of the load: bf16 at 5, 10 users; int4 at 1, 3, 5 users.
        Quality was not measured: a load test does not say whether answers in int4 (w4a16) are as good as those in bf16. Evaluate both before choosing by cost.
        TTFT p95 ≤ 500 ms |  (no load passes) |  (no load passes)
        TTFT p95 ≤ 1,000 ms | 0.292 million output tokens (8.73 users) | 2.09× (3.23 users; impossible token rates)
        TTFT p95 ≤ 1,500 ms | 0.410 million output tokens (13.0 users) | 2.15× (5.04 users; impossible token rates)
        TTFT p95 ≤ 2,000 ms | 0.600 million output tokens (18.9 users) | 1.88× (7.28 users; impossible token rates)
        TTFT p95 ≤ 4,000 ms | ≥ 0.735 million output tokens (≥ 30 users) | ≤ 2.35× (14.0 users; impossible token rates)"#]],
    );
}

#[test]
fn without_a_price_the_loads_stay_and_nobody_is_ahead() {
    let runs = [published_bf16(), published_int4()];
    let [bf16, int4] = [("bf16", &runs[0]), ("int4", &runs[1])].map(|(name, run)| named(run.clone(), name, None, None));
    check(
        &[bf16.clone(), int4],
        "ttft_p95=1s",
        &expect![[r#"
        int4 and bf16 cannot be compared by cost: price unknown.
        Too few requests to be sure of the load: bf16 at 5, 10 users; int4 at 1, 3, 5 users.
        TTFT p95 ≤ 500 ms |  (no load passes) |  (no load passes)
        TTFT p95 ≤ 1,000 ms |  (8.73 users) |  (3.23 users)
        TTFT p95 ≤ 1,500 ms |  (13.0 users) |  (5.04 users)
        TTFT p95 ≤ 2,000 ms |  (18.9 users) |  (7.28 users)
        TTFT p95 ≤ 4,000 ms |  (≥ 30 users) |  (14.0 users)"#]],
    );
    check(&[bf16], "ttft_p95=1s", &expect![[r#""#]]);
    check(
        &[run(vec![]), run(vec![])],
        "ttft_p95=1s",
        &expect![
            "unknown deployment and unknown deployment cannot be compared by cost: asked unknown lengths against unknown lengths."
        ],
    );
}

#[test]
fn quality_is_spoken_of_where_two_quantizations_are_known_and_differ() {
    for (a, b, told) in [
        (Some("bf16"), Some("int4"), true),
        (Some("bf16"), Some(" BF16 "), false),
        (Some("bf16"), None, false),
        (None, None, false),
    ] {
        assert_eq!(unmeasured_quality(a, b).is_some(), told, "{a:?} {b:?}");
    }
    let told = unmeasured_quality(Some("bf16"), Some("int4")).unwrap();
    assert!(told.starts_with("Quality was not measured: "), "{told}");
    assert!(told.contains("answers in int4 are as good as those in bf16"), "{told}");
}

#[test]
fn who_is_ahead_is_said_for_every_stretch() {
    let stretch = |from: f64, to: f64, a_ahead, certain| Stretch { from, to, a_ahead, certain };
    let text = |bound: f64| format!("{bound} ms");
    let stretches =
        [stretch(1.0, 2.0, Some(true), true), stretch(2.5, 2.5, None, false), stretch(3.0, 4.0, Some(false), false)];
    assert_eq!(
        ahead(&stretches, ["a", "b"], &text),
        "a is ahead beyond doubt from 1 ms to 2 ms; both are equal at 2.5 ms; b is ahead by the figures, but this may be \
         chance, from 3 ms to 4 ms"
    );
}
