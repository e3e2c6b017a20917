//! The columns of a level table.

use headroom_engine::run::{Arrivals, LoadModel};

use crate::fields::nearest;

/// A column of the table, or a key of a level in its YAML form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Column {
    /// The offered load.
    Load(LoadModel),
    /// A latency at a statistic, milliseconds.
    Latency(Metric, Statistic),
    /// Mean requests in flight.
    Concurrency,
    /// Length of the level, seconds.
    Duration,
    Ok,
    Errored,
    Incomplete,
    /// Mean tokens per prompt.
    PromptTokens,
    /// Mean tokens per answer.
    OutputTokens,
    RequestRate,
    OutputRate,
    PromptRate,
    TotalRate,
    /// Mean number of requests waiting in the server.
    QueueDepth,
    /// Mean share of the KV cache in use, 0 to 1.
    KvCacheUse,
    /// Mean power of all accelerators together, watts.
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    Ttft,
    Itl,
    Tpot,
    E2e,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Statistic {
    Mean,
    Std,
    Min,
    Max,
    Quantile(f64),
}

/// The columns that are not latencies.
const PLAIN: &[(&str, Column)] = &[
    ("users", Column::Load(LoadModel::Closed)),
    ("constant_rate", Column::Load(LoadModel::Open(Arrivals::Constant))),
    ("poisson_rate", Column::Load(LoadModel::Open(Arrivals::Poisson))),
    ("concurrency", Column::Concurrency),
    ("duration_s", Column::Duration),
    ("requests", Column::Ok),
    ("errored", Column::Errored),
    ("incomplete", Column::Incomplete),
    ("prompt_tokens", Column::PromptTokens),
    ("output_tokens", Column::OutputTokens),
    ("request_rate", Column::RequestRate),
    ("output_tokens_per_second", Column::OutputRate),
    ("prompt_tokens_per_second", Column::PromptRate),
    ("total_tokens_per_second", Column::TotalRate),
    ("queue_depth", Column::QueueDepth),
    ("kv_cache_use", Column::KvCacheUse),
    ("power_w", Column::Power),
];

/// Names of these columns in published tables, in lower case with `_` between words.
const PUBLISHED: &[(&str, Column)] = &[
    ("concurrent_users", Column::Load(LoadModel::Closed)),
    ("output_tok_s", Column::OutputRate),
    (TOKENS_PER_SECOND, Column::OutputRate),
    ("tokens_s", Column::OutputRate),
    ("prompt_tok_s", Column::PromptRate),
    ("input_tok_s", Column::PromptRate),
    ("total_tok_s", Column::TotalRate),
    ("req_s", Column::RequestRate),
    ("requests_s", Column::RequestRate),
];

/// `tok/s`, which does not say which tokens are counted.
const TOKENS_PER_SECOND: &str = "tok_s";

/// Endings of columns for people, which are not read: `author status`.
const REMARKS: &[&str] = &["status", "note", "notes", "comment", "comments", "remark", "remarks"];

/// Latency columns, for suggestions.
const LATENCIES: &[&str] = &[
    "ttft_mean_ms",
    "ttft_p50_ms",
    "ttft_p90_ms",
    "ttft_p95_ms",
    "ttft_p99_ms",
    "itl_mean_ms",
    "itl_p50_ms",
    "itl_p90_ms",
    "itl_p95_ms",
    "itl_p99_ms",
    "tpot_mean_ms",
    "tpot_p50_ms",
    "tpot_p90_ms",
    "tpot_p95_ms",
    "tpot_p99_ms",
    "e2e_mean_ms",
    "e2e_p50_ms",
    "e2e_p90_ms",
    "e2e_p95_ms",
    "e2e_p99_ms",
];

/// The valid names of columns, for messages.
pub(super) const NAMES: &str = "users, constant_rate or poisson_rate; <ttft|itl|tpot|e2e>_<mean|std|min|max|pNN>_ms; requests, \
                                errored, incomplete; concurrency, duration_s; prompt_tokens, output_tokens; request_rate, \
                                output_tokens_per_second, prompt_tokens_per_second, total_tokens_per_second; queue_depth, \
                                kv_cache_use, power_w";

/// The message for a second name of a value that the row has already, such as `ttft_p950_ms` beside `ttft_p95_ms`: one
/// of the two numbers is wrong, and it is unknown which.
pub(super) fn repeats(name: &str) -> String {
    format!("expected each value once; `{name}` says again what another name says, and is not read")
}

impl Column {
    /// The column with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let spelled = words(name);
        let plain = PLAIN.iter().chain(PUBLISHED).find(|(known, _)| *known == spelled).map(|&(_, column)| column);
        plain.or_else(|| latency(&spelled))
    }

    /// Whether a column with this name is for people and is not read.
    pub(super) fn is_remark(name: &str) -> bool {
        words(name).rsplit('_').next().is_some_and(|last| REMARKS.contains(&last))
    }

    /// The message for a name that leaves something open; `None` for other names.
    pub(super) fn assumption(name: &str) -> Option<String> {
        let vague = [TOKENS_PER_SECOND, "tokens_s"].contains(&words(name).as_str());
        vague.then(|| {
            format!(
                "expected which tokens are counted; `{name}` does not say, and is read as output tokens per second. Write \
                 `output tok/s` or `total tok/s`."
            )
        })
    }

    /// The known name that `name` was most likely meant to be; `None` if there is none.
    pub(super) fn nearly(name: &str) -> Option<&'static str> {
        let spelled = words(name);
        nearest(&spelled, &Self::names()).or_else(|| {
            // A missing unit is more than a typo: `ttft_p95`.
            let with_unit = format!("{spelled}_ms");
            LATENCIES.iter().copied().find(|known| *known == with_unit)
        })
    }

    /// Known names, for comparison with a misspelt one.
    pub(super) fn names() -> Vec<&'static str> {
        PLAIN.iter().map(|&(name, _)| name).chain(LATENCIES.iter().copied()).collect()
    }
}

/// A name in lower case, with `_` between its words: `TTFT p95 (ms)` is `ttft_p95_ms` and `tok/s` is `tok_s`.
fn words(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

fn latency(name: &str) -> Option<Column> {
    let (metric, statistic) = name.strip_suffix("_ms")?.split_once('_')?;
    let metric = match metric {
        "ttft" => Metric::Ttft,
        "itl" => Metric::Itl,
        "tpot" => Metric::Tpot,
        "e2e" => Metric::E2e,
        _ => return None,
    };
    let statistic = match statistic {
        "mean" => Statistic::Mean,
        "std" => Statistic::Std,
        "min" => Statistic::Min,
        "max" => Statistic::Max,
        quantile => {
            let digits = quantile.strip_prefix('p').filter(|digits| (2..=4).contains(&digits.len()))?;
            let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            let q: f64 = format!("0.{digits}").parse().ok()?;
            (whole && q > 0.0).then_some(Statistic::Quantile(q))?
        }
    };
    Some(Column::Latency(metric, statistic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_they_say() {
        assert_eq!(Column::named("users"), Some(Column::Load(LoadModel::Closed)));
        assert_eq!(Column::named("ttft_p95_ms"), Some(Column::Latency(Metric::Ttft, Statistic::Quantile(0.95))));
        assert_eq!(Column::named("itl_p999_ms"), Some(Column::Latency(Metric::Itl, Statistic::Quantile(0.999))));
        assert_eq!(Column::named("e2e_mean_ms"), Some(Column::Latency(Metric::E2e, Statistic::Mean)));
        for wrong in ["ttft_p95", "ttft_p_ms", "ttft_p9x_ms", "p95_ms", "ttft_p00_ms", "itl_median_ms", ""] {
            assert_eq!(Column::named(wrong), None, "{wrong}");
        }
        assert!(Column::names().iter().all(|name| Column::named(name).is_some()));
        for (published, expected) in [
            ("Users", "users"),
            ("TTFT p95 ms", "ttft_p95_ms"),
            ("TTFT p95 (ms)", "ttft_p95_ms"),
            ("TPOT p95 ms", "tpot_p95_ms"),
            ("tok/s", "output_tokens_per_second"),
            ("Total tok/s", "total_tokens_per_second"),
            ("req/s", "request_rate"),
        ] {
            assert_eq!(Column::named(published), Column::named(expected), "{published}");
        }
        assert!(Column::is_remark("author status") && !Column::is_remark("users"));
        assert!(Column::assumption("tok/s").is_some() && Column::assumption("output tok/s").is_none());
        for (wrong, near) in [("ttft_p95", "ttft_p95_ms"), ("user", "users"), ("itl_p95_m", "itl_p95_ms")] {
            assert_eq!(Column::nearly(wrong), Some(near), "{wrong}");
        }
        assert_eq!(Column::nearly("colour"), None);
    }
}
