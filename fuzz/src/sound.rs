//! What can be relied on in a reading, whatever the file was.

use std::collections::BTreeSet;

use headroom_engine::level::{Distribution, Level, Server};
use headroom_engine::run::Run;
use headroom_reports::{Problem, Reading};

/// A message is read by a person; one that is longer has swallowed a part of the file.
const LONGEST_MESSAGE: usize = 4096;

pub(crate) fn check(reading: &Reading) {
    let ids: BTreeSet<&str> = reading.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids.len(), reading.runs.len(), "runs have ids of their own");
    for run in &reading.runs {
        check_run(run);
    }
    check_problems(&reading.problems);
}

pub(crate) fn check_problems(problems: &[Problem]) {
    for problem in problems {
        assert!(!problem.message.is_empty() && problem.message.len() <= LONGEST_MESSAGE, "{:?}", problem.code);
    }
}

pub(crate) fn check_run(run: &Run) {
    assert!(!run.id.is_empty() && run.provenance.content_hash.len() == 64);
    assert!(run.levels.is_sorted_by(|a, b| a.load < b.load), "loads ascend, none twice");
    for level in &run.levels {
        assert!(level.load.is_finite() && level.load > 0.0, "a load is above 0: {}", level.load);
    }
    for level in run.levels.iter().chain(run.off_curve.iter().map(|off| &off.level)) {
        check_level(level);
    }
    for tokens in [run.workload.prompt_tokens, run.workload.output_tokens].into_iter().flatten() {
        assert!(tokens.is_finite() && tokens >= 0.0, "tokens {tokens}");
    }
}

fn check_level(level: &Level) {
    if let Some(duration) = level.duration_s {
        assert!(duration.is_finite() && duration > 0.0, "a duration is above 0: {duration}");
    }
    for of in [&level.ttft, &level.itl, &level.tpot, &level.e2e].into_iter().flatten() {
        check_distribution(of);
    }
    let Server { queue_depth, kv_cache_use, power_w } = level.server;
    for number in [queue_depth, kv_cache_use, power_w].into_iter().flatten() {
        assert!(number.is_finite() && number >= 0.0, "what the server said: {number}");
    }
    let rates = [level.rates, level.reported]
        .into_iter()
        .flat_map(|rates| [rates.requests, rates.output_tokens, rates.prompt_tokens, rates.total_tokens]);
    for number in rates.chain([level.concurrency, level.prompt_tokens, level.output_tokens]).flatten() {
        assert!(number.is_finite(), "not known is none, and nothing is infinite: {number}");
    }
    if let Some(samples) = &level.samples {
        let lengths = [
            samples.start_s.len(),
            samples.ttft_ms.len(),
            samples.itl_ms.len(),
            samples.tpot_ms.len(),
            samples.e2e_ms.len(),
            samples.output_tokens.len(),
        ];
        assert!(lengths.iter().all(|length| *length == samples.len()), "columns of equal length: {lengths:?}");
    }
}

fn check_distribution(of: &Distribution) {
    for number in [of.mean, of.std, of.min, of.max].into_iter().flatten() {
        assert!(number.is_finite(), "statistics are finite: {number}");
    }
    assert!(of.quantiles.is_sorted_by(|a, b| a.0 < b.0), "quantiles ascend: {:?}", of.quantiles);
    for (q, value) in &of.quantiles {
        assert!(*q > 0.0 && *q < 1.0 && value.is_finite(), "q {q} value {value}");
    }
}
