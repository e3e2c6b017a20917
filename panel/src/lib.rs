//! The plot area of the Headroom panel, in WebAssembly.
//!
//! This file is the whole surface towards TypeScript. Behind it everything but [`draw`] and
//! [`input`] is pure: a [`model::Model`] becomes a [`scene::Scene`], which [`draw`] paints.
//! The curve, its crossings and the text of every number come from the engine, so that what is
//! drawn is what the command line and the backend say.
//!
//! Coordinates are CSS pixels from the canvas's upper left corner.

pub mod analysis;
pub mod chart;
pub mod cost;
pub mod domain;
pub mod draw;
pub mod figures;
pub mod format;
pub mod geometry;
pub mod hit;
pub mod judged;
pub mod labels;
pub mod layout;
pub mod model;
pub mod pareto;
pub mod production;
pub mod question;
pub mod scale;
pub mod scene;
pub mod ticks;
pub mod workload;

mod axes;
mod breaks;
mod input;
mod marks;
mod output;
mod plate;
mod saturation;

use chart::Texts;
use draw::{CanvasText, Painter, Palette};
use geometry::Pixel;
use hit::{Placed, Step};
use input::{JsOptions, JsQuestion, JsSeries, JsTheme};
use js_sys::Function;
use layout::Frame;
use model::{Model, View};
use output::JsComparison;
use scene::{Dash, Scene, Shape};
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// How far from a point the pointer may be, CSS pixels.
const REACH: f64 = 40.0;

/// A chart on two canvases: one with the data, one above it with what the pointer or the
/// keyboard has found, so that hovering redraws almost nothing.
#[wasm_bindgen]
pub struct Chart {
    base: Painter,
    overlay: Painter,
    palette: Palette,
    format_tick: Option<Function>,
    model: Model,
    rows: Vec<Vec<usize>>,
    frame: Option<Frame>,
    placed: Vec<Placed>,
    focus: Option<(usize, usize)>,
    scene: Scene,
    overlay_scene: Scene,
}

/// A measured point that was found.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Index of the series.
    pub series: usize,
    /// Row of the series' columns; in a cost the number of the bound.
    pub row: usize,
    /// Where it is, CSS pixels.
    pub x: f64,
    /// Where it is, CSS pixels.
    pub y: f64,
    /// The fitted line's value at this load; `undefined` without a line.
    pub fitted: Option<f64>,
}

#[wasm_bindgen]
impl Chart {
    /// A chart on two canvases that lie on each other.
    ///
    /// # Errors
    /// When a canvas has no 2d context.
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: &HtmlCanvasElement, overlay: &HtmlCanvasElement) -> Result<Chart, JsError> {
        Ok(Self {
            base: Painter::new(context(canvas)?),
            overlay: Painter::new(context(overlay)?),
            palette: Palette::default(),
            format_tick: None,
            model: Model::default(),
            rows: Vec::new(),
            frame: None,
            placed: Vec::new(),
            focus: None,
            scene: Scene::default(),
            overlay_scene: Scene::default(),
        })
    }

    /// Sets the size, CSS pixels, and the device pixels per CSS pixel. The canvases' own sizes
    /// are the caller's to set, because setting them wipes the picture.
    pub fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.model.width = width;
        self.model.height = height;
        self.base.set_ratio(ratio);
        self.overlay.set_ratio(ratio);
    }

    /// Sets colours, fonts and spacing.
    ///
    /// # Errors
    /// When a field is missing or of the wrong kind.
    #[wasm_bindgen(js_name = setTheme)]
    pub fn set_theme(&mut self, theme: &JsTheme) -> Result<(), JsError> {
        let (palette, spacing) = input::theme(theme)?;
        self.palette = Palette { series: std::mem::take(&mut self.palette.series), ..palette };
        self.model.spacing = spacing;
        Ok(())
    }

    /// Sets the view.
    ///
    /// # Errors
    /// When a field is missing or of the wrong kind.
    #[wasm_bindgen(js_name = setOptions)]
    pub fn set_options(&mut self, options: &JsOptions) -> Result<(), JsError> {
        (self.model.options, self.format_tick) = input::options(options)?;
        Ok(())
    }

    /// Sets the runs, fits their lines and finds their breaking points.
    ///
    /// # Errors
    /// When a field is missing or of the wrong kind, or columns differ in length.
    #[wasm_bindgen(js_name = setSeries)]
    pub fn set_series(&mut self, series: &JsSeries) -> Result<(), JsError> {
        let inputs = input::series(series)?;
        self.model.series.clear();
        self.model.emphasis = None;
        self.rows.clear();
        self.palette.series.clear();
        for (input, color) in inputs {
            let (series, rows) = analysis::analyse(input);
            self.model.series.push(series);
            self.rows.push(rows);
            self.palette.series.push(color);
        }
        Ok(())
    }

    /// Draws everything.
    ///
    /// # Errors
    /// What the browser throws for a canvas that has lost its context.
    pub fn draw(&mut self) -> Result<(), JsValue> {
        if let Some((x, y)) = chart::titles(&self.model) {
            (self.model.options.x_title, self.model.options.y_title) = (x, y);
        }
        let format_tick = self.format_tick.as_ref();
        let frame = chart::build(
            &self.model,
            &Texts {
                measure: &CanvasText { canvas: self.base.canvas(), palette: &self.palette },
                x: &format::tick,
                y: &|value, decimals| formatted(format_tick, value, decimals),
            },
            &mut self.scene,
            &mut self.placed,
        );
        self.frame = Some(frame);
        self.base.paint(&self.scene, &self.palette, self.model.width, self.model.height)?;
        self.draw_focus().map(|_| ())
    }

    /// The measured point nearest to a position and not too far away; it is marked.
    ///
    /// # Errors
    /// What the browser throws for a canvas that has lost its context.
    pub fn hover(&mut self, x: f64, y: f64) -> Result<Option<Hit>, JsValue> {
        self.focus = hit::nearest(&self.placed, Pixel::new(x, y), REACH).map(|placed| (placed.series, placed.point));
        self.draw_focus()
    }

    /// Goes from the marked point to another: `left`, `right`, `up`, `down`, `first`, `last`.
    ///
    /// # Errors
    /// For another word, and what the browser throws for a canvas that has lost its context.
    pub fn step(&mut self, direction: &str) -> Result<Option<Hit>, JsValue> {
        let step = match direction {
            "left" => Step::Left,
            "right" => Step::Right,
            "up" => Step::Up,
            "down" => Step::Down,
            "first" => Step::First,
            "last" => Step::Last,
            other => {
                return Err(JsError::new(&format!(
                    "step: expected left, right, up, down, first or last, found {other}"
                ))
                .into());
            }
        };
        self.focus = hit::step(&self.placed, self.focus, step).map(|placed| (placed.series, placed.point));
        self.draw_focus()
    }

    /// Marks a point by its series and row; `undefined` when it is not drawn.
    ///
    /// # Errors
    /// What the browser throws for a canvas that has lost its context.
    pub fn focus(&mut self, series: usize, row: usize) -> Result<Option<Hit>, JsValue> {
        let in_rows = |rows: &[usize]| rows.iter().position(|known| *known == row);
        let point = match self.model.options.view {
            View::Saturation => self.rows.get(series).and_then(|rows| in_rows(rows)),
            View::Pareto => self.model.series.get(series).and_then(|series| in_rows(&series.replica.rows)),
            View::Cost => Some(row),
        };
        self.focus = point.map(|point| (series, point));
        self.draw_focus()
    }

    /// What is known of the marked point beside its columns: names and texts in turn.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        let facts = self.focus.map(|(series, point)| chart::facts(&self.model, series, point)).unwrap_or_default();
        facts.into_iter().flat_map(|(name, text)| [name, text]).collect()
    }

    /// Moves the limit of every series that has one on the quantity in question, or puts it back;
    /// takes effect with the next [`draw`](Self::draw).
    #[wasm_bindgen(js_name = moveLimit)]
    pub fn move_limit(&mut self, bound: Option<f64>) {
        for series in &mut self.model.series {
            analysis::move_limit(series, bound);
        }
    }

    /// The title of the axis from left to right as drawn.
    #[wasm_bindgen(js_name = xTitle)]
    #[must_use]
    pub fn x_title(&self) -> String {
        self.model.options.x_title.clone()
    }

    /// The title of the axis from bottom to top as drawn.
    #[wasm_bindgen(js_name = yTitle)]
    #[must_use]
    pub fn y_title(&self) -> String {
        self.model.options.y_title.clone()
    }

    /// How much production has left of what a run holds, for example `52% left`.
    #[must_use]
    pub fn headroom(&self, series: usize) -> Option<String> {
        production::words(&production::headroom(self.model.series.get(series)?)?)
    }

    /// Unmarks the point.
    ///
    /// # Errors
    /// What the browser throws for a canvas that has lost its context.
    #[wasm_bindgen(js_name = clearFocus)]
    pub fn clear_focus(&mut self) -> Result<(), JsValue> {
        self.focus = None;
        self.draw_focus().map(|_| ())
    }

    /// Brings one series to the front, or none; takes effect with the next [`draw`](Self::draw).
    pub fn emphasize(&mut self, series: Option<usize>) {
        self.model.emphasis = series;
    }

    /// Where a series breaks, for example `10.6 users`: under the limit that breaks first.
    #[must_use]
    pub fn answer(&self, series: usize) -> Option<String> {
        Some(self.model.series.get(series)?.breaks.last()?.answer.clone())
    }

    /// The interval, state or limit that goes with [`answer`](Self::answer).
    #[must_use]
    pub fn detail(&self, series: usize) -> Option<String> {
        Some(self.model.series.get(series)?.breaks.last()?.detail.clone())
    }

    fn draw_focus(&mut self) -> Result<Option<Hit>, JsValue> {
        let found = self.focus.and_then(|(series, point)| {
            self.placed.iter().find(|placed| placed.series == series && placed.point == point).copied()
        });
        match (&self.frame, found) {
            (Some(frame), Some(found)) => chart::build_focus(&self.model, frame, found, &mut self.overlay_scene),
            _ => self.overlay_scene.clear(),
        }
        self.overlay.paint(&self.overlay_scene, &self.palette, self.model.width, self.model.height)?;
        Ok(found.and_then(|Placed { series, point, at }| {
            let run = self.model.series.get(series)?;
            let (row, fitted) = match self.model.options.view {
                View::Saturation => {
                    let load = run.points.get(point)?.load;
                    let curve = run.curve.as_ref().filter(|_| self.model.options.fit);
                    (*self.rows.get(series)?.get(point)?, curve.and_then(|curve| curve.value_at(load)))
                }
                View::Pareto => (*run.replica.rows.get(point)?, None),
                View::Cost => (point, None),
            };
            Some(Hit { series, row, x: at.x, y: at.y, fitted })
        }))
    }
}

/// The shape of a series' points, for the legend: `circle`, `square`, `triangle`, `diamond`,
/// `down`, `cross` or `plus`.
#[wasm_bindgen(js_name = shapeOf)]
#[must_use]
pub fn shape_of(series: usize) -> String {
    Shape::of_series(series).name().to_owned()
}

/// The rhythm of a series' line, for the legend: lengths of strokes and gaps, pixels; empty for
/// an unbroken line.
#[wasm_bindgen(js_name = dashOf)]
#[must_use]
pub fn dash_of(series: usize) -> Vec<f64> {
    Dash::of_series(series).lengths().to_vec()
}

/// Runs side by side: what they hold, what their tokens cost, and what serving a load takes.
///
/// # Errors
/// When a field is missing or of the wrong kind, or columns differ in length.
#[wasm_bindgen(js_name = compareRuns)]
pub fn compare_runs(series: &JsSeries, options: &JsOptions, question: &JsQuestion) -> Result<JsComparison, JsValue> {
    let (options, _) = input::options(options)?;
    let (question, bound) = input::question(question)?;
    let mut runs: Vec<model::Series> =
        input::series(series)?.into_iter().map(|(input, _)| analysis::analyse(input).0).collect();
    for run in &mut runs {
        analysis::move_limit(run, bound);
    }
    let moved = runs.iter().find_map(|run| run.limits.get(run.swept()?));
    output::comparison(&question::answer(&runs, &options, &question), moved)
}

/// A value in its unit, in the words of the command line and the verdict.
#[wasm_bindgen(js_name = formatValue)]
#[must_use]
pub fn format_value(value: f64, unit: &str) -> String {
    format::value(value, unit)
}

/// [`headroom_engine::selftest::fingerprint`], to prove that this target computes the same
/// bits as every other.
#[cfg(feature = "selftest")]
#[wasm_bindgen]
#[must_use]
pub fn fingerprint() -> u64 {
    headroom_engine::selftest::fingerprint()
}

fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, JsError> {
    canvas.get_context("2d").ok().flatten().and_then(|context| context.dyn_into().ok()).ok_or_else(|| {
        JsError::new("The browser gave no 2d context for the chart's canvas: it may be out of memory for graphics.")
    })
}

/// A tick as the caller writes it; as a plain number when it cannot.
fn formatted(format: Option<&Function>, value: f64, decimals: usize) -> String {
    format
        .and_then(|format| {
            format.call2(&JsValue::NULL, &value.into(), &JsValue::from_f64(decimals as f64)).ok()?.as_string()
        })
        .unwrap_or_else(|| format::tick(value, decimals))
}
