//! Which tokens are counted: output, prompt and total tokens are three quantities.

use crate::level::Rates;

/// The tokens that a token rate counts, and so a cost per token. Figures of different bases are never compared: with
/// long prompts the total is many times the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenBasis {
    /// Output tokens: those that the model generates.
    Output,
    /// Prompt tokens: those that the model reads.
    Prompt,
    /// Prompt and output tokens together.
    Total,
}

impl TokenBasis {
    /// Every basis, output first because it is what a user waits for.
    pub const ALL: [Self; 3] = [Self::Output, Self::Prompt, Self::Total];

    /// `output`, `prompt` or `total`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Prompt => "prompt",
            Self::Total => "total",
        }
    }

    /// `output tokens`, `prompt tokens` or `prompt and output tokens`.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Output => "output tokens",
            Self::Prompt => "prompt tokens",
            Self::Total => "prompt and output tokens",
        }
    }

    /// The rate of this basis, tokens per second; `None` if it was not measured. One basis is never computed from
    /// another.
    #[must_use]
    pub fn of(self, rates: &Rates) -> Option<f64> {
        match self {
            Self::Output => rates.output_tokens,
            Self::Prompt => rates.prompt_tokens,
            Self::Total => rates.total_tokens,
        }
    }
}
