//! How fast each level served, and how precisely one run shows it. Costs are computed from this.
//!
//! Completed requests over the length of a level are too few, because requests in flight at its end do not count; the
//! shorter the level, the larger the error. So if a report has every request, the rate is that of the level's
//! [steady part](steady_part), and its uncertainty comes from its variation over time. Otherwise the rate is count over
//! duration, and its uncertainty is unknown.

mod curve;
mod steady_part;

pub use curve::{RateCurve, RatedLevel};

use crate::distributions::{CONFIDENCE, student_quantile};
use crate::level::Level;
use crate::run::Run;
use crate::tokens::TokenBasis;

use steady_part::{DEGREES, Paced, SteadyPart};

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// Requests answered in full.
    Requests,
    /// Tokens of successful requests.
    Tokens(TokenBasis),
}

impl Counted {
    /// Every variant.
    pub const ALL: [Self; 4] = [
        Self::Tokens(TokenBasis::Output),
        Self::Tokens(TokenBasis::Prompt),
        Self::Tokens(TokenBasis::Total),
        Self::Requests,
    ];
}

impl From<TokenBasis> for Counted {
    fn from(basis: TokenBasis) -> Self {
        Self::Tokens(basis)
    }
}

/// A rate per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The rate.
    pub value: f64,
    /// Its 95 % interval within this run, from its variation over time; `None` if unknown. It does not include
    /// differences between runs.
    pub interval: [Option<f64>; 2],
}

impl Rate {
    /// The rate in another unit, of which this is `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        self.map(|value| value * factor)
    }

    /// The rate divided by an exactly known number.
    #[must_use]
    pub fn per(self, divisor: f64) -> Self {
        self.map(|value| value / divisor)
    }

    fn map(self, unit: impl Fn(f64) -> f64) -> Self {
        Self { value: unit(self.value), interval: self.interval.map(|end| end.map(&unit)) }
    }
}

/// The rates of one level; `None` if not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelRates {
    requests: Option<Rate>,
    output: Option<Rate>,
    prompt: Option<Rate>,
    total: Option<Rate>,
}

impl LevelRates {
    /// The rate of this quantity.
    #[must_use]
    pub fn of(&self, counted: Counted) -> Option<Rate> {
        match counted {
            Counted::Requests => self.requests,
            Counted::Tokens(TokenBasis::Output) => self.output,
            Counted::Tokens(TokenBasis::Prompt) => self.prompt,
            Counted::Tokens(TokenBasis::Total) => self.total,
        }
    }
}

/// The rates of every level of a run, in the order of its levels.
///
/// The variation of a rate is estimated from a few slices of each level, so it is pooled over all levels.
#[must_use]
pub fn level_rates(run: &Run) -> Vec<LevelRates> {
    let parts: Vec<Option<SteadyPart>> = run.levels.iter().map(|level| SteadyPart::of(level, run.load_model)).collect();
    let known = || parts.iter().flatten();
    let requests = half_width(known().map(|part| part.requests.variance));
    let tokens = half_width(known().filter_map(|part| Some(part.tokens?.variance)));
    run.levels
        .iter()
        .zip(&parts)
        .map(|(level, part)| match part {
            Some(part) => steady(level, part, requests, tokens),
            None => counted(level),
        })
        .collect()
}

/// Half of the 95 % interval of the logarithm of a rate, from the relative variances of the levels.
fn half_width(variances: impl Iterator<Item = f64>) -> Option<f64> {
    let variances: Vec<f64> = variances.collect();
    let levels = variances.len() as f64;
    let variance = variances.iter().sum::<f64>() / levels;
    let half = student_quantile(0.5 + 0.5 * CONFIDENCE, DEGREES * levels) * variance.sqrt();
    half.is_finite().then_some(half)
}

/// Counts over duration; their uncertainty is unknown.
fn counted(level: &Level) -> LevelRates {
    let rate = |value: Option<f64>| value.map(|value| Rate { value, interval: [None, None] });
    LevelRates {
        requests: rate(level.rates.requests),
        output: rate(level.rates.output_tokens),
        prompt: rate(level.rates.prompt_tokens),
        total: rate(level.rates.total_tokens),
    }
}

fn steady(level: &Level, part: &SteadyPart, of_requests: Option<f64>, of_tokens: Option<f64>) -> LevelRates {
    let within = |value: f64, half: Option<f64>| Rate {
        value,
        interval: [-1.0, 1.0].map(|side| half.map(|half| value * libm::exp(side * half))),
    };
    // Reports have no prompt length for each request, so the prompt rate is assumed to vary as the request rate does.
    let follows = |rate: Option<f64>| {
        let factor = part.requests.rate / level.rates.requests.filter(|rate| *rate > 0.0)?;
        Some(within(rate? * factor, of_requests))
    };
    let output = match part.tokens {
        Some(Paced { rate, .. }) => Some(within(rate, of_tokens)),
        None => follows(level.rates.output_tokens),
    };
    let prompt = follows(level.rates.prompt_tokens);
    let total = level.rates.total_tokens.and_then(|_| match (output, prompt) {
        // Both rates vary together, so their ends are added.
        (Some(output), Some(prompt)) => Some(Rate {
            value: output.value + prompt.value,
            interval: [0, 1].map(|end| Some(output.interval[end]? + prompt.interval[end]?)),
        }),
        _ => follows(level.rates.total_tokens),
    });
    LevelRates { requests: Some(within(part.requests.rate, of_requests)), output, prompt, total }
}
