//! Points and rectangles in CSS pixels; y grows downwards, as on a canvas.

/// A position.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pixel {
    /// Distance from the left edge.
    pub x: f64,
    /// Distance from the top edge.
    pub y: f64,
}

impl Pixel {
    /// A position from its coordinates.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// Straight-line distance.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        (x * x + y * y).sqrt()
    }
}

/// `value` clamped to the range from `low` to `high`.
#[must_use]
pub fn between(value: f64, low: f64, high: f64) -> f64 {
    value.min(high).max(low)
}

/// An axis-parallel rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge, not less than `left`.
    pub right: f64,
    /// Bottom edge, not less than `top`.
    pub bottom: f64,
}

impl Rect {
    /// A rectangle from its edges.
    #[must_use]
    pub fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    /// Extent along x.
    #[must_use]
    pub fn width(self) -> f64 {
        self.right - self.left
    }

    /// Extent along y.
    #[must_use]
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// Whether a position lies inside or on the edge.
    #[must_use]
    pub fn contains(self, at: Pixel) -> bool {
        at.x >= self.left && at.x <= self.right && at.y >= self.top && at.y <= self.bottom
    }

    /// The position inside that is nearest to `at`.
    #[must_use]
    pub fn nearest(self, at: Pixel) -> Pixel {
        Pixel::new(between(at.x, self.left, self.right), between(at.y, self.top, self.bottom))
    }

    /// Whether `other` lies inside or on the edge.
    #[must_use]
    pub fn encloses(self, other: Self) -> bool {
        other.left >= self.left && other.right <= self.right && other.top >= self.top && other.bottom <= self.bottom
    }

    /// Whether the two share more than an edge.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// The rectangle, larger by `by` pixels on every side (smaller if negative).
    #[must_use]
    pub fn grown(self, by: f64) -> Self {
        Self::new(self.left - by, self.top - by, self.right + by, self.bottom + by)
    }
}
