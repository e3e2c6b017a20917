//! A picture as a flat list of steps: built by pure code, painted by [`crate::draw`], and printable as text, so that a
//! test can compare a whole picture without a canvas.

use crate::geometry::{Pixel, Rect};
use std::fmt;
use std::ops::Range;

/// A role that has a colour in the theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Primary text.
    Text,
    /// Secondary text.
    Muted,
    /// Grid lines.
    Grid,
    /// Axis lines and tick marks.
    Axis,
    /// The panel's background, for halos and label plates.
    Surface,
    /// Limits and the region beyond them.
    Limit,
    /// The colour of a series, by index.
    Series(usize),
}

/// The dash pattern of a line, so that series differ without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// A solid line.
    Solid,
    /// Long strokes.
    Long,
    /// Short strokes.
    Short,
    /// Stroke and dot.
    DashDot,
    /// Stroke and two dots.
    DashDotDot,
    /// Dots.
    Dotted,
}

impl Dash {
    /// The pattern of the series with this index.
    #[must_use]
    pub fn of_series(index: usize) -> Self {
        const RHYTHMS: [Dash; 5] = [Dash::Solid, Dash::Long, Dash::Short, Dash::DashDot, Dash::DashDotDot];
        RHYTHMS[index % RHYTHMS.len()]
    }

    /// Lengths of strokes and gaps, pixels.
    #[must_use]
    pub fn lengths(self) -> &'static [f64] {
        match self {
            Self::Solid => &[],
            Self::Long => &[10.0, 4.0],
            Self::Short => &[5.0, 3.0],
            Self::DashDot => &[9.0, 3.0, 2.0, 3.0],
            Self::DashDotDot => &[9.0, 3.0, 2.0, 3.0, 2.0, 3.0],
            Self::Dotted => &[2.0, 3.0],
        }
    }
}

/// The shape of a point, so that series differ without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Filled circle.
    Circle,
    /// Filled square.
    Square,
    /// Filled triangle pointing up.
    Triangle,
    /// Filled diamond.
    Diamond,
    /// Filled triangle pointing down.
    Down,
    /// Diagonal cross.
    Cross,
    /// Upright cross.
    Plus,
}

impl Shape {
    /// The shape of the series with this index.
    #[must_use]
    pub fn of_series(index: usize) -> Self {
        const SHAPES: [Shape; 7] =
            [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond, Shape::Down, Shape::Cross, Shape::Plus];
        SHAPES[index % SHAPES.len()]
    }

    /// Its corners in multiples of the radius, from the centre, y downwards; empty for a circle. Sizes are balanced so
    /// that all shapes look equally large.
    #[must_use]
    pub fn outline(self) -> &'static [(f64, f64)] {
        match self {
            Self::Circle => &[],
            Self::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Self::Triangle => &[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)],
            Self::Diamond => &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
            Self::Down => &[(0.0, 1.2), (-1.15, -0.85), (1.15, -0.85)],
            Self::Plus => &UPRIGHT_CROSS,
            Self::Cross => &DIAGONAL_CROSS,
        }
    }
}

/// The corners of an upright cross, whose arms are 0.8 wide and 1.2 long.
const UPRIGHT_CROSS: [(f64, f64); 12] = [
    (-0.4, -1.2),
    (0.4, -1.2),
    (0.4, -0.4),
    (1.2, -0.4),
    (1.2, 0.4),
    (0.4, 0.4),
    (0.4, 1.2),
    (-0.4, 1.2),
    (-0.4, 0.4),
    (-1.2, 0.4),
    (-1.2, -0.4),
    (-0.4, -0.4),
];

/// The upright cross, rotated by 45 degrees.
const DIAGONAL_CROSS: [(f64, f64); 12] = {
    let mut corners = UPRIGHT_CROSS;
    let mut at = 0;
    while at < corners.len() {
        let (x, y) = corners[at];
        corners[at] = ((x - y) * 0.75, (x + y) * 0.75);
        at += 1;
    }
    corners
};

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pen {
    /// Colour.
    pub ink: Ink,
    /// Width, pixels.
    pub width: f64,
    /// Dash pattern.
    pub dash: Dash,
    /// Opacity, 0 to 1.
    pub alpha: f64,
}

impl Pen {
    /// A solid, opaque line.
    #[must_use]
    pub fn new(ink: Ink, width: f64) -> Self {
        Self { ink, width, dash: Dash::Solid, alpha: 1.0 }
    }

    /// The same line with another dash pattern.
    #[must_use]
    pub fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    /// The same line with another opacity.
    #[must_use]
    pub fn faded(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }
}

/// Weight of a text; the size is the theme's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Font {
    /// Ticks, titles, details.
    Regular,
    /// The main numbers of the picture.
    Strong,
}

/// Horizontal alignment of a text to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// The text begins at the position.
    Start,
    /// The text is centred at the position.
    Middle,
    /// The text ends at the position.
    End,
}

/// Vertical alignment of a text to its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// The text is below the position.
    Below,
    /// The text is centred at the position.
    Centred,
    /// The text is above the position.
    Above,
}

/// How a text is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Weight.
    pub font: Font,
    /// Colour.
    pub ink: Ink,
    /// Horizontal alignment.
    pub align: Align,
    /// Vertical alignment.
    pub line: Line,
    /// Opacity, 0 to 1.
    pub alpha: f64,
}

/// One drawing step.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// A straight line.
    Line {
        /// Start of the line.
        from: Pixel,
        /// End of the line.
        to: Pixel,
        /// Style of the line.
        pen: Pen,
    },
    /// A line through several points, a range of [`Scene::points`].
    Path {
        /// The points.
        points: Range<usize>,
        /// Style of the line.
        pen: Pen,
    },
    /// Straight lines with the same style, drawn in one stroke: pairs of ends, a range of [`Scene::points`].
    Segments {
        /// The ends, two for each line.
        ends: Range<usize>,
        /// Style of the lines.
        pen: Pen,
    },
    /// A filled rectangle.
    Area {
        /// The rectangle.
        rect: Rect,
        /// Colour.
        ink: Ink,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// A filled outline, a range of [`Scene::points`].
    Band {
        /// The corners.
        points: Range<usize>,
        /// Colour.
        ink: Ink,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// A point.
    Marker {
        /// Centre.
        at: Pixel,
        /// Shape.
        shape: Shape,
        /// Radius, pixels.
        radius: f64,
        /// Colour.
        ink: Ink,
        /// Whether it is filled; otherwise only its outline is drawn.
        filled: bool,
        /// Opacity, 0 to 1.
        alpha: f64,
    },
    /// A text, a range of [`Scene::text`].
    Text {
        /// The position to which `style` aligns it.
        at: Pixel,
        /// The characters.
        text: Range<usize>,
        /// Style of the text.
        style: Style,
    },
    /// The following steps are visible only inside this rectangle, until [`Op::Unclip`].
    Clip(Rect),
    /// Ends [`Op::Clip`].
    Unclip,
}

/// Measures text as the canvas will draw it.
pub trait Measure {
    /// Width in pixels.
    fn width(&self, text: &str, font: Font) -> f64;
    /// Height of a line of text in pixels.
    fn height(&self) -> f64;
}

/// A picture. It is cleared and reused, so that redrawing does not allocate memory.
#[derive(Debug, Default)]
pub struct Scene {
    ops: Vec<Op>,
    points: Vec<Pixel>,
    text: String,
}

impl Scene {
    /// Removes everything but keeps the memory.
    pub fn clear(&mut self) {
        self.ops.clear();
        self.points.clear();
        self.text.clear();
    }

    /// The steps in the order of drawing.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// The points of a path.
    #[must_use]
    pub fn points(&self, range: &Range<usize>) -> &[Pixel] {
        self.points.get(range.clone()).unwrap_or_default()
    }

    /// The characters of a text.
    #[must_use]
    pub fn text(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Adds a straight line.
    pub fn line(&mut self, from: Pixel, to: Pixel, pen: Pen) {
        self.ops.push(Op::Line { from, to, pen });
    }

    /// Adds a line through several points; fewer than two draw nothing.
    pub fn path(&mut self, points: impl IntoIterator<Item = Pixel>, pen: Pen) {
        let begin = self.points.len();
        points.into_iter().for_each(|point| self.points.push(point));
        if self.points.len() < begin + 2 {
            self.points.truncate(begin);
        } else {
            self.ops.push(Op::Path { points: begin..self.points.len(), pen });
        }
    }

    /// Adds the straight lines that `draw` passes on, all with the same style: drawing hundreds of whiskers one by one
    /// would take most of a picture's time.
    pub fn segments(&mut self, pen: Pen, draw: impl FnOnce(&mut dyn FnMut(Pixel, Pixel))) {
        let begin = self.points.len();
        draw(&mut |from, to| self.points.extend([from, to]));
        if self.points.len() > begin {
            self.ops.push(Op::Segments { ends: begin..self.points.len(), pen });
        }
    }

    /// Adds a filled rectangle.
    pub fn area(&mut self, rect: Rect, ink: Ink, alpha: f64) {
        self.ops.push(Op::Area { rect, ink, alpha });
    }

    /// Adds the filled area between `upper` and `lower`.
    pub fn band(
        &mut self,
        upper: impl Iterator<Item = Pixel>,
        lower: impl Iterator<Item = Pixel>,
        ink: Ink,
        alpha: f64,
    ) {
        let begin = self.points.len();
        upper.chain(lower).for_each(|corner| self.points.push(corner));
        self.ops.push(Op::Band { points: begin..self.points.len(), ink, alpha });
    }

    /// Adds a point.
    pub fn marker(&mut self, at: Pixel, shape: Shape, radius: f64, ink: Ink, alpha: f64) {
        self.ops.push(Op::Marker { at, shape, radius, ink, filled: true, alpha });
    }

    /// Adds the outline of a point.
    pub fn ring(&mut self, at: Pixel, shape: Shape, radius: f64, ink: Ink, alpha: f64) {
        self.ops.push(Op::Marker { at, shape, radius, ink, filled: false, alpha });
    }

    /// Adds a text.
    pub fn write(&mut self, at: Pixel, text: &str, style: Style) {
        let begin = self.text.len();
        self.text.push_str(text);
        self.ops.push(Op::Text { at, text: begin..self.text.len(), style });
    }

    /// Adds what `fill` draws, visible only inside `rect`.
    pub fn clipped(&mut self, rect: Rect, fill: impl FnOnce(&mut Self)) {
        self.ops.push(Op::Clip(rect));
        fill(self);
        self.ops.push(Op::Unclip);
    }
}

impl fmt::Display for Pixel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.1},{:.1}", self.x, self.y)
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.1},{:.1}..{:.1},{:.1}", self.left, self.top, self.right, self.bottom)
    }
}

impl fmt::Display for Pen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} {:?} {} α{}", self.ink, self.dash, self.width, self.alpha)
    }
}

/// One line per step, with coordinates to a tenth of a pixel.
impl fmt::Display for Scene {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for op in &self.ops {
            match op {
                Op::Line { from, to, pen } => writeln!(out, "line {from} to {to} {pen}")?,
                Op::Path { points, pen } => {
                    let all = self.points(points);
                    let (Some(first), Some(last)) = (all.first(), all.last()) else { continue };
                    writeln!(out, "path {first} to {last} through {} points {pen}", all.len())?;
                }
                Op::Segments { ends, pen } => {
                    write!(out, "segments {pen}")?;
                    for line in self.points(ends).chunks_exact(2) {
                        write!(out, " | {} to {}", line[0], line[1])?;
                    }
                    writeln!(out)?;
                }
                Op::Area { rect, ink, alpha } => writeln!(out, "area {rect} {ink:?} α{alpha}")?,
                Op::Band { points, ink, alpha } => {
                    writeln!(out, "band of {} corners {ink:?} α{alpha}", points.len())?;
                }
                Op::Marker { at, shape, radius, ink, filled, alpha } => {
                    let look = if *filled { "point" } else { "ring" };
                    writeln!(out, "{look} {at} {shape:?} {radius} {ink:?} α{alpha}")?;
                }
                Op::Text { at, text, style } => writeln!(
                    out,
                    "text {at} {:?} {:?} {:?} {:?} {:?} α{}",
                    self.text(text),
                    style.font,
                    style.ink,
                    style.align,
                    style.line,
                    style.alpha
                )?,
                Op::Clip(rect) => writeln!(out, "clip {rect}")?,
                Op::Unclip => writeln!(out, "unclip")?,
            }
        }
        Ok(())
    }
}
