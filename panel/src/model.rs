//! What the chart shows: runs, their limits and breaking points, and the view's options.

use crate::judged::JudgedLimit;
use crate::scale::Kind;
use crate::workload::Workload;
use headroom_engine::cost::LoadRule;
use headroom_engine::curve::Curve;
use headroom_engine::monotone::MonotoneCubic;
use headroom_engine::points::LevelPoint;
use headroom_engine::tokens::TokenBasis;

/// One run as a line of the chart.
#[derive(Debug, Clone)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// The measured levels, ascending in load.
    pub points: Vec<LevelPoint>,
    /// The fitted line that the verdict is read from; `None` when there are too few levels.
    pub curve: Option<Curve>,
    /// Every limit of the service level.
    pub limits: Vec<JudgedLimit>,
    /// Which of [`limits`](Self::limits) is on the value that is drawn.
    pub drawn: Option<usize>,
    /// Breaking points: that of the drawn limit, and that of the whole service level where
    /// another limit breaks first.
    pub breaks: Vec<BreakMark>,
    /// `users` or `req/s`.
    pub load_unit: String,
    /// What one replica yields and costs.
    pub replica: Replica,
    /// What production does, where that is known.
    pub production: Option<Production>,
    /// Whether it is drawn; hidden series do not decide the axes either.
    pub visible: bool,
}

impl Series {
    /// The limit on the value that is drawn.
    #[must_use]
    pub fn limit(&self) -> Option<&LimitLine> {
        self.limits.get(self.drawn?).map(|limit| &limit.line)
    }
}

/// What one replica of a deployment yields and costs. A number that is not known is `NaN`.
#[derive(Debug, Clone, Default)]
pub struct Replica {
    /// Tokens per second over load, in the basis of [`Options::basis`]; `None` where not measured.
    pub tokens: Option<MonotoneCubic>,
    /// Row of the caller's columns for each load of [`tokens`](Self::tokens).
    pub rows: Vec<usize>,
    /// Dollars per hour.
    pub price: f64,
    /// Who says so; empty where unknown.
    pub price_source: String,
    /// Accelerators.
    pub gpus: f64,
    /// What it was asked.
    pub workload: Workload,
    /// Requests in flight at each load of [`tokens`](Self::tokens).
    pub in_flight: Vec<f64>,
}

/// Live traffic of a deployment in the coordinates of its curve.
#[derive(Debug, Clone)]
pub struct Production {
    /// Load and value of every window of time.
    pub cloud: Vec<(f64, f64)>,
    /// The curve that production draws itself: windows of about the same load as one point.
    pub points: Vec<LevelPoint>,
    /// The line through [`points`](Self::points); `None` where too few, or where a line may fall.
    pub curve: Option<Curve>,
    /// Load of one replica now.
    pub now: Option<f64>,
}

/// Which picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// A quantity over load.
    #[default]
    Saturation,
    /// Cost of tokens over the limit.
    Cost,
    /// Speed for a user against yield of the hardware.
    Pareto,
}

/// What the cost view counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CostUnit {
    /// Million tokens per dollar: more is better.
    #[default]
    TokensPerDollar,
    /// Dollars per million tokens: less is better.
    DollarsPerMillion,
}

/// What the yield of the hardware is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Yield {
    /// Output tokens per second and accelerator.
    #[default]
    PerGpu,
    /// Million output tokens per dollar.
    PerDollar,
}

/// An upper bound on the value axis.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitLine {
    /// The largest value that still passes, in the unit of the value axis.
    pub bound: f64,
    /// What to call it, for example `TTFT p95 ≤ 1,000 ms`.
    pub label: String,
}

/// Where the load becomes too much, and how well that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Break {
    /// A crossing with failing levels above it.
    Edge {
        /// The breaking load.
        load: f64,
        /// Lower end of its interval, where known.
        lo: Option<f64>,
        /// Upper end of its interval, where known.
        hi: Option<f64>,
    },
    /// A jump between two neighbouring levels: the bracket is the answer.
    Cliff {
        /// The highest load below the jump.
        lo: f64,
        /// The lowest load above it.
        hi: f64,
    },
    /// Every level passed: the breaking load is at least this.
    Floor {
        /// The highest load measured.
        load: f64,
    },
    /// Even the lowest level failed: the breaking load is below this.
    NeverMet {
        /// The lowest load measured.
        load: f64,
    },
}

/// A breaking point with its words.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakMark {
    /// Where.
    pub at: Break,
    /// The answer, for example `10.6 users`.
    pub answer: String,
    /// Its interval, state or cause, for example `9.9 – 11.4`; empty when there is none.
    pub detail: String,
    /// Whether it belongs to the drawn limit, so that it lies where the line crosses it.
    pub on_line: bool,
}

/// What the user chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Which picture.
    pub view: View,
    /// Load axis.
    pub x_kind: Kind,
    /// Value axis.
    pub y_kind: Kind,
    /// Whether measured points have interval whiskers and breaking points interval bands.
    pub intervals: bool,
    /// Whether fitted lines are drawn.
    pub fit: bool,
    /// Whether limits and breaking points are drawn.
    pub limit: bool,
    /// Half the extent of a measured point, pixels.
    pub point_radius: f64,
    /// Quantity and unit of the load axis.
    pub x_title: String,
    /// Quantity and unit of the value axis.
    pub y_title: String,
    /// Lower end of the value axis, where fixed.
    pub y_min: Option<f64>,
    /// Upper end of the value axis, where fixed.
    pub y_max: Option<f64>,
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// Which load a cost is taken at.
    pub rule: LoadRule,
    /// What the cost view counts.
    pub cost_unit: CostUnit,
    /// What the yield of the hardware is measured by.
    pub yield_per: Yield,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            view: View::Saturation,
            x_kind: Kind::Linear,
            y_kind: Kind::Linear,
            intervals: true,
            fit: true,
            limit: true,
            point_radius: 4.0,
            x_title: String::new(),
            y_title: String::new(),
            y_min: None,
            y_max: None,
            basis: TokenBasis::Output,
            rule: LoadRule::Interpolated,
            cost_unit: CostUnit::default(),
            yield_per: Yield::default(),
        }
    }
}

/// Everything that decides the picture but for its colours.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The runs, in the order of their colours, shapes and dashes.
    pub series: Vec<Series>,
    /// The view.
    pub options: Options,
    /// Width of the canvas, CSS pixels.
    pub width: f64,
    /// Height of the canvas, CSS pixels.
    pub height: f64,
    /// The theme's unit of spacing, pixels.
    pub spacing: f64,
    /// The series that the legend points at; the others step back.
    pub emphasis: Option<usize>,
}

impl Model {
    /// The visible series with their indices.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &Series)> {
        self.series.iter().enumerate().filter(|(_, series)| series.visible)
    }

    /// Whether the legend points at this series, or at none that is drawn.
    #[must_use]
    pub fn in_front(&self, series: usize) -> bool {
        let pointed = self.emphasis.filter(|pointed| self.series.get(*pointed).is_some_and(|pointed| pointed.visible));
        pointed.is_none_or(|pointed| pointed == series)
    }

    /// Opacity of a series: full, unless the legend points at another.
    #[must_use]
    pub fn alpha(&self, series: usize) -> f64 {
        if self.in_front(series) { 1.0 } else { 0.2 }
    }
}
