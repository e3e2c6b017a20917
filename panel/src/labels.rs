//! Finds places for labels where they cover nothing important.

use crate::geometry::{Pixel, Rect};

/// Cost of covering a measured point.
const ON_POINT: f64 = 30.0;
/// Cost of each step down the list of preferred places.
const LATER: f64 = 1.0;
/// If a label costs this much, or would lie on another label, it is left out.
const TOO_MUCH: f64 = 120.0;
/// Number of points that a label may cover before it is left out.
const COVERED: usize = 3;
/// Cost of not being beside the anchor.
const PUSHED: f64 = 3.0;
/// Distance between the probe positions that keep labels off a line, pixels.
pub(crate) const PROBE: f64 = 14.0;
/// How far from its anchor a label may be, in lines of text.
const ROWS: u32 = 7;

/// Places labels one after the other.
#[derive(Debug)]
pub struct Placer {
    within: Rect,
    points: Vec<Pixel>,
    taken: Vec<Rect>,
    /// Number of points that a label may cover.
    covered: usize,
}

impl Placer {
    /// A placer for a plot in which these points should stay visible.
    #[must_use]
    pub fn new(within: Rect, points: Vec<Pixel>) -> Self {
        Self { within, points, taken: Vec::new(), covered: COVERED }
    }

    /// For a small plot, in which a label over a point hides the picture.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { covered: 0, ..self }
    }

    /// Keeps a rectangle free from now on.
    pub fn reserve(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// Adds a position that should stay visible, like the measured points.
    pub fn avoid(&mut self, at: Pixel) {
        self.points.push(at);
    }

    /// The place that covers least, the first of equal ones. It becomes reserved.
    pub fn choose(&mut self, places: impl IntoIterator<Item = Rect>) -> Rect {
        let mut best = (f64::INFINITY, Rect::default());
        for rect in places {
            let cost = self.cost(rect, 0.0, best.0);
            if cost < best.0 {
                best = (cost, rect);
            }
        }
        self.reserve(best.1);
        best.1
    }

    /// The best place for a label of this size that belongs to `anchor`: first beside and below it (a rising line
    /// leaves that corner free), then the other corners, then farther away. The place becomes reserved. `None` if every
    /// place covers another label or too much of the picture.
    pub fn place(&mut self, anchor: Pixel, width: f64, height: f64, gap: f64) -> Option<Rect> {
        let mut best: Option<(f64, Rect)> = None;
        let mut preference = 0.0;
        for row in 0..ROWS {
            let away = gap + f64::from(row) * (height + gap * 0.5);
            for (right, below) in [(true, true), (false, true), (false, false), (true, false)] {
                let beside = if right { anchor.x + gap } else { anchor.x - gap - width };
                // A label that does not fit beside its anchor may be pushed over it, but the other side is better.
                let left = beside.min(self.within.right - width).max(self.within.left);
                let pushed = if left.total_cmp(&beside).is_ne() { PUSHED } else { 0.0 };
                let top = if below { anchor.y + away } else { anchor.y - away - height };
                let rect = Rect::new(left, top, left + width, top + height);
                let least = best.map_or(TOO_MUCH, |(least, _)| least);
                let place = preference + pushed;
                if place < least && self.within.encloses(rect) {
                    let cost = self.cost(rect, place, least);
                    if cost < least {
                        best = Some((cost, rect));
                    }
                }
                preference += LATER;
            }
        }
        let (_, rect) = best?;
        self.reserve(rect);
        Some(rect)
    }

    /// The total cost of a place, starting from `cost`. Counting stops at `enough`.
    fn cost(&self, rect: Rect, mut cost: f64, enough: f64) -> f64 {
        if self.taken.iter().any(|taken| taken.overlaps(rect)) {
            return TOO_MUCH;
        }
        let plate = rect.grown(3.0);
        let mut covered = 0;
        for &point in &self.points {
            if plate.contains(point) {
                covered += 1;
                cost += ON_POINT;
                if covered > self.covered {
                    return TOO_MUCH;
                }
                if cost >= enough {
                    break;
                }
            }
        }
        cost
    }
}

/// Adds probe positions along a straight line.
pub(crate) fn along_stroke(from: Pixel, to: Pixel, keep: &mut Vec<Pixel>) {
    let length = from.distance(to);
    let mut gone = PROBE;
    while gone < length {
        let share = gone / length;
        keep.push(Pixel::new(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)));
        gone += PROBE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLOT: Rect = Rect { left: 0.0, top: 0.0, right: 400.0, bottom: 200.0 };

    fn check(points: &[(f64, f64)], anchors: &[(f64, f64)], expected: &[(f64, f64)]) {
        let mut placer = Placer::new(PLOT, points.iter().map(|&(x, y)| Pixel::new(x, y)).collect());
        for (&(x, y), &(left, top)) in anchors.iter().zip(expected) {
            let rect = placer.place(Pixel::new(x, y), 80.0, 14.0, 8.0).unwrap();
            assert_eq!((rect.left, rect.top), (left, top), "for the anchor {x},{y}");
        }
    }

    #[test]
    fn beside_and_below_when_free() {
        check(&[], &[(100.0, 50.0)], &[(108.0, 58.0)]);
    }

    #[test]
    fn to_the_left_at_the_right_edge() {
        check(&[], &[(390.0, 50.0)], &[(302.0, 58.0)]);
    }

    #[test]
    fn above_at_the_bottom_edge() {
        check(&[], &[(100.0, 195.0)], &[(12.0, 173.0)]);
    }

    #[test]
    fn away_from_points() {
        check(&[(120.0, 65.0)], &[(100.0, 50.0)], &[(12.0, 58.0)]);
    }

    #[test]
    fn in_a_small_plot_a_label_covers_nothing() {
        let everywhere: Vec<Pixel> =
            (0..800).map(|at| Pixel::new(f64::from(at % 40) * 10.0, f64::from(at / 40) * 10.0)).collect();
        let mut placer = Placer::new(PLOT, everywhere).strict();
        assert_eq!(placer.place(Pixel::new(200.0, 100.0), 80.0, 14.0, 8.0), None);
    }

    #[test]
    fn a_label_without_a_place_is_left_out() {
        let mut placer = Placer::new(PLOT, Vec::new());
        assert_eq!(placer.place(Pixel::new(10.0, 10.0), 900.0, 14.0, 8.0), None);
        placer.reserve(PLOT);
        assert_eq!(placer.place(Pixel::new(10.0, 10.0), 80.0, 14.0, 8.0), None);
    }

    proptest! {
        #[test]
        fn few_labels_never_overlap(anchors in proptest::collection::vec((0.0..400.0_f64, 0.0..200.0_f64), 1..5)) {
            let mut placer = Placer::new(PLOT, Vec::new());
            let rects: Vec<_> = anchors.iter().filter_map(|&(x, y)| placer.place(Pixel::new(x, y), 80.0, 14.0, 8.0)).collect();
            prop_assert_eq!(rects.len(), anchors.len());
            for (i, a) in rects.iter().enumerate() {
                prop_assert!(PLOT.encloses(*a));
                prop_assert!(rects[i + 1..].iter().all(|b| !a.overlaps(*b)), "{rects:?}");
            }
        }
    }
}
