//! Whether production's requests are like those of its benchmark.

use super::overlay::Bin;
use crate::display;
use crate::run::Run;
use crate::workload::{SAME_LENGTH_IN_PRODUCTION, same_length};

/// With a higher share of prompt tokens from the prefix cache, prefill is no longer what was measured.
pub const HITS: f64 = 0.1;

/// What requests in production are like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Traffic {
    /// Mean prompt tokens of a request.
    pub prompt_tokens: Option<f64>,
    /// Mean output tokens of a request.
    pub output_tokens: Option<f64>,
    /// Share of looked-up prompt tokens that were found in the prefix cache, 0 to 1.
    pub prefix_cache_hits: Option<f64>,
}

impl Traffic {
    /// The mean lengths of the requests in a bin.
    #[must_use]
    pub fn of(bin: &Bin, prefix_cache_hits: Option<f64>) -> Self {
        Self {
            prompt_tokens: bin.per_request(bin.prompt_tokens),
            output_tokens: bin.per_request(bin.output_tokens),
            prefix_cache_hits,
        }
    }
}

/// A difference because of which the two curves cannot be compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// `prompt_tokens`, `output_tokens` or `prefix_cache_hits`.
    pub what: &'static str,
    /// Production's value: mean tokens of a request, or a share from 0 to 1.
    pub production: f64,
    /// The benchmark's value; `None` if unknown.
    pub benchmark: Option<f64>,
    /// What it means, in a sentence.
    pub message: String,
}

/// How production's workload differs from a benchmark's. `benchmark_hits` is the benchmark's own share of prefix-cache
/// hits, if known.
#[must_use]
pub fn mismatches(traffic: &Traffic, benchmark: &Run, benchmark_hits: Option<f64>) -> Vec<Mismatch> {
    let lengths = [
        ("prompt_tokens", "prompt", traffic.prompt_tokens, benchmark.workload.prompt_tokens, "its time to first token"),
        ("output_tokens", "output", traffic.output_tokens, benchmark.workload.output_tokens, "the load it holds"),
    ];
    let mut found: Vec<Mismatch> = lengths
        .into_iter()
        .filter_map(|(what, name, production, measured, affects)| {
            let (production, measured) = (production?, measured?);
            // Zero tokens are a valid length: unlike any other, and equal to itself.
            let known = |length: f64| length.is_finite() && length >= 0.0;
            let same = same_length(Some(production), Some(measured), SAME_LENGTH_IN_PRODUCTION)
                .unwrap_or(production <= measured && measured <= production);
            (known(production) && known(measured) && !same).then(|| Mismatch {
                what,
                production,
                benchmark: Some(measured),
                message: format!(
                    "Production has {} {name} tokens a request and the benchmark had {}: {affects} is not comparable. \
                     Benchmark with production's lengths.",
                    display::number(production.round()),
                    display::number(measured.round())
                ),
            })
        })
        .collect();
    if let Some(hits) = traffic.prefix_cache_hits {
        let differs = match benchmark_hits {
            Some(measured) => (hits - measured).abs() > HITS,
            None => hits > HITS,
        };
        if differs {
            let measured = benchmark_hits.map_or_else(
                || "the benchmark does not say how many it had".to_owned(),
                |measured| format!("the benchmark had {}", display::percent(measured)),
            );
            found.push(Mismatch {
                what: "prefix_cache_hits",
                production: hits,
                benchmark: benchmark_hits,
                message: format!(
                    "The prefix cache answered {} of production's prompt tokens, and {measured}: tokens from the cache \
                     are not computed, so production's time to first token is not comparable.",
                    display::percent(hits)
                ),
            });
        }
    }
    found
}
