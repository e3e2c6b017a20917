//! What crosses between the panel's TypeScript and its WebAssembly, besides pixels and events.
//!
//! Columns are typed arrays: `C` is the type that holds one in WebAssembly, so that their numbers do not go through
//! `serde`.

use headroom_engine::breaking::BreakingState;
use headroom_engine::cost::{CostUnit, LoadRule};
use headroom_engine::pareto::Yield;
use headroom_engine::side_by_side::Mark;
use headroom_engine::tokens::TokenBasis;
use serde::{Deserialize, Serialize};

use super::{ScaleKind, View};
use crate::words::Id;

/// A column's type in TypeScript.
#[cfg(feature = "generate")]
pub struct Float64Array;

#[cfg(feature = "generate")]
impl ts_rs::TS for Float64Array {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "Float64Array".to_owned()
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

/// Colours and fonts of the chart, as CSS writes them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ChartTheme {
    /// Primary text.
    pub text: String,
    /// Secondary text.
    pub muted: String,
    /// Grid lines.
    pub grid: String,
    /// Axis lines and tick marks.
    pub axis: String,
    /// The panel's background.
    pub surface: String,
    /// Limits and the region beyond them.
    pub limit: String,
    /// Size of both fonts, pixels.
    pub font_size: f64,
    /// Font of ticks and details, as CSS writes a font.
    pub font_regular: String,
    /// Font of the main numbers of the picture.
    pub font_strong: String,
    /// One step of Grafana's spacing, pixels.
    pub spacing: f64,
}

/// The options that the user chose.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct ChartOptions {
    /// Which picture to draw.
    pub view: View,
    /// Scale of the horizontal axis.
    pub x_scale: ScaleKind,
    /// Scale of the vertical axis.
    pub y_scale: ScaleKind,
    /// Whether intervals are drawn.
    pub show_interval: bool,
    /// Whether fitted lines are drawn.
    pub show_fit: bool,
    /// Whether limits and breaking points are drawn.
    pub show_limit: bool,
    /// Diameter of a measured point, pixels.
    pub point_size: f64,
    /// Title of the load axis of the drawn quantity.
    pub x_title: String,
    /// Title of the axis of the drawn quantity.
    pub y_title: String,
    /// Lower end of the axis of the drawn quantity, where fixed.
    pub y_min: Option<f64>,
    /// Upper end of the axis of the drawn quantity, where fixed.
    pub y_max: Option<f64>,
    /// Which tokens the column `tokens` counts.
    pub basis: Id<TokenBasis>,
    /// Which load a cost is taken at.
    pub load_rule: Id<LoadRule>,
    /// The unit that costs are written in.
    pub cost_unit: Id<CostUnit>,
    /// What the hardware's yield is counted per: accelerator or dollar.
    pub yield_per: Id<Yield>,
}

/// What a verdict says of exactly one limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ChartLimitVerdict {
    /// How far the measurements go towards a breaking load.
    pub state: Id<BreakingState>,
    /// Lower end of the breaking load's interval, where known.
    pub lo: Option<f64>,
    /// Upper end of the breaking load's interval, where known.
    pub hi: Option<f64>,
}

/// A limit of the service level. Columns have one row for each level; `NaN` is "not measured".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(concrete(C = Float64Array)))]
#[serde(rename_all = "camelCase")]
pub struct ChartLimit<C> {
    /// The largest value that still passes.
    pub bound: f64,
    /// For example `TTFT p95 ≤ 1,000 ms`.
    pub label: String,
    /// For example `TTFT p95`.
    pub subject: String,
    /// Unit of the bound.
    pub unit: String,
    /// Whether the subject is a latency, which a level without a success does not have.
    pub latency: bool,
    /// What was measured of the subject.
    pub value: C,
    /// Lower end of its interval.
    pub lo: C,
    /// Upper end of its interval.
    pub hi: C,
    /// Requests behind the value.
    pub count: C,
    /// Where a level's report lacks the percentile, the least that it can be by the percentiles around it.
    pub at_least: C,
    /// Where a level's report lacks the percentile, the most that it can be by the percentiles around it.
    pub at_most: C,
    /// The verdict on this limit alone.
    #[cfg_attr(feature = "generate", ts(optional))]
    pub verdict: Option<ChartLimitVerdict>,
}

/// One run. Columns have one row for each level, ascending in load; `NaN` is "not measured".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(concrete(C = Float64Array)))]
#[serde(rename_all = "camelCase")]
pub struct ChartSeries<C> {
    /// What the legend calls it.
    pub name: String,
    /// Its colour, as CSS writes it.
    pub color: String,
    /// Whether it is drawn. A series that is not drawn does not stretch the axes either.
    pub visible: bool,
    /// Offered load.
    pub load: C,
    /// The drawn quantity.
    pub value: C,
    /// Lower end of its interval.
    pub lo: C,
    /// Upper end of its interval.
    pub hi: C,
    /// Requests behind the value.
    pub count: C,
    /// Requests answered in full.
    pub ok: C,
    /// Requests that failed.
    pub errored: C,
    /// Mean requests in flight.
    pub in_flight: C,
    /// Tokens per second, in the basis of the options.
    pub tokens: C,
    /// Lower end of its interval.
    pub tokens_lo: C,
    /// Upper end of its interval.
    pub tokens_hi: C,
    /// Requests per second.
    pub requests: C,
    /// Lower end of its interval.
    pub requests_lo: C,
    /// Upper end of its interval.
    pub requests_hi: C,
    /// Unit of the loads.
    pub load_unit: String,
    /// Whether the quantity can only rise with load, so that a line may be fitted.
    pub monotone: bool,
    /// The limits of the service level.
    pub limits: Vec<ChartLimit<C>>,
    /// Index of the limit on the drawn quantity.
    #[cfg_attr(feature = "generate", ts(optional))]
    pub drawn: Option<usize>,
    /// US dollars per hour for one replica; `NaN` is unknown.
    pub price: f64,
    /// Where the price comes from; empty is unknown.
    pub price_source: String,
    /// Accelerators of one replica; `NaN` is unknown.
    pub gpus: f64,
    /// Quantization of its weights, where that is known.
    #[cfg_attr(feature = "generate", ts(optional))]
    pub quantization: Option<String>,
    /// Mean tokens of a prompt; `NaN` is unknown.
    pub prompt_tokens: f64,
    /// Mean tokens of an answer; `NaN` is unknown.
    pub output_tokens: f64,
    /// Standard error of the mean tokens of an answer; `NaN` is unknown.
    pub output_tokens_error: f64,
    /// Whether its token rates are higher than its latencies allow.
    pub impossible_rates: bool,
    /// Loads that decide the answer and have too few requests.
    pub few_requests: C,
    /// What the workload is called, for example the name of its data set, where that is known.
    #[cfg_attr(feature = "generate", ts(optional))]
    pub shape: Option<String>,
    /// Production traffic of the deployment, where known.
    #[cfg_attr(feature = "generate", ts(optional))]
    pub production: Option<ChartProduction<C>>,
}

/// Production traffic, in the load and the quantity of the curve. `NaN` is unknown.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(concrete(C = Float64Array)))]
#[serde(rename_all = "camelCase")]
pub struct ChartProduction<C> {
    /// Load of production's own curve, ascending. Each point covers all time windows at about that load.
    pub load: C,
    /// The drawn quantity at these loads.
    pub value: C,
    /// Lower end of its interval.
    pub lo: C,
    /// Upper end of its interval.
    pub hi: C,
    /// Requests behind the value.
    pub count: C,
    /// Load of every time window.
    pub cloud_load: C,
    /// The drawn quantity in every time window.
    pub cloud_value: C,
    /// Load of one replica now; `NaN` is unknown.
    pub now: f64,
    /// Whether requests are being refused, so that demand is higher than this load.
    pub shedding: bool,
}

/// A question about runs side by side.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct Question {
    /// Index of the run that the others are compared with.
    pub baseline: usize,
    /// Another bound for the limit in question.
    pub bound: Option<f64>,
    /// Load that all replicas together must serve.
    pub load: Option<f64>,
    /// Replicas of each deployment; as many as the load needs where absent.
    pub replicas: Option<f64>,
    /// Spare replicas on top of those.
    pub spare: f64,
    /// Whether to also compare what a dollar buys under other bounds of the limit in question.
    pub over_limits: bool,
}

/// A name with a value, for a list of facts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct Fact {
    /// What the value is.
    pub name: String,
    /// The value as text.
    pub value: String,
}

/// The texts that go with a drawn chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct DrawnChart {
    /// Title of the horizontal axis.
    pub x_title: String,
    /// Title of the vertical axis.
    pub y_title: String,
    /// Heading of a point in tooltips where points are not levels of a series; empty where they are.
    pub heading: String,
    /// What the engine says of each series.
    pub answers: Vec<SeriesAnswer>,
}

/// What the engine says of a series. Texts are empty if nothing is known.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct SeriesAnswer {
    /// The breaking load, for example `10.6 users`.
    pub answer: String,
    /// The interval, state or limit that goes with the answer.
    pub detail: String,
    /// The headroom in production, for example `52% left`.
    pub headroom: String,
    /// What the legend adds to the name.
    pub legend: String,
}

/// Runs side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct Comparison {
    /// The rows in reading order.
    pub rows: Vec<ComparisonRow>,
    /// What a dollar buys under other bounds of the limit in question, one row each, ascending.
    pub over: Vec<ComparisonRow>,
    /// What follows from them, one sentence each.
    pub sentences: Vec<String>,
    /// What else to know before deciding, one sentence each.
    pub notes: Vec<String>,
    /// The limit in question, as the service level gives it.
    pub limit: Option<LimitInQuestion>,
}

/// The limit that a what-if changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct LimitInQuestion {
    /// For example `TTFT p95`.
    pub subject: String,
    /// Unit of the bound.
    pub unit: String,
    /// The service level's own bound.
    pub bound: f64,
}

/// One question with every run's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS), ts(optional_fields))]
pub struct ComparisonRow {
    /// Title of a section that begins at this row.
    pub section: Option<String>,
    /// A stable name of the row, whatever its label says.
    pub id: String,
    /// The question, as the row's heading.
    pub label: String,
    /// One for each run.
    pub cells: Vec<ComparisonCell>,
}

/// What a row says of one run. Texts may be empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
pub struct ComparisonCell {
    /// The answer.
    pub text: String,
    /// Its interval, its source or its reason.
    pub detail: String,
    /// A mark beside the answer.
    pub mark: Id<Mark>,
}
