//! Finds the measured point for a pointer position or a key press.

#![allow(clippy::float_cmp, reason = "what `wasm_bindgen` writes for an enum compares the number that it is given")]

use crate::geometry::Pixel;
use wasm_bindgen::prelude::wasm_bindgen;

/// A measured point and its position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    /// Index of the series.
    pub series: usize,
    /// Index of the point within the series.
    pub point: usize,
    /// Its position.
    pub at: Pixel,
}

/// A step from one point to another by keyboard.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the next higher load of the same series.
    Right,
    /// To the next lower load of the same series.
    Left,
    /// To the series above, at the nearest load.
    Up,
    /// To the series below, at the nearest load.
    Down,
    /// To the lowest load of the same series.
    First,
    /// To the highest load of the same series.
    Last,
}

/// The point nearest to a position and at most `reach` pixels away. Of equally near ones the last drawn one is chosen,
/// because it is visible.
#[must_use]
pub fn nearest(placed: &[Placed], to: Pixel, reach: f64) -> Option<Placed> {
    let mut best: Option<(f64, Placed)> = None;
    for &candidate in placed {
        let distance = candidate.at.distance(to);
        if distance <= reach && best.is_none_or(|(least, _)| distance <= least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, placed)| placed)
}

/// The point that a key leads to from `current`; without a current point, the first one. `placed` must be grouped by
/// series and ascend in load within each, as the chart draws it.
#[must_use]
pub fn step(placed: &[Placed], current: Option<(usize, usize)>, step: Step) -> Option<Placed> {
    let Some(here) = current.and_then(|(series, point)| placed.iter().find(|p| p.series == series && p.point == point))
    else {
        return placed.first().copied();
    };
    let mut same = placed.iter().filter(|p| p.series == here.series);
    match step {
        Step::Right => same.find(|p| p.at.x > here.at.x).or(Some(here)).copied(),
        Step::Left => same.rfind(|p| p.at.x < here.at.x).or(Some(here)).copied(),
        Step::First => same.next().copied(),
        Step::Last => same.next_back().copied(),
        Step::Up | Step::Down => {
            let others = || placed.iter().filter(|p| p.series != here.series);
            // For each other series only the point at the nearest load counts; the nearest of those in the requested
            // direction is chosen.
            let at_this_load = others().filter(|p| {
                let gap = (p.at.x - here.at.x).abs();
                others().filter(|q| q.series == p.series).all(|q| (q.at.x - here.at.x).abs() >= gap)
            });
            let ahead = at_this_load.filter(|p| match step {
                Step::Up => (p.at.y, p.series) < (here.at.y, here.series),
                _ => (p.at.y, p.series) > (here.at.y, here.series),
            });
            ahead
                .min_by(|a, b| (a.at.y - here.at.y).abs().total_cmp(&(b.at.y - here.at.y).abs()))
                .or(Some(here))
                .copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two series: 0 rises from the lower left, 1 is flat above it.
    fn two_series() -> Vec<Placed> {
        let place = |series, points: &[(f64, f64)]| {
            points
                .iter()
                .enumerate()
                .map(move |(point, &(x, y))| Placed { series, point, at: Pixel::new(x, y) })
                .collect::<Vec<_>>()
        };
        let mut placed = place(0, &[(10.0, 90.0), (20.0, 80.0), (40.0, 50.0)]);
        placed.extend(place(1, &[(10.0, 20.0), (30.0, 20.0)]));
        placed
    }

    fn check_nearest(at: (f64, f64), reach: f64, expected: Option<(usize, usize)>) {
        let found = nearest(&two_series(), Pixel::new(at.0, at.1), reach);
        assert_eq!(found.map(|p| (p.series, p.point)), expected, "from {at:?}");
    }

    fn check_step(from: Option<(usize, usize)>, key: Step, expected: (usize, usize)) {
        let found = step(&two_series(), from, key).map(|p| (p.series, p.point));
        assert_eq!(found, Some(expected), "from {from:?} by {key:?}");
    }

    #[test]
    fn the_nearest_point_within_reach() {
        check_nearest((21.0, 79.0), 30.0, Some((0, 1)));
        check_nearest((29.0, 22.0), 30.0, Some((1, 1)));
        check_nearest((200.0, 200.0), 30.0, None);
    }

    #[test]
    fn keys_walk_along_and_between_series() {
        check_step(None, Step::Right, (0, 0));
        check_step(Some((0, 0)), Step::Right, (0, 1));
        check_step(Some((0, 2)), Step::Right, (0, 2));
        check_step(Some((0, 2)), Step::Left, (0, 1));
        check_step(Some((0, 1)), Step::First, (0, 0));
        check_step(Some((0, 1)), Step::Last, (0, 2));
        check_step(Some((0, 2)), Step::Up, (1, 1));
        // Two points of series 0 are equally near in load; the one nearer in value is chosen.
        check_step(Some((1, 1)), Step::Down, (0, 2));
        check_step(Some((1, 1)), Step::Up, (1, 1));
        check_step(Some((7, 7)), Step::Up, (0, 0));
    }

    #[test]
    fn nothing_drawn_leads_nowhere() {
        assert_eq!(step(&[], None, Step::Right), None);
    }

    proptest! {
        #[test]
        fn no_other_point_is_nearer(points in proptest::collection::vec((0.0..500.0_f64, 0.0..300.0_f64), 1..40), x in 0.0..500.0_f64, y in 0.0..300.0_f64) {
            let placed: Vec<_> = points.iter().enumerate()
                .map(|(point, &(x, y))| Placed { series: 0, point, at: Pixel::new(x, y) }).collect();
            let to = Pixel::new(x, y);
            let found = nearest(&placed, to, f64::INFINITY).unwrap();
            prop_assert!(placed.iter().all(|p| p.at.distance(to) >= found.at.distance(to)));
        }

        #[test]
        fn every_point_is_reached_by_keys(lengths in proptest::collection::vec(1..6_usize, 1..5)) {
            let placed: Vec<_> = lengths.iter().enumerate().flat_map(|(series, &n)| (0..n).map(move |point|
                Placed { series, point, at: Pixel::new(point as f64 * 10.0, series as f64 * 30.0) })).collect();
            for target in &placed {
                let mut at = step(&placed, None, Step::Right).unwrap();
                for _ in 0..target.series { at = step(&placed, Some((at.series, at.point)), Step::Down).unwrap(); }
                at = step(&placed, Some((at.series, at.point)), Step::First).unwrap();
                for _ in 0..target.point { at = step(&placed, Some((at.series, at.point)), Step::Right).unwrap(); }
                prop_assert_eq!((at.series, at.point), (target.series, target.point));
            }
        }
    }
}
