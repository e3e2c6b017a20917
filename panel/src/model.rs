//! What the chart shows: runs, their limits and breaking points, and the view's options.

use headroom_contract::panel::ScaleKind;
use headroom_engine::cost::{CostUnit, LoadRule};
use headroom_engine::curve::Curve;
use headroom_engine::listed::listed;
use headroom_engine::pareto::Yield;
use headroom_engine::points::LevelPoint;
use headroom_engine::sheet::{Sheet, SheetLimit};
use headroom_engine::tokens::TokenBasis;

/// One run as a line of the chart.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its limits, token rates, price and name.
    pub sheet: Sheet,
    /// The measured levels, ascending in load.
    pub points: Vec<LevelPoint>,
    /// For each of [`points`](Self::points), its row in the caller's columns.
    pub rows: Vec<usize>,
    /// The fitted line that the verdict is read from; `None` if there are too few levels.
    pub curve: Option<Curve>,
    /// Index of the sheet's limit on the drawn value.
    pub drawn: Option<usize>,
    /// Breaking points: that of the drawn limit, and that of the whole service level if another limit breaks first.
    pub breaks: Vec<BreakMark>,
    /// Production traffic, if known.
    pub production: Option<Production>,
    /// Whether it is drawn. Hidden series do not affect the axes either.
    pub visible: bool,
}

impl Series {
    /// The limit on the drawn value.
    #[must_use]
    pub fn limit(&self) -> Option<&SheetLimit> {
        self.sheet.limits.get(self.drawn?)
    }
}

/// Production traffic of a deployment, in the coordinates of its curve.
#[derive(Debug, Clone)]
pub struct Production {
    /// Load and value of every time window.
    pub cloud: Vec<(f64, f64)>,
    /// Production's own curve: each point covers all time windows at about that load.
    pub points: Vec<LevelPoint>,
    /// The line through [`points`](Self::points); `None` if there are too few, or if the quantity may fall with load.
    pub curve: Option<Curve>,
    /// Load of one replica now.
    pub now: Option<f64>,
    /// Whether requests are being refused, so that demand is higher than this load.
    pub shedding: bool,
}

/// The breaking load, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Break {
    /// A crossing with failing levels above it.
    Edge {
        /// The breaking load.
        load: f64,
        /// Lower end of its interval, if known.
        lo: Option<f64>,
        /// Upper end of its interval, if known.
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

/// A breaking point with its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakMark {
    /// The breaking load.
    pub at: Break,
    /// The answer, for example `10.6 users`.
    pub answer: String,
    /// Its interval, state or cause, for example `9.9–11.4`; empty if there is none.
    pub detail: String,
    /// Whether it belongs to the drawn limit, so that it lies where the line crosses that limit.
    pub on_line: bool,
}

/// The options that the user chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Scale of the load axis.
    pub x_kind: ScaleKind,
    /// Scale of the value axis.
    pub y_kind: ScaleKind,
    /// Whether measured points have whiskers and breaking points have interval bands.
    pub intervals: bool,
    /// Whether fitted lines are drawn.
    pub fit: bool,
    /// Whether limits and breaking points are drawn.
    pub limit: bool,
    /// Radius of a measured point, pixels.
    pub point_radius: f64,
    /// Quantity and unit of the load axis.
    pub x_title: String,
    /// Quantity and unit of the value axis.
    pub y_title: String,
    /// Lower end of the axis of the drawn quantity, if the user fixed it.
    pub y_min: Option<f64>,
    /// Upper end of that axis, if the user fixed it.
    pub y_max: Option<f64>,
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// The load at which costs are computed.
    pub rule: LoadRule,
    /// The unit that costs are given in.
    pub cost_unit: CostUnit,
    /// What the hardware's yield is counted per.
    pub yield_per: Yield,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            x_kind: ScaleKind::Linear,
            y_kind: ScaleKind::Linear,
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

/// Everything that a picture is made from, except its colours.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The runs, in the order of their colours, shapes and dash patterns.
    pub series: Vec<Series>,
    /// The view.
    pub options: Options,
    /// Width of the canvas, CSS pixels.
    pub width: f64,
    /// Height of the canvas, CSS pixels.
    pub height: f64,
    /// The theme's unit of spacing, pixels.
    pub spacing: f64,
    /// Index of the series that is highlighted from the legend; the others are faded.
    pub emphasis: Option<usize>,
}

impl Model {
    /// The sheets of the visible series, with the indices of those series.
    #[must_use]
    pub fn visible_sheets(&self) -> (Vec<usize>, Vec<&Sheet>) {
        let indices = listed(self.visible().map(|(index, _)| index));
        (indices, listed(self.visible().map(|(_, series)| &series.sheet)))
    }

    /// The visible series with their indices.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &Series)> {
        self.series.iter().enumerate().filter(|(_, series)| series.visible)
    }

    /// Whether this series is highlighted, or no visible one is.
    #[must_use]
    pub fn in_front(&self, series: usize) -> bool {
        let pointed = self.emphasis.filter(|pointed| self.series.get(*pointed).is_some_and(|pointed| pointed.visible));
        pointed.is_none_or(|pointed| pointed == series)
    }

    /// Opacity of a series, 0 to 1: full, unless another one is highlighted.
    #[must_use]
    pub fn alpha(&self, series: usize) -> f64 {
        if self.in_front(series) { 1.0 } else { 0.2 }
    }
}
