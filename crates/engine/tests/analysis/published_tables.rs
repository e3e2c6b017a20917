//! The published tables of a Mistral Small INT4/BF16 comparison, whose authors drew
//! conclusions that their numbers do not carry.

use headroom_engine::breaking::BreakingState;
use headroom_engine::findings::{Code, FindingSeverity};
use headroom_engine::run::Run;
use headroom_engine::verdict::{Verdict, assess};

use crate::support::{published_bf16, published_int4, slo};

fn check(run: &Run, limit: &str, expected: core::ops::RangeInclusive<f64>) -> Verdict {
    let verdict = assess(run, &slo(&[limit]));
    assert_eq!(verdict.state, BreakingState::Edge, "{}", verdict.sentence);
    let load = verdict.breaking_load.unwrap();
    assert!(expected.contains(&load), "{load} is not in {expected:?}: {}", verdict.sentence);
    verdict
}

#[test]
fn the_crossings() {
    check(&published_int4(), "ttft_p95=1s", 3.0..=3.5);
    check(&published_int4(), "ttft_p95=2s", 6.8..=7.6);
    check(&published_bf16(), "ttft_p95=1s", 8.0..=9.0);
    check(&published_bf16(), "ttft_p95=2s", 18.4..=19.4);
}

#[test]
fn the_levels_around_the_answer() {
    for (run, limit, passing, failing) in [
        (published_int4(), "ttft_p95=1s", 3.0, 5.0),
        (published_int4(), "ttft_p95=1500ms", 5.0, 8.0),
        (published_int4(), "ttft_p95=2s", 5.0, 8.0),
        (published_bf16(), "ttft_p95=1s", 5.0, 10.0),
        (published_bf16(), "ttft_p95=1500ms", 10.0, 15.0),
        (published_bf16(), "ttft_p95=2s", 15.0, 20.0),
    ] {
        let verdict = assess(&run, &slo(&[limit]));
        assert_eq!((verdict.max_passing_load, verdict.first_failing_load), (Some(passing), Some(failing)), "{limit}");
    }
}

#[test]
fn int4_at_one_second_is_not_monotone_and_the_answer_says_so() {
    let verdict = check(&published_int4(), "ttft_p95=1s", 3.0..=3.5);
    let finding = verdict.findings.iter().find(|finding| finding.code == Code::NonMonotone).unwrap();
    assert_eq!((finding.severity, finding.load), (FindingSeverity::Warning, Some(1.0)));
    assert!(verdict.sentence.contains("Not monotone: 1 user failed while 3 users passed."), "{}", verdict.sentence);
    // At 2 s the same dip changes nothing about which levels pass.
    let verdict = check(&published_int4(), "ttft_p95=2s", 6.8..=7.6);
    assert!(!verdict.has(Code::NonMonotone), "{:?}", verdict.findings);
    assert!(!verdict.sentence.contains("Not monotone"), "{}", verdict.sentence);
    // And BF16 rises throughout.
    assert!(!check(&published_bf16(), "ttft_p95=1s", 8.0..=9.0).has(Code::NonMonotone));
}

#[test]
fn the_percentiles_rest_on_a_handful_of_requests() {
    let verdict = assess(&published_int4(), &slo(&["ttft_p95=2s"]));
    let told = |severity| {
        verdict
            .findings
            .iter()
            .filter(move |finding| finding.code == Code::FewSamples && finding.severity == severity)
            .map(|finding| (finding.load.unwrap(), finding.message.as_str()))
            .collect::<Vec<_>>()
    };
    // Those at 5 and 8 users decide the answer.
    let warnings = told(FindingSeverity::Warning);
    assert_eq!(warnings.iter().map(|(load, _)| *load).collect::<Vec<_>>(), [5.0, 8.0]);
    assert!(
        warnings[0].1.contains("rests on 18 requests") && warnings[1].1.contains("rests on 26 requests"),
        "{warnings:?}"
    );
    // Of the others nothing is said: they change nothing.
    assert_eq!(told(FindingSeverity::Info), []);
    assert!(verdict.sentence.contains("Too few requests to be sure at 5, 8 users."), "{}", verdict.sentence);
}

#[test]
fn the_token_rates_are_not_output_tokens() {
    for (run, worst, all) in [
        (published_int4(), 1.0, "at 1, 3, 5, 8, 10, 15 users"),
        (published_bf16(), 20.0, "at 1, 5, 10, 15, 20, 30 users"),
    ] {
        let verdict = assess(&run, &slo(&["ttft_p95=1s"]));
        let impossible: Vec<_> =
            verdict.findings.iter().filter(|finding| finding.code == Code::ImpossibleThroughput).collect();
        assert_eq!(impossible.len(), 1, "{}", run.id);
        assert_eq!(
            (impossible[0].severity, impossible[0].load),
            (FindingSeverity::Error, Some(worst)),
            "{}",
            impossible[0].message
        );
        assert!(impossible[0].message.contains(all), "{}", impossible[0].message);
    }
}

#[test]
fn twenty_tokens_per_second_is_never_met() {
    // The tables' own service level asks for more than 20 tokens per second, 50 ms a token.
    for run in [published_int4(), published_bf16()] {
        let verdict = assess(&run, &slo(&["ttft_p95=2s", "tpot_p95=50ms"]));
        assert_eq!(verdict.state, BreakingState::NeverMet);
        assert_eq!(verdict.binding.map(|limit| limit.id()).as_deref(), Some("tpot_p95"));
        assert!(verdict.has(Code::LatencyFloor));
    }
}

#[test]
fn no_interval_can_be_given_and_that_is_said() {
    let verdict = assess(&published_bf16(), &slo(&["ttft_p95=1s"]));
    assert_eq!(verdict.interval, [None, None]);
    assert!(verdict.has(Code::IntervalUnknown));
    assert!(!verdict.has(Code::WideInterval));
}
