//! Draws a scene on a canvas.

use crate::geometry::{Pixel, Rect};
use crate::scene::{Align, Dash, Font, Ink, Line, Measure, Op, Pen, Scene, Shape, Style};
use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::CanvasRenderingContext2d;

/// Colours and fonts, all from Grafana's theme.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Palette {
    /// [`Ink::Text`].
    pub text: String,
    /// [`Ink::Muted`].
    pub muted: String,
    /// [`Ink::Grid`].
    pub grid: String,
    /// [`Ink::Axis`].
    pub axis: String,
    /// [`Ink::Surface`].
    pub surface: String,
    /// [`Ink::Limit`].
    pub limit: String,
    /// [`Ink::Series`], by index.
    pub series: Vec<String>,
    /// [`Font::Regular`] as CSS writes a font.
    pub regular: String,
    /// [`Font::Strong`] as CSS writes a font.
    pub strong: String,
    /// Size of both fonts, CSS pixels.
    pub font_size: f64,
}

impl Palette {
    fn color(&self, ink: Ink) -> &str {
        match ink {
            Ink::Text => &self.text,
            Ink::Muted => &self.muted,
            Ink::Grid => &self.grid,
            Ink::Axis => &self.axis,
            Ink::Surface => &self.surface,
            Ink::Limit => &self.limit,
            Ink::Series(index) => self.series.get(index).unwrap_or(&self.text),
        }
    }

    fn font(&self, font: Font) -> &str {
        match font {
            Font::Regular => &self.regular,
            Font::Strong => &self.strong,
        }
    }
}

/// Measures texts with the fonts of a palette on a canvas.
pub struct CanvasText<'a> {
    /// The canvas.
    pub canvas: &'a CanvasRenderingContext2d,
    /// Its fonts.
    pub palette: &'a Palette,
}

impl Measure for CanvasText<'_> {
    fn width(&self, text: &str, font: Font) -> f64 {
        self.canvas.set_font(self.palette.font(font));
        // If the canvas cannot measure, half an em per character is assumed.
        self.canvas
            .measure_text(text)
            .map_or_else(|_| text.chars().count() as f64 * self.palette.font_size * 0.5, |metrics| metrics.width())
    }

    fn height(&self) -> f64 {
        self.palette.font_size
    }
}

/// Paints scenes on one canvas. A property that already has the value is not set again, because each setting crosses
/// from WebAssembly to the browser.
#[derive(Debug)]
pub struct Painter {
    canvas: CanvasRenderingContext2d,
    ratio: f64,
    dashes: Vec<(Dash, Array)>,
    state: CanvasState,
}

/// The current properties of the canvas; `None` if unknown.
#[derive(Debug, Default)]
struct CanvasState {
    fill: Option<Ink>,
    stroke: Option<Ink>,
    alpha: Option<f64>,
    width: Option<f64>,
    dash: Option<Dash>,
    font: Option<Font>,
    align: Option<(Align, Line)>,
}

impl Painter {
    /// A painter for a canvas.
    #[must_use]
    pub fn new(canvas: CanvasRenderingContext2d) -> Self {
        let dashes = [Dash::Solid, Dash::Long, Dash::Short, Dash::DashDot, Dash::DashDotDot, Dash::Dotted]
            .into_iter()
            .map(|dash| (dash, dash.lengths().iter().map(|&length| JsValue::from_f64(length)).collect()))
            .collect();
        Self { canvas, ratio: 1.0, dashes, state: CanvasState::default() }
    }

    /// The canvas.
    #[must_use]
    pub fn canvas(&self) -> &CanvasRenderingContext2d {
        &self.canvas
    }

    /// Device pixels per CSS pixel.
    pub fn set_ratio(&mut self, ratio: f64) {
        self.ratio = ratio;
    }

    /// Clears the canvas and paints a scene.
    ///
    /// # Errors
    /// An exception of the browser, which it only throws if the canvas has lost its context.
    pub fn paint(&mut self, scene: &Scene, palette: &Palette, width: f64, height: f64) -> Result<(), JsValue> {
        self.state = CanvasState::default();
        self.canvas.set_transform(self.ratio, 0.0, 0.0, self.ratio, 0.0, 0.0)?;
        self.canvas.clear_rect(0.0, 0.0, width, height);
        self.canvas.set_line_join("round");
        for op in scene.ops() {
            match op {
                Op::Line { from, to, pen } => self.lines(&[*from, *to], *pen, palette)?,
                Op::Segments { ends, pen } => self.lines(scene.points(ends), *pen, palette)?,
                Op::Path { points, pen } => self.path(scene.points(points), *pen, palette)?,
                Op::Area { rect, ink, alpha } => {
                    self.fill(*ink, *alpha, palette);
                    self.canvas.fill_rect(rect.left, rect.top, rect.width(), rect.height());
                }
                Op::Band { points, ink, alpha } => {
                    self.fill(*ink, *alpha, palette);
                    self.canvas.begin_path();
                    for corner in scene.points(points) {
                        self.canvas.line_to(corner.x, corner.y);
                    }
                    self.canvas.fill();
                }
                Op::Marker { at, shape, radius, ink, filled, alpha } => {
                    self.marker(*at, *shape, *radius, (*ink, *filled, *alpha), palette)?;
                }
                Op::Text { at, text, style } => self.text(*at, scene.text(text), *style, palette)?,
                Op::Clip(rect) => self.clip(*rect),
                Op::Unclip => {
                    self.canvas.restore();
                    self.state = CanvasState::default();
                }
            }
        }
        Ok(())
    }

    fn clip(&mut self, rect: Rect) {
        self.canvas.save();
        self.canvas.begin_path();
        self.canvas.rect(rect.left, rect.top, rect.width(), rect.height());
        self.canvas.clip();
    }

    /// Straight lines between pairs of ends, in one stroke.
    fn lines(&mut self, ends: &[Pixel], pen: Pen, palette: &Palette) -> Result<(), JsValue> {
        self.stroke(pen, palette)?;
        self.canvas.begin_path();
        for line in ends.chunks_exact(2) {
            let (mut from, mut to) = (line[0], line[1]);
            // Vertical and horizontal lines are aligned to whole device pixels, because antialiased ones look blurred.
            if from.x.total_cmp(&to.x).is_eq() {
                from.x = self.snapped(from.x, pen.width);
                to.x = from.x;
            } else if from.y.total_cmp(&to.y).is_eq() {
                from.y = self.snapped(from.y, pen.width);
                to.y = from.y;
            }
            self.canvas.move_to(from.x, from.y);
            self.canvas.line_to(to.x, to.y);
        }
        self.canvas.stroke();
        Ok(())
    }

    fn snapped(&self, value: f64, width: f64) -> f64 {
        let odd = (width * self.ratio).round() % 2.0;
        ((value * self.ratio - odd * 0.5).round() + odd * 0.5) / self.ratio
    }

    fn path(&mut self, points: &[Pixel], pen: Pen, palette: &Palette) -> Result<(), JsValue> {
        self.stroke(pen, palette)?;
        self.canvas.begin_path();
        for point in points {
            // The first line_to of a path acts as a move_to.
            self.canvas.line_to(point.x, point.y);
        }
        self.canvas.stroke();
        Ok(())
    }

    fn marker(
        &mut self,
        at: Pixel,
        shape: Shape,
        radius: f64,
        (ink, filled, alpha): (Ink, bool, f64),
        palette: &Palette,
    ) -> Result<(), JsValue> {
        let canvas = self.canvas.clone();
        canvas.begin_path();
        let outline = shape.outline();
        if outline.is_empty() {
            canvas.arc(at.x, at.y, radius, 0.0, std::f64::consts::TAU)?;
        } else {
            for (x, y) in outline {
                canvas.line_to(at.x + x * radius, at.y + y * radius);
            }
            canvas.close_path();
        }
        if filled {
            self.fill(ink, alpha, palette);
            self.canvas.fill();
        } else {
            self.stroke(Pen::new(ink, 1.5).faded(alpha), palette)?;
            self.canvas.stroke();
        }
        Ok(())
    }

    fn text(&mut self, at: Pixel, text: &str, style: Style, palette: &Palette) -> Result<(), JsValue> {
        if self.state.font != Some(style.font) {
            self.canvas.set_font(palette.font(style.font));
            self.state.font = Some(style.font);
        }
        if self.state.align != Some((style.align, style.line)) {
            self.canvas.set_text_align(match style.align {
                Align::Start => "left",
                Align::Middle => "center",
                Align::End => "right",
            });
            self.canvas.set_text_baseline(match style.line {
                Line::Below => "top",
                Line::Centred => "middle",
                Line::Above => "bottom",
            });
            self.state.align = Some((style.align, style.line));
        }
        self.fill(style.ink, style.alpha, palette);
        self.canvas.fill_text(text, at.x, at.y)
    }

    fn fill(&mut self, ink: Ink, alpha: f64, palette: &Palette) {
        if self.state.fill != Some(ink) {
            self.canvas.set_fill_style_str(palette.color(ink));
            self.state.fill = Some(ink);
        }
        self.alpha(alpha);
    }

    fn stroke(&mut self, pen: Pen, palette: &Palette) -> Result<(), JsValue> {
        if self.state.stroke != Some(pen.ink) {
            self.canvas.set_stroke_style_str(palette.color(pen.ink));
            self.state.stroke = Some(pen.ink);
        }
        if self.state.width != Some(pen.width) {
            self.canvas.set_line_width(pen.width);
            self.state.width = Some(pen.width);
        }
        if self.state.dash != Some(pen.dash) {
            if let Some((_, lengths)) = self.dashes.iter().find(|(dash, _)| *dash == pen.dash) {
                self.canvas.set_line_dash(lengths)?;
            }
            self.state.dash = Some(pen.dash);
        }
        self.alpha(pen.alpha);
        Ok(())
    }

    fn alpha(&mut self, alpha: f64) {
        if self.state.alpha != Some(alpha) {
            self.canvas.set_global_alpha(alpha);
            self.state.alpha = Some(alpha);
        }
    }
}
