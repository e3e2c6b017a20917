//! Limits as people write them, and the presets.

use headroom_engine::slo::{DEFAULT_SLO, Limit, Subject, parse_limit, preset, presets};
use proptest::prelude::*;

fn check(text: &str, expected: &str) {
    let got = match parse_limit(text) {
        Ok(limit) => format!("{} | {} | {}", limit.expression(), limit.label(), limit.unit()),
        Err(error) => error.to_string(),
    };
    assert_eq!(got, expected, "parsing {text:?}");
}

#[test]
fn every_way_to_write_a_limit() {
    check("ttft_p95=1000ms", "ttft_p95=1000ms | TTFT p95 ≤ 1,000 ms | ms");
    check("ttft_p95<=1s", "ttft_p95=1000ms | TTFT p95 ≤ 1,000 ms | ms");
    check(" TTFT_P95 ≤ 1.5 s ", "ttft_p95=1500ms | TTFT p95 ≤ 1,500 ms | ms");
    check("itl_p99=35ms", "itl_p99=35ms | ITL p99 ≤ 35 ms | ms");
    check("tpot_p50=0.5ms", "tpot_p50=0.5ms | TPOT p50 ≤ 0.5 ms | ms");
    check("e2e_mean=7s", "e2e_mean=7000ms | E2E mean ≤ 7,000 ms | ms");
    check("error_rate=1%", "error_rate=0.01 | error rate ≤ 1% | ratio");
    check("unserved=20%", "unserved=0.2 | unserved load ≤ 20% | ratio");
    check("error_rate=0", "error_rate=0 | error rate ≤ 0% | ratio");
    check("error_rate=100%", "error_rate=100% | error rate ≤ 100% | ratio");
    check("kv_cache_use=0.9", "kv_cache_use=0.9 | KV cache use ≤ 90% | ratio");
    check("queue_depth=5", "queue_depth=5 | queue depth ≤ 5 requests | requests");
}

#[test]
fn every_way_to_get_it_wrong_says_what_to_write() {
    check("ttft_p95=1000", "limit `ttft_p95=1000`: 1000 of what? Write 1000ms or 1000s");
    check("ttft=1s", "limit `ttft=1s`: say which statistic of ttft: ttft_mean, _p50, _p90, _p95 or _p99");
    check("ttft_p94=1s", "limit `ttft_p94=1s`: `p94` is not a statistic; expected mean, p50, p90, p95 or p99");
    check("ttft_p95", "limit `ttft_p95`: expected `subject=bound`, for example `ttft_p95=1000ms`");
    check(
        "latency_p95=1s",
        "limit `latency_p95=1s`: `latency_p95` is not something that can be limited; expected ttft, itl, tpot or e2e with a \
         statistic (`ttft_p95`), or error_rate, unserved, queue_depth or kv_cache_use",
    );
    check("ttft_p95>=1s", "limit `ttft_p95>=1s`: a limit is an upper bound: write `=` or `<=`");
    check(
        "ttft_p95<1s",
        "limit `ttft_p95<1s`: a limit holds up to and including its bound: write `<=` or `=` instead of `<`",
    );
    check(
        "ttft_p95=fast",
        "limit `ttft_p95=fast`: the bound `fast` is not a number; expected for example 1000ms or 1s",
    );
    check("ttft_p95=-1s", "limit `ttft_p95=-1s`: the bound `-1s` is not a number; expected for example 1000ms or 1s");
    check("ttft_p95=0s", "limit `ttft_p95=0s`: a latency is above zero, so the bound must be too");
    check("ttft_p95=1min", "limit `ttft_p95=1min`: `min` is not a unit of ttft_p95; expected for example 1000ms or 1s");
    check("error_rate=1", "limit `error_rate=1`: 1 without a unit is a share of all; write 1% or a share below 1");
    check("error_rate=101%", "limit `error_rate=101%`: a share cannot be above 100%, so this would limit nothing");
    check(
        "error_rate=1ms",
        "limit `error_rate=1ms`: `ms` is not a unit of error_rate; expected for example 1% or 0.01",
    );
    check("queue_depth=5%", "limit `queue_depth=5%`: `%` is not a unit of queue_depth; expected for example 5");
    check("", "limit ``: expected `subject=bound`, for example `ttft_p95=1000ms`");
}

proptest! {
    #[test]
    fn an_expression_reads_back_without_loss(bound in 1e-6..1e7_f64, share in 0.0..1.0_f64) {
        for limit in [
            Limit { bound, ..parse_limit("itl_p99=1ms").unwrap() },
            Limit { bound: share, subject: Subject::ErrorRate },
            Limit { bound: bound.floor(), subject: Subject::QueueDepth },
        ] {
            prop_assert_eq!(parse_limit(&limit.expression()).unwrap(), limit);
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,24}") {
        // The result does not matter here, only that there is one.
        prop_assert!(parse_limit(&text).is_ok() || parse_limit(&text).is_err());
    }
}

#[test]
fn presets_are_distinct_sourced_and_can_be_judged_from_a_report() {
    let all = presets();
    assert_eq!(all[0].id, DEFAULT_SLO);
    for slo in &all {
        assert_eq!(preset(&slo.id).as_ref(), Some(slo), "ids are unique");
        assert_ne!(slo.id, "custom", "`custom` means limits given by hand");
        assert!(!slo.source.is_empty() && !slo.name.is_empty() && !slo.limits.is_empty(), "{}", slo.id);
        for limit in &slo.limits {
            assert!(!matches!(limit.subject, Subject::QueueDepth | Subject::KvCacheUse), "{}", slo.id);
            assert_eq!(parse_limit(&limit.expression()).as_ref(), Ok(limit), "{}", slo.id);
        }
    }
    assert_eq!(preset("no such preset"), None);
}
