//! The plot area of the Headroom panel, in WebAssembly.
//!
//! This file is the whole interface to TypeScript. Everything else except [`draw`] and [`input`] is pure: a
//! [`model::Model`] becomes a [`scene::Scene`], which [`draw`] paints. The curve, its crossings and the text of every
//! number come from the engine, so that the picture agrees with the command line and the backend.
//!
//! Coordinates are CSS pixels from the canvas's upper left corner.

pub mod domain;
pub mod draw;
pub mod format;
pub mod geometry;
pub mod hit;
pub mod labels;
pub mod layout;
pub mod model;
pub mod production;
pub mod scale;
pub mod scene;
pub mod series;
pub mod ticks;
pub mod views;

mod axes;
mod breaks;
mod input;
mod js;
mod marks;
mod output;
mod plate;
mod to_js;

use draw::{CanvasText, Painter, Palette};
use geometry::Pixel;
use headroom_engine::display;
use headroom_engine::sheet::Sheet;
use headroom_engine::side_by_side::side_by_side;
use hit::{Placed, Step};
use js_sys::Function;
use layout::{Layout, Texts};
use model::{Model, Series};
use scene::{Dash, Scene, Shape};
use serde::Serialize;
use views::View;
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Seven kilobytes smaller than the standard library's allocator for WebAssembly, and as fast.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
import type { ChartOptions, ChartSeries, ChartTheme, Comparison, DrawnChart, Fact, Question } from '../../src/generated/contract';
";

#[wasm_bindgen]
extern "C" {
    /// Colours and fonts.
    #[wasm_bindgen(typescript_type = "ChartTheme")]
    pub type JsTheme;
    /// The view.
    #[wasm_bindgen(typescript_type = "ChartOptions")]
    pub type JsOptions;
    /// A question about runs side by side.
    #[wasm_bindgen(typescript_type = "Question")]
    pub type JsQuestion;
    /// All runs.
    #[wasm_bindgen(typescript_type = "ChartSeries[]")]
    pub type JsSeries;
    /// Formats a tick of the value axis.
    #[wasm_bindgen(typescript_type = "((value: number, decimals: number) => string) | undefined")]
    pub type JsTicks;
    /// The texts that go with a drawn chart.
    #[wasm_bindgen(typescript_type = "DrawnChart")]
    pub type JsDrawn;
    /// Names with values.
    #[wasm_bindgen(typescript_type = "Fact[]")]
    pub type JsFacts;
    /// Runs side by side.
    #[wasm_bindgen(typescript_type = "Comparison")]
    pub type JsComparison;
}

/// The largest distance of the pointer from a point, CSS pixels.
const REACH: f64 = 40.0;

/// A chart on two canvases: one with the data, and one above it with the point that the pointer or the keyboard has
/// found, so that hovering redraws almost nothing.
#[wasm_bindgen]
pub struct Chart {
    base: Painter,
    overlay: Painter,
    palette: Palette,
    format_tick: Option<Function>,
    view: &'static dyn View,
    model: Model,
    layout: Option<Layout>,
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
    /// A number by which the point is found again after a redraw; for a measured level its row in the series' columns.
    pub row: usize,
    /// Horizontal position, CSS pixels.
    pub x: f64,
    /// Vertical position, CSS pixels.
    pub y: f64,
    /// The value of the fitted line at this load; `undefined` if there is no line.
    pub fitted: Option<f64>,
}

#[wasm_bindgen]
impl Chart {
    /// A chart on two canvases, one above the other.
    ///
    /// # Errors
    /// If a canvas has no 2d context.
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: &HtmlCanvasElement, overlay: &HtmlCanvasElement) -> Result<Chart, JsError> {
        Ok(Self {
            base: Painter::new(context(canvas)?),
            overlay: Painter::new(context(overlay)?),
            palette: Palette::default(),
            format_tick: None,
            view: views::ALL[0],
            model: Model::default(),
            layout: None,
            placed: Vec::new(),
            focus: None,
            scene: Scene::default(),
            overlay_scene: Scene::default(),
        })
    }

    /// Sets the size in CSS pixels, and the device pixels per CSS pixel. The caller sets the canvases' own sizes,
    /// because that clears the picture.
    pub fn resize(&mut self, width: f64, height: f64, ratio: f64) {
        self.model.width = width;
        self.model.height = height;
        self.base.set_ratio(ratio);
        self.overlay.set_ratio(ratio);
    }

    /// Sets colours, fonts and spacing.
    ///
    /// # Errors
    /// If a field is missing or has the wrong type.
    #[wasm_bindgen(js_name = setTheme)]
    pub fn set_theme(&mut self, theme: &JsTheme) -> Result<(), JsError> {
        let (palette, spacing) = input::theme(theme)?;
        self.palette = Palette { series: std::mem::take(&mut self.palette.series), ..palette };
        self.model.spacing = spacing;
        Ok(())
    }

    /// Sets the view. `ticks` formats the ticks of the caller's own quantity; without it they are plain numbers.
    ///
    /// # Errors
    /// If a field is missing or has the wrong type.
    #[wasm_bindgen(js_name = setOptions)]
    pub fn set_options(&mut self, options: &JsOptions, ticks: &JsTicks) -> Result<(), JsError> {
        (self.view, self.model.options) = input::options(options)?;
        self.format_tick = ticks.dyn_ref::<Function>().cloned();
        Ok(())
    }

    /// Sets the runs, fits their lines and finds their breaking points. The options say which tokens are counted.
    ///
    /// # Errors
    /// If a field is missing or has the wrong type, or if columns differ in length.
    #[wasm_bindgen(js_name = setSeries)]
    pub fn set_series(&mut self, series: &JsSeries) -> Result<(), JsError> {
        let inputs = input::series(series, self.model.options.basis)?;
        self.model.emphasis = None;
        self.model.series.clear();
        self.palette.series.clear();
        for (input, color) in inputs {
            self.model.series.push(Series::from(input));
            self.palette.series.push(color);
        }
        Ok(())
    }

    /// Draws everything, and returns the texts that go with it.
    ///
    /// # Errors
    /// An exception of the browser, if a canvas has lost its context.
    pub fn draw(&mut self) -> Result<JsDrawn, JsValue> {
        let mut format_tick = self.format_tick.as_ref();
        if let Some((x, y)) = self.view.titles(&self.model) {
            // A view of another quantity than the caller's, whose ticks the caller cannot format.
            let options = &mut self.model.options;
            (options.x_title, options.y_title, format_tick) = (x, y, None);
        }
        let layout = views::draw(
            self.view,
            &self.model,
            &Texts {
                measure: &CanvasText { canvas: self.base.canvas(), palette: &self.palette },
                x: &format::tick,
                y: &|value, decimals| formatted(format_tick, value, decimals),
            },
            &mut self.scene,
            &mut self.placed,
        );
        self.layout = Some(layout);
        self.base.paint(&self.scene, &self.palette, self.model.width, self.model.height)?;
        self.draw_focus()?;
        passed_out(&output::drawn(self.view, &self.model))
    }

    /// Finds and marks the measured point nearest to a position, if it is close enough.
    ///
    /// # Errors
    /// An exception of the browser, if a canvas has lost its context.
    pub fn hover(&mut self, x: f64, y: f64) -> Result<Option<Hit>, JsValue> {
        self.focus = hit::nearest(&self.placed, Pixel::new(x, y), REACH).map(|placed| (placed.series, placed.point));
        self.draw_focus()
    }

    /// Moves the mark to another point; without a marked point, to the first one.
    ///
    /// # Errors
    /// An exception of the browser, if a canvas has lost its context.
    pub fn step(&mut self, step: Step) -> Result<Option<Hit>, JsValue> {
        self.focus = hit::step(&self.placed, self.focus, step).map(|placed| (placed.series, placed.point));
        self.draw_focus()
    }

    /// Marks a point by its series and row; `undefined` if it is not drawn.
    ///
    /// # Errors
    /// An exception of the browser, if a canvas has lost its context.
    pub fn focus(&mut self, series: usize, row: usize) -> Result<Option<Hit>, JsValue> {
        let is_meant = |placed: &&Placed| placed.series == series && self.view.row(&self.model, **placed) == Some(row);
        self.focus = self.placed.iter().find(is_meant).map(|placed| (placed.series, placed.point));
        self.draw_focus()
    }

    /// What is known about the marked point besides its columns.
    ///
    /// # Errors
    /// If the browser has no memory for it.
    pub fn facts(&self) -> Result<JsFacts, JsValue> {
        let facts = self.found().map(|found| self.view.facts(&self.model, found));
        passed_out(&output::facts(facts.unwrap_or_default()))
    }

    /// Moves the limit in question of every series to another bound; without a bound, back to its own. It takes effect
    /// at the next [`draw`](Self::draw).
    #[wasm_bindgen(js_name = moveLimit)]
    pub fn move_limit(&mut self, bound: Option<f64>) {
        for series in &mut self.model.series {
            series.move_limit(bound);
        }
    }

    /// Removes the mark.
    ///
    /// # Errors
    /// An exception of the browser, if a canvas has lost its context.
    #[wasm_bindgen(js_name = clearFocus)]
    pub fn clear_focus(&mut self) -> Result<(), JsValue> {
        self.focus = None;
        self.draw_focus().map(|_| ())
    }

    /// Brings one series to the front and fades the others; `undefined` shows all alike. It takes effect at the next
    /// [`draw`](Self::draw).
    pub fn emphasize(&mut self, series: Option<usize>) {
        self.model.emphasis = series;
    }

    /// The marked point with its position.
    fn found(&self) -> Option<Placed> {
        let (series, point) = self.focus?;
        self.placed.iter().find(|placed| placed.series == series && placed.point == point).copied()
    }

    fn draw_focus(&mut self) -> Result<Option<Hit>, JsValue> {
        let found = self.found();
        self.overlay_scene.clear();
        let view = self.view;
        if let (Some(layout), Some(found)) = (&self.layout, found) {
            view.focus(&self.model, layout, found, &mut self.overlay_scene);
        }
        self.overlay.paint(&self.overlay_scene, &self.palette, self.model.width, self.model.height)?;
        Ok(found.and_then(|found| {
            let row = view.row(&self.model, found)?;
            let Placed { series, at, .. } = found;
            Some(Hit { series, row, x: at.x, y: at.y, fitted: view.fitted(&self.model, found) })
        }))
    }
}

/// The outline of a series' points, for the legend: x and y of each corner in turn, in multiples of the point's radius,
/// y downwards; empty for a circle.
#[wasm_bindgen(js_name = outlineOf)]
#[must_use]
pub fn outline_of(series: usize) -> Vec<f64> {
    Shape::of_series(series).outline().iter().flat_map(|(x, y)| [*x, *y]).collect()
}

/// The dash pattern of a series' line, for the legend: lengths of strokes and gaps, pixels; empty for a solid line.
#[wasm_bindgen(js_name = dashOf)]
#[must_use]
pub fn dash_of(series: usize) -> Vec<f64> {
    Dash::of_series(series).lengths().to_vec()
}

/// Runs side by side: the load that they hold, what their tokens cost, and what it takes to serve a load.
///
/// # Errors
/// If a field is missing or has the wrong type, or if columns differ in length.
#[wasm_bindgen(js_name = compareRuns)]
pub fn compare_runs(series: &JsSeries, options: &JsOptions, question: &JsQuestion) -> Result<JsComparison, JsValue> {
    let (_, options) = input::options(options)?;
    let (question, bound) = input::question(question, &options)?;
    let mut runs = Vec::new();
    for (input, _) in input::series(series, options.basis)? {
        let mut run = Sheet::from(input);
        run.move_limit(bound);
        runs.push(run);
    }
    let moved = runs.iter().find_map(Sheet::limit_in_question);
    passed_out(&output::comparison(side_by_side(&runs, &question), moved))
}

/// A value for TypeScript, with the type that is declared there.
fn passed_out<T: JsCast>(value: &impl Serialize) -> Result<T, JsValue> {
    Ok(to_js::written(value)?.unchecked_into())
}

/// A value with its unit, formatted as on the command line and in verdicts.
#[wasm_bindgen(js_name = formatValue)]
#[must_use]
pub fn format_value(value: f64, unit: &str) -> String {
    display::value(value, unit)
}

/// [`headroom_engine::selftest::fingerprint`], to prove that this target computes the same bits as every other.
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

/// A tick as the caller formats it; as a plain number if the caller cannot.
fn formatted(format: Option<&Function>, value: f64, decimals: usize) -> String {
    format
        .and_then(|format| {
            format.call2(&JsValue::NULL, &value.into(), &JsValue::from_f64(decimals as f64)).ok()?.as_string()
        })
        .unwrap_or_else(|| format::tick(value, decimals))
}
