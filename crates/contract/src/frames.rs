//! Frames and their columns.

use std::borrow::Cow;

use crate::choices::choices;
use crate::units::Unit;

/// A column of a frame: what its field is called, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field's name.
    pub name: Cow<'static, str>,
    /// The unit of its numbers.
    pub unit: Unit,
    /// The field's display name, before a deployment or a statistic is added to it.
    pub title: Cow<'static, str>,
    /// The field's description: a sentence or two.
    pub about: Cow<'static, str>,
}

impl Column {
    /// A column whose texts are known when the code is written.
    #[must_use]
    pub const fn of(name: &'static str, unit: Unit, title: &'static str, about: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), unit, title: Cow::Borrowed(title), about: Cow::Borrowed(about) }
    }

    /// The columns of a value and of both ends of its interval, which the documents show in one row.
    #[must_use]
    pub fn with_ends(self) -> [Self; 3] {
        let end = |suffix: &str| Self { name: format!("{}{suffix}", self.name).into(), ..self.clone() };
        let (low, high) = (end(Beside::Low.id()), end(Beside::High.id()));
        [self, low, high]
    }
}

/// A frame of a query kind, as the documents describe it and as tests check answers against it.
#[derive(Debug, Clone, Copy)]
pub struct DocumentedFrame {
    /// The value of `meta.custom.headroom`, for example `overlay_bins`.
    pub id: &'static str,
    /// How many there are and what a row is, in Markdown, without a full stop: the documents begin its table with it.
    pub rows: &'static str,
    /// Its columns, in their order.
    pub columns: fn() -> Vec<Column>,
}

choices! {
    /// A frame that the panel draws from. Frames that only tables show are named in their query kind's file.
    Drawn: "The `meta.custom.headroom` of the frames that the panel draws from." {
        Levels = "levels", "Levels", "The measured levels of one run";
        Fit = "fit", "Fit", "The fitted line of one run";
        Verdict = "verdict", "Verdict", "One row per run, with everything about each";
        Overlay = "overlay", "Overlay", "Windows of production in the coordinates of the curve";
        OverlayBins = "overlay_bins", "Overlay bins", "Production's own curve";
        Headroom = "headroom", "Headroom", "What is left of each deployment's load";
        Nothing = "nothing", "Nothing", "No answer; the notices say why";
    }

    /// The suffix of a column about a value, which follows the name of that value's column.
    Beside: "The suffix of a column about a value, after that value's name." {
        Low = "_lo", "Low", "The lower end of its interval";
        High = "_hi", "High", "The upper end of its interval";
        Count = "_count", "Count", "The requests that it comes from";
        AtLeast = "_at_least", "At least", "The least that it can be, where it was not measured";
        AtMost = "_at_most", "At most", "The most that it can be, where it was not measured";
    }

    /// A column that the panel reads by its name. All others are shown by Grafana's own panels only.
    Read: "The columns that the panel reads by name." {
        Load = "load", "Load", "Offered load, or that of one replica";
        Value = "value", "Value", "The metric asked for";
        ValueLo = "value_lo", "Value, low", "Lower end of its interval";
        ValueHi = "value_hi", "Value, high", "Upper end of its interval";
        ValueCount = "value_count", "Value, count", "Requests behind it";
        Concurrency = "concurrency", "In flight", "Measured mean in flight";
        Ok = "ok", "OK", "Requests that were answered in full";
        Incomplete = "incomplete", "Cut off", "Requests in flight when the clock ran out";
        DurationS = "duration_s", "Duration", "Length of the measurement window";
        RequestRate = "request_rate", "Req/s", "Requests per second";
        Errored = "errored", "Errors", "Requests that failed or were refused";
        OutputRate = "output_tokens_per_second", "Output tok/s", "Output tokens per second";
        PromptRate = "prompt_tokens_per_second", "Prompt tok/s", "Prompt tokens per second";
        TotalRate = "total_tokens_per_second", "Total tok/s", "Prompt and output tokens per second";
        SteadyOutputRate = "steady_output_tokens_per_second", "Steady output tok/s", "Output tokens per second while the level was steady";
        SteadyPromptRate = "steady_prompt_tokens_per_second", "Steady prompt tok/s", "Prompt tokens per second while the level was steady";
        SteadyTotalRate = "steady_total_tokens_per_second", "Steady total tok/s", "Prompt and output tokens per second while the level was steady";
        SteadyRequestRate = "steady_request_rate", "Steady req/s", "Requests per second while the level was steady";
        Requests = "requests", "Requests", "Requests behind a row";
        Levels = "levels", "Levels", "Number of load steps";
        Run = "run", "Run", "Identity of the run";
        OutputRateAtBreak = "output_tokens_per_second_at_break", "Output tok/s at break", "Output tokens per second at the breaking load";
    }
}
