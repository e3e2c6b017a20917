//! How fast each level served, and how well one run knows that: what costs are computed from.
//!
//! Completed requests over the length of a level are too few, because what is in flight when the clock runs out counts for
//! nothing, and the more so the shorter a level lasts. So where a report has every request, the rate is that of the level's
//! [steady part](steady_part), with the doubt that its own ups and downs give it. Where it has not, the rate is count over
//! duration and its doubt is not known.

mod curve;
mod steady_part;

pub use curve::{RateCurve, RatedLevel};

use crate::distributions::{CONFIDENCE, student_quantile};
use crate::level::Level;
use crate::run::Run;
use crate::tokens::TokenBasis;

use steady_part::{DEGREES, Paced, SteadyPart};

/// What is counted per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counted {
    /// Requests answered in full.
    Requests,
    /// Tokens of successful requests.
    Tokens(TokenBasis),
}

impl Counted {
    /// Everything that is counted.
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
    /// Its 95 % interval within this run, by how much it went up and down; `None` where that is not known. What differs from
    /// one run to the next is not in it.
    pub interval: [Option<f64>; 2],
}

impl Rate {
    /// The same in another unit, of which this is `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        self.map(|value| value * factor)
    }

    /// The same for each unit of what there are `divisor` of.
    #[must_use]
    pub fn per(self, divisor: f64) -> Self {
        self.map(|value| value / divisor)
    }

    fn map(self, unit: impl Fn(f64) -> f64) -> Self {
        Self { value: unit(self.value), interval: self.interval.map(|end| end.map(&unit)) }
    }
}

/// The rates of one level; `None` where not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelRates {
    requests: Option<Rate>,
    output: Option<Rate>,
    prompt: Option<Rate>,
    total: Option<Rate>,
}

impl LevelRates {
    /// The rate of this.
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
/// How much a rate went up and down is estimated from few slices of a level, and so taken together over all levels.
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

/// Half of the 95 % interval of a rate's logarithm, from the relative variances that the levels show.
fn half_width(variances: impl Iterator<Item = f64>) -> Option<f64> {
    let variances: Vec<f64> = variances.collect();
    let levels = variances.len() as f64;
    let variance = variances.iter().sum::<f64>() / levels;
    let half = student_quantile(0.5 + 0.5 * CONFIDENCE, DEGREES * levels) * variance.sqrt();
    half.is_finite().then_some(half)
}

/// Counts over duration, of which nobody knows the doubt.
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
    // Reports have no prompt length for each request, so prompts come as fast as requests do.
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
        // Both go up and down together.
        (Some(output), Some(prompt)) => Some(Rate {
            value: output.value + prompt.value,
            interval: [0, 1].map(|end| Some(output.interval[end]? + prompt.interval[end]?)),
        }),
        _ => follows(level.rates.total_tokens),
    });
    LevelRates { requests: Some(within(part.requests.rate, of_requests)), output, prompt, total }
}
