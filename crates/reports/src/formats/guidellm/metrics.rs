//! The `metrics` of a GuideLLM benchmark: one summary per quantity and request status.

use headroom_engine::level::{Distribution, Rates, Requests};

use super::slo::Attainment;
use crate::json::{Parser, Stop};

/// The summaries from which a level is made. Latencies are in milliseconds.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) totals: Option<Requests>,
    /// Mean requests in flight over all statuses; of successful ones if that is missing.
    pub(super) concurrency: Option<f64>,
    pub(super) e2e: Option<Distribution>,
    pub(super) ttft: Option<Distribution>,
    pub(super) tpot: Option<Distribution>,
    pub(super) itl: Option<Distribution>,
    pub(super) prompt: Option<Tokens>,
    pub(super) output: Option<Tokens>,
    /// Throughput as the tool states it.
    pub(super) rates: Rates,
    /// How many requests met the benchmark's objectives, as the tool counts.
    pub(super) attainment: Attainment,
}

/// Tokens of the successful requests of a level.
#[derive(Clone, Copy)]
pub(super) struct Tokens {
    /// Mean tokens per request.
    pub(super) mean: f64,
    /// Tokens of all requests together.
    pub(super) sum: f64,
}

/// Milliseconds in a second: only `request_latency` is in seconds.
pub(super) const MS_PER_S: f64 = 1000.0;

/// Reads `metrics`; `None` if there are none.
pub(super) fn read(parser: &mut Parser<'_, '_>) -> Result<Option<Metrics>, Stop> {
    let mut metrics = Metrics::default();
    let found = parser.object(|parser, key| {
        let rates = &mut metrics.rates;
        match key {
            "request_totals" => metrics.totals = totals(parser)?,
            "request_concurrency" => metrics.concurrency = concurrency(parser)?,
            "request_latency" => metrics.e2e = successful(parser)?.map(|summary| summary.distribution(MS_PER_S)),
            "time_to_first_token_ms" => metrics.ttft = successful(parser)?.map(|summary| summary.distribution(1.0)),
            "time_per_output_token_ms" => metrics.tpot = successful(parser)?.map(|summary| summary.distribution(1.0)),
            "inter_token_latency_ms" => metrics.itl = successful(parser)?.map(|summary| summary.distribution(1.0)),
            "prompt_token_count" => metrics.prompt = successful(parser)?.and_then(|summary| summary.tokens()),
            "output_token_count" => metrics.output = successful(parser)?.and_then(|summary| summary.tokens()),
            "requests_per_second" => rates.requests = successful(parser)?.and_then(|summary| summary.mean),
            "prompt_tokens_per_second" => rates.prompt_tokens = successful(parser)?.and_then(|summary| summary.mean),
            "output_tokens_per_second" => rates.output_tokens = successful(parser)?.and_then(|summary| summary.mean),
            "tokens_per_second" => rates.total_tokens = successful(parser)?.and_then(|summary| summary.mean),
            "slo_attainment" => metrics.attainment.share = parser.number()?,
            "slo_determined_requests" => metrics.attainment.determined = parser.count()?,
            "request_goodput" => {
                metrics.attainment.goodput = successful(parser)?.and_then(|summary| summary.mean);
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found.then_some(metrics))
}

/// Reads how requests ended; `None` if the number of successful ones is missing.
pub(super) fn totals(parser: &mut Parser<'_, '_>) -> Result<Option<Requests>, Stop> {
    let (mut ok, mut errored, mut incomplete) = (None, None, None);
    parser.object(|parser, key| {
        match key {
            "successful" => ok = parser.count()?,
            "errored" => errored = parser.count()?,
            "incomplete" => incomplete = parser.count()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(ok.map(|ok| Requests { ok, errored: errored.unwrap_or(0), incomplete: incomplete.unwrap_or(0) }))
}

/// A summary of one quantity, as written.
#[derive(Default)]
struct Summary {
    count: Option<f64>,
    mean: Option<f64>,
    median: Option<f64>,
    std: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    sum: Option<f64>,
    /// Ascending.
    quantiles: Vec<(f64, f64)>,
}

impl Summary {
    /// The summary, with every value multiplied by `scale`.
    fn distribution(self, scale: f64) -> Distribution {
        // Exact for a scale of 1, so the values equal those in the file.
        let scaled = |value: f64| value * scale;
        // The count is a whole number below 2^53; otherwise it was read as missing.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let count = self.count.unwrap_or(0.0) as u64;
        Distribution {
            count,
            mean: self.mean.map(scaled),
            std: self.std.map(scaled),
            min: self.min.map(scaled),
            max: self.max.map(scaled),
            quantiles: self.quantiles.into_iter().map(|(q, value)| (q, scaled(value))).collect(),
        }
    }

    fn tokens(&self) -> Option<Tokens> {
        let mean = self.mean?;
        let sum = self.sum.or_else(|| Some(mean * self.count?))?;
        // A negative number is a mistake of the tool and not a length.
        (mean >= 0.0 && sum >= 0.0).then_some(Tokens { mean, sum })
    }
}

/// Reads the summary of the successful requests. `None` if there were none: the tool then writes zeros, which are not
/// measurements.
fn successful(parser: &mut Parser<'_, '_>) -> Result<Option<Summary>, Stop> {
    let mut found = None;
    parser.object(|parser, key| {
        if key == "successful" {
            found = summary(parser)?;
        }
        Ok(())
    })?;
    Ok(found)
}

fn concurrency(parser: &mut Parser<'_, '_>) -> Result<Option<f64>, Stop> {
    let (mut all, mut ok) = (None, None);
    parser.object(|parser, key| {
        match key {
            "total" => all = summary(parser)?.and_then(|summary| summary.mean),
            "successful" => ok = summary(parser)?.and_then(|summary| summary.mean),
            _ => {}
        }
        Ok(())
    })?;
    Ok(all.or(ok))
}

fn summary(parser: &mut Parser<'_, '_>) -> Result<Option<Summary>, Stop> {
    let mut summary = Summary::default();
    let found = parser.object(|parser, key| {
        match key {
            "count" => summary.count = parser.count()?.map(|count| count as f64),
            "mean" => summary.mean = parser.number()?,
            "median" => summary.median = parser.number()?,
            "std_dev" => summary.std = parser.number()?,
            "min" => summary.min = parser.number()?,
            "max" => summary.max = parser.number()?,
            "total_sum" => summary.sum = parser.number()?,
            "percentiles" => {
                parser.object(|parser, key| {
                    if let Some(q) = quantile(key)
                        && let Some(value) = parser.number()?
                    {
                        summary.quantiles.push((q, value));
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    if !found || summary.count == Some(0.0) {
        return Ok(None);
    }
    // 0.2 has no p50, but its `median` is the same number.
    if let Some(median) = summary.median
        && !summary.quantiles.iter().any(|&(q, _)| q.total_cmp(&0.5).is_eq())
    {
        summary.quantiles.push((0.5, median));
    }
    summary.quantiles.sort_by(|a, b| a.0.total_cmp(&b.0));
    summary.quantiles.dedup_by(|later, earlier| later.0.total_cmp(&earlier.0).is_eq());
    Ok(Some(summary))
}

/// `p95` is 0.95, `p999` is 0.999 and `p001` is 0.001: the digits follow the decimal point.
fn quantile(key: &str) -> Option<f64> {
    let digits =
        key.strip_prefix('p').filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))?;
    format!("0.{digits}").parse().ok().filter(|&q: &f64| q > 0.0)
}
