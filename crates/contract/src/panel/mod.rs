//! What the panel's WebAssembly is given, as `serde` reads it from JavaScript: options, limits, questions and series.
//!
//! Columns of numbers are no part of these types: they stay typed arrays, which cross without a copy.

use headroom_engine::cost::LoadRule;
use headroom_engine::tokens::TokenBasis;

use crate::choices::choices;
use crate::words::Choice;

choices! {
    /// What the panel shows.
    View: "What the panel shows." {
        Saturation = "saturation", "Saturation", "A quantity over load: where it breaks, and where production is";
        Verdict = "verdict", "Verdict", "One card a run that says where it breaks";
        Cost = "cost", "Cost", "What tokens cost over the limit, and where another deployment becomes cheaper";
        Pareto = "pareto", "Pareto", "Speed for a user against yield of the hardware";
        Comparison = "comparison", "Comparison", "Deployments side by side: load, cost, fleets, and which is cheaper";
        WhatIf = "what_if", "What-if", "Another limit, price, number of replicas or load";
    }

    /// How an axis is divided.
    ScaleKind: "How an axis is divided." {
        Linear = "linear", "Linear", "Equal steps are equally long";
        Log = "log", "Logarithmic", "Equal factors are equally long";
    }

    /// How a cost is written.
    CostUnit: "How a cost is written." {
        TokensPerDollar = "tokens_per_dollar", "Tokens per dollar", "More is better";
        DollarsPerMillion = "dollars_per_million", "Dollars per million", "Less is better";
    }

    /// What the yield of the hardware is counted by.
    YieldPer: "What the yield of the hardware is counted by." {
        Gpu = "gpu", "Per GPU", "Tokens per second of one accelerator";
        Dollar = "dollar", "Per dollar", "Tokens that a dollar buys";
    }
}

impl Choice for TokenBasis {
    fn label(self) -> &'static str {
        match self {
            Self::Output => "Output tokens",
            Self::Prompt => "Prompt tokens",
            Self::Total => "Prompt and output tokens",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Output => "Generated tokens",
            Self::Prompt => "Tokens read",
            Self::Total => "Both",
        }
    }
}

impl Choice for LoadRule {
    fn label(self) -> &'static str {
        match self {
            Self::Interpolated => "Breaking load",
            Self::LastPassingLevel => "Last passing level",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Interpolated => "Read off the fitted line between two levels",
            Self::LastPassingLevel => {
                "The highest measured load at which every limit held: nothing between levels is assumed"
            }
        }
    }
}
