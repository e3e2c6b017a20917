//! What the panel's user chooses from, and what its TypeScript and its WebAssembly exchange.

mod chart;

#[cfg(feature = "generate")]
pub use chart::Float64Array;
pub use chart::{
    ChartLimit, ChartLimitVerdict, ChartOptions, ChartProduction, ChartSeries, ChartTheme, Comparison, ComparisonCell,
    ComparisonRow, DrawnChart, Fact, LimitInQuestion, Question, SeriesAnswer,
};

use headroom_engine::cost::{CostUnit, LoadRule};
use headroom_engine::pareto::Yield;
use headroom_engine::tokens::TokenBasis;

use crate::choices::choices;
use crate::words::{Choice, Word};

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

impl Word for CostUnit {
    const NAME: &'static str = "CostUnit";
    const ABOUT: &'static str = "How a cost is written.";
    const ALL: &'static [Self] = &[Self::TokensPerDollar, Self::DollarsPerMillion];

    fn id(self) -> &'static str {
        match self {
            Self::TokensPerDollar => "tokens_per_dollar",
            Self::DollarsPerMillion => "dollars_per_million",
        }
    }
}

impl Choice for CostUnit {
    fn label(self) -> &'static str {
        match self {
            Self::TokensPerDollar => "Tokens per dollar",
            Self::DollarsPerMillion => "Dollars per million",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::TokensPerDollar => "More is better",
            Self::DollarsPerMillion => "Less is better",
        }
    }
}

impl Word for Yield {
    const NAME: &'static str = "Yield";
    const ABOUT: &'static str = "What the yield of the hardware is counted by.";
    const ALL: &'static [Self] = &[Self::PerGpu, Self::PerDollar];

    fn id(self) -> &'static str {
        match self {
            Self::PerGpu => "gpu",
            Self::PerDollar => "dollar",
        }
    }
}

impl Choice for Yield {
    fn label(self) -> &'static str {
        match self {
            Self::PerGpu => "Per GPU",
            Self::PerDollar => "Per dollar",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::PerGpu => "Tokens per second of one accelerator",
            Self::PerDollar => "Tokens that a dollar buys",
        }
    }
}
