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
    /// What it is judged by: its limits, token rates, price and name.
    pub sheet: Sheet,
    /// The measured levels, ascending in load.
    pub points: Vec<LevelPoint>,
    /// Row of the caller's columns for each of [`points`](Self::points).
    pub rows: Vec<usize>,
    /// The fitted line that the verdict is read from; `None` when there are too few levels.
    pub curve: Option<Curve>,
    /// Which of the sheet's limits is on the value that is drawn.
    pub drawn: Option<usize>,
    /// Breaking points: that of the drawn limit, and that of the whole service level where
    /// another limit breaks first.
    pub breaks: Vec<BreakMark>,
    /// What production does, where that is known.
    pub production: Option<Production>,
    /// Whether it is drawn; hidden series do not decide the axes either.
    pub visible: bool,
}

impl Series {
    /// The limit on the value that is drawn.
    #[must_use]
    pub fn limit(&self) -> Option<&SheetLimit> {
        self.sheet.limits.get(self.drawn?)
    }
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
    /// Whether requests are refused now, so that this load is not all that is asked for.
    pub shedding: bool,
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
    /// Its interval, state or cause, for example `9.9–11.4`; empty when there is none.
    pub detail: String,
    /// Whether it belongs to the drawn limit, so that it lies where the line crosses it.
    pub on_line: bool,
}

/// What the user chose.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Load axis.
    pub x_kind: ScaleKind,
    /// Value axis.
    pub y_kind: ScaleKind,
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
    /// Lower end of the axis of the drawn quantity, where the user fixed it.
    pub y_min: Option<f64>,
    /// Upper end of that axis, where the user fixed it.
    pub y_max: Option<f64>,
    /// Which tokens are counted.
    pub basis: TokenBasis,
    /// Which load a cost is taken at.
    pub rule: LoadRule,
    /// What a cost is written in.
    pub cost_unit: CostUnit,
    /// What the yield of the hardware is measured by.
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

/// Everything that a picture is made from, except for its colours.
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
